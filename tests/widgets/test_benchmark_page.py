"""
The benchmark page without a browser: what the browser asks, and what Python answers.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")

from pkimm_analytics.assessment import Organization
from pkimm_analytics.benchmark import compare, open_release
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders.tabular import write_csv
from pkimm_analytics.loaders.web_tool import write_link
from pkimm_analytics.model import load_model
from pkimm_analytics.site.contents import page_data
from pkimm_analytics.site.writing import find_releases
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.widgets import benchmark
from pkimm_analytics.widgets.benchmark import BenchmarkPage
from pkimm_analytics.workspace import Workspace

HISTORY = list(sample_history(3))
MINE = HISTORY[4].replace(
    organization=Organization(name="Secret Ltd", sector="L-finance", size="5000-49999")
)
LINK = write_link(MINE, load_model(MINE.model.version)).encode()


@pytest.fixture
def page(site_releases: Path) -> BenchmarkPage:
    """
    Return the page on two releases.
    """
    return BenchmarkPage(site_releases)


@pytest.fixture
def ask(page: BenchmarkPage, monkeypatch: pytest.MonkeyPatch) -> Any:
    """
    Return ``ask(what, value, content)``: the answer that the browser gets.
    """
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(page, "send", answers.append)

    def asked(what: str, value: Any = None, content: bytes | None = None) -> dict[str, Any]:
        message = {"id": "7", "ask": what, "value": value}
        page._receive(page, message, [] if content is None else [content])
        assert answers[-1]["id"] == "7"
        return answers[-1]

    return asked


def test_the_page_has_the_figures_of_the_site(ask: Any, site_releases: Path) -> None:
    """
    The same document as the static pages, for a front end that is the same.
    """
    series = [open_release(folder) for folder in find_releases([site_releases])]
    answer = ask("open_page")
    shown, site = json.loads(answer["page"]), page_data(series)
    assert shown["figures"] == json.loads(json.dumps(site["figures"]["figures"]))
    assert shown["words"] == site["facts"]["words"]
    assert answer["stored"] == answer["problems"] == []


@pytest.mark.parametrize("group", [None, {}, {"sector": "finance"}])
def test_mine_is_compared_by_python_without_a_connection(
    page: BenchmarkPage,
    ask: Any,
    site_releases: Path,
    group: dict[str, str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    From a link; the answer is the command's document, and no state of the page has any of it.
    """
    ask("open_page")
    monkeypatch.setattr(socket, "socket", None)
    about = ask("read", None, LINK)["about"]
    assert about["profile"] == {}
    found = ask("compare", group)["comparison"]
    bench = open_release(site_releases)
    own = {m: one["own"] for m, one in found["measures"].items()}
    told = compare(MINE, bench, group or {})
    assert {p.measure: p.level for p in told.positions} == {m: o["level"] for m, o in own.items()}
    assert page.comparison is not None
    assert page.comparison.to_json() == found
    assert "Secret" not in str(page.get_state())
    ask("forget")
    assert page.comparison is None
    assert "no assessment to compare" in ask("compare", group)["refused"]


def test_assessments_of_the_workspace_are_offered_and_bring_their_profile(
    site_releases: Path, tmp_path: Path, ask: Any, page: BenchmarkPage
) -> None:
    """
    Names of organizations travel in messages only.
    """
    workspace = Workspace(tmp_path)
    page._workspace = workspace
    assert ask("open_page")["stored"] == []
    workspace.save(MINE)
    ((name, label),) = ask("open_page")["stored"]
    assert label.startswith("Secret Ltd · ")
    about = ask("open", name)["about"]
    assert about["profile"] == {"sector": "finance", "size": "5000+"}
    assert ask("compare")["comparison"]["cohort"]["asked"]["sector"] == "finance"
    assert "not in the workspace" in ask("open", "other")["refused"]
    assert "Secret" not in str(page.get_state())


def test_of_a_table_the_newest_assessment_counts(ask: Any) -> None:
    """
    The page says how many there are.
    """
    about = ask("read", None, write_csv(HISTORY))["about"]
    newest = max(HISTORY, key=lambda one: one.date or "")
    assert newest.date is not None
    assert newest.date in about["label"]
    assert about["problems"][0].startswith(f"{len(HISTORY)} assessments; the newest")


def test_what_cannot_be_read_and_defects_are_said(
    page: BenchmarkPage, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Nothing of a file is repeated, and no question stays without an answer.
    """
    assert "Nothing was imported" in ask("read", None, b"Dear all")["refused"]
    monkeypatch.setattr(benchmark, "load", lambda _source: 1 / 0)
    assert ask("read", None, LINK)["refused"] == benchmark.DEFECT
    assert ask("something else")["refused"] == benchmark.DEFECT
    page._receive(page, {"other": 1}, [])


def test_releases_are_looked_at_again_when_the_page_is_shown(
    site_releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A page may be made before there is one; what it then says leads on.
    """
    answers: list[dict[str, Any]] = []
    page = BenchmarkPage(tmp_path / "releases")
    monkeypatch.setattr(page, "send", answers.append)
    page._receive(page, {"id": 1, "ask": "open_page"}, [])
    assert "no release" in answers[-1]["refused"]
    (tmp_path / "releases").symlink_to(site_releases)
    page._receive(page, {"id": 2, "ask": "open_page"}, [])
    assert answers[-1]["page"]
    monkeypatch.setattr(benchmark, "open_series", lambda _place: 1 / 0)  # it is open already
    page._receive(page, {"id": 3, "ask": "open_page"}, [])
    assert answers[-1]["page"]
    without = BenchmarkPage()
    with pytest.raises(PkimmError, match="pkimm demo"):
        without._open_page(None, b"")
