"""
My organization among its peers, on this computer only.

The part is shown through :class:`.section.PrivateSection`: it is in no state of a widget,
in no address and in no file. It computes nothing; the comparison is a pure function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark import Benchmark, Comparison, compare
from pkimm_analytics.benchmark.comparison import ABOVE, ALIKE, BELOW, rank_words
from pkimm_analytics.benchmark.panels import own_ranking, own_table, records
from pkimm_analytics.charts.peer_bar import peer_bar
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.loaders import Source, load
from pkimm_analytics.model import LEVELS
from pkimm_analytics.overview import table_csv
from pkimm_analytics.release import Interval
from pkimm_analytics.scoring import figure_text
from pkimm_analytics.tables import OVERALL
from pkimm_analytics.widgets.benchmark_parts import DEFECT, legend, notice
from pkimm_analytics.widgets.markup import Markup, data_table, joined, tag, user
from pkimm_analytics.widgets.section import CSV, Action, PrivateSection
from pkimm_analytics.workspace import Stored, Workspace

MOST_NAMED = 5


class MyOrganization:
    """
    The private part of the benchmark page.

    Parameters
    ----------
    bench : Benchmark
    cohort : callable
        Returns the peer group that is chosen on the page.
    workspace : Path, optional
        Where assessments of this computer are offered from.
    """

    def __init__(
        self,
        bench: Benchmark,
        cohort: Callable[[], dict[str, str]],
        workspace: Path | None = None,
    ) -> None:
        self._bench = bench
        self._cohort = cohort
        self._workspace = None if workspace is None else Workspace(workspace)
        self._stored: list[Stored] = []
        self._assessment: Assessment | None = None
        self._remarks: Sequence[Problem] = ()
        self._uses_choice = False
        self._comparison: Comparison | None = None
        self.section = PrivateSection(on_action=self._act, on_defect=self._report_defect)
        self.read(bench)

    def read(self, bench: Benchmark) -> None:
        """Compare with a release, and offer the assessments that the workspace has now."""
        self._bench = bench
        if self._workspace is not None:
            self._stored = self._workspace.stored([])[::-1]
        self.refresh()

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, if an organization was brought."""
        return self._comparison

    def refresh(self) -> None:
        """Compare and show again, such as after another peer group was chosen."""
        try:
            self._comparison = self._compared()
            message = Markup("")
        except PkimmError as error:
            self._comparison, message = None, notice(error.message, error.problems)
        self._show(message)

    # --- what the user does --------------------------------------------------------------

    def _act(self, action: Action) -> None:
        handlers: dict[str, Callable[[Action], None]] = {
            "upload": self._upload,
            "too-large": self._refuse_large,
            "paste": self._paste,
            "mine": self._choose,
            "peers": self._choose_peers,
            "forget": self._forget,
            "save-mine": self._save,
        }
        handler = handlers.get(action.name)
        if handler is None:
            return
        try:
            handler(action)
        except PkimmError as error:
            self._show(notice(error.message, error.problems))

    def _report_defect(self) -> None:
        self._show(notice(DEFECT))

    def _upload(self, action: Action) -> None:
        if action.content is None:
            raise PkimmError("The browser could not read the file.")
        self._bring(Source("the file", content=action.content))

    def _refuse_large(self, _action: Action) -> None:
        raise PkimmError("The file is larger than 8 MB, and no assessment is.")

    def _paste(self, action: Action) -> None:
        text = action.value.strip()
        if not text:
            raise PkimmError("There is nothing in the field.")
        self._bring(Source("the pasted text", content=text.encode("utf-8", "replace")))
        if self._comparison is not None:
            self.section.clear_fields()

    def _bring(self, source: Source) -> None:
        loaded = load(source)
        if not loaded:
            raise PkimmError("There is no assessment in it.")
        newest = max(loaded, key=lambda one: one.assessment.date or "")
        others = [Problem(source.name, _taken(len(loaded)))] if len(loaded) > 1 else []
        self._assessment, self._remarks = newest.assessment, (*others, *newest.problems)
        self.refresh()

    def _choose(self, action: Action) -> None:
        found = [one for one in self._stored if one.path.name == action.value]
        self._assessment, self._remarks = (found[0].assessment if found else None), ()
        self.refresh()

    def _choose_peers(self, action: Action) -> None:
        self._uses_choice = action.value == "chosen"
        self.refresh()

    def _forget(self, _action: Action) -> None:
        self._assessment, self._remarks = None, ()
        self.section.clear_fields()
        self.refresh()

    def _save(self, _action: Action) -> None:
        if self._comparison is not None:
            columns = ["measure", "name", "own_score", "own_level", "n", "verdict", "position"]
            columns += ["below_low", "below_high", "at_or_below_low", "at_or_below_high"]
            columns += ["rank", "rank_low", "rank_high", "note"]
            table = own_table(self._comparison)[columns]
            self.section.offer("my-position.csv", CSV, table_csv(table))

    def _compared(self) -> Comparison | None:
        if self._assessment is None:
            return None
        chosen = self._cohort() if self._uses_choice else None
        return compare(self._assessment, self._bench, chosen)

    # --- showing -------------------------------------------------------------------------

    def _show(self, message: Markup) -> None:
        found, assessment = self._comparison, self._assessment
        shown = ""
        if found is not None and assessment is not None:
            shown = joined([self._heading(assessment), _position(found), _ranking(found)])
            shown = joined([shown, _table(found), _notes(found, self._remarks)])
        html = tag(
            "section",
            tag("h2", "My organization", id="pk-mine"),
            tag(
                "p",
                "Compared on this computer. It is not stored, not sent, and not in the"
                " address of the page.",
                class_="pk-soft",
            ),
            message,
            shown,
            _form(self._stored, is_open=found is None),
            class_="pk-panel pk-mine",
            aria_labelledby="pk-mine",
        )
        if html != self.section.shown:  # writing it anew would take a click that is under way
            self.section.show(html)

    def _heading(self, assessment: Assessment) -> Markup:
        name = assessment.organization.name or assessment.use_case.name or "Unnamed"
        facts = [assessment.use_case.name, assessment.date or "undated", str(assessment.model)]
        badge = tag("span", "synthetic", class_="pk-badge") if assessment.synthetic else ""
        chosen = [("own", "peers of its own profile"), ("chosen", "the peer group chosen above")]
        peers = tag(
            "label",
            tag("span", "Compare with"),
            tag(
                "select",
                *(
                    tag("option", text, value=key, selected=(key == "chosen") == self._uses_choice)
                    for key, text in chosen
                ),
                id="pk-peers",
                data_action="peers",
            ),
            class_="pk-field",
        )
        return joined(
            [
                tag("h3", user(name), " ", badge, id="pk-mine-name"),
                tag("p", user(" · ".join(filter(None, facts))), class_="pk-soft"),
                tag(
                    "div",
                    peers,
                    tag(
                        "button",
                        "Save my position (CSV)",
                        type="button",
                        data_action="save-mine",
                        id="pk-save-mine",
                    ),
                    tag("button", "Forget it", type="button", data_action="forget", id="pk-forget"),
                    class_="pk-row",
                ),
            ]
        )


