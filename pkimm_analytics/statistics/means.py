"""Intervals for means: of what is bounded, of ranks, and of differences."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.statistics.shares import CONFIDENCE, Floats


def mean_interval(
    values: ArrayLike,
    counts: ArrayLike | None = None,
    *,
    confidence: float = CONFIDENCE,
    scale: tuple[float, float] = (1.0, 5.0),
) -> tuple[float, float]:
    r"""
    Interval for the mean of anything that is bounded, such as a score.

    A mean of levels is neither normal nor continuous, and the usual t interval of ten
    equal levels has no width at all. This one adds one organization at the far end of
    the scale and gives all of them random weights, uniform over what adds up to 1.

    Parameters
    ----------
    values : array_like, shape (n_values,)
    counts : array_like, shape (n_values,), optional
        How often each value occurs; once if left out.
    scale : tuple of float
        Ends of the scale. With nobody counted, they are the interval.

    Notes
    -----
    The upper limit is the quantile of :math:`\sum_i D_i x_i + D_{n+1} b`, where
    :math:`D` is uniform on the simplex and :math:`b` the upper end. For values 0 and 1
    it is the exact interval of Clopper and Pearson. That it always covers is proved
    for special cases and conjectured in general; no counterexample is known.

    References
    ----------
    N. Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the
    mean of a nonnegative variable", 2005. E. Learned-Miller and P. S. Thomas, "A new
    confidence interval for the mean of a bounded random variable", 2020.

    Examples
    --------
    Ten organizations, all at level 3:

    >>> low, high = mean_interval([3], [10])
    >>> round(low, 2), round(high, 2)
    (2.38, 3.62)
    """
    values, n = _histogram(values, counts)
    if not values.size:
        return scale
    tail = (1 - confidence) / 2
    return (
        _weighted_quantile(np.append(values, scale[0]), np.append(n, 1.0), tail),
        _weighted_quantile(np.append(values, scale[1]), np.append(n, 1.0), 1 - tail),
    )


def rank_interval(
    n_below: float, n_equal: float, n_above: float, *, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """
    Interval for the percentile rank of a value in the population, 0 to 100.

    A mid-rank is the mean of 1 for each that is below and one half for each equal.
    """
    split = [n_above, n_equal, n_below]
    low, high = mean_interval([0, 0.5, 1], split, confidence=confidence, scale=(0.0, 1.0))
    return 100 * low, 100 * high


_MOST_VALUES = 250


def _histogram(values: ArrayLike, counts: ArrayLike | None) -> tuple[Floats, Floats]:
    """Distinct values and their counts; close ones are joined where there are very many."""
    values = np.asarray(values, float)
    n = np.ones(len(values)) if counts is None else np.asarray(counts, float)
    values, n = values[n > 0], n[n > 0]
    if len(values) <= _MOST_VALUES:
        return values, n
    place = np.floor((values - values.min()) / max(np.ptp(values), 1e-12) * (_MOST_VALUES - 1))
    joined = np.bincount(place.astype(int), n)
    sums = np.bincount(place.astype(int), n * values)
    used = joined > 0
    return sums[used] / joined[used], joined[used].astype(float)


def _weighted_quantile(values: Floats, counts: Floats, q: float) -> float:
    """Quantile of the mean of `values` under Dirichlet weights with parameters `counts`."""
    from scipy.optimize import brentq

    n = counts.sum()
    center = float(counts @ values / n)
    deviation = math.sqrt(float(counts @ (values - center) ** 2) / n / (n + 1))
    # Cantelli's inequality: no quantile is farther from the mean than this.
    reach = deviation / math.sqrt(min(q, 1 - q))
    low = max(float(values.min()), center - reach)
    high = min(float(values.max()), center + reach)

    def excess(middle: float) -> float:
        return _below(values - middle, counts) - q

    if excess(low) >= 0 or excess(high) <= 0:
        return low if excess(low) >= 0 else high
    return float(brentq(excess, low, high, xtol=1e-11))


_GRID: NDArray[np.float64] = np.linspace(-26.0, 32.0, 291)


def _below(distances: Floats, counts: Floats) -> float:
    """
    Probability that a sum of gamma variables, times `distances`, is below 0.

    Imhof's integral (1961) over the logarithm of its variable, where both ends fall
    exponentially and the trapezoidal rule converges fast.
    """
    scale = math.sqrt(float(counts @ distances**2))
    if scale < 1e-12:
        return 0.5
    turned = np.outer(distances, np.exp(_GRID) / scale)
    angle = counts @ np.arctan(turned)
    size = counts @ np.log1p(turned**2) / 2
    integral = float(np.sum(np.sin(angle) * np.exp(-size)) * (_GRID[1] - _GRID[0]))
    return 0.5 - integral / math.pi


def student_interval(
    values: ArrayLike, *, confidence: float = CONFIDENCE, step: float = 1.0
) -> tuple[float, float, float]:
    r"""
    Mean of differences, with its interval; NaN with fewer than two.

    Parameters
    ----------
    values : array_like, shape (n,)
        One of each independent organization, person or other cluster: where a cluster
        has several, their mean.
    step : float
        How far one of them may differ that was not seen, where all are equal.

    Notes
    -----
    Student's interval. Where all values are equal it would have no width; then up to a
    share of :math:`1 - \alpha^{1/n}` may differ by a step and none of them was seen (the
    rule of three).

    References
    ----------
    "Student", "The probable error of a mean", 1908. J. A. Hanley and A. Lippman-Hand,
    "If nothing goes wrong, is everything all right?", 1983.
    """
    from scipy.special import stdtrit

    found = np.asarray(values, float)
    n, tail = len(found), (1 - confidence) / 2
    if n < 2:
        return math.nan, math.nan, math.nan
    mean = float(found.mean())
    half = float(stdtrit(n - 1, 1 - tail)) * float(found.std(ddof=1)) / math.sqrt(n)
    if np.ptp(found) < 1e-9:
        half = step * (1 - tail ** (1 / n))
    return mean, mean - half, mean + half
