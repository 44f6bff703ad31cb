"""
The feedback page without a browser: actions go in, HTML, comments and decisions come out.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")
pytest.importorskip("sklearn")

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.feedback import Comment, dumps, open_feedback
from pkimm_analytics.model import load_model
from pkimm_analytics.synthetic.feedback import (
    FeedbackRound,
    simulate_feedback,
    write_feedback_round,
)
from pkimm_analytics.widgets import feedback_decide
from pkimm_analytics.widgets.feedback import VIEWS, FeedbackPage
from pkimm_analytics.widgets.section import Section
from pkimm_analytics.workspace import Workspace
from tests.official import SHARED, needs_shared

MODEL = load_model("2.0.0")
KEY = "M.key-management"
HOSTILE = "<img src=x onerror=alert(1)> =1+1 \U0001f600 \u202eabc"


class Browser:
    """
    What the page in a browser would do: press, choose, type, and keep what it is given.
    """

    def __init__(self, page: FeedbackPage) -> None:
        self.page = page
        self.files: dict[str, bytes] = {}
        for part in self.sections():
            part.send = self._take
        self.do("reload")

    def sections(self) -> Iterator[Section]:
        """
        Return the parts of the page, from top to bottom.
        """
        return (child for child in self.page.children if isinstance(child, Section))

    def _take(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        if "save" in content:
            self.files[content["save"]] = buffers[0]

    def do(self, action: str, value: str = "", content: bytes | None = None) -> None:
        """
        Do one thing, as the page reports it.
        """
        message = {"action": action, "value": value, "id": 1}
        next(self.sections())._receive(None, message, [memoryview(content)] if content else [])

    def upload(self, name: str, content: bytes) -> None:
        """
        Choose one file.
        """
        self.do("upload", name, content)
        self.do("uploaded", "1")

    @property
    def html(self) -> str:
        """
        Return all HTML of the page.
        """
        return "".join(getattr(part, "shown", part.html) for part in self.sections())


@pytest.fixture(scope="module")
def simulated() -> FeedbackRound:
    """
    Return an invented round of eighty respondents with plants.
    """
    return simulate_feedback(respondents=80, seed=5)


@pytest.fixture(scope="module")
def exports(simulated: FeedbackRound, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return the folder of the form exports of that round.
    """
    folder = tmp_path_factory.mktemp("round")
    write_feedback_round(simulated, folder)
    return folder


