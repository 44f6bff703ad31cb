"""
Panels: the table behind each chart of a benchmark.

Every table is tidy, holds printed figures and their intervals only, and has a column
``words`` that says a row in plain text. What is withheld stays a row without figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.benchmark.comparison import Comparison, percent
from pkimm_analytics.benchmark.ladder import code_label
from pkimm_analytics.benchmark.printed import QUANTILES
from pkimm_analytics.benchmark.release import Benchmark
from pkimm_analytics.benchmark.series import Series
from pkimm_analytics.benchmark.verdicts import BELOW
from pkimm_analytics.model import LEVELS
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import LEVEL_BOUNDS, Group, Interval
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

Cohort = Mapping[str, str]
WITHHELD, NOT_PRINTED = "withheld", "not printed"


def has_cohort(bench: Benchmark, cohort: Cohort) -> bool:
    """Whether the plan of a release has rows for a cohort, withheld or not."""
    if any(d not in bench.dimensions or c not in bench.codes(d) for d, c in cohort.items()):
        return False
    return bench.has(bench.group(cohort))


def picker_choices(bench: Benchmark, cohort: Cohort) -> dict[str, list[tuple[str, str]]]:
    """
    Return what can be chosen in each dimension, the others staying as they are.

    Returns
    -------
    dict of str to list of (code, band)
        All first. The band is that of the first published measure; empty if the group
        is withheld, ``-`` if the release has no such combination.
    """
    return {
        dimension: [
            (code, _band(bench, {**cohort, dimension: code}))
            for code in (ALL, *bench.codes(dimension))
        ]
        for dimension in bench.dimensions
    }


def _band(bench: Benchmark, cohort: Cohort) -> str:
    group = bench.group(cohort)
    if not bench.has(group):
        return "-"
    found = (bench.distribution(group, measure) for measure in bench.measures)
    return next((one.band for one in found if one is not None), "")


def measure_sets(bench: Benchmark, cohort: Cohort) -> dict[str, tuple[str, ...]]:
    """
    Return the sets of measures that a cohort can be looked at by.

    Returns
    -------
    dict of str to tuple of str
        ``categories`` (overall and categories); then for each category of which the
        release publishes some requirement for the cohort its key, with its requirements.
    """
    group = bench.group(cohort)
    inside = [m for m in bench.measures if (group, m) in bench.published.cells]
    sets = {"categories": tuple(m for m in inside if m.count(".") < 2)}
    for key in bench.edition.categories:
        own = tuple(m for m in inside if m.startswith(f"{key}."))
        if key in inside and any(bench.distribution(group, m) for m in own):
            sets[key] = (key, *own)
    return sets


def level_table(bench: Benchmark, cohort: Cohort, measures: Sequence[str]) -> pd.DataFrame:
    """
    Return the level shares of a cohort, for :func:`.charts.level_shares`.

    Returns
    -------
    DataFrame
        The columns of :meth:`.Benchmark.figures`, and ``words_1`` to ``words_5``.
    """
    import pandas as pd

    table = bench.figures(cohort, measures)
    words = [_level_words(row) for row in records(table)]
    names = [f"words_{level}" for level in LEVELS]
    return pd.concat([table, pd.DataFrame(words, columns=names, dtype="str")], axis=1)


def _level_words(row: Mapping[Any, Any]) -> list[str]:
    if not row["is_published"]:
        return [f"{row['name']}: {WITHHELD}"] * len(LEVELS)
    return [
        f"{row['name']}: {share_words(row, f'level_{k}')} at level {k}, {_n(row)}" for k in LEVELS
    ]


def step_table(bench: Benchmark, cohorts: Sequence[Cohort], measure: str) -> pd.DataFrame:
    """
    Return the shares at a level or above of one measure, for :func:`.charts.steps`.

    Parameters
    ----------
    cohorts : sequence of mapping
        Groups to draw, the most important first; withheld ones are left out.

    Returns
    -------
    DataFrame
        ``group, level, share, low, high, qualifier, n, as_of, words``.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for cohort in cohorts:
        (row,) = records(bench.figures(cohort, [measure]))
        if not row["is_published"]:
            continue
        labels = [code_label(d, code) for d, code in cohort.items() if code != ALL]
        group = ", ".join(labels) or "All organizations"
        for level in LEVELS:
            name = f"at_least_{level}"
            is_all = level == 1
            words = "all" if is_all else share_words(row, name)
            rows.append(
                {
                    "group": f"{group} ({row['n']})",
                    "level": level,
                    "share": 1.0 if is_all else row[name],
                    "low": 1.0 if is_all else row[f"{name}_low"],
                    "high": 1.0 if is_all else row[f"{name}_high"],
                    "qualifier": "=" if is_all else row[f"{name}_qualifier"],
                    "n": row["n"],
                    "as_of": row["as_of"],
                    "words": f"{group}: {words} {at_or_above(level)}",
                }
            )
    return pd.DataFrame(rows, columns=STEP_COLUMNS)


