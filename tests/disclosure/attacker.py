"""
An attacker written apart from the package's audit, from the text of the attack list.

It knows the public table and arithmetic, and shares no code with the audit: where one of
the two overlooks something, the other may not. The population behind a release only
tells it which of its conclusions are right, and stands for what some attackers know.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from pkimm_analytics.organization import broader_codes

DIMENSIONS = ["sector", "size", "region", "role", "assurance", "edition"]
K, CHANGES, TOP = 10, 5, 0.9
BIG = 10**9


def ordinal(quarter: str) -> int:
    """Number of a quarter."""
    return int(quarter[:4]) * 4 + int(quarter[5])


def _names(dimension: str, code: str) -> frozenset[str]:
    """Return a published code, ``?`` if none was stated, and the broader ones."""
    return broader_codes(dimension, None if code == "?" else code) | {code}


class Facts:
    """Who was in a release, counted the slow way: one newest record of each parent and group."""

    def __init__(self, frame: pd.DataFrame, quarter: str) -> None:
        number = frame["quarter"].map(ordinal)
        end = ordinal(quarter) - 1
        kept = frame[(number <= end) & (number > end - 8)]
        order = kept["quarter"].map(ordinal).sort_values(ascending=False, kind="stable").index
        self.frame = kept.loc[order]
        self._known: dict[tuple[str, ...], pd.DataFrame] = {}
        self._beside: dict[Any, Any] = {}
        self._records: dict[Any, dict[str, tuple[int, ...]]] = {}
        self._counts: dict[Any, list[int]] = {}

    def members(self, group: tuple[str, ...]) -> pd.DataFrame:
        """Records that count in a group."""
        if group not in self._known:
            inside = self.frame
            for dimension, code in zip(DIMENSIONS, group, strict=True):
                if code != "*":
                    names = [d for d in set(inside[dimension]) if code in _names(dimension, d)]
                    inside = inside[inside[dimension].isin(names)]
            self._known[group] = inside.drop_duplicates("parent")
        return self._known[group]

    def at_least(self, group: tuple[str, ...], measure: str) -> list[int]:
        """How many are rated, and at level 2, 3, 4, 5 or above."""
        if (group, measure) not in self._counts:
            levels = self.members(group)[measure].to_numpy()
            self._counts[group, measure] = [int((levels >= x).sum()) for x in range(1, 6)]
        return self._counts[group, measure]

    def rest(self, outer: tuple[str, ...], parts: list[Any], measure: str) -> list[int]:
        """Count a group without those who are in some of its parts."""
        key = (outer, tuple(parts))
        if key not in self._beside:
            self._beside[key] = self._in_none(outer, parts)
        levels = self.members(outer)[measure].to_numpy()[self._beside[key]]
        return [int((levels >= level).sum()) for level in range(1, 6)]

    def _in_none(self, outer: tuple[str, ...], parts: list[Any]) -> Any:
        own = self.members(outer)
        codes = own[DIMENSIONS].to_numpy(object)
        inside = np.zeros(len(own), bool)
        for part in parts:
            one = np.ones(len(own), bool)
            for position, code in enumerate(part):
                if code != "*":
                    own = codes[:, position]
                    one &= np.array([code in _names(DIMENSIONS[position], d) for d in own], bool)
            inside |= one
        return ~inside

    def records(self, group: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
        """All levels of each parent in a group."""
        if group not in self._records:
            frame = self.members(group)
            measures = [m for m in frame.columns if m not in (*DIMENSIONS, "org", "parent",
                        "assessor", "quarter", "synthetic")]  # fmt: skip
            levels = frame[measures].to_numpy().clip(min=0).tolist()
            self._records[group] = dict(zip(frame["parent"], map(tuple, levels), strict=True))
        return self._records[group]


class Table:
    """A public table: for each group and measure lowest and highest counts."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.frame = pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in columns.items()})
        self.low: dict[Any, list[float]] = {}
        self.high: dict[Any, list[float]] = {}
        self.share: dict[Any, dict[int, tuple[float, float]]] = defaultdict(dict)
        self.dated: dict[Any, str] = {}
        self.rows: dict[Any, list[Any]] = defaultdict(list)
        names = [*DIMENSIONS, "measure", "statistic", "value", "qualifier", "step", "n",
                 "suppressed", "as_of"]  # fmt: skip
        for row in self.frame[names].itertuples(index=False):
            key = (tuple(row[:6]), row.measure)
            self.rows[key].append(tuple(row[7:]))
            if row.suppressed:
                continue
            self.dated[key] = row.as_of
            ends = row.n.rstrip("+").split("-")
            low, high = int(ends[0]), BIG if row.n.endswith("+") else int(ends[-1])
            self.low.setdefault(key, [low, 0, 0, 0, 0])
            self.high.setdefault(key, [high] * 5)
            if row.statistic.startswith("share_ge:"):
                level = int(row.statistic[-1])
                below = 0.0 if row.qualifier == "<=" else max(0.0, row.value - row.step / 2)
                above = 1.0 if row.qualifier == ">=" else min(1.0, row.value + row.step / 2)
                self.share[key][level] = (below, above)
                self.low[key][level - 1] = np.ceil(below * low - 1e-9)
                self.high[key][level - 1] = min(BIG, np.floor(above * high + 1e-9))
        self.groups = list(dict.fromkeys(group for group, _ in self.rows))
        self.measures = list(dict.fromkeys(measure for _, measure in self.rows))

    @cached_property
    def splits(self) -> list[tuple[Any, list[Any]]]:
        """Every group with each way to split it by further dimensions."""
        found: dict[Any, list[Any]] = defaultdict(list)
        for outer in self.groups:
            for inner in self.groups:
                used = [a != b for a, b in zip(outer, inner, strict=True)]
                if any(used) and all(a in ("*", b) for a, b in zip(outer, inner, strict=True)):
                    dimensions = tuple(i for i, c in enumerate(inner) if c != "*")
                    found[outer, dimensions].append(inner)
        return [(outer, parts) for (outer, _), parts in found.items()]