@pytest.fixture(scope="module")
def filled(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a feedback place with that round, imported through the page.
    """
    place = tmp_path_factory.mktemp("group") / "feedback"
    browser = Browser(FeedbackPage(place))
    browser.upload("form.csv", (exports / "form.csv").read_bytes())
    browser.do("import")
    return place


@pytest.fixture(scope="module")
def workspace(simulated: FeedbackRound, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a workspace with the assessments of some respondents.
    """
    place = Workspace(tmp_path_factory.mktemp("workspace"))
    for assessment in simulated.assessments()[:40]:
        place.save(assessment)
    return place.folder


@pytest.fixture
def empty(tmp_path: Path) -> Browser:
    """
    Return the page of a place without comments.
    """
    return Browser(FeedbackPage(tmp_path / "feedback"))


def comment(respondent: int = 0, **fields: Any) -> Comment:
    """
    Return a comment on a category.
    """
    said = {"round": "2026Q4", "edition": "2.0.0", "element": KEY, **fields}
    return Comment(respondent=f"respondent{respondent:04}", **said)


# --- bringing something in ---------------------------------------------------------------


def test_a_form_export_is_imported_with_two_actions(
    exports: Path, empty: Browser, simulated: FeedbackRound
) -> None:
    """
    The proposed map needs no correction: choose the file, import it, see the round.
    """
    empty.upload("form.csv", (exports / "form.csv").read_bytes())
    assert "all recognized" in empty.html
    assert f"Import {len(simulated.answers)} comments" in empty.html
    empty.do("import")
    assert f"{len(simulated.answers)} comments added." in empty.html
    assert "80 respondents made" in empty.html
    empty.upload("form.xlsx", (exports / "form.xlsx").read_bytes())
    empty.do("import")
    assert f"0 comments added. {len(simulated.answers)} were there already." in empty.html


def table(*rows: Sequence[str]) -> bytes:
    """
    Write a form export.
    """
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def test_a_wrong_proposal_is_corrected_by_choices(empty: Browser, tmp_path: Path) -> None:
    """
    A header that says nothing, and a word that is not known: two choices, and it is read.
    """
    rows = [["Q1", "Q2", "Q3", "Q4"]]
    rows += [[KEY, "4", "Kaiser", f"Comment number {n} on this category"] for n in range(6)]
    empty.upload("odd.csv", table(*rows))
    assert "to look at" in empty.html
    empty.do("map:0.2", "clarity")
    empty.do("map:0.3", "role")
    assert "Answers that the program does not know" in empty.html
    empty.do("map:0.word.0", "operator")
    empty.do("map:0.4", "text")
    empty.do("take-round:0", "2027Q1")
    empty.do("import")
    stored = open_feedback(tmp_path / "feedback").stored()
    assert {(r.clarity, r.role, r.round) for r in stored} == {(4, "operator", "2027Q1")}
    assert len(stored) == 6


def test_a_file_that_was_handed_in_and_an_issue_are_read(empty: Browser, tmp_path: Path) -> None:
    """
    JSON of respondents as it is; the text of a thread comment by comment.
    """
    empty.upload("handed-in.json", dumps([comment(text=HOSTILE, clarity=1)]))
    empty.do("paste", f"jane wrote:\n{KEY}\n\nPlease say what an inventory of keys has to list.")
    empty.do("import")
    texts = [r.text or "" for r in open_feedback(tmp_path / "feedback").stored()]
    assert texts[0] == HOSTILE
    assert "inventory of keys" in texts[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b" "),
        ("photo.xlsx", b"PK\x03\x04 not a workbook"),
        ("wrong.json", b'{"format": "something-else"}'),
        ("deep.json", b'{"format":' * 5000),
        ("binary.csv", bytes(range(256)) * 40),
        ("columns.csv", table(["Animal", "Sound", "Legs"], ["cat", "meow", "4"])),
    ],
)
def test_what_is_no_feedback_is_refused_and_nothing_is_stored(
    empty: Browser, tmp_path: Path, name: str, content: bytes
) -> None:
    """
    The page says what is wrong, and offers nothing to import.
    """
    empty.upload(name, content)
    assert "data-action='import'" not in empty.html.replace('"', "'")
    assert "problem" in empty.html or "Nothing was imported" in empty.html or "know" in empty.html
    empty.do("import")
    assert open_feedback(tmp_path / "feedback").stored() == []
    assert "Traceback" not in empty.html
    assert "defect in the program" not in empty.html


def test_nothing_is_stored_before_the_import(empty: Browser, exports: Path, tmp_path: Path) -> None:
    """
    Who leaves a proposal has imported nothing.
    """
    empty.upload("form.csv", (exports / "form.csv").read_bytes())
    empty.do("leave")
    empty.do("import")
    assert open_feedback(tmp_path / "feedback").stored() == []


@pytest.mark.parametrize("wanted", ["yes", "no"])
def test_contacts_are_kept_only_if_that_is_wanted(
    wanted: str, empty: Browser, tmp_path: Path
) -> None:
    """
    And then in the private folder alone.
    """
    row = [KEY, "4", "ada@respondent.invalid", "Ada Lovelace"]
    empty.upload("form.csv", table(["Element", "How clear is it?", "Email", "Your name"], row))
    assert "Keep 1 contact," in empty.html
    empty.do("keep-contacts", wanted)
    empty.do("import")
    place = open_feedback(tmp_path / "feedback")
    assert [contact.name for contact in place.contacts()] == ["Ada Lovelace"] * (wanted == "yes")
    outside = [f for f in (tmp_path / "feedback" / "comments").rglob("*") if f.is_file()]
    assert all(b"Lovelace" not in f.read_bytes() for f in outside)


