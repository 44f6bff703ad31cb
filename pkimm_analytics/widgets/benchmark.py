"""
The benchmark page: peer groups of a release, and one's own organization among them.

It holds what was chosen and passes everything on: figures to benchmark, pictures to
charts, words to the parts of the page. Charts and their state hold published figures
only; the reader's own organization is apart, in :mod:`.benchmark_mine`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from pkimm_analytics.benchmark import Benchmark, Comparison, Ladder, cohort_words, peer_ladder
from pkimm_analytics.benchmark import sentences as say
from pkimm_analytics.benchmark.panels import (
    at_or_above,
    gap_table,
    group_base,
    group_table,
    has_cohort,
    level_table,
    measure_sets,
    name_of,
    picker_choices,
    quartile_table,
    step_table,
    trend_table,
)
from pkimm_analytics.benchmark.series import Series, open_series, series_state
from pkimm_analytics.charts import (
    gaps,
    groups,
    level_shares,
    peer_trend,
    quartiles,
    steps,
)
from pkimm_analytics.charts.look import Labels
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.overview import table_csv
from pkimm_analytics.widgets import benchmark_parts as parts
from pkimm_analytics.widgets.address import VIEWS, View, view_from, views_of
from pkimm_analytics.widgets.benchmark_mine import MyOrganization
from pkimm_analytics.widgets.chart import ChartBox
from pkimm_analytics.widgets.markup import Markup, joined, tag
from pkimm_analytics.widgets.section import CSV, Action, Section

CHART = "pk-benchmark-chart"


class BenchmarkPage(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """
    A page on published releases, for Voila and JupyterLab.

    The page may be made long before it is shown. When it is, it looks again which releases
    and assessments there are.

    Parameters
    ----------
    releases : Path or str, optional
        Folder of a release, or of several, of which the newest is shown. Without one the
        page says how to get one.
    workspace : Path or str, optional
        Where assessments of this computer are offered from, to compare with.

    Examples
    --------
    >>> page = BenchmarkPage("releases")  # doctest: +SKIP
    """

    def __init__(
        self, releases: Path | str | None = None, workspace: Path | str | None = None
    ) -> None:
        self._place = None if releases is None else Path(releases)
        self._workspace = None if workspace is None else Path(workspace)
        self._state: object = None
        self._series: Series | None = None
        self._view = self._shown = View()
        self._narrow = False
        self._table = pd.DataFrame()
        self._mine: MyOrganization | None = None
        self._sections = {
            "head": self._section(tells_width=True),
            "picker": self._section(keeps_address=True),
            "group": self._section(),
            "words": self._section(),
            "table": self._section(),
            "end": self._section(),
        }
        self._chart = ChartBox(CHART)
        super().__init__([self._sections["head"]])
        self.add_class("pk-benchmark")
        self._refresh()

    def _refresh(self) -> None:
        """Open the releases that are there now, unless they are open already."""
        state = None if self._place is None else series_state(self._place)
        if state == self._state and self._series is not None:
            return
        self._state = state
        try:
            self._open()
        except PkimmError as error:
            self._series = None
            self.children = [self._sections["head"]]
            self._tell(parts.no_release(error.problems, error.message))

    def _tell(self, head: Markup) -> None:
        """Write the head of the page, which reports when it is shown."""
        self._sections["head"].html = joined([head, tag("span", hidden=True, data_load="shown")])

    def _open(self) -> None:
        if self._place is None:
            raise PkimmError("No release was named.")
        self._series = open_series(self._place)
        bench = self._series.newest
        if self._mine is None:
            self._mine = MyOrganization(bench, lambda: dict(self._view.cohort), self._workspace)
        self._view = view_from(self._view.to_text(), bench)
        order = ["picker", "group", "words", "table", "end"]
        places = {name: self._sections[name] for name in order}
        self.children = [
            self._sections["head"],
            places["picker"],
            places["group"],
            places["words"],
            self._chart,
            places["table"],
            self._mine.section,
            places["end"],
        ]
        overall = peer_ladder(bench, {})
        self._tell(parts.landing(self._series, overall.n))
        self._sections["end"].html = parts.method(bench)
        self._show()

    @property
    def view(self) -> View:
        """What is shown."""
        return self._view

    @property
    def table(self) -> pd.DataFrame:
        """Table behind the chart that is shown."""
        return self._table

    @property
    def comparison(self) -> Comparison | None:
        """The reader's own organization among its peers, if one was brought."""
        return None if self._mine is None else self._mine.comparison

    def _section(self, *, tells_width: bool = False, keeps_address: bool = False) -> Section:
        return Section(
            on_action=self._act,
            on_defect=self._report_defect,
            tells_width=tells_width,
            keeps_address=keeps_address,
        )

    # --- what the user does ----------------------------------------------------------

    def _act(self, action: Action) -> None:
        if action.name == "shown":
            self._look_again()
        elif self._series is not None:
            self._choose(action, self._series.newest)

    def _look_again(self) -> None:
        self._refresh()
        if self._series is not None and self._mine is not None:
            self._mine.read(self._series.newest)
            self._rehearse(self._series)

    def _rehearse(self, series: Series) -> None:
        """Let the browser and Python draw each view once before it is asked for."""
        ladder = peer_ladder(series.newest, self._view.cohort)
        sets = measure_sets(series.newest, ladder.found)
        names = [name for name in views_of(series.newest) if name != self._shown.view]
        views = [replace(self._shown, view=name) for name in names]
        tables = [(view, _content(series, ladder, view, sets)[0]) for view in views]
        labels: Labels = "short" if self._narrow else "names"
        self._chart.rehearse(
            [
                _figure(series, ladder, table, view, labels)
                for view, table in tables
                if not table.empty
            ]
        )

    def _choose(self, action: Action, bench: Benchmark) -> None:
        kind, _, dimension = action.name.partition("-")
        if action.name == "narrow":
            self._narrow = action.value == "yes"
            self._draw()
        elif action.name == "save":
            self._save()
        elif action.name == "address":
            self._change(view_from(action.value, bench))
        elif action.name == "reset":
            self._change(replace(self._view, cohort={}))
            self._sections["picker"].focus("pk-pick-" + bench.dimensions[0])
        else:
            name = dimension if kind == "pick" else action.name
            self._change(self._view.changed(name, action.value, bench))

    def _change(self, view: View) -> None:
        before, self._view = self._view, view
        if view == before:
            return
        self._show(has_new_group=view.cohort != before.cohort)
        self._sections["picker"].keep_address(view.to_text())
        if view.cohort != before.cohort and self._mine is not None:
            self._mine.refresh()

    def _report_defect(self) -> None:
        self._sections["group"].html = parts.notice(parts.DEFECT)

    def _save(self) -> None:
        if self._series is not None:
            name = f"{_file_name(self._series, self._view)}.csv"
            self._sections["table"].offer(name, CSV, table_csv(self._table))

    # --- showing -------------------------------------------------------------------------

    def _show(self, *, has_new_group: bool = True) -> None:
        if self._series is None:
            return
        bench = self._series.newest
        ladder = peer_ladder(bench, self._view.cohort)
        sets = measure_sets(bench, ladder.found)
        self._shown = view = _possible(self._view, sets)
        self._table, sentence, caption = _content(self._series, ladder, view, sets)
        self._draw()  # before the words: the browser draws while they are written
        if has_new_group:
            choices = picker_choices(bench, view.cohort)
            self._sections["picker"].html = parts.picker(view, choices)
            is_in_plan = has_cohort(bench, view.cohort)
            self._sections["group"].html = parts.found_group(bench, ladder, is_in_plan=is_in_plan)
        measures = [m for one in sets.values() for m in one]
        self._sections["words"].html = joined(
            [
                tag("h2", VIEWS[view.view], id="pk-view"),
                parts.tabs(bench, view),
                parts.options(bench, view, sets, list(dict.fromkeys(measures))),
                parts.sentence(sentence()),
            ]
        )
        self._sections["table"].html = joined(
            [
                parts.saving(_file_name(self._series, view), has_chart=not self._table.empty),
                parts.table_of(view, self._table, caption),
            ]
        )

    def _draw(self) -> None:
        if self._series is None or self._table.empty:
            self._chart.show(None)
            return
        labels: Labels = "short" if self._narrow else "names"
        ladder = peer_ladder(self._series.newest, self._view.cohort)
        self._chart.show(_figure(self._series, ladder, self._table, self._shown, labels))


