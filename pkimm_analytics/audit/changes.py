"""
Attacks on several releases: T13, T14, T15 and T35.

What differs between two releases is due to whoever joined, left or was assessed again in
between. If that was one organization, the difference is its record; if it was five, and
the difference is five, it is the record of each. The attacker of T35 has the list of
participants with the dates of their assessments, and so knows who changed in every group
and how many there were before and after.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import (
    QUANTITIES,
    Bounds,
    Floats,
    cell_bounds,
    counts_of,
    falling,
    is_known,
    links_of,
    pass_on,
    printed_bounds,
    propagate,
)
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import NOBODY, Truth
from pkimm_analytics.release import LEVEL_BOUNDS, Cell, Group, Release

Key = tuple[Group, str]
Rows = NDArray[np.intp]
Levels = NDArray[np.int8]
_ROUNDS = 3
_LARGEST = 2500
"""In larger groups a rounding step hides dozens, which no assessor gets around."""


@dataclass(frozen=True, eq=False)
class Vintage:
    """A release, with the records that were there at its time, if known."""

    release: Release
    truth: Truth | None = None


def _pairs(n: int, *, only_newest: bool) -> Iterator[tuple[int, int]]:
    """Every release with every later one, or only with the newest."""
    return ((i, j) for i, j in itertools.combinations(range(n), 2) if j == n - 1 or not only_newest)


def first_printed(series: Sequence[Vintage]) -> list[dict[Key, Cell]]:
    """Cells of each release that none before it printed: what was computed for it."""
    seen: dict[Key, set[tuple[object, ...]]] = {}
    found = []
    for one in series:
        cells = {k: c for k, c in one.release.cells.items() if not c.withheld}
        found.append({k: c for k, c in cells.items() if c.rows not in seen.get(k, ())})
        for key, cell in cells.items():
            seen.setdefault(key, set()).add(cell.rows)
    return found


# --- T13 and T15: rows that moved too early ------------------------------------------------


def moved_too_early(
    series: Sequence[Vintage], changes: int, to_appear: int, *, only_newest: bool = False
) -> list[Finding]:
    """
    T13: a row that moved although too few contributors changed, or with its old date.

    T15 is reported for groups that appeared or disappeared that way.
    """
    found = rewritten([one.release for one in series], only_newest=only_newest)
    for number in range(len(series) - 1 if only_newest else 1, len(series)):
        for group in series[number].release.all_groups:
            found += _one_group(series, number, group, (changes, to_appear))
    return found


def rewritten(releases: Sequence[Release], *, only_newest: bool = False) -> list[Finding]:
    """T13: rows of the same date that differ between two releases."""
    found: dict[Key, Finding] = {}
    for i, j in _pairs(len(releases), only_newest=only_newest):
        for key, cell in releases[j].cells.items():
            old = releases[i].cells.get(key)
            if old is None or not (cell.as_of and old.as_of == cell.as_of):
                continue
            if old.rows != cell.rows and not cell.withheld and not old.withheld:
                learned = f"changed, and is still dated {cell.as_of}"
                found[key] = Finding("T13", learned, (key[0],), key[1])
    return list(found.values())


def _one_group(
    series: Sequence[Vintage], number: int, group: Group, changes: tuple[int, int]
) -> list[Finding]:
    now = series[number]
    old = _last_printed(series, number, group)
    if old is None or now.truth is None or old.truth is None:
        return []
    n_changed = len(changed_parents(old.truth, now.truth, group))
    if n_changed >= max(changes):
        return []
    found = []
    for measure in now.release.measures:
        one, other = (v.release.cells.get((group, measure)) for v in (now, old))
        if one is None or other is None or one.rows == other.rows:
            continue
        attack = "T15" if one.withheld != other.withheld else "T13"
        if n_changed < changes[attack == "T15"]:
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
    packed = [row.tobytes() for row in truth.matrix(tuple(truth.levels), rows)]
    return dict(zip(truth.parent[rows].tolist(), packed, strict=True))


# --- T14: exact differences, without knowing who takes part --------------------------------


def release_differences(
    series: Sequence[Vintage], changes: int, *, only_newest: bool = False
) -> list[Finding]:
    """
    T14: the exact change of a count between two releases, if few contributors changed.

    Every release is compared with every later one, or only with the newest: what changed
    and changed back leaves one organization between the first and the last.
    """
    bounds = [_derived(one.release) for one in series]
    found: dict[Key, Finding] = {}
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


def _difference(low: Floats, high: Floats, changes: int) -> str:
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
    bounds = printed_bounds(release)
    low, high = bounds.low.copy(), bounds.high.copy()
    frozen = []
    for (i, group), (j, measure) in itertools.product(
        enumerate(bounds.groups), enumerate(bounds.measures)
    ):
        cell = release.cells.get((group, measure))
        if cell is not None and cell.as_of and cell.as_of != max(dates):
            low[i, j], high[i, j] = 0.0, 1e9
            frozen.append((i, j, cell))
    newer = propagate(replace(bounds, low=low, high=high))
    if newer is None:
        return []
    found = []
    for i, j, cell in frozen:
        old = np.stack(cell_bounds(cell))
        for k, name in enumerate(QUANTITIES):
            if is_known(newer.low[i, j, k], newer.high[i, j, k]) and not is_known(*old[:, k]):
                learned = f"{name} is now {newer.low[i, j, k]:g}, by newer rows"
                found.append(Finding("T15", learned, (bounds.groups[i],), bounds.measures[j]))
    return found


# --- T35: who changed is known --------------------------------------------------------------


def known_changes(series: Sequence[Vintage], *, only_newest: bool = False) -> list[Finding]:
    """
    T35: what the difference of two releases says about those who changed in between.

    Both are read with the true number of contributors of every group, and differences are
    passed on between groups and their parts. Nothing must follow that goes for all who
    changed, for all but one, or for nine of ten; nor for all others, for an assessor.
    """
    cells = first_printed(series)
    found: dict[Key, Finding] = {}
    for i, j in _pairs(len(series), only_newest=only_newest):
        before, now = series[i].truth, series[j].truth
        if before is not None and now is not None and cells[i] and cells[j]:
            groups = (*series[i].release.all_groups, *series[j].release.all_groups)
            pair = _Pair(before, now, tuple(dict.fromkeys(groups)), cells[i], cells[j])
            for finding in pair.findings():
                found.setdefault((finding.groups[0], finding.measure), finding)
    return list(found.values())


class _Pair:
    """Two dates: who was in each group, and what was printed."""

    def __init__(
        self,
        before: Truth,
        now: Truth,
        groups: tuple[Group, ...],
        old: Mapping[Key, Cell],
        new: Mapping[Key, Cell],
    ) -> None:
        self.truths, self.groups, self.cells = (before, now), groups, (old, new)
        printed = dict.fromkeys(measure for _, measure in (*old, *new))
        self.measures = tuple(m for m in printed if m in before.levels and m in now.levels)

    def findings(self) -> Iterator[Finding]:
        """Find groups of which all who changed, or nearly all, went one way."""
        members = [
            (self.truths[0].members(group), self.truths[1].members(group)) for group in self.groups
        ]
        counts = np.stack([_counted(*self._levels(rows)[:2]) for rows in members])
        n, up, down, changed = counts[:, :2], counts[:, 2], counts[:, 3], counts[:, 4]
        low, high = self._differences(n, up, down)
        slack = np.minimum((up[..., None] - low).min(-1), (high - down[..., None]).min(-1))
        few = np.where(changed >= 3, np.maximum(1, changed // 10), 0)
        is_possible = np.all(low <= high, axis=(0, 2))
        for g, m in np.argwhere((slack <= few) & (changed > 0) & is_possible):
            n_one_way, n_changed = int(changed[g, m] - slack[g, m]), int(changed[g, m])
            learned = f"{n_one_way} of the {n_changed} who changed went the same way"
            yield Finding("T35", learned, (self.groups[g],), self.measures[m])
        for group, rows in zip(self.groups, members, strict=True):
            yield from self._by_assessors(group, rows)

    def _levels(self, rows: tuple[Rows, Rows]) -> tuple[Levels, Levels, Rows, Rows]:
        """Levels before and now, one row for each parent, and its place for each record."""
        names = [truth.parent[own] for truth, own in zip(self.truths, rows, strict=True)]
        place = np.unique(np.concatenate(names), return_inverse=True)[1]
        places = place[: len(rows[0])], place[len(rows[0]) :]
        levels = np.zeros((2, int(place.max(initial=-1)) + 1, len(self.measures)), np.int8)
        for date, truth in enumerate(self.truths):
            levels[date, places[date]] = truth.matrix(self.measures, rows[date])
        return levels[0], levels[1], *places

    def _differences(self, n: Floats, up: Floats, down: Floats) -> tuple[Floats, Floats]:
        """Bounds on the change at each level or above, shape (n_groups, n_measures, 4)."""
        links = links_of(self.groups)
        rests = [self._rest(outer, parts) for outer, parts in links]
        held = [
            [(o, p, *rest[date]) for (o, p), rest in zip(links, rests, strict=True)]
            for date in range(3)
        ]
        (old_low, old_high), (new_low, new_high) = (self._printed(d, n[:, d]) for d in (0, 1))
        low, high = (np.repeat(one[..., None], 4, axis=-1) for one in (down, up))
        for _ in range(_ROUNDS):
            pass_on(old_low, old_high, held[0], falling)
            pass_on(new_low, new_high, held[1], falling)
            np.maximum(low, new_low - old_high, out=low)
            np.minimum(high, new_high - old_low, out=high)
            pass_on(low, high, held[2], lambda *_: None)
            np.maximum(new_low, old_low + low, out=new_low)
            np.minimum(new_high, old_high + high, out=new_high)
            np.maximum(old_low, new_low - high, out=old_low)
            np.minimum(old_high, new_high - low, out=old_high)
        return low, high

    def _printed(self, date: int, n: Floats) -> tuple[Floats, Floats]:
        """Bounds on the counts of all groups at one date: only the number, if not printed."""
        low, high = np.zeros((*n.shape, 4)), np.repeat(n[..., None], 4, axis=-1)
        for g, group in enumerate(self.groups):
            for m, measure in enumerate(self.measures):
                cell = self.cells[date].get((group, measure))
                if cell is not None and cell.n.low <= n[g, m] <= cell.n.high:
                    low[g, m], high[g, m] = counts_of(cell, int(n[g, m]))
        return low, high

    def _rest(self, outer: int, parts: Rows) -> list[tuple[Floats, Floats]]:
        """Bounds on those in none of the parts, less those in two: before, now, and changes."""
        group, inner = self.groups[outer], [self.groups[part] for part in parts]
        old, new = (truth.outside(group, tuple(inner)) for truth in self.truths)
        n_old, n_new, up, down, _ = _counted(*self._levels((old, new))[:2])[..., None]
        twice = [
            sum(len(truth.members(g)) for g in inner) + len(own) - len(truth.members(group))
            for truth, own in zip(self.truths, (old, new), strict=True)
        ]
        return [
            (0 * n_old - twice[0], n_old),
            (0 * n_new - twice[1], n_new),
            (down - sum(twice), up + sum(twice)),
        ]

    def _by_assessors(self, group: Group, rows: tuple[Rows, Rows]) -> Iterator[Finding]:
        """Find assessors who learn the way of all others that changed."""
        shared = [
            m for m, name in enumerate(self.measures) if all((group, name) in c for c in self.cells)
        ]
        by = [truth.assessor_names[own] for truth, own in zip(self.truths, rows, strict=True)]
        names = sorted({*by[0].tolist(), *by[1].tolist()} - {NOBODY})
        if not shared or not names or max(map(len, rows)) > _LARGEST:
            return
        *levels, old_place, new_place = self._levels(rows)
        old, new = (part[:, shared] for part in levels)
        ends = [
            np.array(
                [
                    counts_of(cells[group, self.measures[m]], int(n))
                    for m, n in zip(shared, (part != 0).sum(axis=0), strict=True)
                ]
            )
            for cells, part in zip(self.cells, (old, new), strict=True)
        ]
        for name in names:
            knows = np.zeros((2, len(old), 1), bool)
            knows[0, old_place[by[0] == name]] = True
            knows[1, new_place[by[1] == name]] = True
            for m in np.flatnonzero(_learns_the_others(old, new, knows, ends)):
                learned = "an assessor learns that all others who changed went the same way"
                yield Finding("T35", learned, (group,), self.measures[shared[m]])


def _counted(old: Levels, new: Levels) -> Floats:
    """
    Count each measure of a group, shape (5, n_measures).

    Contributors with a level before and now; most and, below 0, least that a count can have
    changed by; contributors whose level is new, gone or another.
    """
    was, now, differs = old != 0, new != 0, old != new
    counts = (was, now, differs & now, differs & was, differs)
    signs = np.array([[1.0], [1.0], [1.0], [-1.0], [1.0]])
    return np.asarray(signs * np.stack([part.sum(axis=0) for part in counts]))


def _learns_the_others(
    old: Levels, new: Levels, knows: NDArray[np.bool_], ends: Sequence[Floats]
) -> NDArray[np.bool_]:
    """Whether somebody who knows some records learns the way of all other changes, by measure."""
    differs = old != new
    known = knows | (knows.any(axis=0) & ~differs)  # who did not change is known at both dates
    left = [(differs & (part != 0) & ~k).sum(0) for part, k in zip((old, new), known, strict=True)]
    bounds = []
    for part, k, (low, high) in zip(
        (old, new), known, (np.moveaxis(e, 1, 0) for e in ends), strict=True
    ):
        mine = np.stack([(k & (part >= level)).sum(0) for level in LEVEL_BOUNDS], axis=-1)
        others = ((part != 0) & ~k).sum(0)[:, None]
        bounds.append((np.maximum(low - mine, 0), np.minimum(high - mine, others)))
    (old_low, old_high), (new_low, new_high) = bounds
    all_up = new_low - old_high >= left[1][:, None]
    all_down = new_high - old_low <= -left[0][:, None]
    return np.asarray((left[0] + left[1] > 0) & (all_up | all_down).any(axis=1))
