"""
The frame around every dashboard, tried with a page of one control and one chart.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
READY = "#rendered_cells:not([style*='none'])"
CELLS = (
    nbformat.v4.new_markdown_cell("# One control and one chart"),
    nbformat.v4.new_code_cell(
        """\
import ipywidgets as widgets
import plotly.graph_objects as go

level = widgets.IntSlider(value=3, min=1, max=5, description="Level")
chart = widgets.Output()

def draw(_change=None):
    figure = go.Figure(go.Bar(x=["Governance"], y=[level.value]))
    figure.update_layout(title="Level by module", yaxis={"range": [0, 5], "title": "Level"})
    data = {"application/vnd.plotly.v1+json": figure.to_plotly_json()}
    chart.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

level.observe(draw, "value")
draw()
display(level, chart)
"""
    ),
    nbformat.v4.new_code_cell("secret = 'a secret'\nraise ValueError(secret)"),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, voila_server: Callable[..., str]) -> str:
    """
    Serve one small page with the settings and the frame of the real dashboards.
    """
    folder = tmp_path_factory.mktemp("frame")
    shutil.copytree(DASHBOARDS / "jupyter", folder / "jupyter")
    shutil.copy(DASHBOARDS / "voila.json", folder)
    notebook = nbformat.v4.new_notebook(cells=list(CELLS[:2]), metadata={"title": "A small page"})
    nbformat.write(notebook, folder / "home.ipynb")
    failing = nbformat.v4.new_notebook(cells=list(CELLS))
    nbformat.write(failing, folder / "failing.ipynb")
    return voila_server(dashboards=folder)


def open_small_page(page: Any, address: str) -> None:
    """
    Open the page and wait for its control and its chart.
    """
    page.goto(address + "voila/render/home.ipynb")
    page.wait_for_selector(READY)
    page.get_by_role("slider").wait_for()
    page.wait_for_selector(".js-plotly-plot .main-svg")


def test_the_first_address_leads_to_the_first_page(
    page: Any, address: str, axe: Callable[..., list[dict[str, Any]]]
) -> None:
    """
    And every page is one link away from there.
    """
    page.goto(address)
    page.wait_for_url("**/home.ipynb")
    page.wait_for_selector(READY)
    assert page.locator(".pk-bar nav a").count() == 5
    assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dashboard_works_offline_and_for_everyone(
    scheme: str,
    new_page: Callable[..., Any],
    address: str,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    Controls and charts appear without any other host, in light and dark, wide and narrow.
    """
    page = new_page(color_scheme=scheme)
    open_small_page(page, address)
    assert page.title() == "A small page"
    assert page.locator("html").get_attribute("lang") == "en"
    screenshot(page, f"frame-{scheme}", "wide")
    assert axe(page) == []
    screenshot(page, f"frame-{scheme}", "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []


def test_a_control_answers_to_the_keyboard(page: Any, address: str) -> None:
    """
    The first tab reaches the skip link; an arrow key moves the slider and the chart.
    """
    open_small_page(page, address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.get_by_role("slider", name="Level").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot')?.data?.[0]?.y?.[0] === 4", timeout=20_000
    )


def test_a_page_shows_neither_its_code_nor_its_errors(page: Any, address: str) -> None:
    """
    What went wrong is for the log of the server, not for whoever looks at the page.
    """
    page.goto(address + "voila/render/failing.ipynb")
    page.wait_for_selector(READY)
    page.get_by_text("There was an error").wait_for()
    assert "a secret" not in page.content()
    assert "IntSlider(" not in page.inner_text("body")


def test_the_browser_is_told_to_stay_here(page: Any, address: str, watch: Any) -> None:
    """
    Even a dashboard that tried could not load anything from another host.
    """
    answer = page.goto(address + "voila/render/home.ipynb")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    blocked = "fetch('https://example.org/').then(() => 'sent', () => 'blocked')"
    assert page.evaluate(blocked) == "blocked"
    assert watch.outside == []
    assert all("Content Security Policy" in error for error in watch.errors)
    watch.errors.clear()
