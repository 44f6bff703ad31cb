"""
Counts: how many contributors of each group are at each level of each measure.

Counts are whole numbers and sufficient for every figure of a release. They stay in
memory and are never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.disclosure.plan import Family, Plan, Tier
from pkimm_analytics.disclosure.records import Records
from pkimm_analytics.release import Group


@dataclass(frozen=True, eq=False)
class FamilyCounts:
    """
    Counts of one table of the plan.

    Parameters
    ----------
    family : Family
    groups : list of Group
    measures : tuple of str
    rows : array of int
        Records that count: for each group and parent the most preferred one.
    cell : array of int
        Group of each of them, as its place in `groups`.
    counts : array of int, shape (n_groups, n_measures, 5)
        Contributors at levels 1 to 5.
    members : array of int, shape (n_groups,)
        Contributors, with a level or without.
    most_by_assessor : array of int, shape (n_groups,)
        Contributors of the assessor who supplied most of them.
    """

    family: Family
    groups: list[Group]
    measures: tuple[str, ...]
    rows: NDArray[np.intp]
    cell: NDArray[np.int64]
    counts: NDArray[np.int64]
    members: NDArray[np.int64]
    most_by_assessor: NDArray[np.int64]

    @property
    def n(self) -> NDArray[np.int64]:
        """Contributors with a level, shape (n_groups, n_measures)."""
        return np.asarray(self.counts.sum(axis=2))


def cell_codes(records: Records, plan: Plan, tier: Tier, family: Family) -> NDArray[np.int64]:
    """Place of each record in ``plan.groups(tier, family)``; -1 if it is in none of them."""
    code = np.zeros(len(records), np.int64)
    inside = np.ones(len(records), bool)
    codes = plan.codes_of(tier.grain)
    for dimension in family:
        own = np.array(plan.places(tier.grain, dimension))[records.codes[dimension]]
        inside &= own >= 0
        code = code * len(codes[dimension]) + own
    return np.where(inside, code, -1)


def count_family(
    records: Records, plan: Plan, tier: Tier, family: Family, measures: Sequence[str]
) -> FamilyCounts:
    """
    Count one table of the plan.

    Parameters
    ----------
    measures : sequence of str
        Measures that the records have; others are counted as nowhere answered.
    """
    groups = plan.groups(tier, family)
    cells = cell_codes(records, plan, tier, family)
    rows = _one_per_parent(records, cells)
    cell = cells[rows]
    counts = np.zeros((len(groups), len(measures), 5), np.int64)
    slot = cell * 6
    for index, measure in enumerate(measures):
        if measure in records.levels:
            level = np.maximum(records.levels[measure][rows], 0)
            found = np.bincount(slot + level, minlength=6 * len(groups))
            counts[:, index] = found.reshape(len(groups), 6)[:, 1:]
    return FamilyCounts(
        family=family,
        groups=groups,
        measures=tuple(measures),
        rows=rows,
        cell=cell,
        counts=counts,
        members=np.bincount(cell, minlength=len(groups)),
        most_by_assessor=most_by_one(cell, records.assessor[rows], len(groups)),
    )


def nested_counts(
    records: Records, plan: Plan, tier: Tier, outer: FamilyCounts, inner: Family
) -> NDArray[np.int64]:
    """
    Contributors of each outer group, by the inner group that they lie in.

    Returns
    -------
    array of int, shape (n_outer_groups, n_inner_groups, n_measures)
        Whoever is in no inner group is left out.
    """
    n_outer, n_inner = len(outer.groups), len(plan.groups(tier, inner))
    own = cell_codes(records, plan, tier, inner)[outer.rows]
    inside = own >= 0
    rows, slot = outer.rows[inside], (outer.cell * n_inner + own)[inside]
    found = []
    for measure in outer.measures:
        rated = slot[records.levels[measure][rows] > 0] if measure in records.levels else slot[:0]
        found.append(np.bincount(rated, minlength=n_outer * n_inner).reshape(n_outer, n_inner))
    return np.stack(found, axis=2)


def _one_per_parent(records: Records, cells: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rows of the first record of each parent in each cell; records come preferred first."""
    rows = np.flatnonzero(cells >= 0)
    key = cells[rows] * np.int64(len(records)) + records.parent_code[rows]
    first = np.unique(key, return_index=True)[1]
    return rows[first]


def most_by_one(
    group: NDArray[np.int64], assessor: NDArray[np.uint64], n_groups: int
) -> NDArray[np.int64]:
    """Most entries of each group that one assessor stands for; 0 is no assessor."""
    named = assessor > 0
    most = np.zeros(n_groups, np.int64)
    if named.any():
        pairs = np.stack([group[named].astype(np.uint64), assessor[named]])
        pairs, times = np.unique(pairs, axis=1, return_counts=True)
        np.maximum.at(most, pairs[0].astype(np.int64), times)
    return most
