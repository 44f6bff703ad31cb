"""
Plans as they are asked for: phases that are packed and not filled, and what a budget buys.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.model import load_model
from pkimm_analytics.planning import OVERALL, Effort, PlanningError, Target, most_for, program
from pkimm_analytics.planning.inputs import read_effort
from pkimm_analytics.planning.roadmap import Calendar, Wish, plan_for
from pkimm_analytics.scoring import score

MODEL = load_model("2.0.0")
WEIGHTS = {key: category.weight for key, category in MODEL.categories.items()}
TOTAL = sum(WEIGHTS.values())


def some_open(random, most=4):
    """Return levels of few categories below 5; all others are at 5."""
    chosen = random.choice(list(WEIGHTS), int(random.integers(2, most + 1)), replace=False)
    return {str(key): int(random.integers(3, 5)) for key in chosen}


def self_assessment(levels):
    """Return a self-assessment with these levels and 5 elsewhere."""
    answers = {key: rated(levels.get(key, 5)) for key in WEIGHTS}
    return Assessment(id="a", model=MODEL.edition, mode=Mode.SELF, answers=answers)


def ways(levels, effort):
    """Every combination of levels, with its overall score and the costs of its steps."""
    for reached in itertools.product(*(range(now, 6) for now in levels.values())):
        ends = dict(zip(levels, reached, strict=True))
        missing = sum(WEIGHTS[key] * (5 - end) for key, end in ends.items())
        steps = [
            [effort.of(key, level, level + 1) for level in range(levels[key], end)]
            for key, end in ends.items()
        ]
        yield Fraction(5 * TOTAL - missing, TOTAL), steps


def fits(steps, phases, capacity):
    """Whether steps can be packed, those of one element in their order."""
    used = [0.0] * phases

    def place(left, earliest):
        if not left:
            return True
        (row, cost), *rest = left
        for phase in range(earliest.get(row, 0), phases):
            if used[phase] + cost <= capacity:
                used[phase] += cost
                if place(rest, earliest | {row: phase}):
                    return True
                used[phase] -= cost
        return False

    return place([(row, cost) for row, costs in enumerate(steps) for cost in costs], {})


def test_a_plan_with_phases_is_as_cheap_as_trying_everything():
    """
    On 300 small instances, or refused where nothing fits.
    """
    random = np.random.default_rng(17)
    outcomes = set()
    for _ in range(300):
        levels = some_open(random, 5)
        effort = Effort(factors={key: float(random.integers(1, 4)) for key in levels})
        phases, capacity = int(random.integers(1, 4)), float(random.integers(5, 25))
        lowest = min(reached for reached, _ in ways(levels, effort))
        aim = lowest + (5 - lowest) * Fraction(int(random.integers(30, 101)), 100)
        possible = sorted(
            (sum(map(sum, steps)), steps)
            for reached, steps in ways(levels, effort)
            if reached >= aim
        )
        best = next((cost for cost, steps in possible if fits(steps, phases, capacity)), None)
        wish = Wish([Target(OVERALL, aim)], None, Calendar(None, 3, phases, capacity), effort)
        outcomes.add((best is None, bool(possible) and best == possible[0][0]))
        if best is None:
            with pytest.raises(PlanningError):
                plan_for(self_assessment(levels), wish)
            continue
        road = plan_for(self_assessment(levels), wish)
        assert road.plan.effort == pytest.approx(best)
        assert len(road.phases) <= phases
        assert all(phase.effort <= capacity for phase in road.phases)
        assert sum(phase.effort for phase in road.phases) == pytest.approx(road.plan.effort)
        assert score(road.plan.planned).overall.value >= aim
    assert outcomes == {(False, True), (False, False), (True, False)}  # each was tried


def reference(levels, shares, aim, phases, capacity):
    """
    Least effort of another program: who is at a level or above at the end of each phase.

    It shares no code with the planner; `shares` are the weights of elements in the whole.
    """
    steps = [(key, level) for key, now in levels.items() for level in range(now + 1, 6)]
    costs = np.array([(1.0, 2.0, 3.0, 5.0)[level - 2] for _, level in steps])
    n = len(steps)
    at = np.eye(n * phases).reshape(phases, n, n * phases)  # rows that pick out one variable
    rows = [at[p + 1] - at[p] for p in range(phases - 1)]  # nothing is lost again
    pairs = [i for i in range(1, n) if steps[i][0] == steps[i - 1][0]]
    rows += [at[p][[i - 1 for i in pairs]] - at[p][pairs] for p in range(phases)]
    gains = np.array([float(shares[key]) for key, _ in steps])
    now = sum(float(shares[key]) * level for key, level in levels.items())
    spent = [costs @ at[0], *(costs @ (at[p] - at[p - 1]) for p in range(1, phases))]
    result = milp(
        costs @ at[-1],
        constraints=[
            LinearConstraint(np.vstack(rows), lb=0),
            LinearConstraint(gains @ at[-1], lb=float(aim) - now - 1e-9),
            LinearConstraint(np.vstack(spent), ub=capacity),
        ],
        integrality=1,
        bounds=Bounds(0, 1),
    )
    return None if result.x is None else result.fun


@pytest.mark.parametrize("phases", [1, 3])
def test_a_plan_of_the_whole_model_is_as_cheap_as_that_of_another_program(phases):
    """
    All requirements of five full assessments; capacities that just hold the plan.
    """
    random = np.random.default_rng([29, phases])
    weights = {
        r.key: Fraction(c.weight * r.weight, TOTAL * sum(x.weight for x in c.requirements))
        for c in MODEL.categories.values()
        for r in c.requirements
    }
    for _ in range(5):
        levels = {key: int(random.integers(1, 5)) for key in weights}
        answers = {key: rated(level) for key, level in levels.items()}
        one = Assessment(id="a", model=MODEL.edition, mode=Mode.FULL, answers=answers)
        aim = Fraction(int(random.integers(36, 46)), 10)
        free = reference(levels, weights, aim, 1, np.inf)
        capacity = float(np.ceil(free / phases))
        wish = Wish([Target(OVERALL, aim)], None, Calendar(None, 3, phases, capacity))
        road = plan_for(one, wish)
        assert road.plan.effort == reference(levels, weights, aim, phases, capacity)
        assert road.plan.projected.overall.value >= aim
        assert sum(phase.effort for phase in road.phases) == road.plan.effort


def test_running_out_of_time_is_not_called_impossible(monkeypatch):
    """
    It is refused as what it is.
    """
    monkeypatch.setattr(program, "SECONDS", 0)
    levels = dict.fromkeys(WEIGHTS, 1)
    wish = Wish([Target(OVERALL, Fraction(4))], None, Calendar(None, 3, 8, 20.0), Effort())
    with pytest.raises(PlanningError, match="No plan was found in 0 seconds"):
        plan_for(self_assessment(levels), wish)


def test_phases_that_hold_a_plan_are_found():
    """
    Two times 2 + 3 fit into two phases of 5, in whatever order the steps come.
    """
    levels = {"G.compliance": 2, "R.awareness": 2, "O.automation": 3, "O.resilience": 3}
    calendar, effort = Calendar(phases=2, capacity=5), Effort(by_level=(1, 1, 1, 1))
    wish = Wish([Target(OVERALL, Fraction(5))], None, calendar, effort)
    road = plan_for(self_assessment(levels), wish)
    assert [phase.effort for phase in road.phases] == [5, 5]


def test_a_budget_buys_as_much_as_trying_everything():
    """
    The highest score for an effort, and the least effort for that score.
    """
    random = np.random.default_rng(23)
    for _ in range(100):
        levels = some_open(random)
        effort = Effort(factors={key: float(random.integers(1, 6)) for key in levels})
        budget = float(random.integers(0, 60))
        best = max(
            (reached, -sum(map(sum, steps)))
            for reached, steps in ways(levels, effort)
            if sum(map(sum, steps)) <= budget
        )
        plan = most_for(self_assessment(levels), budget, effort=effort)
        assert (plan.projected.overall.value, -plan.effort) == pytest.approx(best)


def test_a_wish_is_for_targets_or_for_a_budget():
    """
    One of them, and not both.
    """
    now = self_assessment({"G.compliance": 2})
    for wish in (Wish(), Wish([Target(OVERALL, Fraction(5))], 20)):
        with pytest.raises(PlanningError, match="targets or a budget"):
            plan_for(now, wish)


@pytest.mark.parametrize("text", ["1,2,3", "a", "G=1,2,3,5", "G=x", "G=-1", "1,2,3,inf"])
def test_an_effort_that_cannot_be_read_is_named(text):
    """
    With what would be right.
    """
    assert read_effort(["2,2,2,2", "G=3"]).of("G.compliance", 1, 2) == 6
    with pytest.raises(PlanningError, match="expected four numbers"):
        read_effort([text])
