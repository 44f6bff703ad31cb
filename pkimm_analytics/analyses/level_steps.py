"""
What separates organizations at one level from those at the next.

A category is part of the overall score, so that even unrelated categories would
separate levels. Each category is therefore compared between organizations whose
level follows from **all other** categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.analyses.evidence import (
    Evidence,
    categories_of,
    edition_or_newest,
    said,
    scores_of,
)
from pkimm_analytics.analyses.findings import ERROR_RATE, FEWEST, Findings, adjusted
from pkimm_analytics.analyses.weight_sensitivity import overall_of
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.statistics import share_interval


def level_steps(
    evidence: Evidence,
    *,
    lower: int = 3,
    edition: str | None = None,
    assurance: str | None = None,
) -> Findings:
    r"""
    Compare categories between organizations at two neighboring levels.

    Parameters
    ----------
    evidence : Evidence
    lower : int
        The lower of the two levels, 1 to 4.
    edition : str, optional
        The newest without it.
    assurance : str, optional
        All kinds without it.

    Returns
    -------
    Findings
        One row for each category, the strongest separation first: ``n_lower``,
        ``n_upper``, ``mean_lower``, ``mean_upper``, ``delta`` (Cliff's delta, -1 to 1:
        0 does not separate) with ``low`` and ``high`` (95 %), ``q``, ``is_found``.

    Raises
    ------
    CollectionError
        If there is no such level, edition or assurance.

    Notes
    -----
    :math:`\delta = P(X_{upper} > X_{lower}) - P(X_{upper} < X_{lower})`. Interval and test
    are those of Brunner and Munzel, which need neither equal variances nor continuous
    scores, with Student's distribution.

    References
    ----------
    N. Cliff, "Dominance statistics: ordinal analyses to answer ordinal questions",
    1993. E. Brunner and U. Munzel, "The nonparametric Behrens-Fisher problem", 2000.
    Leaving the category out of its level follows the corrected item-total correlation.
    """
    import pandas as pd

    if lower not in (1, 2, 3, 4):
        raise CollectionError("Expected a lower level from 1 to 4.")
    version = edition_or_newest(edition)
    rows = evidence.latest(edition=version, assurance=assurance)
    names = categories_of(version)
    scores = np.stack([scores_of(rows, name) for name in names], axis=1)
    weights = np.array([c.weight for c in shipped_model(version).categories.values()], float)
    found = []
    for place, name in enumerate(names):
        level = _level_of_others(scores, weights, place)
        own = scores[:, place]
        has = ~np.isnan(own)
        below, above = own[has & (level == lower)], own[has & (level == lower + 1)]
        found.append({"category": name, **_step(below, above)})
    table = pd.DataFrame(found)
    table["q"] = adjusted(table.pop("p"))
    table["is_found"] = table["q"] <= ERROR_RATE
    table = table.sort_values("delta", ascending=False, na_position="last").reset_index(drop=True)
    return Findings(
        name="level-steps",
        question=f"What separates organizations at level {lower} from those at {lower + 1}?",
        formula="Cliff's delta of each category; the level is that of all other categories",
        source="Cliff 1993; Brunner and Munzel 2000; Benjamini and Hochberg 1995",
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=table,
        figures={"edition": version, "lower": lower, "upper": lower + 1},
        notes=(
            f"Assurance: {said(rows, 'assurance')}.",
            (
                "Categories that separate go together with maturity; raising them need not raise"
                " the rest."
            ),
        ),
    )


def _level_of_others(
    scores: NDArray[np.float64], weights: NDArray[np.float64], place: int
) -> NDArray[np.float64]:
    """Level of each organization without one category; 0 where nothing else has a score."""
    others = scores.copy()
    others[:, place] = np.nan
    known = ~np.isnan(others).all(axis=1)
    level = np.zeros(len(scores))
    level[known] = np.floor(overall_of(others[known], weights[np.newaxis])[:, 0] + 1e-9)
    return level


def _step(below: NDArray[np.float64], above: NDArray[np.float64]) -> dict[str, Any]:
    sizes = {"n_lower": len(below), "n_upper": len(above)}
    if min(len(below), len(above)) < FEWEST:
        nothing = ("mean_lower", "mean_upper", "delta", "low", "high", "p")
        return {**sizes, **dict.fromkeys(nothing, np.nan)}
    delta, low, high, p = cliffs_delta(below, above)
    means = {"mean_lower": float(below.mean()), "mean_upper": float(above.mean())}
    return {**sizes, **means, "delta": delta, "low": low, "high": high, "p": p}


def cliffs_delta(
    below: NDArray[np.float64], above: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """
    Cliff's delta of two samples, its interval (95 %) and p-value.

    Parameters
    ----------
    below, above : ndarray, shape (n,)
        At least two values each. Positive if `above` tends to be larger.

    Returns
    -------
    tuple of float
        Where the variance is 0 (samples that do not overlap, or are all equal), the
        interval is Wilson's for a share among the smaller sample, which is wider, and p
        is that of the Mann-Whitney test.

    Examples
    --------
    >>> round(cliffs_delta(np.array([1.0, 2, 2, 3, 3]), np.array([2.0, 3, 3, 4, 4]))[0], 2)
    0.6
    """
    from scipy.stats import mannwhitneyu, rankdata
    from scipy.stats import t as student

    m, n = len(below), len(above)
    ranks = rankdata(np.concatenate([below, above]))
    own_below, own_above = rankdata(below), rankdata(above)
    share = (ranks[m:].mean() - (n + 1) / 2) / m
    delta = float(2 * share - 1)
    v_below = np.var(ranks[:m] - own_below, ddof=1) / n**2
    v_above = np.var(ranks[m:] - own_above, ddof=1) / m**2
    variance = v_below / m + v_above / n
    if variance < 1e-12:
        low, high = share_interval(share * min(m, n), min(m, n))
        p = 1.0 if delta == 0 else float(mannwhitneyu(below, above).pvalue)
        return delta, 2 * float(low) - 1, 2 * float(high) - 1, p
    freedom = variance**2 / ((v_below / m) ** 2 / (m - 1) + (v_above / n) ** 2 / (n - 1))
    error = float(np.sqrt(variance))
    half = float(student.ppf(0.975, freedom)) * error
    p = float(2 * student.sf(abs(share - 0.5) / error, freedom))
    return delta, max(-1.0, delta - 2 * half), min(1.0, delta + 2 * half), p