def _position(found: Comparison) -> Markup:
    overall = next(one for one in found.positions if one.measure == OVERALL)
    if overall.own is None:
        text = "There is no overall score of your own: nothing is rated."
    elif overall.peers is None:
        text = f"Overall you score {figure_text(float(overall.own))}; peers: {overall.verdict}."
    else:
        text = (
            f"Overall you score {figure_text(float(overall.own))}, level {overall.level}:"
            f" {overall.text}."
        ).replace(f"{ALIKE}:", f"{ALIKE} from the middle of these peers,")
    return joined(
        [
            tag("p", found.ladder.sentence, id="pk-mine-ladder", class_="pk-group"),
            tag("p", text, id="pk-mine-overall", class_="pk-sentence"),
        ]
    )


def _ranking(found: Comparison) -> Markup:
    below, above = own_ranking(found, BELOW), own_ranking(found, ABOVE)
    return joined(
        [
            _named("Below more than half of the peers", below, "pk-mine-below"),
            _named("Above more than half of the peers", above, "pk-mine-above"),
        ]
    )


def _named(label: str, names: Sequence[str], id_: str) -> Markup:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    text = ", ".join(names[:MOST_NAMED]) + more if names else "nothing for sure"
    return tag("p", tag("b", f"{label}: "), f"{text}.", id=id_)


