"""
Ratings as a tidy table: one row for each respondent and element, the newest one.

Whoever rates an element again in the same round has changed their mind; the later
rating counts. Every analysis of ratings begins here, so that nobody counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.comment import RATINGS, WEIGHTS

if TYPE_CHECKING:
    import pandas as pd

SCALES = {**dict.fromkeys(RATINGS, 5), "weight": 3}
"""Fields that rate, and how many steps their scale has."""

OF_ELEMENTS = ("clarity", "relevance", "weight")
"""Those that rate an element; the others rate the process."""

COLUMNS = ("round", "respondent", "role", "edition", "element", "value")


def of_round(comments: pd.DataFrame, round_: str | None) -> pd.DataFrame:
    """Return the comments of one round, or all of them if it is None."""
    return comments if round_ is None else comments[comments["round"] == round_]


def newest_round(comments: pd.DataFrame) -> str | None:
    """Round that sorts last by name (2026Q3 before 2026Q4), None if there are no comments."""
    return None if comments.empty else str(comments["round"].max())


def ratings(comments: pd.DataFrame, field: str) -> pd.DataFrame:
    """
    Newest rating of each respondent for each element and round.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``, in the order in which they were added.
    field : str
        ``clarity``, ``relevance``, ``difficulty``, ``usefulness`` (1 to 5) or
        ``weight`` (1 too low, 2 right, 3 too high).

    Returns
    -------
    pandas.DataFrame
        Columns ``round``, ``respondent``, ``role`` (may be empty), ``edition``,
        ``element`` and ``value`` (whole numbers). Comments without this rating have no
        row.

    Raises
    ------
    FeedbackError
        If the field does not rate.
    """
    if field not in SCALES:
        raise FeedbackError(f"{field} does not rate. Known: {', '.join(SCALES)}.")
    rated = comments[comments[field].notna()]
    rated = rated.drop_duplicates(["round", "respondent", "element"], keep="last")
    rated = rated.assign(value=_values(rated[field], field))
    return rated[list(COLUMNS)].reset_index(drop=True)


def _values(column: pd.Series[Any], field: str) -> NDArray[np.int64]:
    if field == "weight":
        steps = {word: step for step, word in enumerate(WEIGHTS, 1)}
        return np.array([steps[word] for word in column], np.int64)
    return column.to_numpy(np.int64)


def level_counts(values: pd.DataFrame, by: Sequence[str], steps: int) -> pd.DataFrame:
    """
    Count ratings at each step.

    Parameters
    ----------
    values : pandas.DataFrame
        As :func:`ratings` returns them.
    by : sequence of str
        Columns that make a group; an empty value (such as no role) is a group too.
    steps : int
        Length of the scale.

    Returns
    -------
    pandas.DataFrame
        Index: the groups, sorted. Columns ``1`` to ``steps``, int64.
    """
    import pandas as pd

    grouped = values.groupby(list(by), sort=True, dropna=False)
    codes = grouped.ngroup().to_numpy()
    n = grouped.ngroups
    flat = np.bincount(codes * steps + values["value"].to_numpy() - 1, minlength=n * steps)
    index = grouped.size().index
    return pd.DataFrame(flat.reshape(n, steps), index, columns=range(1, steps + 1))
