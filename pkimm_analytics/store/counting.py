"""
The counting kernel: NumPy on one table of rows at a time.

A row falls into a cell by its profile and adds one to a code of each measure. Memory
grows with the cells, never with the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.store.counts import Counts, codes_of, empty, ordered
from pkimm_analytics.store.measures import N_LEVEL_CODES, measure_codes

_DENSE = 1 << 22
"""Combinations up to which each gets a place of its own while a table is counted."""

Cell = tuple[str | None, ...]


def count_tables(
    tables: Iterable[Any], dimensions: Sequence[str], measures: Sequence[str]
) -> Counts:
    """
    Count tables of rows.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        With the dimensions, dictionary-encoded, and the columns of the measures.
    dimensions, measures : sequence of str

    Raises
    ------
    CollectionError
        If there are too many combinations.
    """
    place: dict[Cell, int] = {}
    totals = np.zeros((len(measures), 0, N_LEVEL_CODES), np.int64)
    for table in tables:
        cells, local = cells_of(table, dimensions)
        rows = np.array([place.setdefault(cell, len(place)) for cell in cells], np.intp)
        if len(place) > totals.shape[1]:
            more = np.zeros(
                (len(measures), max(len(place), 2 * totals.shape[1]), N_LEVEL_CODES), np.int64
            )
            more[:, : totals.shape[1]] = totals
            totals = more
        for total, found in zip(totals, _counted(table, local, len(cells), measures), strict=True):
            total[rows] += found
    return _dense(dimensions, measures, list(place), totals[:, : len(place)].swapaxes(0, 1))


def count_table(
    table: Any, dimensions: Sequence[str], measures: Sequence[str]
) -> tuple[list[Cell], NDArray[np.int64]]:
    """
    Count one table of rows.

    Returns
    -------
    tuple
        The combinations that occur, and their counts of shape (n_cells, n_measures, 7).
    """
    cells, place = cells_of(table, dimensions)
    found = _counted(table, place, len(cells), measures)
    return cells, np.stack(list(found), axis=1)


def _counted(
    table: Any, place: NDArray[np.int64], n_cells: int, measures: Sequence[str]
) -> Iterator[NDArray[np.int64]]:
    """Count the codes of each measure, as arrays of shape (n_cells, 7)."""
    slot = place * N_LEVEL_CODES + 1
    for codes in measure_codes(table, measures).values():
        found = np.bincount(slot + codes, minlength=n_cells * N_LEVEL_CODES)
        yield found.reshape(-1, N_LEVEL_CODES)


def count_scores(tables: Iterable[Any], dimensions: Sequence[str], measures: Sequence[str]) -> Any:
    """
    Count the scores of tables of rows, in ten-thousandths of a level.

    Returns
    -------
    pyarrow.Table
        The dimensions, ``measure``, ``code`` and ``n``; only what occurs, ordered.
    """
    totals: dict[tuple[Cell, int, int], int] = {}
    for table in tables:
        cells, place = cells_of(table, dimensions)
        codes = measure_codes(table, measures, "score")
        for number, name in enumerate(measures):
            width = int(codes[name].max(initial=0)) + 2
            slots, n = np.unique(place * width + codes[name] + 1, return_counts=True)
            for slot, more in zip(slots.tolist(), n.tolist(), strict=True):
                key = cells[slot // width], number, slot % width - 1
                totals[key] = totals.get(key, 0) + more
    return long_table(
        dimensions, [(*cell, measures[m], code, n) for (cell, m, code), n in totals.items()]
    )


def long_table(dimensions: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Return rows of the portable contract as a table, in the order of all engines."""
    import pyarrow as pa

    order = sorted(rows, key=lambda row: [(value is None, value or 0) for value in row])
    names = [*dimensions, "measure", "code", "n"]
    kinds = [*(pa.string() for _ in dimensions), pa.string(), pa.int32(), pa.int64()]
    columns = list(zip(*order, strict=True)) or [()] * len(names)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.Table.from_arrays(arrays, names=names)


def cells_of(table: Any, dimensions: Sequence[str]) -> tuple[list[Cell], NDArray[np.int64]]:
    """Return the combinations of values that occur, and the place of each row among them."""
    values: dict[str, list[str | None]] = {}
    cell = np.zeros(table.num_rows, np.int64)
    for name in dimensions:
        codes, values[name] = codes_of(table.column(name))
        cell = cell * max(len(values[name]), 1) + codes
    shape = tuple(max(len(known), 1) for known in values.values())
    n_cells = math.prod(shape)
    if n_cells <= _DENSE:
        present = np.flatnonzero(np.bincount(cell, minlength=n_cells))
        table_of = np.zeros(n_cells, np.int64)
        table_of[present] = np.arange(len(present))
        place = table_of[cell]
    else:
        present, place = np.unique(cell, return_inverse=True)
    indices = np.unravel_index(present, shape) if shape else ()
    columns = [[values[n][i] for i in at] for n, at in zip(values, indices, strict=True)]
    return (list(zip(*columns, strict=True)) if shape else [()] * len(present)), place


def _dense(
    dimensions: Sequence[str],
    measures: Sequence[str],
    cells: Sequence[Cell],
    totals: NDArray[np.int64],
) -> Counts:
    values: Mapping[str, tuple[str | None, ...]] = {
        name: ordered({cell[i] for cell in cells}) for i, name in enumerate(dimensions)
    }
    counts = empty(values, measures)
    places = {name: {v: i for i, v in enumerate(known)} for name, known in values.items()}
    if cells:
        where = tuple(
            np.array([places[name][cell[i]] for cell in cells], np.intp)
            for i, name in enumerate(dimensions)
        )
        counts.counts[where or ...] = totals if where else totals[0]
    return counts
