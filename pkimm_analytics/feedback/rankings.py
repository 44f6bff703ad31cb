"""
Rankings that nobody owns: least clear, least relevant, and how far they can be trusted.

Some respondents are strict about everything, so ratings are compared after taking out
how each respondent rates. Elements that few people rated are shrunk towards the rest,
and elements with fewer than a least number of ratings are not ranked at all.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.feedback.ratings import ratings

if TYPE_CHECKING:
    import pandas as pd

LEAST_RATINGS = 5
"""Ratings that an element needs to be ranked."""


def ranking(comments: pd.DataFrame, field: str, *, doubtful: Collection[str] = ()) -> pd.DataFrame:
    """
    Rank elements by a rating, the lowest first.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    field : str
        A rating.
    doubtful : collection of str
        Respondents without whom the ranking is made again, to show their effect.

    Returns
    -------
    pandas.DataFrame
        One row for each element and edition with enough ratings: ``place``, ``element``,
        ``edition``, ``n``, ``mean``, ``adjusted`` (mean without what is the respondents'
        own, shrunk), ``mean_without`` and ``place_without`` (without the doubtful). Enough
        ratings are :data:`LEAST_RATINGS` of respondents who are not doubtful.

    Notes
    -----
    Both the respondents and the elements are shrunk towards the mean of all respondents,
    each of whom counts once, by variance between / (variance between + variance within /
    n); the variance between is estimated as by DerSimonian and Laird.

    References
    ----------
    C. N. Morris (1983), "Parametric empirical Bayes inference", Journal of the American
    Statistical Association 78; R. DerSimonian, N. Laird (1986), "Meta-analysis in
    clinical trials", Controlled Clinical Trials 7.
    """
    values = ratings(comments, field)
    sound = _ranked(values[~values["respondent"].isin(list(doubtful))])
    beside = sound[["element", "edition", "mean", "place"]]
    table = _ranked(values).merge(beside, on=["element", "edition"], suffixes=("", "_without"))
    return table.assign(place=np.arange(1, len(table) + 1))


def round_mean(comments: pd.DataFrame, field: str) -> float:
    """Mean of a rating in which each respondent counts once; NaN if nobody rated."""
    return float(ratings(comments, field).groupby("respondent")["value"].mean().mean())


def _ranked(values: pd.DataFrame) -> pd.DataFrame:
    values = values.assign(unit=values["element"] + "\0" + values["edition"])
    own = _shrunk(values, "respondent", "value")
    middle = float(values.groupby("respondent")["value"].mean().mean()) if len(values) else 0.0
    values["rest"] = values["value"] - own.reindex(values["respondent"]).to_numpy() + middle
    table = values.groupby("unit").agg(
        element=("element", "first"),
        edition=("edition", "first"),
        n=("value", "size"),
        mean=("value", "mean"),
    )
    table["adjusted"] = _shrunk(values, "unit", "rest")
    table = table[table["n"] >= LEAST_RATINGS].sort_values(["adjusted", "element", "edition"])
    table.insert(0, "place", np.arange(1, len(table) + 1))
    return table.reset_index(drop=True)


def _shrunk(values: pd.DataFrame, by: str, column: str) -> pd.Series[Any]:
    """Means of groups, shrunk towards the mean in which each group counts once."""
    from statsmodels.stats.meta_analysis import combine_effects

    groups = values.groupby(by)[column]
    mean, n = groups.mean(), groups.size()
    middle = mean.mean()
    free = len(values) - len(mean)
    within = float(((values[column] - groups.transform("mean")) ** 2).sum()) / max(free, 1)
    if len(mean) < 2 or free < 1 or within <= 0:
        return mean
    noise = within / n
    fitted = combine_effects(mean.to_numpy(), noise.to_numpy(), method_re="chi2")
    between = max(float(fitted.tau2), 0.0)
    shrunk: pd.Series[Any] = middle + between / (between + noise) * (mean - middle)
    return shrunk
