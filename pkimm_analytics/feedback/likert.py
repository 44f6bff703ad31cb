"""
Likert summaries: how often each step was chosen, and how sure the shares are.

Counts come first; a mean of ordered words is shown beside them and never alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.feedback.ratings import SCALES, level_counts, ratings
from pkimm_analytics.statistics import share_interval

if TYPE_CHECKING:
    import pandas as pd


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
        Further columns to split by, such as ``edition``, ``role`` or ``round``.

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
    shown["median"] = (np.cumsum(counts, axis=1) * 2 >= n[:, None]).argmax(axis=1) + 1
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


def _add_share(shown: pd.DataFrame, name: str, hits: NDArray[Any], n: NDArray[Any]) -> None:
    shown[name] = hits / n
    shown[f"{name}_from"], shown[f"{name}_to"] = share_interval(hits, n)