def test_a_respondents_address_is_not_on_the_page(filled: Path) -> None:
    """
    Addresses are kept apart; no view, list or message has one.
    """
    page = Browser(FeedbackPage(filled))
    for view in (*VIEWS, "decide"):
        page.do("view", view)
        assert "respondent.invalid" not in page.html


# --- looking -----------------------------------------------------------------------------


@pytest.mark.parametrize("view", list(VIEWS))
def test_each_view_has_a_sentence_a_chart_and_a_table(
    view: str, filled: Path, workspace: Path
) -> None:
    """
    What the chart shows is said in words and in figures too.
    """
    if view == "reliability":
        pytest.importorskip("pingouin")
    page = Browser(FeedbackPage(filled, workspace))
    page.do("view", view)
    shown = page.page._shown
    if view == "rounds":
        assert "There is one round so far" in shown.top
        return
    assert "<p>" in shown.top
    assert shown.figure is not None
    assert "<table" in shown.below or view == "texts"
    name = next(iter(shown.tables))
    page.do("save", name)
    header = page.files[name].decode("utf-8-sig").splitlines()[0]
    assert header.split(",") == [str(column) for column in shown.tables[name].columns]


def test_the_page_finds_what_was_planted(
    filled: Path, workspace: Path, simulated: FeedbackRound
) -> None:
    """
    The unclear requirement and the disputed weight are named in the sentences.
    """
    assert simulated.plants is not None
    page = Browser(FeedbackPage(filled, workspace))
    page.do("view", "ratings")
    assert f"The least clear is {named(simulated.plants.unclear)}" in page.html
    page.do("choice:field", "weight")
    assert f"The most disputed is {named(simulated.plants.disputed)}" in page.html


def named(key: str) -> str:
    """
    Return the name of an element as pages show it.
    """
    from pkimm_analytics.widgets.feedback_tables import element_names

    return element_names(MODEL)[key]


def test_two_rounds_are_compared(tmp_path: Path) -> None:
    """
    Twenty found it unclear, the next twenty clear: the page says that one rating changed.
    """
    place = open_feedback(tmp_path)
    place.append([comment(n, round="2026Q3", clarity=1 + n % 2) for n in range(20)])
    place.append([comment(n, clarity=4 + n % 2) for n in range(20)])
    page = Browser(FeedbackPage(tmp_path))
    page.do("view", "rounds")
    assert "1 changed by more than chance" in page.html
    page.do("choice:before", "2026Q4")
    page.do("choice:after", "2026Q3")
    assert "between 2026Q4 and 2026Q3" in page.html
    page.do("round", "all rounds")
    page.do("view", "overview")
    assert "20 respondents made 40 comments" in page.html


def test_a_phone_that_tells_its_width_first_still_gets_the_comments(tmp_path: Path) -> None:
    """
    Nothing is called empty before it was read; names are short from the start.
    """
    open_feedback(tmp_path).append([comment(clarity=2)])
    page = FeedbackPage(tmp_path)
    for action in ("narrow", "reload"):
        assert "No feedback yet" not in "".join(s.html for s in page.children if hasattr(s, "html"))
        page._add._receive(None, {"action": action, "value": "yes", "id": 1}, [])
    assert "1 respondent made 1 comment" in page._top.html
    assert page._setting().labels == "short"


def test_an_assessment_of_an_unknown_edition_is_left_out(tmp_path: Path) -> None:
    """
    Its questions are not known here; the views of the comments are shown all the same.
    """
    open_feedback(tmp_path / "feedback").append([comment(clarity=2)])
    edition = MODEL.edition.replace(digest="sha256:" + "0" * 64)
    Workspace(tmp_path).save(Assessment(model=edition, id="foreign"))
    page = Browser(FeedbackPage(tmp_path / "feedback", tmp_path))
    assert "1 respondent made 1 comment" in page.html


