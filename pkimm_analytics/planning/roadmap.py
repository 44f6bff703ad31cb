"""
A plan in phases: which levels are raised when, and what each phase would score.

The raises of a plan are cut into steps of one level. Steps are taken in the order of
what they add to the overall score for their effort, never before the step that they
need, and fill one phase after another. Where that takes more phases than need be, they
are packed exactly; where the cheapest steps do not fit at all, the cheapest that do are
looked for. The score after a phase is found by scoring the
answers as they would be then. Nothing here reads a clock: dates count from the day that
the caller names.
"""

from __future__ import annotations

import calendar
import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.display import Shown
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model, category_of, model_of, module_of
from pkimm_analytics.planning.program import PlanningError, Step, solve
from pkimm_analytics.planning.solver import (
    OVERALL,
    Effort,
    Plan,
    Raise,
    Target,
    bases_of,
    cheapest_plan,
    impacts,
    most_for,
    planned_assessment,
    score_of,
)
from pkimm_analytics.scoring import Scores, figure_text, score

MOST_PHASES = 60


@dataclass(frozen=True)
class Calendar:
    """
    When phases begin and how many there are.

    Parameters
    ----------
    start : str, optional
        First day of the first phase, ``YYYY-MM-DD``. Without it phases have no dates.
    months : int
        Length of a phase.
    phases : int, optional
        How many there may be. Without `capacity` the effort is spread evenly over them.
    capacity : float, optional
        Effort that fits into one phase.
    """

    start: str | None = None
    months: int = 3
    phases: int | None = None
    capacity: float | None = None


@dataclass(frozen=True)
class Phase:
    """
    One phase.

    Parameters
    ----------
    number : int
        From 1.
    start, finish : str, optional
        First and last day, None if the plan has no dates.
    raises : tuple of Raise
        What is raised in this phase.
    effort : float
    levels : mapping of str to int
        All raised elements with their levels when the phase ends.
    projected : Scores
        Scores when the phase ends.
    """

    number: int
    start: str | None
    finish: str | None
    raises: tuple[Raise, ...]
    effort: float
    levels: Mapping[str, int]
    projected: Scores


@dataclass(frozen=True, repr=False)
class Roadmap(Shown):
    """
    A plan in phases.

    Parameters
    ----------
    today : Scores
        Scores of the assessment that the plan starts from.
    plan : Plan
    phases : tuple of Phase
        In their order; none is empty.
    late : tuple of Problem
        Targets with a date that no phase reaches in time.
    needs : mapping of str to sequence of str
        Dependencies, as the planner was given them.
    """

    VIEW = "pkimm_analytics.views.plan:plan_view"

    today: Scores
    plan: Plan
    phases: tuple[Phase, ...]
    late: tuple[Problem, ...]
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"Roadmap({figure_text(self.today.overall.value)} to"
            f" {figure_text(self.plan.projected.overall.value)}, {len(self.plan.raises)} elements,"
            f" effort {self.plan.effort:g}, {len(self.phases)} phases)"
        )


def roadmap(
    assessment: Assessment,
    plan: Plan,
    *,
    when: Calendar | None = None,
    effort: Effort | None = None,
    needs: Mapping[str, Sequence[str]] | None = None,
    targets: Sequence[Target] = (),
) -> Roadmap:
    """
    Spread the raises of a plan over phases.

    Parameters
    ----------
    assessment : Assessment
        Levels today, as the plan was made for them.
    plan : Plan
    when : Calendar, optional
        One phase without dates if left out.
    effort : Effort, optional
        As the plan was made with.
    needs : mapping of str to sequence of str, optional
        As the plan was made with.
    targets : sequence of Target
        Those with a date decide what comes first, and are checked.

    Raises
    ------
    PlanningError
        If the phases cannot hold the plan, its dependencies form a circle, or a
        setting cannot be used.
    """
    when, effort, needs = when or Calendar(), effort or Effort(), needs or {}
    model = model_of(assessment.model)
    _check(when, targets)
    ordered = _ordered(assessment, plan, effort, needs, targets, model)
    costs = {step: effort.of(step[0], step[1] - 1, step[1]) for step in ordered}
    if when.capacity is None:
        places = _spread_evenly(ordered, costs, when.phases or 1)
    else:
        places = _fill(ordered, costs, needs, when.capacity, when.phases)
    phases = tuple(_phases(assessment, plan, places, costs, when, model))
    today = score(assessment, model)
    return Roadmap(today, plan, phases, tuple(_late(targets, today, phases)), needs)


@dataclass(frozen=True)
class Wish:
    """
    What a plan is asked for.

    Parameters
    ----------
    targets : sequence of Target
        Scores to reach at the least effort; empty with a budget.
    budget : float, optional
        Effort to spend on the highest overall score, in place of targets.
    when : Calendar
    effort : Effort
    needs : mapping of str to sequence of str
        Element to those that must be at least as high, if it is raised.
    locked : frozenset of str
        Elements, categories or modules that stay as they are.
    """

    targets: Sequence[Target] = ()
    budget: float | None = None
    when: Calendar = field(default_factory=Calendar)
    effort: Effort = field(default_factory=Effort)
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()