def attack(columns: dict[str, list[Any]], facts: Facts, quarter: str) -> list[str]:
    """Everything on one release. Nothing found: an empty list."""
    table = Table(columns)
    found = [*_rows(table), *_dishonest(table, facts, quarter), *_alike(table), *_grim(table)]
    for knows_numbers in (False, True):
        found += _subtract(table, facts, knows_numbers=knows_numbers)
    return found


def _rows(table: Table) -> list[str]:
    """T1, T10: withheld rows are all the same, and no row is missing."""
    hidden = table.frame[table.frame["suppressed"].astype(bool)]
    rest = hidden[["value", "qualifier", "step", "n", "as_of"]]
    found = [] if rest.isna().to_numpy().all() else ["T1 a withheld row says something"]
    by_family: dict[Any, set[int]] = defaultdict(set)
    for key, rows in table.rows.items():
        by_family[tuple(c != "*" for c in key[0]), key[1]].add(len(rows))
    if any(len(sizes) > 1 for sizes in by_family.values()):
        found.append("T10 rows are missing")
    sizes = defaultdict(set)
    for group in table.groups:
        for place, code in enumerate(group):
            sizes[place].add(code)
    for family in {tuple(c != "*" for c in g) for g in table.groups}:
        expected = np.prod([len(sizes[i] - {"*"}) for i, used in enumerate(family) if used] or [1])
        if sum(tuple(c != "*" for c in g) == family for g in table.groups) != expected:
            found.append("T10 groups are missing")
    return found


def _dishonest(table: Table, facts: Facts, quarter: str) -> list[str]:
    """T1, T19: what was computed now is of ten parents, and true as far as it says."""
    found = []
    for key, date in table.dated.items():
        if date != quarter:
            continue
        real = facts.at_least(*key)
        if real[0] < K:
            found.append(f"T1 {key}: figures of {real[0]}")
        bounds = zip(table.low[key], real, table.high[key], strict=True)
        if any(not low <= n <= high for low, n, high in bounds):
            found.append(f"T31 {key}: not true")
    return found


def _alike(table: Table) -> list[str]:
    """T8: nine of ten share a level."""
    found = []
    for key, share in table.share.items():
        edges = {1: (1.0, 1.0), 6: (0.0, 0.0)} | share
        least = {level: edges[level][0] - edges[level + 1][1] for level in range(1, 6)}
        found += [f"T8 {key}: nearly all at level {x}" for x, s in least.items() if s >= TOP - 1e-9]
    return found


def _grim(table: Table) -> list[str]:
    """T6, T7: no number inside the band can be ruled out by shares that it cannot have."""
    found = []
    for key, share in table.share.items():
        low, high = table.low[key][0], min(table.high[key][0], 20_000)
        numbers = np.arange(low, high + 1)
        fits = np.ones(len(numbers), bool)
        for below, above in share.values():
            fits &= np.ceil(below * numbers - 1e-9) <= np.floor(above * numbers + 1e-9)
        if not fits.all():
            found.append(f"T6 {key}: {int((~fits).sum())} numbers ruled out")
    return found


def _subtract(table: Table, facts: Facts, *, knows_numbers: bool) -> list[str]:
    """T2, T3, T4, T11: bounds on every group, passed on between groups and their parts."""
    found = []
    name = "T11" if knows_numbers else "T2"
    for measure in table.measures:
        low, high = _bounds(table, facts, measure, knows_numbers=knows_numbers)
        _pass_on(low, high, table.splits)
        if any((low[g] > high[g]).any() for g in table.groups):
            continue  # somebody is in no part, or rows are of different dates
        for group in table.groups:
            real = facts.at_least(group, measure)
            if (group, measure) in table.dated or not 0 < real[0] < K:
                continue
            known = _known(low[group], high[group], real, knows_numbers=knows_numbers)
            if known:
                found.append(f"{name} {group} {measure}: {known}")
            if low[group][0] >= 1 and not knows_numbers and high[group][0] < K:
                found.append(f"T10 {group} {measure}: not empty, and small")
        found += _beside(table, facts, measure, low, high, knows_numbers=knows_numbers)
        if not knows_numbers:
            found += _nested(table, facts, measure, low, high)
    return found


