"""
What the printed shares of one measure say, and nothing that they do not.

A printed share of 0.4 in steps of 0.1 stands for everything from 0.35 to 0.45, and one
that is cut off for everything beyond: this is the **printed** interval, certain for
those who contributed. The **95 % interval** is for all organizations like them. It is
taken from both ends of the printed one with the fewest contributors that the band
allows, so that it holds for each n of the band.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkimm_analytics.audit.published import LEVEL_BOUNDS, Cell, Interval
from pkimm_analytics.benchmark.intervals import CONFIDENCE, wilson

QUANTILES = {"median": 0.5, "p25": 0.25, "p75": 0.75, "p10": 0.1, "p90": 0.9}
"""Quantiles of levels that a release may have."""

_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One figure of a release.

    Parameters
    ----------
    value : float
        As printed, or the difference of two printed shares.
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
    quantiles : dict of str to Estimate
        Of the levels; only those that the release prints.
    """

    band: str
    n: Interval
    step: float
    as_of: str
    at_least: dict[int, Estimate]
    quantiles: dict[str, Estimate]

    def share(self, level: int) -> Estimate:
        """Share at a level or above; everybody is at level 1 or above, nobody above 5."""
        if level <= 1:
            return Estimate(1.0, Interval(1, 1), Interval(1, 1))
        if level >= 6:
            return Estimate(0.0, Interval(0, 0), Interval(0, 0))
        return self.at_least[level]

    def level_share(self, level: int) -> Estimate:
        """Share at exactly one level: the difference of the two printed shares around it."""
        this, above = self.share(level), self.share(level + 1)
        printed = Interval(
            max(0.0, this.printed.low - above.printed.high),
            min(1.0, this.printed.high - above.printed.low),
        )
        qualifier = this.qualifier if above.qualifier == "=" else "<="
        if this.qualifier == "=" and above.qualifier == ">=":
            qualifier = "<="
        return Estimate(
            max(0.0, this.value - above.value),
            printed,
            sampling(printed, self.n.low),
            qualifier,
        )


def sampling(printed: Interval, n: float, *, confidence: float = CONFIDENCE) -> Interval:
    """
    Interval for a share in the population, from what is printed about the contributors.

    Parameters
    ----------
    printed : Interval
        All shares that the printed ones allow.
    n : float
        Lower end of the band of contributors.
    """
    low = float(wilson(printed.low, n, confidence=confidence)[0])
    high = float(wilson(printed.high, n, confidence=confidence)[1])
    return Interval(low, high)


def read_distribution(cell: Cell) -> Distribution | None:
    """Figures of one measure of one group, None if they are withheld."""
    if cell.withheld or set(cell.shares) != set(LEVEL_BOUNDS):
        return None
    rows = {row[0]: row for row in cell.rows}
    at_least = {}
    for level in LEVEL_BOUNDS:
        _, value, qualifier, *_ = rows[f"share_ge:{level}"]
        printed = cell.shares[level]
        at_least[level] = Estimate(
            float(value), printed, sampling(printed, cell.n.low), str(qualifier or "=")
        )
    quantiles = {
        name: Estimate(
            cell.figures[name][0],
            _levels({k: e.printed for k, e in at_least.items()}, q),
            _levels({k: e.interval for k, e in at_least.items()}, q),
        )
        for name, q in QUANTILES.items()
        if name in cell.figures
    }
    first = rows[f"share_ge:{LEVEL_BOUNDS[0]}"]
    return Distribution(
        band=str(first[4]),
        n=cell.n,
        step=float(first[3] or 0),
        as_of=cell.as_of,
        at_least=at_least,
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


def nan_if_open(value: float) -> float:
    """Upper end of a band; NaN where it is open."""
    return value if np.isfinite(value) else float("nan")
