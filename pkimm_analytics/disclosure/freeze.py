"""
The freeze: which groups have too few changes to be computed anew.

A group is computed anew only after enough of its contributors changed since each of its
earlier evaluations, in every measure that was printed, and from enough sources; otherwise
its printed rows are carried forward as they are. So two releases never differ by a few
organizations, and who comes back unchanged changes nothing. Withdrawals never count, nor
does whoever moved on to another group: a mover counts where it arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.truth import FORGOTTEN
from pkimm_analytics.disclosure.cube import FamilyCounts, count_family, most_by_one
from pkimm_analytics.disclosure.history import Publication
from pkimm_analytics.disclosure.plan import Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import Records


@dataclass(frozen=True, eq=False)
class _Side:
    """The entries of one date in the list of all parents and groups of both."""

    records: Records
    rows: NDArray[np.intp]
    places: NDArray[np.intp]
    n: int

    def spread(self, column: NDArray[Any]) -> NDArray[Any]:
        """Values of a column in the list of both dates."""
        out = np.zeros(self.n, column.dtype)
        out[self.places] = column[self.rows]
        return out

    def levels(self, measure: str) -> NDArray[np.int8]:
        """Levels of a measure; 0 where there is none."""
        if measure not in self.records.levels:
            return np.zeros(self.n, np.int8)
        levels = self.spread(self.records.levels[measure])
        return np.where(levels == FORGOTTEN, levels, np.maximum(levels, 0)).astype(np.int8)


def frozen(
    records: Records,
    counts: FamilyCounts,
    part: str,
    history: Sequence[Publication],
    *,
    plan: Plan,
    tier: Tier,
    policy: Policy,
    quarter: str,
) -> NDArray[np.bool_]:
    """
    Find the groups of a table that have too few changes to be computed anew.

    Parameters
    ----------
    records : Records
        Those of now, which `counts` counts.
    part : str
        Part of the measures that are counted.
    history : sequence of Publication
        All earlier releases.
    """
    held = np.zeros(len(counts.groups), bool)
    for one in history:
        was = np.array([(group, part) in one.computed for group in counts.groups])
        if (was & ~held).any():
            before = Records.of_table(one.members, plan)
            then = count_family(before, plan, tier, counts.family, counts.measures)
            printed = np.array(
                [[one.is_printed(g, m) for m in counts.measures] for g in counts.groups]
            )
            group, old, new = _aligned(before, then, records, counts)
            is_countable = _countable(old, new, policy.window(quarter)[0])
            held |= was & _few(counts.measures, printed, policy, group, old, new, is_countable)
    return held


def _few(
    measures: Sequence[str],
    printed: NDArray[np.bool_],
    policy: Policy,
    group: NDArray[np.int64],
    old: _Side,
    new: _Side,
    is_countable: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Whether too few changed in each group; to appear, where nothing was printed, takes fewer."""
    n_groups = len(printed)
    changed = np.zeros(printed.shape, np.int64)
    somehow = np.zeros(len(group), bool)
    for place, measure in enumerate(measures):
        one, other = old.levels(measure), new.levels(measure)
        differs = is_countable & (one != other) & (one != FORGOTTEN)
        changed[:, place] = np.bincount(group[differs], minlength=n_groups)
        somehow |= differs
    total = np.bincount(group[somehow], minlength=n_groups)
    few = (printed & (changed < policy.changes)).any(axis=1)
    few |= total < policy.changes_to_appear
    assessor = new.spread(new.records.assessor)[somehow]
    most = most_by_one(group[somehow], assessor, n_groups)
    return np.asarray(few | (100 * most > policy.assessor_changes_percent * total))


def _aligned(
    before: Records, then: FamilyCounts, records: Records, counts: FamilyCounts
) -> tuple[NDArray[np.int64], _Side, _Side]:
    """List every parent of every group at either date: its group, and where each date is."""
    parents = [before.parent[then.rows], records.parent[counts.rows]]
    code = np.unique(np.concatenate(parents), return_inverse=True)[1].astype(np.int64)
    key = code * len(counts.groups) + np.concatenate([then.cell, counts.cell])
    every, place = np.unique(key, return_inverse=True)
    n_old, n = len(then.rows), len(every)
    group = every % max(1, len(counts.groups))
    return (
        group,
        _Side(before, then.rows, place[:n_old], n),
        _Side(records, counts.rows, place[n_old:], n),
    )


def _countable(old: _Side, new: _Side, oldest: int) -> NDArray[np.bool_]:
    """
    Entries that count if their levels differ.

    A record that is older than the one before comes to light when that is withdrawn, and
    whoever is gone counts only if its record grew too old, is still in the collection, and
    no newer one is in any group.
    """
    was, is_ = (side.spread(np.ones(len(side.records), bool)) for side in (old, new))
    then, now = old.spread(old.records.quarter), new.spread(new.records.quarter)
    grew_old = np.isin(old.records.parent, new.records.pseudonyms)
    grew_old &= ~np.isin(old.records.parent, new.records.parent)
    reverted = was & is_ & (now < then)
    left = was & ~is_
    return np.asarray(~reverted & (~left | ((then < oldest) & old.spread(grew_old))))
