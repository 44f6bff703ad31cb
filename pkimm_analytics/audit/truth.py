"""
What the auditor knows and the attacker does not: the records behind a release.

It is used for two things: to tell a right conclusion of an attack from a wrong one,
and to play attackers who know something already, such as who takes part, or the
records of their own customers. Counting here is deliberately plain, and written
apart from the code that makes releases, so that each checks the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.organization import ALL, broader_codes
from pkimm_analytics.release import Group

NOBODY = 0
"""In place of an assessor who is not known."""

FORGOTTEN = -2
"""Level of a record of which nothing is known any more but that it counted."""


@dataclass(frozen=True, eq=False)
class Truth:
    """
    Records that a release was made from, most preferred first.

    Parameters
    ----------
    parent : array, shape (n_records,)
        Ultimate parent of each record; the same code in every release.
    dimensions : mapping of str to array
        Published code of each record, or None where it has none.
    levels : mapping of str to array of int
        By measure: level 1 to 5; 0 or less where there is none.
    assessor : array, optional
        Assessor of each record; None or 0 where there is none to name.
    """

    parent: NDArray[Any]
    dimensions: Mapping[str, NDArray[Any]]
    levels: Mapping[str, NDArray[Any]] = field(repr=False)
    assessor: NDArray[Any] | None = None
    _members: dict[Group, NDArray[np.intp]] = field(default_factory=dict, repr=False)
    _counts: dict[tuple[Group, str], NDArray[np.int64]] = field(default_factory=dict, repr=False)
    _outside: dict[Any, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @cached_property
    def _parent_codes(self) -> NDArray[Any]:
        return self.parent if self.parent.dtype.kind in "iu" else coded(self.parent)[0]

    @cached_property
    def assessor_names(self) -> NDArray[Any]:
        """Assessor of each record, the same in every release; ``NOBODY`` where there is none."""
        if self.assessor is None:
            return np.full(len(self.parent), NOBODY, object)
        if self.assessor.dtype.kind in "iu":
            return np.asarray(np.maximum(self.assessor, NOBODY))
        return np.array([NOBODY if name is None else name for name in self.assessor], object)

    @cached_property
    def assessor_codes(self) -> NDArray[np.int64]:
        """Assessor of each record, counted from 0; -1 where there is none to name."""
        codes, names = coded(self.assessor_names)
        named = np.array([name != NOBODY for name in names], bool)
        return np.where(named[codes], codes, -1)

    @cached_property
    def _codes(self) -> dict[str, tuple[NDArray[np.int64], list[Any]]]:
        return {name: coded(column) for name, column in self.dimensions.items()}

    def members(self, group: Group) -> NDArray[np.intp]:
        """Places of the records that count for a group, one for each parent."""
        if group not in self._members:
            rows = np.flatnonzero(self._is_in(group, slice(None)))
            first = np.unique(self._parent_codes[rows], return_index=True)[1]
            self._members[group] = np.sort(rows[first])
        return self._members[group]

    def _is_in(self, group: Group, rows: Any) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = np.ones(len(self.parent), bool)[rows]
        for (name, (codes, labels)), code in zip(self._codes.items(), group, strict=True):
            if code != ALL:
                own = [label == code or code in broader_codes(name, label) for label in labels]
                inside &= np.array(own, bool)[codes[rows]]
        return inside

    def outside(self, parent: Group, children: tuple[Group, ...]) -> NDArray[np.intp]:
        """Places of the records that count for a group and are in none of its children."""
        key = (parent, children)
        if key not in self._outside:
            self._outside.clear()  # callers ask for one measure after the other of the same
            rows = self.members(parent)
            inside = np.zeros(len(rows), bool)
            for child in children:
                inside |= self._is_in(child, rows)
            self._outside[key] = rows[~inside]
        return self._outside[key]

    def level_counts(self, group: Group, measure: str) -> NDArray[np.int64]:
        """Contributors at levels 1 to 5, shape (5,)."""
        if measure not in self.levels:
            return np.zeros(5, np.int64)
        if (group, measure) not in self._counts:
            levels = np.maximum(self.levels[measure][self.members(group)], 0)
            self._counts[group, measure] = np.bincount(levels, minlength=6)[1:6]
        return self._counts[group, measure]

    def matrix(self, measures: Sequence[str], rows: NDArray[np.intp]) -> NDArray[np.int8]:
        """Levels of some records, shape (n_rows, n_measures); -2 where they were forgotten."""
        out = np.zeros((len(rows), len(measures)), np.int8)
        for place, measure in enumerate(measures):
            levels = self.levels.get(measure, np.zeros(len(self.parent), np.int8))[rows]
            out[:, place] = np.where(levels == FORGOTTEN, levels, np.maximum(levels, 0))
        return out

    def n(self, group: Group, measure: str) -> int:
        """Contributors with a level, also one that was forgotten."""
        known = int(self.level_counts(group, measure).sum())
        if measure not in self.levels:
            return known
        return known + int((self.levels[measure][self.members(group)] == FORGOTTEN).sum())

    def quantity(self, group: Group, measure: str, name: str) -> int:
        """Evaluate ``n``, ``sum``, ``ge:L`` or ``eq:L`` of a measure in a group."""
        counts = self.level_counts(group, measure)
        if name == "n":
            return int(counts.sum())
        if name == "sum":
            return int(counts @ np.arange(1, 6))
        kind, level = name.split(":")
        return int(counts[int(level) - 1 :].sum() if kind == "ge" else counts[int(level) - 1])


def coded(values: NDArray[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """Give each distinct value a number: the numbers, and the values in their order."""
    if values.dtype.kind in "iu":
        names, numbers = np.unique(values, return_inverse=True)
        return numbers.astype(np.int64), names.tolist()
    places: dict[Any, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values.tolist()]
    return np.array(codes, np.int64), list(places)


def outside(truth: Truth, parent: Group, children: list[Group], measure: str) -> NDArray[np.int64]:
    """Level counts of a group less those of its records that lie in some of its children."""
    if measure not in truth.levels:
        return np.zeros(5, np.int64)
    rows = truth.outside(parent, tuple(children))
    levels = np.maximum(truth.levels[measure][rows], 0)
    return np.bincount(levels, minlength=6)[1:6]
