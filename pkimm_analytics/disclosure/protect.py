"""
From counts to what is printed: thresholds, residuals, bands, coarse shares.

A group that is too small is withheld. So is one whose neighbors would give a small
group away by subtraction. What remains is printed as a band of contributors and as
shares on a grid too coarse to count anybody, cut off near 0 and 100 percent. Every
other figure follows from the printed shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.disclosure.cube import FamilyCounts, nested_counts
from pkimm_analytics.disclosure.plan import Family, Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import Records

Table = tuple[Family, str]
"""Dimensions of a table, and the part of the measures that it has."""

Flags = dict[Table, NDArray[np.bool_]]
"""By table: a flag for each group and measure, or for each group."""


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What is printed about one measure of one group.

    Parameters
    ----------
    start : int
        Lower end of the band of contributors.
    step : int
        Rounding step of the shares, in percent.
    shares : tuple of (int, str)
        For levels 2 to 5: percent of contributors at that level or above, and
        ``=``, ``<=`` or ``>=``.
    n : str
        Band of contributors as it is printed.
    """

    start: int
    step: int
    shares: tuple[tuple[int, str], ...]
    n: str = ""


@dataclass(eq=False)
class Sheet:
    """
    One table of a release in the making.

    Parameters
    ----------
    counts : FamilyCounts
    large : array of bool, shape (n_groups, n_measures)
        What the primary rule lets through.
    anew : array of bool, shape (n_groups,)
        Groups that are not carried forward.
    """

    counts: FamilyCounts
    large: NDArray[np.bool_]
    anew: NDArray[np.bool_]

    def __post_init__(self) -> None:
        self.coarser = np.zeros(len(self.anew), np.int64)
        """Rounding steps that the audit asked for, coarser than need be."""
        self.withheld = np.zeros(len(self.anew), bool)
        """Groups that the audit asked to withhold."""


def large_enough(counts: FamilyCounts, part: str, policy: Policy, tier: Tier) -> NDArray[np.bool_]:
    """Primary rule: enough contributors, for requirements more; none who supplied too much."""
    least = max(policy.threshold, tier.requirements.at_least if part == "requirements" else 0)
    n = counts.n
    # A parent has one record in a group, so the largest share is that of one record.
    parent = policy.parent_percent * n >= 100
    # All records of an assessor, with a level or not: stricter than need be, never laxer.
    assessor = policy.assessor_percent * n >= 100 * counts.most_by_assessor[:, None]
    return np.asarray((n >= least) & parent & assessor)


@dataclass(frozen=True, eq=False)
class Link:
    """Two tables, one of which splits the groups of the other; `nested` as counted."""

    outer: Table
    inner: Table
    nested: NDArray[np.int64]


def links_of(sheets: Mapping[Table, Sheet], records: Records, plan: Plan, tier: Tier) -> list[Link]:
    """Find the tables that split the groups of another one, for the same measures."""
    return [
        Link(outer, inner, nested_counts(records, plan, tier, sheets[outer].counts, inner[0]))
        for outer in sheets
        for inner in sheets
        if outer[1] == inner[1] and set(outer[0]) < set(inner[0])
    ]


def withhold_for_residuals(
    shown: Flags, sheets: Mapping[Table, Sheet], links: list[Link], threshold: int
) -> list[tuple[Table, int, int]]:
    """
    Withhold groups until nothing small can be had by subtraction. Changes `shown`.

    For each group that is shown and each way to split it, the contributors outside the
    parts that are shown are none, or at least the threshold; else the smallest such part
    is withheld, unless it is carried forward, and so on until nothing changes.

    Returns
    -------
    list of (Table, group, measure)
        What was withheld, in this order.
    """
    withheld: list[tuple[Table, int, int]] = []
    while True:
        before = len(withheld)
        for link in links:
            withheld += _one_link(shown, sheets, link, threshold)
        if len(withheld) == before:
            return withheld


