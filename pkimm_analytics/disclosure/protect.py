"""
From counts to what is printed: thresholds, residuals, bands, coarse shares.

A group that is too small is withheld. So is one whose neighbors would give a small
group away by subtraction. What remains is printed as a band of contributors and as
shares on a grid too coarse to count anybody, cut off near 0 and 100 percent. Every
other figure follows from the printed shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.disclosure.cube import FamilyCounts
from pkimm_analytics.disclosure.plan import Family, Tier
from pkimm_analytics.disclosure.policy import Policy

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


def large_enough(counts: Mapping[Table, FamilyCounts], policy: Policy, tier: Tier) -> Flags:
    """Primary rule: enough contributors, for requirements more; none who supplied too much."""
    least = {"base": policy.threshold}
    least["requirements"] = max(policy.threshold, tier.requirements.at_least)
    return {table: _large_enough(c, policy, least[table[1]]) for table, c in counts.items()}


def _large_enough(counts: FamilyCounts, policy: Policy, least: int) -> NDArray[np.bool_]:
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


def withhold_for_residuals(
    published: Flags,
    free: Flags,
    counts: Mapping[Table, FamilyCounts],
    links: list[Link],
    threshold: int,
) -> list[tuple[Table, int, int]]:
    """
    Withhold groups until nothing small can be had by subtraction. Changes `published`.

    For each published group and each way to split it, the contributors outside the
    published parts are none, or at least the threshold; else the smallest published
    part is withheld, and so on until nothing changes.

    Parameters
    ----------
    published : mapping of Table to array of bool, shape (n_groups, n_measures)
        Changed in place.
    free : mapping of Table to array of bool, shape (n_groups,)
        Groups that may be withheld: those that are not carried forward.

    Returns
    -------
    list of (Table, group, measure)
        What was withheld, in this order.
    """
    withheld: list[tuple[Table, int, int]] = []
    while True:
        before = len(withheld)
        for link in links:
            withheld += _one_link(published, free, counts, link, threshold)
        if len(withheld) == before:
            return withheld


def _one_link(
    published: Flags,
    free: Flags,
    counts: Mapping[Table, FamilyCounts],
    link: Link,
    threshold: int,
) -> list[tuple[Table, int, int]]:
    n_measures = link.nested.shape[2]
    shown = published[link.inner][:, :n_measures]
    inside = (link.nested * shown[None]).sum(axis=1)
    outside = counts[link.outer].n[:, :n_measures] - inside
    bad = published[link.outer][:, :n_measures] & (outside > 0) & (outside < threshold)
    withheld = []
    sizes = counts[link.inner].n
    for group, measure in np.argwhere(bad):
        parts = np.flatnonzero(
            (link.nested[group, :, measure] > 0) & shown[:, measure] & free[link.inner]
        )
        if len(parts):
            part = int(parts[np.argmin(sizes[parts, measure])])
            published[link.inner][part, measure] = False
            withheld.append((link.inner, part, int(measure)))
    return withheld


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
