"""Action plans: from a roadmap, into an assessment, and what later assessments say of them."""

from fractions import Fraction

import pytest

from pkimm_analytics.assessment import (
    PLAN_PARTS,
    ActionPlan,
    Assessment,
    Period,
    not_applicable,
    rated,
)
from pkimm_analytics.model import load_model
from pkimm_analytics.planning import OVERALL, Target, cheapest_plan
from pkimm_analytics.planning.action_plans import (
    PlanState,
    action_plan_table,
    action_plans,
    tracked,
    with_action_plans,
)
from pkimm_analytics.planning.roadmap import Calendar, roadmap

MODEL = load_model("2.0.0")
KEY = "R.awareness"


def on(day, level, *plans, key=KEY, version="2.0.0", **answers):
    """Return an assessment of a day with everything at 2, one category at a level, and plans."""
    model = load_model(version)
    levels = dict.fromkeys(model.categories, rated(2)) | ({key: rated(level)} if level else {})
    if level == 0:
        del levels[key]
    return Assessment(
        id=day,
        model=model.edition,
        period=Period(finish=day),
        answers=levels | answers,
        action_plans=plans,
    )


def plan(target=4, day="2026-06-30", **parts):
    """Return an action plan for one category."""
    return ActionPlan(element=KEY, target_level=target, target_date=day, **parts)


def test_a_roadmap_becomes_an_action_plan_for_each_raise():
    """
    With its phases, efforts, outputs and tasks, and it survives the canonical document.
    """
    now = on("2026-01-01", 2)
    targets = [Target(OVERALL, Fraction(3))]
    road = roadmap(now, cheapest_plan(now, targets), when=Calendar("2026-01-01", 3, 2))
    made = action_plans(road)
    assert [p.element for p in made] == [r.key for r in road.plan.raises]
    first = made[0]
    assert first.target_level == road.plan.raises[0].after
    assert first.target_date in {"2026-03-31", "2026-06-30"}
    assert first.schedule[0].startswith("Phase ")
    assert first.tasks[0].startswith("Reach level 3 Advanced: ")
    adopted = with_action_plans(now, made)
    assert Assessment.loads(adopted.dumps()).action_plans == made


def test_what_an_assessor_wrote_is_kept():
    """
    The comment stays; the target is the new one.
    """
    now = on("2026-01-01", 2, plan(3, comments=("Ask the vendor",), responsibility=("A",)))
    road = roadmap(now, cheapest_plan(now, [Target(KEY, Fraction(4))]))
    (made,) = action_plans(road)
    assert made.comments == ("Ask the vendor",)
    assert made.responsibility == ("A",)
    assert made.target_level == 4
    assert with_action_plans(now, [made]).action_plans == (made,)


@pytest.mark.parametrize(
    ("later", "state", "why"),
    [
        (on("2026-12-01", 3), PlanState.OPEN, "level 3 of 4"),
        (on("2026-12-01", 4), PlanState.REACHED, "level 4 of 4"),
        (on("2026-12-01", 5), PlanState.REACHED, "level 5 of 4"),
        (on("2026-12-01", 2, **{KEY: not_applicable("x")}), PlanState.OVERTAKEN, "does not apply"),
        (on("2026-12-01", 2, R=not_applicable("x")), PlanState.OVERTAKEN, "does not apply"),
        (on("2026-12-01", 3, plan(5)), PlanState.OVERTAKEN, "newer plan has target level 5"),
    ],
)
def test_a_later_assessment_decides_the_state(later, state, why):
    """
    Open, reached or overtaken, with the reason.
    """
    first = tracked([on("2026-01-01", 2, plan()), later])[0]
    assert first.state is state
    assert why in first.why
    assert first.is_late is (state is PlanState.OPEN)


def test_a_plan_whose_element_is_gone_is_overtaken():
    """
    Edition 1.0.0 has no cryptography.
    """
    made = ActionPlan(element="G.cryptography", target_level=4)
    (one,) = tracked([on("2025-01-01", 2, made), on("2026-01-01", 2, version="1.0.0")])
    assert one.state is PlanState.OVERTAKEN
    assert "does not have it" in one.why


def test_a_plan_that_was_reached_and_lost_is_open_again():
    """
    The latest level counts, and the reason says that it was higher.
    """
    (one,) = tracked([on("2026-01-01", 2, plan()), on("2026-05-01", 4), on("2026-06-01", 3)])
    assert one.state is PlanState.OPEN
    assert "fallen back" in one.why
    assert not one.is_late


def test_a_plan_that_is_carried_on_is_one_plan():
    """
    The same target in two assessments: since the first, with the newer words.
    """
    (one,) = tracked([on("2026-01-01", 2, plan()), on("2026-05-01", 3, plan(comments=("new",)))])
    assert one.since.date == "2026-01-01"
    assert one.plan.comments == ("new",)


def test_what_is_not_rated_any_more_keeps_its_last_level():
    """
    Unanswered is no fall.
    """
    (one,) = tracked([on("2026-01-01", 3, plan()), on("2026-02-01", 0)])
    assert one.level == 3
    assert one.state is PlanState.OPEN


def test_no_history_has_no_plans():
    """
    Nothing in, nothing out, with the same columns.
    """
    assert tracked([]) == []
    table = action_plan_table([])
    assert table.empty
    assert set(PLAN_PARTS) <= set(table.columns)


def test_the_table_holds_every_part():
    """
    Items on lines of their own.
    """
    history = [on("2026-01-01", 2, plan(tasks=("one", "two"))).replace()]
    (row,) = action_plan_table(tracked(history)).to_dict("records")
    assert row["tasks"] == "one\ntwo"
    assert (row["state"], row["level"], row["target_level"]) == ("open", 2, 4)
