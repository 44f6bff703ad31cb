"""
What rows allow: lowest and highest counts of every group, and what follows for others.

A group is the sum of its parts. If the whole and all parts but one are known within
bounds, so is the last one. Bounds are passed on between all linked tables until none
gets narrower. The counts are contributors, contributors at each level or above, and
the sum of levels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.organization import ATTRIBUTES, GRAINS, PREFER_NOT_TO_SAY, profile_codes
from pkimm_analytics.release import LEVEL_BOUNDS, Cell, Group, Release, contains, family
from pkimm_analytics.tables import DIMENSIONS

QUANTITIES = ("n", "ge:2", "ge:3", "ge:4", "ge:5", "sum")
MOST = 1e9
"""More contributors than there are."""
_SLACK = 1e-6
_ROUNDS = 30

Floats = NDArray[np.float64]
Link = tuple[int, NDArray[np.intp], Any, Any]


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


@lru_cache(maxsize=16)
def printed_bounds(release: Release) -> Bounds:
    """Bounds that follow from each row by itself; not to be changed."""
    groups, measures = release.all_groups, release.measures
    shape = (len(groups), len(measures), len(QUANTITIES))
    low, high = np.zeros(shape), np.full(shape, MOST)
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
    low, high = np.zeros(6), np.full(6, MOST)
    low[0], high[0] = cell.n.low, min(cell.n.high, MOST)
    for place, level in enumerate(LEVEL_BOUNDS, start=1):
        share = cell.share(level)
        low[place], high[place] = share.counts(low[0])[0], share.counts(high[0])[1]
    if "mean" in cell.figures:
        mean, step = cell.figures["mean"]
        low[5], high[5] = (mean - step / 2) * low[0], (mean + step / 2) * high[0]
    _use_counts(cell, low, high)
    return np.ceil(low - _SLACK), np.floor(high + _SLACK)


def counts_of(cell: Cell, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds on the counts at levels 2 to 5 or above, for who knows the number."""
    ends = [cell.share(level).counts(n) for level in LEVEL_BOUNDS]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


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
    for used, places in tables.items():
        for table in _partitions(groups, used, places):
            for outer, group in enumerate(groups):
                if set(used) >= set(family(group)):
                    parts = [p for p in table if p != outer and contains(group, groups[p])]
                    if parts:
                        links.append((outer, np.array(parts, np.intp)))
    return tuple(links)


def _partitions(
    groups: Sequence[Group], used: tuple[int, ...], places: list[int]
) -> list[list[int]]:
    """Split a table that has codes of several grains into one for each; else return it whole."""
    if not used or len(groups[0]) != len(DIMENSIONS):
        return [places]
    found: dict[tuple[int, ...], None] = {}
    for choice in product(*(_codes_by_grain(DIMENSIONS[p], groups, places, p) for p in used)):
        table = [
            place
            for place in places
            if all(groups[place][p] in codes for p, codes in zip(used, choice, strict=True))
        ]
        if len(table) == math.prod(map(len, choice)):
            found[tuple(table)] = None
    return [list(table) for table in found] or [places]


def _codes_by_grain(
    dimension: str, groups: Sequence[Group], places: list[int], position: int
) -> list[frozenset[str]]:
    """Codes of a dimension at each grain; those that occur, where it has no grains."""
    if dimension not in ATTRIBUTES:
        return [frozenset(groups[place][position] for place in places)]
    return [frozenset(profile_codes(dimension, g)) - {PREFER_NOT_TO_SAY} for g in GRAINS[1:-1]]


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
    links = [(outer, parts, 0.0, 0.0) for outer, parts in bounds.links]
    pass_on(low, high, links, _within)
    odd = np.any(low > high, axis=(0, 2))
    if odd.all():
        return None
    low[:, odd], high[:, odd] = bounds.low[:, odd], bounds.high[:, odd]
    return Bounds(bounds.groups, bounds.measures, low, high, bounds.printed, bounds.links)


def pass_on(
    low: Floats, high: Floats, links: Sequence[Link], within: Callable[[Floats, Floats], None]
) -> None:
    """
    Narrow bounds in place: a group is the sum of its parts and a rest.

    Parameters
    ----------
    low, high : array, shape (n_groups, ...)
    links : sequence of (int, array of int, array, array)
        Place of a group and of its parts, and bounds on who is in none of them.
    within : callable
        What is known of the quantities of one group by themselves.
    """
    for _ in range(_ROUNDS):
        before = (low.copy(), high.copy())
        within(low, high)
        for outer, parts, rest_low, rest_high in links:
            sum_low = low[parts].sum(axis=0) + rest_low
            sum_high = high[parts].sum(axis=0) + rest_high
            low[outer] = np.maximum(low[outer], sum_low)
            high[outer] = np.minimum(high[outer], sum_high)
            high[parts] = np.minimum(high[parts], high[outer] - (sum_low - low[parts]))
            low[parts] = np.maximum(low[parts], low[outer] - (sum_high - high[parts]))
        for ends in (low, high):  # those of rows that contradict each other run away
            np.clip(ends, -MOST, MOST, out=ends)
        if np.array_equal(before[0], low) and np.array_equal(before[1], high):
            return


def falling(low: Floats, high: Floats) -> None:
    """Use that fewer are at a level or above than at the one before or above."""
    np.minimum.accumulate(high, axis=-1, out=high)
    low[...] = np.maximum.accumulate(low[..., ::-1], axis=-1)[..., ::-1]


def _within(low: Floats, high: Floats) -> None:
    """Use that n >= ge:2 >= ... >= ge:5, and that the sum of levels is the sum of these."""
    falling(low[..., :5], high[..., :5])
    low[..., 5] = np.maximum(low[..., 5], low[..., :5].sum(-1))
    high[..., 5] = np.minimum(high[..., 5], high[..., :5].sum(-1))
    for k in range(5):
        others_low = low[..., :5].sum(-1) - low[..., k]
        others_high = high[..., :5].sum(-1) - high[..., k]
        high[..., k] = np.minimum(high[..., k], high[..., 5] - others_low)
        low[..., k] = np.maximum(low[..., k], low[..., 5] - others_high)


def is_known(low: float, high: float) -> bool:
    """Whether bounds leave one whole number."""
    return math.isclose(low, high) and high < MOST / 2
