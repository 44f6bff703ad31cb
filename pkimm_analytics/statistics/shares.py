"""Intervals for shares: from exact counts, and from what a release prints of them."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95

_MOST_SIZES = 200
"""Numbers of a band that are tried one by one; of a wider band the smallest stands for all."""


def share_interval(
    hits: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """
    Interval for a share.

    Parameters
    ----------
    hits, n : array_like
        How many of how many. With 0 of 0, everything from 0 to 1 is left.
    confidence : float

    Returns
    -------
    tuple of ndarray
        Lower and upper limits, 0 to 1. They cover every true share at least as often as
        `confidence` says, for every n.

    References
    ----------
    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits
    illustrated in the case of the binomial", 1934.

    Examples
    --------
    >>> low, high = share_interval(3, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0667, 0.6525)
    """
    from scipy.special import betaincinv

    k, n = np.broadcast_arrays(np.asarray(hits, float), np.asarray(n, float))
    tail = (1 - confidence) / 2
    some = np.maximum(k, 1e-300), np.maximum(n - k, 1e-300)  # the ends are set below
    low = np.where(k <= 0, 0.0, betaincinv(some[0], n - k + 1, tail))
    high = np.where(k >= n, 1.0, betaincinv(k + 1, some[1], 1 - tail))
    return np.asarray(low), np.asarray(high)


@lru_cache(maxsize=65536)
def printed_share_interval(
    printed: tuple[float, float, bool], n: tuple[float, float], confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """
    Interval for a share of which a rounded or cut-off value and a band of n are known.

    Parameters
    ----------
    printed : tuple of (float, float, bool)
        Lowest and highest share that the printed value leaves, and whether the highest is
        itself left out: 0.35 and 0.45, left out, for 0.4 in steps of 0.1.
    n : tuple of float
        Ends of the band; infinity if it is open.

    Returns
    -------
    tuple of float
        Limits that hold for every count that the band and the value allow.

    Examples
    --------
    At least 70% of 10 to 19:

    >>> [round(limit, 3) for limit in printed_share_interval((0.7, 1.0, False), (10, 19))]
    [0.348, 1.0]
    """
    low, high, is_open = printed
    sizes = np.array([n[0]], float)
    fewest, most = sizes * low, sizes * high
    if n[1] - n[0] <= _MOST_SIZES:
        every = np.arange(math.ceil(n[0]), math.floor(n[1]) + 1, dtype=float)
        first, last = np.ceil(every * low - 1e-7), np.floor(every * high + 1e-7)
        last = np.ceil(every * high - 1e-7) - 1 if is_open else last
        possible = first <= last
        if possible.any():
            sizes, fewest, most = every[possible], first[possible], last[possible]
    below, _ = share_interval(fewest, sizes, confidence=confidence)
    _, above = share_interval(most, sizes, confidence=confidence)
    return min(float(below.min()), low), max(float(above.max()), high)


def difference_of_shares(
    one: tuple[ArrayLike, ArrayLike],
    around_one: tuple[ArrayLike, ArrayLike],
    other: tuple[ArrayLike, ArrayLike],
    around_other: tuple[ArrayLike, ArrayLike],
) -> tuple[Floats, Floats]:
    """
    Interval for the difference of two shares from the interval of each.

    Parameters
    ----------
    one, other : tuple of array_like
        Lowest and highest possible share of those who were counted; equal if exact.
    around_one, around_other : tuple of array_like
        Their intervals, both of the confidence that is wanted for the difference.

    Notes
    -----
    Samples are taken as independent. Where both share organizations, or one measure goes
    along with another, the interval is wider than need be.

    References
    ----------
    R. G. Newcombe, "Interval estimation for the difference between independent
    proportions", 1998; G. Y. Zou and A. Donner, "Construction of confidence limits about
    effect measures: a general approach", 2008.
    """
    (a, b), (a_low, a_high) = _arrays(one), _arrays(around_one)
    (c, d), (c_low, c_high) = _arrays(other), _arrays(around_other)
    return a - d - np.hypot(a - a_low, c_high - d), b - c + np.hypot(a_high - b, c - c_low)


def _arrays(pair: tuple[ArrayLike, ArrayLike]) -> tuple[Floats, Floats]:
    return np.asarray(pair[0], float), np.asarray(pair[1], float)


def correlation_interval(
    rho: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE, ranks: bool = False
) -> tuple[Floats, Floats]:
    """
    Interval for a correlation; NaN where there is none.

    Parameters
    ----------
    rho, n : array_like
        Correlation and the number of pairs behind it, at least 4.
    ranks : bool
        Whether it is Spearman's, which varies more than Pearson's.

    References
    ----------
    D. G. Bonett and T. A. Wright, "Sample size requirements for estimating Pearson,
    Kendall and Spearman correlations", 2000.
    """
    from scipy.special import ndtri

    r, n = np.asarray(rho, float), np.asarray(n, float)
    safe = np.clip(r, -1 + 1e-12, 1 - 1e-12)
    variance = (1 + safe**2 / 2 if ranks else 1.0) / np.maximum(n - 3, 1)
    z, half = np.arctanh(safe), ndtri((1 + confidence) / 2) * np.sqrt(variance)
    return np.tanh(z - half), np.tanh(z + half)
