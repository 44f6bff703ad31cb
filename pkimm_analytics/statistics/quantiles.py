"""Intervals for medians and other quantiles, between two sorted values."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from pkimm_analytics.statistics.shares import CONFIDENCE


@lru_cache(maxsize=4096)
def quantile_ranks(n: int, q: float, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """
    Ranks of the two sorted values between which the quantile of the population lies.

    Returns
    -------
    tuple of int
        1 to n. Lower rank 0 and upper rank n + 1: too few for a limit on that side.

    References
    ----------
    W. J. Conover, *Practical Nonparametric Statistics*, section 3.2. The closed
    interval also covers if many values are equal.

    Examples
    --------
    >>> quantile_ranks(10, 0.5), quantile_ranks(5, 0.5)
    ((2, 9), (0, 6))
    """
    from scipy.special import bdtr

    if not 0 < q < 1:
        raise ValueError("A quantile lies between 0 and 1.")
    tail = (1 - confidence) / 2
    cumulative = bdtr(np.arange(n + 1), n, q)
    lower = int(np.searchsorted(cumulative, tail, side="right"))
    return lower, int(np.searchsorted(cumulative, 1 - tail, side="left")) + 1


def median_ranks(n: int, confidence: float = CONFIDENCE) -> tuple[int, int] | None:
    """Ranks around the median, None where `n` is too small for an interval (below 6 at 95 %)."""
    lower, upper = quantile_ranks(n, 0.5, confidence)
    return None if lower < 1 or upper > n else (lower, upper)


def quantile_interval(
    values: ArrayLike,
    q: float = 0.5,
    *,
    confidence: float = CONFIDENCE,
    scale: tuple[float, float] = (math.nan, math.nan),
) -> tuple[float, float]:
    """
    Interval for a quantile of the population.

    Parameters
    ----------
    values : array_like, shape (n,)
        In any order, without NaN.
    scale : tuple of float
        What stands where there are too few values for a limit: the ends of the scale, or
        NaN.

    Examples
    --------
    >>> quantile_interval([1, 2, 2, 2, 3, 3, 3, 3, 4, 4], scale=(1, 5))
    (2.0, 4.0)
    """
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    lower, upper = quantile_ranks(n, q, confidence)
    low = scale[0] if lower < 1 else ordered[lower - 1]
    high = scale[1] if upper > n else ordered[upper - 1]
    return float(low), float(high)
