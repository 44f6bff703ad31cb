"""
Whether organizations became more mature, or others contributed.

The mean of all contributors moves for four reasons, which add up exactly: those who
were there before and after changed on the same edition; they were asked another
edition; others joined; some left.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.analyses.evidence import SCORE_UNITS, Evidence, categories_of, said
from pkimm_analytics.analyses.findings import FEWEST, Findings, difference_interval
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model import NEWEST
from pkimm_analytics.model.structure import MODULE_IDS
from pkimm_analytics.quarters import is_quarter, ordinal, spelled
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("same_edition", "other_edition", "joined", "left")
LIKE_FOR_LIKE = ("n_like_for_like", "like_for_like", "low", "high")
WINDOW = 4
"""Quarters that an assessment stands for its organization."""


def trend_parts(
    evidence: Evidence,
    *,
    start: str | None = None,
    end: str | None = None,
    window: int = WINDOW,
) -> Findings:
    r"""
    Take the change of means between two quarters apart.

    Parameters
    ----------
    evidence : Evidence
    start, end : str, optional
        Quarters such as ``2025Q3``; the newest one and a year before without them.
    window : int
        Quarters that an assessment stands for its organization: whoever was assessed in
        the last `window` quarters counts, with the newest assessment.

    Returns
    -------
    Findings
        One row for each measure: ``n_start``, ``n_end``, ``n_same``, ``n_joined``,
        ``n_left``; ``mean_start``, ``mean_end``, ``change``; the parts
        ``same_edition``, ``other_edition``, ``joined``, ``left``, which add up to it;
        and ``like_for_like`` with ``low`` and ``high``: the mean change of the
        ``n_like_for_like`` who stayed on the same edition, with its interval (95 %).

    Raises
    ------
    CollectionError
        If a quarter is not written like ``2026Q3`` or they are in the wrong order.

    Notes
    -----
    With :math:`S` who stayed, :math:`J` who joined, :math:`L` who left, :math:`a` means
    before and :math:`b` after:

    .. math::
        b - a = (b_S - a_S) + \frac{|J|}{n_b} (b_J - b_S) + \frac{|L|}{n_a} (a_S - a_L)

    The first term is split by whether the edition stayed. If nobody stayed, the change
    counts as joined and left, each mean against 0. Sums are exact fractions.

    References
    ----------
    M. J. Melitz and S. Polanec, "Dynamic Olley-Pakes productivity decomposition with
    entry and exit", 2015, without its covariance term; the edition term is
    provisional.
    """
    import pandas as pd

    first, last = _quarters(evidence, start, end)
    before, after = (_standing(evidence, when, window) for when in (first, last))
    rows = [
        {"measure": measure, **_parts(before, after, measure)}
        for measure in (OVERALL, *MODULE_IDS, *categories_of(NEWEST))
    ]
    everybody = {*before["parent"], *after["parent"]}
    return Findings(
        name="trend-parts",
        question="Did organizations become more mature, or did others contribute?",
        formula="change of the mean = same edition + other edition + joined + left, exactly",
        source="Melitz and Polanec 2015, without covariance; the edition term is provisional",
        n_organizations=len(everybody),
        n_assessments=len(before) + len(after),
        table=pd.DataFrame(rows),
        figures={
            "start": spelled(first),
            "end": spelled(last),
            **{n: rows[0][n] for n in ("change", *PARTS, *LIKE_FOR_LIKE)},
        },
        notes=(
            (
                f"An organization stands with its newest assessment of the last {window} quarters,"
                " one for each ultimate parent."
            ),
            (
                f"Assurance before: {said(before, 'assurance')}; after: {said(after, 'assurance')}."
                " That of an organization may have changed, too; compare assurance-gap."
            ),
            f"Editions before: {said(before, 'edition')}; after: {said(after, 'edition')}.",
            "Joined and left are differences to those who stayed, weighted by their share.",
        ),
    )


def _parts(before: pd.DataFrame, after: pd.DataFrame, measure: str) -> dict[str, Any]:
    """Parts of the change of one measure, in exact fractions of whole ten-thousandths."""
    columns = ["parent", "edition", measure]
    old, new = (f.loc[f[measure] > 0, columns] for f in (before, after))
    both = old.merge(new, on="parent", suffixes=("_old", "_new"))
    left = old[~old["parent"].isin(new["parent"])]
    joined = new[~new["parent"].isin(old["parent"])]
    same = both[both["edition_old"] == both["edition_new"]]
    moved = (same[f"{measure}_new"] - same[f"{measure}_old"]).to_numpy() / SCORE_UNITS
    sizes = {
        "n_start": len(old),
        "n_end": len(new),
        "n_same": len(both),
        "n_joined": len(joined),
        "n_left": len(left),
        "n_like_for_like": len(same),
    }
    like_for_like, low, high = difference_interval(moved)
    sure = {"like_for_like": like_for_like, "low": low, "high": high}
    if min(len(old), len(new)) < FEWEST:
        nothing = dict.fromkeys(("mean_start", "mean_end", "change", *PARTS), np.nan)
        return {**sizes, **nothing, **sure}
    a, b = _mean(old[measure]), _mean(new[measure])
    a_same, b_same = _mean(both[f"{measure}_old"]), _mean(both[f"{measure}_new"])
    shift = _total(same[f"{measure}_new"]) - _total(same[f"{measure}_old"])
    parts = {
        "same_edition": shift / max(len(both), 1),
        "joined": Fraction(len(joined), len(new)) * (_mean(joined[measure]) - b_same),
        "left": Fraction(len(left), len(old)) * (a_same - _mean(left[measure])),
    }
    parts["other_edition"] = (b_same - a_same) - parts["same_edition"]
    assert sum(parts.values()) == b - a  # noqa: S101  # an identity
    exact = {"mean_start": a, "mean_end": b, "change": b - a, **{n: parts[n] for n in PARTS}}
    return {**sizes, **{n: float(v / SCORE_UNITS) for n, v in exact.items()}, **sure}


def _total(column: pd.Series) -> Fraction:
    return Fraction(int(column.to_numpy(np.int64).sum()))


def _mean(column: pd.Series) -> Fraction:
    """Mean, 0 of nothing: its weight is 0 then."""
    return _total(column) / max(len(column), 1)


def _standing(evidence: Evidence, when: int, window: int) -> pd.DataFrame:
    found = evidence.latest(until=when)
    return found[found["when"] > when - window]


def _quarters(evidence: Evidence, start: str | None, end: str | None) -> tuple[int, int]:
    newest = int(evidence.frame["when"].max()) if len(evidence) else 4 * 2000
    if not all(is_quarter(quarter) for quarter in (start, end) if quarter):
        raise CollectionError("A quarter is written like 2026Q3.")
    last = ordinal(end) if end else newest
    first = ordinal(start) if start else last - 4
    if first >= last:
        raise CollectionError("The first quarter must be before the last.")
    return first, last
