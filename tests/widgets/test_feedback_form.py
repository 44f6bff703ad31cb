"""The feedback form without a browser."""

import json
from urllib.parse import urlencode

import pytest

from pkimm_analytics.feedback import open_feedback
from pkimm_analytics.model import load_model, models
from pkimm_analytics.views.feedback import FeedbackVoice
from pkimm_analytics.views.words import catalogue, languages
from pkimm_analytics.widgets.feedback_form import FeedbackForm, elements
from tests.widgets.driving import Driver

HOSTILE = "<img src=x onerror=alert(1)>"
ELEMENT = "M.key-management"


@pytest.fixture
def drive(tmp_path):
    """A form about one category."""
    return Driver(FeedbackForm(tmp_path / "feedback"), f"element={ELEMENT}")


def said(**fields):
    """Fields of the form."""
    return urlencode(fields)


def test_a_comment_is_stored_before_it_is_called_saved(drive):
    """
    With the element, the edition and what was filled in, and nothing else.
    """
    drive("save", said(clarity="2", text=" too short ", kind="unclear", role="operator"))
    assert "Saved" in drive.said
    (comment,) = open_feedback(drive.page._folder).stored()
    assert (comment.element, comment.clarity, comment.text) == (ELEMENT, 2, "too short")
    assert (comment.kind, comment.role, comment.relevance) == ("unclear", "operator", None)
    assert comment.digest == load_model().digest


@pytest.mark.parametrize(
    "fields", [{}, {"text": "  "}, {"minutes": "soon", "clarity": "1"}, {"clarity": "9"}]
)
def test_a_comment_that_is_none_is_refused_and_stays_in_its_field(drive, fields):
    """
    What was typed is not lost.
    """
    shown = drive("save", said(**fields))
    assert drive.said
    assert drive.page.comments == []
    assert fields.get("minutes", "") in shown


def test_whoever_changes_a_comment_submits_the_new_one_only(drive):
    """
    The old one is kept with the decision that it is repeated.
    """
    drive("save", said(text="first"))
    (first,) = drive.page.comments
    assert "replaces it" in drive("change", first.id)
    drive("save", said(text="second"))
    assert [c.text for c in drive.page.comments] == ["second"]
    assert len(open_feedback(drive.page._folder).stored()) == 2
    drive("submit")
    (content,) = drive.files.values()
    assert [c["text"] for c in json.loads(content)["comments"]] == ["second"]


def test_a_withdrawn_comment_is_not_submitted_and_may_be_said_again(drive):
    """
    By saying the same once more.
    """
    drive("save", said(text="once"))
    drive("withdraw", drive.page.comments[0].id)
    assert drive.page.comments == []
    drive("save", said(text="once"))
    assert [c.text for c in drive.page.comments] == ["once"]


def test_a_contact_lies_apart_from_the_comments(drive):
    """
    The file that is submitted names nobody.
    """
    drive("save", said(text="x"))
    drive("contact", said(name="Ann", email="ann@example.org"))
    drive("submit")
    (content,) = drive.files.values()
    assert b"ann@example.org" not in content
    assert b"Ann" not in content
    assert json.loads(content)


def test_texts_stay_texts_and_every_edition_can_be_chosen(drive):
    """
    Every category and requirement of it is offered.
    """
    drive("save", said(text=HOSTILE))
    assert "<img" not in drive.page.shown
    for model in models():
        shown = drive("edition", model.digest)
        assert set(elements(FeedbackVoice(model))) >= {*model.categories, *model.requirements}
        assert all(f'value="{key}"' in shown for key in model.requirements)


@pytest.mark.parametrize("language", languages())
def test_the_form_speaks_each_language(tmp_path, language):
    """
    Every question, answer and element of it has words.
    """
    drive = Driver(FeedbackForm(tmp_path / "f"), f"language={language}")
    for element in ("model", "process", ELEMENT):
        shown = drive("element", element)
    assert catalogue(language).word("feedback.ask.clarity") in shown
