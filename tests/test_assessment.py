"""The canonical document: lossless, strict at the border, tolerant of what it does not know."""

import json
from dataclasses import replace

import pytest

from pkimm_analytics.assessment import (
    Answer,
    Assessment,
    Assurance,
    Period,
    State,
    check,
    dumps,
    loads,
    not_applicable,
    rated,
    to_json,
)
from pkimm_analytics.errors import AssessmentError, PkimmError, SourceFormatError
from pkimm_analytics.model import load_model


@pytest.fixture
def assessment():
    """Three answers in three states."""
    return Assessment(
        id="a-1",
        model=load_model("2.0.0").edition,
        assurance=Assurance.FORMAL,
        answers={
            "G.compliance": rated(3, notes="see <b>DMS</b>", partial=True, reason="EU only"),
            "M.key-management": not_applicable("no keys of our own", set_aside_level=4),
            "O.resilience": Answer(notes="ask the operator"),
        },
    )


def test_the_document_survives_a_round_trip(assessment):
    """
    What is written is what was there, and writing it again gives the same bytes.
    """
    assert loads(dumps(assessment)) == assessment
    assert dumps(loads(dumps(assessment))) == dumps(assessment)


def test_the_four_states_are_written_apart(assessment):
    """
    Rated has a level, the others have none, and no entry means unanswered.
    """
    answers = to_json(assessment)["answers"]
    assert answers["G.compliance"]["level"] == 3
    assert answers["M.key-management"]["state"] == "not_applicable"
    assert "level" not in answers["M.key-management"]
    assert answers["O.resilience"] == {"state": "unanswered", "notes": "ask the operator"}
    assert assessment.answer("R.awareness").state is State.UNANSWERED


def test_unknown_fields_survive_a_round_trip(assessment):
    """
    A newer version may know more; nothing of it is lost here.
    """
    document = to_json(assessment)
    document["later"] = {"a": [1, 2.5, "x"]}
    document["answers"]["G.compliance"]["claimed"] = 4
    document["use_case"] = {"name": "TLS", "owner": "ops"}
    read = loads(json.dumps(document).encode())
    assert to_json(read) == document
    assert to_json(loads(dumps(read))) == document


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"answers": {"G.compliance": {"state": "rated", "level": 6}}}, "G.compliance", "1 to 5"),
        ({"answers": {"G.compliance": {"state": "rated", "level": 0}}}, "G.compliance", "1 to 5"),
        ({"answers": {"G.compliance": {"state": "rated", "level": 2.5}}}, "G.compliance", "whole"),
        ({"answers": {"G.compliance": {"state": "rated", "level": "3"}}}, "level", "whole number"),
        ({"answers": {"G.compliance": {"state": "rated"}}}, "G.compliance", "'level' is missing"),
        ({"answers": {"G.compliance": {"state": "done"}}}, "state", "expected one of"),
        ({"period": {"finish": "yesterday"}}, "period.finish", "form"),
        ({"mode": "half"}, "mode", "expected one of"),
        ({"source": {"tool": {"modules": "x"}}}, "source.tool.modules", "mapping"),
        ({"format": "pkimm-assessment/9"}, "format", "pkimm-assessment/1"),
    ],
)
def test_a_broken_document_is_refused_with_its_place(assessment, change, where, said):
    """
    The message names the field and what would be right.
    """
    document = to_json(assessment) | change
    with pytest.raises(SourceFormatError) as caught:
        loads(json.dumps(document).encode(), "x.json")
    assert any(where in p.where and said in p.message for p in caught.value.problems)


def test_all_problems_are_listed_at_once(assessment):
    """
    Two wrong answers, two problems.
    """
    document = to_json(assessment)
    document["answers"]["G.compliance"]["level"] = 9
    document["answers"]["O.resilience"]["state"] = "?"
    with pytest.raises(SourceFormatError) as caught:
        loads(json.dumps(document).encode())
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"later": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"format": "\\ud800"}',
    ],
)
def test_what_is_not_such_json_is_one_clear_error(content):
    """
    Empty, cut off, repeated keys, half characters, endless nesting.
    """
    with pytest.raises(PkimmError):
        loads(content, "x.json")


def test_a_rated_answer_without_a_level_cannot_be_built():
    """
    The states cannot be confused inside the program either.
    """
    with pytest.raises(AssessmentError):
        Answer(state=State.RATED)
    with pytest.raises(AssessmentError):
        Answer(state=State.UNANSWERED, level=3)
    with pytest.raises(AssessmentError):
        rated(True)


def test_unknown_elements_are_found_with_the_nearest_name(assessment):
    """
    A misspelled key is pointed out, not dropped.
    """
    wrong = Assessment(model=assessment.model, answers={"G.complience": rated(2)})
    (problem,) = check(wrong, load_model("2.0.0"))
    assert "did you mean G.compliance?" in problem.message


def test_the_day_of_an_assessment_is_a_day_of_the_calendar(assessment):
    """
    Finished, else last changed, else started; what is no date is passed over.
    """
    assert replace(assessment, updated="2026-03-04T10:00:00Z").date == "2026-03-04"
    assert replace(assessment, updated="=1+1").date is None
    period = Period(start="2026-01-02", finish="2026-02-31")
    assert replace(assessment, updated="soon", period=period).date == "2026-01-02"
