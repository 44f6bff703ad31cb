"""
Whether organizations rate themselves higher than others rate them.

A **pair** is a self-assessment and an independent one (formal or third-party) of the
same organization, use case and edition, at most a year apart. Levels are compared,
because a self-assessment gives levels and a full assessment scores: the level of a
score is the score rounded down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pkimm_analytics.analyses.findings import FEWEST, Findings, said
from pkimm_analytics.benchmark.evidence import INDEPENDENT
from pkimm_analytics.model import MODULE_IDS, NEWEST
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.statistics import ERROR_RATE, paired_test, student_interval
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

WITHIN = 4
"""Most quarters between the two assessments of a pair."""


def assurance_gap(evidence: pd.DataFrame) -> Findings:
    """
    Compare self-assessments with independent assessments of the same organizations.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`.read_evidence` returns it.

    Returns
    -------
    Findings
        One row for each measure: ``n`` pairs, ``gap`` (mean of self minus independent
        level; above 0 is inflation), ``low`` and ``high`` (95%), ``share_higher`` and
        ``share_lower``, ``p`` and ``q``, ``is_found`` (q at most 0.05).

    Notes
    -----
    Interval and test are :func:`.student_interval` and :func:`.paired_test`; q is adjusted
    for all measures together, so that any is marked by chance in at most 5% of cases.

    References
    ----------
    "Student", 1908; R. A. Fisher, 1935; P. H. Westfall and S. S. Young, 1993. That
    self-assessments are compared in pairs is provisional.
    """
    import pandas as pd

    pairs = matched_pairs(evidence)
    measures = [OVERALL, *MODULE_IDS, *shipped_model(NEWEST).categories]
    own, other = (
        np.floor(pairs[[f"{measure}{end}" for measure in measures]].to_numpy(float))
        for end in ("_self", "_other")
    )
    differences = own - other
    n = (~np.isnan(differences)).sum(axis=0)
    differences[:, n < FEWEST] = np.nan
    rows = []
    for place, measure in enumerate(measures):
        known = differences[~np.isnan(differences[:, place]), place]
        gap, low, high = student_interval(known)
        shares = ((known > 0).mean(), (known < 0).mean()) if len(known) else (np.nan, np.nan)
        row = {"measure": measure, "n": n[place], "gap": gap, "low": low, "high": high}
        row |= {"share_higher": shares[0], "share_lower": shares[1]}
        rows.append(row | {"p": paired_test(differences[:, [place]])[0]})
    table = pd.DataFrame(rows).assign(q=paired_test(differences))
    table["is_found"] = table["q"] <= ERROR_RATE
    began = int((pairs["when_self"] < pairs["when_other"]).sum())
    return Findings(
        name="assurance-gap",
        question="Do organizations rate themselves higher than others rate them?",
        formula="mean over pairs of (level in the self-assessment - level found independently)",
        source="Student 1908, Fisher 1935, Westfall and Young 1993; the pairing is provisional",
        n_organizations=len(pairs),
        n_assessments=2 * len(pairs),
        table=table,
        figures={name: rows[0][name] for name in ("gap", "low", "high")},
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
                f"A difference may also be progress between the two dates: {began} pair(s) began"
                " with the self-assessment."
            ),
            f"Independent: {said(pairs, 'assurance_other')}. Editions: {said(pairs, 'edition')}.",
        ),
    )


def matched_pairs(evidence: pd.DataFrame) -> pd.DataFrame:
    """
    Match self-assessments with independent ones, at most :data:`WITHIN` quarters apart.

    Returns
    -------
    pandas.DataFrame
        One row for each ultimate parent; measures end in ``_self`` and ``_other``.
    """
    keys = ["parent", "org", "use_case", "edition"]
    own = evidence[evidence["assurance"] == "self"]
    others = evidence[evidence["assurance"].isin(INDEPENDENT)]
    both = own.merge(others, on=keys, suffixes=("_self", "_other"))
    both["apart"] = (both["when_self"] - both["when_other"]).abs()
    both = both[both["apart"] <= WITHIN]
    order = ["apart", "when_other", "when_self", "contribution_other", "contribution_self"]
    both = both.sort_values(order, ascending=[True, False, False, True, True], kind="stable")
    return both.drop_duplicates("parent").reset_index(drop=True)
