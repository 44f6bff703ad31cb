"""
Attacks on a series of releases: T13, T14 and T15.

What changed between two releases is due to whoever joined, left or was assessed
again in between. If that was one organization, the difference is its record. So a
printed row stays as it is until enough contributors changed, and a group that stays
must not be had from others that moved.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import (
    QUANTITIES,
    Bounds,
    cell_bounds,
    is_known,
    printed_bounds,
    propagate,
)
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.release import Group, Release


@dataclass(frozen=True, eq=False)
class Vintage:
    """A release of a series, with the records that were there at its time, if known."""

    release: Release
    truth: Truth | None = None


def moved_too_early(series: Sequence[Vintage], changes: int) -> list[Finding]:
    """
    T13: a row that moved although too few contributors changed, or with its old date.

    T15 is reported for groups that appeared or disappeared that way.
    """
    found: list[Finding] = []
    found += rewritten([one.release for one in series])
    for number in range(1, len(series)):
        now = series[number]
        for group in now.release.all_groups:
            found += _one_group(series, number, group, changes)
    return found


def _pairs(n: int, *, only_newest: bool) -> Iterator[tuple[int, int]]:
    """Every release with every later one, or only with the newest."""
    return ((i, j) for i, j in itertools.combinations(range(n), 2) if j == n - 1 or not only_newest)


def rewritten(releases: Sequence[Release], *, only_newest: bool = False) -> list[Finding]:
    """T13: rows of the same date that differ between two releases."""
    found: dict[tuple[Group, str], Finding] = {}
    for i, j in _pairs(len(releases), only_newest=only_newest):
        for key, cell in releases[j].cells.items():
            old = releases[i].cells.get(key)
            if old is None or not (cell.as_of and old.as_of == cell.as_of):
                continue
            if old.rows != cell.rows and not cell.withheld and not old.withheld:
                learned = f"changed, and is still dated {cell.as_of}"
                found[key] = Finding("T13", learned, (key[0],), key[1])
    return list(found.values())


def _one_group(series: Sequence[Vintage], number: int, group: Group, changes: int) -> list[Finding]:
    now = series[number]
    old = _last_printed(series, number, group)
    if old is None or now.truth is None or old.truth is None:
        return []
    n_changed = len(changed_parents(old.truth, now.truth, group))
    if n_changed >= changes:
        return []
    found = []
    for measure in now.release.measures:
        one, other = (
            now.release.cells.get((group, measure)),
            old.release.cells.get((group, measure)),
        )
        if one is None or other is None or one.rows == other.rows:
            continue
        attack = "T15" if one.withheld != other.withheld else "T13"
        found.append(Finding(attack, f"moved after {n_changed} change(s)", (group,), measure))
    return found


def _last_printed(series: Sequence[Vintage], number: int, group: Group) -> Vintage | None:
    """First release that printed what stood there just before release `number`."""

    def rows(index: int) -> list[object]:
        release = series[index].release
        return [
            release.cells[group, m].rows for m in release.measures if (group, m) in release.cells
        ]

    first = number - 1
    if not rows(first):
        return None
    while first > 0 and rows(first - 1) == rows(first):
        first -= 1
    return series[first]


def changed_parents(before: Truth, now: Truth, group: Group) -> set[object]:
    """Parents whose record in a group is new, gone or different."""
    one, other = _records(before, group), _records(now, group)
    return {p for p in {*one, *other} if one.get(p) != other.get(p)}


def _records(truth: Truth, group: Group) -> dict[object, bytes]:
    rows = truth.members(group)
    if not len(rows):
        return {}
    matrix = np.stack([np.maximum(c[rows], 0) for c in truth.levels.values()], axis=1)
    packed = [row.tobytes() for row in matrix.astype(np.int8)]
    return dict(zip(truth.parent[rows].tolist(), packed, strict=True))


def release_differences(
    series: Sequence[Vintage], changes: int, *, only_newest: bool = False
) -> list[Finding]:
    """
    T14: the exact change of a count between two releases, if few contributors changed.

    Every release is compared with every later one, or only with the newest: what changed
    and changed back leaves one organization between the first and the last.
    """
    bounds = [_derived(one.release) for one in series]
    found: dict[tuple[Group, str], Finding] = {}
    for i, j in _pairs(len(series), only_newest=only_newest):
        for group, measure, learned in _differences(bounds[i], bounds[j], changes):
            if (group, measure) not in found and _few_changed(series[i], series[j], group, changes):
                found[group, measure] = Finding("T14", learned, (group,), measure)
    return list(found.values())


def _derived(release: Release) -> Bounds:
    printed = printed_bounds(release)
    return propagate(printed) or printed


def _differences(old: Bounds, new: Bounds, changes: int) -> Iterator[tuple[Group, str, str]]:
    places = {group: i for i, group in enumerate(old.groups)}
    groups = [(places[group], i) for i, group in enumerate(new.groups) if group in places]
    measures = [(old.measures.index(m), j) for j, m in enumerate(new.measures) if m in old.measures]
    if not (groups and measures):
        return
    before, now = (
        np.ix_([pair[k] for pair in groups], [pair[k] for pair in measures]) for k in (0, 1)
    )
    low, high = new.low[now] - old.high[before], new.high[now] - old.low[before]
    for i, j in np.argwhere(np.isclose(low[..., 0], high[..., 0])):
        learned = _difference(low[i, j], high[i, j], changes)
        if learned:
            yield new.groups[groups[i][1]], new.measures[measures[j][1]], learned


def _difference(low: NDArray[np.float64], high: NDArray[np.float64], changes: int) -> str:
    if not is_known(low[0], high[0]) or abs(low[0]) >= changes:
        return ""
    known = [f"{q} by {low[i]:+g}" for i, q in enumerate(QUANTITIES) if is_known(low[i], high[i])]
    moved = any(low[i] != 0 for i in range(len(QUANTITIES)) if is_known(low[i], high[i]))
    return "changed " + ", ".join(known) if moved else ""


def _few_changed(before: Vintage, now: Vintage, group: Group, changes: int) -> bool:
    if before.truth is None or now.truth is None:
        return True
    return 0 < len(changed_parents(before.truth, now.truth, group)) < changes


def unmasked(release: Release) -> list[Finding]:
    """T15: a row carried forward, whose present value follows from newer rows."""
    dates = {cell.as_of for cell in release.cells.values() if cell.as_of}
    if len(dates) < 2:
        return []
    newest = max(dates)
    bounds = printed_bounds(release)
    low, high = bounds.low.copy(), bounds.high.copy()
    frozen = []
    for i, group in enumerate(bounds.groups):
        for j, measure in enumerate(bounds.measures):
            cell = release.cells.get((group, measure))
            if cell is not None and cell.as_of and cell.as_of != newest:
                low[i, j], high[i, j] = 0.0, 1e9
                frozen.append((i, j, cell))
    newer = propagate(
        Bounds(bounds.groups, bounds.measures, low, high, bounds.printed, bounds.links)
    )
    found = []
    if newer is None:
        return []
    for i, j, cell in frozen:
        old_low, old_high = cell_bounds(cell)
        for k, name in enumerate(QUANTITIES):
            if is_known(newer.low[i, j, k], newer.high[i, j, k]) and not (
                is_known(old_low[k], old_high[k])
            ):
                learned = f"{name} is now {newer.low[i, j, k]:g}, by newer rows"
                found.append(Finding("T15", learned, (bounds.groups[i],), bounds.measures[j]))
    return found
