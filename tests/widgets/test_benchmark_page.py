"""
The benchmark page without a browser: releases go in, HTML, charts and files come out.
"""

from __future__ import annotations

import csv
import io
import json
import re
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("anywidget")

from pkimm_analytics.assessment import Organization, Period
from pkimm_analytics.audit.artifacts import scan_file
from pkimm_analytics.benchmark import compare, open_release
from pkimm_analytics.benchmark.comparison import rank_words
from pkimm_analytics.benchmark.series import open_series
from pkimm_analytics.loaders.tabular import write_csv
from pkimm_analytics.loaders.web_tool import write_link
from pkimm_analytics.model import load_model
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.widgets.address import VIEWS, View, view_from
from pkimm_analytics.widgets.benchmark import BenchmarkPage
from pkimm_analytics.widgets.section import PrivateSection, Section
from pkimm_analytics.workspace import Workspace
from tests.benchmark.made import EVERYBODY, PLAN, group, made_release

MEASURES = (*PLAN.categories, "overall")
MODEL = load_model("2.0.0")
HOSTILE = "<img src=x onerror=alert(1)>"
MINE = sample_history(3)[4].replace(
    organization=Organization(name=f"Secret Ltd {HOSTILE}", sector="L-finance", region="CZE"),
)


def drawn(seed: int, n: int) -> dict[str, Any]:
    """
    Draw counts of levels of every measure, for n contributors.
    """
    rng = np.random.default_rng(seed)
    return {m: rng.multinomial(n, rng.dirichlet([1, 3, 4, 2, 1])) for m in MEASURES}


