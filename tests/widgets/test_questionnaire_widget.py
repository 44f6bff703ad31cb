"""
The widget without a browser: messages go in, messages come out.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score, scores_to_json
from pkimm_analytics.session import EditingSession
from pkimm_analytics.widgets.questionnaire import Questionnaire, changed_parts
from pkimm_analytics.workspace import Workspace

MODEL = load_model("2.0.0")
KEY = "G.strategy-and-vision.sponsor-support"
HOSTILE = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://127.0.0.1/","x")'


class Browser:
    """
    What the page would be: it sends messages and keeps the answers.
    """

    def __init__(self, widget: Questionnaire) -> None:
        self.widget = widget
        self.heard: list[dict[str, Any]] = []
        widget.send = lambda content: self.heard.append(json_copy(content))

    def say(self, type: str, **message: Any) -> dict[str, Any]:  # noqa: A002
        """
        Send one message and return the answer to it.
        """
        sent = {"type": type, "client": "page", **message}
        self.widget._receive(self.widget, sent, [])
        return self.heard[-1]

    def rate(self, target: str, level: int, **before: Any) -> dict[str, Any]:
        """
        Rate one question.
        """
        edit = {"target": target, "before": before, "after": {"state": "rated", "level": level}}
        return self.say("edit", seq=f"s{len(self.heard)}", edits=[edit])


def json_copy(content: Any) -> dict[str, Any]:
    """
    Return what arrives at the other end of a websocket.
    """
    copied: dict[str, Any] = json.loads(json.dumps(content, allow_nan=False))
    return copied


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """
    Return a page with a new full assessment.
    """
    page = Browser(Questionnaire(tmp_path, mode="full"))
    page.say("hello")
    page.say("create")
    return page


def test_a_page_without_an_assessment_is_offered_what_is_stored(tmp_path: Path) -> None:
    """
    Only assessments of the same kind, and the editions and extensions at hand.
    """
    for mode in ("full", "self"):
        Workspace(tmp_path).save(EditingSession.start(Workspace(tmp_path), mode=mode).assessment)
    answer = Browser(Questionnaire(tmp_path, mode="full")).say("hello")
    assert answer["type"] == "start"
    assert [one["mode"] for one in answer["stored"]] == ["full"]
    assert "2.0.0" in [one["version"] for one in answer["editions"]]


@pytest.mark.parametrize("edition", ["1.0.0", "1.1.0", "2.0.0"])
@pytest.mark.parametrize("mode", ["self", "full"])
def test_every_edition_can_be_answered(tmp_path: Path, edition: str, mode: str) -> None:
    """
    All questions rated 3 score 3, whatever the edition.
    """
    page = Browser(Questionnaire(tmp_path, mode=mode, edition=edition))
    form = page.say("create")["form"]
    for one in form["pages"]:
        for question in one["questions"]:
            answer = page.rate(question["target"], 3)
    assert answer["standing"]["overall"]["score"] == 3
    assert answer["standing"]["overall"]["coverage"] == 100


def test_an_edit_is_answered_with_the_figures_that_changed(browser: Browser) -> None:
    """
    The answer names the edit, is small, and equals what `pkimm score` says.
    """
    answer = browser.rate(KEY, 4)
    assert (answer["type"], answer["seq"]) == ("saved", "s2")
    assert answer["changed"] == {KEY: {"state": "rated", "level": 4}}
    assert list(answer["standing"]["categories"]) == ["G.strategy-and-vision"]
    assert len(json.dumps(answer)) < 3000
    assert browser.widget.assessment is not None
    expected = scores_to_json(score(browser.widget.assessment))
    shown = answer["standing"]["overall"]
    assert {k: shown[k] for k in ("score", "level", "name")} == {
        k: expected["overall"][k] for k in ("score", "level", "name")
    }


def test_the_parts_that_were_sent_add_up_to_the_whole(browser: Browser) -> None:
    """
    A page that only ever got differences shows the same as one that is opened now.
    """
    shown = browser.heard[-1]["standing"]
    for key, level in zip(MODEL.requirements, [1, 5, 3, 2, 4] * 20, strict=False):
        part = browser.rate(key, level)["standing"]
        for name, value in part.items():
            nested = name in {"modules", "categories", "extensions"}
            shown[name] = {**shown[name], **value} if nested else value
    assert browser.widget.assessment is not None
    assert shown == browser.say("open", id=browser.widget.assessment.id)["standing"]


def test_a_page_that_names_an_assessment_goes_on_with_it(browser: Browser, tmp_path: Path) -> None:
    """
    A reload in Voila starts a new kernel; the id in the address finds the answers.
    """
    browser.rate(KEY, 4)
    assert browser.widget.assessment is not None
    reloaded = Browser(Questionnaire(tmp_path, mode="full"))
    answer = reloaded.say("hello", id=browser.widget.assessment.id)
    assert answer["type"] == "opened"
    assert answer["values"][KEY] == {"state": "rated", "level": 4}


def test_an_unknown_id_leads_to_the_list_with_the_reason(browser: Browser) -> None:
    """
    An old bookmark is no dead end.
    """
    answer = browser.say("hello", id="gone")
    assert answer["type"] == "start"
    assert "no assessment of that id" in answer["failed"]


def test_an_edit_before_an_assessment_is_open_is_refused_in_words(tmp_path: Path) -> None:
    """
    The page shows the sentence; nothing breaks.
    """
    answer = Browser(Questionnaire(tmp_path)).rate(KEY, 4)
    assert answer["type"] == "failed"
    assert "No assessment is open" in answer["message"]


def test_two_pages_learn_of_each_other(browser: Browser, tmp_path: Path) -> None:
    """
    The second page's edit arrives at the first with its next message.
    """
    assert browser.widget.assessment is not None
    browser.rate("G.compliance", 1)
    other = Browser(Questionnaire(tmp_path, id=browser.widget.assessment.id, mode="full"))
    other.say("hello")
    other.rate(KEY, 2)
    answer = browser.say("sync")
    assert answer["elsewhere"] == [KEY]
    assert answer["changed"][KEY]["level"] == 2
    conflict = other.rate(KEY, 5)["conflicts"][0]
    assert conflict["present"] == {"state": "rated", "level": 2}
    assert conflict["mine"] == {"state": "rated", "level": 5}


def test_switching_an_extension_on_sends_its_questions(browser: Browser) -> None:
    """
    The form grows by a page; the answers given so far stay.
    """
    browser.rate(KEY, 4)
    edit = {"target": "assessment", "after": {"extensions": ["pqc"]}}
    answer = browser.say("edit", seq="x", edits=[edit])
    assert answer["type"] == "opened"
    assert answer["form"]["pages"][-1]["group"] == "Extensions"
    relevance = answer["form"]["pages"][-1]["questions"][0]["target"]
    answer = browser.rate(relevance, 5)
    assert "pqc" in answer["standing"]["extensions"]


def test_lock_lists_what_is_required_instead_of_locking(browser: Browser) -> None:
    """
    Without the name of the use case the report would have no subject.
    """
    assert browser.say("lock")["type"] == "checked"
    browser.say("edit", edits=[{"target": "use_case", "after": {"name": "TLS"}}])
    answer = browser.say("lock")
    assert answer["locked"]["digest"].startswith("sha256:")
    assert answer["intact"] is True
    assert browser.rate(KEY, 3)["refused"]
    assert browser.say("reopen")["locked"] is None


def test_undo_answers_like_an_edit(browser: Browser) -> None:
    """
    The question is unanswered again, and the score is gone with it.
    """
    browser.rate(KEY, 4)
    answer = browser.say("undo")
    assert answer["changed"] == {KEY: {}}
    assert answer["standing"]["overall"]["score"] is None


def test_the_previous_assessment_is_shown_on_request(browser: Browser, tmp_path: Path) -> None:
    """
    Found by the name of the use case, with the answers of then.
    """
    assert browser.say("previous")["found"] is False
    earlier = Assessment(model=MODEL.edition, mode=Mode.FULL, answers={KEY: rated(2)})
    earlier = earlier.replace(updated="2020-01-01T00:00:00+00:00")
    named = earlier.replace(use_case=earlier.use_case.replace(name="TLS"))
    Workspace(tmp_path).save(named)
    browser.say("edit", edits=[{"target": "use_case", "after": {"name": "tls"}}])
    answer = browser.say("previous")
    assert (answer["date"], answer["answers"][KEY]["level"]) == ("2020-01-01", 2)


def test_ratings_of_several_assessors_are_merged(browser: Browser, tmp_path: Path) -> None:
    """
    The questions on which they differ come first.
    """
    for name, level in [("Ann", 1), ("Bob", 5)]:
        one = Browser(Questionnaire(tmp_path, mode="full"))
        one.say("create")
        one.rate(KEY, level)
        one.say("edit", edits=[{"target": "assessor", "after": {"name": name}}])
    ids = [one["id"] for one in browser.say("list")["stored"] if one["assessor"]]
    answer = browser.say("merge", ids=ids)
    assert sorted(answer["assessors"]) == ["Ann", "Bob"]
    assert (answer["rows"][0]["target"], answer["rows"][0]["spread"]) == (KEY, 4)
    assert browser.say("merge", ids=ids[:1])["type"] == "failed"


def test_a_consensus_records_who_was_present_and_what_was_rated_before(browser: Browser) -> None:
    """
    Later readers see that the 3 was talked about.
    """
    record = {
        "present": "Ann, Bob",
        "date": "2026-11-20",
        "ratings": [{"assessor": "Ann", "level": 1}],
    }
    after = {"state": "rated", "level": 3, "consensus": record}
    browser.say("edit", edits=[{"target": KEY, "after": after}])
    assert browser.widget.assessment is not None
    stored = Assessment.loads(browser.widget.assessment.dumps()).answer(KEY)
    assert (stored.level, stored.consensus.to_json()) == (3, record)


def test_the_json_export_is_the_stored_assessment(browser: Browser) -> None:
    """
    What is downloaded can be given to any command.
    """
    browser.rate(KEY, 4)
    answer = browser.say("export", format="json")
    assert Assessment.loads(base64.b64decode(answer["content"])) == browser.widget.assessment


@pytest.mark.parametrize("kind", ["csv", "xlsx", "yaml", "link"])
def test_every_export_can_be_read_back(browser: Browser, kind: str) -> None:
    """
    The level survives; what the format cannot hold is said.
    """
    from pkimm_analytics.loaders import Source, load

    browser.rate(KEY, 4)
    notes = f"{HOSTILE} {FORMULA}"
    browser.say("edit", edits=[{"target": KEY, "after": {"notes": notes}}])
    answer = browser.say("export", format=kind)
    assert answer["type"] == "exported", answer
    (loaded,) = load(Source(answer["name"], content=base64.b64decode(answer["content"])))
    assert loaded.assessment.answer(KEY).level == 4
    assert loaded.assessment.answer(KEY).notes in {notes, ""}
    if loaded.assessment.answer(KEY).notes == "":
        assert answer["dropped"]


def test_an_unknown_export_is_refused(browser: Browser) -> None:
    """
    The message names what there is.
    """
    assert "choose json" in browser.say("export", format="exe")["message"]


def test_messages_that_are_not_known_are_ignored(browser: Browser) -> None:
    """
    A newer page may ask what an older kernel does not know.
    """
    n = len(browser.heard)
    browser.widget._receive(browser.widget, {"type": "dance"}, [])
    assert len(browser.heard) == n


def test_a_mode_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """
    The mistake is named where it is made, not in the browser.
    """
    with pytest.raises(AssessmentError, match="'self' or 'full'"):
        Questionnaire(tmp_path, mode="half")


def test_unchanged_parts_are_not_sent() -> None:
    """
    Nothing changed, nothing to say.
    """
    assert changed_parts({"a": {"x": {}}}, {"a": {"x": {}}}) == {}


def test_the_page_never_makes_markup_of_text() -> None:
    """
    The browser code has no way to interpret a user's text as HTML or as a program.
    """
    code = str(Questionnaire._esm)
    ways = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
    assert "textContent" in code
    assert [way for way in ways if way in code] == []


def test_the_questionnaire_needs_no_pandas() -> None:
    """
    It would add half a second and 75 MB to every page.
    """
    program = (
        "import sys, tempfile\n"
        "from pkimm_analytics.widgets.questionnaire import Questionnaire\n"
        "q = Questionnaire(tempfile.mkdtemp(), mode='full')\n"
        "q.send = lambda *_, **__: None\n"
        "q._receive(q, {'type': 'create'}, [])\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def asked(browser: Browser) -> Assessment:
    """
    Return the assessment of the page.
    """
    assert browser.widget.assessment is not None
    return browser.widget.assessment


@pytest.fixture
def keys_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    Return a data folder that only this test uses.
    """
    home = tmp_path / "home"
    monkeypatch.setenv("PKIMM_HOME", str(home))
    monkeypatch.delenv("PKIMM_PSEUDONYM_KEY", raising=False)
    return home


