"""Differences between roles: whether operators see an element otherwise than assessors do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.feedback.outliers import false_discovery_q
from pkimm_analytics.feedback.ratings import OF_ELEMENTS, SCALES, level_counts, ratings

if TYPE_CHECKING:
    import pandas as pd

LEAST_RATINGS = 5
"""Ratings that a role needs to be compared; below, the test's distribution does not hold."""


def role_differences(comments: pd.DataFrame, fields: Sequence[str] = OF_ELEMENTS) -> pd.DataFrame:
    """
    Compare the roles for each element and rating.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``. Respondents without a role are left out, and so are roles
        with fewer than :data:`LEAST_RATINGS` ratings of an element.
    fields : sequence of str
        Ratings to compare.

    Returns
    -------
    pandas.DataFrame
        One row for each element and field that two roles or more rated: ``element``,
        ``field``, ``n``, ``n_roles``, ``h`` (Kruskal-Wallis, corrected for ties), ``p``,
        ``q`` (Benjamini-Hochberg over all rows), ``epsilon2`` (0 to 1: how much of the
        ranks the role explains), ``lowest`` and ``highest`` (roles by mean rank).
        Smallest q first.

    References
    ----------
    W. H. Kruskal, W. A. Wallis (1952), "Use of ranks in one-criterion variance
    analysis", Journal of the American Statistical Association 47; epsilon squared: M.
    Tomczak, E. Tomczak (2014), "The need to report effect size estimates revisited",
    Trends in Sport Sciences 21.
    """
    import pandas as pd
    from scipy.stats import chi2

    rows = []
    for field in fields:
        values = ratings(comments, field)
        values = values[values["role"].notna()]
        counted = level_counts(values, ["element", "role"], SCALES[field])
        for element, group in counted.groupby(level="element", sort=True):
            table = group.to_numpy()
            enough = table.sum(axis=1) >= LEAST_RATINGS
            table = table[enough]
            if len(table) < 2:
                continue
            roles = group.index.get_level_values("role")[enough]
            h, ranks = kruskal_wallis(table)
            n = int(table.sum())
            rows.append(
                {
                    "element": element,
                    "field": field,
                    "n": n,
                    "n_roles": len(table),
                    "h": h,
                    "p": float(chi2.sf(h, len(table) - 1)),
                    "epsilon2": h / (n - 1),
                    "lowest": roles[int(ranks.argmin())],
                    "highest": roles[int(ranks.argmax())],
                }
            )
    names = ["element", "field", "n", "n_roles", "h", "p", "epsilon2", "lowest", "highest"]
    found = pd.DataFrame(rows, columns=names)
    found.insert(6, "q", false_discovery_q(found["p"].to_numpy(float)))
    return found.sort_values(["q", "element", "field"], ignore_index=True)


def kruskal_wallis(counts: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """
    Kruskal-Wallis statistic of ratings that are given as counts.

    Parameters
    ----------
    counts : ndarray of int, shape (n_groups, n_steps)
        How often each group chose each step.

    Returns
    -------
    tuple of float and ndarray
        H, corrected for ties (0 where all chose the same), and the groups' mean ranks.
    """
    sizes, steps = counts.sum(axis=1), counts.sum(axis=0)
    n = int(steps.sum())
    middle = np.cumsum(steps) - (steps - 1) / 2  # mean rank of each step
    ranks = counts @ middle / sizes
    ties = 1 - float((steps.astype(float) ** 3 - steps).sum()) / (float(n) ** 3 - n)
    if ties <= 0:
        return 0.0, ranks
    h = 12 / (n * (n + 1)) * float(sizes @ (ranks - (n + 1) / 2) ** 2)
    return h / ties, ranks
