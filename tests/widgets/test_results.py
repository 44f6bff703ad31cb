"""Home and Results without a browser."""

import io

import openpyxl
import pytest

from pkimm_analytics.assessment import Assessment, UseCase
from pkimm_analytics.feedback import comment_of, open_feedback
from pkimm_analytics.scoring import figure_text, score
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.views.plan import n_steps
from pkimm_analytics.views.words import catalogue
from pkimm_analytics.widgets.home import HomePage
from pkimm_analytics.widgets.results import ResultsPage
from pkimm_analytics.workspace import Workspace
from tests.widgets.driving import Driver

HOSTILE = "<img src=x onerror=alert(1)>"
HISTORY = sample_history(3)
WORDS = catalogue().words


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with one history."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    place = Workspace(tmp_path / "w")
    for assessment in HISTORY:
        place.save(assessment)
    return place


def test_home_shows_each_use_case_with_its_newest_score(workspace):
    """
    And leads on to its result.
    """
    newest = HISTORY[-1]
    shown = Driver(HomePage(workspace.folder)).page.shown
    assert figure_text(score(newest).overall.value) in shown
    assert f"assessment={newest.id}" in shown


def test_an_empty_workspace_says_what_to_do(tmp_path):
    """
    No dead end on any page.
    """
    assert "assess.ipynb" in Driver(HomePage(tmp_path / "none")).page.shown
    assert "home.ipynb" in Driver(ResultsPage(tmp_path / "none")).page.shown


def test_what_is_dropped_is_imported_and_its_result_is_opened(tmp_path):
    """
    A file that cannot be read is named with its reasons, and the good one is there.
    """
    drive = Driver(HomePage(tmp_path))
    drive("upload", "a.pkimm.json", content=HISTORY[0].dumps())
    drive("uploaded", "1")
    assert [m["go"] for m in drive.sent if "go" in m] == [
        f"results.ipynb#assessment={HISTORY[0].id}"
    ]
    drive("upload", "b.csv", content=b"nothing,known\n1,2\n")
    drive("uploaded", "1")
    assert "b.csv" in drive.said or "nothing" in drive.said
    assert len(Workspace(tmp_path).files()) == 1


@pytest.mark.parametrize("tab", ["overview", "categories", "progress", "plan", "data", "nonsense"])
def test_every_part_shows_the_figures_of_the_package(workspace, tab):
    """
    The overall score, and no figure that is none.
    """
    chosen = HISTORY[2]
    shown = Driver(ResultsPage(workspace.folder), f"assessment={chosen.id}&tab={tab}").page.shown
    assert chosen.use_case.name in shown
    assert figure_text(score(chosen).overall.value) in shown
    for wrong in (">nan<", ">inf<", ">None<"):
        assert wrong not in shown


def test_texts_of_users_stay_texts(workspace):
    """
    In names, notes and captions.
    """
    chosen = HISTORY[2].replace(id="hostile", use_case=UseCase(name=HOSTILE))
    chosen = chosen.with_caveat("invented", HOSTILE)
    workspace.save(chosen)
    for tab in ("overview", "categories", "progress", "plan", "data"):
        drive = Driver(ResultsPage(workspace.folder), f"assessment=hostile&tab={tab}")
        assert "<img" not in drive.page.shown
    assert "<img" not in Driver(HomePage(workspace.folder)).page.shown


@pytest.mark.parametrize("form", ["json", "xlsx", "csv", "yaml", "link"])
def test_the_assessment_is_saved_in_every_format(workspace, form):
    """
    JSON is what is stored, byte for byte.
    """
    drive = Driver(ResultsPage(workspace.folder), f"assessment={HISTORY[0].id}")
    drive("export", form)
    (content,) = drive.files.values()
    if form == "json":
        assert Assessment.loads(content) == HISTORY[0]
    if form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_report_is_saved_from_the_page_that_shows_the_result(workspace, form):
    """
    With the assessment before, if that is wanted.
    """
    drive = Driver(ResultsPage(workspace.folder), f"assessment={HISTORY[4].id}")
    drive("report", f"kind=assessment&form={form}&language=en&compares=on")
    (content,) = drive.files.values()
    assert b"previous assessment" in content


def test_answers_are_mapped_to_another_edition_and_counted_as_zero(workspace):
    """
    The address keeps both.
    """
    drive = Driver(ResultsPage(workspace.folder), f"assessment={HISTORY[0].id}&tab=data")
    other = HISTORY[-1].model
    assert other.digest != HISTORY[0].model.digest
    drive("move", other.digest, "edition")
    drive("zero", "yes")
    assert drive.page.address["edition"] == other.digest
    assert drive.page._chosen().scores.unanswered == "zero"


