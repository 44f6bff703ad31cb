"""
Attacks by subtraction: T2, T3, T4 and T11.

Whole minus published parts; what is left over beside the published parts; a group
minus a smaller group inside it. They work on intervals, so that rounded and banded
figures are subtracted as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import (
    Bounds,
    Floats,
    counts_of,
    learned_exactly,
    printed_bounds,
    propagate,
)
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth, Vintage
from pkimm_analytics.release import contains

Real = NDArray[np.int64] | None
"""Contributors at levels 1 to 5, as they are; None where nobody knows."""


def complements(one: Vintage) -> Iterator[Finding]:
    """T2: bounds passed on between linked tables pin down a withheld group; T10 likewise."""
    bounds = propagate(printed_bounds(one.release))
    for i, j in np.argwhere(~bounds.printed):
        group, measure = bounds.groups[i], bounds.measures[j]
        low, high = bounds.low[i, j], bounds.high[i, j]
        real = None if one.truth is None else one.truth.level_counts(group, measure)
        if not _is_small(low, high, one.rules.threshold, real):
            continue
        if learned := learned_exactly(low, high, real):
            yield Finding("T2", learned, (group,), measure)
        elif low[0] >= 1 and high[0] < one.rules.threshold:
            learned = f"not empty, and small: {low[0]:g} to {high[0]:g} contributors"
            yield Finding("T10", learned, (group,), measure)


def residuals(one: Vintage) -> Iterator[Finding]:
    """T3: what is left of a group beside its published parts."""
    bounds = printed_bounds(one.release)
    for i, _, measure, learned in _left(one, bounds, bounds.links, one.truth):
        yield Finding("T3", f"beside its parts: {learned}", (bounds.groups[i],), measure)


def trackers(one: Vintage) -> Iterator[Finding]:
    """T4: a group minus another one inside it."""
    bounds = printed_bounds(one.release)
    nested = (
        (b, np.array([a]))
        for b, outer in enumerate(bounds.groups)
        for a, inner in enumerate(bounds.groups)
        if a != b and contains(outer, inner)
    )
    for i, parts, measure, learned in _left(one, bounds, nested, one.truth):
        groups = bounds.groups[i], bounds.groups[parts[0]]
        yield Finding("T4", f"difference: {learned}", groups, measure)


def known_numbers(one: Vintage) -> Iterator[Finding]:
    """T11: the same by somebody who has the list of participants, and so every number."""
    printed, truth = printed_bounds(one.release), one.records
    low, high = printed.low.copy(), printed.high.copy()
    for i, group in enumerate(printed.groups):
        for j, measure in enumerate(printed.measures):
            n = truth.n(group, measure)
            low[i, j, 0] = high[i, j, 0] = n
            cell = one.release.cells.get((group, measure))
            if cell is None or cell.withheld:
                continue
            if cell.n.low <= n <= cell.n.high:
                low[i, j, 1:5], high[i, j, 1:5] = counts_of(cell, n)
            else:  # of another date: it says nothing about these
                low[i, j, 1:], high[i, j, 1:] = 0, 5 * n
    bounds = propagate(printed, low, high)
    for i, j in np.argwhere(~bounds.printed):
        group, measure = bounds.groups[i], bounds.measures[j]
        real = truth.level_counts(group, measure)
        if 0 < real.sum() < one.rules.threshold:
            learned = learned_exactly(bounds.low[i, j], bounds.high[i, j], real, is_n_known=True)
            if learned:
                yield Finding("T11", learned, (group,), measure)
    for i, _, measure, learned in _left(one, bounds, bounds.links, truth, is_n_known=True):
        yield Finding("T11", f"beside its parts: {learned}", (bounds.groups[i],), measure)


def _left(
    one: Vintage,
    bounds: Bounds,
    links: Iterable[tuple[int, NDArray[np.intp]]],
    truth: Truth | None,
    *,
    is_n_known: bool = False,
) -> Iterator[tuple[int, NDArray[np.intp], str, str]]:
    """Find what is learned of a few who are left of a group without its published parts."""
    threshold = one.rules.threshold
    for outer, parts in links:
        for j in np.flatnonzero(bounds.printed[outer]).tolist():
            shown = parts[bounds.printed[parts, j]]
            if not len(shown):
                continue
            low = np.maximum(bounds.low[outer, j] - bounds.high[shown, j].sum(axis=0), 0)
            high = bounds.high[outer, j] - bounds.low[shown, j].sum(axis=0)
            if not is_n_known:
                high[1:5] = np.minimum(high[1:5], high[0])
                if high[0] < 0 or low[0] >= threshold or not np.any(high - low < 0.5):
                    continue
            real, measure = None, bounds.measures[j]
            if truth is not None:
                rows = truth.outside(bounds.groups[outer], [bounds.groups[p] for p in shown])
                real = truth.counts(measure, rows)
                if is_n_known:
                    low[0] = high[0] = real.sum()
                    high[1:5] = np.minimum(high[1:5], high[0])
            if _is_small(low, high, threshold, real):
                learned = learned_exactly(low, high, real, is_n_known=is_n_known)
                if learned:
                    yield outer, shown, measure, learned


def _is_small(low: Floats, high: Floats, threshold: int, real: Real) -> bool:
    """Whether few are in it: so it is, or so everybody sees."""
    if real is not None:
        return bool(0 < real.sum() < threshold)
    return bool(low[0] >= 1 and 1 <= high[0] < threshold)
