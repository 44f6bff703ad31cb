"""
Attacks on single rows: T1, T9, T10, T18 and T19.

They ask what a row says by itself: a group that is too small, a figure left on a
withheld row, an extreme that one organization owns, a missing row or a reason that
tells an empty group from a small one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import product

import numpy as np

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.organization import ALL, ATTRIBUTES, GRAINS, PREFER_NOT_TO_SAY, profile_codes
from pkimm_analytics.release import ANY_NUMBER, COLUMNS, Cell, Group, Release, band, family


def small_groups(release: Release, threshold: int) -> list[Finding]:
    """T1: groups below the threshold that are printed, and figures on withheld rows."""
    found = _unattacked(release)
    for (group, measure), cell in release.cells.items():
        if cell.withheld and any(v is not None for row in cell.rows for v in row[1:5]):
            found.append(Finding("T1", "a withheld row holds a figure", (group,), measure))
        if cell.withheld:
            continue
        if any(_is_stated(row[4]) and band(row[4]) == ANY_NUMBER for row in cell.rows):
            learned = "its number of contributors cannot be read, so it was not attacked"
            found.append(Finding("T1", learned, (group,), measure))
        if cell.n.high < threshold:
            learned = f"{cell.n.low:g} to {cell.n.high:g} contributors"
            found.append(Finding("T1", learned, (group,), measure))
        elif 0 < cell.n.low < threshold:
            learned = f"perhaps of no more than {cell.n.low:g} contributors"
            found.append(Finding("T1", learned, (group,), measure))
    return found


def _is_stated(value: object) -> bool:
    return value not in (None, "")


_STATISTICS = re.compile(
    r"n|share_ge:[2-5]|median|[pq]\d{1,2}|mean|std|se|ci_low|ci_high|count:[1-5]"
    r"|min|max|minimum|maximum"
)


def _unattacked(release: Release) -> list[Finding]:
    """Figures that no attack knows; what they give away is not known either."""
    pairs = zip(release.columns["statistic"], release.columns["value"], strict=True)
    found = []
    if any(v is not None and _STATISTICS.fullmatch(name) is None for name, v in pairs):
        found.append(Finding("T1", "a statistic that no attack knows, so it was not attacked"))
    extra = set(release.columns) - {*release.dimensions, *COLUMNS}
    if any(value is not None for name in extra for value in release.columns[name]):
        found.append(Finding("T1", "a column that no attack knows, so it was not attacked"))
    return found


def extremes(release: Release, tail: int) -> list[Finding]:
    """T9: minima and maxima, and quantiles with too few contributors beyond them."""
    found = []
    for (group, measure), cell in release.cells.items():
        for name in cell.figures:
            if name in ("min", "max", "minimum", "maximum"):
                learned = f"the {name} is the value of one contributor or a few"
                found.append(Finding("T9", learned, (group,), measure))
            part = _tail_of(name)
            if part is not None and cell.n.low * part < tail - 1e-9:
                learned = f"{name} may have fewer than {tail} contributors beyond it"
                found.append(Finding("T9", learned, (group,), measure))
    return found


def _tail_of(statistic: str) -> float | None:
    if statistic == "median":
        return 0.5
    match = re.fullmatch(r"[pq](\d{1,2})", statistic)
    return None if match is None else min(int(match[1]), 100 - int(match[1])) / 100


def reason_codes(release: Release) -> list[Finding]:
    """T10: rows that are missing, or withheld in different ways, tell small from empty."""
    return [*_ways_to_withhold(release), *_missing_rows(release)]


def _ways_to_withhold(release: Release) -> list[Finding]:
    plain = {*release.dimensions, "measure", "statistic"}
    names = [name for name in release.columns if name not in plain]
    suppressed = release.columns.get("suppressed")
    ways: dict[tuple[object, ...], set[Group]] = defaultdict(set)
    for index, group in enumerate(release.groups):
        row = tuple(release.columns[name][index] for name in names)
        hidden = release.columns["value"][index] is None and (
            release.columns["n"][index] is None if "n" in release.columns else True
        )
        if hidden if suppressed is None else bool(suppressed[index]):
            ways[row].add(group)
    if len(ways) < 2:
        return []
    usual = max(ways, key=lambda way: len(ways[way]))
    return [
        Finding(
            "T10",
            "withheld in another way than others: tells small from empty or complementary",
            tuple(sorted(groups)[:3]),
        )
        for way, groups in ways.items()
        if way != usual
    ]


def _missing_rows(release: Release) -> list[Finding]:
    tables: dict[tuple[int, ...], set[Group]] = defaultdict(set)
    contents: dict[Group, set[tuple[object, object]]] = defaultdict(set)
    pairs = zip(release.columns["measure"], release.columns["statistic"], strict=True)
    for group, pair in zip(release.groups, pairs, strict=True):
        tables[family(group)].add(group)
        contents[group].add(pair)
    found = []
    codes = [_known_codes(release, place) for place in range(len(release.dimensions))]
    for used, groups in tables.items():
        choices = [codes[p] if p in used else ["*"] for p in range(len(release.dimensions))]
        for group in product(*choices):
            if group not in groups:
                learned = "has no row while others of its table have: empty, or small"
                found.append(Finding("T10", learned, (group,)))
        widest = set().union(*(contents[group] for group in groups))
        for group in groups:
            if contents[group] != widest:
                learned = "lacks rows that others of its table have"
                found.append(Finding("T10", learned, (group,)))
    return found


def _known_codes(release: Release, place: int) -> list[str]:
    """Codes of a dimension that everybody can look up, or else those of the table."""
    seen = {group[place] for group in release.all_groups} - {ALL}
    name = release.dimensions[place]
    for grain in GRAINS[1:-1] if name in ATTRIBUTES else ():
        listed = set(profile_codes(name, grain)) - {PREFER_NOT_TO_SAY}
        if seen <= listed:
            return sorted(listed)
    return sorted(seen)


def linkage(release: Release, truth: Truth, threshold: int, n_known: int = 50) -> list[Finding]:
    """T18: the rows that an organization with a known profile must be in."""
    found = []
    step = max(1, len(truth.parent) // n_known)
    small = {k: c for k, c in release.cells.items() if not c.withheld and c.n.high < threshold}
    for row in range(0, len(truth.parent), step):
        profile = [column[row] for column in truth.dimensions.values()]
        for (group, measure), cell in small.items():
            if all(code in (ALL, own) for code, own in zip(group, profile, strict=True)):
                learned = f"one of {cell.n.high:g} at most, found by profile"
                found.append(Finding("T18", learned, (group,), measure))
    identifying = {"org", "parent", "assessor", "organization", "name", "id", "pseudonym"}
    extra = set(release.columns) - {*release.dimensions, *COLUMNS}
    named = sorted(identifying & extra)
    return found + [Finding("T18", f"the column {name} tells rows apart") for name in named]


def contributions(
    release: Release, truth: Truth, threshold: int, assessor_percent: int
) -> list[Finding]:
    """T19: groups that one parent or one assessor dominates."""
    found: list[Finding] = []
    for (group, measure), cell in release.cells.items():
        if not cell.withheld:
            found += _dominated(group, measure, cell, truth, threshold, assessor_percent)
    return found


def _dominated(
    group: Group, measure: str, cell: Cell, truth: Truth, threshold: int, percent: int
) -> list[Finding]:
    rows = truth.members(group)
    rows = rows[truth.matrix((measure,), rows)[:, 0] > 0]
    n = len(rows)  # one record for each parent
    found = []
    if n < threshold:
        found.append(Finding("T19", f"only {n} parents behind it", (group,), measure))
    named = truth.assessor_codes[rows]
    named = named[named >= 0]
    if len(named):
        most = int(np.bincount(named).max())
        if 100 * most > percent * n and cell.n.high > 0:
            learned = f"one assessor supplied {most} of {n}"
            found.append(Finding("T19", learned, (group,), measure))
    return found
