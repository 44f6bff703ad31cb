"""
An attacker who knows the list of participants, with the dates and profiles of all assessments.

It is written apart from the package's audit, and shares no code with it: exact whole
numbers from rows that were rounded half up, two releases at a time. What it concludes is
right or wrong by itself; the levels of those it does not know are never looked at.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import ceil
from typing import Any

from tests.disclosure.attacker import Facts

LEVELS = (2, 3, 4, 5)


def counts(rows: Any, n: int) -> dict[int, tuple[int, int]] | None:
    """Fewest and most of `n` at each level or above, by the printed rows of a cell."""
    found = {}
    for statistic, value, qualifier, step, band, withheld, _ in rows:
        if withheld or not str(statistic).startswith("share_ge:"):
            continue
        low, _, high = str(band).rstrip("+").partition("-")
        if not int(low) <= n <= int(high or 10**9):
            return None
        share, half = Fraction(str(value)), Fraction(str(step)) / 2
        least = 0 if qualifier == "<=" else max(0, ceil((share - half) * n))
        most = n if qualifier == ">=" else min(n, ceil((share + half) * n) - 1)
        found[int(statistic[-1])] = (least, most)
    return found or None


def learned(
    series: list[tuple[Any, Facts]], measures: list[str], *, informed: bool = True
) -> list[str]:
    """
    What differences of releases say for sure about all who changed, or all others.

    Parameters
    ----------
    series : list of (Release, Facts)
        Releases of whatever series with the records of their dates, oldest first.
    informed : bool
        Whether assessors use what they know about their customers.
    """
    fresh, seen = [], {}
    for release, _ in series:
        cells = {k: c.rows for k, c in release.cells.items() if not c.withheld}
        fresh.append({k: r for k, r in cells.items() if r not in seen.get(k, [])})
        for key, rows in cells.items():
            seen.setdefault(key, []).append(rows)
    found = []
    for (one, (_, before)), (two, (_, now)) in combinations(enumerate(series), 2):
        for group, measure in fresh[one].keys() & fresh[two].keys():
            if measure in measures:
                args = (before, now, group, measure)
                rows = fresh[one][group, measure], fresh[two][group, measure]
                found += _pair(*args, *rows, informed=informed)
    return found


def _levels(facts: Facts, group: Any, measure: str) -> dict[str, tuple[int, Any]]:
    """Level and assessor of each parent that counts in a cell."""
    frame = facts.members(group)
    rated = frame[frame[measure] > 0]
    names = [name if isinstance(name, str) else None for name in rated["assessor"]]
    return dict(zip(rated["parent"], zip(rated[measure], names, strict=True), strict=True))


def _pair(
    before: Facts, now: Facts, group: Any, measure: str, old_rows: Any, new_rows: Any, *, informed
) -> list[str]:
    old, new = _levels(before, group, measure), _levels(now, group, measure)
    ends = counts(old_rows, len(old)), counts(new_rows, len(new))
    if ends[0] is None or ends[1] is None:
        return []
    changed = {p for p in old.keys() | new.keys() if old.get(p, (0,))[0] != new.get(p, (0,))[0]}
    knowers: list[Any] = [frozenset()]
    if informed:
        names = {name for _, name in (*old.values(), *new.values()) if name is not None}
        knowers += [frozenset({name}) for name in names]
    found = []
    for knower in knowers:
        known = [
            {p for p, (_, name) in side.items() if name in knower and name is not None}
            for side in (old, new)
        ]
        both = (known[0] | known[1]) - changed
        known = [known[0] | (both & old.keys()), known[1] | (both & new.keys())]
        up, down = len((changed & new.keys()) - known[1]), len((changed & old.keys()) - known[0])
        if up + down == 0:
            continue
        for level in LEVELS:
            low, high = [], []
            for side, mine, end in zip((old, new), known, ends, strict=True):
                reached = sum(side[p][0] >= level for p in mine)
                low.append(max(0, end[level][0] - reached))
                high.append(min(len(side) - len(mine), end[level][1] - reached))
            if low[1] - high[0] >= up or high[1] - low[0] <= -down:
                way = "up" if low[1] - high[0] >= up else "down"
                who = "an assessor" if knower else "anybody"
                found.append(f"{group} {measure} level {level}: {who} learns {way} of {up + down}")
    return found


def customers(release: Any, facts: Facts, measures: list[str]) -> list[str]:
    """What assessors learn for sure about the others in cells of one release."""
    found = []
    for (group, measure), cell in release.cells.items():
        members = _levels(facts, group, measure) if measure in measures else {}
        ends = counts(cell.rows, len(members)) if members and not cell.withheld else None
        for name in {name for _, name in members.values()} - {None} if ends else ():
            known = [level for level, own in members.values() if own == name]
            rest = len(members) - len(known)
            for level in LEVELS:
                reached = sum(one >= level for one in known)
                low, high = max(0, ends[level][0] - reached), min(rest, ends[level][1] - reached)
                if rest and low == high:
                    found.append(f"{group} {measure}: {low} of {rest} others reach {level}")
    return found
