"""
How far ranks depend on the weights of the model.

The weights of categories are a judgment. If other weights nearby would rank
organizations differently, a rank says as much about the judgment as about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.analyses.evidence import (
    Evidence,
    categories_of,
    edition_or_newest,
    said,
    scores_of,
)
from pkimm_analytics.analyses.findings import FEWEST, PROVISIONAL, Findings
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_model

if TYPE_CHECKING:
    import pandas as pd

SPREAD = 0.3
"""Standard deviation of the logarithm of a weight: two of three stay within a third of it."""

DRAWS = 500


def weight_sensitivity(
    evidence: Evidence,
    *,
    edition: str | None = None,
    assurance: str | None = None,
    spread: float = SPREAD,
    draws: int = DRAWS,
    seed: int = 0,
) -> Findings:
    r"""
    Rank organizations with random weights around those of the model.

    Parameters
    ----------
    evidence : Evidence
    edition : str, optional
        The newest without it.
    assurance : str, optional
        All kinds without it.
    spread : float
        Standard deviation of the logarithm of a category weight, above 0.
    draws : int
        Sets of weights, at least 100.
    seed : int

    Returns
    -------
    Findings
        One row for each tenth of the ranking: ``n``, ``rank_low`` and ``rank_high``, the
        mean limits between which 90 % of the ranks of its organizations lie (as shares
        of all, 0 lowest), and ``share_other_level``, the share of draws that give
        another level. ``figures`` hold Kendall's tau with the model's ranking (median
        and 5th percentile), and the tau of equal weights.

    Raises
    ------
    CollectionError
        If there is no such edition or assurance, or a setting is out of range.

    Notes
    -----
    :math:`w'_c = w_c \exp(\sigma z_c)` with standard normal :math:`z_c`; the overall
    score is formed anew from the category scores. Weights of requirements stay.

    References
    ----------
    OECD and JRC, *Handbook on Constructing Composite Indicators*, 2008, step 7. M.
    Saisana, A. Saltelli and S. Tarantola, "Uncertainty and sensitivity analysis
    techniques as tools for the quality assessment of composite indicators", 2005. The
    distribution of the weights is provisional.
    """
    import pandas as pd

    if not 0 < spread <= 3 or draws < 100:
        raise CollectionError("Expected a spread above 0 and up to 3, and at least 100 draws.")
    version = edition_or_newest(edition)
    rows = evidence.latest(edition=version, assurance=assurance)
    names = categories_of(version)
    scores = np.stack([scores_of(rows, name) for name in names], axis=1)
    scores = scores[~np.isnan(scores).all(axis=1)]
    weights = np.array([c.weight for c in shipped_model(version).categories.values()], float)
    figures: dict[str, object] = {"edition": version, "spread": spread, "draws": draws}
    if len(scores) < FEWEST:
        table = pd.DataFrame(columns=["tenth", "n", "rank_low", "rank_high", "share_other_level"])
    else:
        rng = np.random.default_rng(seed)
        drawn = weights * np.exp(spread * rng.standard_normal((draws, len(names))))
        base = overall_of(scores, weights[np.newaxis])[:, 0]
        others = overall_of(scores, drawn)
        taus = np.array([_tau(base, column) for column in others.T])
        figures |= {
            "tau_median": float(np.median(taus)),
            "tau_p5": float(np.quantile(taus, 0.05)),
            "tau_equal_weights": _tau(base, overall_of(scores, np.ones((1, len(names))))[:, 0]),
        }
        table = _tenths(base, others)
    return Findings(
        name="weight-sensitivity",
        question="How far do ranks depend on the weights of the model?",
        formula="ranks by overall scores with weights w * exp(spread * z), z standard normal",
        source="OECD and JRC 2008, step 7; Saisana, Saltelli and Tarantola 2005; "
        f"distribution of the weights {PROVISIONAL}",
        n_organizations=len(scores),
        n_assessments=len(scores),
        table=table,
        figures=figures,
        notes=(
            f"Assurance: {said(rows, 'assurance')}.",
            "This is how much the judgment behind the weights matters, not an error of sampling.",
        ),
    )


def overall_of(scores: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Overall score of each organization with each set of weights.

    Parameters
    ----------
    scores : ndarray, shape (n_organizations, n_categories)
        NaN where a category has no score; it adds neither score nor weight.
    weights : ndarray, shape (n_sets, n_categories)

    Returns
    -------
    ndarray, shape (n_organizations, n_sets)
    """
    has = ~np.isnan(scores)
    total = has.astype(float) @ weights.T
    return np.asarray((np.where(has, scores, 0.0) @ weights.T) / total)


def _tau(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    from scipy.stats import kendalltau

    return float(kendalltau(np.round(one, 9), np.round(other, 9)).statistic)


def _tenths(base: NDArray[np.float64], others: NDArray[np.float64]) -> pd.DataFrame:
    """Spread of the ranks in each tenth of the model's ranking."""
    import pandas as pd
    from scipy.stats import rankdata

    n = len(base)
    ranks = (rankdata(np.round(others, 9), axis=0) - 0.5) / n
    low, high = np.quantile(ranks, [0.05, 0.95], axis=1)
    level = np.floor(base + 1e-9)
    moved = (np.floor(others + 1e-9) != level[:, np.newaxis]).mean(axis=1)
    tenth = np.minimum((rankdata(np.round(base, 9), method="ordinal") - 1) * 10 // n, 9)
    frame = pd.DataFrame(
        {
            "tenth": tenth.astype(int) + 1,
            "rank_low": low,
            "rank_high": high,
            "share_other_level": moved,
        }
    )
    found = frame.groupby("tenth").mean().reset_index()
    found.insert(1, "n", frame.groupby("tenth").size().to_numpy())
    return found
