"""
Statistics of a histogram: how many organizations have each value.

Counts are sufficient for every figure here, exact, and add up; who counted them is
the caller's business. A histogram is an ascending array of values, such as the levels
1 to 5 or distinct scores, and an array of counts whose **last** axis belongs to them;
all axes before it (cohort, measure) are kept. Where nobody is counted the answer is
NaN, because no organization is not a low level.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVELS = np.arange(1.0, 6.0)
"""The values of a histogram of levels."""

Floats = NDArray[np.float64]


def mean(values: ArrayLike, counts: ArrayLike) -> Floats:
    """
    Mean of a histogram.

    Parameters
    ----------
    values : array_like, shape (n_values,)
    counts : array_like of int, shape (..., n_values)

    Returns
    -------
    ndarray, shape (...)
        NaN where nobody is counted.

    Examples
    --------
    >>> float(mean([1, 2, 3], [2, 1, 1]))
    1.75
    """
    values, counts = np.asarray(values, float), np.asarray(counts)
    return _divide(counts @ values, counts.sum(axis=-1))


def standard_deviation(values: ArrayLike, counts: ArrayLike) -> Floats:
    """
    Sample standard deviation (divisor n - 1).

    Returns
    -------
    ndarray, shape (...)
        NaN where fewer than two are counted.
    """
    values, counts = np.asarray(values, float), np.asarray(counts)
    center = np.asarray(mean(values, counts))[..., None]
    squares = (counts * np.nan_to_num(values - center) ** 2).sum(axis=-1)
    return np.sqrt(_divide(squares, counts.sum(axis=-1) - 1))


def quantile(values: ArrayLike, counts: ArrayLike, q: float) -> Floats:
    """
    Quantile with linear interpolation, as NumPy and pandas have it by default.

    Parameters
    ----------
    values : array_like, shape (n_values,)
        Ascending.
    counts : array_like of int, shape (..., n_values)
    q : float
        0 to 1.

    Returns
    -------
    ndarray, shape (...)
        NaN where nobody is counted.

    Examples
    --------
    Two organizations at 1, two at 2: the median lies halfway.

    >>> float(quantile([1, 2], [2, 2], 0.5))
    1.5
    """
    values, counts = np.asarray(values, float), np.asarray(counts)
    below = np.cumsum(counts, axis=-1)
    n = counts.sum(axis=-1)
    position = np.maximum(n - 1, 0) * q
    first = np.floor(position)
    one, other = (
        values[np.minimum((below <= place[..., None]).sum(axis=-1), len(values) - 1)]
        for place in (first, np.minimum(first + 1, np.maximum(n - 1, 0)))
    )
    found = one + (other - one) * (position - first)
    return np.asarray(np.where(n > 0, found, np.nan))


def interquartile_range(values: ArrayLike, counts: ArrayLike) -> Floats:
    """Distance of both quartiles; NaN where nobody is counted."""
    return np.asarray(quantile(values, counts, 0.75) - quantile(values, counts, 0.25))


def shares(counts: ArrayLike) -> Floats:
    """Share at each value, shape (..., n_values); NaN where nobody is counted."""
    counts = np.asarray(counts)
    return _divide(counts, counts.sum(axis=-1, keepdims=True))


def shares_at_least(counts: ArrayLike) -> Floats:
    """
    Share at each value or above, shape (..., n_values).

    Examples
    --------
    >>> shares_at_least([1, 1, 2, 0, 0]).tolist()
    [1.0, 0.75, 0.5, 0.0, 0.0]
    """
    counts = np.asarray(counts)
    at_least = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
    return _divide(at_least, counts.sum(axis=-1, keepdims=True))


def percentile_rank(values: ArrayLike, counts: ArrayLike, own: float) -> Floats:
    """
    Mid-rank percentile of a value: 100 x (below + half of the equal) / n.

    Parameters
    ----------
    own : float
        Value to place. Compare only values that were computed in the same way: a
        fraction and its sum of floats can differ in the last bit.

    Returns
    -------
    ndarray, shape (...)
        0 to 100; NaN where nobody is counted.

    Examples
    --------
    >>> float(percentile_rank([1, 2, 3], [2, 1, 1], 2))
    62.5
    """
    values, counts = np.asarray(values, float), np.asarray(counts)
    points = np.where(values < own, 1.0, np.where(values == own, 0.5, 0.0))
    return 100 * mean(points, counts)


def histogram(values: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    """Distinct values, ascending, and how often each occurs; NaN is left out."""
    values = np.asarray(values, float)
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    return distinct, counts.astype(np.int64)


def _divide(part: Any, whole: Any) -> Floats:
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    part, whole = np.broadcast_arrays(part, whole)
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
