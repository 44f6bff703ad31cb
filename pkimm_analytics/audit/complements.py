"""
Attacks by subtraction: T2, T3 and T4.

Whole minus published parts; what is left over beside the published parts; a group
minus a smaller group inside it. They work on intervals, so that rounded and banded
figures are subtracted as well.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import (
    QUANTITIES,
    Bounds,
    counts_of,
    is_known,
    printed_bounds,
    propagate,
)
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth, outside
from pkimm_analytics.release import Release, contains


def complements(release: Release, threshold: int, truth: Truth | None = None) -> list[Finding]:
    """T2: bounds passed on between linked tables pin down a withheld group; T10 likewise."""
    bounds = propagate(printed_bounds(release))
    if bounds is None:
        return []
    found = []
    for i, j in np.argwhere(~bounds.printed):
        group, measure = bounds.groups[i], bounds.measures[j]
        real = None if truth is None else truth.level_counts(group, measure)
        learned = _learned(bounds.low[i, j], bounds.high[i, j], threshold, real)
        if learned:
            found.append(Finding("T2", learned, (group,), measure))
        elif _is_small(bounds.low[i, j], bounds.high[i, j], threshold, real):
            low, high = bounds.low[i, j, 0], bounds.high[i, j, 0]
            learned = f"not empty, and small: {low:g} to {high:g} contributors"
            found.append(Finding("T10", learned, (group,), measure))
    return found


def known_numbers(release: Release, threshold: int, truth: Truth) -> list[Finding]:
    """T11: the same by somebody who has the list of participants, and so every number."""
    printed = printed_bounds(release)
    low, high = printed.low.copy(), printed.high.copy()
    for i, group in enumerate(printed.groups):
        for j, measure in enumerate(printed.measures):
            n = truth.n(group, measure)
            low[i, j, 0] = high[i, j, 0] = n
            cell = release.cells.get((group, measure))
            if cell is None or cell.withheld:
                continue
            if not cell.n.low <= n <= cell.n.high:  # of another date: it says nothing about these
                low[i, j, 1:], high[i, j, 1:] = 0, 5 * n
                continue
            low[i, j, 1:5], high[i, j, 1:5] = counts_of(cell, n)
    bounds = propagate(replace(printed, low=low, high=high))
    if bounds is None:
        return []
    found = []
    for i, j in np.argwhere(~bounds.printed):
        group, measure = bounds.groups[i], bounds.measures[j]
        real = truth.level_counts(group, measure)
        learned = _beside_n(_learned(bounds.low[i, j], bounds.high[i, j], threshold, real))
        if learned:
            found.append(Finding("T11", learned, (group,), measure))
    for outer, parts in bounds.links:
        for j in np.flatnonzero(bounds.printed[outer]).tolist():
            shown = parts[bounds.printed[parts, j]]
            if not len(shown):
                continue
            group, measure = bounds.groups[outer], bounds.measures[j]
            real = outside(truth, group, [bounds.groups[p] for p in shown], measure)
            least, most = _minus(bounds, outer, shown, j)
            least[0] = most[0] = real.sum()
            most[1:5] = np.minimum(most[1:5], most[0])
            learned = _beside_n(_learned(least, most, threshold, real))
            if learned:
                learned = f"beside its parts: {learned}"
                found.append(Finding("T11", learned, (group,), measure))
    return found


def _beside_n(learned: str) -> str:
    """Leave out the number, which was known before."""
    return ", ".join(part for part in learned.split(", ") if part and not part.startswith("n ="))


def residuals(release: Release, threshold: int, truth: Truth | None = None) -> list[Finding]:
    """T3: what is left of a group beside its published parts."""
    bounds = printed_bounds(release)
    found = []
    for outer, parts in bounds.links:
        for j in np.flatnonzero(bounds.printed[outer]):
            shown = parts[bounds.printed[parts, j]]
            if not len(shown):
                continue
            low, high = _minus(bounds, outer, shown, int(j))
            if high[0] < 0:
                continue
            group, measure = bounds.groups[outer], bounds.measures[j]
            parts_of = [bounds.groups[p] for p in shown]
            real = None
            if truth is not None and _could_matter(low, high, threshold):
                real = outside(truth, group, parts_of, measure)
            learned = _learned(low, high, threshold, real)
            if learned:
                found.append(Finding("T3", f"beside its parts: {learned}", (group,), measure))
    return found


def trackers(release: Release, threshold: int, truth: Truth | None = None) -> list[Finding]:
    """T4: a group minus another one inside it."""
    bounds = printed_bounds(release)
    found = []
    for b, outer in enumerate(bounds.groups):
        for a, inner in enumerate(bounds.groups):
            if a == b or not contains(outer, inner):
                continue
            for j in np.flatnonzero(bounds.printed[a] & bounds.printed[b]):
                low, high = _minus(bounds, b, np.array([a]), int(j))
                if high[0] < 0 or not _could_matter(low, high, threshold):
                    continue
                measure = bounds.measures[j]
                real = None if truth is None else outside(truth, outer, [inner], measure)
                learned = _learned(low, high, threshold, real)
                if learned:
                    found.append(Finding("T4", f"difference: {learned}", (outer, inner), measure))
    return found


def _minus(
    bounds: Bounds, outer: int, parts: NDArray[np.intp], j: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds on a group less some of its parts, of one measure."""
    low = bounds.low[outer, j] - bounds.high[parts, j].sum(axis=0)
    high = bounds.high[outer, j] - bounds.low[parts, j].sum(axis=0)
    low = np.maximum(low, 0)
    high[1:5] = np.minimum(high[1:5], high[0])
    return low, high


def _could_matter(low: NDArray[np.float64], high: NDArray[np.float64], threshold: int) -> bool:
    return bool(low[0] < threshold and np.any(high - low < 0.5))


def _is_small(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    threshold: int,
    real: NDArray[np.int64] | None,
) -> bool:
    if not (low[0] >= 1 and high[0] < threshold):
        return False
    return real is None or 0 < real.sum() < threshold


def _learned(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    threshold: int,
    real: NDArray[np.int64] | None,
) -> str:
    """Say what is known exactly about a small group; nothing if it is wrong."""
    if real is not None:
        if not 0 < real.sum() < threshold:
            return ""
    elif not (high[0] < threshold and high[0] >= 1):
        return ""
    at_least = None if real is None else np.cumsum(real[::-1])[::-1]
    known = []
    for place, name in enumerate(QUANTITIES):
        if is_known(low[place], high[place]):
            value = at_least.sum() if name == "sum" and at_least is not None else None
            if at_least is not None and name != "sum":
                value = at_least[place]
            if value is None or value == low[place]:
                known.append(f"{name} = {low[place]:g}")
    if real is None and low[0] < 1:
        return ""
    return ", ".join(known)
