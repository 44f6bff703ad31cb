"""
The organization page without a browser: actions go in, HTML and files come out.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

pytest.importorskip("anywidget")

from pkimm_analytics.assessment import (
    Assessment,
    ExtensionAnswers,
    Mode,
    Source,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.loaders.tabular import write_xlsx
from pkimm_analytics.model import Edition, load_extension, load_model
from pkimm_analytics.scoring import score
from pkimm_analytics.widgets import organization, page, score_parts, section
from pkimm_analytics.widgets.organization import OrganizationPage
from pkimm_analytics.widgets.section import Section
from pkimm_analytics.workspace import Workspace
from tests.strategies import assessments

MODEL = load_model("2.0.0")
HOSTILE = "<img src=x onerror=alert(1)>"


class Browser:
    """
    What the page in a browser would do: press, type, and keep what it is given.
    """

    def __init__(self, page: OrganizationPage) -> None:
        self.page = page
        self.files: dict[str, bytes] = {}
        self.answers: list[dict[str, Any]] = []
        for part in self.sections():
            part.send = self._take

    def sections(self) -> Iterator[Section]:
        """
        Return the parts of the page, from top to bottom.
        """
        return (child for child in self.page.children if isinstance(child, Section))

    def _take(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        if "save" in content:
            self.files[content["save"]] = buffers[0]
        else:
            self.answers.append(content)

    def do(self, action: str, value: str = "", content: bytes | None = None) -> None:
        """
        Do one thing, as the page reports it.
        """
        message = {"action": action, "value": value, "id": len(self.answers) + 1}
        next(self.sections())._receive(None, message, [memoryview(content)] if content else [])

    def upload(self, **files: bytes) -> None:
        """
        Choose files; underscores in their names stand for dots.
        """
        for name, content in files.items():
            self.do("upload", name.replace("_", "."), content)
        self.do("uploaded", str(len(files)))

    @property
    def html(self) -> str:
        """
        Return all HTML of the page.
        """
        return "".join(part.html for part in self.sections())


def self_assessment(level: int, name: str = "Invented", **fields: Any) -> Assessment:
    """
    Return a self-assessment with one level everywhere.
    """
    answers = dict.fromkeys(MODEL.categories, rated(level))
    return Assessment(
        model=MODEL.edition, use_case=UseCase(name=name), answers=answers, **{"id": "a", **fields}
    )


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Keep the editions of this machine's user out.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """
    Return an empty workspace.
    """
    return Workspace(tmp_path / "workspace")


def open_page(workspace: Workspace) -> Browser:
    """
    Open the page on a workspace.
    """
    return Browser(OrganizationPage(workspace.folder))


def test_an_empty_workspace_says_what_to_do(workspace: Workspace) -> None:
    """
    Nothing is created by looking, and the page names the ways in.
    """
    browser = open_page(workspace)
    assert "Nothing here yet" in browser.html
    assert "pkimm import" in browser.html
    assert not workspace.folder.exists()


def test_the_newest_assessment_is_shown_first(workspace: Workspace) -> None:
    """
    The later of two is chosen when the page opens.
    """
    workspace.save(self_assessment(2, id="a", updated="2025-01-01T00:00:00Z"))
    workspace.save(self_assessment(4, id="b", updated="2026-01-01T00:00:00Z"))
    browser = open_page(workspace)
    assert browser.page.scores is not None
    assert browser.page.scores.assessment.id == "b"
    assert 'data-score="4.0"' in browser.html


def test_another_assessment_can_be_chosen(workspace: Workspace) -> None:
    """
    Its figures replace those of the first; a name that is not there changes nothing.
    """
    workspace.save(self_assessment(2, id="a", updated="2025-01-01T00:00:00Z"))
    workspace.save(self_assessment(4, id="b", updated="2026-01-01T00:00:00Z"))
    browser = open_page(workspace)
    (older,) = (path.name for path in workspace.files() if "2025" in path.name)
    browser.do("choose", older)
    assert 'id="pk-score-overall" data-score="2.0"' in browser.html
    browser.do("choose", "../../elsewhere.pkimm.json")
    assert 'id="pk-score-overall" data-score="2.0"' in browser.html


def test_an_uploaded_file_is_stored_and_shown(workspace: Workspace) -> None:
    """
    The score on the page is the one that scoring gives for the same file.
    """
    assessment = self_assessment(3, id="up")
    assessment = assessment.replace(answers={**assessment.answers, "G.compliance": rated(5)})
    browser = open_page(workspace)
    browser.upload(table_xlsx=write_xlsx([assessment]))
    assert "1 assessment imported" in browser.html
    expected = score(assessment).overall.score
    assert f'id="pk-score-overall" data-score="{expected!r}"' in browser.html
    assert len(workspace.files()) == 1


def test_good_and_bad_files_of_one_upload_are_told_apart(workspace: Workspace) -> None:
    """
    The good one is stored, the bad one lies in quarantine and its problem is listed.
    """
    browser = open_page(workspace)
    browser.upload(bad_bin=b"\x00\x01\x02nonsense", good_json=self_assessment(3).dumps())
    assert "nothing was imported" in browser.html
    assert "1 assessment imported" in browser.html
    assert len(list(workspace.quarantined())) == 1
    assert "Kept aside" in browser.html
    assert browser.page.scores is not None


def test_pasted_text_is_read_and_the_field_emptied(workspace: Workspace) -> None:
    """
    The text of a file works like the file; an empty field is a message.
    """
    browser = open_page(workspace)
    browser.do("paste", "   ")
    assert "nothing in the field" in browser.html
    browser.do("paste", self_assessment(5).dumps().decode())
    assert "1 assessment imported" in browser.html
    assert {"clear": True} in browser.answers


def test_a_file_that_is_too_large_for_the_page_is_not_sent(workspace: Workspace) -> None:
    """
    The browser reports its name only, and the page says how to import it.
    """
    browser = open_page(workspace)
    browser.do("too-large", "huge.csv")
    browser.do("uploaded", "1")
    assert "pkimm import FILE" in browser.html


def test_text_of_users_stays_text(workspace: Workspace) -> None:
    """
    Names, reasons and caveats are shown as they were written and do nothing.
    """
    assessment = self_assessment(3, name=HOSTILE).with_caveat("c", HOSTILE)
    answers = {**assessment.answers, "R.awareness": not_applicable(HOSTILE)}
    workspace.save(assessment.replace(answers=answers))
    browser = open_page(workspace)
    browser.upload(**{HOSTILE: HOSTILE.encode()})
    assert "<img" not in browser.html
    assert browser.html.count("&lt;img") >= 5


def test_unanswered_items_can_be_counted_as_zero(workspace: Workspace) -> None:
    """
    Half of the weight at level 4 is 4, or 2 if the rest counts as zero.
    """
    answers = {"G.compliance": rated(4)}
    workspace.save(self_assessment(1).replace(answers=answers))
    browser = open_page(workspace)
    assert 'id="pk-score-overall" data-score="4.0"' in browser.html
    browser.do("zero", "yes")
    assert browser.page.scores is not None
    assert browser.page.scores.unanswered == "zero"
    assert 'id="pk-score-overall" data-score="4.0"' not in browser.html
    browser.do("zero", "no")
    assert 'id="pk-score-overall" data-score="4.0"' in browser.html


def test_an_assessment_can_be_carried_to_another_edition(workspace: Workspace) -> None:
    """
    1.0.0 has no cryptography, so that is unanswered in 2.0.0, and the page says so.
    """
    old = load_model("1.0.0")
    answers = dict.fromkeys(old.categories, rated(3))
    workspace.save(self_assessment(1).replace(model=old.edition, answers=answers))
    browser = open_page(workspace)
    browser.do("edition", MODEL.digest)
    assert browser.page.scores is not None
    assert browser.page.scores.model.version == "2.0.0"
    assert "Cryptography" in browser.html
    assert "therefore unanswered" in browser.html
    browser.do("edition", "sha256:unknown")
    assert browser.page.scores.model.version == "1.0.0"


def test_an_edition_that_is_not_installed_is_a_message(workspace: Workspace) -> None:
    """
    The assessment stays in the list, and the page says what is missing.
    """
    workspace.save(
        self_assessment(3).replace(
            model=Edition(version="9.9.9", digest="sha256:" + "0" * 64, requirements=1)
        )
    )
    browser = open_page(workspace)
    assert browser.page.scores is None
    assert "is not installed" in browser.html
    assert [chart.figure for chart in browser.page._charts] == ["", ""]


def test_a_damaged_file_of_the_workspace_is_listed_and_hides_nothing(workspace: Workspace) -> None:
    """
    The others are shown.
    """
    workspace.save(self_assessment(3))
    (workspace.assessments_folder / "damaged.pkimm.json").write_text("{")
    browser = open_page(workspace)
    assert "1 file(s) of the workspace cannot be read" in browser.html
    assert browser.page.scores is not None


def test_what_is_saved_is_what_is_shown(workspace: Workspace) -> None:
    """
    The JSON is the assessment; the CSV has a row for each category and no formula.
    """
    assessment = self_assessment(3, name="=1+1", updated="2026-01-01T00:00:00Z")
    workspace.save(assessment)
    browser = open_page(workspace)
    for action in ("save-json", "save-categories", "save-totals", "save-list"):
        browser.do(action)
    assert Assessment.loads(browser.files["2026-01-01.1-1.2.0.0.pkimm.json"]) == assessment
    text = browser.files["2026-01-01.1-1.2.0.0.categories.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["key"] for row in rows] == list(MODEL.categories)
    assert all(row["assessment"].startswith("'=1+1") for row in rows)
    listed = browser.files["assessments.csv"].decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(listed)))["use_case"] == "'=1+1"


def test_an_extension_has_its_own_part(workspace: Workspace) -> None:
    """
    Score, floor and weighted baseline stand beside each other, and the table can be saved.
    """
    pqc = load_extension("pqc")
    relevance = {"G.compliance": rated(1), "G.strategy-and-vision": rated(5)}
    extension = ExtensionAnswers(id="pqc", version=pqc.version, answers=relevance)
    workspace.save(self_assessment(4, extensions=(extension,)))
    browser = open_page(workspace)
    assert "Extension: " in browser.html
    assert "Floor score" in browser.html
    browser.do("save-extension", "pqc")
    (name,) = browser.files
    assert name.endswith(".extension-pqc.csv")
    browser.do("save-extension", "nothing")
    assert len(browser.files) == 2


def test_the_figure_of_the_source_is_shown_with_the_reason(workspace: Workspace) -> None:
    """
    Whoever knows the old figure finds out why the new one differs.
    """
    reason = {"code": "invented", "message": "An invented reason."}
    tool = {"overall": {"level": 2, "value": 2.5}, "modules": {}, "reasons": [reason]}
    workspace.save(self_assessment(4, source=Source(kind="workbook-full", tool=tool)))
    browser = open_page(workspace)
    assert "An invented reason." in browser.html
    assert '<td class="pk-number">2.50</td>' in browser.html


def test_invented_data_is_marked(workspace: Workspace) -> None:
    """
    Nobody mistakes a simulation for an organization.
    """
    workspace.save(self_assessment(3, id="s", synthetic=True))
    assert open_page(workspace).html.count('class="pk-badge"') == 2


def test_charts_are_data_for_plotly(workspace: Workspace) -> None:
    """
    Two figures; short labels where the page is narrow.
    """
    workspace.save(self_assessment(3))
    browser = open_page(workspace)
    radar, bars = (json.loads(chart.figure) for chart in browser.page._charts)
    assert radar["data"][0]["type"] == "scatterpolar"
    assert bars["data"][0]["type"] == "bar"
    browser.do("narrow", "yes")
    narrow = json.loads(browser.page._charts[0].figure)
    assert narrow["layout"]["height"] < radar["layout"]["height"]


def test_a_defect_is_a_message_and_the_log_names_no_answers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The page says that something failed, gets its answer, and the log names the place.
    """
    workspace.save(self_assessment(3, name="Secret name"))
    browser = open_page(workspace)

    def fail(*_: object, **__: object) -> None:
        raise KeyError("Secret name")

    monkeypatch.setattr(organization, "score", fail)
    with caplog.at_level(logging.ERROR, logger=section.LOG.name):
        browser.do("zero", "yes")
    assert page.DEFECT in browser.html
    assert "done" in browser.answers[-1]
    assert "KeyError" in caplog.text
    assert "Secret name" not in caplog.text


