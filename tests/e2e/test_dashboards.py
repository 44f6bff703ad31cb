from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

READY = "#rendered_cells:not([style*='none'])"


def test_the_first_page_lists_the_dashboards(
    page: Any, voila_server: Callable[..., str], axe: Callable[..., list[dict[str, Any]]]
) -> None:
    """
    Every dashboard is one link away from the address that the server prints.
    """
    page.goto(voila_server())
    assert page.get_by_role("link", name="Organization").is_visible()
    found = axe(page); assert found == [], found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dashboard_works_offline_and_for_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    voila_server: Callable[..., str],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Controls and charts appear without any other host, in light and dark, wide and narrow.
    """
    page = new_page(color_scheme=scheme)
    page.goto(voila_server() + "voila/render/organization.ipynb")
    page.wait_for_selector(READY)
    page.get_by_role("slider").first.wait_for()
    page.wait_for_selector(".js-plotly-plot .main-svg")
    assert page.title() == "Organization"
    assert page.locator("html").get_attribute("lang") == "en"
    screenshot(page, f"organization-{scheme}", "wide")
    found = axe(page); assert found == [], found
    screenshot(page, f"organization-{scheme}", "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