def test_few_answers_have_no_bar(tmp_path: Path) -> None:
    """
    Four answers are told in the table and not drawn.
    """
    open_feedback(tmp_path).append([comment(n, clarity=5) for n in range(4)])
    page = Browser(FeedbackPage(tmp_path))
    page.do("view", "ratings")
    assert "No element has 5 ratings of clarity yet." in page.html
    assert all(len(part.x) == 0 for part in page.page._shown.figure.data)


@pytest.mark.parametrize("view", [*VIEWS, "decide"])
def test_one_comment_is_enough_for_every_view(view: str, tmp_path: Path) -> None:
    """
    Whatever cannot be computed from one comment is said to be so.
    """
    open_feedback(tmp_path).append([comment(text="Only this.")])
    page = Browser(FeedbackPage(tmp_path))
    page.do("view", view)
    assert "defect in the program" not in page.html


def test_texts_of_respondents_stay_texts(tmp_path: Path) -> None:
    """
    Nothing that somebody wrote is markup, in any view; formulas are defused in files.
    """
    place = open_feedback(tmp_path)
    place.append([comment(n, text=f"{HOSTILE} number {n}", kind="idea") for n in range(30)])
    place.append([comment(99, text="=HYPERLINK(1)", round="2026Q3")])
    page = Browser(FeedbackPage(tmp_path))
    for view in (*VIEWS, "decide"):
        page.do("view", view)
        assert elements(page.html).isdisjoint({"img", "script"})
        assert "onerror" not in "".join(part.html for part in page.sections())
        assert "onerror" not in page.page._chart.figure
    page.do("round", "all rounds")
    page.do("save", "comments.csv")
    rows = list(csv.reader(io.StringIO(page.files["comments.csv"].decode("utf-8-sig"))))
    assert "'=HYPERLINK(1)" in {cell for row in rows for cell in row}


def elements(html: str) -> set[str]:
    """
    Return the names of all elements of a page.
    """
    found: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _attrs: found.add(tag)  # type: ignore[method-assign]
    parser.feed(html)
    return found


# --- deciding ----------------------------------------------------------------------------


def test_a_decision_is_recorded_and_the_next_one_stands_beside_it(tmp_path: Path) -> None:
    """
    Rejected with its reason, then accepted with a new weight: both are in the history.
    """
    place = open_feedback(tmp_path)
    place.append([comment(text="Weigh it more.", weight="too-low")])
    (id_,) = [r.id for r in place.stored()]
    page = Browser(FeedbackPage(tmp_path))
    page.do("view", "decide")
    page.do("comment", id_)
    page.do("draft:disposition", "rejected")
    page.do("decide", id_)
    assert "reason: is missing" in page.html.replace("</bdi>", "").replace("<bdi>", "").replace(
        "<b>", ""
    ).replace("</b>", "")
    page.do("draft:reason", "Out of the group's hands.")
    page.do("decide", id_)
    assert "Recorded: rejected." in page.html
    page.do("filter:disposition", "rejected")
    page.do("comment", id_)
    for field, value in {
        "draft:disposition": "accepted",
        "draft:field": "weight",
        "draft:value": "5",
        "draft:link": "https://example.org/issues/7",
        "draft:by": "chair",
    }.items():
        page.do(field, value)
    page.do("decide", id_)
    history = place.history(id_)
    assert [one.disposition for one in history] == ["rejected", "accepted"]
    assert (history[1].field, history[1].value, history[1].by) == ("weight", "5", "chair")
    assert history[1].reason is None  # it belongs to the rejection


