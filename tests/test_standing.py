"""
Where an assessment stands: what limits the next level, and what is missing.
"""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from pkimm_analytics.assessment import Assessment, Mode, Period, not_applicable, rated
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score
from pkimm_analytics.standing import (
    category_limits,
    evidenced,
    figure_text,
    findings,
    limits,
    standing,
)

MODEL = load_model("2.0.0")
CATEGORY = "G.strategy-and-vision"
REQUIREMENT = "G.strategy-and-vision.sponsor-support"
OTHER = "G.strategy-and-vision.responsible-leadership"


def self_assessment(**levels: int) -> Assessment:
    """
    Return a self-assessment with levels of governance categories.
    """
    answers = {f"G.{name.replace('_', '-')}": rated(level) for name, level in levels.items()}
    return Assessment(model=MODEL.edition, answers=answers)


def test_what_limits_the_next_level_is_what_raises_the_score_most() -> None:
    """
    The gains of all limiting categories, raised to the next level, reach that level.
    """
    scores = score(self_assessment(strategy_and_vision=1, compliance=2, cryptography=5), MODEL)
    found = limits(scores)
    whole = scores.overall.value
    assert whole is not None
    assert [limit.key for limit in found] == ["G.strategy-and-vision", "G.compliance"]
    assert whole + sum(limit.gain for limit in found) >= 3
    weights = {key: MODEL.categories[key].weight for key in scores.categories}
    total = sum(weights[key] for key, f in scores.categories.items() if f.value is not None)
    assert found[0].gain == pytest.approx(2 * weights["G.strategy-and-vision"] / total)


def test_a_category_that_is_at_the_next_level_already_limits_nothing() -> None:
    """
    Raising a 3 to 3 would gain nothing.
    """
    scores = score(self_assessment(strategy_and_vision=2, compliance=3, cryptography=2), MODEL)
    assert [limit.key for limit in limits(scores)] == ["G.strategy-and-vision", "G.cryptography"]


def test_a_score_below_a_level_is_never_shown_as_that_level() -> None:
    """
    2.999 is 2.99, and level 2.
    """
    assert figure_text(Fraction(2999, 1000)) == "2.99"
    assert figure_text(Fraction(3)) == "3.00"
    assert figure_text(None) == "–"


def test_nothing_limits_an_empty_assessment_and_one_at_the_top() -> None:
    """
    There is no next level to speak of.
    """
    assert limits(score(self_assessment(), MODEL)) == ()
    assert limits(score(self_assessment(compliance=5), MODEL)) == ()


def test_a_category_is_limited_by_its_rated_requirements_below_its_next_level() -> None:
    """
    Unrated requirements limit nothing: they are not part of the score.
    """
    full = Assessment(
        model=MODEL.edition, mode=Mode.FULL, answers={REQUIREMENT: rated(1), OTHER: rated(5)}
    )
    scores = score(full, MODEL)
    assert [limit.key for limit in category_limits(scores, CATEGORY)] == [REQUIREMENT]
    assert category_limits(scores, "G.compliance") == ()


def test_figures_are_those_of_the_scores() -> None:
    """
    The questionnaire shows what `pkimm score` computes, rounded down.
    """
    shown = standing(self_assessment(strategy_and_vision=4, compliance=3), MODEL)
    scores = score(self_assessment(strategy_and_vision=4, compliance=3), MODEL)
    assert shown["overall"]["score"] == scores.overall.score
    assert shown["overall"]["text"] == figure_text(scores.overall.value)
    assert shown["categories"]["G.cryptography"]["state"] == "unanswered"
    assert shown["categories"]["G.cryptography"]["text"] == "–"
    assert json.loads(json.dumps(shown)) == shown


def test_claimed_and_evidenced_level_are_both_kept_and_the_gap_is_shown() -> None:
    """
    The claim is scored; what the evidence shows stands beside it.
    """
    claimed = Assessment(
        model=MODEL.edition,
        mode=Mode.FULL,
        answers={REQUIREMENT: rated(4, evidenced_level=2)},
    )
    shown = standing(claimed, MODEL)
    assert (shown["overall"]["text"], shown["evidenced"]) == ("4.00", "2.00")
    messages = [f.message for f in findings(claimed, MODEL)]
    assert "G1.1: level 4 is claimed, level 2 is evidenced." in messages
    assert evidenced(self_assessment(compliance=3)) is None


def test_validation_names_what_is_missing_and_where() -> None:
    """
    A reason that an imported file lacks is required; an unanswered question is not.
    """
    answers = {key: rated(3) for key in MODEL.categories} | {"G.compliance": not_applicable()}
    del answers["R.sourcing"]
    found = findings(Assessment(model=MODEL.edition, answers=answers), MODEL)
    assert [f.target for f in found if f.required] == ["use_case", "G.compliance"]
    assert [f.target for f in found if "not answered" in f.message] == ["R.sourcing"]


def test_a_question_of_a_category_that_does_not_apply_is_not_missing() -> None:
    """
    Its category was taken out with a reason, so nothing is left to answer.
    """
    off = Assessment(model=MODEL.edition, mode=Mode.FULL, answers={"G": not_applicable("no")})
    assert not [f for f in findings(off, MODEL) if f.target.startswith("G.")]


def test_a_finish_before_the_start_is_found() -> None:
    """
    Dates of two years are easily mixed up.
    """
    period = Period(start="2026-05-01", finish="2025-05-02")
    found = findings(Assessment(model=MODEL.edition, period=period), MODEL)
    assert [f.target for f in found if f.required] == ["use_case", "period"]
