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

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import (
    MOST,
    QUANTITIES,
    Floats,
    counts_of,
    falling,
    links_of,
    pass_on,
    printed_bounds,
    propagate,
)
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import NOBODY, Rows, Vintage
from pkimm_analytics.release import LEVEL_BOUNDS, Cell, Group

Key = tuple[Group, str]
Levels = NDArray[np.int8]
_ROUNDS = 3
_LARGEST = 2500
"""In larger groups a rounding step hides dozens, which no assessor gets around."""


def _pairs(n: int, *, only_newest: bool) -> Iterator[tuple[int, int]]:
    """Every release with every later one, or only with the newest."""
    return ((i, j) for i, j in itertools.combinations(range(n), 2) if j == n - 1 or not only_newest)


def first_printed(series: Sequence[Vintage]) -> list[dict[Key, Cell]]:
    """Cells of each release that none before it printed: what was computed for it."""
    seen: dict[Key, set[tuple[object, ...]]] = {}
    found = []
    for one in series:
        cells = {(group, measure): cell for group, measure, cell in one.printed()}
        found.append({k: c for k, c in cells.items() if c.rows not in seen.get(k, ())})
        for key, cell in cells.items():
            seen.setdefault(key, set()).add(cell.rows)
    return found


class _Members:
    """Who is in a group at two dates, one row for each parent, with levels or 0."""

    def __init__(
        self, before: Vintage, now: Vintage, measures: Sequence[str], rows: tuple[Rows, Rows]
    ) -> None:
        self.truths = before.records, now.records
        names = [truth.parent[own] for truth, own in zip(self.truths, rows, strict=True)]
        place = np.unique(np.concatenate(names), return_inverse=True)[1]
        self.rows, self.places = rows, (place[: len(rows[0])], place[len(rows[0]) :])
        self.levels = np.zeros((2, int(place.max(initial=-1)) + 1, len(measures)), np.int8)
        for date, truth in enumerate(self.truths):
            self.levels[date, self.places[date]] = truth.matrix(measures, rows[date])

    @property
    def n_changed(self) -> int:
        """Parents whose levels differ in any measure."""
        return int((self.levels[0] != self.levels[1]).any(axis=1).sum())

    def assessors(self, name: object) -> NDArray[np.bool_]:
        """Whose records an assessor knows, at each date."""
        knows = np.zeros((2, self.levels.shape[1], 1), bool)
        for date, truth in enumerate(self.truths):
            own = truth.assessor_names[self.rows[date]] == name
            knows[date, self.places[date][own]] = True
        return knows


def _changed(before: Vintage, now: Vintage, group: Group) -> int:
    """How many parents of a group have a record that is new, gone or different."""
    old, new = before.records, now.records
    measures = tuple(dict.fromkeys((*old.levels, *new.levels)))
    return _Members(before, now, measures, (old.members(group), new.members(group))).n_changed


# --- T13 and T15: rows that moved too early ------------------------------------------------


def moved_too_early(series: Sequence[Vintage], *, only_newest: bool) -> Iterator[Finding]:
    """
    T13: a row that moved although too few contributors changed, or with its old date.

    T15 is reported for groups that appeared or disappeared that way.
    """
    found: dict[Key, Finding] = {}
    for i, j in _pairs(len(series), only_newest=only_newest):
        for group, measure, cell in series[j].printed():
            old = series[i].release.cells.get((group, measure))
            if old is None or old.withheld or old.rows == cell.rows:
                continue
            if cell.as_of and old.as_of == cell.as_of:
                learned = f"changed, and is still dated {cell.as_of}"
                found[group, measure] = Finding("T13", learned, (group,), measure)
    yield from found.values()
    for number in range(len(series) - 1 if only_newest else 1, len(series)):
        for group in series[number].release.all_groups:
            yield from _moved(series, number, group)


def _moved(series: Sequence[Vintage], number: int, group: Group) -> Iterator[Finding]:
    now = series[number]
    old = _last_printed(series, number, group)
    if old is None or now.truth is None or old.truth is None:
        return
    least = {"T13": now.rules.changes, "T15": now.rules.changes_to_appear}
    n_changed = _changed(old, now, group)
    for measure in now.release.measures if n_changed < max(least.values()) else ():
        one, other = (v.release.cells.get((group, measure)) for v in (now, old))
        if one is not None and other is not None and one.rows != other.rows:
            attack = "T15" if one.withheld != other.withheld else "T13"
            if n_changed < least[attack]:
                yield Finding(attack, f"moved after {n_changed} change(s)", (group,), measure)