def plan_for(assessment: Assessment, wish: Wish) -> Roadmap:
    """
    Find the steps that are asked for, and spread them over phases.

    Raises
    ------
    PlanningError
        If a target is out of reach, the phases cannot hold the steps, or the wish
        contradicts itself.
    """
    effort, needs, locked, when = wish.effort, wish.needs, wish.locked, wish.when
    _check(when, wish.targets)
    if bool(wish.targets) == (wish.budget is not None):
        raise PlanningError("A plan needs targets or a budget, and not both.")
    if wish.budget is not None:
        steps = most_for(assessment, wish.budget, effort=effort, locked=locked, needs=needs)
    else:
        steps = cheapest_plan(assessment, wish.targets, effort=effort, locked=locked, needs=needs)

    def spread(plan: Plan) -> Roadmap:
        return roadmap(
            assessment, plan, when=when, effort=effort, needs=needs, targets=wish.targets
        )

    try:
        return spread(steps)
    except TooLargeError:
        if not wish.targets or when.phases is None:
            raise
        steps = cheapest_plan(
            assessment,
            wish.targets,
            effort=effort,
            locked=locked,
            needs=needs,
            phases=when.phases,
            capacity=when.capacity,
        )
        return spread(steps)


class TooLargeError(PlanningError):
    """The phases cannot hold the steps of a plan."""


def plan(
    assessment: Assessment,
    target: float = 4,
    *,
    phases: int | None = None,
    start: str | None = None,
) -> Roadmap:
    """
    Find the cheapest steps to a target and spread them over phases.

    Parameters
    ----------
    assessment : Assessment
        Levels today.
    target : float
        Overall score to reach, 1 to 5.
    phases : int, optional
        How many there may be; one if left out.
    start : str, optional
        First day, ``YYYY-MM-DD``; phases have no dates without it.

    Raises
    ------
    PlanningError
        If the target is out of reach.
    """
    targets = [Target(OVERALL, Fraction(str(target)))]
    return plan_for(assessment, Wish(targets, when=Calendar(start, phases=phases)))


# --- order --------------------------------------------------------------------------


def _steps(raises: Iterable[Raise]) -> list[Step]:
    return [(r.key, level) for r in raises for level in range(r.before + 1, r.after + 1)]


def _ordered(
    assessment: Assessment,
    plan: Plan,
    effort: Effort,
    needs: Mapping[str, Sequence[str]],
    targets: Sequence[Target],
    model: Model,
) -> list[Step]:
    """Order the steps: what is due first, then most score for the effort, bases before."""
    gains = {impact.key: impact.overall_gain for impact in impacts(assessment, model)}

    def rank(step: Step) -> tuple[str, float, str, int]:
        key, level = step
        cost = effort.of(key, level - 1, level)
        worth = float(gains.get(key, 0)) / cost if cost else math.inf
        return _due(key, targets), -worth, key, level

    steps = _steps(plan.raises)
    waiting = {step: _bases(step, needs, set(steps)) for step in steps}
    ready = [rank(step) for step, bases in waiting.items() if not bases]
    heapq.heapify(ready)
    ordered: list[Step] = []
    while ready:
        *_, key, level = heapq.heappop(ready)
        ordered.append((key, level))
        for step, bases in waiting.items():
            if (key, level) in bases:
                bases.remove((key, level))
                if not bases:
                    heapq.heappush(ready, rank(step))
    if len(ordered) < len(steps):
        circle = sorted({key for key, level in steps if (key, level) not in ordered})
        raise PlanningError(
            "Some raises wait for each other. Nothing was planned.",
            [Problem(key, "is part of a circle of dependencies") for key in circle],
        )
    return ordered


def _bases(step: Step, needs: Mapping[str, Sequence[str]], planned: set[Step]) -> set[Step]:
    return planned & {*bases_of(step, needs)}


def _due(key: str, targets: Sequence[Target]) -> str:
    inside = (OVERALL, key, category_of(key), module_of(key))
    return min((t.date for t in targets if t.date and t.element in inside), default="9999")


# --- phases -------------------------------------------------------------------------


def _spread_evenly(ordered: Sequence[Step], costs: Mapping[Step, float], n: int) -> dict[Step, int]:
    total = math.fsum(costs.values())
    # Where nothing costs anything, every step counts the same.
    size = costs if total else dict.fromkeys(ordered, 1.0)
    total = total or float(len(ordered))
    places, done = {}, 0.0
    for step in ordered:
        places[step] = min(n - 1, int(n * (done + size[step] / 2) / total))
        done += size[step]
    return places


