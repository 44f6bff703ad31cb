"""
Parts of the benchmark page in words: what it is, which group is shown, tables, method.

Everything here is public and follows from a release. What is about the reader's own
organization is in :mod:`.benchmark_mine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pkimm_analytics.benchmark import Benchmark, Ladder, code_label
from pkimm_analytics.benchmark.comparison import percent
from pkimm_analytics.benchmark.panels import name_of, records
from pkimm_analytics.benchmark.series import Series
from pkimm_analytics.charts.look import LEVEL_COLORS
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import LEVELS
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import Interval
from pkimm_analytics.widgets.address import View, views_of
from pkimm_analytics.widgets.markup import Markup, data_table, joined, tag

DIMENSION_NAMES = {
    "sector": "Sector",
    "size": "Employees",
    "region": "Region",
    "role": "Role of the PKI",
    "assurance": "Assurance",
    "edition": "Edition of the model",
}
WHY_WITHHELD = (
    "Withheld: fewer than {threshold} organizations, or needed to protect another group."
    " Which of the two is not said, because that would tell something about few."
)
DEFECT = "Something went wrong in the program. What was shown before is still right."


# --- the head of the page ----------------------------------------------------------------


def landing(series: Series, overall: str) -> Markup:
    """
    Say what the page is, how much is in it, and how it is read.

    Parameters
    ----------
    series : Series
    overall : str
        Band of the number of organizations in all; empty if it is withheld.
    """
    bench = series.newest
    return joined(
        [
            _synthetic() if series.is_synthetic else "",
            tag(
                "p",
                "How mature is the PKI of organizations, by the ",
                tag("b", "PKI Maturity Model"),
                "? Its levels go from 1 (Initial) to 5 (Optimized). Look at everybody, at a group"
                " such as a sector, or compare your own organization, which stays on this"
                " computer.",
                class_="pk-lead",
            ),
            _facts(bench, overall),
            _reading(bench),
            left_out(series.problems),
        ]
    )


def _synthetic() -> Markup:
    return tag(
        "div",
        tag("b", "Synthetic data."),
        " All organizations in this release are invented, to try the software with. Its figures"
        " say nothing about real ones.",
        class_="pk-notice pk-synthetic",
        role="note",
        aria_label="Synthetic data",
    )


def _facts(bench: Benchmark, overall: str) -> Markup:
    period = bench.manifest["contributions"]
    totals = bench.manifest["totals"]
    facts = [
        ("Release", bench.quarter),
        ("Organizations", overall or WITHHELD_SHORT),
        ("Assessed", f"{period['from']} to {period['to']}"),
        ("Groups published", f"{totals['published']} of {totals['groups']}"),
    ]
    return tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts),
        class_="pk-tiles",
    )


WITHHELD_SHORT = "withheld"


def _reading(bench: Benchmark) -> Markup:
    return tag(
        "details",
        tag("summary", "How to read this"),
        tag(
            "ul",
            tag(
                "li",
                "A colored bar is a group of organizations. Its parts are the shares at each"
                " level: the more dark blue, the more mature.",
            ),
            tag(
                "li",
                "The thin lines are 95 % intervals: where the value may lie for all organizations"
                " like these. If two intervals overlap, the difference may be chance.",
            ),
            tag(
                "li",
                "The number of organizations is a band, such as 20-49, and shares are rounded."
                " Both keep single organizations from being found.",
            ),
            tag("li", WHY_WITHHELD.format(threshold=bench.threshold)),
        ),
        id="pk-reading",
        open=True,
    )


def no_release(problems: Sequence[Problem], message: str = "") -> Markup:
    """Say what to do if there is no release to show."""
    return tag(
        "div",
        tag("h2", "There is no release to show"),
        tag("p", message) if message else "",
        problem_list(problems),
        tag(
            "p",
            "A release holds the published figures of a collection. Start this page with one: ",
            tag("code", "pkimm serve --release FOLDER"),
            ", or try it on invented organizations: ",
            tag("code", "pkimm demo"),
            ".",
        ),
        class_="pk-panel",
    )


def left_out(problems: Sequence[Problem]) -> Markup:
    """Releases that could not be opened."""
    if not problems:
        return Markup("")
    return tag(
        "div",
        tag("p", "Left out, because it is not as it was published:"),
        problem_list(problems),
        class_="pk-notice pk-bad",
    )


def problem_list(problems: Sequence[Problem]) -> Markup:
    """Problems, each with its place."""
    if not problems:
        return Markup("")
    return tag("ul", *(tag("li", f"{p.where}: {p.message}") for p in problems))


def notice(message: str, problems: Sequence[Problem] = ()) -> Markup:
    """Message that something did not work."""
    return tag("div", tag("p", message), problem_list(problems), class_="pk-notice pk-bad")


# --- the peer group ----------------------------------------------------------------------


def picker(view: View, choices: Mapping[str, Sequence[tuple[str, str]]]) -> Markup:
    """
    Ask for the peer group; every choice says how many organizations it has.

    Parameters
    ----------
    choices : mapping of str to sequence of (code, band)
        By dimension, all first; the band is empty if the group is withheld, and ``-``
        if the release has no such combination.
    """
    if not choices:
        return tag(
            "div",
            tag("h2", "Peer group"),
            tag("p", "This release has one group only: all organizations."),
            class_="pk-panel",
        )
    fields = [
        tag(
            "label",
            tag("span", DIMENSION_NAMES.get(dimension, dimension)),
            tag(
                "select",
                *(
                    tag(
                        "option",
                        f"{_code(dimension, code)} {_dash(band)}",
                        value=code,
                        selected=code == view.cohort.get(dimension, ALL),
                    )
                    for code, band in options
                ),
                data_action=f"pick-{dimension}",
                id=f"pk-pick-{dimension}",
            ),
            class_="pk-pick",
        )
        for dimension, options in choices.items()
    ]
    reset = tag("button", "All organizations", type="button", data_action="reset", id="pk-reset")
    return tag(
        "div",
        tag("h2", "Peer group"),
        tag("p", "Each choice says how many organizations it has.", class_="pk-soft"),
        tag("div", *fields, class_="pk-picks"),
        tag("div", reset if view.cohort else "", class_="pk-row"),
        class_="pk-panel",
    )


def _code(dimension: str, code: str) -> str:
    return "All" if code == ALL else code_label(dimension, code)


def _dash(band: str) -> str:
    return {"": "· withheld", "-": "· not in combination"}.get(band, f"· {band}")


def found_group(bench: Benchmark, ladder: Ladder, *, is_in_plan: bool) -> Markup:
    """Say which group is shown, and why another one if it is not the one asked for."""
    if ladder.found == ladder.asked and ladder.is_published:
        return tag("p", ladder.sentence, class_="pk-group", id="pk-group")
    why = (
        WHY_WITHHELD.format(threshold=bench.threshold)
        if is_in_plan
        else "This combination is in no table of the release: finer tables would show few."
    )
    return tag(
        "div",
        tag("p", why),
        tag("p", ladder.sentence, class_="pk-group", id="pk-group"),
        class_="pk-notice",
    )


# --- the view ----------------------------------------------------------------------------


def tabs(bench: Benchmark, view: View) -> Markup:
    """Choose what is shown."""
    buttons = [
        tag(
            "button",
            name,
            type="button",
            id=f"pk-view-{key}",
            data_action="view",
            data_value=key,
            aria_pressed="true" if key == view.view else "false",
        )
        for key, name in views_of(bench).items()
    ]
    return tag("div", *buttons, class_="pk-tabs", role="group", aria_label="What is shown")


def options(
    bench: Benchmark, view: View, sets: Mapping[str, Sequence[str]], measures: Sequence[str]
) -> Markup:
    """Ask for the settings that matter to a view."""
    fields = []
    if view.view in {"levels", "quartiles", "groups", "gaps"} and len(sets) > 1:
        chosen = [(key, _set_name(bench, key)) for key in sets]
        fields.append(_select("measures", "Measures", chosen, view.measures))
    if view.view in {"steps", "trend"}:
        names = [(key, name_of(bench, key)) for key in measures]
        fields.append(_select("measure", "Measure", names, view.measure))
    if view.view == "groups":
        names = [(d, DIMENSION_NAMES.get(d, d)) for d in bench.dimensions]
        fields.append(_select("by", "Groups by", names, view.by or bench.dimensions[0]))
    if view.view in {"levels", "groups", "gaps", "trend"}:
        levels = [(str(level), f"Level {level}") for level in LEVELS[1:]]
        fields.append(_select("level", "Look at", levels, str(view.level)))
    return tag("div", *fields, class_="pk-row pk-options")


def _select(name: str, label: str, choices: Iterable[tuple[str, str]], chosen: str) -> Markup:
    return tag(
        "label",
        tag("span", label),
        tag(
            "select",
            *(tag("option", text, value=key, selected=key == chosen) for key, text in choices),
            id=f"pk-{name}",
            data_action=name,
        ),
        class_="pk-field",
    )


def _set_name(bench: Benchmark, key: str) -> str:
    return (
        "Overall and categories" if key == "categories" else f"{name_of(bench, key)}: requirements"
    )


def sentence(text: str) -> Markup:
    """Say what to take from the chart; read out when it changes."""
    return tag("p", text, class_="pk-sentence", id="pk-sentence", role="status")


def legend() -> Markup:
    """Name of each level's color, for charts whose own legend has no room."""
    keys = [
        tag("span", tag("i", style=f"background:{color}"), f"level {level}", class_="pk-key")
        for level, color in zip(LEVELS, LEVEL_COLORS, strict=True)
    ]
    return tag("p", *keys, class_="pk-keys")


