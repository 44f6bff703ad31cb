"""
Plans as they are asked for: phases that are packed and not filled, and what a budget buys.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.model import load_model
from pkimm_analytics.planning import OVERALL, Effort, PlanningError, Target, most_for
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
