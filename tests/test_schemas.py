"""
The published schemas are applied to every part of a document, however often it was seen.
"""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.schemas import schema, violations

KEYS = st.sampled_from(
    ["G", "G.compliance", "M.key-management.key-inventory", "X.unknown", "g", ""]
)
VALUES = st.sampled_from(
    ["rated", "unanswered", "not_applicable", "3", 0, 1, 5, 6, 3.0, 2.5, True, None, [], {}]
)
FIELDS = st.sampled_from(["state", "level", "partial", "notes", "other"])
ANSWERS = st.dictionaries(KEYS, st.dictionaries(FIELDS, VALUES, max_size=3) | VALUES, max_size=4)


def document(answers, extension_answers):
    """Return a document that is sound apart from its answers."""
    return {
        "format": "pkimm-assessment/1",
        "id": "one",
        "model": {"version": "2.0.0", "digest": "sha256:" + "0" * 64, "requirements": 76},
        "mode": "full",
        "answers": answers,
        "extensions": [{"id": "pqc", "version": "0.2.0", "answers": extension_answers}],
    }


@given(ANSWERS, ANSWERS)
def test_every_violation_is_found_that_the_plain_validator_finds(answers, others):
    """
    Answers that were found sound before are not looked at again; nothing else is passed by.
    """
    whole = document(answers, others)
    plain = jsonschema.Draft202012Validator(schema("assessment")).iter_errors(whole)
    expected = {tuple(error.absolute_path) for error in plain}
    assert {path for path, _ in violations("assessment", whole)} == expected
    assert whole == document(answers, others)


@pytest.mark.parametrize("level", [True, 3.5, "3", 0, 6])
def test_a_level_that_looks_like_a_sound_one_is_refused(level):
    """
    True equals 1 for Python, and is no level.
    """
    sound = {"G.compliance": {"state": "rated", "level": 1}}
    assert list(violations("assessment", document(sound, {}))) == []
    bad = {"G.compliance": {"state": "rated", "level": level}}
    assert [path for path, _ in violations("assessment", document(bad, {}))] == [
        ("answers", "G.compliance", "level")
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", "two words"), ("id", 1), ("id", None), ("mode", "none"), ("synthetic", 1)],
)
def test_a_document_is_refused_that_looks_like_a_sound_one(name, value):
    """
    What surrounds the answers is remembered exactly, and an id is looked at each time.
    """
    sound = document({}, {}) | {"synthetic": True}
    for _ in range(2):
        assert list(violations("assessment", sound)) == []
        assert [path for path, _ in violations("assessment", sound | {name: value})] == [(name,)]


def test_too_many_answers_are_refused():
    """
    A limit on their number holds, although each of them is sound.
    """
    many = {f"G.a{number}": {"state": "unanswered"} for number in range(5001)}
    assert [path for path, _ in violations("assessment", document(many, {}))] == [("answers",)]