# --- tables ------------------------------------------------------------------------------


def saving(name: str, *, has_chart: bool) -> Markup:
    """Buttons that save the table and the chart."""
    pictures = [
        tag(
            "button",
            f"Save chart ({kind.upper()})",
            type="button",
            id=f"pk-save-{kind}",
            data_picture=kind,
            data_of=".pk-benchmark-chart",
            data_name=name,
        )
        for kind in ("png", "svg")
        if has_chart
    ]
    return tag(
        "div",
        tag("button", "Save table (CSV)", type="button", data_action="save", id="pk-save-csv"),
        *pictures,
        tag("button", "Copy link to this view", type="button", data_copy="", id="pk-copy"),
        tag("span", data_status="", role="status", class_="pk-soft"),
        class_="pk-row pk-saving",
    )


def table_of(view: View, table: pd.DataFrame, caption: str) -> Markup:
    """Table that says the same as the chart."""
    writers = {
        "levels": _level_rows,
        "steps": _step_rows,
        "quartiles": _quartile_rows,
        "groups": _group_rows,
        "gaps": _gap_rows,
        "trend": _trend_rows,
    }
    columns, rows = writers[view.view](table)
    numeric = [c for c in columns[1:] if c not in {"As of", "Organizations"}]
    return data_table(caption, columns, rows, id_="pk-benchmark-table", numeric=numeric)


