"""
What is attacked, and what an attacker may know: a release, its rules, the records behind it.

The records are used for two things: to tell a right conclusion of an attack from a wrong
one, and to play attackers who know something already, such as who takes part, or the
records of their own customers. Counting here is deliberately plain, and written apart
from the code that makes releases, so that each checks the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.organization import ALL, broader_codes
from pkimm_analytics.release import Cell, Group, Release

NOBODY = 0
"""In place of an assessor who is not known."""

FORGOTTEN = -2
"""Level of a record of which nothing is known any more but that it counted."""

Rows = NDArray[np.intp]
"""Places of records."""


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
    _members: dict[Group, Rows] = field(default_factory=dict, repr=False)
    _counts: dict[tuple[Group, str], NDArray[np.int64]] = field(default_factory=dict, repr=False)
    _outside: dict[Any, Rows] = field(default_factory=dict, repr=False)

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
        import pandas as pd

        codes = np.full(len(self.parent), -1, np.int64)
        is_named = self.assessor_names != NOBODY
        codes[is_named] = pd.factorize(self.assessor_names[is_named])[0]
        return codes

    @cached_property
    def _codes(self) -> dict[str, tuple[NDArray[np.intp], list[Any]]]:
        """Code of each record as its place in a list that ends with None."""
        import pandas as pd

        found = {name: pd.factorize(column) for name, column in self.dimensions.items()}
        return {name: (codes, [*labels, None]) for name, (codes, labels) in found.items()}

    def members(self, group: Group) -> Rows:
        """Places of the records that count for a group, one for each parent."""
        if group not in self._members:
            rows = np.flatnonzero(self._is_in(group, slice(None)))
            first = np.unique(self.parent[rows], return_index=True)[1]
            self._members[group] = np.sort(rows[first])
        return self._members[group]

    def _is_in(self, group: Group, rows: Any) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = np.ones(len(self.parent), bool)[rows]
        for (name, (codes, labels)), code in zip(self._codes.items(), group, strict=True):
            if code != ALL:
                own = [label == code or code in broader_codes(name, label) for label in labels]
                inside &= np.array(own, bool)[codes[rows]]
        return inside

    def outside(self, parent: Group, children: Sequence[Group]) -> Rows:
        """Places of the records that count for a group and are in none of its children."""
        key = (parent, tuple(children))
        if key not in self._outside:
            self._outside.clear()  # callers ask for one measure after the other of the same
            rows = self.members(parent)
            inside = np.zeros(len(rows), bool)
            for child in children:
                inside |= self._is_in(child, rows)
            self._outside[key] = rows[~inside]
        return self._outside[key]

    def matrix(self, measures: Sequence[str], rows: Rows) -> NDArray[np.int8]:
        """Levels of some records, shape (n_rows, n_measures); -2 where they were forgotten."""
        out = np.zeros((len(rows), len(measures)), np.int8)
        for place, measure in enumerate(measures):
            if measure in self.levels:
                levels = self.levels[measure][rows]
                out[:, place] = np.where(levels == FORGOTTEN, levels, np.maximum(levels, 0))
        return out

    def counts(self, measure: str, rows: Rows) -> NDArray[np.int64]:
        """Count records at levels 1 to 5, shape (5,)."""
        levels = np.maximum(self.matrix((measure,), rows)[:, 0], 0)
        return np.bincount(levels, minlength=6)[1:6]

    def level_counts(self, group: Group, measure: str) -> NDArray[np.int64]:
        """Contributors at levels 1 to 5, shape (5,)."""
        if (group, measure) not in self._counts:
            self._counts[group, measure] = self.counts(measure, self.members(group))
        return self._counts[group, measure]

    def n(self, group: Group, measure: str) -> int:
        """Contributors with a level, also one that was forgotten."""
        return int((self.matrix((measure,), self.members(group)) != 0).sum())


@dataclass(frozen=True, slots=True)
class Rules:
    """What a release promises. The safe values are the defaults."""

    threshold: int = 10
    changes: int = 10
    changes_to_appear: int = 5
    tail: int = 5
    assessor_percent: int = 50


@dataclass(frozen=True, eq=False)
class Vintage:
    """A release, with the records that were there at its time, if known, and its rules."""

    release: Release
    truth: Truth | None = None
    rules: Rules = Rules()

    @property
    def records(self) -> Truth:
        """Truth behind it, for attacks by somebody who knows part of it."""
        if self.truth is None:
            raise DisclosureError("Nobody knows the records behind a release: not attacked.")
        return self.truth

    def printed(self) -> Iterator[tuple[Group, str, Cell]]:
        """Group, measure and cell of all that is not withheld."""
        for (group, measure), cell in self.release.cells.items():
            if not cell.withheld:
                yield group, measure, cell
