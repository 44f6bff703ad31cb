"""
The portfolio without a browser: many use cases go in, a table and a chart come out.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("anywidget")

from pkimm_analytics.progress.portfolio import portfolio_sentence, portfolio_table
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.widgets.portfolio import MOST_LINES, PortfolioView

HISTORY = sample_history(3)


def renamed(name: str, parent: str, n: int = 5) -> list[Any]:
    """
    Return the history as that of another organization of a group.
    """
    return [
        a.replace(
            id=f"{name.strip('<b>')}-{a.id}",
            organization=a.organization.replace(name=name, parent=parent),
        )
        for a in HISTORY[:n]
    ]


EVERY = [*renamed("One", "Group A"), *renamed("Two", "Group A", 2), *renamed("<b>Three", "", 1)]


@pytest.fixture
def view() -> PortfolioView:
    """
    Return the view of three organizations, opened.
    """
    shown = PortfolioView()
    shown.show(EVERY)
    act(shown, "portfolio-open")
    return shown


def act(view: PortfolioView, name: str, value: str = "") -> None:
    """
    Do one thing, as the page reports it.
    """
    view.children[0]._receive(None, {"action": name, "value": value, "id": 1}, [])


def html_of(view: PortfolioView) -> str:
    """
    Return the HTML above and below the chart.
    """
    return view.children[0].html + view.children[2].html


def test_a_single_use_case_has_no_comparison() -> None:
    """
    There is nothing to stand beside it.
    """
    view = PortfolioView()
    view.show(HISTORY[:5])
    assert html_of(view) == ""


def test_the_comparison_is_made_when_it_is_asked_for() -> None:
    """
    A page on a large workspace opens without it.
    """
    view = PortfolioView()
    view.show(EVERY)
    assert "Compare all 3 use cases" in html_of(view)
    assert "pk-portfolio-table" not in html_of(view)


def test_every_use_case_has_a_row_and_a_line(view: PortfolioView) -> None:
    """
    With the sentence of the portfolio, and text of users as text.
    """
    html = html_of(view)
    assert portfolio_sentence(portfolio_table(EVERY)) in html
    assert html.count("<tr") == 1 + 3
    assert "&lt;b&gt;Three" in html
    assert "<b>Three" not in html
    figure = json.loads(view.children[1].figure)
    names = [one.get("name", "") for one in figure["data"]]
    assert sum(name.startswith(("One", "Two", "&lt;b&gt;Three")) for name in names) == 3
    assert MOST_LINES >= 3


def test_a_group_can_be_chosen(view: PortfolioView) -> None:
    """
    Its organizations stay, the others go.
    """
    act(view, "portfolio-group", "Group A")
    html = view.children[2].html
    assert html.count("<tr") == 1 + 2
    assert "Three" not in html
    act(view, "portfolio-group", "no such group")
    assert view.children[2].html.count("<tr") == 1 + 2


def test_the_table_can_be_saved(view: PortfolioView) -> None:
    """
    As CSV, with what a spreadsheet would take for a formula kept as text.
    """
    sent: list[Any] = []
    view.children[2].offer = lambda *parts: sent.append(parts)
    act(view, "portfolio-save")
    ((name, _, content),) = sent
    assert name == "portfolio.csv"
    assert content.count(b"\n") >= 4
