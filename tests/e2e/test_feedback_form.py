"""
The feedback form, alone and inside the questionnaire, in a real browser.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.feedback import Comment, open_feedback, read_comments

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> =1+1 😀 \u05e9\u05dc\u05d5\u05dd"
KEY = "M.key-management"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return the folder that all tests of this file store in.
    """
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture
def address(voila_server: Callable[..., str], workspace: Path) -> Callable[[str], str]:
    """
    Return ``address(name)``: where a dashboard is served.
    """
    base = voila_server(workspace=workspace)
    return lambda name: f"{base}voila/render/{name}.ipynb"


def stored(workspace: Path) -> list[Comment]:
    """
    Read the comments on disk.
    """
    return open_feedback(workspace / "feedback").stored()


def serious(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return the findings of axe that keep somebody out.
    """
    return [finding for finding in findings if finding["impact"] in {"serious", "critical"}]


def focused(page: Any) -> str:
    """
    Name what has the focus: its own name, or that of its label.
    """
    name: str = page.evaluate(
        """() => { const at = document.activeElement;
           const label = at.getAttribute('aria-label') || at.labels?.[0]?.textContent;
           return label || at.textContent }"""
    )
    return name.strip()


def tab_to(page: Any, name: str) -> None:
    """
    Press Tab until something of that name has the focus.
    """
    for _ in range(60):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} is not reached by Tab", pytrace=False)


def test_a_comment_is_given_changed_and_handed_in_by_keyboard(
    page: Any, address: Callable[[str], str], workspace: Path, tmp_path: Path
) -> None:
    """
    From the role to the file; what is on disk is what was chosen.
    """
    before = len(stored(workspace))
    page.goto(address("feedback_form"))
    page.get_by_label("What is it about?").wait_for()
    keys = page.keyboard
    tab_to(page, "Your role")
    keys.type("PKI op")
    tab_to(page, "What is it about?")
    keys.type("M1 Key")
    tab_to(page, "prefer not to say")  # the first scale, nothing chosen yet
    for _ in range(4):
        keys.press("ArrowLeft")
    assert focused(page) == "2, unclear"
    tab_to(page, "In your words")
    keys.type(HOSTILE)
    tab_to(page, "Save this comment")
    keys.press("Enter")
    page.get_by_text("Saved on this computer.").wait_for()
    assert focused(page) == "Save this comment"
    comment = stored(workspace)[before]
    assert (comment.role, comment.element, comment.clarity) == ("operator", KEY, 2)
    assert comment.text == HOSTILE

    tab_to(page, "Change the comment on M1 Key management")
    keys.press("Enter")
    page.get_by_text("You are changing an earlier comment").wait_for()
    assert focused(page) == "2, unclear"
    keys.press("ArrowRight")
    tab_to(page, "Save the changed comment")
    keys.press("Enter")
    page.get_by_text("Saved on this computer.").wait_for()
    tab_to(page, "Save the file to hand in")
    with page.expect_download() as download:
        keys.press("Enter")
    handed_in = tmp_path / "comments.json"
    download.value.save_as(handed_in)
    assert [(one.text, one.clarity) for one in read_comments(handed_in.read_bytes())[0]] == [
        (HOSTILE, 3)
    ]
    assert len(stored(workspace)) == before + 2
    assert page.title() != "owned"


def test_what_is_being_written_survives_a_reload_and_what_is_wrong_is_said(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path
) -> None:
    """
    The draft is in the tab; an empty comment and a number out of range are refused.
    """
    page.goto(address("feedback_form"))
    part = page.get_by_label("What is it about?")
    part.select_option("process")
    page.get_by_role("button", name="Save this comment").click()
    page.get_by_role("alert").get_by_text("says nothing").wait_for()
    page.get_by_label("Minutes that it took").fill("-5")
    page.get_by_label("In your words").fill("Long, but worth it.")
    page.get_by_role("button", name="Save this comment").click()
    page.get_by_text("minutes: expected a whole number").wait_for()
    page.reload()
    watch.errors[:] = [error for error in watch.errors if "/api/shutdown/" not in error]
    part.select_option("process")
    assert page.get_by_label("In your words").input_value() == "Long, but worth it."
    page.get_by_label("Minutes that it took").fill("95")
    page.get_by_role("button", name="Save this comment").click()
    page.get_by_text("Saved on this computer.").wait_for()
    assert stored(workspace)[-1].minutes == 95
    page.get_by_label("Withdraw the comment on The assessment process").click()
    page.locator(".pkf-comment", has_text="Long, but worth it.").wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_is_for_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    address: Callable[[str], str],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Wide and on a phone, light and dark; nobody is kept out and nothing is cut off.
    """
    page = new_page(color_scheme=scheme)
    page.goto(address("feedback_form"))
    page.get_by_label("What is it about?").select_option(KEY)
    page.get_by_label("Which part of it?").select_option(index=2)
    page.get_by_role("group", name="Is its weight right?").get_by_label("too low").check()
    page.get_by_role("button", name="Save this comment").click()
    page.get_by_text("Saved on this computer.").wait_for()
    page.get_by_text("May the working group ask you back?").click()
    for width in ("wide", "phone"):
        screenshot(page, f"feedback-form-{scheme}", width)
        assert serious(axe(page)) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