def counts_of(seed: int) -> dict[tuple[str, ...], dict[str, Any]]:
    """
    Return counts of everybody and some groups; education is too small to be published.
    """
    counts: dict[tuple[str, ...], dict[str, Any]] = {
        EVERYBODY: drawn(seed, 640),
        group(sector="finance"): drawn(seed + 1, 130),
        group(sector="public"): drawn(seed + 2, 60),
        group(sector="education"): drawn(seed + 3, 7),
        group(region="europe"): drawn(seed + 4, 300),
        group(sector="finance", size="5000+"): drawn(seed + 5, 40),
    }
    counts[EVERYBODY] |= {r: np.array([60, 100, 200, 100, 40]) for r in PLAN.requirements}
    return counts


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a folder of two synthetic releases.
    """
    folder = tmp_path_factory.mktemp("releases")
    for quarter, seed in (("2026Q2", 100), ("2026Q3", 200)):
        made_release(folder, counts_of(seed), tier=100, quarter=quarter, synthetic=True)
    return folder


@pytest.fixture
def page(releases: Path) -> BenchmarkPage:
    """
    Return the page on them.
    """
    return BenchmarkPage(releases)


def html_of(page: BenchmarkPage) -> str:
    """
    Return the HTML of all public parts.
    """
    sections = (c for c in page.children if isinstance(c, Section))
    return "".join(c.html for c in sections)


def private_of(page: BenchmarkPage) -> PrivateSection:
    """
    Return the part about the reader's own organization.
    """
    return next(c for c in page.children if isinstance(c, PrivateSection))


def figure_of(page: BenchmarkPage) -> dict[str, Any] | None:
    """
    Return the chart that is shown.
    """
    return json.loads(page._chart.figure) if page._chart.figure else None


def do(page: BenchmarkPage, action: str, value: str = "", content: bytes | None = None) -> None:
    """
    Do one thing, as the page reports it.
    """
    own = {"upload", "paste", "mine", "peers", "forget", "save-mine", "too-large"}
    section = private_of(page) if action in own else page.children[0]
    message = {"action": action, "value": value, "id": 1}
    section._receive(None, message, [] if content is None else [content])


# --- what a visitor sees ------------------------------------------------------------------


def test_the_landing_view_says_what_it_is_how_many_and_how_to_read(page: BenchmarkPage) -> None:
    """
    Invented data is said first; the number of organizations is a band.
    """
    html = html_of(page)
    assert html.index("Synthetic data.") < html.index("PKI Maturity Model")
    for words in ("2026Q3", "500-999", "How to read this", "95 % intervals", "How this was made"):
        assert words in html
    assert page.view == View()
    figure = figure_of(page)
    assert figure is not None
    assert "release 2026Q3, synthetic" in figure["layout"]["title"]["subtitle"]["text"].replace(
        "<br>", " "
    )


def test_every_choice_says_its_band_before_it_is_taken(page: BenchmarkPage) -> None:
    """
    A withheld one is in the list without a number; a combination without a table says so.
    """
    options = dict(re.findall(r'value="([^"]+)"[^>]*>([^<]+)</option>', html_of(page)))
    assert options["finance"] == "Finance and insurance · 100-249"
    assert options["education"] == "Education · withheld"
    do(page, "pick-sector", "finance")
    options = dict(re.findall(r'value="([^"]+)"[^>]*>([^<]+)</option>', html_of(page)))
    assert options["europe"].endswith("not in combination")


def test_a_withheld_group_is_explained_without_a_count(page: BenchmarkPage) -> None:
    """
    The nearest published group takes its place; small and protecting look the same.
    """
    do(page, "pick-sector", "education")
    html = html_of(page)
    assert "Which of the two is not said" in html
    assert "Not narrowed by sector" in html
    group_part = page._sections["group"].html
    assert not re.search(r"\b7\b", group_part)
    assert page.view.cohort == {"sector": "education"}
    do(page, "pick-region", "asia")
    assert "finer tables would show few" in html_of(page) or "not said" in html_of(page)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("narrow", ["no", "yes"])
def test_every_view_has_a_chart_a_sentence_and_a_table(
    view: str, narrow: str, page: BenchmarkPage
) -> None:
    """
    Wide and on a phone; the audit of artifacts finds nothing in the chart or the page.
    """
    do(page, "narrow", narrow)
    do(page, "pick-sector", "finance")
    do(page, "view", view)
    figure = figure_of(page)
    assert figure is not None
    html = html_of(page)
    assert re.search(r'id="pk-sentence" role="status">[^<]{30,}', html)
    assert html.count("<tr>") > 2
    assert scan_file("chart.json", json.dumps(figure).encode()) == []
    assert scan_file("page.html", html.encode()) == []
    assert not {"customdata", "hovertext", "ids"} & {key for t in figure["data"] for key in t}


def test_the_other_views_are_rehearsed_when_the_page_is_shown(page: BenchmarkPage) -> None:
    """
    The browser draws each once, as it will be asked for, so that the first choice is as fast.
    """
    assert page._chart.rehearsal == []
    do(page, "shown")
    rehearsed = [json.loads(text) for text in page._chart.rehearsal]
    others = []
    for view in [view for view in VIEWS if view != page.view.view]:
        do(page, "view", view)
        others.append(figure_of(page))
    assert rehearsed == others


def test_the_table_holds_what_the_release_prints(page: BenchmarkPage, releases: Path) -> None:
    """
    The same figures as the release has for the group.
    """
    do(page, "pick-sector", "finance")
    bench = open_series(releases).newest
    expected = bench.figures({"sector": "finance"})
    assert expected["is_published"].all()
    shown = page.table[expected.columns]
    pd.testing.assert_frame_equal(shown, expected)
    figure = figure_of(page)
    assert figure is not None
    assert figure["data"][2]["x"] == pytest.approx(expected["level_3"].tolist())


def test_requirements_are_shown_where_the_release_has_them(page: BenchmarkPage) -> None:
    """
    Those of one category; a group without them keeps to the categories.
    """
    do(page, "measures", "M.key-management")
    assert page.table["measure"].str.startswith("M.key-management").all()
    assert len(page.table) > 3
    do(page, "pick-sector", "finance")
    assert page.table["measure"].tolist()[0] == "overall"


def test_a_requirement_that_a_group_does_not_have_gives_way_everywhere(
    page: BenchmarkPage,
) -> None:
    """
    Title, chart, table and control name the measure that is shown, not the one before.
    """
    key = "M.key-management.key-inventory"
    name = MODEL.name(key)
    do(page, "view", "steps")
    do(page, "measure", key)
    figure = figure_of(page)
    assert figure is not None
    assert name in figure["layout"]["title"]["text"]
    do(page, "pick-sector", "finance")
    figure = figure_of(page)
    assert figure is not None
    assert name not in json.dumps(figure)
    assert "Overall" in figure["layout"]["title"]["text"]
    assert re.search(r'<option value="overall" selected[^>]*>Overall', html_of(page))
    assert page.view.measure == key


def test_a_release_of_one_group_has_every_view_but_that_of_groups(tmp_path: Path) -> None:
    """
    The first release of a small community; an address that asks for groups is of no use.
    """
    levels = {measure: np.array([3, 4, 5, 2, 1]) for measure in MEASURES}
    page = BenchmarkPage(made_release(tmp_path, {EVERYBODY: levels}, tier=10))
    do(page, "shown")
    assert len(page._chart.rehearsal) == len(VIEWS) - 2
    assert "one group only" in html_of(page)
    assert 'id="pk-view-groups"' not in html_of(page)
    do(page, "address", "view=groups")
    assert page.view == View()
    do(page, "view", "gaps")
    assert "The largest gap" in html_of(page)


def test_the_trend_follows_all_releases_of_the_folder(page: BenchmarkPage) -> None:
    """
    One computation for each quarter; a single release has one point.
    """
    do(page, "view", "trend")
    assert page.table["as_of"].unique().tolist() == ["2026Q2", "2026Q3"]
    assert "went from" in html_of(page)


def test_a_table_can_be_taken_away(page: BenchmarkPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    As CSV, named after release and view.
    """
    offered: list[tuple[str, bytes]] = []
    monkeypatch.setattr(
        page._sections["table"], "offer", lambda name, _, content: offered.append((name, content))
    )
    do(page, "view", "gaps")
    do(page, "save")
    ((name, content),) = offered
    assert name == "benchmark-2026Q3-gaps.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == page.table["name"].tolist()