def test_a_message_that_is_no_action_is_ignored(workspace: Workspace) -> None:
    """
    The page and a widget of another version may say something else.
    """
    browser = open_page(workspace)
    before = browser.html
    for message in ("text", {}, {"action": "unknown"}, {"action": ["x"]}):
        next(browser.sections())._receive(None, message, [])
    assert browser.html == before


def test_everything_that_is_answered_ends_the_waiting(workspace: Workspace) -> None:
    """
    Each action gets the number that it came with.
    """
    browser = open_page(workspace)
    browser.do("reload")
    browser.do("choose", "nothing")
    assert browser.answers == [{"done": 1}, {"done": 2}]


class Balance(HTMLParser):
    """
    Checks that every element is closed where it should be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """
        Open an element.
        """
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in {"input", "br", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """
        Close one; it must be the innermost.
        """
        if tag != "rect":
            assert self.open.pop() == tag


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(assessment=assessments())
def test_every_valid_assessment_makes_a_sound_page(tmp_path: Path, assessment: Assessment) -> None:
    """
    Elements are closed, ids are unique, and no text became a handler.
    """
    page = Workspace(tmp_path / assessment.id)
    page.save(assessment)
    browser = open_page(page)
    parser = Balance()
    parser.feed(browser.html)
    assert parser.open == []
    assert parser.handlers == []
    assert len(parser.ids) == len(set(parser.ids))
    assert browser.page.scores is not None
    for chart in browser.page._charts:
        json.loads(chart.figure, parse_constant=pytest.fail)


def test_the_mode_is_named() -> None:
    """
    Self and full assessments are never mistaken for each other.
    """
    full = self_assessment(3).replace(mode=Mode.FULL)
    assert "full assessment" in score_parts.heading(full)
    assert "self-assessment" in score_parts.heading(self_assessment(3))