STEP_COLUMNS = ["group", "level", "share", "low", "high", "qualifier", "n", "as_of", "words"]


def quartile_table(bench: Benchmark, cohort: Cohort, measures: Sequence[str]) -> pd.DataFrame:
    """
    Return the quantiles of a cohort, for :func:`.charts.quartiles`.

    Returns
    -------
    DataFrame
        ``measure, name, is_published, median, p25, p75, p10, p90`` (levels); each of
        these with ``_text``: the level, those that the printed shares leave open (``2 or
        3``), or why there is none; ``n, as_of, words``.
    """
    table = bench.figures(cohort, measures)
    rows = records(table)
    texts = [f"{name}_text" for name in QUANTILES]
    for name in QUANTILES:
        table[f"{name}_text"] = [_quantile_text(row, name) for row in rows]
    table["words"] = [_quantile_words(row) for row in records(table)]
    return table[["measure", "name", "is_published", *QUANTILES, *texts, "n", "as_of", "words"]]


def group_base(bench: Benchmark, dimension: str, base: Cohort) -> dict[str, str]:
    """
    Find what the groups of a dimension have in common: a cohort, if the plan combines both.

    Returns
    -------
    dict of str to str
        The cohort without `dimension`; empty, for groups of all organizations, if the
        release has no table of both.
    """
    rest = {d: c for d, c in base.items() if d != dimension}
    cohorts = [rest, *({**rest, dimension: code} for code in bench.codes(dimension))]
    return rest if all(has_cohort(bench, cohort) for cohort in cohorts) else {}


def group_table(
    bench: Benchmark, dimension: str, base: Cohort, measures: Sequence[str], level: int
) -> pd.DataFrame:
    """
    Return one share of every code of a dimension, for :func:`.charts.groups`.

    Parameters
    ----------
    dimension : str
        Its codes become groups; the first group is all of them together.
    base : mapping of str to str
        What the groups have in common, as far as :func:`group_base` leaves it.
    level : int
        2 to 5: the share at this level or above.

    Returns
    -------
    DataFrame
        One row for each measure and group: ``measure, name, group, group_name,
        is_published, share, low, high, qualifier, n, as_of, words``.
    """
    import pandas as pd

    rest = group_base(bench, dimension, base)
    cohorts = [rest, *({**rest, dimension: code} for code in bench.codes(dimension))]
    rows: list[dict[str, Any]] = []
    for cohort in cohorts:
        code = cohort.get(dimension, ALL)
        label = code_label(dimension, code) if code != ALL else "all"
        group = bench.group(cohort)
        rows += [
            _group_row(bench, group, measure, code, label, level)
            for measure in measures
            if (group, measure) in bench.published.cells
        ]
    table = pd.DataFrame(rows, columns=GROUP_COLUMNS)
    complete = table.groupby("measure")["group"].transform("size") == len(cohorts)
    return table[complete].reset_index(drop=True)


