"""
Progress and plan in a real browser: a long history, and a first assessment.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.planning import OVERALL, Target, cheapest_plan
from pkimm_analytics.planning.action_plans import action_plans, with_action_plans
from pkimm_analytics.planning.roadmap import Calendar, roadmap
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.workspace import Workspace
from tests.e2e.looks import overlapping, serious
from tests.e2e.test_organization import open_page

SIZES = ("wide", "phone")


def workspace_in(folder: Path, *, first: int, last: int, plan: bool = False) -> Workspace:
    """
    Return a workspace with a part of the sample history; the third may have a plan.
    """
    workspace = Workspace(folder)
    for place, assessment in enumerate(sample_history(3)[first:last]):
        adopted = assessment
        if plan and place == 2:
            cheapest = cheapest_plan(assessment, [Target(OVERALL, 4)])
            road = roadmap(assessment, cheapest, when=Calendar("2026-01-01", 3, 4))
            adopted = with_action_plans(assessment, action_plans(road))
        workspace.save(adopted)
    return workspace


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """
    Return five assessments over three editions, with action plans since the third.
    """
    return workspace_in(tmp_path_factory.mktemp("five"), first=0, last=5, plan=True)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """
    Return one assessment of one use case.
    """
    return workspace_in(tmp_path_factory.mktemp("single"), first=5, last=6)


def make_a_plan(page: Any) -> None:
    """
    Press the button and wait for the phases.
    """
    page.get_by_role("button", name="Make a plan").click()
    page.wait_for_selector("#pk-phases")


def shoot(page: Any, name: str, screenshot: Callable[..., Path]) -> None:
    """
    Look at the page wide and on a phone; no text of a chart lies on another.
    """
    for size in SIZES:
        screenshot(page, name, size)
        page.wait_for_timeout(1500)
        screenshot(page, name, size)
        assert overlapping(page, ".pk-progress-view .js-plotly-plot") == []


def test_five_assessments_over_three_editions_show_progress_and_plan(
    page: Any,
    voila_server: Callable[..., str],
    five: Workspace,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """
    Timeline, bridge, heatmap, phases and burn-down, each with a table that says the same.
    """
    open_page(page, voila_server(workspace=five.folder))
    page.wait_for_selector("#pk-tracking-words")
    make_a_plan(page)
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 7")
    assert page.locator("#pk-timeline tbody tr").count() == 5
    assert page.locator("#pk-bridge tbody tr").count() == 7
    assert "open" in page.locator("#pk-tracking-words").inner_text()
    words = page.locator("#pk-bridge-words").inner_text()
    page.get_by_label("From one assessment to the next").select_option(index=1)
    page.wait_for_function(
        "before => document.querySelector('#pk-bridge-words').textContent !== before", arg=words
    )
    assert "another edition" in page.locator("#pk-bridge-words").inner_text()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the dates (calendar)").click()
    saved.value.save_as(tmp_path / "plans.ics")
    assert (tmp_path / "plans.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert serious(axe(page)) == []
    shoot(page, "progress-five", screenshot)


def test_organizations_of_a_group_are_compared_and_a_plan_leaves_a_module_alone(
    page: Any,
    voila_server: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
) -> None:
    """
    One line and one row for each use case, when it is asked for; locks are boxes to check.
    """
    group = Workspace(tmp_path_factory.mktemp("group"))
    for seed in (3, 4):
        for one in sample_history(seed):
            group.save(one.replace(organization=one.organization.replace(parent="Example Group")))
    open_page(page, voila_server(workspace=group.folder))
    page.get_by_role("button", name="Compare all").click()
    page.wait_for_selector("#pk-portfolio-table")
    assert page.locator("#pk-portfolio-table tbody tr").count() >= 3
    page.locator("#pk-plan-more summary").click()
    page.get_by_label("Operations", exact=True).check()
    page.get_by_label("Overall score to reach").fill("4.5")
    make_a_plan(page)
    listed = page.locator("#pk-raises tbody tr").all_text_contents()
    assert listed
    assert not any("Monitoring" in text for text in listed)
    assert serious(axe(page)) == []
    shoot(page, "portfolio", screenshot)


def test_a_single_assessment_has_a_sensible_view(
    page: Any,
    voila_server: Callable[..., str],
    single: Workspace,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
) -> None:
    """
    One point, no bridge, a plan that can be made and kept, and the burn-down that follows.
    """
    open_page(page, voila_server(workspace=single.folder))
    page.get_by_text("One assessment so far").wait_for()
    assert page.locator("#pk-step").count() == 0
    page.get_by_label("Overall score to reach").fill("six")
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_text("expected a number from 1 to 5").wait_for()
    page.get_by_label("Overall score to reach").fill("3,5")
    make_a_plan(page)
    page.get_by_role("button", name="Keep them in this assessment").click()
    page.wait_for_selector("#pk-tracking-words")
    (stored,) = single.stored()
    assert stored.assessment.action_plans
    assert serious(axe(page)) == []
    shoot(page, "progress-single", screenshot)
