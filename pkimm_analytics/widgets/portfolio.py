"""
All use cases of a workspace side by side: where each stands, what moved, what holds it back.

For a group that follows the PKIs of its organizations, and for assessors. It is shown when
it is asked for, because every use case is scored and compared for it; arithmetic is in
portfolio and timeline.
"""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets
import pandas as pd

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.charts import timeline
from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.history import histories
from pkimm_analytics.overview import percent_text, table_csv
from pkimm_analytics.progress.portfolio import portfolio_sentence, portfolio_table
from pkimm_analytics.progress.timeline import change_text, level_text, timeline_table, usable
from pkimm_analytics.scoring import figure_text
from pkimm_analytics.widgets.chart import ChartBox
from pkimm_analytics.widgets.markup import Markup, data_table, joined, tag, user
from pkimm_analytics.widgets.section import CSV, Action, Section

MOST_LINES = 8
"""Use cases in the chart; more would be too many lines to follow."""
EVERYBODY = ""


class PortfolioView(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """
    All use cases of several organizations.

    Examples
    --------
    >>> view = PortfolioView()  # doctest: +SKIP
    >>> view.show(assessments)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._assessments: list[Assessment] = []
        self._is_open = False
        self._group = EVERYBODY
        self._top = Section(on_action=self._act)
        self._chart = ChartBox()
        self._table = Section(on_action=self._act)
        super().__init__([self._top, self._chart, self._table])
        self.add_class("pk-portfolio-view")

    def show(self, assessments: Sequence[Assessment]) -> None:
        """Take the assessments of a workspace; nothing is shown for a single use case."""
        self._assessments = list(assessments)
        if self._group not in self._groups():
            self._group = EVERYBODY
        self._draw()

    # --- what the user does ----------------------------------------------------------

    def _act(self, action: Action) -> None:
        if action.name == "portfolio-open":
            self._is_open = not self._is_open
        elif action.name == "portfolio-group" and action.value in self._groups():
            self._group = action.value
        elif action.name == "portfolio-save":
            table = portfolio_table(self._chosen())
            self._table.offer("portfolio.csv", CSV, table_csv(table))
            return
        self._draw()

    def _groups(self) -> list[str]:
        """Names of groups and organizations of their own, all of them first."""
        return [EVERYBODY, *sorted({_group_of(one) for one in self._assessments} - {EVERYBODY})]

    def _chosen(self) -> list[Assessment]:
        return [a for a in self._assessments if self._group in (EVERYBODY, _group_of(a))]

    # --- showing -------------------------------------------------------------------------

    def _draw(self) -> None:
        n = len(histories(self._assessments))
        self._chart.show(None)
        self._table.html = self._top.html = ""
        if n < 2:
            return
        self._top.html = _open_button(n, is_open=self._is_open)
        if not self._is_open:
            return
        table = portfolio_table(self._chosen())
        cases = list(histories(self._chosen()).values())
        lines = _lines(cases)
        self._top.html = joined(
            [
                _open_button(n, is_open=True),
                _group_choice(self._groups(), self._group),
                tag("p", portfolio_sentence(table), id="pk-portfolio-words"),
                _left_out(len(cases)),
            ]
        )
        if lines["score"].notna().any():
            self._chart.show(timeline(lines, title="Overall score of each use case"))
        self._table.html = _portfolio_table(table)


def _group_of(assessment: Assessment) -> str:
    return assessment.organization.parent or assessment.organization.name


def _lines(cases: Sequence[Sequence[Assessment]]) -> pd.DataFrame:
    """Scores over time of the use cases with the most recent assessments."""
    newest = sorted(cases, key=lambda found: found[-1].date or "", reverse=True)[:MOST_LINES]
    tables = [timeline_table(found) for case in newest if (found := usable(case))]
    lines = pd.concat(tables, ignore_index=True) if tables else timeline_table([])
    organizations = lines["organization"].nunique()
    if organizations > 1:
        lines["use_case"] = lines["organization"] + ", " + lines["use_case"]
    return lines


def _open_button(n: int, *, is_open: bool) -> Markup:
    button = tag(
        "button",
        "Close the comparison" if is_open else f"Compare all {n} use cases",
        type="button",
        data_action="portfolio-open",
        aria_expanded="true" if is_open else "false",
        id="pk-portfolio-open",
    )
    return joined([tag("h2", "All use cases", id="pk-portfolio"), tag("p", button)])


def _group_choice(groups: Sequence[str], chosen: str) -> Markup:
    if len(groups) < 3:
        return Markup("")
    options = [
        tag("option", name or "all groups and organizations", value=name, selected=name == chosen)
        for name in groups
    ]
    return tag(
        "p",
        tag("label", "Group: ", for_="pk-portfolio-group"),
        tag("select", *options, id="pk-portfolio-group", data_action="portfolio-group"),
    )


def _left_out(n: int) -> Markup:
    if n <= MOST_LINES:
        return Markup("")
    return tag(
        "p", f"The chart shows the {MOST_LINES} that were assessed last; the table shows all."
    )


def _portfolio_table(table: pd.DataFrame) -> Markup:
    columns = (
        "Use case",
        "Organization",
        "Group",
        "Date",
        "Score",
        "Level",
        "Answered",
        "Like for like",
        "Edition",
        "Held back by",
    )
    rows = [
        (
            user(row.use_case or "Unnamed use case"),
            user(row.organization or "–"),
            user(row.group or "–"),
            row.date or "undated",
            figure_text(row.score),
            level_text(row.level, row.level_name),
            percent_text(row.coverage),
            change_text(row.like_for_like),
            row.edition.split(" (")[0],
            row.problem or row.limits or "–",
        )
        for row in rows_of(table)
    ]
    listing = data_table(
        "Latest assessment of each use case. Like for like: change since the one before, over"
        " what both editions ask.",
        columns,
        rows,
        id_="pk-portfolio-table",
        numeric=("Score", "Answered", "Like for like"),
        texts=("Held back by",),
    )
    save = tag("button", "Save this table (CSV)", type="button", data_action="portfolio-save")
    return joined([listing, tag("p", save)])