def _group_row(
    bench: Benchmark, group: Group, measure: str, code: str, label: str, level: int
) -> dict[str, Any]:
    found, nan = bench.distribution(group, measure), float("nan")
    name = name_of(bench, measure)
    row: dict[str, Any] = {
        "measure": measure,
        "name": name,
        "group": code,
        "group_name": label,
        "is_published": found is not None,
    }
    if found is None:
        empty = {"share": nan, "low": nan, "high": nan, "qualifier": "", "n": "", "as_of": ""}
        return row | empty | {"words": f"{name}, {label}: {WITHHELD}"}
    share = found.share(level)
    figure = {
        "share": share.value,
        "low": share.interval.low,
        "high": share.interval.high,
        "qualifier": share.qualifier,
        "n": found.band,
        "as_of": found.as_of,
    }
    text = f"{qualified(share.value, share.qualifier)} (95% interval {percent(share.interval)})"
    words = f"{name}, {label}: {text} {at_or_above(level)}, {_n(figure)}"
    return row | figure | {"words": words}


def name_of(bench: Benchmark, measure: str) -> str:
    """Name of a measure."""
    return "Overall" if measure == OVERALL else bench.edition.name(measure)


GROUP_COLUMNS = [
    *("measure", "name", "group", "group_name", "is_published"),
    *("share", "low", "high", "qualifier", "n", "as_of", "words"),
]


def gap_table(
    bench: Benchmark, cohort: Cohort, measures: Sequence[str], level: int
) -> pd.DataFrame:
    """
    Rank measures by the share of a cohort below a level, for :func:`.charts.gaps`.

    Returns
    -------
    DataFrame
        Largest share first, overall and withheld measures left out: ``measure, name,
        share, low, high, qualifier, n, as_of, words``.
    """
    import pandas as pd

    name, rows = f"at_least_{level}", []
    for row in records(bench.figures(cohort, measures)):
        if not row["is_published"] or row["measure"] == OVERALL:
            continue
        low, high = 1 - row[f"{name}_high"], 1 - row[f"{name}_low"]
        qualifier = {"<=": ">=", ">=": "<="}.get(row[f"{name}_qualifier"], "=")
        share = 1 - row[name]
        figure = f"{qualified(share, qualifier)} (95% interval {percent(Interval(low, high))})"
        rows.append(
            {
                "measure": row["measure"],
                "name": row["name"],
                "share": share,
                "low": low,
                "high": high,
                "qualifier": qualifier,
                "n": row["n"],
                "as_of": row["as_of"],
                "words": f"{row['name']}: {figure} below level {level}, {_n(row)}",
            }
        )
    table = pd.DataFrame(rows, columns=GAP_COLUMNS)
    order = table.sort_values(["share", "high"], ascending=False, kind="stable")
    return order.reset_index(drop=True)


GAP_COLUMNS = ["measure", "name", "share", "low", "high", "qualifier", "n", "as_of", "words"]


def trend_table(series: Series, cohort: Cohort, measure: str) -> pd.DataFrame:
    """
    Follow one measure of a cohort through a series, for :func:`.charts.peer_trend`.

    Returns
    -------
    DataFrame
        One row for each quarter that figures were computed for, and level 2 to 5,
        oldest first: ``as_of, level, share, low, high, qualifier, n, words``. A release
        that repeats an earlier figure adds no row.
    """
    import pandas as pd

    found: dict[str, dict[Any, Any]] = {}
    for bench in series.releases:
        if measure not in bench.measures or not has_cohort(bench, cohort):
            continue
        if (bench.group(cohort), measure) not in bench.published.cells:
            continue
        (row,) = records(bench.figures(cohort, [measure]))
        if row["is_published"]:
            found[str(row["as_of"])] = row
    rows = [
        {
            "as_of": as_of,
            "level": level,
            "share": row[f"at_least_{level}"],
            "low": row[f"at_least_{level}_low"],
            "high": row[f"at_least_{level}_high"],
            "qualifier": row[f"at_least_{level}_qualifier"],
            "n": row["n"],
            "words": f"As of {as_of}: {share_words(row, f'at_least_{level}')}"
            f" {at_or_above(level)}, {_n(row)}",
        }
        for as_of, row in sorted(found.items())
        for level in LEVEL_BOUNDS
    ]
    return pd.DataFrame(rows, columns=TREND_COLUMNS)


TREND_COLUMNS = ["as_of", "level", "share", "low", "high", "qualifier", "n", "words"]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as dictionaries; many times faster than pandas' own for wide tables."""
    names = [str(name) for name in table.columns]
    rows = table.to_numpy(dtype=object).tolist()
    return [dict(zip(names, row, strict=True)) for row in rows]


