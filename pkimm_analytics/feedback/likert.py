"""
Likert summaries: how often each step was chosen, and how sure the shares are.

Counts come first; a mean of ordered words is shown beside them and never alone.
Intervals are Wilson's, which stay between 0 and 1 and hold for small groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.feedback.ratings import SCALES, level_counts, ratings

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
"""Confidence level of every interval."""


def wilson(hits: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Interval of a share, at the confidence level :data:`LEVEL`.

    Parameters
    ----------
    hits, n : array_like of int
        How many of how many. No trials, no interval: NaN.

    Returns
    -------
    tuple of ndarray
        Lower and upper end, 0 to 1.

    References
    ----------
    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4902, 0.9433)
    """
    from scipy.stats import norm

    k, size = np.asarray(hits, float), np.asarray(n, float)
    z2 = float(norm.isf((1 - LEVEL) / 2)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(size > 0, k / size, np.nan)
        middle = (p + z2 / (2 * size)) / (1 + z2 / size)
        half = np.sqrt(z2 * (p * (1 - p) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    # The ends are exact where all or none of the trials were hits.
    return np.where(k == 0, low * 0, low), np.where(k == size, high * 0 + 1, high)


def likert(comments: pd.DataFrame, field: str, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """
    Summarize a rating for each element.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    field : str
        ``clarity``, ``relevance``, ``difficulty`` or ``usefulness``; for ``weight`` see
        :func:`weight_votes`.
    by : sequence of str
        Further columns to split by, such as ``role`` or ``round``.

    Returns
    -------
    pandas.DataFrame
        One row for each element (and group) that anybody rated: ``element``, the
        columns of `by`, ``n``, ``n_1`` to ``n_5``, ``mean``, ``median`` (the lower one
        of two), ``low_share`` (steps 1 and 2) and ``high_share`` (4 and 5), each with
        ``_from`` and ``_to``, the 95 percent interval. For analysts: small groups are
        shown.

    Raises
    ------
    FeedbackError
        If the field does not rate.
    """
    values = ratings(comments, field)
    steps = SCALES[field]
    table = level_counts(values, ["element", *by], steps)
    counts = table.to_numpy()
    n = counts.sum(axis=1)
    shown = table.set_axis([f"n_{step}" for step in table.columns], axis=1)
    shown.insert(0, "n", n)
    shown["mean"] = counts @ np.arange(1, steps + 1) / n
    shown["median"] = median_step(counts)
    half = steps // 2
    for name, inside in (("low", slice(0, half)), ("high", slice(steps - half, steps))):
        _add_share(shown, f"{name}_share", counts[:, inside].sum(axis=1), n)
    return shown.reset_index()


def weight_votes(comments: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """
    Summarize what respondents think of the weights.

    Returns
    -------
    pandas.DataFrame
        One row for each element (and group): ``element``, the columns of `by`, ``n``,
        ``n_too_low``, ``n_right``, ``n_too_high``, ``disputed_share`` (not right) with
        its 95 percent interval ``_from``, ``_to``, and ``lean``: -1 if all find the
        weight too low, 1 if all find it too high.
    """
    table = level_counts(ratings(comments, "weight"), ["element", *by], 3)
    counts = table.to_numpy()
    n = counts.sum(axis=1)
    shown = table.set_axis(["n_too_low", "n_right", "n_too_high"], axis=1)
    shown.insert(0, "n", n)
    _add_share(shown, "disputed_share", n - counts[:, 1], n)
    shown["lean"] = (counts[:, 2] - counts[:, 0]) / n
    return shown.reset_index()


def median_step(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Step that half of the ratings do not exceed, shape (n,); the lower one of two."""
    reached = np.cumsum(counts, axis=1) * 2 >= counts.sum(axis=1, keepdims=True)
    return np.asarray(reached.argmax(axis=1) + 1)


def _add_share(shown: pd.DataFrame, name: str, hits: NDArray[Any], n: NDArray[Any]) -> None:
    shown[name] = hits / n
    shown[f"{name}_from"], shown[f"{name}_to"] = wilson(hits, n)
