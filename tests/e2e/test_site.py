"""
The published site in a real browser: from a folder and from a web server below a path.
"""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.loaders.tabular import write_xlsx
from pkimm_analytics.scoring import figure_text, score
from pkimm_analytics.site import find_releases, publish_site
from pkimm_analytics.synthetic import sample_history
from tests.e2e.test_organization import serious
from tests.loaders.invented_web_tool import link_2, off, rating
from tests.loaders.invented_workbook import full_workbook
from tests.site.cases import BY_SCRIPT, differing, encoded, texts, workbooks
from tests.site.released import CATEGORY

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
LINK = link_2(
    {
        "G.strategy-and-vision": rating(4),
        "G.cryptography": rating(2),
        CATEGORY: rating(1),
        "R.sourcing": off(),
    }
)
WORKBOOK = full_workbook(
    {f"{category}.{number}": "Managed" for category in ("G.1", "M.5") for number in (1, 2, 3)}
)
PAGES = ("method.html", "releases.html", "data.html", "embed.html")


@pytest.fixture(scope="module")
def site(site_releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return the folder of a published site.
    """
    return publish_site([site_releases], tmp_path_factory.mktemp("web") / "deep" / "site").folder


@pytest.fixture(scope="module")
def newest(site_releases: Path) -> Path:
    """
    Return the release that the site shows.
    """
    return find_releases([site_releases])[-1]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """
    Serve files and write nothing.
    """

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """
        Keep the output of the tests clean.
        """


@pytest.fixture(scope="module")
def addresses(site: Path) -> Iterator[dict[str, str]]:
    """
    Return where the site is: as files, and on a server below a path.
    """
    root = site.parent.parent
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = site.relative_to(root).as_posix()
        yield {
            "file": f"{site.as_uri()}/",
            "server": f"http://127.0.0.1:{server.server_address[1]}/{path}/",
        }
        server.shutdown()


def go(page: Any, address: str) -> None:
    """
    Open a page of the site and wait until its charts are drawn.
    """
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    page.wait_for_selector("#all-categories svg")


def paste(page: Any, link: str) -> None:
    """
    Paste a share link and compare.
    """
    page.locator("#own-text").fill(link)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_selector(".own-card")


def by_command(source: Path, release: Path, cohort: str) -> dict[str, Any]:
    """
    Return what `pkimm benchmark --json` prints.
    """
    arguments = ["benchmark", str(source), "--release", str(release), "--cohort", cohort, "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def in_page(page: Any) -> dict[str, Any]:
    """
    Return the comparison that the page holds, as the document that it saves.
    """
    found: dict[str, Any] = page.evaluate("pkimm.comparisonDocument(pkimm.mine)")
    return found


def differences(one: Any, other: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """
    List what differs; ends of 95 % intervals may be rounded outward by a thousandth.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key, "-"), other.get(key, "-"), f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{place}/{index}")
    elif isinstance(one, float | int) and isinstance(other, float | int):
        rounded = 0.1 if "/rank/" in place else 0.001
        allowed = rounded + 1e-6 if "/interval/" in place else 1e-9
        if abs(one - other) > allowed:
            yield place, one, other
    elif one != other:
        yield place, one, other


def overflow(page: Any) -> int:
    """
    Return by how many pixels the page is wider than its window.
    """
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(width))


# --- reading and comparing -------------------------------------------------------------------