Rows = tuple[list[str], list[list[str]]]


def _level_rows(table: pd.DataFrame) -> Rows:
    columns = ["Measure", *(f"Level {level}" for level in LEVELS)]
    columns += [f"At {level} or above" for level in LEVELS[1:-1]] + ["Organizations", "As of"]
    rows = []
    for row in records(table):
        if not row["is_published"]:
            rows.append([str(row["name"]), *[WITHHELD_SHORT] * (len(columns) - 1)])
            continue
        levels = [_share(row[f"level_{k}"], row[f"level_{k}_qualifier"]) for k in LEVELS]
        above = [
            f"{_share(row[f'at_least_{k}'], row[f'at_least_{k}_qualifier'])}"
            f" ({_range(row[f'at_least_{k}_low'], row[f'at_least_{k}_high'])})"
            for k in LEVELS[1:-1]
        ]
        rows.append([str(row["name"]), *levels, *above, str(row["n"]), str(row["as_of"])])
    return columns, rows


def _step_rows(table: pd.DataFrame) -> Rows:
    columns = ["Peer group", "Level or above", "Share", "95 % interval", "As of"]
    rows = [
        [
            str(row["group"]),
            str(row["level"]),
            _share(row["share"], row["qualifier"]),
            _range(row["low"], row["high"]),
            str(row["as_of"]),
        ]
        for row in records(table)
    ]
    return columns, rows


