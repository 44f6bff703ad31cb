"""
What is missing from an assessment, and where.
"""

from __future__ import annotations

from pkimm_analytics.assessment import Assessment, Mode, Period, not_applicable, rated
from pkimm_analytics.missing import findings
from pkimm_analytics.model import load_model

MODEL = load_model("2.0.0")


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
