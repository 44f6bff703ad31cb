"""
Comments and their document: what is valid, and what makes two comments the same.
"""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.errors import FeedbackError, SourceFormatError
from pkimm_analytics.feedback import (
    FIELDS,
    KINDS,
    MAX_TEXT,
    ROLES,
    WEIGHTS,
    Comment,
    comment_of,
    dumps,
    read_comments,
)
from pkimm_analytics.feedback.document import Comments
from pkimm_analytics.tables import COMMENTS


def a_comment(**changes):
    """One valid comment, changed here and there."""
    said = {
        "round": "2026Q4",
        "respondent": "RESPONDENT01",
        "edition": "2.0.0",
        "element": "M.key-management.key-inventory",
        "clarity": 2,
        "text": "What is a key that is not inventoried? 🔑",
        "received": "2026-11-25",
    }
    return Comment(**{**said, **changes})


SCHEMA = jsonschema.Draft202012Validator(Comments.json_schema())

comments = st.builds(
    a_comment,
    respondent=st.text("ABCXYZ0123456789", min_size=8, max_size=26),
    role=st.sampled_from([None, *ROLES]),
    relevance=st.sampled_from([None, 1, 2, 3, 4, 5]),
    weight=st.sampled_from([None, *WEIGHTS]),
    kind=st.sampled_from([None, *KINDS]),
    minutes=st.none() | st.integers(0, 100_000),
    text=st.none()
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip),
)


def test_the_fields_are_the_columns_of_the_table():
    """
    A comment has what the table ``comments`` describes, in its order.
    """
    assert COMMENTS.column_names == FIELDS


def test_the_same_words_on_another_day_are_the_same_comment():
    """
    The id is a digest of what was said; the day is not part of what was said.
    """
    assert a_comment().id == a_comment(received="2026-11-26").id
    assert a_comment().id != a_comment(clarity=3).id


def test_a_comment_lists_every_value_that_does_not_fit():
    """
    Each problem names its field and none repeats the text.
    """
    with pytest.raises(FeedbackError) as caught:
        a_comment(clarity=6, role="boss", element="M.Key", text="x" * (MAX_TEXT + 1))
    assert {p.where for p in caught.value.problems} == {"role", "element", "clarity", "text"}
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clarity", True),
        ("minutes", -1),
        ("suggested_weight", 0),
        ("weight", "heavy"),
        ("respondent", "jane.doe@example.org"),
        ("received", "2026-02-30"),
        ("received", "20261125"),
        ("text", "half \ud800"),
        ("text", "null \0"),
        ("text", "   "),
        ("round", "a b"),
        ("digest", "sha256:1"),
    ],
)
def test_a_value_off_its_scale_is_refused(field, value):
    """
    A rating is a whole number, a respondent no mail address, a day one of the calendar.
    """
    with pytest.raises(FeedbackError) as caught:
        a_comment(**{field: value})
    assert [problem.where for problem in caught.value.problems] == [field]


def test_a_comment_that_says_nothing_is_none():
    """
    Who and where alone are no comment.
    """
    with pytest.raises(FeedbackError, match="says nothing"):
        a_comment(clarity=None, text=None)


@given(st.lists(comments, max_size=5))
def test_a_document_gives_back_the_comments_it_was_made_of(several):
    """
    Writing and reading changes nothing, and the published schema agrees.
    """
    content = dumps(several)
    assert read_comments(content) == (several, [])
    SCHEMA.validate(json.loads(content))


def test_good_comments_of_a_document_are_kept_and_bad_ones_listed_by_place():
    """
    The second of three is not valid; the others are read.
    """
    document = json.loads(dumps([a_comment(), a_comment(clarity=3), a_comment(clarity=4)]))
    document["comments"][1] |= {"clarity": 9, "e-mail": "a@example.org"}
    document["comments"].append("text")
    found, problems = read_comments(json.dumps(document).encode())
    assert [comment.clarity for comment in found] == [2, 4]
    assert {problem.where for problem in problems} == {
        "comments.1.clarity",
        "comments.1.e-mail",
        "comments.3",
    }


def test_an_id_that_is_not_the_digest_is_refused():
    """
    Whoever changes a comment leaves its id out.
    """
    with pytest.raises(FeedbackError, match="not the digest"):
        comment_of({**a_comment().to_json(), "clarity": 5})


@pytest.mark.parametrize("content", [b"[]", b"{}", b"no", b'{"format":"pkimm-feedback/2"}'])
def test_another_document_is_refused(content):
    """
    Nothing is guessed from a file that is not a feedback document.
    """
    with pytest.raises(SourceFormatError):
        read_comments(content)
