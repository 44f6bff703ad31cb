"""
Counts: how many contributions have each code of each measure, by profile.

Counts are whole numbers. They add up, so that coarser groups, all marginals, two
collections or twelve quarters follow from them, and no row is looked at twice. They
are of single contributions and internal: nothing here is for publication.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import CollectionError
from pkimm_analytics.store.measures import N_LEVEL_CODES

ALL = "*"
"""Stands for all values of a dimension."""

LARGEST = 50_000_000
"""Most counts of one cube; 400 MB."""


@dataclass(frozen=True, eq=False)
class Counts:
    """
    How many contributions give each code to each measure, in each combination.

    Parameters
    ----------
    dimensions : mapping of str to tuple of str or None
        Values of each dimension in the order of the axes; None: not stated.
    measures : tuple of str
    counts : ndarray of int64, shape (*n_values, n_measures, 7)
        Codes -1 (not applicable), 0 (nothing to count), 1 to 5.
    """

    dimensions: Mapping[str, tuple[str | None, ...]]
    measures: tuple[str, ...]
    counts: NDArray[np.int64]

    def over(self, *dimensions: str) -> Counts:
        """
        Return the counts by some of the dimensions, summed over the others.

        Raises
        ------
        CollectionError
            If one is not among those that were counted by.
        """
        if set(dimensions) - set(self.dimensions):
            raise CollectionError("Expected dimensions that were counted by.")
        names = list(self.dimensions)
        gone = tuple(i for i, name in enumerate(names) if name not in dimensions)
        left = [name for name in names if name in dimensions]
        order = [left.index(name) for name in dimensions]
        summed = np.moveaxis(self.counts.sum(axis=gone), order, range(len(order)))
        return Counts({n: self.dimensions[n] for n in dimensions}, self.measures, summed)

    def cube(self) -> Counts:
        """
        Return the counts with all marginals: each dimension gets the value ``*`` for all.

        Rows are not touched: the sum along an axis is appended to it.
        """
        found = self.counts
        for place in range(len(self.dimensions)):
            found = np.concatenate([found, found.sum(axis=place, keepdims=True)], axis=place)
        values = {name: (*known, ALL) for name, known in self.dimensions.items()}
        return Counts(values, self.measures, found)

    def __add__(self, other: Counts) -> Counts:
        """Add the counts of two sets of contributions that have none in common."""
        return merged([self, other])

    def to_frame(self) -> Any:
        """
        Return a pandas data frame with a row for each count that is not 0.

        Columns are the dimensions, ``measure``, ``code`` and ``n``.
        """
        import pandas as pd

        place = np.nonzero(self.counts)
        columns: dict[str, Any] = {
            name: np.array(values, object)[where]
            for (name, values), where in zip(self.dimensions.items(), place[:-2], strict=True)
        }
        columns["measure"] = np.array(self.measures, object)[place[-2]]
        columns["code"] = place[-1] - 1
        return pd.DataFrame({**columns, "n": self.counts[place]})


def merged(parts: Iterable[Counts]) -> Counts:
    """
    Add counts of the same dimensions and measures whose values may differ.

    Raises
    ------
    CollectionError
        If there are none, or their dimensions or measures differ.
    """
    every = list(parts)
    if len({(tuple(c.dimensions), c.measures) for c in every}) != 1:
        raise CollectionError("Only counts of the same dimensions and measures can be added.")
    names = list(every[0].dimensions)
    values = {n: ordered({v for c in every for v in c.dimensions[n]}) for n in names}
    total = empty(values, every[0].measures)
    for one in every:
        place = [_places(values[n], one.dimensions[n]) for n in names]
        n_measures = np.arange(len(one.measures)), np.arange(N_LEVEL_CODES)
        total.counts[np.ix_(*place, *n_measures)] += one.counts
    return total


def empty(values: Mapping[str, tuple[str | None, ...]], measures: Sequence[str]) -> Counts:
    """
    Return counts of nobody.

    Raises
    ------
    CollectionError
        If there are too many combinations.
    """
    shape = (*(len(found) for found in values.values()), len(measures), N_LEVEL_CODES)
    if math.prod(shape) > LARGEST:
        raise CollectionError("Too many combinations to count; ask for fewer dimensions.")
    return Counts(dict(values), tuple(measures), np.zeros(shape, np.int64))


def from_long(table: Any, dimensions: Sequence[str], measures: Sequence[str]) -> Counts:
    """
    Turn a long table of levels into counts.

    Parameters
    ----------
    table : pyarrow.Table
        The dimensions, ``measure``, ``code`` and ``n``, in any order of rows.
    """
    values, place = {}, []
    for name in dimensions:
        codes, found = codes_of(table.column(name))
        values[name] = ordered(found)
        place.append(_places(values[name], found)[codes] if found else codes)
    codes, found = codes_of(table.column("measure"))
    measure = _places(tuple(measures), found)[codes] if found else codes
    total = empty(values, measures)
    code = table.column("code").to_numpy().astype(np.int64) + 1
    np.add.at(total.counts, (*place, measure, code), table.column("n").to_numpy())
    return total


def codes_of(column: Any) -> tuple[NDArray[np.int64], list[str | None]]:
    """
    Return the code of each value, and the values by code; None: not stated.

    Dictionaries of different files differ, and so may those of two chunks.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    seen: dict[str | None, int] = {}
    found = []
    for chunk in column.chunks:
        names = chunk.dictionary.to_pylist()
        place = np.array([seen.setdefault(v, len(seen)) for v in names] or [0], np.int64)
        indices = chunk.indices
        if indices.null_count:
            missing = seen.setdefault(None, len(seen))
            raw = indices.fill_null(-1).to_numpy()
            found.append(np.where(raw >= 0, place[raw], missing))
        else:
            found.append(place[indices.to_numpy()])
    return np.concatenate(found) if found else np.zeros(0, np.int64), list(seen)


def ordered(found: Iterable[str | None]) -> tuple[str | None, ...]:
    """Values in the order in which all engines give them: sorted, not stated last."""
    return tuple(sorted(found, key=lambda value: (value is None, value or "")))


def _places(known: Sequence[str | None], found: Sequence[str | None]) -> NDArray[np.intp]:
    place = {value: number for number, value in enumerate(known)}
    return np.array([place[value] for value in found], np.intp)
