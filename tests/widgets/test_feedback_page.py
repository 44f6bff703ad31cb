"""
The feedback page without a browser: actions go in, HTML, comments and decisions come out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("anywidget")
pytest.importorskip("sklearn")

from pkimm_analytics.feedback import Comment, dumps, open_feedback
from pkimm_analytics.synthetic.feedback import simulate_feedback, write_feedback_round
from pkimm_analytics.views.words import catalogue
from pkimm_analytics.widgets.feedback import TABS, FeedbackPage
from pkimm_analytics.workspace import Workspace
from tests.official import SHARED, needs_shared

KEY = "M.key-management"
HOSTILE = "<img src=x onerror=alert(1)> =1+1 \U0001f600 \u202eabc"


class Browser:
    """
    What the page in a browser would do: press, choose, type, and keep what it is given.
    """

    def __init__(self, folder: Path, workspace: Path | None = None) -> None:
        self.page = FeedbackPage(folder, workspace)
        self.files: dict[str, bytes] = {}
        self.page.send = self._take
        self.do("address")

    def _take(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        if "save" in content:
            self.files[content["save"]] = bytes(buffers[0])

    def do(self, action: str, value: str = "", content: bytes | None = None) -> str:
        """
        Do one thing, as the page reports it, and return what is shown.
        """
        message = {"action": action, "value": value, "id": 1}
        self.page._receive(None, message, [content] if content else [])
        return self.page.shown

    def upload(self, name: str, content: bytes) -> str:
        """
        Choose one file.
        """
        self.do("upload", name, content)
        return self.do("uploaded", "1")

    def tab(self, name: str) -> str:
        """
        Open one tab.
        """
        return self.do("address", urlencode({"tab": name}))


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """An invented round of eighty respondents with truths, as files of a form tool."""
    folder = tmp_path_factory.mktemp("round")
    simulated = simulate_feedback(respondents=80, seed=5)
    write_feedback_round(simulated, folder)
    workspace = Workspace(folder / "workspace")
    for assessment in simulated.assessments()[:40]:
        workspace.save(assessment)
    return folder


@pytest.fixture(scope="module")
def filled(exports, tmp_path_factory):
    """A page on that round, imported through it."""
    browser = Browser(tmp_path_factory.mktemp("group") / "feedback", exports / "workspace")
    browser.upload("form.csv", (exports / "form.csv").read_bytes())
    browser.do("import")
    return browser


def comment(who: int = 0, **fields: Any) -> Comment:
    """
    Return a comment on a category.
    """
    said = {"round": "2026Q4", "edition": "2.0.0", "element": KEY, **fields}
    return Comment(respondent=f"respondent{who:04}", **said)


def small(folder: Path, *comments: Comment) -> Browser:
    """
    Return a page of a few comments.
    """
    open_feedback(folder).append(comments)
    return Browser(folder)


def test_an_export_becomes_a_pack_in_three_actions(exports, tmp_path):
    """
    Choose the file, import, save; nothing is stored before the import.
    """
    browser = Browser(tmp_path / "f")
    assert "No feedback yet" in browser.page.shown
    html = browser.upload("form.csv", (exports / "form.csv").read_bytes())
    assert "all recognized" in html
    assert open_feedback(tmp_path / "f").comments().empty
    html = browser.do("import")
    assert "comments added" in html
    browser.do("pack", "md")
    (pack,) = browser.files.values()
    assert b"What stands out" in pack
    assert b"respondent.invalid" not in pack


def test_the_first_screen_is_what_needs_a_decision(filled):
    """
    Findings as cards, surest first, with the comments behind them.
    """
    html = filled.tab("findings")
    assert "What needs a decision" in html
    assert "found unclear" in html
    assert "Decide on" in html


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_shows_something_and_no_address(filled, tab):
    """
    Also with assessments, and nothing of any contact.
    """
    html = filled.tab(tab)
    assert "defect" not in html
    assert "respondent.invalid" not in html
    assert len(html) > 2_000


@pytest.mark.parametrize("tab", TABS)
def test_one_comment_is_enough_for_every_tab(tab, tmp_path):
    """
    Nothing to compute is no error, and texts of respondents stay texts.
    """
    browser = small(tmp_path / "f", comment(text=HOSTILE))
    html = browser.tab(tab)
    assert "defect" not in html
    assert "<img" not in html


def test_a_wrong_proposal_is_corrected_by_choices(tmp_path):
    """
    A column that nobody knows, and a word for a role.
    """
    browser = Browser(tmp_path / "f")
    form = "Wo?,Klar? (1-5),Rolle\nM.key-management,4,Chefin\nG,2,Chefin\n"
    html = browser.upload("form.csv", form.encode())
    assert "look at this" in html
    browser.do("map", "0.1=element")
    browser.do("map", "0.word.0=operator")
    browser.do("take_round", "2027Q1")
    browser.do("import")
    stored = open_feedback(tmp_path / "f").stored()
    assert [(c.element, c.role, c.round) for c in stored] == [
        (KEY, "operator", "2027Q1"),
        ("G", "operator", "2027Q1"),
    ]


def test_what_is_no_feedback_is_refused_and_nothing_is_stored(tmp_path):
    """
    By name, in every form that it comes.
    """
    browser = Browser(tmp_path / "f")
    for name, content in (("a.csv", b"Invoice,Amount\n1,2\n3,4\n"), ("b.txt", b"hello")):
        assert name in browser.upload(name, content)
    assert "nothing" in browser.do("paste", " ").casefold() or browser.page.shown
    browser.do("too_large", "c.csv")
    assert "c.csv" in browser.do("uploaded")
    assert open_feedback(tmp_path / "f").comments().empty


def test_a_submitted_file_and_a_pasted_thread_are_read(tmp_path):
    """
    JSON of respondents as it is; the text of a thread comment by comment.
    """
    browser = Browser(tmp_path / "f")
    browser.upload("submitted.json", dumps([comment(text=HOSTILE, clarity=1)]))
    browser.do("paste", f"jane wrote:\n{KEY}\n\nPlease say what an inventory has to list.")
    browser.do("import")
    texts = [c.text for c in open_feedback(tmp_path / "f").stored()]
    assert texts[0] == HOSTILE
    assert "inventory has to list" in texts[1]


def test_contacts_are_kept_only_if_that_is_wanted(exports, tmp_path):
    """
    Two pages, one box ticked.
    """
    form = b"Name,Email,Which part?,Comment\nAnna,a@b.example,G,words\nBob,,G,more\n"
    for folder, wish, n in (("no", "no", 0), ("yes", "yes", 2)):
        browser = Browser(tmp_path / folder)
        assert "contacts" in browser.upload("form.csv", form)
        browser.do("contacts", wish)
        browser.do("import")
        assert len(open_feedback(tmp_path / folder).contacts()) == n


def test_one_decision_is_recorded_for_several_comments(tmp_path):
    """
    And the next decision stands beside it.
    """
    said = [comment(i, text=f"words {i}") for i in range(3)]
    browser = small(tmp_path / "f", *said)
    form = [("comment", c.id) for c in said[:2]] + [("disposition", "accepted"), ("by", "chair")]
    assert "Recorded for 2" in browser.do("decide", urlencode(form))
    form = [("comment", said[0].id), ("disposition", "rejected"), ("by", "chair")]
    assert "reason" in browser.do("decide", urlencode(form))  # refused without one
    browser.do("decide", urlencode([*form, ("reason", "no")]))
    made = open_feedback(tmp_path / "f").decisions()
    history = made[made["comment"] == said[0].id]
    assert list(history["disposition"]) == ["accepted", "rejected"]
    assert "Tick at least one" in browser.do("decide", urlencode({"disposition": "accepted"}))


def test_a_finding_leads_to_the_comments_behind_it(filled):
    """
    They are ticked in the list of comments.
    """
    filled.tab("findings")
    html = filled.do("choose", "0")
    assert "checked" in html
    assert "Decide about the chosen comments" in html


def test_a_comment_is_split_and_its_parts_are_open(tmp_path):
    """
    At its blank line.
    """
    said = comment(text="one topic\n\nanother topic")
    browser = small(tmp_path / "f", said)
    browser.do("split", said.id)
    assert [c.text for c in open_feedback(tmp_path / "f").stored()[1:]] == [
        "one topic",
        "another topic",
    ]
    assert browser.tab("comments").count('name="comment"') == 2


def test_respondents_with_a_flag_are_left_out_and_count_again(tmp_path):
    """
    One who rates everything alike.
    """
    categories = ["G.compliance", "M.key-management", "O.automation", "R.sourcing"] * 3
    from pkimm_analytics.model import load_model

    keys = [*load_model("2.0.0").requirements][: len(categories)]
    said = [comment(9, element=key, clarity=1) for key in keys]
    browser = small(tmp_path / "f", *said, comment(1, clarity=4), comment(2, clarity=5))
    assert "straight-lining" in browser.tab("findings")
    assert "1 respondent is left out" in browser.do("leave_out", "straight-lining")
    assert "left out" not in browser.do("count_again")


def test_accepted_comments_are_issues_and_changes_of_weights(tmp_path):
    """
    And what may be published holds no text.
    """
    said = comment(text="SECRETWORD")
    browser = small(tmp_path / "f", said)
    form = {"comment": said.id, "disposition": "accepted", "field": "weight", "value": "5"}
    browser.do("decide", urlencode({**form, "by": "chair", "manner": "add"}))
    for what in ("issues", "weights", "public.json", "public.html"):
        browser.do("export", what)
    assert b"SECRETWORD" in browser.files["issues.md"]
    assert b"| 5 |" in browser.files["weights.md"]
    assert b"SECRETWORD" not in browser.files["feedback-2026Q4.html"]
    assert json.loads(browser.files["feedback-2026Q4.json"])["round"] == "2026Q4"


@needs_shared
def test_a_change_of_wording_is_a_diff_against_the_file_that_was_dropped(tmp_path):
    """
    Replacing the whole text needs the file, and the diff read; then a sentence is added.
    """
    said = comment(element=f"{KEY}.key-inventory", text="words")
    browser = small(tmp_path / "f", said)
    form = {"comment": said.id, "disposition": "accepted", "by": "chair", "field": "guidance"}
    form |= {"value": "Keys of test systems belong here.", "manner": "text"}
    assert "drop the model" in browser.do("decide", urlencode(form))
    path = SHARED / "pkimm" / "models" / "pkimm-model-2.0.0.yaml"
    browser.upload(path.name, path.read_bytes())
    browser.tab("comments")
    shown = browser.do("decide", urlencode(form))
    assert re.search(r"<pre>.*\+ +Keys of test systems.*</pre>", shown, re.DOTALL)
    assert "Nothing was decided yet" in shown
    assert open_feedback(tmp_path / "f").decisions().empty
    browser.do("decide", urlencode(form))
    assert open_feedback(tmp_path / "f").current()[said.id].manner == "text"
    browser.do("decide", urlencode({**form, "manner": "add"}))
    browser.do("export", "diff")
    diff = browser.files["wording.diff"].decode()
    assert "+" in diff
    assert [line for line in diff.splitlines() if line.startswith("-")][1:] == []


def test_rounds_and_editions_are_chosen(tmp_path):
    """
    The newest round is shown first; both of its editions are named.
    """
    said = [comment(1, clarity=1, round="2026Q3"), comment(2, clarity=1, edition="1.1.0")]
    browser = small(tmp_path / "f", *said, comment(3, clarity=5))
    assert "Feedback 2026Q4" in browser.page.shown
    assert "PKIMM 2.0.0 and 1.1.0" in browser.page.shown
    assert "Feedback 2026Q3" in browser.do("round", "2026Q3")


def test_the_page_and_the_pack_speak_german(filled):
    """
    No sentence of the English catalogue is left.
    """
    english, german = catalogue("en").words, catalogue("de").words
    shown = [filled.do("address", urlencode({"tab": tab, "language": "de"})) for tab in TABS]
    filled.do("pack", "md")
    filled.do("address", "language=en")
    shown.append(filled.files.pop("meeting-pack-2026Q4.md").decode().replace("\\", ""))
    own = {k: str(t) for k, t in english.items() if k.startswith("feedback.") and t != german[k]}
    for text in own.values():
        for part in filter(lambda part: len(part.split()) > 3, re.split(r"\{\w+\}", text)):
            assert all(part.strip() not in one for one in shown), part


def test_a_damaged_folder_is_a_message(tmp_path):
    """
    What was changed after it was written is found.
    """
    browser = small(tmp_path / "f", comment(text="x"))
    (part,) = (tmp_path / "f" / "comments").glob("*.jsonl")
    part.write_bytes(part.read_bytes() + b"{}\n")
    assert "damaged" in browser.tab("findings")
