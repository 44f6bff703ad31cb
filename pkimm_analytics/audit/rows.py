"""
Attacks on single rows: T1, T8, T9, T10, T18 and T19.

They ask what a row says by itself: a group that is too small, a figure left on a
withheld row, an extreme that one organization owns, a level that all share, a missing
row or a reason that tells an empty group from a small one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Vintage
from pkimm_analytics.organization import ALL, ATTRIBUTES, GRAINS, PREFER_NOT_TO_SAY, profile_codes
from pkimm_analytics.release import ANY_NUMBER, COLUMNS, Cell, Group, Release, band, family

_STATISTICS = re.compile(
    r"n|share_ge:[2-5]|median|[pq]\d{1,2}|mean|std|se|ci_low|ci_high|count:[1-5]"
    r"|min|max|minimum|maximum"
)
_IDENTIFYING = {"org", "parent", "assessor", "organization", "name", "id", "pseudonym"}
_TOP_SHARE = 0.9
"""Share of one level that counts as the same level for all."""
_N_LINKED = 50
"""Organizations whose profile somebody knows."""


def small_groups(one: Vintage) -> Iterator[Finding]:
    """T1: groups below the threshold that are printed, and figures on withheld rows."""
    yield from _unattacked(one.release)
    least = one.rules.threshold
    for (group, measure), cell in one.release.cells.items():
        learned = ""
        if cell.withheld:
            if any(value is not None for row in cell.rows for value in row[1:5]):
                learned = "a withheld row holds a figure"
        elif any(row[4] not in (None, "") and band(row[4]) == ANY_NUMBER for row in cell.rows):
            learned = "its number of contributors cannot be read, so it was not attacked"
        elif cell.n.high < least:
            learned = f"{cell.n.low:g} to {cell.n.high:g} contributors"
        elif 0 < cell.n.low < least:
            learned = f"perhaps of no more than {cell.n.low:g} contributors"
        if learned:
            yield Finding("T1", learned, (group,), measure)


def _unattacked(release: Release) -> Iterator[Finding]:
    """Figures that no attack knows; what they give away is not known either."""
    pairs = zip(release.columns["statistic"], release.columns["value"], strict=True)
    if any(v is not None and _STATISTICS.fullmatch(name) is None for name, v in pairs):
        yield Finding("T1", "a statistic that no attack knows, so it was not attacked")
    if any(value is not None for name in _extra(release) for value in release.columns[name]):
        yield Finding("T1", "a column that no attack knows, so it was not attacked")


def _extra(release: Release) -> set[str]:
    return set(release.columns) - {*release.dimensions, *COLUMNS}


def homogeneous_groups(one: Vintage) -> Iterator[Finding]:
    """T8: groups of which rows prove that all, all but one, or 90% share a level."""
    for group, measure, cell in one.printed():
        if learned := _same_level(cell):
            yield Finding("T8", learned, (group,), measure)


def _same_level(cell: Cell) -> str:
    low, high = (cell.figures.get(n, cell.figures.get(f"{n}imum")) for n in ("min", "max"))
    if low and high and low[0] == high[0]:
        return f"all are at level {low[0]:g}"
    if cell.figures.get("std") == (0, 0):
        return "all are at the same level"
    if cell.figures.get("mean") in ((1, 0), (5, 0)):
        return f"all are at level {cell.figures['mean'][0]:g}"
    for level in range(1, 6):
        share = max(cell.level_share(level).low, _counted_share(cell, level))
        if share >= 1 - 1e-9:
            return f"all are at level {level}"
        if share >= 1 - 1 / max(1.0, cell.n.high) - 1e-9:
            return f"all but one are at level {level}"
        if share >= _TOP_SHARE - 1e-9:
            return f"at least {share:.0%} are at level {level}"
    return ""


def _counted_share(cell: Cell, level: int) -> float:
    """Share of a level, from printed exact counts."""
    if cell.level_counts is None or np.any(cell.level_counts[1] > 0):
        return 0.0
    counts = cell.level_counts[0]
    return float(counts[level - 1] / counts.sum()) if counts.sum() else 0.0


def extremes(one: Vintage) -> Iterator[Finding]:
    """T9: minima and maxima, and quantiles with too few contributors beyond them."""
    for (group, measure), cell in one.release.cells.items():
        for name in cell.figures:
            if re.fullmatch("(min|max)(imum)?", name):
                learned = f"the {name} is the value of one contributor or a few"
                yield Finding("T9", learned, (group,), measure)
            percent = re.fullmatch(r"[pq](\d{1,2})", name.replace("median", "p50"))
            part = 1.0 if percent is None else min(int(percent[1]), 100 - int(percent[1])) / 100
            if percent and cell.n.low * part < one.rules.tail - 1e-9:
                learned = f"{name} may have fewer than {one.rules.tail} contributors beyond it"
                yield Finding("T9", learned, (group,), measure)


# --- T10: rows that are missing, or withheld in different ways ------------------------------


def reason_codes(one: Vintage) -> Iterator[Finding]:
    """T10: rows that are missing, or withheld in different ways, tell small from empty."""
    yield from _ways_to_withhold(one.release)
    yield from _missing_rows(one.release)


def _ways_to_withhold(release: Release) -> Iterator[Finding]:
    columns = release.columns
    names = [n for n in columns if n not in (*release.dimensions, "measure", "statistic")]
    pairs = zip(columns["value"], columns.get("n", columns["value"]), strict=True)
    is_empty = np.array([value is None and n is None for value, n in pairs], bool)
    hidden = columns["suppressed"].astype(bool) if "suppressed" in columns else is_empty
    ways: dict[tuple[object, ...], set[Group]] = defaultdict(set)
    for index in np.flatnonzero(hidden):
        ways[tuple(columns[name][index] for name in names)].add(release.groups[index])
    for groups in sorted(ways.values(), key=len, reverse=True)[1:]:
        learned = "withheld in another way than others: tells small from empty or complementary"
        yield Finding("T10", learned, tuple(sorted(groups)[:3]))


def _missing_rows(release: Release) -> Iterator[Finding]:
    tables: dict[tuple[int, ...], set[Group]] = defaultdict(set)
    contents: dict[Group, set[tuple[object, object]]] = defaultdict(set)
    pairs = zip(release.columns["measure"], release.columns["statistic"], strict=True)
    for group, pair in zip(release.groups, pairs, strict=True):
        tables[family(group)].add(group)
        contents[group].add(pair)
    codes = [_known_codes(release, place) for place in range(len(release.dimensions))]
    for used, groups in tables.items():
        choices = [codes[p] if p in used else [ALL] for p in range(len(release.dimensions))]
        for group in product(*choices):
            if group not in groups:
                learned = "has no row while others of its table have: empty, or small"
                yield Finding("T10", learned, (group,))
        widest = set().union(*(contents[group] for group in groups))
        for group in groups:
            if contents[group] != widest:
                yield Finding("T10", "lacks rows that others of its table have", (group,))


def _known_codes(release: Release, place: int) -> list[str]:
    """Codes of a dimension that everybody can look up, or else those of the table."""
    seen = {group[place] for group in release.all_groups} - {ALL}
    name = release.dimensions[place]
    for grain in GRAINS[1:-1] if name in ATTRIBUTES else ():
        listed = set(profile_codes(name, grain)) - {PREFER_NOT_TO_SAY}
        if seen <= listed:
            return sorted(listed)
    return sorted(seen)


# --- attackers who know something -----------------------------------------------------------


def linkage(one: Vintage) -> Iterator[Finding]:
    """T18: the rows that an organization with a known profile must be in."""
    small = [found for found in one.printed() if found[2].n.high < one.rules.threshold]
    for row in range(0, len(one.records.parent), max(1, len(one.records.parent) // _N_LINKED)):
        profile = [column[row] for column in one.records.dimensions.values()]
        for group, measure, cell in small:
            if all(code in (ALL, own) for code, own in zip(group, profile, strict=True)):
                learned = f"one of {cell.n.high:g} at most, found by profile"
                yield Finding("T18", learned, (group,), measure)
    for name in sorted(_IDENTIFYING & _extra(one.release)):
        yield Finding("T18", f"the column {name} tells rows apart")


def contributions(one: Vintage) -> Iterator[Finding]:
    """T19: groups that one parent or one assessor dominates."""
    for group, measure, _ in one.printed():
        rows = one.records.members(group)  # one record for each parent
        rows = rows[one.records.matrix((measure,), rows)[:, 0] > 0]
        if len(rows) < one.rules.threshold:
            yield Finding("T19", f"only {len(rows)} parents behind it", (group,), measure)
        named = one.records.assessor_codes[rows]
        most = int(np.bincount(named[named >= 0], minlength=1).max())
        if 100 * most > one.rules.assessor_percent * len(rows):
            learned = f"one assessor supplied {most} of {len(rows)}"
            yield Finding("T19", learned, (group,), measure)
