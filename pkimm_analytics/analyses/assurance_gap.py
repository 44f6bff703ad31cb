"""
Whether organizations rate themselves higher than others rate them.

A **pair** is a self-assessment and an independent one (formal or third-party) of the
same organization, use case and edition, at most a year apart. Levels are compared,
because a self-assessment gives levels and a full assessment scores: the level of a
score is the score rounded down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.analyses.evidence import (
    INDEPENDENT,
    SCORE_UNITS,
    Evidence,
    categories_of,
    said,
)
from pkimm_analytics.analyses.findings import (
    ERROR_RATE,
    FEWEST,
    Findings,
    adjusted,
    difference_interval,
)
from pkimm_analytics.model import NEWEST
from pkimm_analytics.model.structure import MODULE_IDS
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

WITHIN = 4
"""Most quarters between the two assessments of a pair."""


def assurance_gap(evidence: Evidence) -> Findings:
    """
    Compare self-assessments with independent assessments of the same organizations.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    Findings
        One row for each measure: ``n`` pairs, ``gap`` (mean of self minus independent
        level; above 0 is inflation), ``low`` and ``high`` (95 %), ``share_higher`` and
        ``share_lower``, ``p`` and ``q``, ``is_found`` (q at most 0.05).

    Notes
    -----
    The interval is that of :func:`.findings.difference_interval`, the test Wilcoxon's
    signed-rank test with Pratt's treatment of zeros, q the p-value adjusted by Benjamini
    and Hochberg.

    References
    ----------
    F. Wilcoxon, "Individual comparisons by ranking methods", 1945. J. W. Pratt,
    "Remarks on zeros and ties in the Wilcoxon signed rank procedures", 1959. That
    self-assessments are compared in pairs is provisional.
    """
    import pandas as pd

    pairs = matched_pairs(evidence)
    rows: list[dict[str, Any]] = []
    for measure in (OVERALL, *MODULE_IDS, *categories_of(NEWEST)):
        differences = _differences(pairs, measure)
        gap, low, high = difference_interval(differences)
        enough = len(differences) >= FEWEST
        rows.append(
            {
                "measure": measure,
                "n": len(differences),
                "gap": gap,
                "low": low,
                "high": high,
                "share_higher": float(np.mean(differences > 0)) if enough else np.nan,
                "share_lower": float(np.mean(differences < 0)) if enough else np.nan,
                "p": _p_value(differences) if enough else np.nan,
            }
        )
    table = pd.DataFrame(rows)
    table["q"] = adjusted(table["p"])
    table["is_found"] = table["q"] <= ERROR_RATE
    first = rows[0]
    return Findings(
        name="assurance-gap",
        question="Do organizations rate themselves higher than others rate them?",
        formula="mean over pairs of (level in the self-assessment - level found independently)",
        source="Wilcoxon 1945, Pratt 1959, Benjamini and Hochberg 1995; the pairing is provisional",
        n_organizations=len(pairs),
        n_assessments=2 * len(pairs),
        table=table,
        figures={name: first[name] for name in ("gap", "low", "high")},
        notes=(
            (
                f"Pairs: same organization, use case and edition, at most {WITHIN} quarters apart;"
                " the closest in time, then the newest; one pair for each ultimate parent."
            ),
            (
                "Organizations that have both are not all organizations: whoever had itself"
                " assessed independently may rate itself differently from those who never did."
            ),
            (
                "A difference may also be progress between the two dates: "
                f"{int((pairs['when_self'] < pairs['when_other']).sum())} pair(s) began with the"
                " self-assessment."
            ),
            f"Independent: {said(pairs, 'assurance_other')}. Editions: {said(pairs, 'edition')}.",
        ),
    )


def matched_pairs(evidence: Evidence) -> pd.DataFrame:
    """
    Match self-assessments with independent ones, at most :data:`WITHIN` quarters apart.

    Returns
    -------
    pandas.DataFrame
        One row for each ultimate parent; measures end in ``_self`` and ``_other``.
    """
    frame = evidence.frame
    keys = ["parent", "org", "use_case", "edition"]
    own = frame[frame["assurance"] == "self"]
    others = frame[frame["assurance"].isin(INDEPENDENT)]
    both = own.merge(others, on=keys, suffixes=("_self", "_other"))
    both["apart"] = (both["when_self"] - both["when_other"]).abs()
    both = both[both["apart"] <= WITHIN]
    order = ["apart", "when_other", "when_self", "contribution_other", "contribution_self"]
    both = both.sort_values(order, ascending=[True, False, False, True, True], kind="stable")
    return both.drop_duplicates("parent").reset_index(drop=True)


def _differences(pairs: pd.DataFrame, measure: str) -> NDArray[np.float64]:
    """Difference of levels of the pairs that have both."""
    own = pairs[f"{measure}_self"].to_numpy() // SCORE_UNITS
    other = pairs[f"{measure}_other"].to_numpy() // SCORE_UNITS
    has = (own > 0) & (other > 0)
    return np.asarray((own - other)[has], np.float64)


def _p_value(differences: NDArray[np.float64]) -> float:
    """Two-sided; 1 where no pair differs."""
    from scipy.stats import wilcoxon

    if not differences.any():
        return 1.0
    return float(wilcoxon(differences, zero_method="pratt", method="asymptotic").pvalue)
