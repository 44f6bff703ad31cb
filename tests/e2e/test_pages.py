"""
The pages in a real browser: Home, Assess and Results, for everyone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.assessment import Assessment, UseCase
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import figure_text, score
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.views.words import catalogue
from pkimm_analytics.workspace import Workspace
from tests.e2e.looks import overlapping, serious, width

HISTORY = sample_history(3)
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
STATES = {
    "home": "home.ipynb",
    "start": "assess.ipynb",
    "questions": "assess.ipynb#assessment={id}&step=G",
    "scope": "assess.ipynb#assessment={id}&step=scope",
    "finish": "assess.ipynb#assessment={id}&step=finish",
    "overview": "results.ipynb#assessment={id}",
    "categories": "results.ipynb#assessment={id}&tab=categories",
    "progress": "results.ipynb#assessment={id}&tab=progress",
    "plan": "results.ipynb#assessment={id}&tab=plan",
    "form": "feedback_form.ipynb",
    "data": "results.ipynb#assessment={id}&tab=data",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """
    Return a workspace with a history; the newest assessment has hostile texts.
    """
    workspace = Workspace(tmp_path_factory.mktemp("filled"))
    for assessment in HISTORY:
        workspace.save(assessment)
    newest = HISTORY[4].replace(id="hostile", use_case=UseCase(name=HOSTILE))
    workspace.save(newest.with_caveat("invented", HOSTILE))
    return workspace


def open_page(page: Any, address: str) -> None:
    """
    Open a page and wait until it shows something.
    """
    page.goto(address)
    page.wait_for_selector(".pk-sheet h1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_for_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    voila_server: Callable[..., str],
    filled: Workspace,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Wide and on a phone; no text on another, no page wider than the screen.
    """
    base = voila_server(workspace=filled.folder) + "voila/render/"
    page = new_page(color_scheme=scheme)
    for name, state in STATES.items():
        open_page(page, base + state.format(id="hostile"))
        assert serious(axe(page)) == [], name
        for size, pixels in (("wide", 1280), ("phone", 390)):
            screenshot(page, f"{name}-{scheme}", size)
            assert width(page) <= pixels, (name, size)
            assert overlapping(page) == [], (name, size)
    assert page.title() != "owned"


def test_a_newcomer_goes_from_nothing_to_a_report_and_a_contribution_by_keyboard(
    page: Any, voila_server: Callable[..., str], tmp_path: Path
) -> None:
    """
    Fields, number keys and Enter are enough; what is stored is what was chosen.
    """
    workspace = Workspace(tmp_path / "w")
    open_page(page, voila_server(workspace=workspace.folder))
    page.get_by_role("link", name="New assessment").press("Enter")
    page.get_by_label("Name of the use case").fill("Internal TLS")
    page.get_by_label("Sector").select_option("D-energy")
    page.get_by_label("Employees").select_option("250-999")
    page.get_by_label("Country").fill("Germany")
    page.get_by_role("button", name="Begin").press("Enter")
    model = load_model()
    for number, key in enumerate(model.categories, 1):
        place = page.locator(f"#q-{key.replace('.', '-')}")
        place.locator("input").first.focus()
        page.keyboard.press("3")
        page.get_by_text(f"{number} of {len(model.categories)} questions rated").wait_for()
        last = (
            model.categories[key]
            is model.modules[[m.id for m in model.modules].index(key[0])].categories[-1]
        )
        if last:
            page.locator(".pk-links .pk-primary").press("Enter")
    (path,) = workspace.files()
    stored = Assessment.loads(path.read_bytes())
    assert {answer.level for answer in stored.answers.values()} == {3}
    page.get_by_role("link", name="Finish", exact=True).press("Enter")
    page.get_by_role("link", name="See the result").press("Enter")
    page.get_by_text(figure_text(score(stored).overall.value)).first.wait_for()
    page.locator("summary", has_text="Report").press("Enter")
    page.get_by_label("Format").select_option("html")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the report").press("Enter")
    assert b"Internal TLS" in Path(saved.value.path()).read_bytes()


def test_a_file_is_dropped_and_its_result_is_shown(
    page: Any, voila_server: Callable[..., str], tmp_path: Path
) -> None:
    """
    From a chosen file to its result without another click.
    """
    place = tmp_path / "one.pkimm.json"
    place.write_bytes(HISTORY[2].dumps())
    open_page(page, voila_server(workspace=tmp_path / "w"))
    page.set_input_files("#pk-files", place)
    page.wait_for_url("**/results.ipynb#assessment=*")
    page.get_by_text(figure_text(score(HISTORY[2]).overall.value)).first.wait_for()


def test_an_answer_is_there_after_the_kernel_was_lost(
    page: Any, voila_server: Callable[..., str], tmp_path: Path
) -> None:
    """
    A reload of the address goes on where it stopped.
    """
    open_page(page, voila_server(workspace=tmp_path / "w") + "voila/render/assess.ipynb")
    page.get_by_label("Name of the use case").fill("TLS")
    page.get_by_role("button", name="Begin").click()
    page.locator(".pk-question").first.get_by_text("4 Managed").click()
    page.get_by_text("1 of 16 questions rated").wait_for()
    page.reload()
    page.get_by_text("1 of 16 questions rated").wait_for()


def test_use_cases_are_sorted_and_pages_speak_the_chosen_language(
    page: Any, voila_server: Callable[..., str], filled: Workspace
) -> None:
    """
    By a heading of the table; the language stays when another page is opened.
    """
    open_page(page, voila_server(workspace=filled.folder))
    scores = page.locator("#cases tbody tr td:nth-child(3)")
    heading = page.get_by_role("button", name="Score", exact=True)
    for order in ("ascending", "descending"):
        heading.press("Enter")
        assert page.locator("#cases th[aria-sort]").get_attribute("aria-sort") == order
        shown = scores.all_text_contents()
        assert shown == sorted(shown, reverse=order == "descending")
    german = catalogue("de").word
    page.locator(".pk-language").select_option("de")
    page.get_by_role("heading", name=german("home.title"), level=1).wait_for()
    page.get_by_role("link", name=german("page.results"), exact=True).click()
    page.get_by_role("link", name=german("tab.plan"), exact=True).wait_for()