def _table(found: Comparison) -> Markup:
    rows = []
    for row in records(own_table(found)):
        own = f"{figure_text(row['own_score'])}, level {row['own_level']:.0f}"
        shares = [row.get(f"level_{level}") for level in LEVELS]
        known = bool(row["is_published"]) and not any(pd.isna(share) for share in shares)
        label = f"{row['name']}: own level {row['own_level']:.0f} among peers"
        picture = peer_bar(
            [float(share) for share in shares if share is not None] if known else None,
            int(row["own_level"]),
            label=label,
        )
        cells = [row["name"], own, Markup(picture), row["position"], _rank(row), row["n"]]
        rows.append(cells)
    table = data_table(
        "Your level, the diamond, among the levels of your peers. The bar is read as above."
        " Not distinguishable: the peer in the middle may be at your level. Percentile rank: the"
        " share of peers at lower levels and half of those at yours; in brackets its interval.",
        ["Measure", "You", "Peers and you", "Position", "Percentile rank", "Organizations"],
        rows,
        id_="pk-mine-table",
        texts=["Position"],
    )
    return joined([legend(), tag("div", table, class_="pk-whole")])


def _rank(row: dict[Any, Any]) -> str:
    if pd.isna(row["rank"]):
        return "–"
    return rank_words(row["rank"], Interval(row["rank_low"], row["rank_high"]))


def _taken(n: int) -> str:
    return f"{n} assessments; the newest is compared, by its date"


def _notes(found: Comparison, remarks: Sequence[Problem]) -> Markup:
    texts = [note for note in found.notes if note != found.ladder.sentence]
    texts += [f"{row['name']}: {row['note']}" for row in _with_notes(found)]
    items = [tag("li", text) for text in texts]
    items += [tag("li", user(f"{p.where}: {p.message}" if p.where else p.message)) for p in remarks]
    if not items:
        return Markup("")
    return tag("details", tag("summary", "What limits this"), tag("ul", *items), id="pk-limits")


def _with_notes(found: Comparison) -> list[dict[Any, Any]]:
    table = own_table(found)
    return records(table[table["note"] != ""][["name", "note"]])


def _form(stored: Sequence[Stored], *, is_open: bool) -> Markup:
    options = [tag("option", "choose …", value="")]
    options += [
        tag("option", _label(one.assessment), value=one.path.name, dir="auto") for one in stored
    ]
    workspace = tag(
        "label",
        tag("span", "From my workspace"),
        tag("select", *options, id="pk-mine-stored", data_action="mine"),
        class_="pk-pick",
    )
    drop = tag(
        "div",
        tag("label", "Drop a file here, or choose one:", for_="pk-mine-file"),
        tag("input", type="file", id="pk-mine-file", data_action="upload"),
        tag("p", "Official workbook, YAML, JSON or CSV.", class_="pk-soft"),
        class_="pk-drop",
        data_drop=True,
    )
    paste = tag(
        "div",
        tag("label", "Or paste a share link of the web tool:", for_="pk-mine-paste"),
        tag("textarea", id="pk-mine-paste", rows="2", spellcheck="false", autocomplete="off"),
        tag(
            "button",
            "Compare",
            type="button",
            data_action="paste",
            data_from="#pk-mine-paste",
            class_="pk-main-action",
        ),
    )
    return tag(
        "details",
        tag("summary", "Bring an assessment" if is_open else "Bring another assessment"),
        workspace if stored else "",
        tag("div", drop, paste, class_="pk-columns"),
        tag("p", class_="pk-soft pk-busy", data_status=True, role="status"),
        id="pk-mine-form" if is_open else "pk-mine-again",
        open=is_open,
    )


def _label(assessment: Assessment) -> str:
    parts = (assessment.organization.name, assessment.use_case.name, assessment.date or "undated")
    return " · ".join(part for part in parts if part)
