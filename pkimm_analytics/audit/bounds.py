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
Links = tuple[tuple[int, NDArray[np.intp]], ...]
"""Place of a group and of the parts that it consists of, for each way to split it."""


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
    links : Links
    """

    groups: tuple[Group, ...]
    measures: tuple[str, ...]
    low: Floats
    high: Floats
    printed: NDArray[np.bool_]
    links: Links


@lru_cache(maxsize=16)
def printed_bounds(release: Release) -> Bounds:
    """Bounds that follow from each row by itself; not to be changed."""
    groups, measures = release.all_groups, release.measures
    shape = (len(groups), len(measures), len(QUANTITIES))
    low, high = np.zeros(shape), np.full(shape, MOST)
    printed = np.zeros(shape[:2], bool)
    for place in np.ndindex(*shape[:2]):
        cell = release.cells.get((groups[place[0]], measures[place[1]]))
        if cell is not None:
            printed[place] = not cell.withheld
            low[place], high[place] = cell_bounds(cell)
    return Bounds(groups, measures, low, high, printed, links_of(groups))


def cell_bounds(cell: Cell) -> tuple[Floats, Floats]:
    """Bounds on the counts of one group, in the order of ``QUANTITIES``."""
    low, high = np.zeros(6), np.full(6, MOST)
    low[0], high[0] = cell.n.low, min(cell.n.high, MOST)
    low[1:5], high[1:5] = counts_of(cell, low[0])[0], counts_of(cell, high[0])[1]
    if "mean" in cell.figures:
        mean, step = cell.figures["mean"]
        low[5], high[5] = (mean - step / 2) * low[0], (mean + step / 2) * high[0]
    if cell.level_counts is not None:  # with a step they were rounded up or down at random
        value, step = cell.level_counts
        width = np.maximum(0, step - 1)
        at_least = np.cumsum([np.maximum(0, value - width)[::-1], (value + width)[::-1]], axis=1)
        low[:5] = np.maximum(low[:5], at_least[0, ::-1])
        high[:5] = np.minimum(high[:5], at_least[1, ::-1])
    return np.ceil(low - _SLACK), np.floor(high + _SLACK)


def counts_of(cell: Cell, n: float) -> tuple[Floats, Floats]:
    """Bounds on the counts at levels 2 to 5 or above, for who knows the number."""
    ends = np.array([cell.share(level).counts(n) for level in LEVEL_BOUNDS], float)
    return ends[:, 0], ends[:, 1]


def learned_exactly(
    low: Floats, high: Floats, real: NDArray[np.int64] | None = None, *, is_n_known: bool = False
) -> str:
    """
    Say which counts bounds leave exactly one value for.

    Parameters
    ----------
    low, high : array, shape (6,), or (5,) without the sum
    real : array of int, shape (5,), optional
        Contributors at levels 1 to 5: counts that are not theirs are left out.
    is_n_known : bool
        Whether the number was known before, and is no news.
    """
    known = (low == high) & (high < MOST / 2)
    if real is not None:
        at_least = np.cumsum(real[::-1])[::-1]
        known &= low == np.append(at_least, at_least.sum())[: len(low)]
    known[0] &= not is_n_known
    return ", ".join(f"{QUANTITIES[i]} = {low[i]:g}" for i in np.flatnonzero(known))


# --- groups and their parts -----------------------------------------------------------------


def links_of(groups: Sequence[Group]) -> Links:
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


# --- passing bounds on ----------------------------------------------------------------------


def propagate(bounds: Bounds, low: Floats | None = None, high: Floats | None = None) -> Bounds:
    """
    Pass bounds, or others in their place, on between groups and parts until none gets narrower.

    A measure whose rows contradict each other, as they may when they were computed at
    different times or somebody is in no part, keeps the bounds of its rows.
    """
    first = (bounds.low if low is None else low, bounds.high if high is None else high)
    low, high = (ends.copy() for ends in first)
    pass_on(low, high, [(outer, parts, 0.0, 0.0) for outer, parts in bounds.links], _within)
    odd = np.any(low > high, axis=(0, 2))
    low[:, odd], high[:, odd] = (ends[:, odd] for ends in first)
    return Bounds(bounds.groups, bounds.measures, low, high, bounds.printed, bounds.links)


def pass_on(
    low: Floats,
    high: Floats,
    links: Sequence[tuple[int, NDArray[np.intp], Any, Any]],
    within: Callable[[Floats, Floats], None],
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
