"""
The figures of releases as compact data for the pages.

A page computes nothing that does not depend on its visitor: shares, intervals,
quantiles and the place of each level among the peers are taken here, once, from
:mod:`pkimm_analytics.benchmark`. Equal figures occur many times, because shares are
coarse, so each is written once and referred to by its number.

Shares are whole per mille, exact for what is printed; the ends of 95 % intervals are
rounded outward. Nothing is written that is not a figure of the release or follows from
its printed rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pkimm_analytics.benchmark import IMPORTANCE, Benchmark, code_label
from pkimm_analytics.benchmark.comparison import position
from pkimm_analytics.benchmark.printed import QUANTILES, Distribution, Estimate
from pkimm_analytics.benchmark.release import kind_of
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.model import LEVELS
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import Interval

WITHHELD = -1
"""In place of the number of a pattern: the plan has the figure, and it is withheld."""

_TINY = 1e-6


class Patterns:
    """Distributions and estimates, each once; pages refer to them by number."""

    def __init__(self) -> None:
        self.estimates: list[list[Any]] = []
        self.patterns: list[list[Any]] = []
        self._known: dict[str, dict[Any, int]] = {"estimates": {}, "patterns": {}}

    def number(self, found: Distribution | None) -> int:
        """Return the number of a distribution, which is added if it is new."""
        if found is None:
            return WITHHELD
        shares = [self._estimate(found.share(level)) for level in LEVELS[1:]]
        levels = [self._estimate(found.levels[level]) for level in LEVELS]
        pattern = [
            found.band,
            _mille(found.step),
            [*shares, *levels],
            [_quantile(found.quantiles.get(name)) for name in QUANTILES],
            [_place(found, level) for level in LEVELS],
        ]
        return self._add("patterns", pattern, self.patterns)

    def _estimate(self, one: Estimate) -> int:
        entry = [
            _mille(one.value),
            *_outward(one.interval, 1000),
            _mille(one.printed.low),
            _mille(one.printed.high),
            one.qualifier,
        ]
        return self._add("estimates", entry, self.estimates)

    def _add(self, kind: str, entry: list[Any], entries: list[list[Any]]) -> int:
        known = self._known[kind]
        number = known.setdefault(repr(entry), len(entries))
        if number == len(entries):
            entries.append(entry)
        return number


def _place(found: Distribution, level: int) -> list[Any]:
    """Verdict, and mid-rank percentile with its interval in tenths, of somebody at a level."""
    place = position("", "", Fraction(level), None, found)
    if place.rank is None:
        raise AssertionError("a level among printed figures has a rank")
    return [place.verdict, round(10 * place.rank.value), *_outward(place.rank.interval, 10)]


def _quantile(one: Estimate | None) -> list[int | None]:
    """
    Level as printed, then both ends of what is certain and of the 95 % interval.

    The level is None where the printed shares leave it open, and nothing is there where
    the group is too small.
    """
    if one is None:
        return []
    ends = (one.printed.low, one.printed.high, one.interval.low, one.interval.high)
    return [None if math.isnan(one.value) else round(one.value), *map(round, ends)]


def _outward(interval: Interval, scale: int) -> list[int]:
    return [
        math.floor(scale * interval.low + _TINY),
        math.ceil(scale * interval.high - _TINY),
    ]


def _mille(share: float) -> int:
    """
    Share as whole per mille.

    Raises
    ------
    DisclosureError
        If it is finer than that: no release of ours prints such shares.
    """
    number = round(1000 * share)
    if abs(number - 1000 * share) > _TINY:
        problem = Problem("benchmark.parquet", "a share is finer than one per mille")
        raise DisclosureError("The release prints shares that are too fine for a site.", [problem])
    return number


# --- whole files ---------------------------------------------------------------------------


def release_data(bench: Benchmark) -> dict[str, Any]:
    """
    Figures of overall, modules and categories of every group of a release.

    Returns
    -------
    dict
        ``release`` (what it says about itself), ``dimensions``, ``measures``, ``groups``
        (by cohort: quarter of the figures and a pattern for each measure), ``patterns``
        and ``estimates``.
    """
    kept = Patterns()
    measures = [m for m in bench.measures if kind_of(m) != "requirement"]
    return {
        "release": release_facts(bench),
        "dimensions": [
            [d, [[code, code_label(d, code)] for code in bench.codes(d)]] for d in bench.dimensions
        ],
        "importance": list(IMPORTANCE),
        "measures": measures,
        "groups": _groups(bench, measures, kept),
        "patterns": kept.patterns,
        "estimates": kept.estimates,
    }


def requirement_data(bench: Benchmark) -> dict[str, Any]:
    """Figures of requirements, of the groups that have them; as :func:`release_data`."""
    kept = Patterns()
    measures = [m for m in bench.measures if kind_of(m) == "requirement"]
    return {
        "measures": measures,
        "groups": _groups(bench, measures, kept),
        "patterns": kept.patterns,
        "estimates": kept.estimates,
    }


def series_data(earlier: Iterable[Benchmark]) -> dict[str, Any]:
    """Figures of earlier releases, oldest first, for the trend; as :func:`release_data`."""
    kept = Patterns()
    releases = []
    for bench in earlier:
        measures = [m for m in bench.measures if kind_of(m) != "requirement"]
        releases.append(
            {
                "release": release_facts(bench),
                "measures": measures,
                "groups": _groups(bench, measures, kept),
            }
        )
    return {"releases": releases, "patterns": kept.patterns, "estimates": kept.estimates}


def release_facts(bench: Benchmark) -> dict[str, Any]:
    """Return what a page says about a release, from its manifest."""
    manifest, policy = bench.manifest, bench.manifest["policy"]
    return {
        "id": bench.id,
        "quarter": bench.quarter,
        "previous": manifest.get("previous"),
        "from": manifest["contributions"]["from"],
        "to": manifest["contributions"]["to"],
        "threshold": bench.threshold,
        "changes": policy["changes"],
        "age": policy["age_months"],
        "window": policy["window_months"],
        "edition": bench.edition.version,
        "editions": [str(edition["version"]) for edition in manifest.get("editions", ())],
        "totals": dict(manifest["totals"]),
        "synthetic": bench.synthetic,
    }


def _groups(bench: Benchmark, measures: Sequence[str], kept: Patterns) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for group in bench.published.all_groups:
        has = [measure for measure in measures if (group, measure) in bench.published.cells]
        if not has:
            continue
        cells = [bench.distribution(group, measure) for measure in has]
        dates = {one.as_of for one in cells if one is not None}
        if len(has) != len(measures) or len(dates) > 1:
            problem = Problem("benchmark.parquet", "a group has some measures only, or two dates")
            raise DisclosureError("The release is not laid out as a plan lays it out.", [problem])
        key = cohort_key(dict(zip(bench.published.dimensions, group, strict=True)))
        found[key] = [min(dates, default=""), [kept.number(one) for one in cells]]
    return found


def cohort_key(cohort: Mapping[str, str]) -> str:
    """
    Text of a cohort, as pages write it into their address.

    Examples
    --------
    >>> cohort_key({"size": "5000+", "sector": "finance", "region": "*"})
    'sector=finance&size=5000+'
    """
    return "&".join(f"{d}={cohort[d]}" for d in IMPORTANCE if cohort.get(d, ALL) != ALL)