def test_the_list_shows_what_fits_and_turns_its_pages(tmp_path: Path) -> None:
    """
    Sixty texts on two pages, and only those of one kind or element if asked for.
    """
    place = open_feedback(tmp_path)
    place.append([comment(n, text=f"Text {n}", kind="typo") for n in range(60)])
    place.append([comment(n, text=f"Other {n}", element="process") for n in range(3)])
    place.append([comment(70, clarity=1)])
    page = Browser(FeedbackPage(tmp_path))
    page.do("view", "decide")
    assert f"1 to {feedback_decide.PAGE_SIZE} of 63" in page.html
    page.do("turn", str(feedback_decide.PAGE_SIZE))
    assert "51 to 63 of 63" in page.html
    page.do("filter:about", "process")
    assert "1 to 3 of 3" in page.html
    page.do("filter:about", "")
    page.do("filter:kind", "typo")
    assert "of 60" in page.html
    page.do("filter:kind", "")
    page.do("filter:saying", "all")
    assert "of 64" in page.html


# --- taking something to the meeting -------------------------------------------------------


def test_an_export_becomes_a_meeting_pack_in_four_steps(exports: Path, empty: Browser) -> None:
    """
    Choose the file, import, Meeting, save: the pack is a document of its own.
    """
    empty.upload("form.csv", (exports / "form.csv").read_bytes())
    empty.do("import")
    empty.do("view", "meeting")
    empty.do("hand:pack:html")
    (name,) = empty.files
    assert name.startswith("meeting-pack-")
    assert empty.files[name].startswith(b"<!doctype html>") or b"<html" in empty.files[name][:400]
    assert b"For the working group only" in empty.files[name]


def accepted(folder: Path, **change: str) -> Browser:
    """
    Return the page of a place with one accepted comment, at the meeting.
    """
    place = open_feedback(folder)
    place.append([comment(n, text=f"Say more about backups of keys, {n}.") for n in range(3)])
    place.decide(place.stored()[0].id, "accepted", by="chair", **change)
    page = Browser(FeedbackPage(folder))
    page.do("view", "meeting")
    return page


def test_accepted_comments_are_issues(tmp_path: Path) -> None:
    """
    The Markdown quotes the accepted comment and not the open ones.
    """
    page = accepted(tmp_path)
    page.do("hand:issues")
    text = page.files["issues.md"].decode()
    assert "Say more about backups of keys, 0" in text
    assert "keys, 1" not in text


@needs_shared
def test_a_change_of_wording_is_a_diff_against_the_file_that_was_added(tmp_path: Path) -> None:
    """
    Without the model's YAML there is no diff; with it, one line goes and one comes.
    """
    page = accepted(tmp_path, field="name", value="Keys")
    page.do("hand:diff")
    assert "nothing like that" in page.html
    source = SHARED / "pkimm" / "models" / "pkimm-model-2.0.0.yaml"
    page.upload(source.name, source.read_bytes())
    page.do("hand:diff")
    changed = [
        line
        for line in page.files["wording.diff"].decode().splitlines()
        if line[:1] in "+-" and line[:3] not in {"+++", "---"}
    ]
    assert len(changed) == 2
    assert changed[1].endswith("Keys")


def test_what_may_be_published_holds_no_text(tmp_path: Path) -> None:
    """
    The public summary is of one round, with bands and without words.
    """
    page = accepted(tmp_path)
    page.do("hand:public")
    content = page.files["feedback-summary-2026Q4.json"]
    assert b"backups" not in content
    assert json.loads(content)["format"] == "pkimm-feedback-public/1"
    page.do("round", "all rounds")
    page.do("hand:public")
    assert "Choose one round" in page.html


def test_a_damaged_place_is_a_message(tmp_path: Path, filled: Path) -> None:
    """
    A part that was changed is named, and nothing is shown from it.
    """
    import shutil

    shutil.copytree(filled, tmp_path / "feedback")
    part = next((tmp_path / "feedback" / "comments").glob("*.jsonl"))
    part.write_bytes(part.read_bytes() + b"{}\n")
    page = Browser(FeedbackPage(tmp_path / "feedback"))
    assert "was changed after it was written" in page.html
    page.do("view", "ratings")
    assert "defect in the program" not in page.html