# --- the address --------------------------------------------------------------------------


def test_an_address_restores_group_measures_and_view(releases: Path) -> None:
    """
    Writing and reading give the same view; what the release does not know is left out.
    """
    bench = open_series(releases).newest
    view = View()
    for name, value in {
        "sector": "finance",
        "size": "5000+",
        "view": "groups",
        "measures": "M.key-management",
        "measure": "G.compliance",
        "level": "4",
        "by": "size",
    }.items():
        view = view.changed(name, value, bench)
    assert view_from(view.to_text(), bench) == view
    assert View().to_text() == ""
    assert view_from("size=5000+", bench) == view_from("size=5000%2B", bench)
    assert view_from("size=5000+", bench).cohort == {"size": "5000+"}
    odd = "sector=nobody&level=9&view=all&by=x&measure=%3Cimg%3E&other=1&" + "&" * 5000
    assert view_from(odd, bench) == View()


def test_the_address_is_kept_and_followed(
    page: BenchmarkPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A choice writes it, a link opens it.
    """
    kept: list[str] = []
    monkeypatch.setattr(page._sections["picker"], "keep_address", kept.append)
    do(page, "pick-sector", "public")
    do(page, "view", "gaps")
    assert kept == ["sector=public", "sector=public&view=gaps"]
    do(page, "address", "sector=finance&view=steps")
    assert page.view == View({"sector": "finance"}, "steps")
    assert len(set(page.table["group"])) == 2
    do(page, "reset")
    assert page.view == View({}, "steps")
    assert len(set(page.table["group"])) == 1


# --- my organization ----------------------------------------------------------------------


def test_my_organization_is_compared_as_the_command_does(
    page: BenchmarkPage, releases: Path
) -> None:
    """
    From a share link and from a file: the same positions as the pure function.
    """
    expected = compare(MINE, open_series(releases).newest).to_json()
    do(page, "upload", "secret.json", MINE.dumps())
    assert page.comparison is not None
    assert page.comparison.to_json() == expected
    shown = private_of(page).shown
    assert "finance" in str(page.comparison.ladder.found)
    assert page.comparison.ladder.sentence in shown
    assert "<img" not in shown
    link = write_link(MINE, MODEL)
    do(page, "forget")
    assert page.comparison is None
    do(page, "paste", link)
    assert page.comparison is not None
    assert page.comparison.positions[0].own == compare(MINE, page.comparison.bench).positions[0].own


def test_the_chosen_group_can_take_the_place_of_the_own_one(page: BenchmarkPage) -> None:
    """
    The comparison follows the picker then, and only then.
    """
    do(page, "upload", "secret.json", MINE.dumps())
    do(page, "pick-sector", "public")
    assert page.comparison is not None
    assert page.comparison.ladder.found["sector"] == "finance"
    do(page, "peers", "chosen")
    assert page.comparison.ladder.found == {"sector": "public"}
    do(page, "pick-sector", "*")
    assert page.comparison.ladder.found == {}


def test_nothing_of_my_organization_is_in_any_state(
    page: BenchmarkPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """
    No socket, no file, no state of a widget, no address; the page asks for it again.
    """

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("opened a socket")

    before = sorted(tmp_path.rglob("*"))
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(private_of(page), "send", lambda content, *_: sent.append(content))
    monkeypatch.setattr(socket, "socket", refuse)
    public = html_of(page)
    do(page, "upload", "secret.json", MINE.dumps())
    monkeypatch.undo()
    state = json.dumps([w.get_state() for w in everything(page)], default=str)
    assert page.comparison is not None
    own = [p.own for p in page.comparison.positions if p.own is not None]
    assert own
    assert "Secret" not in state
    assert "pk-mine-overall" not in state
    assert html_of(page) == public
    assert "Secret" in private_of(page).shown
    assert any("Secret" in message.get("html", "") for message in sent)
    assert sorted(tmp_path.rglob("*")) == before
    monkeypatch.setattr(private_of(page), "send", lambda content, *_: sent.append(content))
    sent.clear()
    private_of(page)._receive(None, {"action": "shown", "id": 4}, [])
    assert [message for message in sent if "html" in message] == [{"html": private_of(page).shown}]


def everything(widget: Any) -> list[Any]:
    """
    Return a widget and all inside it.
    """
    inner = [one for child in getattr(widget, "children", ()) for one in everything(child)]
    return [widget, *inner]


def test_what_cannot_be_read_is_a_message(page: BenchmarkPage) -> None:
    """
    With every problem, and without a traceback; what was shown stays.
    """
    do(page, "upload", "secret.json", MINE.dumps())
    before = page.comparison
    do(page, "upload", "holiday.xlsx", b"PK\x03\x04 not a workbook")
    assert "pk-bad" in private_of(page).shown
    assert page.comparison is before
    for action, value in (("paste", " "), ("too-large", "x"), ("upload", "x")):
        do(page, action, value)
        assert "pk-bad" in private_of(page).shown
    assert "Traceback" not in private_of(page).shown


def test_of_several_assessments_the_newest_is_compared_and_that_is_said(
    page: BenchmarkPage,
) -> None:
    """
    A table may hold many; which one stands on the page is no riddle.
    """
    older = MINE.replace(id="older", period=Period(finish="2019-02-03"))
    newer = MINE.replace(id="newer", period=Period(finish="2026-02-03"))
    do(page, "upload", "all.csv", write_csv([newer, older]))
    shown = private_of(page).shown
    assert "2026-02-03" in shown
    assert "2 assessments; the newest is compared" in shown
    do(page, "upload", "one.csv", write_csv([older]))
    assert "the newest is compared" not in private_of(page).shown


def test_an_assessment_of_the_workspace_can_be_chosen(releases: Path, tmp_path: Path) -> None:
    """
    Those of this computer are offered; a file that is not readable hides none.
    """
    workspace = Workspace(tmp_path)
    workspace.save(MINE)
    (tmp_path / "assessments").mkdir(exist_ok=True)
    (tmp_path / "assessments" / "bad.pkimm.json").write_text("{")
    page = BenchmarkPage(releases, tmp_path)
    do(page, "shown")
    (stored,) = workspace.stored([])
    do(page, "mine", stored.path.name)
    assert page.comparison is not None
    do(page, "mine", "../../etc/passwd")
    assert page.comparison is None


def test_a_page_that_waited_shows_what_there_is_when_it_is_shown(tmp_path: Path) -> None:
    """
    A release that was published and an assessment that was stored after the page was made.
    """
    page = BenchmarkPage(tmp_path / "releases", tmp_path / "workspace")
    assert "There is no release to show" in html_of(page)
    for quarter, seed in (("2026Q2", 100), ("2026Q3", 200)):
        made_release(tmp_path / "releases", counts_of(seed), tier=100, quarter=quarter)
        do(page, "shown")
        assert f">{quarter}<" in html_of(page)
        figure = figure_of(page)
        assert figure is not None
        assert f"release {quarter}" in str(figure["layout"]["title"]).replace("<br>", " ")
    assert MINE.use_case.name not in private_of(page).shown
    Workspace(tmp_path / "workspace").save(MINE)
    do(page, "pick-sector", "finance")
    do(page, "shown")
    assert MINE.use_case.name in private_of(page).shown
    assert page.view.cohort == {"sector": "finance"}


def test_looking_again_at_the_same_releases_opens_none(
    page: BenchmarkPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What is open is shown; a look at the folder is all.
    """
    monkeypatch.setattr("pkimm_analytics.widgets.benchmark.open_series", pytest.fail)
    before = html_of(page)
    do(page, "shown")
    assert html_of(page) == before


def test_my_position_can_be_saved_by_me(
    page: BenchmarkPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Only when asked, as CSV without my name.
    """
    offered: list[bytes] = []
    monkeypatch.setattr(private_of(page), "offer", lambda *a: offered.append(a[2]))
    do(page, "save-mine")
    assert offered == []
    do(page, "upload", "secret.json", MINE.dumps())
    do(page, "save-mine")
    (content,) = offered
    assert b"Secret" not in content
    assert b"overall" in content
    (overall,) = [
        row
        for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        if row["measure"] == "overall"
    ]
    assert page.comparison is not None
    rank = page.comparison.positions[0].rank
    assert rank is not None
    assert float(overall["rank"]) == pytest.approx(rank.value)
    assert float(overall["rank_high"]) == pytest.approx(rank.interval.high)
    assert rank_words(rank.value, rank.interval) in private_of(page).shown


# --- releases that are not as they should be ----------------------------------------------


def test_without_a_release_the_page_says_how_to_get_one(tmp_path: Path) -> None:
    """
    No release, an empty folder, a folder that does not exist.
    """
    for place in (None, tmp_path, tmp_path / "missing"):
        page = BenchmarkPage(place)
        assert "There is no release to show" in html_of(page)
        assert "pkimm demo" in html_of(page)
        do(page, "view", "gaps")


def test_a_damaged_release_is_left_out_and_named(releases: Path, tmp_path: Path) -> None:
    """
    A sound older one is shown; if none is sound, that is all that is said.
    """
    folder = tmp_path / "releases"
    for source in sorted(releases.iterdir()):
        (folder / source.name).mkdir(parents=True)
        for file in source.iterdir():
            (folder / source.name / file.name).write_bytes(file.read_bytes())
    newest = max(folder.iterdir())
    (newest / "benchmark.parquet").write_bytes(b"PAR1 no")
    page = BenchmarkPage(folder)
    assert "not as it was published" in html_of(page)
    assert newest.name in html_of(page)
    assert "2026Q2" in html_of(page)
    page = BenchmarkPage(newest)
    assert "No release could be opened" in html_of(page)


def test_a_release_of_one_group_or_of_none_has_a_sensible_page(tmp_path: Path) -> None:
    """
    Ten organizations and no dimension; and everything withheld.
    """
    only = made_release(tmp_path / "one", {EVERYBODY: drawn(1, 15)}, tier=10)
    page = BenchmarkPage(only)
    assert "one group only" in html_of(page)
    for view in VIEWS:
        do(page, "view", view)
        assert "pk-sentence" in html_of(page)
    assert open_release(only).dimensions == ()
    nothing = made_release(tmp_path / "none", {EVERYBODY: drawn(1, 4)}, tier=20)
    page = BenchmarkPage(nothing)
    assert "withheld" in html_of(page)
    for view in VIEWS:
        do(page, "view", view)
        assert "Traceback" not in html_of(page)
    do(page, "upload", "secret.json", MINE.dumps())
    assert "publishes no cohort" in private_of(page).shown