def _last_printed(series: Sequence[Vintage], number: int, group: Group) -> Vintage | None:
    """First release that printed what stood there just before release `number`."""

    def rows(one: Vintage) -> list[object]:
        cells = one.release.cells
        return [cells[group, m].rows for m in one.release.measures if (group, m) in cells]

    wanted = rows(series[number - 1])
    same = itertools.takewhile(lambda one: rows(one) == wanted, reversed(series[:number]))
    return [*same][-1] if wanted else None


def unmasked(one: Vintage) -> Iterator[Finding]:
    """T15: a row carried forward, whose present value follows from newer rows."""
    dates = {cell.as_of for cell in one.release.cells.values() if cell.as_of}
    if len(dates) < 2:
        return
    bounds = printed_bounds(one.release)
    is_old = np.zeros(bounds.printed.shape, bool)
    for i, j in np.ndindex(*is_old.shape):
        cell = one.release.cells.get((bounds.groups[i], bounds.measures[j]))
        is_old[i, j] = cell is not None and bool(cell.as_of) and cell.as_of != max(dates)
    hidden = is_old[..., None]
    low, high = np.where(hidden, 0, bounds.low), np.where(hidden, MOST, bounds.high)
    newer = propagate(bounds, low, high)
    is_known = (newer.low == newer.high) & (bounds.low != bounds.high) & (newer.high < MOST / 2)
    for i, j, k in np.argwhere(is_known & hidden):
        learned = f"{QUANTITIES[k]} is now {newer.low[i, j, k]:g}, by newer rows"
        yield Finding("T15", learned, (bounds.groups[i],), bounds.measures[j])


# --- T14: exact differences, without knowing who takes part --------------------------------


def release_differences(series: Sequence[Vintage], *, only_newest: bool) -> Iterator[Finding]:
    """
    T14: the exact change of a count between two releases, if few contributors changed.

    Every release is compared with every later one, or only with the newest: what changed
    and changed back leaves one organization between the first and the last.
    """
    found: set[Key] = set()
    for i, j in _pairs(len(series), only_newest=only_newest):
        least = series[j].rules.changes
        for group, measure, learned in _differences(series[i], series[j], least):
            if (group, measure) not in found and _few_changed(series[i], series[j], group, least):
                found.add((group, measure))
                yield Finding("T14", learned, (group,), measure)


def _differences(before: Vintage, now: Vintage, least: int) -> Iterator[tuple[Group, str, str]]:
    old, new = (propagate(printed_bounds(one.release)) for one in (before, now))
    groups = [group for group in new.groups if group in set(old.groups)]
    measures = [measure for measure in new.measures if measure in old.measures]
    if not (groups and measures):
        return
    then, there = (
        np.ix_([one.groups.index(g) for g in groups], [one.measures.index(m) for m in measures])
        for one in (old, new)
    )
    low, high = new.low[there] - old.high[then], new.high[there] - old.low[then]
    known = (low == high) & (high < MOST / 2)
    is_told = known[..., 0] & (abs(low[..., 0]) < least) & (known & (low != 0)).any(axis=-1)
    for i, j in np.argwhere(is_told):
        by = [f"{QUANTITIES[k]} by {low[i, j, k]:+g}" for k in np.flatnonzero(known[i, j])]
        yield groups[i], measures[j], "changed " + ", ".join(by)


def _few_changed(before: Vintage, now: Vintage, group: Group, least: int) -> bool:
    if before.truth is None or now.truth is None:
        return True
    return 0 < _changed(before, now, group) < least


# --- T35: who changed is known --------------------------------------------------------------


def known_changes(series: Sequence[Vintage], *, only_newest: bool) -> Iterator[Finding]:
    """
    T35: what the difference of two releases says about those who changed in between.

    Both are read with the true number of contributors of every group, and differences are
    passed on between groups and their parts. Nothing must follow that goes for all who
    changed, for all but one, or for nine of ten; nor for all others, for an assessor.
    """
    cells = first_printed(series)
    found: set[Key] = set()
    for i, j in _pairs(len(series), only_newest=only_newest):
        if series[i].truth is not None and series[j].truth is not None and cells[i] and cells[j]:
            for finding in _Pair(series[i], series[j], cells[i], cells[j]).findings():
                key = (finding.groups[0], finding.measure)
                if key not in found:
                    found.add(key)
                    yield finding


