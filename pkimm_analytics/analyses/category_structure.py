"""
Which categories go together.

Levels are ranks, so correlation is Spearman's. Nearly all categories of a maturity
model correlate, because mature organizations are mature in most; clusters are
therefore looked for in what is left when each organization's own mean is taken off,
if that is asked for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.analyses.evidence import (
    Evidence,
    categories_of,
    edition_or_newest,
    said,
    scores_of,
)
from pkimm_analytics.analyses.findings import ERROR_RATE, Findings, adjusted

if TYPE_CHECKING:
    import pandas as pd

FEWEST_PAIRS = 10
"""Organizations with both categories below which no correlation is stated."""

PERMUTATIONS = 200


def category_structure(
    evidence: Evidence,
    *,
    edition: str | None = None,
    assurance: str | None = None,
    within_organizations: bool = False,
    seed: int = 0,
) -> Findings:
    r"""
    Correlate all pairs of categories, and join those that go together beyond chance.

    Parameters
    ----------
    evidence : Evidence
    edition : str, optional
        The newest without it.
    assurance : str, optional
        All kinds without it.
    within_organizations : bool
        Whether each organization's mean over its categories is taken off first.
    seed : int
        Of the permutations.

    Returns
    -------
    Findings
        One row for each pair of categories: ``n``, ``rho`` (Spearman), ``low`` and
        ``high`` (95 %), ``q``, ``is_found``, and ``same_cluster``. The clusters are in
        ``figures["clusters"]``; who is in none is alone.

    Raises
    ------
    CollectionError
        If there is no such edition or assurance.

    Notes
    -----
    Interval: :math:`\tanh(\operatorname{artanh} \rho \pm 1.96 \sqrt{(1 + \rho^2 / 2) / (n - 3)})`.
    Clusters: average linkage on :math:`1 - \rho`; two groups are joined only below the
    height that the lowest join of permuted columns undercuts in 5 % of permutations,
    so that in data without structure any cluster at all appears in about 5 % of cases.

    References
    ----------
    D. G. Bonett and T. A. Wright, "Sample size requirements for estimating Pearson,
    Kendall and Spearman correlations", 2000. R. R. Sokal and C. D. Michener on average
    linkage, 1958. The height by permutation is provisional.
    """
    import pandas as pd

    version = edition_or_newest(edition)
    rows = evidence.latest(edition=version, assurance=assurance)
    categories = categories_of(version)
    scores = pd.DataFrame({name: scores_of(rows, name) for name in categories})
    if within_organizations:
        scores = scores.sub(scores.mean(axis=1), axis=0)
    rho = _spearman(scores)
    both = scores.notna().to_numpy(np.int64)
    n = both.T @ both
    clusters = _clusters(scores, rho, np.random.default_rng(seed))
    table = _pairs(categories, rho, n, clusters)
    groups = [
        [name for name, c in zip(categories, clusters, strict=True) if c == number]
        for number in sorted(set(clusters))
    ]
    return Findings(
        name="category-structure",
        question="Which categories go together?",
        formula="Spearman's rho of each pair; clusters by average linkage on 1 - rho",
        source=(
            "Bonett and Wright 2000; Sokal and Michener 1958; the height of the clusters by"
            " permutation is provisional"
        ),
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=table,
        figures={
            "edition": version,
            "clusters": [group for group in groups if len(group) > 1],
            "median_rho": float(table["rho"].median()),
        },
        notes=(
            f"Assurance: {said(rows, 'assurance')}.",
            (
                "Categories correlate because mature organizations are mature in most of them;"
                " within organizations, unrelated categories correlate at about"
                f" {-1 / (len(categories) - 1):.2f}."
            ),
            "Going together is not causing each other.",
        ),
    )


def _spearman(scores: pd.DataFrame) -> NDArray[np.float64]:
    """Correlate all pairs of columns over the rows that have both; NaN with too few."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # columns that do not vary: NaN
        return scores.corr(method="spearman", min_periods=FEWEST_PAIRS).to_numpy(copy=True)


def _pairs(
    names: tuple[str, ...], rho: NDArray[np.float64], n: NDArray[np.int64], clusters: list[int]
) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            r, m = float(rho[i, j]), int(n[i, j])
            low, high, p = correlation_interval(r, m)
            rows.append(
                {
                    "category": one,
                    "other": names[j],
                    "n": m,
                    "rho": r,
                    "low": low,
                    "high": high,
                    "p": p,
                    "same_cluster": clusters[i] == clusters[j],
                }
            )
    table = pd.DataFrame(rows)
    table["q"] = adjusted(table.pop("p"))
    table["is_found"] = table["q"] <= ERROR_RATE
    return table


def correlation_interval(rho: float, n: int) -> tuple[float, float, float]:
    """Interval and p-value of one correlation."""
    from scipy.stats import t as student

    if math.isnan(rho) or n < FEWEST_PAIRS:
        return math.nan, math.nan, math.nan
    r = min(max(rho, -1 + 1e-12), 1 - 1e-12)
    half = 1.959963984540054 * math.sqrt((1 + r * r / 2) / (n - 3))
    z = math.atanh(r)
    statistic = abs(r) * math.sqrt((n - 2) / (1 - r * r))
    return math.tanh(z - half), math.tanh(z + half), float(2 * student.sf(statistic, n - 2))


def _clusters(
    scores: pd.DataFrame, rho: NDArray[np.float64], rng: np.random.Generator
) -> list[int]:
    """Cluster of each column, numbered in order; columns without correlations are alone."""
    from scipy.cluster.hierarchy import fcluster, linkage

    usable = _usable(rho)
    alone = list(range(len(rho)))
    if len(usable) < 3:
        return alone
    values = scores.iloc[:, usable]
    lowest = [_lowest(_spearman(_permuted(values, rng))) for _ in range(PERMUTATIONS)]
    height = float(np.quantile(lowest, ERROR_RATE, method="lower"))
    tree = linkage(_condensed(rho[np.ix_(usable, usable)]), method="average")
    found = fcluster(tree, t=np.nextafter(height, 0), criterion="distance")
    first = {c: int(usable[list(found).index(c)]) for c in found}
    for place, c in zip(usable, found, strict=True):
        alone[place] = first[c]
    return alone


def _usable(rho: NDArray[np.float64]) -> NDArray[np.intp]:
    """Columns of which all pairs have a correlation: what lacks the most is left out first."""
    left = list(range(len(rho)))
    while left:
        lacking = np.isnan(rho[np.ix_(left, left)]).sum(axis=0)
        if not lacking.any():
            break
        left.pop(int(np.argmax(lacking)))
    return np.array(left, np.intp)


def _permuted(values: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Each column in an order of its own; what is missing stays where it is."""
    import pandas as pd

    columns = {}
    for name in values:
        column = values[name].to_numpy(copy=True)
        has = ~np.isnan(column)
        column[has] = rng.permutation(column[has])
        columns[name] = column
    return pd.DataFrame(columns)


def _lowest(rho: NDArray[np.float64]) -> float:
    """Height of the first join: one minus the highest correlation."""
    return float(np.nanmin(_condensed(rho)))


def _condensed(rho: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.clip(1 - rho, 0, 2)[np.triu_indices(len(rho), 1)])