def _one_link(
    shown: Flags, sheets: Mapping[Table, Sheet], link: Link, threshold: int
) -> Iterator[tuple[Table, int, int]]:
    parts, nested = shown[link.inner], link.nested
    outside = sheets[link.outer].counts.n - (nested * parts[None]).sum(axis=1)
    bad = shown[link.outer] & (outside > 0) & (outside < threshold)
    sizes, is_free = sheets[link.inner].counts.n, sheets[link.inner].anew
    for group, measure in np.argwhere(bad):
        able = np.flatnonzero((nested[group, :, measure] > 0) & parts[:, measure] & is_free)
        if len(able):
            part = int(able[np.argmin(sizes[able, measure])])
            parts[part, measure] = False
            yield link.inner, part, int(measure)


def print_shares(counts: NDArray[np.int64], policy: Policy, coarser: int = 0) -> Figures | None:
    """
    Round and cut off the shares of one measure of one group.

    Parameters
    ----------
    counts : array of int, shape (5,)
        Contributors at levels 1 to 5; at least the policy's threshold in all.
    coarser : int
        How many rounding steps coarser than need be.

    Returns
    -------
    Figures or None
        None if the policy has no step that is coarse enough.

    Examples
    --------
    Twelve contributors, half of them at level 3:

    >>> from pkimm_analytics.disclosure.policy import load_policy
    >>> print_shares(np.array([1, 4, 6, 1, 0]), load_policy()).shares
    ((80, '>='), (60, '='), (20, '<='), (20, '<='))
    """
    n = int(counts.sum())
    is_wide = coarser > 0
    start, step = policy.band_start(n, wide=is_wide), policy.step(n, coarser)
    if step is None:
        return None
    label = policy.band_label(start, wide=is_wide)
    return Figures(start, step, shares_of(counts, step, policy), label)


def shares_of(counts: NDArray[np.int64], step: int, policy: Policy) -> tuple[tuple[int, str], ...]:
    """Shares at levels 2 to 5 or above, on a step and cut off; see :class:`Figures`."""
    n = int(counts.sum())
    edge = max(policy.coded_percent(policy.band_start(n), 0), step)
    if policy.coded_percent(n, int(counts.max())) > policy.coded_percent(n, 0):
        edge = max(edge, policy.homogeneous.coding_percent)
    at_least = np.cumsum(counts[::-1])[::-1]
    return tuple(_print(int(c), n, step, edge) for c in at_least[1:])


def _print(count: int, n: int, step: int, edge: int) -> tuple[int, str]:
    """Round half up, in whole numbers, then cut off."""
    percent = step * ((200 * count + n * step) // (2 * n * step))
    if percent <= edge:
        return edge, "<="
    if percent >= 100 - edge:
        return 100 - edge, ">="
    return percent, "="


def quantile(figures: Figures, percent: int) -> int | None:
    """
    Highest level that at least ``100 - percent`` of the contributors reach.

    For 50 that is the median: the upper one where half of them are below it exactly.

    Returns
    -------
    int or None
        None if the printed shares leave two levels open: one that is printed as the very
        limit is as often below it as above, and one that is cut off there may be either.

    Examples
    --------
    >>> quantile(Figures(20, 10, ((90, ">="), (60, "="), (30, "="), (10, "<="))), 50)
    3
    >>> quantile(Figures(20, 10, ((90, ">="), (50, "="), (30, "="), (10, "<="))), 50) is None
    True

    Of 94 contributors, 83 are at level 2 or above: printed as 90 percent or more, in
    steps of 5. It may be 87.5 percent, so that more than a tenth are at level 1.

    >>> quantile(Figures(50, 5, ((90, ">="), (50, "="), (10, "<="), (10, "<="))), 10) is None
    True
    """
    limit = 100 - percent
    surely = possibly = 1
    for level, (share, qualifier) in enumerate(figures.shares, start=2):
        if qualifier != "<=" and 2 * share - figures.step >= 2 * limit:
            surely = level
        if qualifier == ">=" or 2 * share + figures.step > 2 * limit:
            possibly = level
    return surely if surely == possibly else None
