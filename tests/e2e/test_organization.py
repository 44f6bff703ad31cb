"""
The organization page in a real browser: bring something in, see it, take it away.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.assessment import Assessment, UseCase, not_applicable, rated
from pkimm_analytics.loaders.tabular import write_xlsx
from pkimm_analytics.loaders.web_tool import write_link
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import figure_text
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.workspace import Workspace
from tests.e2e.looks import overlapping, serious
from tests.official import CONFORMANCE

MODEL = load_model("2.0.0")
HOSTILE = "<img src=x onerror=alert(1)>"
OFFICIAL = CONFORMANCE / "workbook" / "full_complete_excel.xlsx"
CHART = ".pk-chart .js-plotly-plot .main-svg"


def hostile(assessment: Assessment) -> Assessment:
    """
    Give an assessment texts that would do something, a gap and something out of scope.
    """
    answers = {
        key: answer
        for key, answer in assessment.answers.items()
        if not key.startswith(("O.resilience.", "G.cryptography."))
    }
    answers["G.cryptography"] = not_applicable(HOSTILE)
    return assessment.replace(
        id="hostile",
        use_case=UseCase(name=f"{HOSTILE} $x$ <b>bold</b>"),
        period=assessment.period.replace(finish="2026-12-01"),
        answers=answers,
    ).with_caveat("invented", f"A caveat {HOSTILE}")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """
    Return a workspace with a history; the newest assessment has hostile texts.
    """
    workspace = Workspace(tmp_path_factory.mktemp("filled"))
    history = sample_history(3)
    for assessment in [*history, hostile(history[4])]:
        workspace.save(assessment)
    return workspace


@pytest.fixture
def no_dialog() -> Iterator[list[str]]:
    """
    Collect the dialogs that a page opened; there must be none.
    """
    opened: list[str] = []
    yield opened
    assert opened == []


def open_page(page: Any, address: str, *, has_charts: bool = True) -> None:
    """
    Open the organization page and wait until it shows something.
    """
    page.goto(f"{address}voila/render/organization.ipynb")
    page.wait_for_selector("#pk-list")
    if has_charts:
        page.wait_for_selector(CHART)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_an_assessment_to_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    voila_server: Callable[..., str],
    filled: Workspace,
    no_dialog: list[str],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Wide and on a phone, light and dark; a name that is a program stays a name.
    """
    page = new_page(color_scheme=scheme)
    page.on("dialog", lambda dialog: (no_dialog.append(dialog.message), dialog.dismiss()))
    open_page(page, voila_server(workspace=filled.folder))
    assert page.locator("#pk-result").inner_text().startswith(f"{HOSTILE} $x$ <b>bold</b>")
    assert page.locator("#pk-result .pk-badge").inner_text() == "synthetic"
    drawn = [box.locator(".js-plotly-plot").count() for box in page.locator(".pk-charts").all()]
    assert max(drawn) == 2  # the radar and the bars, in one row
    assert page.locator("img[src='x']").count() == 0
    assert serious(axe(page)) == []
    screenshot(page, f"organization-{scheme}", "wide")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function(
        "document.querySelector('.angular-axis')?.textContent.includes('StrategyPolicies')"
    )
    settled(page)
    screenshot(page, f"organization-{scheme}", "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert overlapping(page, ".pk-chart .js-plotly-plot") == []
    assert serious(axe(page)) == []


def settled(page: Any) -> None:
    """
    Wait until the charts look the same twice, half a second apart.
    """
    before = None
    for _ in range(40):
        now = page.evaluate(
            "[...document.querySelectorAll('.pk-chart text')].map((t) => t.textContent).join()"
        )
        if now == before:
            return
        before = now
        page.wait_for_timeout(500)


def test_an_empty_workspace_leads_on_and_takes_what_is_brought(
    page: Any,
    voila_server: Callable[..., str],
    axe: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    """
    A workbook and a link score as the command says; a bad file is kept aside.
    """
    workspace = Workspace(tmp_path / "workspace")
    open_page(page, voila_server(workspace=workspace.folder), has_charts=False)
    assert page.get_by_role("heading", name="Nothing here yet").is_visible()
    assert serious(axe(page)) == []
    upload_a_workbook(page, tmp_path)
    take_it_away(page, workspace, tmp_path)
    paste_a_link(page, tmp_path)
    bring_something_bad(page, workspace, tmp_path)


def upload_a_workbook(page: Any, folder: Path) -> None:
    """
    Choose a workbook and compare the page with ``pkimm score --json`` of the same file.
    """
    workbook = folder / "workbook.xlsx"
    answers = {key: rated(1 + n % 5) for n, key in enumerate(MODEL.categories)}
    own = write_xlsx([Assessment(id="own", model=MODEL.edition, answers=answers)])
    workbook.write_bytes(OFFICIAL.read_bytes() if OFFICIAL.exists() else own)
    page.get_by_label("Drop files here").set_input_files(workbook)
    page.get_by_text("1 assessment imported").wait_for()
    page.wait_for_selector(CHART)
    assert_same_figures(page, scores_of(workbook))


def assert_same_figures(page: Any, scores: dict[str, Any]) -> None:
    """
    Compare every figure of the page with the document that the command prints.
    """
    shown = {"overall": scores["overall"], **scores["modules"]}
    for key, figure in shown.items():
        place = page.locator(f"#pk-score-{key}")
        assert float(place.get_attribute("data-score")) == figure["score"]
        assert place.inner_text() == figure_text(figure["score"])
        words = place.locator("xpath=..").inner_text()
        assert f"level {figure['level']} {figure['name']}" in words
    rows = page.locator("#pk-categories tbody tr").all()
    assert len(rows) == len(scores["categories"])
    for row, figure in zip(rows, scores["categories"].values(), strict=True):
        cells = row.locator("th, td").all_inner_texts()
        level = "–" if figure["level"] is None else f"{figure['level']} {figure['name']}"
        assert cells[1:3] == [figure_text(figure["score"]), level]


def scores_of(source: Path | str) -> dict[str, Any]:
    """
    Return what the command prints for a source.
    """
    command = [sys.executable, "-m", "pkimm_analytics", "score", str(source), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def take_it_away(page: Any, workspace: Workspace, folder: Path) -> None:
    """
    Save the assessment and the table of the categories, and read both.
    """
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the assessment (JSON)").click()
    saved.value.save_as(folder / "saved.pkimm.json")
    (stored,) = workspace.stored()
    assert Assessment.loads((folder / "saved.pkimm.json").read_bytes()) == stored.assessment
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the categories (CSV)").click()
    saved.value.save_as(folder / "saved.csv")
    with (folder / "saved.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    shown = page.locator("#pk-categories tbody tr").count()
    assert len(rows) == shown
    assert {row["state"] for row in rows} <= {"rated", "unanswered", "not applicable"}


def paste_a_link(page: Any, folder: Path) -> None:
    """
    Paste a share link with the keyboard only.
    """
    answers = {key: rated(2 + n % 3) for n, key in enumerate(MODEL.categories)}
    link = write_link(Assessment(id="link", model=MODEL.edition, answers=answers), MODEL)
    field = page.get_by_label("Or paste a share link")
    field.fill(link)
    field.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("pasted text: 1 assessment imported").wait_for()
    (folder / "link.txt").write_text(link, encoding="utf-8")
    expected = scores_of(folder / "link.txt")
    page.wait_for_selector(f"#pk-score-overall[data-score='{expected['overall']['score']!r}']")
    assert_same_figures(page, expected)
    assert field.input_value() == ""
    assert page.locator("#pk-list-frame tbody tr").count() == 2


def bring_something_bad(page: Any, workspace: Workspace, folder: Path) -> None:
    """
    Choose a file that is no assessment; what was shown stays.
    """
    bad = folder / "holiday.xlsx"
    bad.write_bytes(b"PK\x03\x04 not a workbook")
    before = page.locator("#pk-score-overall").inner_text()
    page.get_by_label("Drop files here").set_input_files(bad)
    page.get_by_text("holiday.xlsx: nothing was imported").wait_for()
    assert page.get_by_text("Kept aside").is_visible()
    assert len(list(workspace.quarantined())) == 1
    assert page.locator("#pk-score-overall").inner_text() == before
    assert "Traceback" not in page.inner_text("body")


def test_an_assessment_can_be_looked_at_in_other_ways(
    page: Any, voila_server: Callable[..., str], filled: Workspace
) -> None:
    """
    Another assessment, zero for what is unanswered, and another edition: figures follow.
    """
    open_page(page, voila_server(workspace=filled.folder))
    figure = page.locator("#pk-score-overall")
    excluded = figure.inner_text()
    page.get_by_label("Count unanswered items as zero").check()
    page.wait_for_function(
        "before => document.querySelector('#pk-score-overall').textContent !== before",
        arg=excluded,
    )
    assert float(figure.inner_text()) < float(excluded)
    assert page.evaluate("document.activeElement.id") == "pk-zero"
    page.get_by_role("radio").last.check()
    page.wait_for_function(
        "document.querySelector('#pk-result').textContent.includes('2024') ||"
        " !document.querySelector('#pk-result').textContent.includes('img')"
    )
    page.get_by_label("Edition").select_option(label=f"carried to {MODEL.edition}")
    page.get_by_text("therefore unanswered: Cryptography").wait_for()
    cells = page.locator("#pk-categories tbody tr", has_text="Cryptography").all_inner_texts()
    assert "unanswered" in cells[0]
