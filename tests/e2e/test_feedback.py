"""
The working group's feedback page in a real browser: from form export to meeting pack.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.feedback import Comment, open_feedback
from pkimm_analytics.synthetic.feedback import simulate_feedback, write_feedback_round
from pkimm_analytics.workspace import Workspace

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> =1+1 😀 $x$ %{y}"
KEY = "M.key-management"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a folder with the form exports of an invented round.
    """
    folder = tmp_path_factory.mktemp("exports")
    write_feedback_round(simulate_feedback(respondents=60, seed=3), folder)
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a feedback place with two rounds, hostile texts and some assessments.
    """
    folder = tmp_path_factory.mktemp("filled") / "feedback"
    place = open_feedback(folder)
    for seed, name in enumerate(("2026Q3", "2026Q4")):
        invented = simulate_feedback(respondents=40, seed=seed)
        place.append(
            Comment(
                round=name,
                respondent=place.pseudonym(said["email"]),
                edition="2.0.0",
                **{k: v for k, v in said.items() if k not in {"email", "received"}},
            )
            for said in invented.answers
        )
    texts = [f"{HOSTILE} and more words on this, {n}" for n in range(3)]
    place.append(
        Comment(round="2026Q4", respondent=f"hostile{n}x", edition="2.0.0", element=KEY, text=text)
        for n, text in enumerate(texts)
    )
    for assessment in invented.assessments()[:35]:
        Workspace(folder).save(assessment)
    return folder


def open_page(page: Any, address: str) -> None:
    """
    Open the page and wait until it shows something.
    """
    page.set_default_timeout(120_000)  # heavy libraries are loaded before it shows
    page.goto(f"{address}voila/render/feedback.ipynb")
    page.wait_for_selector(".pk-sheet .pk-head h1")


def show(page: Any, tab: str) -> None:
    """
    Open a tab and wait for it.
    """
    page.get_by_role("navigation", name="Parts of this page").get_by_role("link", name=tab).click()
    page.locator(".pk-tabs a[aria-current=page]", has_text=tab).wait_for()


def serious(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return the findings of axe that keep somebody out.
    """
    return [finding for finding in findings if finding["impact"] in {"serious", "critical"}]


def test_a_form_export_becomes_a_meeting_pack_in_five_clicks(
    page: Any, voila_server: Callable[..., str], exports: Path, tmp_path: Path
) -> None:
    """
    Choose the file, import, open the menu, save: the fifth click is not needed.
    """
    open_page(page, voila_server(feedback=tmp_path / "feedback"))
    assert page.get_by_role("heading", name="No feedback yet").is_visible()
    page.locator("#pk-files").set_input_files(exports / "form.csv")
    page.get_by_text("all recognized").wait_for()
    page.get_by_role("button", name=re.compile(r"^Import \d+ comments")).click()
    page.get_by_text(re.compile(r"\d comments added")).wait_for()
    page.locator("#pk-menu-pack summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Pack, HTML").click()
    pack = Path(download.value.path()).read_text("utf-8")
    assert "for the working group only" in pack
    assert "respondent.invalid" not in pack


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tabs_are_for_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    voila_server: Callable[..., str],
    filled: Path,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Light wide and dark on a phone: no tab is cut off, keeps somebody out or runs a text.
    """
    width = "wide" if scheme == "light" else "phone"
    page = new_page(color_scheme=scheme)
    page.set_viewport_size({"width": 1280 if width == "wide" else 390, "height": 900})
    open_page(page, voila_server(feedback=filled))
    for tab in ("Findings", "Ratings", "Themes", "Comments"):
        show(page, tab)
        screenshot(page, f"feedback-{tab.lower()}-{scheme}", width)
        assert serious(axe(page)) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.title() != "owned"
    assert page.locator("img[src='x']").count() == 0


def test_a_decision_is_made_by_keyboard(
    page: Any, voila_server: Callable[..., str], filled: Path
) -> None:
    """
    Tick a comment, give a reason, record it; the text stays a text.
    """
    before = len(open_feedback(filled).decisions())
    open_page(page, voila_server(feedback=filled))
    show(page, "Comments")
    assert HOSTILE in page.locator(".pk-table").inner_text()
    page.locator("input[name=comment]").first.focus()
    page.keyboard.press("Space")
    page.get_by_label("Decision", exact=True).select_option("rejected")
    page.get_by_label("Reason").fill("Not about the model.")
    page.get_by_role("button", name="Record the decision").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Recorded for 1 comment:").wait_for()
    decisions = open_feedback(filled).decisions()
    assert len(decisions) == before + 1
    assert decisions.iloc[-1]["reason"] == "Not about the model."