def test_a_plan_is_made_kept_and_saved(workspace):
    """
    Its phases begin today, and what is kept stands with the assessment.
    """
    drive = Driver(ResultsPage(workspace.folder), f"assessment={HISTORY[0].id}&tab=plan")
    drive(
        "make_plan", "target=4&start=2030-01-01&months=3&phases=2&effort=1,2,3,5&capacity=&needs="
    )
    assert "2030" in drive.page.shown
    for form in ("csv", "ics", "md"):
        drive("save_plan", form)
    assert len(drive.files) == 3
    drive("keep_plan")
    stored = Assessment.loads(workspace.find(HISTORY[0].id).read_bytes())
    assert stored.action_plans
    drive("make_plan", "target=9&start=x&months=3&phases=2&effort=1&capacity=&needs=")
    assert drive.said.count(":") >= 3


def test_what_changed_between_two_dates_adds_up(workspace):
    """
    The parts on the page are those of the package.
    """
    drive = Driver(ResultsPage(workspace.folder), f"assessment={HISTORY[4].id}&tab=progress")
    assert 'id="changed"' in drive.page.shown
    first = drive("move", "0", "step")
    assert first != drive("move", "2", "step")


def test_the_first_page_names_reports_that_are_due_until_they_are_made(workspace):
    """
    A report of the newest assessment, and no other one, takes it off the list.
    """
    newest = HISTORY[-1]
    home = Driver(HomePage(workspace.folder))
    assert f"<b>2</b> <span>{WORDS['home.due']}" in home.page.shown
    for one in (HISTORY[0], newest):
        Driver(ResultsPage(workspace.folder), f"assessment={one.id}")("report", "kind=self&form=md")
        n = 2 if one is HISTORY[0] else 1
        assert f"<b>{n}</b> <span>{WORDS['home.due']}" in home("address")


def test_a_use_case_is_renamed_archived_and_brought_back(workspace):
    """
    From pages alone; nothing is deleted.
    """
    results = Driver(ResultsPage(workspace.folder), f"assessment={HISTORY[-1].id}&tab=data")
    results("rename", "Smart cards")
    renamed = [one.assessment.use_case.name for one in workspace.stored()].count("Smart cards")
    assert renamed == [a.use_case.name for a in HISTORY].count(HISTORY[-1].use_case.name)
    results("archive")
    assert len(workspace.files()) == len(HISTORY) - 1
    home = Driver(HomePage(workspace.folder))
    assert f'data-value="{HISTORY[-1].id}"' in home.page.shown
    home("restore", HISTORY[-1].id)
    assert len(workspace.files()) == len(HISTORY)


def test_a_group_reports_on_all_its_use_cases(workspace):
    """
    With every newest score, in the chosen language.
    """
    home = Driver(HomePage(workspace.folder), "language=de")
    home("portfolio", "form=md&language=de")
    (content,) = home.files.values()
    shown = figure_text(score(HISTORY[-1]).overall.value).replace(".", ",")
    assert shown in content.decode()


@pytest.mark.parametrize("page", [HomePage, ResultsPage])
def test_pages_speak_the_chosen_language(workspace, page):
    """
    What they say is of the catalogue, whichever language was chosen.
    """
    drive = Driver(page(workspace.folder), "language=de&tab=plan")
    german = catalogue("de")
    name = "plan.make" if page is ResultsPage else "link.new"
    assert german.word(name) in drive.page.shown
    assert drive.sent[-2]["frame"]["pages"]["home"] == german.word("page.home")
    assert catalogue().word(name) in drive("address", "language=xx&tab=plan")


def test_the_round_of_the_working_group_is_on_the_first_page(workspace, tmp_path):
    """
    With the texts that nobody decided about, of the newest round.
    """
    folder = open_feedback(tmp_path / "f")
    about = {"respondent": "a" * 26, "element": "model", "edition": "2.0.0", "kind": "idea"}
    folder.append(
        comment_of({**about, "round": name, "text": text})
        for name, text in (("2026Q1", "old"), ("2026Q2", "one"), ("2026Q2", "two"))
    )
    assert folder.undecided() == ("2026Q2", 2)
    shown = Driver(HomePage(workspace.folder, feedback=tmp_path / "f")).page.shown
    assert catalogue().word("home.round", round="2026Q2") in shown


def test_a_plan_has_as_many_steps_wherever_it_is_counted(workspace):
    """
    A step is one level of one element: on the overview, in the plan, and in its phases.
    """
    address = f"assessment={HISTORY[2].id}"
    drive = Driver(ResultsPage(workspace.folder), address)
    total = n_steps(drive.page._chosen().plan.raises)
    assert catalogue().word("text.steps_reach", n=total) in drive.page.shown
    drive("address", f"{address}&tab=plan")
    (road,) = drive.page._roads.values()
    assert total == sum(n_steps(phase.raises) for phase in road.phases)
    assert f"{total} steps" in drive.page.shown
