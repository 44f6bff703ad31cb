"""
The working group's feedback page in a real browser: from form export to meeting pack.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.feedback import Comment, dumps, open_feedback
from pkimm_analytics.synthetic.feedback import simulate_feedback, write_feedback_round
from pkimm_analytics.workspace import Workspace

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> =1+1 😀 $x$ %{y}"
CHART = ".pk-chart .js-plotly-plot .main-svg"
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
    page.set_default_timeout(120_000)  # three heavy libraries are loaded before it shows
    page.goto(f"{address}voila/render/feedback.ipynb")
    page.wait_for_selector("#pk-view-title")


def show(page: Any, view: str) -> None:
    """
    Press the button of a view and wait for it.
    """
    page.get_by_role("navigation", name="Views").get_by_role("button", name=view).click()
    heading(page, view)


def heading(page: Any, view: str) -> None:
    """
    Wait until a view is shown.
    """
    page.wait_for_function(
        "view => document.querySelector('#pk-view-title')?.textContent.startsWith(view)", arg=view
    )


def serious(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return the findings of axe that keep somebody out.
    """
    return [finding for finding in findings if finding["impact"] in {"serious", "critical"}]


def test_a_form_export_becomes_a_meeting_pack_in_five_clicks(
    page: Any, voila_server: Callable[..., str], exports: Path, tmp_path: Path
) -> None:
    """
    Choose the file, import, open the meeting, save: the fifth click is not needed.
    """
    clicks: list[str] = []
    page.expose_function("countClick", lambda: clicks.append("click"))
    page.add_init_script("addEventListener('click', () => window.countClick(), true)")
    open_page(page, voila_server(feedback=tmp_path / "feedback"))
    assert page.get_by_role("heading", name="No feedback yet").is_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Drop form exports here").click()
    chooser.value.set_files(exports / "form.csv")
    page.get_by_text("all recognized").wait_for()
    page.get_by_role("button", name=re.compile(r"^Import \d+ comments")).click()
    page.get_by_text("comments added.").wait_for()
    show(page, "Meeting")
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    pack = Path(download.value.path()).read_text("utf-8")
    assert "For the working group only" in pack
    assert "respondent.invalid" not in pack
    assert len(clicks) <= 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_views_are_for_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    voila_server: Callable[..., str],
    filled: Path,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Light wide and dark on a phone: no view is cut off, keeps somebody out or runs a text.
    """
    width = "wide" if scheme == "light" else "phone"
    views = ["Ratings", "Texts", "Decide"]
    if scheme == "light":
        views += ["Overview", "Weights", "Questions", "Rounds"]
    page = new_page(color_scheme=scheme)
    page.set_viewport_size({"width": 1280 if width == "wide" else 390, "height": 900})
    open_page(page, voila_server(feedback=filled))
    page.wait_for_selector(CHART)
    for view in views:
        show(page, view)
        if view != "Decide":
            page.wait_for_selector(CHART)
        screenshot(page, f"feedback-{view.lower()}-{scheme}", width)
        assert serious(axe(page)) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.title() != "owned"
    assert page.locator("img[src='x']").count() == 0


def test_a_decision_is_made_by_keyboard(
    page: Any,
    voila_server: Callable[..., str],
    filled: Path,
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Choose a comment, give a reason, record it; the text stays a text.
    """
    before = len(open_feedback(filled).decisions())
    open_page(page, voila_server(feedback=filled))
    button = page.get_by_role("navigation", name="Views").get_by_role("button", name="Decide")
    button.focus()
    page.keyboard.press("Enter")
    heading(page, "Decide")
    page.wait_for_function("document.activeElement.id === 'pk-view-title'")
    page.locator("input[name=pk-comment]").first.focus()
    page.keyboard.press("Space")
    page.wait_for_selector("#pk-chosen")
    assert HOSTILE in page.locator(".pk-words").inner_text()
    page.get_by_label("Decision", exact=True).select_option("rejected")
    reason = page.get_by_label("Reason")
    reason.fill("Not about the model.")
    reason.press("Tab")
    screenshot(page, "feedback-decision", "wide")
    page.get_by_role("button", name="Record the decision").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Recorded: rejected.").wait_for()
    decisions = open_feedback(filled).decisions()
    assert len(decisions) == before + 1
    assert decisions.iloc[-1]["reason"] == "Not about the model."


def test_what_does_not_fit_is_said_and_can_be_mended(
    page: Any,
    voila_server: Callable[..., str],
    tmp_path: Path,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Wrong columns, other languages, formulas and a long text: choices mend what they can.
    """
    open_page(page, voila_server(feedback=tmp_path / "feedback"))
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    page.get_by_label("Drop form exports here").set_input_files(broken)
    page.get_by_text("Nothing was imported").wait_for()
    odd = tmp_path / "odd.csv"
    with odd.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["Frage 1", "何", "=SUM(A1)", HOSTILE])
        rows.writerows([[KEY, "4", "Kaiser", f"{HOSTILE} {'word ' * 3000} {n}"] for n in range(6)])
    page.get_by_label("Drop form exports here").set_input_files(odd)
    page.get_by_label("Column 2 holds").select_option("clarity")
    page.get_by_label("Column 3 holds").select_option("role")
    page.get_by_label("means").select_option("operator")
    screenshot(page, "feedback-column-map", "wide")
    assert serious(axe(page)) == []
    screenshot(page, "feedback-column-map", "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Import 6 comments").click()
    page.get_by_text("6 comments added.").wait_for()
    stored = open_feedback(tmp_path / "feedback").stored()
    assert {(one.clarity, one.role) for one in stored} == {(4, "operator")}
    assert page.title() != "owned"

    handed_in = tmp_path / "handed-in.json"
    handed_in.write_bytes(
        dumps(
            [
                Comment(
                    round="2026Q4",
                    respondent="somebody",
                    edition="2.0.0",
                    element=KEY,
                    text=HOSTILE,
                )
            ]
        )
    )
    page.get_by_label("Drop form exports here").set_input_files(handed_in)
    page.get_by_role("button", name="Import 1 comment").click()
    page.get_by_text("1 comment added.").wait_for()
