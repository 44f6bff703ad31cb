"""The canonical document: lossless, strict at the border, tolerant of what it does not know."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import (
    Answer,
    Assessment,
    Assurance,
    Period,
    State,
    check,
    not_applicable,
    rated,
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
    assert Assessment.loads(assessment.dumps()) == assessment
    assert Assessment.loads(assessment.dumps()).dumps() == assessment.dumps()


def test_the_four_states_are_written_apart(assessment):
    """
    Rated has a level, the others have none, and no entry means unanswered.
    """
    answers = assessment.to_json()["answers"]
    assert answers["G.compliance"]["level"] == 3
    assert answers["M.key-management"]["state"] == "not_applicable"
    assert "level" not in answers["M.key-management"]
    assert answers["O.resilience"] == {"state": "unanswered", "notes": "ask the operator"}
    assert assessment.answer("R.awareness").state is State.UNANSWERED


def test_unknown_fields_survive_a_round_trip(assessment):
    """
    A newer version may know more; nothing of it is lost here.
    """
    document = assessment.to_json()
    document["later"] = {"a": [1, 2.5, "x"]}
    document["answers"]["G.compliance"]["claimed"] = 4
    document["use_case"] = {"name": "TLS", "owner": "ops"}
    read = Assessment.loads(json.dumps(document).encode())
    assert read.to_json() == document
    assert Assessment.loads(read.dumps()).to_json() == document


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"answers": {"G.compliance": {"state": "rated", "level": 6}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"state": "rated", "level": 2.5}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"state": "rated", "level": 1e308}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"state": "rated", "level": "3"}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"state": "rated", "level": True}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"state": "rated"}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"state": "unanswered", "level": 3}}}, "G.compliance.level"),
        ({"answers": {"G.compliance": {"level": 3}}}, "G.compliance.state"),
        ({"answers": {"G.compliance": {"state": "done"}}}, "G.compliance.state"),
        ({"answers": {"G.compliance": {"state": []}}}, "G.compliance.state"),
        ({"answers": {"X.compliance": {"state": "unanswered"}}}, "X.compliance"),
        ({"answers": {f"G.a{n}": {"state": "unanswered"} for n in range(5001)}}, "answers"),
        ({"extensions": [{"id": "pqc", "version": "1", "answers": {"G": 1}}]}, "0.answers.G"),
        ({"id": "two words"}, "id"),
        ({"id": None}, "id"),
        ({"synthetic": 1}, "synthetic"),
        ({"period": {"finish": "yesterday"}}, "period.finish"),
        ({"mode": "half"}, "mode"),
        ({"source": {"tool": {"modules": "x"}}}, "source.tool.modules"),
        ({"model": {"version": "2.0.0"}}, "model.digest"),
        ({"format": "pkimm-assessment/9"}, "format"),
    ],
)
def test_a_broken_document_is_refused_with_its_place(assessment, change, where):
    """
    Each problem names its field; nothing of the document is taken over.
    """
    document = assessment.to_json() | change
    with pytest.raises(SourceFormatError) as caught:
        Assessment.loads(json.dumps(document).encode(), "x.json")
    assert any(problem.where.endswith(where) for problem in caught.value.problems)


KEYS = st.sampled_from(["G", "G.compliance", "M.key-management.key-inventory", "X.unknown", ""])
VALUES = st.sampled_from(
    ["rated", "unanswered", "not_applicable", "3", 0, 1, 5, 6, 3.0, 2.5, True, None, [], {}]
)
FIELDS = st.sampled_from(["state", "level", "partial", "notes", "other"])
ANSWERS = st.dictionaries(KEYS, st.dictionaries(FIELDS, VALUES, max_size=3) | VALUES, max_size=4)
SCHEMA = jsonschema.Draft202012Validator(Assessment.json_schema())


@given(ANSWERS, ANSWERS)
def test_the_published_schema_says_the_same_as_the_reader(answers, others):
    """
    A validator of JSON Schema takes what is read and refuses what is not.
    """
    document = {
        "format": "pkimm-assessment/1",
        "id": "one",
        "model": {"version": "2.0.0", "digest": "sha256:" + "0" * 64, "requirements": 76},
        "mode": "full",
        "answers": answers,
        "extensions": [{"id": "pqc", "version": "0.2.0", "answers": others}],
    }
    assert SCHEMA.is_valid(document) == (Assessment.examine(document)[0] is not None)


def test_all_problems_are_listed_at_once(assessment):
    """
    Two wrong answers, two problems.
    """
    document = assessment.to_json()
    document["answers"]["G.compliance"]["level"] = 9
    document["answers"]["O.resilience"]["state"] = "?"
    with pytest.raises(SourceFormatError) as caught:
        Assessment.loads(json.dumps(document).encode())
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
        b'{"a": ' + b"1" * 5000 + b"}",
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
        Assessment.loads(content, "x.json")


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
    assert assessment.replace(updated="2026-03-04T10:00:00Z").date == "2026-03-04"
    assert assessment.replace(updated="=1+1").date is None
    period = Period(start="2026-01-02", finish="2026-02-31")
    assert assessment.replace(updated="soon", period=period).date == "2026-01-02"