@pytest.mark.parametrize("where", ["file", "server"])
def test_open_filter_and_overlay_from_a_share_link(
    page: Any,
    addresses: dict[str, str],
    newest: Path,
    where: str,
    tmp_path: Path,
    screenshot: Callable[..., Path],
) -> None:
    """
    A visitor understands the landing view, narrows it, and sees the command line's numbers.
    """
    go(page, addresses[where] + "index.html")
    shown = page.locator("main").inner_text()
    for words in ("PKI Maturity Model", "100–249", "2026 Q3", "Bars are shares", "withheld"):
        assert words in shown
    assert page.get_by_role("note", name="Invented data").is_visible()
    option = page.get_by_role("radio", name="Finance and insurance")
    assert "–" in page.locator("label.option", has=option).locator(".count").inner_text()
    option.check()
    assert page.evaluate("location.hash") == "#sector=finance"
    assert "Finance and insurance" in page.locator("#cohort-line").inner_text()
    paste(page, LINK)
    source = tmp_path / "link.txt"
    source.write_text(LINK)
    told = by_command(source, newest, "sector=finance")
    found = in_page(page)
    for part in ("release", "cohort", "edition", "measures", "notes"):
        assert list(differences(told[part], found[part], part)) == []
    assert told["measures"]["overall"]["own"]["level"] == 2
    assert "2." in page.locator(".own-score .big").inner_text()
    assert page.locator("#one-measure .own").count() == 1
    assert page.locator("#ranks").is_visible()
    # Nothing of it is in the address or in the browser's memory for later.
    assert page.evaluate("location.hash") == "#sector=finance"
    assert page.evaluate("location.search + document.cookie") == ""
    if where == "server":
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    else:
        screenshot(page, "site-mine", "wide")
        screenshot(page, "site-mine", "phone")
    page.get_by_role("button", name="Remove my assessment").click()
    assert page.locator(".own").count() == 0
    assert page.evaluate("pkimm.mine") is None


def test_overlay_from_a_workbook_and_from_a_document(
    page: Any, addresses: dict[str, str], newest: Path, tmp_path: Path
) -> None:
    """
    The official full workbook, and a full assessment of this project with its profile.
    """
    go(page, addresses["file"] + f"index.html#show={CATEGORY}")
    document = next(one for one in sample_history(3) if one.mode == "full")
    for name, content in (("book.xlsx", WORKBOOK), ("one.pkimm.json", document.dumps())):
        source = tmp_path / name
        source.write_bytes(content)
        page.locator("#own-file").set_input_files(source)
        page.wait_for_selector(".own-card")
        told, found = by_command(source, newest, "all"), in_page(page)
        for part in ("cohort", "edition", "measures", "notes"):
            assert list(differences(told[part], found[part], part)) == [], name
        page.get_by_role("button", name="Remove my assessment").click()
    assert page.locator("#requirements svg").count() == 1


def test_every_source_scores_in_the_browser_as_in_python(
    page: Any, addresses: dict[str, str]
) -> None:
    """
    Exact fractions, states and counts, from workbooks too; the same sources are refused.
    """
    go(page, addresses["file"] + "index.html")
    sources = texts() | workbooks()
    assert differing(sources, page.evaluate(BY_SCRIPT, encoded(sources))) == {}


def test_of_a_table_the_newest_assessment_counts_and_a_cut_table_is_refused(
    page: Any, addresses: dict[str, str], tmp_path: Path
) -> None:
    """
    The page says how many there are; it never compares with a part of a table.
    """
    go(page, addresses["file"] + "index.html")
    history = list(sample_history(3))
    source = tmp_path / "table.xlsx"
    source.write_bytes(write_xlsx(history))
    page.locator("#own-file").set_input_files(source)
    page.wait_for_selector(".own-card")
    assert "the newest is compared" in page.locator("#own-result").text_content()
    newest = max(history, key=lambda one: one.date or "")
    assert newest.mode == "full"
    shown = page.locator(".own-score .big").inner_text()
    assert shown == figure_text(float(score(newest).overall.value))
    many = [newest.replace(id=f"assessment-{n}") for n in range(30)]
    source.write_bytes(write_xlsx(many))
    page.locator("#own-file").set_input_files(source)
    page.wait_for_selector(".refused")
    assert "too many rows" in page.locator(".refused").inner_text()


def test_hostile_texts_in_a_file_are_inert(
    page: Any, addresses: dict[str, str], tmp_path: Path
) -> None:
    """
    Names, keys and messages of a file never become markup, and are not repeated.
    """
    hostile = {HOSTILE: rating(3), "constructor": rating(1), "__proto__": rating(1)}
    record = {"dataVersion": "2.0.0", "name": HOSTILE, "assessmentName": HOSTILE}
    record["progress"] = {CATEGORY: {**rating(4), "notes": HOSTILE}, **hostile}
    source = tmp_path / "hostile<img>.json"
    contents = {".own-card": record, ".refused": {"dataVersion": HOSTILE, "progress": {}}}
    for outcome, content in contents.items():
        source.write_text(json.dumps(content))
        go(page, addresses["file"] + "index.html")
        title = page.title()
        page.locator("#own-file").set_input_files(source)
        page.wait_for_selector(outcome)
        page.wait_for_timeout(200)
        assert page.locator("main img, main script").count() == 0
        assert "onerror" not in page.locator("#own-panel").inner_text()
        assert page.title() == title


