"""
Weights that people would choose, and what those would do to scores.

Somebody who finds a weight right chooses the model's. Somebody who names a weight
chooses that. Somebody who only says "too low" disputes the weight and chooses none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback.comment import MAX_WEIGHT
from pkimm_analytics.feedback.kinds import RATE_OF_A_KIND
from pkimm_analytics.model import Model
from pkimm_analytics.scoring import Codes, Ratio, score_batch
from pkimm_analytics.statistics import adjusted, median_ranks

if TYPE_CHECKING:
    import pandas as pd


LEAST_CHOICES = 9
"""Choices below which nothing is proposed: fewer cannot be surer than an alarm has to be."""


def chosen_weights(comments: pd.DataFrame, model: Model) -> pd.DataFrame:
    """
    Find the weight that respondents would choose for each element.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``. The newest opinion of a respondent counts.
    model : Model
        Edition whose weights are questioned.

    Returns
    -------
    pandas.DataFrame
        One row for each category and requirement that anybody chose a weight for:
        ``element``, ``weight`` (the model's), ``n`` (who chose), ``chosen`` (the median,
        the lower one of two), ``chosen_from`` and ``chosen_to`` (95 percent interval of
        the median; empty below six choices, which have none), ``p`` (sign test of the
        model's weight, ties counting for neither side), ``q`` (Benjamini-Hochberg over
        all elements) and ``differs`` (whether q is within the rate of an alarm).

    References
    ----------
    Interval of a median and sign test: W. J. Conover (1999), *Practical Nonparametric
    Statistics*, sections 3.2 and 3.4.
    """
    import pandas as pd

    said = comments[comments["suggested_weight"].notna() | comments["weight"].notna()]
    said = said.drop_duplicates(["respondent", "element"], keep="last")
    weights = weights_of(model)
    said = said[said["element"].isin(list(weights))]
    current = said["element"].map(weights)
    right = (said["weight"] == "right") & said["suggested_weight"].isna()
    choice = said["suggested_weight"].where(~right, current).dropna().astype("int64")
    groups = dict(list(choice.groupby(said["element"])))
    rows = [(key, w, *_choice(groups[key], w)) for key, w in weights.items() if key in groups]
    names = ["element", "weight", "n", "chosen", "chosen_from", "chosen_to", "p"]
    table = pd.DataFrame(rows, columns=names)
    table = table.astype({"chosen_from": "Int64", "chosen_to": "Int64"})
    table["q"] = adjusted(table["p"].to_numpy(float), "discoveries")
    table["differs"] = (table["q"] <= RATE_OF_A_KIND) & (table["n"] >= LEAST_CHOICES)
    return table


def _choice(choices: pd.Series[int], weight: int) -> tuple[int, int, int | None, int | None, float]:
    """Return number, median, its interval if there is one, and p of the sign test."""
    from scipy.stats import binom

    ordered = np.sort(choices.to_numpy())
    n = len(ordered)
    ranks = median_ranks(n)
    low, high = (int(ordered[rank - 1]) for rank in ranks) if ranks else (None, None)
    most = max(int((ordered > weight).sum()), int((ordered < weight).sum()))
    p = min(1.0, 2 * float(binom.sf(most - 1, n, 0.5)))
    return n, int(ordered[(n - 1) // 2]), low, high, p


def with_weights(model: Model, weights: Mapping[str, int]) -> Model:
    """
    Return the model with other weights.

    Parameters
    ----------
    model : Model
    weights : mapping of str to int
        By element key of a category or requirement; the others keep theirs.

    Raises
    ------
    FeedbackError
        If an element is unknown or a weight is not a whole number from 1 to 100.
    """
    known = weights_of(model)
    problems = [Problem(key, f"is not in {model.edition}") for key in weights if key not in known]
    problems += [
        Problem(key, f"expected a whole number from 1 to {MAX_WEIGHT}")
        for key, weight in weights.items()
        if type(weight) is not int or not 1 <= weight <= MAX_WEIGHT
    ]
    if problems:
        raise FeedbackError("These weights cannot be used. Nothing was changed.", problems)
    modules = tuple(
        replace(
            module,
            categories=tuple(
                replace(
                    category,
                    weight=weights.get(category.key, category.weight),
                    requirements=tuple(
                        replace(r, weight=weights.get(r.key, r.weight))
                        for r in category.requirements
                    ),
                )
                for category in module.categories
            ),
        )
        for module in model.modules
    )
    return replace(model, modules=modules)


def rescored(
    model: Model,
    weights: Mapping[str, int],
    *,
    requirements: Codes | None = None,
    categories: Codes | None = None,
) -> pd.DataFrame:
    """
    Score assessments with the model's weights and with others.

    Parameters
    ----------
    model : Model
        Edition of all rows.
    weights : mapping of str to int
        Weights to try, by element key.
    requirements, categories : ndarray of int8
        Answer codes, as :func:`.scoring.score_batch` takes them.

    Returns
    -------
    pandas.DataFrame
        One row for ``overall``, each module and each category: ``measure``, ``n``
        (assessments with a score), ``mean_before``, ``mean_after``, ``mean_change``,
        ``largest_change`` (absolute), ``n_level_up``, ``n_level_down``. Means are null
        where nothing is scored. For analysts: it is not disclosure-controlled.

    Raises
    ------
    FeedbackError
        If a weight cannot be used.
    """
    import pandas as pd

    before = score_batch(model, requirements=requirements, categories=categories)
    changed = with_weights(model, weights)
    after = score_batch(changed, requirements=requirements, categories=categories)
    rows = [("overall", *_compared(before.overall, after.overall))]
    for old, new in ((before.modules, after.modules), (before.categories, after.categories)):
        rows += [(key, *_compared(old[key], new[key])) for key in old]
    names = ["mean_before", "mean_after", "mean_change", "largest_change"]
    return pd.DataFrame(rows, columns=["measure", "n", *names, "n_level_up", "n_level_down"])


def _compared(before: Ratio, after: Ratio) -> tuple[int, float, float, float, float, int, int]:
    has = before.has_score
    n = int(has.sum())
    if not n:
        return (0, np.nan, np.nan, np.nan, np.nan, 0, 0)
    old, new = before.score[has], after.score[has]
    steps = after.level[has].astype(int) - before.level[has]
    change = new - old
    return (
        n,
        float(old.mean()),
        float(new.mean()),
        float(change.mean()),
        float(np.abs(change).max()),
        int((steps > 0).sum()),
        int((steps < 0).sum()),
    )


def weights_of(model: Model) -> dict[str, int]:
    """Weight of each category and requirement by element key, in the order of the model."""
    found = {}
    for category in model.categories.values():
        found[category.key] = category.weight
        found |= {r.key: r.weight for r in category.requirements}
    return found