def _bounds(table: Table, facts: Facts, measure: str, *, knows_numbers: bool) -> tuple[Any, Any]:
    """Lowest and highest counts of each group, sharper for who knows the numbers."""
    low = {g: np.array(table.low.get((g, measure), [0] * 5), float) for g in table.groups}
    high = {g: np.array(table.high.get((g, measure), [BIG] * 5), float) for g in table.groups}
    for group in table.groups if knows_numbers else ():
        n = facts.at_least(group, measure)[0]
        if not low[group][0] <= n <= high[group][0]:  # printed at another time
            low[group][:], high[group][:] = 0, n
        elif (group, measure) in table.share:
            for level, (below, above) in table.share[group, measure].items():
                low[group][level - 1] = max(low[group][level - 1], np.ceil(below * n - 1e-9))
                high[group][level - 1] = min(high[group][level - 1], np.floor(above * n + 1e-9))
        low[group][0] = high[group][0] = n
    return low, high


def _beside(
    table: Table, facts: Facts, measure: str, low: Any, high: Any, *, knows_numbers: bool
) -> list[str]:
    """T3: a group less all of its parts that are printed."""
    found = []
    for outer, parts in table.splits:
        shown = [p for p in parts if (p, measure) in table.dated]
        if not shown or (outer, measure) not in table.dated:
            continue
        real = facts.rest(outer, shown, measure)
        if not 0 < real[0] < K:
            continue
        least = np.maximum(low[outer] - sum(high[p] for p in shown), 0)
        most = high[outer] - sum(low[p] for p in shown)
        if knows_numbers:
            least[0] = most[0] = real[0]
        most = np.minimum(most, most[0])
        known = _known(least, most, real, knows_numbers=knows_numbers)
        if known:
            found.append(f"T3 beside the parts of {outer} {measure}: {known}")
    return found


def _pass_on(low: dict[Any, Any], high: dict[Any, Any], splits: list[Any]) -> None:
    for _ in range(12):
        before = {g: (low[g].copy(), high[g].copy()) for g in low}
        for group in low:
            high[group] = np.minimum.accumulate(high[group])
            low[group] = np.maximum.accumulate(low[group][::-1])[::-1]
        for outer, parts in splits:
            below, above = sum(low[p] for p in parts), sum(high[p] for p in parts)
            low[outer] = np.maximum(low[outer], below)
            high[outer] = np.minimum(high[outer], above)
            for part in parts:
                high[part] = np.minimum(high[part], high[outer] - (below - low[part]))
                low[part] = np.maximum(low[part], low[outer] - (above - high[part]))
        if all((low[g] == a).all() and (high[g] == b).all() for g, (a, b) in before.items()):
            return


def _known(low: Any, high: Any, real: list[int], *, knows_numbers: bool) -> str:
    first = 1 if knows_numbers else 0
    names = ["n", "2+", "3+", "4+", "5+"]
    known = [f"{names[i]} = {real[i]}" for i in range(first, 5) if low[i] == high[i] == real[i]]
    return ", ".join(known)


def _nested(table: Table, facts: Facts, measure: str, low: Any, high: Any) -> list[str]:
    """T4: a group less one group inside it."""
    found = []
    for outer in table.groups:
        for inner in table.groups:
            inside = all(a in ("*", b) for a, b in zip(outer, inner, strict=True))
            both = {(outer, measure), (inner, measure)} <= set(table.dated)
            if outer == inner or not inside or not both:
                continue
            least, most = np.maximum(low[outer] - high[inner], 0), high[outer] - low[inner]
            if least[0] >= K or not (least == most).any():
                continue
            real = facts.rest(outer, [inner], measure)
            known = _known(least, most, real, knows_numbers=False)
            if 0 < real[0] < K and known:
                found.append(f"T4 {outer} less {inner} {measure}: {known}")
    return found


# --- series ------------------------------------------------------------------------------


def attack_series(series: list[tuple[dict[str, list[Any]], Facts, str]]) -> list[str]:
    """T13, T14, T15: whatever moved between two releases is due to five parents or more."""
    tables = [Table(columns) for columns, _, _ in series]
    known = {quarter: facts for _, facts, quarter in series}
    first: dict[Any, str] = {}
    found = []
    for (one, other), (_, facts, quarter) in zip(pairwise(tables), series[1:], strict=True):
        for key, rows in other.rows.items():
            if key not in one.rows or one.rows[key] == rows:
                continue
            since = one.dated.get(key) or first.get(key, series[0][2])
            n_changed = _changed(known[since], facts, key[0])
            if n_changed < CHANGES:
                found.append(f"T13 {key} moved after {n_changed} changes")
            if other.dated.get(key) not in (None, quarter):
                found.append(f"T13 {key} moved with an old date")
            first[key] = quarter
    return found


def _changed(before: Facts, now: Facts, group: tuple[str, ...]) -> int:
    one, other = before.records(group), now.records(group)
    return sum(one.get(p) != other.get(p) for p in {*one, *other})
