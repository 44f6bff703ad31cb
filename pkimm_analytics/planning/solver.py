"""
Targets and the cheapest way to them.

A plan is a set of raised levels. What it would score is found by scoring the planned
answers again, with the one formula of :mod:`.scoring`. The **planner** looks for the
cheapest set of raises that reaches every target, as an integer program: a score is a
weighted mean of levels, so each target is a linear condition on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pkimm_analytics.assessment import Assessment, Mode, State, rated
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model, category_of, model_of, module_of
from pkimm_analytics.planning.program import Condition, PlanningError, Step, solve
from pkimm_analytics.scoring import Scores, answer_codes, figure_text, score

OVERALL = "overall"
TOP = 5


@dataclass(frozen=True, slots=True)
class Target:
    """
    A score to be reached.

    Parameters
    ----------
    element : str
        ``overall``, a module or the element key of a category.
    score : Fraction
        Score to reach, 1 to 5; a whole number is a level.
    date : str, optional
        Day by which it is to be reached, ``YYYY-MM-DD``.
    """

    element: str
    score: Fraction
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Raise:
    """One level to be raised, and what that costs."""

    key: str
    before: int
    after: int
    effort: float


@dataclass(frozen=True)
class Effort:
    """
    What it costs to raise a level, in days or any other unit.

    Parameters
    ----------
    by_level : tuple of float
        Effort from level 1 to 2, 2 to 3, 3 to 4 and 4 to 5. The defaults are ours
        and provisional: they only say that the higher steps cost more.
    factors : mapping of str to float
        Factor for single elements, categories or modules; the closest one counts.
    """

    by_level: tuple[float, float, float, float] = (1.0, 2.0, 3.0, 5.0)
    factors: Mapping[str, float] = field(default_factory=dict)

    def of(self, key: str, before: int, after: int) -> float:
        """Effort of raising one element from a level to a higher one."""
        factor = next(
            (self.factors[k] for k in (key, category_of(key), module_of(key)) if k in self.factors),
            1.0,
        )
        return factor * sum(self.by_level[level - 1] for level in range(before, after))


@dataclass(frozen=True)
class Plan:
    """
    The cheapest raises that reach the targets.

    Parameters
    ----------
    raises : tuple of Raise
        In the order of the model.
    effort : float
        Sum of the efforts.
    planned : Assessment
        The assessment with the raised levels.
    projected : Scores
        Its scores, computed again.
    """

    raises: tuple[Raise, ...]
    effort: float
    planned: Assessment
    projected: Scores


@dataclass(frozen=True, slots=True)
class Impact:
    """How far the overall score moves if one element is raised by one level."""

    key: str
    level: int
    overall_gain: Fraction


def cheapest_plan(
    assessment: Assessment,
    targets: Sequence[Target],
    *,
    effort: Effort | None = None,
    locked: frozenset[str] = frozenset(),
    needs: Mapping[str, Sequence[str]] | None = None,
    model: Model | None = None,
    phases: int = 1,
    capacity: float | None = None,
) -> Plan:
    """
    Find the cheapest set of raises that reaches all targets.

    Only rated elements can be raised: what is unanswered has no level to start from
    and does not count in the score either.

    Parameters
    ----------
    assessment : Assessment
        Levels today.
    targets : sequence of Target
    effort : Effort, optional
    locked : frozenset of str
        Elements, categories or modules that stay as they are.
    needs : mapping of str to sequence of str, optional
        Element to those that must be at least as high as it after the plan, if it
        is raised.
    model : Model, optional
        Edition of the assessment, if it is at hand.
    phases : int
    capacity : float, optional
        Effort that fits into each phase; the plan then fits into so many phases.

    Raises
    ------
    PlanningError
        If the targets are out of reach, or an element is not known.
    """
    model = model or model_of(assessment.model)
    room = _Room(assessment, model, effort or Effort(), locked, needs or {})
    conditions = [room.condition(target) for target in targets]
    room.check_reach(targets, conditions)
    if all(one.least <= 0 for one in conditions):
        return room.plan({})
    for margin in (0.0, 1e-7, 1e-6, 1e-5, 1e-4):  # the solver rounds; we do not
        found = solve(
            room.costs, room.bases, conditions, phases=phases, capacity=capacity, margin=margin
        )
        if found is None:
            raise PlanningError(
                "The targets cannot be reached together with these locks, dependencies and phases."
            )
        plan = room.plan(found)
        if all(score_of(plan.projected, t.element) >= t.score for t in targets):
            return plan
    raise PlanningError("The planner found no exact solution. Nothing was changed.")


def most_for(
    assessment: Assessment,
    budget: float,
    *,
    effort: Effort | None = None,
    locked: frozenset[str] = frozenset(),
    needs: Mapping[str, Sequence[str]] | None = None,
) -> Plan:
    """
    Find the raises that lift the overall score most for an effort, and of those the cheapest.

    Parameters
    ----------
    assessment : Assessment
        Levels today.
    budget : float
        Effort that may be spent.
    effort, locked, needs
        As for :func:`cheapest_plan`.

    Raises
    ------
    PlanningError
        If there is no score yet, or an element is not known.
    """
    model = model_of(assessment.model)
    effort = effort or Effort()
    room = _Room(assessment, model, effort, locked, needs or {})
    gains = room.condition(Target(OVERALL, Fraction(1))).gains
    worth = {step: float(gains[step[0]]) for step in room.costs}
    best = room.plan(solve(room.costs, room.bases, worth=worth, capacity=budget) or {})
    reached = [Target(OVERALL, score_of(best.projected, OVERALL))]
    return cheapest_plan(
        assessment, reached, effort=effort, locked=locked, needs=needs, model=model
    )


class _Room:
    """What can be raised in an assessment, at which effort, and what it adds."""

    def __init__(
        self,
        assessment: Assessment,
        model: Model,
        effort: Effort,
        locked: frozenset[str],
        needs: Mapping[str, Sequence[str]],
    ) -> None:
        self.assessment, self.model, self.effort = assessment, model, effort
        self.scores = score(assessment, model)
        self.weights = _weights(assessment, model, self.scores)
        self.now = {key: assessment.answer(key).level or 0 for key in self.weights}
        unknown = [key for key in (*locked, *needs) if key not in model.keys]
        if unknown:
            raise PlanningError(
                "The plan names elements that the edition does not have.",
                [Problem(key, f"{model.edition} has no such element") for key in unknown],
            )
        self.costs = {
            (key, level): effort.of(key, level - 1, level)
            for key, now in self.now.items()
            if not locked & {key, category_of(key), module_of(key)}
            for level in range(now + 1, TOP + 1)
        }
        self.bases = [
            (step, base if base in self.costs else None)
            for step in self.costs
            for base in bases_of(step, needs)
            if self.now.get(base[0], 0) < base[1]
        ]

    def condition(self, target: Target) -> Condition:
        """Return what each level adds to a target's score, and what is missing to reach it."""
        counted = {
            key: category.weight
            for key, category in self.model.categories.items()
            if target.element in (OVERALL, key, module_of(key))
            and self.scores.categories[key].value is not None
        }
        total = sum(counted.values())
        gains = {
            key: weight * Fraction(counted[category_of(key)], total)
            for key, weight in self.weights.items()
            if category_of(key) in counted
        }
        return Condition(gains, target.score - score_of(self.scores, target.element))

    def check_reach(self, targets: Sequence[Target], conditions: Sequence[Condition]) -> None:
        """Refuse targets that all steps together do not reach."""
        most = [
            sum((one.gains.get(key, Fraction(0)) for key, _ in self.costs), Fraction(0))
            for one in conditions
        ]
        problems = [
            Problem(
                target.element,
                f"{float(target.score):g} was asked for; with all improvements it would be"
                f" {figure_text(target.score - one.least + best)}",
            )
            for target, one, best in zip(targets, conditions, most, strict=True)
            if best < one.least
        ]
        if problems:
            raise PlanningError("A target is out of reach. Nothing was planned.", problems)

    def plan(self, steps: Iterable[Step]) -> Plan:
        """Return the plan that takes these steps."""
        levels: dict[str, int] = {}
        for key, level in steps:
            levels[key] = max(level, levels.get(key, 0))
        raises = tuple(
            Raise(key, now, levels[key], self.effort.of(key, now, levels[key]))
            for key, now in self.now.items()
            if key in levels
        )
        planned = planned_assessment(self.assessment, levels)
        total = math.fsum(r.effort for r in raises)
        return Plan(raises, total, planned, score(planned, self.model))


