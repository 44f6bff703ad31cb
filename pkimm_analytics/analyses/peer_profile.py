"""
Where a group of organizations is stronger or weaker than all others.

Two questions, which are often confused: is the group more mature in a category, and
is the category a strength *of the group*, measured against its own mean? A mature
group is above the others nearly everywhere; its strengths are where it is so most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.analyses.evidence import (
    Evidence,
    categories_of,
    check_choice,
    edition_or_newest,
    said,
    scores_of,
)
from pkimm_analytics.analyses.findings import ERROR_RATE, FEWEST, Findings, adjusted
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = ("sector", "size", "region", "role", "assurance")


def peer_profile(
    evidence: Evidence,
    *,
    by: str = "sector",
    edition: str | None = None,
    assurance: str | None = None,
) -> Findings:
    """
    Compare each group of a dimension with everybody outside of it.

    Parameters
    ----------
    evidence : Evidence
    by : {"sector", "size", "region", "role", "assurance"}
    edition : str, optional
        The newest without it; categories of different editions are not compared.
    assurance : str, optional
        All kinds without it.

    Returns
    -------
    Findings
        One row for each group and measure: ``n`` inside and ``n_others``; ``difference``
        of the means with ``low``, ``high`` (95 %, Welch) and ``q``; for categories also
        ``relative``, the difference after each organization's own mean of categories
        was taken off, with ``relative_low``, ``relative_high`` and ``relative_q``; and
        ``is_strength`` or ``is_weakness`` where ``relative_q`` is at most 0.05.

    Raises
    ------
    CollectionError
        If there is no such dimension, edition or assurance.

    References
    ----------
    B. L. Welch, "The generalization of 'Student's' problem when several different
    population variances are involved", 1947. R. B. Cattell on ipsative measures, 1944.
    """
    import pandas as pd

    check_choice(by, DIMENSIONS, "a dimension")
    version = edition_or_newest(edition)
    rows = evidence.latest(edition=version, assurance=assurance)
    categories = categories_of(version)
    scores = np.stack([scores_of(rows, c) for c in categories], axis=1)
    own = scores - _mean(scores)[:, np.newaxis]
    found: list[dict[str, Any]] = []
    for group in sorted(rows[by].dropna().unique()):
        inside = (rows[by] == group).to_numpy()
        overall = scores_of(rows, OVERALL)
        found.append(_row(group, OVERALL, overall, None, inside))
        found += [
            _row(group, name, scores[:, i], own[:, i], inside) for i, name in enumerate(categories)
        ]
    table = pd.DataFrame(found, columns=list(_row("", "", np.zeros(0), None, np.zeros(0, bool))))
    table["q"] = adjusted(table.pop("p"))
    table["relative_q"] = adjusted(table.pop("relative_p"))
    clear = table["relative_q"] <= ERROR_RATE
    table["is_strength"] = clear & (table["relative"] > 0)
    table["is_weakness"] = clear & (table["relative"] < 0)
    return Findings(
        name="peer-profile",
        question=f"Where is each group of {by} stronger or weaker than all others?",
        formula=(
            "difference = mean of the group - mean of all others; relative = the same after"
            " taking each organization's mean over its categories off"
        ),
        source="Welch 1947; relative: ipsative scores, Cattell 1944; Benjamini and Hochberg 1995",
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=table,
        figures={"edition": version, "by": by},
        notes=(
            _stated(rows, by),
            f"Assurance: {said(rows, 'assurance')}; groups may differ in it.",
            "Relative differences of a group add up to about 0: not everything can be a strength.",
        ),
    )


def _stated(rows: pd.DataFrame, by: str) -> str:
    n_unknown = int(rows[by].isna().sum())
    return f"{n_unknown} organization(s) did not state their {by}; they count among the others."


def _mean(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each row over what there is; NaN where there is nothing."""
    has = ~np.isnan(scores)
    n = has.sum(axis=1)
    total = np.where(has, scores, 0).sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _row(
    group: str,
    measure: str,
    scores: NDArray[np.float64],
    own: NDArray[np.float64] | None,
    inside: NDArray[np.bool_],
) -> dict[str, Any]:
    has = ~np.isnan(scores)
    n, n_others = int((has & inside).sum()), int((has & ~inside).sum())
    plain = _welch(scores[has & inside], scores[has & ~inside])
    relative = (np.nan,) * 4
    if own is not None:
        relative = _welch(own[has & inside], own[has & ~inside])
    names = ("difference", "low", "high", "p")
    return {
        "group": group,
        "measure": measure,
        "n": n,
        "n_others": n_others,
        **dict(zip(names, plain, strict=True)),
        "relative": relative[0],
        "relative_low": relative[1],
        "relative_high": relative[2],
        "relative_p": relative[3],
    }


def _welch(
    one: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Difference of means, its interval and p-value; NaN with too few or nothing that varies."""
    from scipy.stats import ttest_ind

    if min(len(one), len(other)) < FEWEST:
        return np.nan, np.nan, np.nan, np.nan
    difference = float(one.mean() - other.mean())
    if np.ptp(one) < 1e-9 and np.ptp(other) < 1e-9:
        return difference, np.nan, np.nan, np.nan
    test = ttest_ind(one, other, equal_var=False)
    interval = test.confidence_interval(0.95)
    return difference, float(interval.low), float(interval.high), float(test.pvalue)