# --- the address, the keyboard, downloads --------------------------------------------------------


def test_a_view_is_restored_from_its_address(page: Any, addresses: dict[str, str]) -> None:
    """
    A link to a view shows it again; what is withheld or unknown is relaxed, and said.
    """
    address = addresses["file"] + "index.html"
    go(page, f"{address}#sector=finance&show={CATEGORY}&level=4&by=size")
    assert page.get_by_role("radio", name="Finance and insurance").is_checked()
    assert "Key management" in page.locator("#one-measure h3").inner_text()
    assert "by size" in page.locator("#cohorts h3").inner_text()
    assert "level 4" in page.locator("#gaps h3").inner_text()
    go(page, f"{address}#sector=finance&region=europe&show=constructor&level=9&x=<b>")
    assert "Not narrowed by" not in page.locator("#gaps").inner_text()
    assert page.get_by_role("radio", name="Finance and insurance").is_checked()
    assert "The peers here" in page.locator(".said").first.inner_text()


def test_withheld_options_are_explained_and_cannot_be_chosen(
    page: Any, addresses: dict[str, str]
) -> None:
    """
    They look the same whether nobody or too few are in the group.
    """
    go(page, addresses["file"] + "index.html#sector=health")
    held = page.locator("label.option.held")
    assert held.count() > 0
    assert held.first.locator(".count").inner_text() == "withheld"
    assert held.first.locator("input").is_disabled()
    assert "needed to protect another" in page.locator("#peers .why").inner_text()


def test_everything_works_from_the_keyboard(page: Any, addresses: dict[str, str]) -> None:
    """
    Skip to the content, choose peers with the arrows, open a table, compare.
    """
    go(page, addresses["file"] + "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("input[name=peers-size]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("location.hash").startswith("#size=")
    page.locator("#gaps summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#gaps table").is_visible()
    page.locator("#own-text").focus()
    page.keyboard.insert_text(LINK[:-40])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".refused")
    page.keyboard.press("Shift+Tab")
    assert page.locator("#own-text").input_value() == LINK[:-40]
    page.keyboard.press("End")
    page.keyboard.insert_text(LINK[-40:])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".own-card")
    assert page.locator("#own-text").input_value() == ""


