"""The questionnaire without a browser."""

import json
from html import escape
from urllib.parse import urlencode

import pytest

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.edits import Edit
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score
from pkimm_analytics.views.words import catalogue
from pkimm_analytics.widgets.assess import Questionnaire
from pkimm_analytics.workspace import Workspace
from tests.widgets.driving import Driver

MODEL = load_model()
FIRST, SECOND, THIRD = list(MODEL.categories)[:3]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A self-assessment that was begun."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    drive = Driver(Questionnaire(tmp_path / "w"))
    said = {"mode": "self", "name": "TLS", "organization": "Example", "sector": "D-energy"}
    drive("begin", urlencode(said | {"size": "250-999", "region": "Germany"}))
    return drive


def stored(drive) -> Assessment:
    """What is stored of the open assessment."""
    path = drive.page._workspace.find(drive.page.assessment.id)
    return Assessment.loads(path.read_bytes())


def go(drive, step):
    """Show a step."""
    return drive("address", urlencode({"assessment": drive.page.assessment.id, "step": step}))


def test_the_first_question_comes_after_name_sector_size_and_country(begun):
    """
    All else can wait.
    """
    organization = stored(begun).organization
    assert (organization.sector, organization.region) == ("D-energy", "DEU")
    assert begun.page.address["step"] == "G"
    assert begun.page.shown.count("pk-question") == len(MODEL.modules[0].categories)


def test_a_country_that_is_in_no_list_is_said(tmp_path):
    """
    And nothing is guessed.
    """
    drive = Driver(Questionnaire(tmp_path))
    drive("begin", urlencode({"mode": "self", "name": "x", "region": "Atlantis"}))
    assert "Atlantis" in drive.said
    assert drive.page.assessment.organization.region is None


def test_an_answer_is_stored_at_once_and_scored(begun):
    """
    What is shown is what the package computes.
    """
    begun("rate", "3", FIRST)
    assert stored(begun).answers[FIRST].level == 3
    assert f"{score(stored(begun)).overall.score:.2f}" in begun.page.shown
    begun("rate", "unanswered", FIRST)
    assert stored(begun).answer(FIRST).state is State.UNANSWERED


@pytest.mark.parametrize(("action", "value"), [("rate", "not_applicable"), ("partial", "yes")])
def test_what_needs_a_reason_waits_for_it_and_says_so(begun, action, value):
    """
    Nothing is dropped without a word: the page says that it is not stored yet.
    """
    begun("rate", "2", FIRST)
    before = stored(begun).answer(FIRST)
    assert "Not stored yet" in begun(action, value, FIRST)
    assert "it is not stored before" in begun.page.shown
    assert stored(begun).answer(FIRST) == before
    assert "Not stored yet" not in begun("field", "no such duty", f"{FIRST}|reason")
    assert stored(begun).answer(FIRST).reason == "no such duty"
    assert stored(begun).answer(FIRST) != before


def test_undo_and_redo_say_what_they_did(begun):
    """
    By the label of the question.
    """
    begun("rate", "3", FIRST)
    begun("rate", "4", SECOND)
    begun("undo")
    assert "G2" in begun.said
    assert SECOND not in stored(begun).answers
    assert stored(begun).answers[FIRST].level == 3
    begun("redo")
    assert "G2" in begun.said
    assert stored(begun).answers[SECOND].level == 4


def test_what_two_pages_change_at_once_is_asked(begun):
    """
    Neither overwrites the other unseen; different answers are joined.
    """
    begun("rate", "3", FIRST)
    other = Driver(Questionnaire(begun.page._workspace.folder))
    other("address", urlencode({"assessment": begun.page.assessment.id, "step": "G"}))
    other("rate", "5", FIRST)
    other("rate", "1", SECOND)
    begun("rate", "2", FIRST)
    assert stored(begun).answers[FIRST].level == 5
    assert "Keep mine" in begun.page.shown
    begun("resolve", "mine", FIRST)
    assert stored(begun).answers[FIRST].level == 2
    assert stored(begun).answers[SECOND].level == 1
    assert "Keep mine" not in begun.page.shown


def test_texts_of_users_stay_texts(begun):
    """
    Wherever they are shown again.
    """
    begun("field", HOSTILE, f"{FIRST}|notes")
    go(begun, "scope")
    begun("field", HOSTILE, "use_case|name")
    for step in ("scope", "G", "finish", "assessors"):
        assert "<img" not in go(begun, step)
    assert stored(begun).use_case.name == HOSTILE


def test_a_locked_assessment_refuses_edits_until_it_is_opened_again(begun):
    """
    And it cannot be locked before what is required is there.
    """
    go(begun, "scope")
    begun("field", "", "use_case|name")
    begun("lock")
    assert not stored(begun).extra.get("locked")
    begun("field", "TLS", "use_case|name")
    go(begun, "G")
    begun("rate", "3", FIRST)
    begun("lock")
    begun("rate", "4", FIRST)
    assert stored(begun).answers[FIRST].level == 3
    begun("reopen")
    begun("rate", "4", FIRST)
    assert stored(begun).answers[FIRST].level == 4


