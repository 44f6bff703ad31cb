"""
Whether organizations became more mature, or others contributed.

The mean of all contributors moves for five reasons, which add up: those who were there
before and after changed in the same use case on the same edition; they were asked another
edition; other use cases of theirs were assessed; others joined; some left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.analyses.findings import FEWEST, Findings, said
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model import MODULE_IDS, NEWEST
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.quarters import is_quarter, ordinal, spelled
from pkimm_analytics.statistics import student_interval
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("same_edition", "other_edition", "other_use_cases", "joined", "left")
LIKE_FOR_LIKE = ("n_like_for_like", "like_for_like", "low", "high")
WINDOW = 4
"""Quarters that an assessment stands for its use case."""

_CASE = ["parent", "org", "use_case"]


def trend_parts(
    evidence: pd.DataFrame,
    *,
    start: str | None = None,
    end: str | None = None,
    window: int = WINDOW,
) -> Findings:
    r"""
    Take the change of means between two quarters apart.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`.read_evidence` returns it.
    start, end : str, optional
        Quarters such as ``2025Q3``; default: the newest one and a year before.
    window : int
        Quarters that an assessment stands for its use case: what was assessed in the last
        `window` quarters counts, with the newest assessment.

    Returns
    -------
    Findings
        One row for each measure: ``n_start``, ``n_end``, ``n_same``, ``n_joined``,
        ``n_left``; ``mean_start``, ``mean_end``, ``change``; the parts
        ``same_edition``, ``other_edition``, ``other_use_cases``, ``joined``, ``left``,
        which add up to it; and ``like_for_like`` with ``low`` and ``high``: the mean change
        of the ``n_like_for_like`` who have a use case on the same edition before and after,
        with its interval (95%).

    Raises
    ------
    CollectionError
        If a quarter is not written like ``2026Q3`` or they are in the wrong order.

    Notes
    -----
    Each ultimate parent counts once, with the mean of its use cases. With :math:`S` who
    stayed, :math:`J` who joined, :math:`L` who left, :math:`a` means before and :math:`b`
    after:

    .. math::
        b - a = (b_S - a_S) + \frac{|J|}{n_b} (b_J - b_S) + \frac{|L|}{n_a} (a_S - a_L)

    The first term is split: use cases that stand before and after, on the same edition or
    on another one, each with the mean of its weights; the rest is of other use cases. If
    nobody stayed, the change counts as joined and left, each mean against 0. Like for
    like, use cases are paired and their changes averaged for each parent.

    References
    ----------
    M. J. Melitz and S. Polanec, "Dynamic Olley-Pakes productivity decomposition with
    entry and exit", 2015, without its covariance term; the terms of editions and use
    cases are provisional.
    """
    import pandas as pd

    first, last = _quarters(evidence, start, end)
    before, after = (_standing(evidence, when, window) for when in (first, last))
    measures = (OVERALL, *MODULE_IDS, *shipped_model(NEWEST).categories)
    rows = [{"measure": measure, **_parts(before, after, measure)} for measure in measures]
    return Findings(
        name="trend-parts",
        question="Did organizations become more mature, or did others contribute?",
        formula="change = same edition + other edition + other use cases + joined + left",
        source="Melitz and Polanec 2015, without covariance; editions and use cases: provisional",
        n_organizations=len({*before["parent"], *after["parent"]}),
        n_assessments=len(before) + len(after),
        table=pd.DataFrame(rows),
        figures={
            "start": spelled(first),
            "end": spelled(last),
            **{n: rows[0][n] for n in ("change", *PARTS, *LIKE_FOR_LIKE)},
        },
        notes=(
            (
                f"A use case stands with its newest assessment of the last {window} quarters; an"
                " ultimate parent counts once, with the mean of its use cases."
            ),
            (
                f"Assurance before: {said(before, 'assurance')}; after: {said(after, 'assurance')}."
                " That of a use case may have changed, too; compare assurance-gap."
            ),
            f"Editions before: {said(before, 'edition')}; after: {said(after, 'edition')}.",
            "Joined and left are differences to those who stayed, weighted by their share.",
        ),
    )


def _parts(before: pd.DataFrame, after: pd.DataFrame, measure: str) -> dict[str, Any]:
    old, new = (_weighted(frame, measure) for frame in (before, after))
    a, b = (side.groupby("parent")["part"].sum() for side in (old, new))
    stayed = a.index.intersection(b.index)
    joined, left = b.index.difference(stayed), a.index.difference(stayed)
    pairs = old.merge(new, on=_CASE, suffixes=("_old", "_new"))
    pairs["moved"] = pairs[f"{measure}_new"] - pairs[f"{measure}_old"]
    is_same = pairs["edition_old"] == pairs["edition_new"]
    like, low, high = np.nan, np.nan, np.nan
    moved = pairs[is_same].groupby("parent")["moved"].mean()
    if len(moved) >= FEWEST:
        like, low, high = student_interval(moved)
    found = {
        "n_start": len(a),
        "n_end": len(b),
        "n_same": len(stayed),
        "n_joined": len(joined),
        "n_left": len(left),
        "n_like_for_like": len(moved),
        **dict.fromkeys(("mean_start", "mean_end", "change", *PARTS), np.nan),
        "like_for_like": like,
        "low": low,
        "high": high,
    }
    if min(len(a), len(b)) < FEWEST:
        return found
    weighed = pairs["moved"] * (pairs["weight_old"] + pairs["weight_new"]) / 2
    n, a_same, b_same = max(len(stayed), 1), _mean(a[stayed]), _mean(b[stayed])
    same, other = weighed[is_same].sum() / n, weighed[~is_same].sum() / n
    return found | {
        "mean_start": a.mean(),
        "mean_end": b.mean(),
        "change": b.mean() - a.mean(),
        "same_edition": same,
        "other_edition": other,
        "other_use_cases": b_same - a_same - same - other,
        "joined": len(joined) / len(b) * (_mean(b[joined]) - b_same),
        "left": len(left) / len(a) * (a_same - _mean(a[left])),
    }


def _weighted(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Use cases with a score, each with its share in its parent's mean."""
    found = frame.loc[frame[measure].notna(), [*_CASE, "edition", measure]]
    weight = 1 / found.groupby("parent")[measure].transform("size")
    return found.assign(weight=weight, part=weight * found[measure])


def _mean(values: pd.Series) -> float:
    """Mean, 0 of nothing: its weight is 0 then."""
    return float(values.mean()) if len(values) else 0.0


def _standing(evidence: pd.DataFrame, when: int, window: int) -> pd.DataFrame:
    inside = evidence[(evidence["when"] <= when) & (evidence["when"] > when - window)]
    return inside.drop_duplicates(_CASE)


def _quarters(evidence: pd.DataFrame, start: str | None, end: str | None) -> tuple[int, int]:
    newest = int(evidence["when"].max()) if len(evidence) else 4 * 2000
    if not all(is_quarter(quarter) for quarter in (start, end) if quarter):
        raise CollectionError("A quarter is written like 2026Q3.")
    last = ordinal(end) if end else newest
    first = ordinal(start) if start else last - 4
    if first >= last:
        raise CollectionError("The first quarter must be before the last.")
    return first, last