def _possible(view: View, sets: dict[str, tuple[str, ...]]) -> View:
    """Return the view with measures that its group has; others give way to the first ones."""
    inside = {m for one in sets.values() for m in one}
    return replace(
        view,
        measures=view.measures if view.measures in sets else "categories",
        measure=view.measure if view.measure in inside else next(iter(sets["categories"])),
    )


def _content(
    series: Series, ladder: Ladder, view: View, sets: dict[str, tuple[str, ...]]
) -> tuple[pd.DataFrame, Callable[[], str], str]:
    """Table, sentence (when it is asked for) and caption of a view."""
    bench, cohort = series.newest, ladder.found
    chosen, measure, level = sets[view.measures], view.measure, view.level
    name = name_of(bench, measure)
    everybody: list[dict[str, str]] = [{}] if cohort else []
    if view.view == "steps":
        table = step_table(bench, [cohort, *everybody], measure)
        return table, lambda: say.step_sentence(table, name), f"{name}: share at a level or above"
    if view.view == "quartiles":
        table = quartile_table(bench, cohort, chosen)
        return table, lambda: say.quartile_sentence(table), "Quantiles of the levels"
    if view.view == "groups":
        by = view.by or bench.dimensions[0]
        table = group_table(bench, by, cohort, chosen, level)
        used = group_base(bench, by, cohort)
        caption = f"Share {at_or_above(level)} by group, {cohort_words(used)}"
        base = say.base_sentence(by, cohort, used)
        return table, lambda: say.group_sentence(table, level, base), caption
    if view.view == "gaps":
        table = gap_table(bench, cohort, chosen, level)
        return (
            table,
            lambda: say.gap_sentence(table, level),
            f"Share below level {level}, largest first",
        )
    if view.view == "trend":
        table = trend_table(series, cohort, measure)
        return table, lambda: say.trend_sentence(table, level), f"{name}: share at a level or above"
    table = level_table(bench, cohort, chosen)
    caption = "Share of organizations at each level; in brackets the 95 % interval"
    return table, lambda: say.level_sentence(table, level), caption