# --- words -----------------------------------------------------------------------------


def share_words(row: Mapping[Any, Any], name: str) -> str:
    """
    Write a share of a row of figures, with its interval.

    Examples
    --------
    >>> row = {"x": 0.1, "x_low": 0.0, "x_high": 0.234, "x_qualifier": "<="}
    >>> share_words(row, "x")
    'at most 10% (95% interval 0 to 24%)'
    """
    value = qualified(row[name], row.get(f"{name}_qualifier", "="))
    return f"{value} (95% interval {percent(Interval(row[f'{name}_low'], row[f'{name}_high']))})"


def at_or_above(level: int) -> str:
    """Write ``at level 3 or above``; nothing is above 5."""
    return f"at level {level} or above" if level < LEVELS[-1] else f"at level {level}"


def qualified(value: float, qualifier: str) -> str:
    """
    Write a share with what was cut off of it.

    Examples
    --------
    >>> qualified(0.9, ">="), qualified(0.5, "=")
    ('at least 90%', '50%')
    """
    before = {"<=": "at most ", ">=": "at least "}.get(qualifier, "")
    return f"{before}{value:.0%}"


def _n(row: Mapping[Any, Any]) -> str:
    return f"{row['n']} organizations, as of {row['as_of']}"


def _quantile_text(row: Mapping[Any, Any], name: str) -> str:
    import pandas as pd

    if not row["is_published"]:
        return WITHHELD
    if pd.notna(row[name]):
        return f"{row[name]:.0f}"
    low, high = row[f"{name}_printed_low"], row[f"{name}_printed_high"]
    return NOT_PRINTED if pd.isna(low) else levels_text(low, high)


def _quantile_words(row: Mapping[Any, Any]) -> str:
    import pandas as pd

    if not row["is_published"]:
        return f"{row['name']}: {WITHHELD}"
    if row["median_text"] == NOT_PRINTED:
        return f"{row['name']}: no median is printed, {_n(row)}"
    text = f"{row['name']}: median level {row['median_text']}"
    if pd.notna(row["p25"]) and pd.notna(row["p75"]):
        text += f", middle half {_levels(row['p25'], row['p75'])}"
    if pd.notna(row["p10"]) and pd.notna(row["p90"]):
        text += f", all but the first and last tenth {_levels(row['p10'], row['p90'])}"
    return f"{text}, {_n(row)}"


def levels_text(low: float, high: float) -> str:
    """
    Write the levels from one to another.

    Examples
    --------
    >>> levels_text(2, 2), levels_text(2, 3), levels_text(1, 3)
    ('2', '2 or 3', '1 to 3')
    """
    if low == high:
        return f"{low:.0f}"
    return f"{low:.0f} or {high:.0f}" if high - low == 1 else f"{low:.0f} to {high:.0f}"


def _levels(low: float, high: float) -> str:
    return f"at level {low:.0f}" if low == high else f"at levels {low:.0f} to {high:.0f}"


# --- one's own organization --------------------------------------------------------------


def own_table(found: Comparison) -> pd.DataFrame:
    """
    Return where one organization stands: overall, modules and categories with a score.

    Returns
    -------
    DataFrame
        The columns of :attr:`.Comparison.table`.
    """
    table = found.table
    kept = table["kind"].isin(["overall", "module", "category"]) & table["own_level"].notna()
    is_empty_module = (table["kind"] == "module") & ~table["is_published"]
    return table[kept & ~is_empty_module].reset_index(drop=True)


def own_ranking(found: Comparison, verdict: str) -> list[str]:
    """
    Names of the categories with one verdict, the furthest from the peers' middle first.

    Parameters
    ----------
    verdict : str
        :data:`.comparison.BELOW` or :data:`.comparison.ABOVE`.
    """
    table = own_table(found)
    chosen = table[(table["kind"] == "category") & (table["verdict"] == verdict)]
    ordered = chosen.sort_values("rank", ascending=verdict == BELOW, kind="stable")
    return [str(name) for name in ordered["name"]]
