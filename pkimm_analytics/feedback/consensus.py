"""
Consensus and polarization: whether respondents agree, or form two camps.

Two published measures, which answer differently on purpose. **Agreement A** is -1 for
two camps at the ends of the scale, 0 for an even spread and 1 where all say the same.
**Consensus** is 0 for two camps and 1 where all say the same. A mean of 3 can be
either; these tell them apart.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.ratings import SCALES, level_counts, ratings

if TYPE_CHECKING:
    import pandas as pd


def agreement_a(counts: ArrayLike) -> NDArray[np.float64]:
    """
    Van der Eijk's agreement A.

    Parameters
    ----------
    counts : array_like of int, shape (..., n_steps)
        How often each step of an ordered scale was chosen; at least three steps.

    Returns
    -------
    ndarray
        -1 to 1; NaN where nobody chose.

    Raises
    ------
    FeedbackError
        If there are fewer than three steps or a count is negative.

    Notes
    -----
    The distribution is taken apart into layers, in each of which every step is empty
    or has the same height. A layer with S of K steps filled agrees to
    :math:`U (1 - (S - 1) / (K - 1))`, where U compares the triples of steps that fit
    one peak with those that have a gap. A is the mean over layers by their size.

    References
    ----------
    C. van der Eijk (2001), "Measuring agreement in ordered rating scales", Quality and
    Quantity 35.

    Examples
    --------
    The example of the R package agrmt:

    >>> round(float(agreement_a([30, 40, 210, 130, 530, 50, 10])), 7)
    0.6113333
    """
    rest = _checked(counts).copy()
    total = rest.sum(axis=-1)
    steps = rest.shape[-1]
    layers = np.array(_layer_agreements(steps))
    bits = 1 << np.arange(steps)
    found = np.zeros(total.shape)
    for _ in range(steps):
        filled = rest > 0
        height = np.where(filled, rest, np.iinfo(np.int64).max).min(axis=-1)
        height = np.where(filled.any(axis=-1), height, 0)
        found = found + height * filled.sum(axis=-1) * layers[(filled * bits).sum(axis=-1)]
        rest = rest - filled * height[..., None]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(total > 0, found / total, np.nan))


def consensus(counts: ArrayLike) -> NDArray[np.float64]:
    r"""
    Tastle and Wierman's consensus.

    Parameters
    ----------
    counts : array_like of int, shape (..., n_steps)
        How often each step of an ordered scale was chosen.

    Returns
    -------
    ndarray
        0 to 1; NaN where nobody chose.

    Raises
    ------
    FeedbackError
        If there are fewer than three steps or a count is negative.

    Notes
    -----
    .. math:: 1 + \sum_i p_i \log_2 \left( 1 - \frac{|x_i - \bar x|}{x_K - x_1} \right)

    References
    ----------
    W. J. Tastle, M. J. Wierman (2007), "Consensus and dissention: a measure of ordinal
    dispersion", International Journal of Approximate Reasoning 45.

    Examples
    --------
    The example of the R package agrmt:

    >>> round(float(consensus([30, 40, 210, 130, 530, 50, 10])), 7)
    0.7256876
    """
    checked = _checked(counts)
    total = checked.sum(axis=-1, keepdims=True)
    at = np.arange(checked.shape[-1], dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = checked / total
        near = 1 - np.abs(at - (p * at).sum(axis=-1, keepdims=True)) / (len(at) - 1)
        terms = np.where(checked > 0, p * np.log2(np.where(near > 0, near, 1)), 0)
    return np.asarray(np.where(total[..., 0] > 0, 1 + terms.sum(axis=-1), np.nan))


def split_opinions(comments: pd.DataFrame, field: str) -> pd.DataFrame:
    """
    Measure consensus for each element.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    field : str
        A rating, or ``weight``.

    Returns
    -------
    pandas.DataFrame
        One row for each element: ``element``, ``n``, ``agreement`` (A) and
        ``consensus``; most divided first.
    """
    table = level_counts(ratings(comments, field), ["element"], SCALES[field])
    counts = table.to_numpy()
    shown = table[[]].copy()
    shown["n"] = counts.sum(axis=1)
    shown["agreement"] = agreement_a(counts)
    shown["consensus"] = consensus(counts)
    return shown.reset_index().sort_values(["agreement", "element"], ignore_index=True)


def _checked(counts: ArrayLike) -> NDArray[np.int64]:
    checked = np.asarray(counts, np.int64)
    if checked.ndim == 0 or checked.shape[-1] < 3 or (checked < 0).any():
        raise FeedbackError("Consensus needs counts of at least three steps, none negative.")
    return checked


@cache
def _layer_agreements(steps: int) -> tuple[float, ...]:
    """Agreement of each pattern of filled steps; bit i says that step i is filled."""
    found = []
    for pattern in range(1 << steps):
        filled = [bool(pattern >> i & 1) for i in range(steps)]
        one_peak = gap = 0
        for a, b, c in itertools.combinations(filled, 3):
            gap += a and c and not b
            one_peak += b and (a != c)
        unimodal = 1.0
        if one_peak + gap:
            unimodal = ((steps - 2) * one_peak - (steps - 1) * gap) / (
                (steps - 2) * (one_peak + gap)
            )
        found.append(unimodal * (1 - (sum(filled) - 1) / (steps - 1)) if pattern else 0.0)
    return tuple(found)
