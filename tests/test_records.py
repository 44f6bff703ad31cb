"""
A record and its document: what comes in, what is refused, what goes out, and the schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, model_validator

from pkimm_analytics.errors import AssessmentError, Problem
from pkimm_analytics.records import AtMost, ClosedRecord, ElementKey, Flag, Level, Number, Record
from pkimm_analytics.records import Whole as Integer


class Part(Record):
    """A part of a document."""

    name: str
    level: Level | None = None
    sure: Flag = False
    share: Number | None = None


class Sealed(ClosedRecord):
    """A part with nothing unknown."""

    number: Integer = 0


class Whole(Record):
    """
    A document.

    Parameters
    ----------
    id : str
        Its name.
    """

    FORMAT = "whole/2"
    STATED = frozenset({"id"})
    ERROR = AssessmentError

    id: str = "none"
    answers: Annotated[Mapping[ElementKey, Part], AtMost(3)] = Field(default_factory=dict)
    parts: Annotated[tuple[Part, ...], AtMost(2)] = ()
    sealed: Sealed = Sealed()

    @model_validator(mode="after")
    def _rules(self) -> Whole:
        if self.id == "forbidden":
            raise AssessmentError("", [Problem("id", "is forbidden"), Problem("parts.0", "too")])
        return self


def places(document):
    """Return the places that are refused, of a document or of its text."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(AssessmentError) as caught:
        Whole.loads(content, "it")
    return [problem.where for problem in caught.value.problems]


def test_unknown_fields_and_the_order_of_fields_survive():
    """
    Known fields are written in the order of the class, unknown ones after them, at any depth.
    """
    document = {
        "mine": [1, {"a": None}],
        "parts": [{"extra": 1, "level": 2.0, "name": "x"}],
        "format": "whole/2",
        "id": "a",
    }
    whole = Whole.read(document, "it")
    assert whole.extra == {"mine": [1, {"a": None}]}
    expected = (
        '{"format": "whole/2", "id": "a", "parts": [{"name": "x", "level": 2, "extra": 1}],'
        ' "mine": [1, {"a": null}]}'
    )
    assert json.dumps(whole.to_json()) == expected
    assert Whole.loads(whole.dumps(), "it").dumps() == whole.dumps()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], ["it"]),
        ({}, ["format", "id"]),
        ({"format": "whole/2", "id": 1, "parts": {}, "answers": []}, ["id", "answers", "parts"]),
        (
            {"format": "whole/2", "id": "a", "parts": [{"level": 6}, {"name": "x", "sure": 1}]},
            ["parts.0.name", "parts.0.level", "parts.1.sure"],
        ),
        ({"format": "whole/2", "id": "a", "answers": {"X": {"name": "x"}}}, ["answers.X"]),
        ({"format": "whole/2", "id": "a", "answers": {f"G.{n}": 0 for n in range(4)}}, ["answers"]),
        ({"format": "whole/2", "id": "a", "sealed": {"number": 1, "no": 2}}, ["sealed.no"]),
        ({"format": "whole/2", "id": "forbidden"}, ["id", "parts.0"]),
        ({"format": "whole/3", "id": "a"}, ["format"]),
    ],
)
def test_every_problem_is_named_with_its_place(document, expected):
    """
    Whatever is wrong is listed at once, in the words of this package.
    """
    assert places(document) == expected


@pytest.mark.parametrize("level", ["true", "1e308", "-1e308", "0", "2.5", '"3"', "1" * 400, "[]"])
def test_what_is_no_level_is_refused(level):
    """
    Numbers of any size and values of any type end in a problem, never in another error.
    """
    text = json.dumps({"format": "whole/2", "id": "a", "parts": [{"name": "x", "level": "?"}]})
    assert places(text.replace('"?"', level).encode()) == ["parts.0.level"]


def test_a_newer_version_is_told_apart_from_a_foreign_document():
    """
    Only a document of the same name can be newer.
    """
    newer = Whole.examine({"format": "whole/3", "id": "a"})[1][0][1]
    foreign = Whole.examine({"format": "other/3", "id": "a"})[1][0][1]
    assert "update" in newer
    assert "update" not in foreign


def test_a_record_is_checked_when_it_is_made_or_changed():
    """
    A value made in code keeps the same rules as one that was read.
    """
    whole = Whole(id="a", extra={"mine": 1})
    assert whole.replace(id="b").extra == {"mine": 1}
    assert whole.replace(extra={}).extra == {}
    with pytest.raises(AssessmentError):
        whole.replace(parts=(1, 2, 3))


PIECES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["x", "", 1, None]),
        "level": st.sampled_from([1, 5, 6, 0, True, None, "3", 2.5]),
        "sure": st.sampled_from([True, False, 0, "yes"]),
        "share": st.sampled_from([0, 0.5, "1", True]),
        "other": st.none(),
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"format": st.just("whole/2")},
    optional={
        "id": st.sampled_from(["a", 1]),
        "answers": st.dictionaries(st.sampled_from(["G", "M.x", "X"]), PIECES, max_size=4),
        "parts": st.lists(PIECES, max_size=3),
        "sealed": st.sampled_from([{}, {"number": 1}, {"number": "1"}, {"no": 1}, []]),
    },
)


VALIDATOR = jsonschema.Draft202012Validator(Whole.json_schema())


@given(DOCUMENTS)
def test_the_published_schema_says_the_same_as_the_reader(document):
    """
    A validator of JSON Schema accepts exactly what is read.
    """
    sound = VALIDATOR.is_valid(document)
    assert (Whole.examine(document)[0] is not None) == sound


def test_the_schema_carries_the_words_of_the_class():
    """
    Title, version and summary come from the class; its parameters are for programmers.
    """
    schema = Whole.json_schema()
    assert (schema["title"], schema["description"]) == ("whole/2", "A document.")
    assert schema["required"] == ["format", "id"]
