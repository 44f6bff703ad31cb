"""
What is more than chance: exact tests of groups and pairs, and the rate of a whole family.

With twenty measures something always looks remarkable. A **family** is everything that
one table, page or report marks; its error rate is the chance of any false mark. Tests
draw the labels of organizations anew, so that they hold for groups of five, for ties and
for measures that go together, and compare with the largest deviation of all measures.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.statistics.shares import CONFIDENCE, Floats

ERROR_RATE = 0.05
"""Chance of any false mark in a family, where nothing is to be found."""

DRAWS = 2000
"""Draws of a permutation test; its smallest p-value is one in one more than these."""

_LARGE = 500
"""Members of both sides from which the normal distribution stands in for drawing."""

_PRIOR = 4
"""Observations that the spread of everybody adds to that of a group, which tames small ones."""


def adjusted(
    p_values: ArrayLike, of: Literal["family", "discoveries"] = "family"
) -> NDArray[np.float64]:
    """
    Adjust p-values for how many there are; NaN stays NaN and counts as no test.

    Parameters
    ----------
    of : {"family", "discoveries"}
        What is held at the error rate: the chance of any false mark (Holm), for verdicts;
        or the share of false ones among the marked (Benjamini and Hochberg), for lists
        that somebody goes through.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", 1979. Y. Benjamini
    and Y. Hochberg, "Controlling the false discovery rate", 1995.

    Examples
    --------
    >>> adjusted([0.01, 0.04, float("nan")]).tolist()
    [0.02, 0.04, nan]
    """
    p = np.asarray(p_values, float)
    out, known = np.full(p.shape, np.nan), np.flatnonzero(~np.isnan(p))
    if of == "discoveries":
        from scipy.stats import false_discovery_control

        out[known] = false_discovery_control(p[known]) if len(known) else p[known]
        return out
    order = known[np.argsort(p[known], kind="stable")]
    left = np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(left * p[order]), 1.0)
    return out


def group_test(
    values: ArrayLike, inside: ArrayLike, *, seed: int = 0, draws: int = DRAWS
) -> NDArray[np.float64]:
    """
    Test whether a group differs from all others, in several measures at once.

    Parameters
    ----------
    values : array_like, shape (n, n_measures)
        One row for each independent organization; NaN where it has no value.
    inside : array_like of bool, shape (n,)
        Who belongs to the group.

    Returns
    -------
    ndarray, shape (n_measures,)
        p-values, two-sided, adjusted for all measures of the call; NaN where a group is
        empty or nothing varies.

    Notes
    -----
    Labels are permuted; the statistic is Welch's, each variance drawn towards that of
    everybody by :data:`_PRIOR` observations; each measure is compared with the largest
    statistic of all measures of a draw (single-step max-T). Between two large groups the
    statistic is taken as normal, and multiplied by the number of measures.

    References
    ----------
    P. H. Westfall and S. S. Young, *Resampling-Based Multiple Testing*, 1993. E. Chung
    and J. P. Romano, "Exact and asymptotically robust permutation tests", 2013. B.
    Phipson and G. K. Smyth, "Permutation p-values should never be zero", 2010.
    """
    from scipy.special import ndtr

    chosen = np.asarray(inside, bool)
    table = _columns(values)
    if 2 * chosen.sum() > len(chosen):
        chosen = ~chosen  # the smaller side is drawn
    n_inside = int(chosen.sum())
    observed = _welch(table, np.flatnonzero(chosen)[np.newaxis])[0]
    if n_inside > _LARGE:
        n_tests = (~np.isnan(observed)).sum()
        return np.asarray(np.minimum(2 * ndtr(-observed) * n_tests, 1.0))
    if np.isnan(observed).all():
        return np.asarray(observed)
    rng, beaten = np.random.default_rng(seed), np.ones(len(observed))
    for _ in range(_PARTS):
        rows = _choices(rng, len(chosen), n_inside, draws // _PARTS)
        beaten += _reached(_welch(table, rows), observed)
    return np.where(np.isnan(observed), np.nan, beaten / (draws // _PARTS * _PARTS + 1))


_PARTS = 10
"""Parts that the draws are made in, for the sake of memory."""


def _choices(rng: np.random.Generator, n: int, size: int, times: int) -> NDArray[np.intp]:
    """Choose some of n rows, without replacement, many times; shape (times, size)."""
    if n > _MANY:  # then drawing each is faster than shuffling all
        return np.array([rng.choice(n, size, replace=False) for _ in range(times)])
    return np.argpartition(rng.random((times, n)), size - 1, axis=1)[:, :size]


_MANY = 2000


def _columns(values: ArrayLike) -> Floats:
    """Values as a table; those of one measure are one column."""
    found = np.asarray(values, float)
    return found[:, np.newaxis] if found.ndim == 1 else found


def _reached(drawn: Floats, observed: Floats) -> Floats:
    """How many draws are, in their largest statistic, as far out as each observed one."""
    largest = np.where(np.isnan(observed), -1.0, np.nan_to_num(drawn)).max(axis=1)
    return np.asarray((largest[:, np.newaxis] >= observed - 1e-9).sum(axis=0), float)


def _welch(table: Floats, rows: NDArray[np.intp]) -> Floats:
    """Statistic, without its sign, of each choice of rows: shape (n_choices, n_measures)."""
    has = ~np.isnan(table)
    n_all = has.sum(axis=0)
    x = np.where(has, table, 0.0)
    x = np.where(has, x - x.sum(axis=0) / np.maximum(n_all, 1), 0.0)  # sums to 0 now
    n, sums, squares = (part[rows].sum(axis=1) for part in (has, x, x**2))
    spread = (x**2).sum(axis=0) / np.maximum(n_all - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = _noise(n, sums, squares, spread)
        noise += _noise(n_all - n, -sums, (x**2).sum(axis=0) - squares, spread)
        return np.asarray(np.abs(sums / n + sums / (n_all - n)) / np.sqrt(noise))


def _noise(n: Any, sums: Floats, squares: Floats, spread: Floats) -> Floats:
    """Squared error of a mean."""
    return np.asarray((squares - sums**2 / n + _PRIOR * spread) / (n - 1 + _PRIOR) / n)


def paired_test(differences: ArrayLike, *, seed: int = 0, draws: int = DRAWS) -> Floats:
    """
    Test whether pairs differ to one side, in several measures at once.

    Parameters
    ----------
    differences : array_like, shape (n, n_measures)
        One row for each independent pair; NaN where it has no difference.

    Returns
    -------
    ndarray, shape (n_measures,)
        p-values, two-sided, adjusted for all measures of the call; 1 where no pair
        differs, NaN where there is none.

    Notes
    -----
    Each pair's signs are drawn anew, in all measures together; the statistic is the sum
    over the root of the sum of squares, compared with the largest of a draw. Up to ten
    pairs all signs are taken.

    References
    ----------
    R. A. Fisher, *The Design of Experiments*, 1935, section 21. Westfall and Young, 1993.
    """
    table = _columns(differences)
    x, n = np.nan_to_num(table), len(table)
    size = np.sqrt((x**2).sum(axis=0))
    nobody, still = np.isnan(table).all(axis=0), size < 1e-12
    observed = np.where(nobody | still, np.nan, np.abs(x.sum(axis=0)) / np.maximum(size, 1e-12))
    if np.isnan(observed).all():
        return np.where(nobody, np.nan, 1.0)
    if 2**n <= draws + 1:
        signs = 1.0 - 2.0 * ((np.arange(2**n)[:, np.newaxis] >> np.arange(n)) & 1)
        extra = 0
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], (draws, n))
        extra = 1
    drawn = np.abs(signs @ x) / np.maximum(size, 1e-12)
    p = (_reached(drawn, observed) + extra) / (len(signs) + extra)
    return np.where(nobody, np.nan, np.where(still, 1.0, p))


def superiority(
    lower: ArrayLike, upper: ArrayLike, *, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """
    Chance that one of `upper` exceeds one of `lower`, ties counting half, with its interval.

    Cliff's delta is twice this minus 1.

    Notes
    -----
    Score interval with the variance of Hanley and McNeil.

    References
    ----------
    N. Cliff, "Dominance statistics: ordinal analyses to answer ordinal questions", 1993.
    R. G. Newcombe, "Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic, part 2", 2006, method 5.

    Examples
    --------
    >>> round(superiority([1, 2, 2, 3, 3], [2, 3, 3, 4, 4])[0], 2)
    0.8
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    one, other = np.sort(np.asarray(lower, float)), np.asarray(upper, float)
    m, n = len(one), len(other)
    if not m or not n:
        return math.nan, math.nan, math.nan
    places = [np.searchsorted(one, other, side=side).sum() for side in ("left", "right")]
    share = float(sum(places)) / (2 * m * n)
    z, half = float(ndtri((1 + confidence) / 2)), (m + n) / 2 - 1

    def excess(theta: float) -> float:
        parts = 1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (share - theta) ** 2 - z * z * theta * (1 - theta) * parts / (m * n)

    inner = min(max(share, 1e-12), 1 - 1e-12)
    low = 0.0 if share == 0 else float(brentq(excess, 1e-15, inner))
    high = 1.0 if share == 1 else float(brentq(excess, inner, 1 - 1e-15))
    return share, low, high