def _figure(series: Series, ladder: Ladder, table: pd.DataFrame, view: View, labels: Labels) -> Any:
    level, bench = view.level, series.newest
    group = "" if labels == "short" else f", {cohort_words(ladder.found)}"
    name = name_of(bench, view.measure)
    release = f"release {bench.quarter}" + (", synthetic" if series.is_synthetic else "")
    source = f"{ladder.n} organizations, {release}"
    drawing: dict[str, Callable[[], Any]] = {
        "levels": lambda: level_shares(
            table,
            title=f"Levels{group}",
            subtitle=f"Share at each level; lines: 95 % intervals. {source}",
            labels=labels,
        ),
        "steps": lambda: steps(
            table,
            title=f"{name} at a level or above",
            subtitle=f"Share of organizations; shaded: 95 % interval. {source}",
        ),
        "quartiles": lambda: quartiles(
            table,
            title=f"Middle half{group}",
            subtitle=f"Circle: median; box: quartiles; whiskers: tenths. {source}",
            labels=labels,
        ),
        "groups": lambda: groups(
            table,
            title=f"Groups beside each other{_divided(bench, ladder, view, labels)}",
            subtitle=f"Share {at_or_above(level)}; a dot: withheld. From {release}",
            labels=labels,
        ),
        "gaps": lambda: gaps(
            table,
            title=f"Gaps{group}",
            subtitle=f"Share below level {level}; whisker: 95 % interval. {source}",
            labels=labels,
        ),
        "trend": lambda: peer_trend(
            table,
            level=level,
            title=f"{name} over time{group}",
            subtitle=f"Share at a level or above; shaded: 95 % interval. {source}",
            labels=labels,
        ),
    }
    return drawing[view.view]()


def _divided(bench: Benchmark, ladder: Ladder, view: View, labels: Labels) -> str:
    """Say which organizations the groups divide, where the title has room for it."""
    used = group_base(bench, view.by or bench.dimensions[0], ladder.found)
    return f", {cohort_words(used)}" if used and labels == "names" else ""


def _file_name(series: Series, view: View) -> str:
    parts_ = ["benchmark", series.newest.quarter, view.view, *view.cohort.values()]
    return "-".join(parts_).replace("+", "-plus")
