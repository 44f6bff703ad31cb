"""
The figures of releases as compact data for the pages.

A page computes nothing that does not depend on its visitor: shares, intervals,
quantiles and the place of each level among the peers are taken here, once, from
:mod:`pkimm_analytics.benchmark`. Equal figures occur many times, because shares are
coarse, so each is written once and referred to by its number. Nothing is written that is
not a figure of the release or follows from its printed rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from pkimm_analytics.benchmark import IMPORTANCE, Benchmark, code_label
from pkimm_analytics.benchmark.comparison import position
from pkimm_analytics.benchmark.printed import QUANTILES, Distribution
from pkimm_analytics.benchmark.release import kind_of, peers_document
from pkimm_analytics.model import LEVELS
from pkimm_analytics.organization import ALL

WITHHELD = -1
"""In place of the number of a pattern: the plan has the figure, and it is withheld."""

KEYS = (
    *(f"at_least_{level}" for level in LEVELS[1:]),
    *(f"level_{level}" for level in LEVELS),
    *QUANTILES,
)
"""Figures of a pattern, by their names in the documents of ``pkimm benchmark --json``."""


def figures_data(series: Sequence[Benchmark]) -> dict[str, Any]:
    """
    Every figure of releases.

    Parameters
    ----------
    series : sequence of Benchmark
        Oldest first; the last one is shown, the others are for the trend.

    Returns
    -------
    dict
        ``dimensions`` (codes with their names), ``importance``, ``keys`` (what the
        estimates of a pattern are), ``releases`` (what each says about itself, its
        measures, and by group the number of a pattern for each measure), and what is
        referred to by number: ``patterns`` (band, step, quarter, estimates, places of
        levels 1 to 5), ``estimates`` (value, qualifier, ends of the 95% interval and of
        what is certain) and ``places`` (verdict, ends of the rank's interval).
    """
    newest, tables = series[-1], _Tables()
    return {
        "dimensions": [
            [d, [[code, code_label(d, code)] for code in newest.codes(d)]]
            for d in newest.dimensions
        ],
        "importance": list(IMPORTANCE),
        "keys": list(KEYS),
        "releases": [_release(bench, tables, is_newest=bench is newest) for bench in series],
        "patterns": tables.patterns,
        "estimates": tables.estimates,
        "places": tables.places,
    }


class _Tables:
    """Lists in which equal entries are there once."""

    def __init__(self) -> None:
        self.patterns: list[Any] = []
        self.estimates: list[Any] = []
        self.places: list[Any] = []
        self._numbers: dict[tuple[int, str], int] = {}

    def number(self, entries: list[Any], entry: Any) -> int:
        """Return the number of an entry, which is added if it is new."""
        number = self._numbers.setdefault((id(entries), repr(entry)), len(entries))
        if number == len(entries):
            entries.append(entry)
        return number

    def pattern(self, found: Distribution | None, kind: str) -> int:
        """Return the number of what is printed about one measure, of some kind, of one group."""
        if found is None:
            return WITHHELD
        peers = peers_document(found)
        numbers = [
            self.number(self.estimates, _estimate(peers[key])) if key in peers else WITHHELD
            for key in KEYS
        ]
        places = [self.number(self.places, _place(found, level, kind)) for level in LEVELS]
        return self.number(
            self.patterns, [peers["n"], peers["step"], peers["as_of"], numbers, places]
        )


def _estimate(document: Mapping[str, Any]) -> list[Any]:
    return [
        document["value"],
        document["qualifier"],
        *document["interval"],
        *document["printed"],
        *(document["wide"] or ()),
    ]


def _place(found: Distribution, level: int, kind: str) -> list[Any]:
    """Verdict on somebody at a level, and the percentile rank."""
    place = position("", "", Fraction(level), None, found, kind=kind)
    if place.rank is None:
        raise AssertionError("a level among printed figures has a rank")
    rank = place.rank.to_json()
    return [place.verdict, rank["value"], rank["qualifier"], *rank["interval"], *rank["printed"]]


def _release(bench: Benchmark, tables: _Tables, *, is_newest: bool) -> dict[str, Any]:
    measures = [m for m in bench.measures if is_newest or kind_of(m) != "requirement"]
    return {
        "facts": release_facts(bench),
        "measures": measures,
        "groups": _groups(bench, measures, tables),
    }


def _groups(bench: Benchmark, measures: Sequence[str], tables: _Tables) -> dict[str, list[int]]:
    """By group the numbers of its measures; a group has all of them or only the first ones."""
    return {
        cohort_key(dict(zip(bench.published.dimensions, group, strict=True))): [
            tables.pattern(bench.distribution(group, measure), kind_of(measure))
            for measure in measures
            if (group, measure) in bench.published.cells
        ]
        for group in bench.published.all_groups
    }


def release_facts(bench: Benchmark) -> dict[str, Any]:
    """Return what a page says about a release, from its manifest."""
    manifest, policy = bench.manifest, bench.manifest["policy"]
    return {
        "id": bench.id,
        "quarter": bench.quarter,
        "from": manifest["contributions"]["from"],
        "to": manifest["contributions"]["to"],
        "threshold": bench.threshold,
        "coverage": bench.least_coverage,
        "changes": policy["changes"],
        "age": policy["age_months"],
        "window": policy["window_months"],
        "edition": bench.edition.version,
        "editions": [str(edition["version"]) for edition in manifest.get("editions", ())],
        "totals": dict(manifest["totals"]),
        "synthetic": bench.synthetic,
    }


def cohort_key(cohort: Mapping[str, str]) -> str:
    """
    Text of a cohort, as pages write it into their address.

    Examples
    --------
    >>> cohort_key({"size": "5000+", "sector": "finance", "region": "*"})
    'sector=finance&size=5000+'
    """
    return "&".join(f"{d}={cohort[d]}" for d in IMPORTANCE if cohort.get(d, ALL) != ALL)
