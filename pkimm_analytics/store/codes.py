"""
Codes of all rows in memory, so that a new filter is counted in milliseconds.

A row takes 4 bytes for its combination of profile values and 2 bytes for each five
measures: a level has seven codes, and seven to the power of five fits into 16 bits.
Five measures are counted at once and told apart afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import CollectionError
from pkimm_analytics.store.counts import Counts, codes_of, ordered
from pkimm_analytics.store.engines import check
from pkimm_analytics.store.measures import N_LEVEL_CODES, columns_of, measure_codes

if TYPE_CHECKING:
    from pkimm_analytics.store.raw import Raw

_TOGETHER = 5
"""Measures that share 16 bits: 7**5 = 16,807."""

_MOST_CELLS = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Codes:
    """
    Rows as small numbers; get them from :func:`codes_in_memory`.

    Parameters
    ----------
    dimensions : mapping of str to tuple of str or None
        Values of each dimension.
    measures : tuple of str
    cell : ndarray of int32, shape (n_rows,)
        Combination of values, the last dimension running fastest.
    packed : tuple of ndarray of uint16, shape (n_rows,)
        Codes of five measures each.
    """

    dimensions: Mapping[str, tuple[str | None, ...]]
    measures: tuple[str, ...]
    cell: NDArray[np.int32] = field(repr=False)
    packed: tuple[NDArray[np.uint16], ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def nbytes(self) -> int:
        """Memory of the rows, in bytes."""
        return self.cell.nbytes + sum(column.nbytes for column in self.packed)

    def count(self, where: Mapping[str, Several[str | None]] | None = None) -> Counts:
        """
        Count the levels of the rows that pass a filter.

        Parameters
        ----------
        where : mapping of str to collection of str or None
            Values that are let in, by dimension; everybody without it.

        Returns
        -------
        Counts
            Without dimensions: an array of shape (n_measures, 7).

        Raises
        ------
        CollectionError
            If a dimension is not among those that were loaded.
        """
        columns: Iterable[NDArray[np.uint16]] = self.packed
        if where:
            rows = self.rows(where)
            columns = (column[rows] for column in self.packed)
        found: list[NDArray[np.int64]] = []
        for number, column in enumerate(columns):
            n_here = min(_TOGETHER, len(self.measures) - number * _TOGETHER)
            shape = (N_LEVEL_CODES,) * n_here
            together = np.bincount(column, minlength=N_LEVEL_CODES**n_here).reshape(shape)
            for place in range(n_here):
                others = tuple(i for i in range(n_here) if i != place)
                found.append(together.sum(axis=others))
        return Counts({}, self.measures, np.stack(found))

    def rows(self, where: Mapping[str, Several[str | None]]) -> NDArray[np.intp]:
        """
        Return the places of the rows that pass a filter.

        Raises
        ------
        CollectionError
            If a dimension is not among those that were loaded.
        """
        if set(where) - set(self.dimensions):
            raise CollectionError(f"Expected dimensions of {', '.join(self.dimensions)}.")
        passes = np.ones((), bool)
        for name, values in self.dimensions.items():
            inside = [name not in where or value in where[name] for value in values]
            passes = np.logical_and.outer(passes, np.array(inside, bool))
        return np.flatnonzero(passes.ravel()[self.cell])


def codes_in_memory(raw: Raw, dimensions: Sequence[str], measures: Sequence[str]) -> Codes:
    """
    Load the codes of all rows.

    Parameters
    ----------
    raw : Raw
    dimensions : sequence of str
        What will be filtered by.
    measures : sequence of str
        What will be counted.

    Raises
    ------
    CollectionError
        If a dimension or measure is unknown, there are too many combinations, or the
        parts are damaged.
    """
    check(dimensions, measures)
    columns = list(dict.fromkeys([*dimensions, *columns_of(measures)]))
    seen: dict[str, dict[str | None, int]] = {name: {} for name in dimensions}
    profiles: list[list[NDArray[np.int32]]] = [[] for _ in dimensions]
    packed: list[list[NDArray[np.uint16]]] = [[] for _ in range(0, len(measures), _TOGETHER)]
    for table in raw.groups(columns):
        for name, found in zip(dimensions, profiles, strict=True):
            codes, here = codes_of(table.column(name))
            numbers = [seen[name].setdefault(v, len(seen[name])) for v in here] or [0]
            found.append(np.array(numbers, np.int32)[codes])
        levels = list(measure_codes(table, measures).values())
        for number, chunks in enumerate(packed):
            chunks.append(_packed(levels[number * _TOGETHER :][:_TOGETHER], table.num_rows))
    values = {name: ordered(known) for name, known in seen.items()}
    if math.prod(max(len(known), 1) for known in values.values()) > _MOST_CELLS:
        raise CollectionError("Too many combinations to count; ask for fewer dimensions.")
    cell = np.zeros(sum(map(len, packed[0])), np.int32)
    for name, found in zip(dimensions, profiles, strict=True):
        place = {value: number for number, value in enumerate(values[name])}
        new = np.array([place[value] for value in seen[name]] or [0], np.int32)
        cell *= max(len(values[name]), 1)
        cell += new[np.concatenate(found) if found else np.zeros(0, np.int32)]
    return Codes(values, tuple(measures), cell, tuple(_joined(chunks) for chunks in packed))


def _packed(levels: Sequence[NDArray[np.int8]], n_rows: int) -> NDArray[np.uint16]:
    total = np.zeros(n_rows, np.uint16)
    for column in levels:
        total *= np.uint16(N_LEVEL_CODES)
        total += (column + 1).astype(np.uint16)
    return total


def _joined(chunks: Sequence[NDArray[np.uint16]]) -> NDArray[np.uint16]:
    return np.concatenate(chunks) if chunks else np.zeros(0, np.uint16)
