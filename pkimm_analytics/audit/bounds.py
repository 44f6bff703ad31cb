"""
What rows allow: lowest and highest counts of every group, and what follows for others.

A group is the sum of its parts. If the whole and all parts but one are known within
bounds, so is the last one. Bounds are passed on between all linked tables until none
gets narrower. The counts are contributors, contributors at each level or above, and
the sum of levels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.release import Cell, Group, Release, contains, family

QUANTITIES = ("n", "ge:2", "ge:3", "ge:4", "ge:5", "sum")
_MOST = 1e9
_SLACK = 1e-6
_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class Bounds:
    """
    Bounds on the counts of all groups of a release.

    Parameters
    ----------
    groups : tuple of Group
    measures : tuple of str
    low, high : array of float, shape (n_groups, n_measures, 6)
        In the order of ``QUANTITIES``; whole numbers.
    printed : array of bool, shape (n_groups, n_measures)
        Whether anything is printed about a group.
    links : tuple of (int, array of int)
        Place of a group and of the parts that it consists of.
    """

    groups: tuple[Group, ...]
    measures: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    printed: NDArray[np.bool_]
    links: tuple[tuple[int, NDArray[np.intp]], ...]

    def place(self, group: Group) -> int:
        """Place of a group."""
        return self.groups.index(group)


def printed_bounds(release: Release, measures: Sequence[str] | None = None) -> Bounds:
    """Bounds that follow from each row by itself."""
    groups = release.all_groups
    measures = release.measures if measures is None else tuple(measures)
    shape = (len(groups), len(measures), len(QUANTITIES))
    low, high = np.zeros(shape), np.full(shape, _MOST)
    printed = np.zeros(shape[:2], bool)
    for i, group in enumerate(groups):
        for j, measure in enumerate(measures):
            cell = release.cells.get((group, measure))
            if cell is not None:
                printed[i, j] = not cell.withheld
                low[i, j], high[i, j] = cell_bounds(cell)
    return Bounds(groups, measures, low, high, printed, links_of(groups))


def cell_bounds(cell: Cell) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds on the counts of one group, in the order of ``QUANTITIES``."""
    low, high = np.zeros(6), np.full(6, _MOST)
    low[0], high[0] = cell.n.low, min(cell.n.high, _MOST)
    for place, level in enumerate((2, 3, 4, 5), start=1):
        share = cell.share(level)
        low[place], high[place] = share.low * low[0], share.high * high[0]
    if "mean" in cell.figures:
        mean, step = cell.figures["mean"]
        low[5], high[5] = (mean - step / 2) * low[0], (mean + step / 2) * high[0]
    _use_counts(cell, low, high)
    return np.ceil(low - _SLACK), np.floor(high + _SLACK)


def _use_counts(cell: Cell, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    """Use printed counts; with a step they were rounded up or down at random."""
    counts = {
        int(k[6:]): v for k, v in cell.figures.items() if k[:6] == "count:" and k[6:].isdigit()
    }
    if set(counts) != {1, 2, 3, 4, 5}:
        return
    at_least = [0.0, 0.0]
    for level in (5, 4, 3, 2, 1):
        value, step = counts[level]
        width = max(0.0, step - 1)
        at_least = [at_least[0] + max(0.0, value - width), at_least[1] + value + width]
        place = level - 1 if level > 1 else 0
        low[place] = max(low[place], at_least[0])
        high[place] = min(high[place], at_least[1])


def links_of(groups: Sequence[Group]) -> tuple[tuple[int, NDArray[np.intp]], ...]:
    """Find every group's parts in each finer table: its place, and theirs."""
    tables: dict[tuple[int, ...], list[int]] = {}
    for place, group in enumerate(groups):
        tables.setdefault(family(group), []).append(place)
    links = []
    for outer, group in enumerate(groups):
        for used, places in tables.items():
            if set(used) > set(family(group)):
                parts = [p for p in places if contains(group, groups[p])]
                if parts:
                    links.append((outer, np.array(parts, np.intp)))
    return tuple(links)


def propagate(bounds: Bounds) -> Bounds | None:
    """
    Pass bounds on between groups and their parts until none gets narrower.

    A measure whose rows contradict each other, as they may when they were computed at
    different times or somebody is in no part, keeps the bounds of its rows.

    Returns
    -------
    Bounds or None
        None if that goes for all measures.
    """
    low, high = bounds.low.copy(), bounds.high.copy()
    for _ in range(_ROUNDS):
        before = (low.copy(), high.copy())
        _within(low, high)
        for outer, parts in bounds.links:
            _one_link(low, high, outer, parts)
        if np.array_equal(before[0], low) and np.array_equal(before[1], high):
            break
    odd = np.any(low > high, axis=(0, 2))
    if odd.all():
        return None
    low[:, odd], high[:, odd] = bounds.low[:, odd], bounds.high[:, odd]
    return Bounds(bounds.groups, bounds.measures, low, high, bounds.printed, bounds.links)


def _within(low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    """Use that n >= ge:2 >= ... >= ge:5, and that the sum of levels is the sum of these."""
    for k in range(1, 5):
        high[..., k] = np.minimum(high[..., k], high[..., k - 1])
    for k in range(4, 0, -1):
        low[..., k - 1] = np.maximum(low[..., k - 1], low[..., k])
    low[..., 5] = np.maximum(low[..., 5], low[..., :5].sum(-1))
    high[..., 5] = np.minimum(high[..., 5], high[..., :5].sum(-1))
    for k in range(5):
        others_low = low[..., :5].sum(-1) - low[..., k]
        others_high = high[..., :5].sum(-1) - high[..., k]
        high[..., k] = np.minimum(high[..., k], high[..., 5] - others_low)
        low[..., k] = np.maximum(low[..., k], low[..., 5] - others_high)


def _one_link(
    low: NDArray[np.float64], high: NDArray[np.float64], outer: int, parts: NDArray[np.intp]
) -> None:
    sum_low, sum_high = low[parts].sum(axis=0), high[parts].sum(axis=0)
    low[outer] = np.maximum(low[outer], sum_low)
    high[outer] = np.minimum(high[outer], sum_high)
    high[parts] = np.minimum(high[parts], high[outer] - (sum_low - low[parts]))
    low[parts] = np.maximum(low[parts], low[outer] - (sum_high - high[parts]))


def is_known(low: float, high: float) -> bool:
    """Whether bounds leave one whole number."""
    return math.isclose(low, high) and high < _MOST / 2
