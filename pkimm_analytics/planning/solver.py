"""
Targets and the cheapest way to them.

A plan is a set of raised levels. What it would score is found by scoring the planned
answers again, with the one formula of :mod:`.scoring`. The **planner** looks for the
cheapest set of raises that reaches every target, as an integer program: a score is a
weighted mean of levels, so each target is a linear condition on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pkimm_analytics.assessment import Assessment, Mode, State, rated
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.model import Model, category_of, model_of, module_of
from pkimm_analytics.scoring import Scores, answer_codes, score

OVERALL = "overall"
TOP = 5


class PlanningError(PkimmError, ValueError):
    """A target cannot be reached, or a plan contradicts itself."""


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

    Raises
    ------
    PlanningError
        If the targets are out of reach, or an element is not known.
    """
    model = model or model_of(assessment.model)
    problem = _Problem(assessment, model, effort or Effort(), locked, needs or {})
    rows = [problem.condition(target) for target in targets]
    margin = 0.0
    for _ in range(6):
        levels = problem.solve(rows, margin)
        raised = {key: level for key, level in levels.items() if level != problem.now[key]}
        planned = planned_assessment(assessment, raised)
        projected = score(planned, model)
        if all(score_of(projected, t.element) >= t.score for t in targets):
            return problem.plan(levels, planned, projected)
        margin = margin * 10 if margin else 1e-7  # the solver works in floating point; we do not
    raise PlanningError("The planner found no exact solution. Nothing was changed.")


class _Problem:
    """The integer program of one assessment: one yes-or-no variable for each level step."""

    def __init__(
        self,
        assessment: Assessment,
        model: Model,
        effort: Effort,
        locked: frozenset[str],
        needs: Mapping[str, Sequence[str]],
    ) -> None:
        self.model, self.effort, self.locked, self.needs = model, effort, locked, needs
        self.scores = score(assessment, model)
        self.weights = _weights(assessment, model, self.scores)
        self.now = {key: assessment.answer(key).level or 0 for key in self.weights}
        unknown = [key for key in (*locked, *needs) if key not in model.keys]
        if unknown:
            raise PlanningError(
                "The plan names elements that the edition does not have.",
                [Problem(key, f"{model.edition} has no such element") for key in unknown],
            )
        self.steps = [
            (key, level)
            for key, now in self.now.items()
            if not locked & {key, category_of(key), module_of(key)}
            for level in range(now + 1, TOP + 1)
        ]
        self.column = {step: index for index, step in enumerate(self.steps)}

    def condition(self, target: Target) -> tuple[dict[str, Fraction], Fraction, Target]:
        """Weight of each element in a target's score, and what is missing to reach it."""
        inside = {
            category: share
            for category, share in self._category_shares(target.element).items()
            if share
        }
        coefficients = {
            key: weight * inside[category_of(key)]
            for key, weight in self.weights.items()
            if category_of(key) in inside
        }
        return coefficients, target.score - score_of(self.scores, target.element), target

    def _category_shares(self, element: str) -> dict[str, Fraction]:
        counted = {
            key: category.weight
            for key, category in self.model.categories.items()
            if element in (OVERALL, key, module_of(key))
            and self.scores.categories[key].value is not None
        }
        total = sum(counted.values())
        return {key: Fraction(weight, total) for key, weight in counted.items()}

    def solve(
        self, rows: Sequence[tuple[dict[str, Fraction], Fraction, Target]], margin: float
    ) -> dict[str, int]:
        """Solve the program; levels of all elements after the plan."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import lil_matrix

        n = len(self.steps)
        unreachable = [
            target for coefficients, missing, target in rows if self._best(coefficients) < missing
        ]
        if unreachable:
            raise PlanningError(
                "A target is out of reach. Nothing was planned.",
                [Problem(t.element, _reach(t, self)) for t in unreachable],
            )
        if n == 0 or all(missing <= 0 for _, missing, _ in rows):
            return dict(self.now)
        order = [(a, b) for a, b in zip(self.steps, self.steps[1:], strict=False) if a[0] == b[0]]
        pairs = list(self._dependencies())
        matrix = lil_matrix((len(rows) + len(order) + len(pairs), n))
        low = np.zeros(matrix.shape[0])
        for row, (coefficients, missing, _) in enumerate(rows):
            for key, level in self.steps:
                matrix[row, self.column[key, level]] = float(coefficients.get(key, 0))
            low[row] = float(missing) + margin
        for row, (lower, higher) in enumerate(order, len(rows)):
            matrix[row, self.column[lower]], matrix[row, self.column[higher]] = 1, -1
        for row, (dependent, base) in enumerate(pairs, len(rows) + len(order)):
            matrix[row, self.column[dependent]] = -1
            if base is not None:
                matrix[row, self.column[base]] = 1
        costs = [self.effort.of(key, level - 1, level) for key, level in self.steps]
        result = milp(
            c=np.array(costs),
            constraints=LinearConstraint(matrix.tocsr(), lb=low),
            integrality=np.ones(n),
            bounds=Bounds(0, 1),
        )
        if result.x is None:
            raise PlanningError(
                "The targets cannot be reached together with these locks and dependencies."
            )
        levels = dict(self.now)
        for (key, level), chosen in zip(self.steps, result.x, strict=True):
            if chosen > 0.5:
                levels[key] = max(levels[key], level)
        return levels

    def _best(self, coefficients: Mapping[str, Fraction]) -> Fraction:
        raisable = {key for key, _ in self.steps}
        return sum(
            (c * (TOP - self.now[key]) for key, c in coefficients.items() if key in raisable),
            Fraction(0),
        )

    def _dependencies(self) -> Any:
        """Pairs (step, step that it needs); None where what is needed cannot be had."""
        for key, level in self.steps:
            for base in self.needs.get(key, ()):
                if self.now.get(base, 0) < level:
                    step = (base, level)
                    yield (key, level), step if step in self.column else None

    def plan(self, levels: Mapping[str, int], planned: Assessment, projected: Scores) -> Plan:
        raises = tuple(
            Raise(key, now, levels[key], self.effort.of(key, now, levels[key]))
            for key, now in self.now.items()
            if levels[key] > now
        )
        return Plan(raises, math.fsum(r.effort for r in raises), planned, projected)


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


def _reach(target: Target, problem: _Problem) -> str:
    coefficients, missing, _ = problem.condition(target)
    best = target.score - missing + problem._best(coefficients)  # same file
    return f"{float(target.score):g} was asked for; with all raises it would be {float(best):.2f}"


def impacts(assessment: Assessment, model: Model | None = None) -> list[Impact]:
    """
    Rank rated elements by how far one level more moves the overall score.

    Returns
    -------
    list of Impact
        Largest first; elements at level 5 are left out.
    """
    model = model or model_of(assessment.model)
    problem = _Problem(assessment, model, Effort(), frozenset(), {})
    shares = problem._category_shares(OVERALL)  # same file
    found = [
        Impact(key, problem.now[key], weight * shares[category_of(key)])
        for key, weight in problem.weights.items()
        if problem.now[key] < TOP
    ]
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
