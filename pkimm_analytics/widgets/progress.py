"""
Progress and plan of one use case: what changed, what to do next, what came of it.

The view holds what was chosen and what was typed; arithmetic is in timeline, planning,
roadmap and action plans, words in the parts. It works with a single assessment, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import ipywidgets

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.charts import burn_down, heatmap, timeline, waterfall
from pkimm_analytics.charts.look import Labels
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import model_of
from pkimm_analytics.planning import cheapest_plan
from pkimm_analytics.planning.action_plans import (
    action_plan_table,
    action_plans,
    burn_down_table,
    tracked,
    with_action_plans,
)
from pkimm_analytics.planning.exports import to_csv, to_icalendar, to_markdown
from pkimm_analytics.planning.roadmap import Roadmap, phase_table, roadmap
from pkimm_analytics.progress import compare
from pkimm_analytics.progress.timeline import (
    bridge_sentence,
    bridge_table,
    category_timeline,
    delta_table,
    timeline_table,
    usable,
)
from pkimm_analytics.progress.trend import PeerTrend, peers_over_time
from pkimm_analytics.widgets import plan_parts
from pkimm_analytics.widgets import progress_parts as parts
from pkimm_analytics.widgets.chart import ChartBox
from pkimm_analytics.widgets.markup import joined
from pkimm_analytics.widgets.plan_settings import FIELDS, first_settings, plan_wish
from pkimm_analytics.widgets.section import CSV, Action, Section

MOST_COLUMNS = {False: 8, True: 4}
"""Assessments side by side in the heatmap, on a wide page and on a phone."""


class ProgressView(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """
    Progress and plan of one use case.

    Parameters
    ----------
    keep : callable, optional
        Called with the assessment that has the planned action plans, to store it; it
        may raise a PkimmError. Without it they can only be saved as files.
    release : Path, optional
        Release whose peers, and those of the releases beside it, are shown behind the
        own scores.

    Examples
    --------
    >>> view = ProgressView()  # doctest: +SKIP
    >>> view.show(assessments)  # doctest: +SKIP
    """

    def __init__(
        self,
        keep: Callable[[Assessment], None] | None = None,
        *,
        release: Path | None = None,
    ) -> None:
        self._keep = keep
        self._release = release
        self._history: list[Assessment] = []
        self._step = 0
        self._narrow = False
        self._settings = dict.fromkeys(FIELDS, "")
        self._locked: set[str] = set()
        self._roadmap: Roadmap | None = None
        names = ("timeline", "why", "changes", "categories", "form", "plan", "tracking", "end")
        self._sections = {name: Section(on_action=self._act) for name in names}
        self._sections["between"] = Section(on_action=self._act)
        self._sections["plan-end"] = Section(on_action=self._act)
        charts = ("timeline", "bridge", "heatmap", "phases", "burn-down")
        self._charts = {name: ChartBox() for name in charts}
        super().__init__(
            [
                self._sections["timeline"],
                self._charts["timeline"],
                self._sections["between"],
                self._sections["why"],
                self._charts["bridge"],
                self._sections["changes"],
                self._sections["categories"],
                self._charts["heatmap"],
                self._sections["form"],
                self._sections["plan"],
                self._charts["phases"],
                self._sections["plan-end"],
                self._sections["tracking"],
                self._charts["burn-down"],
                self._sections["end"],
            ]
        )
        self.add_class("pk-progress-view")

    @property
    def roadmap(self) -> Roadmap | None:
        """The plan that is shown, if one was made."""
        return self._roadmap

    def show(self, history: Sequence[Assessment], *, narrow: bool = False) -> None:
        """
        Show the assessments of one use case, oldest first; nothing if there are none.

        Those that cannot be scored, such as of an unknown edition, are left out.
        """
        found, before = usable(history), [a.id for a in self._history]
        if found == self._history and narrow == self._narrow:
            return
        self._narrow = narrow
        self._history = found
        if [a.id for a in found] != before:
            self._step = max(0, len(found) - 2)
            self._settings = first_settings(found[-1]) if found else dict.fromkeys(FIELDS, "")
            self._locked = set()
            self._roadmap = None
        self._show_timeline()
        self._show_step()
        self._show_categories()
        self._show_plan()
        self._show_tracking()

    # --- what the user does ----------------------------------------------------------

    def _act(self, action: Action) -> None:
        kind, _, name = action.name.partition("-")
        if action.name == "progress-step":
            if action.value.isdecimal() and int(action.value) < len(self._history) - 1:
                self._step = int(action.value)
                self._show_step()
        elif kind == "plan" and name in FIELDS:
            self._settings[name] = action.value.strip()[:1000]
        elif kind == "plan" and name.startswith("lock:"):
            change = self._locked.add if action.value == "yes" else self._locked.discard
            change(name.removeprefix("lock:"))
        elif action.name == "plan-make":
            self._make_plan()
        elif kind == "plan":
            self._take_away(name)

    def _make_plan(self) -> None:
        if not self._history:
            return
        self._roadmap = None
        now = self._history[-1]
        try:
            wish = plan_wish(self._settings)
            effort, needs, targets = wish.effort, wish.needs, wish.targets
            locked = frozenset(self._locked)
            plan = cheapest_plan(now, targets, effort=effort, needs=needs, locked=locked)
            self._roadmap = roadmap(
                now, plan, when=wish.when, effort=effort, needs=needs, targets=targets
            )
        except PkimmError as error:
            self._show_plan(error)
            return
        self._show_plan()

    def _take_away(self, name: str) -> None:
        if self._roadmap is None or not self._history:
            return
        adopted = with_action_plans(self._history[-1], action_plans(self._roadmap))
        made = {r.key for r in self._roadmap.plan.raises}
        plans = [t for t in tracked([adopted]) if t.plan.element in made]
        place = self._sections["plan-end"]
        if name == "csv":
            place.offer("action-plans.csv", CSV, to_csv(plans))
        elif name == "ics":
            place.offer("action-plans.ics", "text/calendar", to_icalendar(plans))
        elif name == "md":
            place.offer("action-plans.md", "text/markdown", to_markdown(plans))
        elif name == "keep":
            self._store(adopted, len(plans))

    def _store(self, adopted: Assessment, n: int) -> None:
        if self._keep is not None:
            try:
                self._keep(adopted)
            except PkimmError as error:
                self._show_plan(error)
                return
        self._history[-1] = adopted
        self._show_tracking()
        self._sections["plan-end"].html += plan_parts.kept_words(n)

    # --- showing -------------------------------------------------------------------------

    def _show_timeline(self) -> None:
        if not self._history:
            self._sections["timeline"].html = self._sections["between"].html = ""
            self._charts["timeline"].show(None)
            return
        table, (peers, problem) = timeline_table(self._history), self._peers()
        band = None if peers is None or peers.table.empty else peers.table
        self._sections["timeline"].html = parts.timeline_part(table)
        self._sections["between"].html = joined(
            [parts.timeline_table_part(table), parts.peers_part(peers, problem)]
        )
        has_score = table["score"].notna().any()
        self._charts["timeline"].show(timeline(table, cohort=band) if has_score else None)

    def _peers(self) -> tuple[PeerTrend | None, str]:
        """Peers of the newest assessment, or why there are none; nothing without a release."""
        if self._release is None:
            return None, ""
        try:
            return peers_over_time(self._history[-1], self._release), ""
        except PkimmError as error:
            return None, error.message

    def _show_step(self) -> None:
        why, changes, chart = (
            self._sections["why"],
            self._sections["changes"],
            self._charts["bridge"],
        )
        if len(self._history) < 2:
            why.html = changes.html = ""
            chart.show(None)
            return
        step = compare(*self._history[self._step : self._step + 2])
        table = bridge_table(step.overall)
        why.html = parts.step_choice(self._history, self._step, bridge_sentence(step))
        changes.html = parts.step_tables(table, delta_table(step))
        title = "From one score to the next"
        chart.show(None if table.empty else waterfall(table, title=title))

    def _show_categories(self) -> None:
        section, chart = self._sections["categories"], self._charts["heatmap"]
        if not self._history:
            section.html = ""
            chart.show(None)
            return
        table, n = category_timeline(self._history), len(self._history)
        shown = min(n, MOST_COLUMNS[self._narrow])
        section.html = joined([parts.categories_part(shown, n), parts.categories_table(table)])
        labels: Labels = "short" if self._narrow else "names"
        chart.show(heatmap(table[table["place"] >= n - shown], labels=labels))

    def _show_plan(self, error: PkimmError | None = None) -> None:
        places = [self._sections[name] for name in ("form", "plan", "plan-end")]
        if not self._history:
            for place in places:
                place.html = ""
            self._charts["phases"].show(None)
            return
        problem = "" if error is None else plan_parts.plan_problem(error.message, error.problems)
        model = model_of(self._history[-1].model)
        places[0].html = plan_parts.plan_form(self._settings, self._locked, model, problem)
        road = self._roadmap
        if road is None:
            places[1].html = places[2].html = ""
            self._charts["phases"].show(None)
            return
        table = phase_table(road)
        n = len(road.plan.raises)
        places[1].html = plan_parts.plan_words(table, road.plan.effort, n)
        places[2].html = plan_parts.plan_tables(table, _raise_rows(road)) if n else ""
        self._charts["phases"].show(
            waterfall(table, title="Overall score after each phase") if n else None
        )

    def _show_tracking(self) -> None:
        table = action_plan_table(tracked(self._history))
        steps = burn_down_table(self._history)
        self._sections["tracking"].html = plan_parts.tracking_words(table)
        self._sections["end"].html = plan_parts.tracking_tables(steps, table)
        self._charts["burn-down"].show(None if steps.empty else burn_down(steps))


def _raise_rows(road: Roadmap) -> list[tuple[object, ...]]:
    last = {r.key: phase.number for phase in road.phases for r in phase.raises}
    model = road.today.model
    return [
        (model.name(r.key), r.before, r.after, f"{r.effort:g}", last[r.key])
        for r in road.plan.raises
    ]