def _quartile_rows(table: pd.DataFrame) -> Rows:
    columns = ["Measure", "First tenth", "First quarter", "Median", "Last quarter", "Last tenth"]
    columns += ["Organizations", "As of"]
    names = ("p10", "p25", "median", "p75", "p90")
    rows = [
        [
            str(row["name"]),
            *(str(row[f"{n}_text"]) for n in names),
            str(row["n"]),
            str(row["as_of"]),
        ]
        for row in records(table)
    ]
    return columns, rows


def _group_rows(table: pd.DataFrame) -> Rows:
    bands: dict[str, str] = {}
    cells: dict[str, list[str]] = {}
    for row in records(table):
        bands[row["group_name"]] = bands.get(row["group_name"]) or row["n"]
        shown = _share(row["share"], row["qualifier"]) if row["is_published"] else WITHHELD_SHORT
        cells.setdefault(str(row["name"]), []).append(shown)
    groups = [f"{name} ({band})" if band else name for name, band in bands.items()]
    return ["Measure", *groups], [[name, *found] for name, found in cells.items()]


def _gap_rows(table: pd.DataFrame) -> Rows:
    columns = ["Measure", "Below the level", "95 % interval", "Organizations", "As of"]
    rows = [
        [
            str(row["name"]),
            _share(row["share"], row["qualifier"]),
            _range(row["low"], row["high"]),
            str(row["n"]),
            str(row["as_of"]),
        ]
        for row in records(table)
    ]
    return columns, rows


def _trend_rows(table: pd.DataFrame) -> Rows:
    columns = ["As of", "Level or above", "Share", "95 % interval", "Organizations"]
    rows = [
        [
            str(row["as_of"]),
            str(row["level"]),
            _share(row["share"], row["qualifier"]),
            _range(row["low"], row["high"]),
            str(row["n"]),
        ]
        for row in records(table)
    ]
    return columns, rows


def _share(value: float, qualifier: str = "=") -> str:
    mark = {"<=": "≤ ", ">=": "≥ "}.get(qualifier, "")
    return f"{mark}{value * 100:.0f} %"


def _range(low: float, high: float) -> str:
    return percent(Interval(low, high))


# --- the end -----------------------------------------------------------------------------


_METHOD = (
    (
        "A group is published from {threshold} organizations on, counted as ultimate parents; each"
        " counts once, with its newest assessment."
    ),
    (
        "Assessments of the last {age_months} months are left out. A group is computed anew only"
        " after {changes} or more of its organizations changed; “as of” says for which quarter."
    ),
    (
        "Shares are rounded, and cut off near 0 and 100 %. Medians and quartiles follow from the"
        " printed shares and can be off by one level: read them beside the shares."
    ),
    (
        "Intervals are 95 % intervals for organizations like these. They hold for every number of"
        " organizations in the band, and for rounding. Organizations chose to take part:"
        " nobody drew a sample."
    ),
)


def method(bench: Benchmark) -> Markup:
    """How the figures were made, and what they cannot say."""
    policy = bench.manifest["policy"]
    pooled = bench.manifest.get("pooled", {})
    filled = [point.format(**policy) for point in _METHOD] + [str(t) for t in pooled.values()]
    return tag(
        "details",
        tag("summary", "How this was made"),
        tag("ul", *(tag("li", point) for point in filled)),
        tag("p", f"Release {bench.id}, policy {policy['version']}.", class_="pk-soft"),
        id="pk-method",
    )
