"""
The benchmark page in Voila: the page of the site, with Python reading and comparing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.assessment import Organization
from pkimm_analytics.site import find_releases
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.workspace import Workspace
from tests.e2e.test_site import (
    LINK,
    by_command,
    differences,
    in_first_screen,
    overflow,
    paste,
    saved,
    serious,
)
from tests.loaders.invented_workbook import LEVELS, SLOT_OF, full_workbook
from tests.official import CONFORMANCE

MINE = sample_history(3)[4].replace(
    organization=Organization(name="Secret Ltd", sector="L-finance", size="5000-49999")
)
OFFICIAL = CONFORMANCE / "workbook" / "full_complete_excel.xlsx"


@pytest.fixture(scope="module")
def address(
    voila_server: Callable[..., str],
    site_releases: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """
    Start the dashboards on two releases and a workspace, and return the address of the page.
    """
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    workspace.save(MINE)
    server = voila_server(workspace=workspace.folder, release=site_releases)
    return f"{server}voila/render/benchmark.ipynb"


def open_page(page: Any, address: str) -> None:
    """
    Open the page and wait for its first chart.
    """
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#levels svg", timeout=120_000)


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 900, "light"), (390, 844, "dark")])
def test_the_first_screen_answers_and_everything_is_accessible(
    new_page: Callable[..., Any],
    address: str,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
    width: int,
    height: int,
    scheme: str,
) -> None:
    """
    Finding, peers, picture and the way to compare; choosing asks no kernel.
    """
    page = new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    open_page(page, address)
    for part in ("h1", "#peers", "#levels svg", "text=Compare mine >> visible=true"):
        assert in_first_screen(page, part), part
    assert "Invented data" in page.locator(".notice").first.inner_text()
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", sent.append))
    page.locator("#peers-sector").select_option("finance")
    page.locator("h1", has_text="Finance and insurance").wait_for()
    assert page.evaluate("location.hash") == "#sector=finance"
    assert sent == []
    assert serious(axe(page)) == []
    assert overflow(page) <= 0
    edge = page.locator("#mine .drop").bounding_box()
    for field in ("#own-stored", "#own-text"):
        box = page.locator(field).bounding_box()
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]
    screenshot(page, f"benchmark-{scheme}", "wide" if width > 400 else "phone")


def test_a_link_and_workbooks_stand_where_the_command_says(
    page: Any, address: str, site_releases: Path, tmp_path: Path, screenshot: Callable[..., Path]
) -> None:
    """
    Nothing of them is in the address, and what is wrong with one is said.
    """
    newest = find_releases([site_releases])[-1]
    open_page(page, f"{address}#sector=finance")
    page.locator("#own-text").fill(LINK[:60])
    page.get_by_role("button", name="Compare mine", exact=True).click()
    page.wait_for_selector("#mine .notice.bad")
    paste(page)
    link, invented = tmp_path / "link.txt", tmp_path / "invented.xlsx"
    link.write_text(LINK)
    levels = {id_: LEVELS[place % 5] for place, id_ in enumerate(SLOT_OF)}
    invented.write_bytes(full_workbook(levels))
    for source in [link, invented, *([OFFICIAL] if OFFICIAL.exists() else [])]:
        if source is not link:
            page.locator("#own-forget").click()
            page.locator("#own-file").set_input_files(source)
            page.wait_for_selector("#own-place")
        document = json.loads(saved(page, "#mine", "Save my comparison", tmp_path))
        told = by_command(source, newest, "sector=finance")
        assert list(differences(told, document)) == [], source.name
    assert page.evaluate("location.hash") == "#sector=finance"
    screenshot(page, "benchmark-mine", "wide")
    screenshot(page, "benchmark-mine", "phone")


def test_the_assessment_that_the_address_names_is_compared(page: Any, address: str) -> None:
    """
    With the peers of its own profile, as far as they are published.
    """
    open_page(page, f"{address}#assessment={MINE.id}")
    page.wait_for_selector("#own-place")
    assert "Secret Ltd" in page.locator("#mine").inner_text()
    assert page.locator("h1").inner_text().startswith("Finance and insurance")
    assert f"assessment={MINE.id}" in page.evaluate("location.hash")
    page.locator("#own-forget").click()
    page.wait_for_selector("#own-stored")
    assert "assessment" not in page.evaluate("location.hash")
