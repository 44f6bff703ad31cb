"""
What the printed shares of one measure say, and nothing that they do not.

A printed share of 0.4 in steps of 0.1 stands for everything from 0.35 to 0.45, and one
that is cut off for everything beyond: this is the **printed** interval, certain for
those who contributed. The **95% interval** is for all organizations like them, whatever
count the band and the printed value allow.

A page compares many figures. Two of them **differ** where the interval of their
difference, wide enough for all comparisons of a page at once, does not hold 0; this is
the one criterion of pages, commands and reports.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pkimm_analytics.model import LEVELS
from pkimm_analytics.release import ANY_NUMBER, LEVEL_BOUNDS, Cell, Interval
from pkimm_analytics.statistics import (
    CONFIDENCE,
    ERROR_RATE,
    difference_of_shares,
    printed_share_interval,
)

QUANTILES = {"median": 0.5, "p25": 0.25, "p75": 0.75, "p10": 0.1, "p90": 0.9}
"""Quantiles of levels that a release may have."""

SMALLEST = {"median": 10, "p25": 20, "p75": 20, "p10": 50, "p90": 50}
"""Contributors that the shipped policy wants for each of them."""

ERROR_OF_ONE = 0.8 * ERROR_RATE / 200
"""
Error rate of one comparison, so that all of a page together are wrong in 1 of 20 cases
(Bonferroni): two groups at four levels in 25 measures are 100, the largest and smallest of
20 figures 190. A fifth of the rate is left for the requirements.
"""

ERROR_OF_A_REQUIREMENT = 0.2 * ERROR_RATE / 700

_TIE = 1e-9

_SIGNS = {
    ("=", "="): "=",
    ("=", "<="): ">=",
    ("=", ">="): "<=",
    ("<=", "="): "<=",
    ("<=", "<="): ">=",
    ("<=", ">="): "<=",
    (">=", "="): ">=",
    (">=", "<="): ">=",
    (">=", ">="): ">=",
}
"""Qualifier of the difference of two shares, the second of which is never the larger one."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One figure of a release.

    Parameters
    ----------
    value : float
        As printed, or the difference of two printed shares; NaN for a quantile that the
        printed shares do not decide, of which the intervals are known.
    printed : Interval
        Certain for the contributors.
    interval : Interval
        95% interval for the organizations that they stand for.
    qualifier : str
        ``=``, ``<=`` or ``>=``.
    n : Interval
        Contributors, for a share.
    """

    value: float
    printed: Interval
    interval: Interval
    qualifier: str = "="
    n: Interval = ANY_NUMBER

    def wide(self, error: float = ERROR_OF_ONE) -> Interval:
        """Interval of a share that is wide enough for all comparisons of a page at once."""
        return around(self.printed, self.n, 1 - error)

    def to_json(self) -> dict[str, Any]:
        """
        Return the value, its qualifier and both intervals.

        ``wide`` is the interval of a share by which any two figures of a page are compared.
        """
        return {
            "value": plain(self.value),
            "qualifier": self.qualifier,
            "interval": pair(self.interval),
            "printed": pair(self.printed),
            "wide": pair(self.wide()) if self.n is not ANY_NUMBER else None,
        }


def around(printed: Interval, n: Interval, confidence: float = CONFIDENCE) -> Interval:
    """Interval for a share in the population, from what is printed about the contributors."""
    ends = printed.low, printed.high, printed.is_open
    return Interval(*printed_share_interval(ends, (n.low, n.high), confidence))


def share_estimate(value: float, printed: Interval, n: Interval, qualifier: str = "=") -> Estimate:
    """Return a share with its 95% interval."""
    return Estimate(value, printed, around(printed, n), qualifier, n)


def difference(one: Estimate, other: Estimate, error: float = ERROR_OF_ONE) -> tuple[float, float]:
    """Interval for the difference of two shares, among all comparisons of a page."""
    (a, wide_a), (b, wide_b) = ((e.printed, e.wide(error)) for e in (one, other))
    low, high = difference_of_shares(
        (a.low, a.high), (wide_a.low, wide_a.high), (b.low, b.high), (wide_b.low, wide_b.high)
    )
    return float(low), float(high)


def pair(interval: Interval | None) -> list[float | None] | None:
    """Both ends of an interval for JSON."""
    return None if interval is None else [plain(interval.low), plain(interval.high)]


def plain(value: float) -> float | None:
    """Value for JSON, without the last bits of sums, so that 0.45 reads as 0.45; null for NaN."""
    return None if math.isnan(value) else round(float(value), 9) + 0.0


@dataclass(frozen=True)
class Distribution:
    """
    Levels of one measure in one published group.

    Parameters
    ----------
    band : str
        Number of contributors, as printed.
    n : Interval
        The same as numbers.
    step : float
        Rounding step of the shares.
    as_of : str
        Quarter that it was computed for.
    at_least : dict of int to Estimate
        Share at level 2 to 5 or above.
    levels : dict of int to Estimate
        Share at exactly level 1 to 5: the difference of the two printed shares around it.
    quantiles : dict of str to Estimate
        Of the levels; only those that the band allows.
    """

    band: str
    n: Interval
    step: float
    as_of: str
    at_least: dict[int, Estimate]
    levels: dict[int, Estimate]
    quantiles: dict[str, Estimate]

    def share(self, level: int) -> Estimate:
        """Share at a level or above; everybody is at level 1 or above, nobody above 5."""
        if 1 < level < 6:
            return self.at_least[level]
        share = 1.0 if level <= 1 else 0.0
        return Estimate(share, Interval(share, share), Interval(share, share))


def read_distribution(cell: Cell, smallest: Mapping[str, int] = SMALLEST) -> Distribution | None:
    """
    Figures of one measure of one group, None if they are withheld.

    Parameters
    ----------
    smallest : mapping of str to int
        By quantile: lower end of the smallest band that it is given for.
    """
    if cell.withheld or set(cell.shares) != set(LEVEL_BOUNDS):
        return None
    rows = {row[0]: row for row in cell.rows}
    shares = [rows[f"share_ge:{level}"] for level in LEVEL_BOUNDS]
    values = [1.0, *(float(row[1]) for row in shares), 0.0]
    signs = ["=", *(str(row[2] or "=") for row in shares), "="]
    at_least = {
        level: share_estimate(values[i], cell.share(level), cell.n, signs[i])
        for i, level in enumerate(LEVEL_BOUNDS, 1)
    }
    levels = {
        level: share_estimate(
            max(0.0, values[i] - values[i + 1]),
            cell.level_share(level),
            cell.n,
            _SIGNS[signs[i], signs[i + 1]],
        )
        for i, level in enumerate(LEVELS)
    }
    quantiles = {
        name: Estimate(
            cell.figures.get(name, (math.nan, 0.0))[0],
            _levels({level: e.printed for level, e in at_least.items()}, q),
            _levels({level: e.interval for level, e in at_least.items()}, q),
        )
        for name, q in QUANTILES.items()
        if cell.n.low >= smallest[name]
    }
    return Distribution(
        band=str(shares[0][4]),
        n=cell.n,
        step=float(shares[0][3] or 0),
        as_of=cell.as_of,
        at_least=at_least,
        levels=levels,
        quantiles=quantiles,
    )


def _levels(shares: dict[int, Interval], q: float) -> Interval:
    """
    Levels between which a quantile lies.

    It is at level L or above exactly if the share there is above 1 - q.
    """
    low = max([1, *(level for level, s in shares.items() if s.low > 1 - q + _TIE)])
    high = max([1, *(level for level, s in shares.items() if s.high > 1 - q + _TIE)])
    return Interval(float(low), float(high))