def test_a_report_is_built_and_compared_with_the_assessment_before(
    browser: Browser, tmp_path: Path
) -> None:
    """
    The file is the one that `pkimm report --previous` writes.
    """
    from pkimm_analytics.reports import build, render

    case = {"name": "TLS"}
    earlier = asked(browser).replace(
        id="earlier",
        period=asked(browser).period.replace(start="2020-01-01", finish="2020-02-01"),
        use_case=asked(browser).use_case.replace(**case),
        answers={KEY: rated(2)},
    )
    Workspace(tmp_path).save(earlier)
    browser.say("edit", seq="a", edits=[{"target": "use_case", "before": {}, "after": case}])
    browser.rate(KEY, 4)
    offered = browser.say("choices")
    assert offered["earlier"] == "2020-02-01"
    wish = {"kind": "detailed", "format": "md", "language": "en", "compares": True}
    (file,) = browser.say("report", **wish)["files"]
    content = base64.b64decode(file["content"])
    assert content == render(build("detailed", asked(browser), previous=earlier), "md")
    assert b"Compared with the previous assessment" in content


def test_a_report_compares_with_the_release_that_the_page_was_started_with(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Only if there is one, and only where it is asked for.
    """
    import numpy as np

    from tests.benchmark.made import EVERYBODY, PLAN, made_release

    levels = {measure: np.array([40, 90, 150, 60, 20]) for measure in (*PLAN.categories, "overall")}
    folder = made_release(tmp_path / "releases", {EVERYBODY: levels})
    browser.rate(KEY, 4)
    wish = {"kind": "assessment", "format": "md", "peers": True}

    def report() -> str:
        (file,) = browser.say("report", **wish)["files"]
        return base64.b64decode(file["content"]).decode()

    monkeypatch.delenv("PKIMM_RELEASE", raising=False)
    assert browser.say("choices")["release"] is None
    assert "Compared with peers" not in report()
    monkeypatch.setenv("PKIMM_RELEASE", str(folder))
    assert browser.say("choices")["release"] == folder.name
    assert "Compared with peers" in report()


def test_an_unknown_report_is_refused_where_it_was_asked_for(browser: Browser) -> None:
    """
    The answer names the request, so that the page can say it beside the button.
    """
    answer = browser.say("report", kind="novel", format="md")
    assert (answer["type"], answer["of"]) == ("failed", "report")
    assert "There is no report novel" in answer["summary"]


def test_a_contribution_is_saved_only_as_it_was_shown(
    browser: Browser, keys_of_its_own: Path
) -> None:
    """
    Without a look nothing is saved; after a change one has to look again.
    """
    browser.rate(KEY, 4)
    shown = browser.say("contribute", ids={})
    assert shown["type"] == "contribution"
    assert not keys_of_its_own.joinpath("receipts").exists()
    browser.say("undo")
    browser.rate(KEY, 5)
    again = browser.say("contribute", ids={}, digest=shown["digest"])
    assert (again["type"], again["changed"]) == ("contribution", True)
    saved = browser.say("contribute", ids={}, digest=again["digest"])
    assert saved["type"] == "contributed"
    assert base64.b64decode(saved["files"][0]["content"]).decode() == again["document"]
    assert len(list(keys_of_its_own.joinpath("receipts").glob("*.receipt.json"))) == 1


def test_ids_that_are_names_are_refused_with_every_problem(
    browser: Browser, keys_of_its_own: Path
) -> None:
    """
    The problems are listed one by one, and repeat no text.
    """
    browser.rate(KEY, 4)
    answer = browser.say("contribute", ids={"organization": "a@b.example", "parent": "c.example"})
    assert answer["type"] == "failed"
    assert len(answer["problems"]) == 2
    assert "example" not in json.dumps(answer)
