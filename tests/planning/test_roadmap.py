"""Plans in phases: what comes first, what fits, and what each phase scores."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.model import load_model
from pkimm_analytics.planning import (
    OVERALL,
    PlanningError,
    Target,
    cheapest_plan,
    planned_assessment,
)
from pkimm_analytics.planning.roadmap import Calendar, roadmap
from pkimm_analytics.scoring import score
from pkimm_analytics.views.plan import phase_table, plan
from pkimm_analytics.views.scores import voice_of
from pkimm_analytics.views.view import Chart

MODEL = load_model("2.0.0")


def all_at(level, mode=Mode.SELF):
    """Return an assessment with one level everywhere."""
    keys = MODEL.categories if mode is Mode.SELF else MODEL.requirements
    return Assessment(
        id="a", model=MODEL.edition, mode=mode, answers=dict.fromkeys(keys, rated(level))
    )


def road_to(assessment, score_, **settings):
    """Plan the cheapest way and put it into phases."""
    targets = [Target(OVERALL, Fraction(score_))]
    plan = cheapest_plan(assessment, targets, needs=settings.get("needs"))
    return roadmap(assessment, plan, **settings)


def test_each_phase_scores_what_its_answers_score():
    """
    Projected is re-scored, phase by phase, and the last one is the plan.
    """
    random = np.random.default_rng(3)
    answers = {key: rated(int(random.integers(1, 4))) for key in MODEL.requirements}
    now = Assessment(id="a", model=MODEL.edition, mode=Mode.FULL, answers=answers)
    road = road_to(now, 3, when=Calendar(phases=4))
    assert len(road.phases) == 4
    for phase in road.phases:
        again = score(planned_assessment(now, phase.levels), MODEL)
        assert phase.projected.overall.value == again.overall.value
    assert road.phases[-1].projected.overall.value == road.plan.projected.overall.value
    assert sum(p.effort for p in road.phases) == pytest.approx(road.plan.effort)


def test_no_phase_holds_more_than_its_capacity():
    """
    Raises of two levels are cut into steps, so that small phases can hold them.
    """
    road = road_to(all_at(1), 3, when=Calendar(capacity=4))
    assert all(phase.effort <= 4 for phase in road.phases)
    assert road.phases[-1].projected.overall.value >= 3


@pytest.mark.parametrize(
    ("level", "aim", "when", "message"),
    [
        (4, 5, Calendar(capacity=4), "level 5 alone takes 5"),
        (1, 3, Calendar(capacity=3, phases=2), "does not fit into 2 phases"),
    ],
)
def test_what_does_not_fit_is_refused_and_no_phase_overfilled(level, aim, when, message):
    """
    A step that is too large for any phase, and a way that is too long for two.
    """
    with pytest.raises(PlanningError, match=message):
        road_to(all_at(level), aim, when=when)


def test_nothing_comes_before_what_it_needs():
    """
    A heavy category waits for a light one that it depends on.
    """
    needs = {"G.cryptography": ["R.awareness"]}
    road = road_to(all_at(1), 4, when=Calendar(capacity=5), needs=needs)
    reached = {(r.key, r.after): p.number for p in road.phases for r in p.raises}
    for level in (2, 3):
        dependent = [
            n for (key, after), n in reached.items() if key == "G.cryptography" and after >= level
        ]
        base = [n for (key, after), n in reached.items() if key == "R.awareness" and after >= level]
        if dependent:
            assert min(base) <= min(dependent)


def test_a_circle_of_dependencies_is_named():
    """
    Each of two categories waits for the other.
    """
    needs = {"G.cryptography": ["R.awareness"], "R.awareness": ["G.cryptography"]}
    with pytest.raises(PlanningError, match=r"G\.cryptography"):
        road_to(all_at(1), 5, needs=needs)


def test_phases_have_days_without_gaps():
    """
    Three months from the 31st begin on the last day of shorter months.
    """
    road = road_to(all_at(1), 3, when=Calendar("2026-08-31", 3, 4))
    starts = [p.start for p in road.phases]
    assert starts == ["2026-08-31", "2026-11-30", "2027-02-28", "2027-05-31"]
    for one, other in zip(road.phases, road.phases[1:], strict=False):
        assert date.fromisoformat(one.finish) + timedelta(days=1) == date.fromisoformat(other.start)


def test_what_is_due_first_comes_first_and_what_is_late_is_said():
    """
    Governance by the first phase; a date before any phase ends cannot be met.
    """
    now = all_at(2)
    targets = [Target(OVERALL, Fraction(3)), Target("R", Fraction(3), "2026-03-31")]
    plan = cheapest_plan(now, targets)
    road = roadmap(now, plan, when=Calendar("2026-01-01", 3, 2), targets=targets)
    assert not road.late
    first = {r.key for r in road.phases[0].raises}
    assert all(key in first for key in MODEL.categories if key.startswith("R."))
    early = [replace(targets[1], date="2026-02-01")]
    (problem,) = roadmap(now, plan, when=Calendar("2026-01-01", 3, 2), targets=early).late
    assert problem.where == "R"
    assert "2.00" in problem.message


@pytest.mark.parametrize(
    ("when", "place"),
    [
        (Calendar(start="tomorrow"), "start"),
        (Calendar(months=0), "months"),
        (Calendar(phases=0), "phases"),
        (Calendar(capacity=float("nan")), "capacity"),
    ],
)
def test_settings_that_cannot_be_used_are_named(when, place):
    """
    A place for each.
    """
    with pytest.raises(PlanningError) as caught:
        road_to(all_at(1), 2, when=when)
    assert [problem.where for problem in caught.value.problems] == [place]


def test_a_reached_target_has_no_phase():
    """
    Nothing to raise, nothing to plan.
    """
    assert road_to(all_at(4), 3, when=Calendar(phases=3)).phases == ()


def test_the_gains_of_phases_add_up_as_they_are_shown():
    """
    From the score of today to that of the plan, in the chart and in the table.
    """
    road = road_to(all_at(2), 3, when=Calendar(phases=3))
    voice = voice_of(road.today)
    (chart,) = [block for block in plan(road, voice) if isinstance(block, Chart)]
    first, *gains, last = (Fraction(mark.shown) for mark in chart.marks)
    assert first + sum(gains) == last
    assert phase_table(road, voice).rows[-1][-1] == chart.marks[-1].shown