def _fill(
    ordered: Sequence[Step],
    costs: Mapping[Step, float],
    needs: Mapping[str, Sequence[str]],
    capacity: float,
    n: int | None,
) -> dict[Step, int]:
    """Put the steps into as few phases as hold them, what adds most first."""
    large = [step for step in ordered if costs[step] > capacity]
    if large:
        raise TooLargeError(
            f"A phase holds effort {capacity:g}. Nothing was planned.",
            [
                Problem(key, f"level {level} alone takes {costs[key, level]:g}")
                for key, level in large
            ],
        )
    most = MOST_PHASES if n is None else n
    places = _one_after_another(ordered, costs, needs, capacity)
    used = max(places.values(), default=-1) + 1
    fewest = math.ceil(math.fsum(costs.values()) / capacity - 1e-9)
    for phases in range(fewest, min(used, most + 1)):
        packed = _packed(ordered, costs, needs, capacity, phases)
        if packed is not None:
            return packed
    if used > most:
        raise TooLargeError(
            f"The plan does not fit into {most} phases of effort {capacity:g}."
            " Allow more phases or more effort in each."
        )
    return places


def _one_after_another(
    ordered: Sequence[Step],
    costs: Mapping[Step, float],
    needs: Mapping[str, Sequence[str]],
    capacity: float,
) -> dict[Step, int]:
    """Put each step into the first phase that has room and is not before its bases."""
    places: dict[Step, int] = {}
    used: list[float] = []
    for step in ordered:
        place = max((places[base] for base in _bases(step, needs, set(ordered))), default=0)
        while place < len(used) and used[place] + costs[step] > capacity + 1e-9:
            place += 1
        used += [0.0] * (place + 1 - len(used))
        used[place] += costs[step]
        places[step] = place
    return places


def _packed(
    ordered: Sequence[Step],
    costs: Mapping[Step, float],
    needs: Mapping[str, Sequence[str]],
    capacity: float,
    phases: int,
) -> dict[Step, int] | None:
    """Pack all steps into so many phases, those that come first as early as they fit."""
    planned = set(ordered)
    bases = [(step, base) for step in ordered for base in _bases(step, needs, planned)]
    worth = {step: 1 + 1 / place for place, step in enumerate(ordered, 1)}
    return solve(costs, bases, worth=worth, phases=phases, capacity=capacity, takes_all=True)


def _phases(
    assessment: Assessment,
    plan: Plan,
    places: Mapping[Step, int],
    costs: Mapping[Step, float],
    when: Calendar,
    model: Model,
) -> Iterable[Phase]:
    levels = {r.key: r.before for r in plan.raises}
    for number, place in enumerate(sorted(set(places.values())), 1):
        before = dict(levels)
        inside = [step for step, at in places.items() if at == place]
        for key, level in inside:
            levels[key] = max(levels[key], level)
        raises = tuple(
            Raise(
                r.key,
                before[r.key],
                levels[r.key],
                math.fsum(costs[s] for s in inside if s[0] == r.key),
            )
            for r in plan.raises
            if levels[r.key] > before[r.key]
        )
        start, finish = _days(when, number)
        yield Phase(
            number=number,
            start=start,
            finish=finish,
            raises=raises,
            effort=math.fsum(r.effort for r in raises),
            levels=dict(levels),
            projected=score(planned_assessment(assessment, levels), model),
        )


def _late(targets: Sequence[Target], today: Scores, phases: Sequence[Phase]) -> Iterable[Problem]:
    for target in targets:
        if target.date is None:
            continue
        in_time = [p.projected for p in phases if p.finish is not None and p.finish <= target.date]
        value = score_of(in_time[-1] if in_time else today, target.element)
        if value < target.score:
            yield Problem(
                target.element,
                f"{float(target.score):g} is due on {target.date}; the phases that end by then"
                f" reach {figure_text(value)}",
                refused=False,
            )


# --- dates --------------------------------------------------------------------------


def _days(when: Calendar, number: int) -> tuple[str | None, str | None]:
    if when.start is None:
        return None, None
    first = _months_later(when.start, when.months * (number - 1))
    last = _months_later(when.start, when.months * number) - timedelta(days=1)
    return first.isoformat(), last.isoformat()


def _months_later(day: str, months: int) -> date:
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _check(when: Calendar, targets: Sequence[Target]) -> None:
    found = [
        Problem(name, f"{value!r} is not a date between 1970 and 2900; expected YYYY-MM-DD")
        for name, value in [("start", when.start), *((t.element, t.date) for t in targets)]
        if value is not None and not is_day(value)
    ]
    if not 1 <= when.months <= 60:
        found.append(Problem("months", "expected 1 to 60 months for a phase"))
    if when.phases is not None and not 1 <= when.phases <= MOST_PHASES:
        found.append(Problem("phases", f"expected 1 to {MOST_PHASES} phases"))
    if when.capacity is not None and not 0 < when.capacity < math.inf:
        found.append(Problem("capacity", "expected an effort above 0"))
    if when.start is None and any(target.date for target in targets):
        found.append(Problem("start", "targets with a date need the day that the plan starts"))
    if found:
        raise PlanningError("The plan cannot be put into phases. Nothing was planned.", found)


def is_day(text: str) -> bool:
    """Whether a text is a day, ``YYYY-MM-DD``, that phases can start from."""
    try:
        return date.fromisoformat(text).isoformat() == text and "1970" <= text[:4] <= "2900"
    except ValueError:
        return False
