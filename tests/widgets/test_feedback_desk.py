"""
The desk and the form without a browser: messages go in, comments are stored.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")

from pkimm_analytics.feedback import (
    FIELDS,
    KINDS,
    RATINGS,
    ROLES,
    WEIGHTS,
    open_feedback,
    read_comments,
)
from pkimm_analytics.model import load_model
from pkimm_analytics.widgets import feedback_words as words
from pkimm_analytics.widgets.feedback_desk import FeedbackDesk, elements_of
from pkimm_analytics.widgets.feedback_form import FeedbackForm

MODEL = load_model("2.0.0")
KEY = "M.key-management"
HOSTILE = "<img src=x onerror=alert(1)> =1+1 😀 \u202eright to left"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """
    Return a feedback place that does not exist yet.
    """
    return tmp_path / "workspace" / "feedback"


@pytest.fixture
def ask(place: Path) -> Ask:
    """
    Return ``ask(act, **message)``, which gives what the page would get, on a fixed day.
    """
    desk = FeedbackDesk(place, today=lambda: dt.date(2026, 11, 25))

    def answer(act: str, **message: Any) -> dict[str, Any]:
        return as_sent(desk.answer({"do": act, "number": 1, **message}, MODEL))

    return answer


def as_sent(content: Any) -> dict[str, Any]:
    """
    Return what arrives at the other end of a websocket.
    """
    copied: dict[str, Any] = json.loads(json.dumps(content, allow_nan=False))
    return copied


def save(ask: Ask, **fields: Any) -> dict[str, Any]:
    """
    Save one comment on a category.
    """
    replaces = fields.pop("replaces", None)
    return ask("save", comment={"element": KEY, **fields}, replaces=replaces)


def test_a_comment_is_stored_before_it_is_called_saved(ask: Ask, place: Path) -> None:
    """
    Every field arrives in the table, with the edition, the quarter and a pseudonym.
    """
    said = {"clarity": 2, "relevance": 5, "weight": "too-low", "suggested_weight": 4}
    effort = {"minutes": 7, "difficulty": 3, "kind": "unclear", "text": HOSTILE}
    answer = save(ask, role="operator", **said, **effort)
    assert answer["saved"] == KEY
    (row,) = open_feedback(place).comments().to_dict("records")
    assert {**said, **effort}.items() <= row.items()
    assert (row["element"], row["edition"], row["digest"]) == (KEY, "2.0.0", MODEL.digest)
    assert (row["round"], row["role"]) == ("2026Q4", "operator")
    assert row["respondent"] == open_feedback(place).own_respondent()


def test_what_is_not_answered_is_not_stored(ask: Ask, place: Path) -> None:
    """
    Prefer not to say is no value; a blank text is none either.
    """
    save(ask, clarity=3, relevance=None, role=None, text="  \n ", kind="")
    (comment,) = open_feedback(place).stored()
    assert comment.clarity == 3
    assert (comment.relevance, comment.role, comment.text, comment.kind) == (None, None, None, None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "says nothing"),
        ({"clarity": 9}, "clarity: expected a number of at most 5"),
        ({"minutes": -1}, "minutes: expected a number of at least 0"),
        ({"minutes": 2.5}, "minutes: expected a whole number"),
        ({"text": "x" * 20_001}, "text: 20,001 characters"),
        ({"text": "a\x00b"}, "text: holds a character that no text has"),
        ({"clarity": 2, "element": "M.no-such-thing"}, "no such element"),
        ({"clarity": 2, "element": {"a": 1}}, "no such element"),
    ],
)
def test_a_comment_that_is_none_is_refused_with_its_reason(
    ask: Ask, place: Path, fields: dict[str, Any], said: str
) -> None:
    """
    The page gets every problem in words, and nothing is stored.
    """
    answer = save(ask, **fields)
    assert said in " ".join(answer["problems"])
    assert "saved" not in answer
    assert open_feedback(place).stored() == []


def test_whoever_changes_a_comment_hands_in_the_new_one_only(ask: Ask, place: Path) -> None:
    """
    Nothing is overwritten: both are stored, and a decision says which one stands.
    """
    first = save(ask, clarity=2)["comments"][0]["id"]
    answer = save(ask, clarity=4, replaces=first)
    assert [one["clarity"] for one in answer["comments"]] == [4]
    place_ = open_feedback(place)
    assert len(place_.stored()) == 2
    assert place_.current()[first].duplicate_of == answer["comments"][0]["id"]


def test_who_goes_back_to_what_was_said_first_says_it_again(ask: Ask) -> None:
    """
    From two to four and back to two: two stands, and there is no circle.
    """
    first = save(ask, clarity=2)["comments"][0]["id"]
    second = save(ask, clarity=4, replaces=first)["comments"][0]["id"]
    answer = save(ask, clarity=2, replaces=second)
    assert [one["id"] for one in answer["comments"]] == [first]


def test_a_comment_that_was_withdrawn_is_not_handed_in(ask: Ask) -> None:
    """
    The file holds what stands, is a document of comments, and holds no contact.
    """
    gone = save(ask, clarity=1)["comments"][0]["id"]
    save(ask, clarity=5, text=HOSTILE)
    ask("withdraw", id=gone)
    ask("contact", contact={"name": "Ada", "email": "ada@example.org", "organization": ""})
    file = ask("hand-in")["file"]
    content = base64.b64decode(file["content"])
    assert file["name"] == "pkimm-feedback-2026Q4.json"
    assert [comment.text for comment in read_comments(content)[0]] == [HOSTILE]
    assert b"Ada" not in content
    assert b"ada@" not in content


def test_a_contact_lies_apart_from_the_comments(ask: Ask, place: Path) -> None:
    """
    Its words are in no file outside the private folder.
    """
    save(ask, clarity=1)
    ask("contact", contact={"name": "Ada Lovelace"})
    found = [f for f in place.rglob("*") if f.is_file() and b"Lovelace" in f.read_bytes()]
    assert found
    assert all((place / "private") in file.parents for file in found)
    assert ask("contact", contact={"name": " "})["problems"]


def test_what_cannot_be_done_is_said(ask: Ask, place: Path) -> None:
    """
    No comment to hand in, no such comment to withdraw, a folder that is a file.
    """
    assert "no comment yet" in ask("hand-in")["problems"][0]
    assert "no such comment" in ask("withdraw", id="0" * 32)["problems"][0]
    assert set(ask("nonsense")) == {"type", "number", "words", "round"}
    place.parent.mkdir(parents=True)
    place.write_text("a file")
    assert "expected a folder" in ask("list")["problems"][0]


def test_the_role_is_remembered(ask: Ask) -> None:
    """
    The next page starts with the role of the last comment.
    """
    assert ask("list")["role"] is None
    save(ask, clarity=1, role="vendor")
    assert ask("list")["role"] == "vendor"


def test_the_words_cover_every_value_that_can_be_stored() -> None:
    """
    A value without words could not be chosen or shown.
    """
    assert tuple(words.SCALES) == RATINGS
    assert tuple(words.WEIGHT_WORDS) == WEIGHTS
    assert tuple(words.KIND_WORDS) == KINDS
    assert tuple(words.ROLE_WORDS) == ROLES
    assert {f for fields in words.FORMS.values() for f in fields} <= set(words.SAID)
    assert set(words.SAID) < set(FIELDS)


def test_every_category_and_requirement_is_offered() -> None:
    """
    By its key, with the weight that the model gives it.
    """
    found = {}
    for module in elements_of(MODEL):
        for category in module["categories"]:
            found[category["key"]] = category["weight"]
            found |= {one["key"]: one["weight"] for one in category["requirements"]}
    assert found == {k: e.weight for k, e in {**MODEL.categories, **MODEL.requirements}.items()}


# --- the widgets -----------------------------------------------------------------


def talk(widget: Any, **message: Any) -> dict[str, Any]:
    """
    Send one message to a widget and return its answer.
    """
    heard: list[dict[str, Any]] = []
    widget.send = lambda content: heard.append(as_sent(content))
    widget._receive(widget, {"client": "page", **message}, [])
    return heard[-1]


def test_the_form_is_about_the_edition_that_was_chosen(place: Path) -> None:
    """
    An element of 1.1.0 is commented on in 1.1.0.
    """
    form = FeedbackForm(place)
    opened = talk(form, type="hello")
    old = load_model("1.1.0")
    assert {MODEL.digest, old.digest} <= {one["digest"] for one in opened["editions"]}
    opened = talk(form, type="edition", edition=old.digest)
    assert opened["edition"] == old.digest
    comment = {"element": next(iter(old.categories)), "clarity": 1}
    talk(form, type="feedback", do="save", comment=comment, edition=old.digest)
    assert [one.edition for one in form.comments] == ["1.1.0"]


def test_a_message_that_means_nothing_is_ignored(place: Path) -> None:
    """
    The page of another version may say what this one does not know.
    """
    form = FeedbackForm(place)
    form.send = pytest.fail
    form._receive(form, {"type": "nonsense"}, [])
