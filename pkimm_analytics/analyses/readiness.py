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

from pkimm_analytics.analyses.findings import (
    FEWEST,
    PROVISIONAL,
    Findings,
    check_choice,
    latest,
    said,
)
from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.model import LEVELS, NEWEST
from pkimm_analytics.statistics import correlation_interval, share_interval, student_interval
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd


def extension_readiness(
    evidence: pd.DataFrame,
    *,
    extension: str = "pqc",
    edition: str | None = None,
    assurance: str | None = None,
) -> Findings:
    """
    Compare the score of an extension with the overall score of the same assessment.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`.read_evidence` returns it.
    extension : str
    edition : str, optional
        Default: the newest.
    assurance : str, optional
        Default: all kinds.

    Returns
    -------
    Findings
        One row for each baseline level: ``n`` organizations that answered the
        extension, ``gap`` (mean of extension score minus overall score) with ``low``
        and ``high``, ``share_behind`` (extension level below the baseline level) with
        ``share_low`` and ``share_high``. ``figures`` hold the same over all, and
        Spearman's rho of the two scores.

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
    version = edition or NEWEST
    everybody = latest(evidence, edition=version, assurance=assurance)
    if extension not in everybody:
        everybody = everybody.assign(**{extension: np.nan})
    rows = everybody[everybody[extension].notna() & everybody[OVERALL].notna()]
    overall, ready = (rows[name].to_numpy(float) for name in (OVERALL, extension))
    level = np.floor(overall)
    found = [
        {"baseline_level": one, **_gap(overall[level == one], ready[level == one])}
        for one in LEVELS
    ]
    rho = low = high = math.nan
    if len(rows) >= 2 * FEWEST:
        rho = float(pd.Series(ready).corr(pd.Series(overall), method="spearman"))
        low, high = map(float, correlation_interval(rho, len(rows), ranks=True))
    return Findings(
        name="extension-readiness",
        question=f"Is readiness for {extension} the same as maturity?",
        formula="score of the extension - overall score of the same assessment",
        source=f"PKI Consortium, Extensions: Scoring model; the comparison is {PROVISIONAL}",
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=pd.DataFrame(found),
        figures={
            "edition": version,
            "n_without_extension": len(everybody) - len(rows),
            "rho": rho,
            "rho_low": low,
            "rho_high": high,
            **{f"all_{name}": value for name, value in _gap(overall, ready).items()},
        },
        notes=(
            f"Assurance: {said(rows, 'assurance')}.",
            "Both scores share the answers of the baseline; a high correlation is no discovery.",
            "Who answers an extension chose to; the others may be less ready.",
        ),
    )


def _gap(overall: Any, ready: Any) -> dict[str, Any]:
    n, names = len(overall), ("gap", "low", "high", "share_behind", "share_low", "share_high")
    if n < FEWEST:
        return {"n": n, **dict.fromkeys(names, math.nan)}
    behind = int((np.floor(ready + 1e-9) < np.floor(overall)).sum())
    ends = map(float, share_interval(behind, n))
    return {
        "n": n,
        **dict(zip(names, (*student_interval(ready - overall), behind / n, *ends), strict=True)),
    }