def bases_of(step: Step, needs: Mapping[str, Sequence[str]]) -> list[Step]:
    """Return the steps that come before: the level below, and the same of what it needs."""
    key, level = step
    return [(key, level - 1), *((base, level) for base in needs.get(key, ()))]


def _weights(assessment: Assessment, model: Model, scores: Scores) -> dict[str, Fraction]:
    """Share of each rated element in the score of its category."""
    codes = dict(zip(model.requirements, answer_codes(assessment, model)[0].tolist(), strict=True))
    weights: dict[str, Fraction] = {}
    for key, category in model.categories.items():
        figure = scores.categories[key]
        if figure.value is None:
            continue
        rated_ones = [r for r in category.requirements if codes[r.key] > 0]
        if assessment.mode is Mode.FULL and rated_ones and not figure.by_hand:
            total = sum(r.weight for r in rated_ones)
            weights |= {r.key: Fraction(r.weight, total) for r in rated_ones}
        else:
            weights[key] = Fraction(1)
    return weights


def score_of(scores: Scores, element: str) -> Fraction:
    """
    Score of ``overall``, a module or a category.

    Raises
    ------
    PlanningError
        If there is no such element, or it has no score.
    """
    if element == OVERALL:
        figure = scores.overall
    elif element in scores.modules:
        figure = scores.modules[element]
    elif element in scores.categories:
        figure = scores.categories[element]
    else:
        raise PlanningError(f"There is no element {element} to set a target for.")
    if figure.value is None:
        raise PlanningError(f"{element} has no score yet: rate it before planning.")
    return figure.value