class _Pair:
    """Two dates: who was in each group, and what was printed."""

    def __init__(
        self, before: Vintage, now: Vintage, old: Mapping[Key, Cell], new: Mapping[Key, Cell]
    ) -> None:
        self.dates, self.cells = (before, now), (old, new)
        self.truths = before.records, now.records
        groups = (*before.release.all_groups, *now.release.all_groups)
        self.groups = tuple(dict.fromkeys(groups))
        printed = dict.fromkeys(measure for _, measure in (*old, *new))
        levels = [truth.levels for truth in self.truths]
        self.measures = tuple(m for m in printed if all(m in known for known in levels))

    def _members(self, rows: Sequence[Rows]) -> _Members:
        return _Members(*self.dates, self.measures, (rows[0], rows[1]))

    def findings(self) -> Iterator[Finding]:
        """Find groups of which all who changed, or nearly all, went one way."""
        rows = [[truth.members(group) for truth in self.truths] for group in self.groups]
        counts = np.stack([_counted(*self._members(own).levels) for own in rows])
        n, up, down, changed = counts[:, :2], counts[:, 2], counts[:, 3], counts[:, 4]
        low, high = self._differences(n, up, down)
        slack = np.minimum((up[..., None] - low).min(-1), (high - down[..., None]).min(-1))
        few = np.where(changed >= 3, np.maximum(1, changed // 10), 0)
        is_possible = np.all(low <= high, axis=(0, 2))
        for g, m in np.argwhere((slack <= few) & (changed > 0) & is_possible):
            n_one_way, n_changed = int(changed[g, m] - slack[g, m]), int(changed[g, m])
            learned = f"{n_one_way} of the {n_changed} who changed went the same way"
            yield Finding("T35", learned, (self.groups[g],), self.measures[m])
        for group, own in zip(self.groups, rows, strict=True):
            yield from self._by_assessors(group, own)

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
        for g, m in np.ndindex(*n.shape):
            cell = self.cells[date].get((self.groups[g], self.measures[m]))
            if cell is not None and cell.n.low <= n[g, m] <= cell.n.high:
                low[g, m], high[g, m] = counts_of(cell, int(n[g, m]))
        return low, high

    def _rest(self, outer: int, parts: Rows) -> list[tuple[Floats, Floats]]:
        """Bounds on those in none of the parts, less those in two: before, now, and changes."""
        group, inner = self.groups[outer], [self.groups[part] for part in parts]
        rows = [truth.outside(group, inner) for truth in self.truths]
        n_old, n_new, up, down, _ = _counted(*self._members(rows).levels)[..., None]
        twice = [
            sum(len(truth.members(g)) for g in inner) + len(own) - len(truth.members(group))
            for truth, own in zip(self.truths, rows, strict=True)
        ]
        return [
            (0 * n_old - twice[0], n_old),
            (0 * n_new - twice[1], n_new),
            (down - sum(twice), up + sum(twice)),
        ]

    def _by_assessors(self, group: Group, rows: Sequence[Rows]) -> Iterator[Finding]:
        """Find assessors who learn the way of all others that changed."""
        shared = [
            m for m, name in enumerate(self.measures) if all((group, name) in c for c in self.cells)
        ]
        by = (
            truth.assessor_names[own].tolist() for truth, own in zip(self.truths, rows, strict=True)
        )
        names = sorted({*itertools.chain(*by)} - {NOBODY})
        if not shared or not names or max(map(len, rows)) > _LARGEST:
            return
        members = self._members(rows)
        levels = members.levels[:, :, shared]
        ends = np.array(
            [
                [
                    counts_of(cells[group, self.measures[m]], int(n))
                    for m, n in zip(shared, (date != 0).sum(axis=0), strict=True)
                ]
                for cells, date in zip(self.cells, levels, strict=True)
            ]
        )
        for name in names:
            for m in np.flatnonzero(_learns_the_others(levels, members.assessors(name), ends)):
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


def _learns_the_others(levels: Levels, knows: NDArray[np.bool_], ends: Floats) -> NDArray[np.bool_]:
    """
    Whether somebody who knows some records learns the way of all other changes, by measure.

    Parameters
    ----------
    levels : array, shape (2, n_parents, n_measures)
    knows : array of bool, shape (2, n_parents, 1)
    ends : array, shape (2, n_measures, 2, 4)
        Least and most of the counts of all, as they were printed.
    """
    differs = levels[0] != levels[1]
    known = knows | (knows.any(axis=0) & ~differs)  # who did not change is known at both dates
    n_left = (differs & (levels != 0) & ~known).sum(axis=1)
    mine = np.stack([(known & (levels >= x)).sum(axis=1) for x in LEVEL_BOUNDS], axis=-1)
    others = ((levels != 0) & ~known).sum(axis=1)[..., None]
    low = np.maximum(ends[:, :, 0] - mine, 0)
    high = np.minimum(ends[:, :, 1] - mine, others)
    all_up = low[1] - high[0] >= n_left[1][:, None]
    all_down = high[1] - low[0] <= -n_left[0][:, None]
    return np.asarray((n_left.sum(axis=0) > 0) & (all_up | all_down).any(axis=1))
