"""
What changed between rounds: ratings of the same element, and what the model changed.

Two rounds have other respondents, so ratings are compared as two groups. Where the
rounds were about different editions, the changes of the model stand beside those of
the ratings: a requirement that was reworded and is clearer now was worth the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pkimm_analytics.feedback.outliers import false_discovery_q
from pkimm_analytics.feedback.ratings import OF_ELEMENTS, SCALES, level_counts, of_round, ratings
from pkimm_analytics.feedback.roles import LEAST_RATINGS, kruskal_wallis
from pkimm_analytics.model import Model, differences

if TYPE_CHECKING:
    import pandas as pd


def changes(
    comments: pd.DataFrame,
    before: str,
    after: str,
    *,
    models: tuple[Model, Model] | None = None,
) -> pd.DataFrame:
    """
    Compare the ratings of two rounds.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments`` with both rounds.
    before, after : str
        The rounds.
    models : tuple of (Model, Model), optional
        Editions of the rounds; with them, what changed in the model is named.

    Returns
    -------
    pandas.DataFrame
        One row for each element and rating that both rounds rated often enough:
        ``element``, ``field``, ``n_before``, ``n_after``, ``mean_before``,
        ``mean_after``, ``superiority`` (chance that a rating of the later round is
        higher, ties counting half), ``p`` (Wilcoxon-Mann-Whitney, two-sided, corrected
        for ties), ``q`` (Benjamini-Hochberg over all rows), ``model_changes`` (words
        such as ``reworded``; empty where the model did not change or no models were
        given). Smallest q first.

    Notes
    -----
    With two groups the Kruskal-Wallis test is the two-sided Wilcoxon test.
    """
    import pandas as pd
    from scipy.stats import chi2

    changed = _model_changes(models)
    both = pd.concat([of_round(comments, before), of_round(comments, after)])
    rows = []
    for field in OF_ELEMENTS:
        counted = level_counts(ratings(both, field), ["element", "round"], SCALES[field])
        steps = np.arange(1, SCALES[field] + 1)
        for element, group in counted.groupby(level="element", sort=True):
            table = group.droplevel("element").reindex([before, after], fill_value=0).to_numpy()
            n = table.sum(axis=1)
            if n.min() < LEAST_RATINGS:
                continue
            h, ranks = kruskal_wallis(table)
            means = table @ steps / n
            rows.append(
                {
                    "element": element,
                    "field": field,
                    "n_before": int(n[0]),
                    "n_after": int(n[1]),
                    "mean_before": float(means[0]),
                    "mean_after": float(means[1]),
                    "superiority": float((ranks[1] - (n[1] + 1) / 2) / n[0]),
                    "p": float(chi2.sf(h, 1)),
                    "model_changes": ", ".join(changed.get(str(element), ())),
                }
            )
    names = ["element", "field", "n_before", "n_after", "mean_before", "mean_after"]
    found = pd.DataFrame(rows, columns=[*names, "superiority", "p", "model_changes"])
    found.insert(8, "q", false_discovery_q(found["p"].to_numpy(float)))
    return found.sort_values(["q", "element", "field"], ignore_index=True)


def _model_changes(models: tuple[Model, Model] | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if models is not None:
        for difference in differences(*models):
            found[difference.key] = (*found.get(difference.key, ()), difference.change)
    return found