def test_a_contribution_is_saved_only_as_it_was_shown(begun):
    """
    An answer that changes in between has to be looked at again.
    """
    for key in MODEL.categories:
        begun("rate", "3", key)
    go(begun, "scope")
    begun("field", "self", "assessment|assurance")
    begun("preview", urlencode({"organization": "", "parent": ""}))
    begun("rate", "2", FIRST)
    begun("contribute")
    assert not begun.files
    begun("preview", "")
    assert '"contribution"' not in begun.said
    begun("contribute")
    (content,) = begun.files.values()
    assert begun.page._preview["document"] == content.decode()
    assert "Example" not in content.decode()
    assert json.loads(content)


def test_the_address_names_the_assessment_and_a_wrong_one_is_said(begun, tmp_path):
    """
    A link goes on where somebody stopped.
    """
    begun("rate", "3", FIRST)
    other = Driver(Questionnaire(tmp_path / "w"), f"assessment={begun.page.assessment.id}")
    assert other.page.assessment.answers[FIRST].level == 3
    wrong = Driver(Questionnaire(tmp_path / "w"), "assessment=nobody")
    assert "no assessment of that id" in wrong.said
    with pytest.raises(AssessmentError):
        Questionnaire(tmp_path, mode="half")


def test_assessors_agree_on_a_level_or_that_it_does_not_apply(begun, tmp_path):
    """
    With who was present and what each had said.
    """
    begun("rate", "2", FIRST)
    begun("rate", "2", SECOND)
    other = Driver(Questionnaire(tmp_path / "w"))
    other("begin", urlencode({"mode": "self", "name": "TLS"}))
    other("rate", "4", FIRST)
    other("rate", "4", SECOND)
    mine, theirs = begun.page.assessment.id, other.page.assessment.id
    go(begun, "assessors")
    begun("compare", urlencode([("id", mine), ("id", theirs), ("present", "Ann, Bo")]))
    begun("agree", "3", FIRST)
    begun("agree", "not_applicable", SECOND)
    answers = stored(begun).answers
    assert answers[FIRST].level == 3
    assert answers[SECOND].state is State.NOT_APPLICABLE
    assert [r.level for r in answers[FIRST].consensus.ratings] == [2, 4]


def test_what_was_agreed_of_a_category_that_does_not_apply_is_refused(tmp_path):
    """
    It would change nothing, so nothing looks recorded.
    """
    drive = Driver(Questionnaire(tmp_path / "w", mode="full"))
    drive("begin", urlencode({"mode": "full", "name": "TLS"}))
    one = MODEL.categories[FIRST].requirements[0].key
    drive("rate", "3", one)
    session = drive.page._session
    session.edit([Edit(FIRST, {}, {"state": "not_applicable", "reason": "none here"})])
    other = Driver(Questionnaire(tmp_path / "w"))
    other("begin", urlencode({"mode": "full", "name": "TLS"}))
    both = [("id", one.page.assessment.id) for one in (drive, other)]
    go(drive, "assessors")
    drive("compare", urlencode([*both, ("present", "Ann")]))
    assert not drive.said
    drive("agree", "5", one)
    assert drive.said
    assert stored(drive).answers[one].level == 3


def test_the_end_says_what_it_came_to_and_saves_a_report(begun):
    """
    The level, the three weakest categories with what their next level asks for.
    """
    for key in (FIRST, SECOND, THIRD, list(MODEL.categories)[5]):
        begun("rate", "3" if key != SECOND else "1", key)
    shown = go(begun, "finish")
    for key, level in ((FIRST, 3), (SECOND, 1), (THIRD, 3)):
        assert escape(MODEL.categories[key].levels[level]) in shown
    begun("report", "kind=self&form=md")
    assert begun.files


def test_the_questionnaire_speaks_the_chosen_language(begun):
    """
    On every step, and in what it says.
    """
    german = catalogue("de").word
    begun("address", urlencode({"language": "de", "assessment": begun.page.assessment.id}))
    expected = {"scope": "for_report", "G": "unanswered", "finish": "lock", "assessors": "contents"}
    for step, key in expected.items():
        assert german(f"assess.{key}") in go(begun, step)
    begun("rate", "3", FIRST)
    begun("undo")
    assert begun.said == german("assess.undone", what="G1")


def test_an_extension_adds_its_questions(begun):
    """
    And takes them away again.
    """
    begun("extension", "yes", "pqc")
    assert "pqc" in {e.id for e in stored(begun).extensions}
    assert "PQC" in begun.page.shown
    begun("extension", "no", "pqc")
    assert not stored(begun).extensions


def test_nothing_private_is_in_the_state_of_the_widget(begun):
    """
    So that a notebook that is saved with its widgets holds nothing of it.
    """
    begun("rate", "3", FIRST)
    state = {k: v for k, v in begun.page.get_state().items() if not k.startswith("_")}
    assert "Example" not in str(state)
    assert Workspace(begun.page._workspace.folder).files()