def impacts(assessment: Assessment, model: Model | None = None) -> list[Impact]:
    """
    Rank rated elements by how far one level more moves the overall score.

    Returns
    -------
    list of Impact
        Largest first; elements at level 5 are left out.
    """
    model = model or model_of(assessment.model)
    room = _Room(assessment, model, Effort(), frozenset(), {})
    if room.scores.overall.value is None:
        return []
    gains = room.condition(Target(OVERALL, Fraction(TOP))).gains
    found = [Impact(key, room.now[key], gain) for key, gain in gains.items() if room.now[key] < TOP]
    return sorted(found, key=lambda i: (-i.overall_gain, i.key))


def limits_next_level(
    assessment: Assessment, *, model: Model | None = None
) -> tuple[int | None, list[Impact]]:
    """
    Say what keeps the overall score from its next level.

    Returns
    -------
    tuple
        The next level (None at level 5 or without a score), and the rated elements
        not above the present level, by how much raising them would add.
    """
    model = model or model_of(assessment.model)
    level = score(assessment, model).overall.level
    if level is None or level >= TOP:
        return None, []
    return level + 1, [one for one in impacts(assessment, model) if one.level <= level]


def planned_assessment(assessment: Assessment, levels: Mapping[str, int]) -> Assessment:
    """
    Apply planned levels: a what-if that is scored like any other assessment.

    Raises
    ------
    PlanningError
        If an element does not apply.
    """
    out = [key for key in levels if assessment.answer(key).state is State.NOT_APPLICABLE]
    if out:
        raise PlanningError(
            "The plan raises what does not apply.",
            [Problem(key, "is not applicable in this assessment") for key in out],
        )
    raised = {
        key: assessment.answer(key).replace(state=State.RATED, level=level)
        if key in assessment.answers
        else rated(level)
        for key, level in levels.items()
    }
    return assessment.replace(answers={**assessment.answers, **raised})
