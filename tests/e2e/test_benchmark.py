"""
The benchmark page in a real browser: look, choose, share, save, and compare one's own.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pkimm_analytics.assessment import Organization
from pkimm_analytics.audit.artifacts import Secrets, scan_file
from pkimm_analytics.cli import app
from pkimm_analytics.loaders.web_tool import write_link
from pkimm_analytics.model import load_model
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.workspace import Workspace
from tests.benchmark.made import made_release
from tests.e2e.test_organization import overlapping, serious
from tests.loaders.invented_workbook import LEVELS, SLOT_OF, full_workbook
from tests.official import CONFORMANCE
from tests.widgets.test_benchmark_page import counts_of

MODEL = load_model("2.0.0")
MINE = sample_history(3)[4].replace(
    organization=Organization(name="Secret Ltd", sector="L-finance", size="5000-49999"),
)
OFFICIAL = CONFORMANCE / "workbook" / "full_complete_excel.xlsx"
CHART = ".pk-benchmark-chart .js-plotly-plot"
# Returns the calls of plotly that draw what is seen, to be looked at later.
COUNT_DRAWINGS = """
() => {
  const called = [];
  for (const name of ["newPlot", "react", "redraw", "relayout", "toImage"]) {
    const real = Plotly[name];
    Plotly[name] = (...all) => {
      if (all[0].closest(".pk-chart")) called.push(name);
      return real(...all);
    };
  }
  return called;
}
"""
# Counts in `unseen` what is drawn outside of the chart.
COUNT_UNSEEN = """
window.unseen = new Set();
new MutationObserver(() => {
  for (const one of document.querySelectorAll("body > div > .plot-container")) {
    if (!one.closest(".pk-chart")) window.unseen.add(one);
  }
}).observe(document, { childList: true, subtree: true });
"""
VIEWS = ("steps", "quartiles", "groups", "gaps", "trend", "levels")


@pytest.fixture(scope="module")
def counts() -> dict[str, dict[tuple[str, ...], dict[str, Any]]]:
    """
    Return the counts behind two releases, by quarter.
    """
    return {"2026Q2": counts_of(100), "2026Q3": counts_of(200)}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, counts: dict[str, Any]) -> Path:
    """
    Return a folder of two synthetic releases.
    """
    folder = tmp_path_factory.mktemp("releases")
    for quarter, known in counts.items():
        made_release(folder, known, tier=100, quarter=quarter, synthetic=True)
    return folder


@pytest.fixture(scope="module")
def address(
    voila_server: Callable[..., str], releases: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """
    Start the dashboards on them, and return the address of the page.
    """
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    workspace.save(MINE)
    server = voila_server(workspace=workspace.folder, release=releases)
    return f"{server}voila/render/benchmark.ipynb"


def open_page(page: Any, address: str) -> None:
    """
    Open the page and wait for its first chart.
    """
    page.goto(address, wait_until="commit")
    page.wait_for_selector(f"{CHART} .main-svg", timeout=120_000)
    page.wait_for_selector("#pk-mine-form, #pk-mine-again")


def choose(page: Any, work: Callable[[], Any]) -> None:
    """
    Do something, and wait until the sentence beside the chart is another one.
    """
    before = page.locator("#pk-sentence").inner_text()
    work()
    page.wait_for_function(
        "before => document.querySelector('#pk-sentence').innerText !== before", arg=before
    )
    page.wait_for_selector(f"{CHART} .main-svg")


def in_address(page: Any, text: str) -> None:
    """
    Wait until the address has a text behind #.
    """
    page.wait_for_function("text => location.hash === text", arg=text)


def title_of(page: Any) -> str:
    """
    Return the title of the chart that is shown.
    """
    return str(page.locator(f"{CHART} .gtitle").first.text_content())


def fits(page: Any, width: int) -> bool:
    """
    Whether nothing is wider than the page.
    """
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def test_a_visitor_looks_chooses_shares_and_saves(
    page: Any,
    address: str,
    counts: dict[str, Any],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """
    With the keyboard alone, a drawing for each choice; what is saved or shown passes the audit.
    """
    page.add_init_script(COUNT_UNSEEN)
    open_page(page, address)
    page.wait_for_function("n => window.unseen.size === n", arg=len(VIEWS) - 1)
    page.wait_for_function("() => !document.querySelector('body > div > .plot-container')")
    assert page.get_by_role("heading", level=1).inner_text() == "PKI maturity benchmark"
    for words in ("Synthetic data.", "2026Q3", "500-999", "How to read this"):
        assert page.get_by_text(words).first.is_visible()
    assert title_of(page) == "Levels, all organizations"
    assert serious(axe(page)) == []
    screenshot(page, "benchmark-landing", "wide")
    assert fits(page, 1280)

    page.locator("#pk-pick-sector").focus()
    choose(page, lambda: page.keyboard.type("Finance"))
    in_address(page, "#sector=finance")
    assert page.evaluate("document.activeElement.id") == "pk-pick-sector"
    assert "(100-249 organizations)" in page.locator("#pk-group").inner_text()
    drawings = page.evaluate_handle(COUNT_DRAWINGS)
    choose(page, page.locator("#pk-view-gaps").click)
    for sector in ("public", "finance"):
        choose(page, lambda: page.locator("#pk-pick-sector").select_option(sector))  # noqa: B023
    assert drawings.json_value() == ["newPlot", "react", "react"]
    assert page.locator(".modebar-btn").count() == 0
    for view in VIEWS:
        page.locator(f"#pk-view-{view}").focus()
        choose(page, lambda: page.keyboard.press("Enter"))
        page.wait_for_timeout(400)
        assert page.evaluate("document.activeElement.id") == f"pk-view-{view}"
        assert page.locator("#pk-benchmark-table tbody tr").count() > 1
        assert overlapping(page, CHART) == []
        screenshot(page, f"benchmark-{view}", "wide")

    page.locator("#pk-pick-sector").select_option("education")
    page.get_by_text("Which of the two is not said").last.wait_for()
    page.locator("#pk-reset").press("Enter")
    in_address(page, "")

    columns = [found for known in counts.values() for found in levels_behind(known)]
    secrets = Secrets(words=["Secret Ltd"], columns=columns)
    for name, button in (("csv", "CSV"), ("png", "PNG"), ("svg", "SVG")):
        with page.expect_download() as saved_:
            page.get_by_role("button", name=button).first.click()
        path = tmp_path / saved_.value.suggested_filename
        saved_.value.save_as(path)
        assert path.name == f"benchmark-2026Q3-levels.{name}"
        assert scan_file(path.name, path.read_bytes(), secrets) == []
    assert (tmp_path / "benchmark-2026Q3-levels.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert "<svg" in (tmp_path / "benchmark-2026Q3-levels.svg").read_text("utf-8")
    table = (tmp_path / "benchmark-2026Q3-levels.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(table.splitlines()))
    assert [row["name"] for row in rows][:2] == ["Overall", "Strategy and vision"]
    figure = page.evaluate(
        "sel => { const c = document.querySelector(sel);"
        " return JSON.stringify([c.data, c.layout]); }",
        CHART,
    )
    assert scan_file("figure.json", figure.encode(), secrets) == []
    page.evaluate("document.querySelector('.pk-mine').remove()")  # the visitor's own workspace
    body = page.evaluate("document.querySelector('main').outerHTML")
    assert scan_file("page.html", body.encode(), secrets) == []


def levels_behind(known: dict[tuple[str, ...], dict[str, Any]]) -> list[Any]:
    """
    Return the levels of everybody that a release was made from, measure by measure.
    """
    everybody = next(iter(known.values()))
    return [np.repeat(np.arange(1, 6), levels) for levels in everybody.values()]


def test_an_address_brings_back_what_was_shown_on_a_phone_in_the_dark(
    new_page: Callable[..., Any],
    address: str,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
) -> None:
    """
    Peer group, view and level; every view fits 390 pixels.
    """
    page = new_page(color_scheme="dark", viewport={"width": 390, "height": 900})
    open_page(page, f"{address}#sector=finance&view=groups&by=sector&level=4")
    page.wait_for_function(
        "document.querySelector('#pk-view-groups').getAttribute('aria-pressed') === 'true'"
    )
    assert page.locator("#pk-pick-sector").input_value() == "finance"
    assert page.locator("#pk-level").input_value() == "4"
    in_address(page, "#sector=finance&view=groups&level=4&by=sector")
    for view in ("groups", *VIEWS):
        if page.locator(f"#pk-view-{view}").get_attribute("aria-pressed") == "false":
            choose(page, page.locator(f"#pk-view-{view}").click)
        page.wait_for_timeout(600)
        screenshot(page, f"benchmark-{view}-dark", "phone")
        assert fits(page, 390)
        assert overlapping(page, CHART) == []
    assert serious(axe(page)) == []


def benchmark_json(source: Path, releases: Path) -> dict[str, Any]:
    """
    Return what the command prints about the newest release.
    """
    newest = releases / max(path.name for path in releases.iterdir())
    arguments = ["benchmark", str(source), "--release", str(newest), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def agrees(page: Any, expected: dict[str, Any]) -> None:
    """
    Every row of the page says what the command says.
    """
    assert page.locator("#pk-mine-ladder").inner_text() == expected["cohort"]["sentence"]
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in page.locator("#pk-mine-table tbody tr").all()
    }
    scored = [m for m in expected["measures"].values() if m["own"]["level"] is not None]
    listed = [m for m in scored if m["kind"] in {"overall", "category"}]
    assert len(rows) >= len(listed) > 5
    for one in listed:
        own, _, position, rank, n = rows[one["name"]]
        score = float(own.split(",")[0])
        assert score == pytest.approx(one["own"]["score"], abs=0.01)
        assert own.endswith(f"level {one['own']['level']}")
        assert position == one["position"]["text"]
        assert n == (one["peers"]["n"] if one["peers"] else "")
        if one["position"]["rank"]:
            value, low, high = (float(text) for text in re.findall(r"\d+", rank))
            told = one["position"]["rank"]
            assert value == pytest.approx(told["value"], abs=0.51)
            assert (low, high) == pytest.approx(tuple(told["interval"]), abs=1)
            assert low <= told["interval"][0] + 1e-6
            assert high >= told["interval"][1] - 1e-6


def test_my_organization_from_a_link_and_from_workbooks_stands_where_the_command_says(
    page: Any,
    address: str,
    releases: Path,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """
    Nothing of it is in the address; forgetting it takes it off the page.

    A link that cannot be read stays in the field, to be mended.
    """
    open_page(page, address)
    link = write_link(MINE, MODEL)
    (tmp_path / "link.txt").write_text(link)
    field = page.get_by_label("Or paste a share link")
    compare_it = page.get_by_role("button", name="Compare", exact=True)
    field.fill(link[:60])
    compare_it.click()
    page.wait_for_selector(".pk-mine .pk-bad")
    assert field.input_value() == link[:60]
    field.fill(link)
    compare_it.click()
    page.wait_for_selector("#pk-mine-overall")
    assert page.locator("#pk-mine-paste").input_value() == ""
    agrees(page, benchmark_json(tmp_path / "link.txt", releases))
    assert "#" not in page.url
    assert serious(axe(page)) == []
    screenshot(page, "benchmark-mine", "wide")
    assert overlapping(page, CHART) == []
    screenshot(page, "benchmark-mine", "phone")
    assert fits(page, 390)
    page.set_viewport_size({"width": 1280, "height": 900})

    invented = tmp_path / "invented.xlsx"
    levels = {id_: LEVELS[place % 5] for place, id_ in enumerate(SLOT_OF)}
    invented.write_bytes(full_workbook(levels))
    workbooks = [invented, OFFICIAL] if OFFICIAL.exists() else [invented]
    for workbook in workbooks:
        before = page.locator("#pk-mine-name").inner_text()
        page.locator("#pk-mine-again summary").click()
        page.locator("#pk-mine-file").set_input_files(workbook)
        page.wait_for_function(
            "before => document.querySelector('#pk-mine-name')?.innerText !== before", arg=before
        )
        agrees(page, benchmark_json(workbook, releases))
    page.emulate_media(media="print")
    cut = "one => one.scrollHeight > one.clientHeight + 1"
    assert not page.evaluate(f"[...document.querySelectorAll('.pk-scroll')].some({cut})")
    assert not page.locator("#pk-save-csv").is_visible()
    page.emulate_media(media="screen")

    page.locator("#pk-forget").click()
    page.wait_for_selector("#pk-mine-form")
    assert page.locator("#pk-mine-overall").count() == 0