def test_charts_and_the_comparison_are_saved(
    page: Any, addresses: dict[str, str], tmp_path: Path
) -> None:
    """
    A table as CSV, a drawing as SVG that stands alone and as PNG, the comparison as JSON.
    """
    go(page, addresses["file"] + "index.html")
    paste(page, LINK)
    saved = {}
    for place, name in (
        ("#all-categories", "CSV"),
        ("#all-categories", "SVG"),
        ("#one-measure", "PNG"),
        ("#own-panel", "Save as JSON"),
    ):
        with page.expect_download() as download:
            page.locator(place).get_by_role("button", name=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        saved[name] = path.read_bytes()
    table = saved["CSV"].decode("utf-8-sig").splitlines()
    assert table[0].startswith("Measure,Organizations,Level 1")
    assert len(table) == 4
    assert b"<script" not in saved["SVG"]
    assert b'fill="rgb(' in saved["SVG"]
    assert b"Key management" in saved["SVG"]
    assert b"class=" not in saved["SVG"]
    assert saved["PNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert json.loads(saved["Save as JSON"]) == in_page(page)


def test_sentences_say_what_is_pooled_and_what_cannot_be_told_apart(
    page: Any, addresses: dict[str, str], tmp_path: Path
) -> None:
    """
    The largest and the smallest share are named with a doubt if chance explains both.
    """
    address = addresses["file"] + "index.html"
    go(page, f"{address}#sector=finance&by=size")
    pooled = "Self-assessments and independent ones are pooled."
    assert pooled in page.locator("#one-measure .words").inner_text()
    overlap = page.evaluate(
        """() => {
          const keys = pkimm.data.measures.filter((key) => key.includes("."));
          const found = keys.map((key) => pkimm.figures.distribution({sector: "finance"}, key));
          const shares = found.map((peers) => peers.atLeast(3));
          const sorted = shares.sort((a, b) => b.value - a.value);
          return sorted[0].low <= sorted.at(-1).high;
        }"""
    )
    words = page.locator("#all-categories .words").inner_text()
    assert ("not distinguishable" in words) == overlap
    assert "groups of all organizations, not of the chosen peers" in (
        page.locator("#cohorts .words").inner_text()
    )
    for place, cohort in (("#cohorts", "all organizations"), ("#gaps", "Finance and insurance")):
        with page.expect_download() as download:
            page.locator(place).get_by_role("button", name="SVG").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        source = path.read_text("utf-8").rsplit("<text", 1)[1]
        assert cohort in source
    go(page, f"{address}#assurance=self")
    assert page.evaluate("location.hash") == "#assurance=self"
    assert pooled not in page.locator("#one-measure .words").inner_text()


def test_on_paper_every_chart_and_whole_tables_are_printed(
    page: Any, addresses: dict[str, str]
) -> None:
    """
    Controls are left out, and no table ends where its frame would scroll.
    """
    go(page, addresses["file"] + f"index.html#show={CATEGORY}")
    page.evaluate("document.querySelectorAll('.as-table').forEach((one) => (one.open = true))")
    page.emulate_media(media="print")
    for place in ("one-measure", "requirements", "all-categories", "gaps", "cohorts", "trend"):
        assert page.locator(f"#{place} svg").first.is_visible()
    assert not page.locator("#pickers").is_visible()
    assert not page.get_by_role("button", name="CSV").first.is_visible()
    cut = "one => one.scrollHeight > one.clientHeight + 1"
    assert not page.evaluate(f"[...document.querySelectorAll('.scroll')].some({cut})")


# --- for everybody, everywhere ---------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_landing_view_is_accessible_and_fits(
    new_page: Callable[..., Any],
    addresses: dict[str, str],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
    scheme: str,
) -> None:
    """
    At both widths, with an own assessment and all tables open, in light and dark.
    """
    page = new_page(color_scheme=scheme, reduced_motion="reduce")
    go(page, addresses["file"] + f"index.html#sector=finance&show={CATEGORY}")
    paste(page, LINK)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    for size in ("wide", "phone"):
        screenshot(page, f"site-{scheme}", size)
        assert serious(axe(page)) == []
        assert overflow(page) <= 0


@pytest.mark.parametrize("name", PAGES)
def test_the_other_pages_are_accessible_and_fit(
    page: Any,
    addresses: dict[str, str],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[..., Path],
    name: str,
) -> None:
    """
    Method, releases, data, and the view for other sites.
    """
    page.goto(addresses["server"] + name)
    page.wait_for_load_state()
    for size in ("wide", "phone"):
        screenshot(page, f"site-{name.removesuffix('.html')}", size)
        assert serious(axe(page)) == []
        assert overflow(page) <= 0


def test_a_view_is_embedded_in_another_site(
    page: Any, addresses: dict[str, str], watch: Any
) -> None:
    """
    The documented frame shows the charts, although it may do nothing but run its scripts.
    """
    frame = (
        f'<iframe src="{addresses["server"]}embed.html#sector=finance" title="benchmark"'
        ' sandbox="allow-scripts allow-popups allow-downloads" width="600" height="900"></iframe>'
    )
    page.set_content(frame)
    inside = page.frame_locator("iframe")
    inside.locator("#all-categories svg").wait_for()
    assert "Finance and insurance" in inside.locator("#cohort-line").inner_text()
    inside.locator("#peers > summary").click()
    inside.get_by_role("radio", name="Public administration").check()
    assert "Public administration" in inside.locator("#cohort-line").inner_text()
    assert watch.findings() == []
    page.goto(addresses["server"] + "method.html")
    assert 'sandbox="allow-scripts allow-popups' in page.locator("pre").inner_text()
