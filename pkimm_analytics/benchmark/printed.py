"""
What the printed shares of one measure say, and nothing that they do not.

A printed share of 0.4 in steps of 0.1 stands for everything from 0.35 to 0.45, and one
that is cut off for everything beyond: this is the **printed** interval, certain for
those who contributed. The **95 % interval** is for all organizations like them. It is
taken from both ends of the printed one with the fewest contributors that the band
allows, so that it holds for each n of the band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkimm_analytics.benchmark.intervals import CONFIDENCE, wilson
from pkimm_analytics.model import LEVELS
from pkimm_analytics.release import LEVEL_BOUNDS, Cell, Interval

QUANTILES = {"median": 0.5, "p25": 0.25, "p75": 0.75, "p10": 0.1, "p90": 0.9}
"""Quantiles of levels that a release may have."""

SMALLEST = {"median": 10, "p25": 20, "p75": 20, "p10": 50, "p90": 50}
"""Contributors that the shipped policy wants for each of them."""

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
        95 % interval for the organizations that they stand for.
    qualifier : str
        ``=``, ``<=`` or ``>=``.
    """

    value: float
    printed: Interval
    interval: Interval
    qualifier: str = "="

    def to_json(self) -> dict[str, Any]:
        """Return the value, its qualifier and both intervals."""
        return {
            "value": plain(self.value),
            "qualifier": self.qualifier,
            "interval": pair(self.interval),
            "printed": pair(self.printed),
        }


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
        if level <= 1:
            return Estimate(1.0, Interval(1, 1), Interval(1, 1))
        if level >= 6:
            return Estimate(0.0, Interval(0, 0), Interval(0, 0))
        return self.at_least[level]


def sampling(
    printed: Sequence[Interval], n: float, *, confidence: float = CONFIDENCE
) -> list[Interval]:
    """
    Intervals for shares in the population, from what is printed about the contributors.

    Parameters
    ----------
    printed : sequence of Interval
        All values that the printed shares allow, for each share.
    n : float
        Lower end of the band of contributors.
    """
    low, _ = wilson([one.low for one in printed], n, confidence=confidence)
    _, high = wilson([one.high for one in printed], n, confidence=confidence)
    return [Interval(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]


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
    printed = [cell.share(level) for level in LEVEL_BOUNDS]
    printed += [cell.level_share(level) for level in LEVELS]
    around = sampling(printed, cell.n.low)
    n_bounds = len(LEVEL_BOUNDS)
    at_least = {
        level: Estimate(values[i + 1], printed[i], around[i], signs[i + 1])
        for i, level in enumerate(LEVEL_BOUNDS)
    }
    levels = {
        level: Estimate(
            max(0.0, values[i] - values[i + 1]),
            printed[n_bounds + i],
            around[n_bounds + i],
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


def levels_text(low: float, high: float) -> str:
    """
    Write the levels from one to another.

    Examples
    --------
    >>> levels_text(2, 2), levels_text(2, 3), levels_text(1, 3)
    ('2', '2 or 3', '1 to 3')
    """
    if low == high:
        return f"{low:.0f}"
    return f"{low:.0f} or {high:.0f}" if high - low == 1 else f"{low:.0f} to {high:.0f}"


def nan_if_open(value: float) -> float:
    """Upper end of a band; NaN where it is open."""
    return value if math.isfinite(value) else math.nan
