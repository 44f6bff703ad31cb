"""Peers in a report: the group with its band, the intervals, and what was relaxed."""

from dataclasses import replace

import pytest

from pkimm_analytics.assessment import Assurance, Organization, rated
from pkimm_analytics.benchmark import compare
from pkimm_analytics.reports import COMPARING, KINDS, build, render
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.views.view import Chart, Facts, Heading, Table, Text
from tests.reports.test_reports import HOSTILE

ASSESSED = sample_history(21)[4].replace(
    organization=Organization(name="Example", sector="finance", region="prefer-not-to-say"),
    assurance=Assurance.SELF,
)


@pytest.fixture(scope="module")
def found(bench):
    """The assessment among the peers of its own profile."""
    return compare(ASSESSED, bench)


def parts(report):
    """Headings of a report, its facts as a dict, tables by caption, charts by kind."""
    headings = [b.text for b in report.blocks if isinstance(b, Heading)]
    facts = dict(pair for b in report.blocks if isinstance(b, Facts) for pair in b.pairs)
    tables = {b.caption: b for b in report.blocks if isinstance(b, Table)}
    charts = {b.kind: b for b in report.blocks if isinstance(b, Chart)}
    return headings, facts, tables, charts


@pytest.mark.parametrize("kind", KINDS)
def test_peers_stand_where_a_report_compares_and_nowhere_else(found, kind):
    """
    A report for those who filled it in, and an attestation, say nothing of others.
    """
    headings, *_ = parts(build(kind, ASSESSED, peers=found))
    assert ("Compared with peers" in headings) == (kind in COMPARING)


def said(report):
    """All texts of a report."""
    return " ".join(b.text for b in report.blocks if isinstance(b, Text))


def test_the_group_and_its_band_are_said(found):
    """
    Whoever reads a position has to know whose it is.
    """
    text = said(build("assessment", ASSESSED, peers=found))
    assert "sector: Finance and insurance" in text
    assert found.ladder.n == "100-149"
    assert found.ladder.n in text


def test_each_row_has_a_range_and_a_band(found):
    """
    The figures are those of `pkimm benchmark`, not others.
    """
    *_, tables, charts = parts(build("assessment", ASSESSED, peers=found))
    (table,) = (t for t in tables.values() if t.anchor == "peers")
    rows = {row[0]: row for row in table.rows}
    first = found.positions[0]
    low, high = (round(100 * end) for end in (first.at_or_below.low, first.at_or_below.high))
    assert str(high) in rows["Overall"][4]
    assert str(low) in rows["Overall"][4] or low == 0
    assert rows["Overall"][5] == first.peers.band
    bars = {bar.label: bar for bar in charts["peers"].marks}
    assert bars["Overall"].middle == first.peers.quantiles["median"].value
    assert not any(key in rows for key in found.edition.requirements)


def test_what_is_withheld_has_no_figure(bench):
    """
    No band, no share, no point in the chart.
    """
    found = compare(ASSESSED, bench, {"sector": "public"})
    withheld = [p.name for p in found.positions if p.verdict == "withheld" and p.kind == "category"]
    *_, tables, charts = parts(build("detailed", ASSESSED, peers=found))
    (table,) = (t for t in tables.values() if t.anchor == "peers")
    rows = {row[0]: row for row in table.rows}
    for name in withheld:
        assert rows[name][2:6] == ("withheld", "–", "–", "–")
        assert name not in {bar.label for bar in charts["peers"].marks}


def test_a_release_without_any_group_is_said_and_no_figure_is_shown(found):
    """
    Instead of an empty table.
    """
    nobody = replace(found, ladder=replace(found.ladder, is_published=False, n=""))
    report = build("assessment", ASSESSED, peers=nobody)
    *_, tables, charts = parts(report)
    assert not any(t.anchor == "peers" for t in tables.values())
    assert "peers" not in charts
    assert "publishes no group" in said(report)


@pytest.mark.parametrize("form", ["html", "md", "docx"])
def test_peers_are_in_every_format_with_the_same_bytes(found, form):
    """
    And a hostile name beside them stays text.
    """
    hostile = ASSESSED.replace(
        organization=ASSESSED.organization.replace(name=HOSTILE),
        answers={key: rated(3, notes=HOSTILE) for key in ASSESSED.answers},
    )
    once, again = (render(build("assessment", hostile, peers=found), form) for _ in range(2))
    assert once == again
    assert b"<img src" not in once
