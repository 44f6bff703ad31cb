"""
Whether readiness for an extension, such as PQC, is the same as maturity.

An extension blends the answers of the baseline with its own. Readiness follows
maturity by construction in part, so that what is of interest is how far they part:
mature organizations that are not ready, and the other way round.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.analyses.category_structure import correlation_interval
from pkimm_analytics.analyses.evidence import (
    Evidence,
    check_choice,
    edition_or_newest,
    said,
    scores_of,
)
from pkimm_analytics.analyses.findings import FEWEST, PROVISIONAL, Findings, difference_interval
from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.model import LEVELS
from pkimm_analytics.statistics import share_interval
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd


def extension_readiness(
    evidence: Evidence,
    *,
    extension: str = "pqc",
    edition: str | None = None,
    assurance: str | None = None,
) -> Findings:
    """
    Compare the score of an extension with the overall score of the same assessment.

    Parameters
    ----------
    evidence : Evidence
    extension : str
    edition : str, optional
        The newest without it.
    assurance : str, optional
        All kinds without it.

    Returns
    -------
    Findings
        One row for each baseline level: ``n`` organizations that answered the
        extension, ``gap`` (mean of extension score minus overall score) with ``low``
        and ``high``, ``share_behind`` (extension level below the baseline level) with
        ``share_low`` and ``share_high`` (Wilson). ``figures`` hold the same over all,
        and Spearman's rho of the two scores.

    Raises
    ------
    CollectionError
        If there is no such extension, edition or assurance.

    References
    ----------
    PKI Consortium, *PKI Maturity Model*, "Extensions: Scoring model", for the score.
    The comparison is provisional.
    """
    import pandas as pd

    check_choice(extension, axis().extensions, "an extension")
    version = edition_or_newest(edition)
    everybody = evidence.latest(edition=version, assurance=assurance)
    rows = answered(everybody, extension)
    overall, ready = scores_of(rows, OVERALL), rows[extension].to_numpy(np.float64)
    level = np.floor(overall + 1e-9)
    table = pd.DataFrame(
        [
            {"baseline_level": wanted, **_gap(overall[level == wanted], ready[level == wanted])}
            for wanted in LEVELS
        ]
    )
    rho = low = high = math.nan
    if len(rows) >= 2 * FEWEST:
        rho = float(pd.Series(ready).corr(pd.Series(overall), method="spearman"))
        low, high, _ = correlation_interval(rho, len(rows))
    over_all = {f"all_{name}": value for name, value in _gap(overall, ready).items()}
    return Findings(
        name="extension-readiness",
        question=f"Is readiness for {extension} the same as maturity?",
        formula="score of the extension - overall score of the same assessment",
        source=f"PKI Consortium, Extensions: Scoring model; the comparison is {PROVISIONAL}",
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=table,
        figures={
            "edition": version,
            "n_without_extension": len(everybody) - len(rows),
            "rho": rho,
            "rho_low": low,
            "rho_high": high,
            **over_all,
        },
        notes=(
            f"Assurance: {said(rows, 'assurance')}.",
            "Both scores share the answers of the baseline; a high correlation is no discovery.",
            "Who answers an extension chose to; the others may be less ready.",
        ),
    )


def answered(rows: pd.DataFrame, extension: str) -> pd.DataFrame:
    """Rows that have a score of the extension and of the whole."""
    if extension not in rows:
        return rows.iloc[:0].assign(**{extension: np.zeros(0)})
    return rows[rows[extension].notna() & (rows[OVERALL] > 0)]


def _gap(overall: Any, ready: Any) -> dict[str, Any]:
    gap, low, high = difference_interval(ready - overall)
    behind = np.floor(ready + 1e-9) < np.floor(overall + 1e-9)
    share = float(behind.mean()) if len(overall) >= FEWEST else math.nan
    share_low = share_high = math.nan
    if not math.isnan(share):
        share_low, share_high = (
            float(limit) for limit in share_interval(round(share * len(overall)), len(overall))
        )
    return {
        "n": len(overall),
        "gap": gap,
        "low": low,
        "high": high,
        "share_behind": share,
        "share_low": share_low,
        "share_high": share_high,
    }
