"""
Row-level access to a collection: explicit, logged, one row group at a time.

Whoever analyzes works with releases. What is here serves those who make releases;
each opening leaves a line in the log that says what for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.scrubber import looks_like
from pkimm_analytics.anonymize.vocabulary import axis, contributions
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.scoring import NOT_APPLICABLE, score_batch
from pkimm_analytics.store.collection import Collection
from pkimm_analytics.store.manifest import Part
from pkimm_analytics.store.parts import PartGoneError, read_groups
from pkimm_analytics.tables import OVERALL

log = logging.getLogger(__name__)

PROFILE = ("sector", "size", "region", "role", "assurance", "edition", "mode", "quarter")
"""Columns of few values, which are read as codes."""

RECORD_PROFILE = (
    "org",
    "parent",
    "assessor",
    "sector",
    "size",
    "region",
    "role",
    "assurance",
    "edition",
    "quarter",
)
"""First columns of the table that a release is made from."""

_TRIES = 3
_CODES = 7
"""Codes of an answer, -1 to 5."""


@dataclass(frozen=True)
class Counts:
    """
    How many contributions give each code to each measure, in each combination.

    Parameters
    ----------
    dimensions : mapping of str to tuple of str or None
        Values of each dimension in the order of the axes; None: not stated.
    measures : tuple of str
    counts : ndarray of int64, shape (*n_values, n_measures, 7)
        Codes -1 (not applicable), 0 (unanswered), 1 to 5.
    """

    dimensions: Mapping[str, tuple[str | None, ...]]
    measures: tuple[str, ...]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Raw:
    """
    The rows of a collection as they were committed when it was opened.

    Parameters
    ----------
    collection : Collection
    parts : tuple of Part
    """

    collection: Collection
    parts: tuple[Part, ...]

    def groups(
        self, columns: Sequence[str] | None = None, dictionaries: Sequence[str] = PROFILE
    ) -> Iterator[Any]:
        """Read row group after row group, each as a table; memory does not grow with them."""
        kept = [name for name in dictionaries if columns is None or name in columns]
        for part in self.parts:
            yield from read_groups(self.collection.storage, part, columns, kept)

    def count(self, dimensions: Sequence[str], measures: Sequence[str]) -> Counts:
        """
        Count answers in every combination of profile values.

        Parameters
        ----------
        dimensions : sequence of str
            Of :data:`PROFILE`.
        measures : sequence of str
            Columns of answers: element keys, or relevance such as
            ``pqc:G.compliance``.

        Raises
        ------
        CollectionError
            If a column is neither, or the parts are damaged.
        """
        self._check(dimensions, measures)
        values: dict[str, list[str | None]] = {name: [] for name in dimensions}
        totals: dict[tuple[int, ...], NDArray[np.int64]] = {}
        for table in self.groups([*dimensions, *measures], dimensions):
            cell, shape = _cells(table, values)
            flat = np.stack([_bincount(table.column(m), cell, shape) for m in measures], axis=1)
            for index in np.flatnonzero(flat[:, 0].sum(axis=1)).tolist():
                place = tuple(int(i) for i in np.unravel_index(index, shape)) if shape else ()
                totals[place] = totals.get(place, 0) + flat[index]
        ordered = {name: _ordered(found) for name, found in values.items()}
        shape = tuple(len(found) for found in ordered.values())
        counts = np.zeros((*shape, len(measures), _CODES), np.int64)
        for place, found in totals.items():
            new = tuple(
                ordered[name].index(values[name][i])
                for name, i in zip(dimensions, place, strict=True)
            )
            counts[new] += found
        return Counts(ordered, tuple(measures), counts)

    @staticmethod
    def _check(dimensions: Sequence[str], measures: Sequence[str]) -> None:
        known = {c.name for c in contributions().columns if c.type == "int8"}
        if set(dimensions) - set(PROFILE) or set(measures) - known or not measures:
            raise CollectionError(
                f"Expected dimensions of {', '.join(PROFILE)} and columns of answers."
            )


def open_raw(collection: Collection, *, purpose: str) -> Raw:
    """
    Open the rows of a collection, and say so in the log.

    Parameters
    ----------
    collection : Collection
    purpose : str
        What for, in a few plain lower-case words without names.

    Raises
    ------
    CollectionError
        If the purpose is missing or looks like a name, or the collection is damaged.
    """
    if not re.fullmatch(r"[a-z][a-z0-9 ,-]{4,79}", purpose) or looks_like(purpose):
        raise CollectionError("State the purpose in plain lower-case words, without names.")
    manifest = collection.manifest()
    log.warning("raw contributions opened: %s (%d rows)", purpose, manifest.rows)
    return Raw(collection, manifest.parts)


def records(collection: Collection) -> Any:
    """
    Return the records that a release is made from.

    Returns
    -------
    pyarrow.Table
        One row for each contribution: ``org, parent, assessor, sector, size, region,
        role, assurance, edition, quarter``; then columns of int8 for each category and
        ``overall`` (score rounded down) and for each requirement: 1 to 5, 0 unanswered
        or not in the edition, -1 not applicable; last ``synthetic``, true if invented.

    Raises
    ------
    CollectionError
        If the collection is damaged.
    """
    import pyarrow as pa

    for attempt in range(_TRIES):
        try:
            return pa.concat_tables(record_groups(collection))
        except PartGoneError:  # a writer replaced it meanwhile
            if attempt == _TRIES - 1:
                raise
    raise AssertionError


def record_groups(collection: Collection) -> Iterator[Any]:
    """
    Read the records that a release is made from, as tables of one row group each.

    Yields
    ------
    pyarrow.Table
        As :func:`records` returns it; at least one, which may be empty.

    Raises
    ------
    CollectionError
        If the collection is damaged; a part that a writer replaced meanwhile is a
        :class:`.parts.PartGoneError`, and reading can begin anew.
    """
    from pkimm_analytics.store.rows import schema

    raw = open_raw(collection, purpose="making or checking a release")
    yield scored(schema().empty_table())
    for table in raw.groups(dictionaries=()):
        yield scored(table)


def scored(table: Any) -> Any:
    """Turn rows of ``contributions`` into records: answers of categories become levels."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = axis()
    names = (*known.categories, OVERALL)
    levels = {name: np.zeros(table.num_rows, np.int8) for name in names}
    for digest, version in known.digests.items():
        inside = pc.equal(table.column("digest"), digest)
        for mode in ("full", "self"):
            chosen = pc.and_(inside, pc.equal(table.column("mode"), mode)).to_numpy()
            rows = np.flatnonzero(chosen)
            if len(rows):
                for name, column in _levels(table, rows, version, full=mode == "full").items():
                    levels[name][rows] = column
    columns = {name: table.column(name) for name in RECORD_PROFILE}
    columns |= {name: pa.array(column) for name, column in levels.items()}
    columns |= {name: table.column(name) for name in known.requirements}
    return pa.table(columns | {"synthetic": table.column("synthetic")})


def _levels(
    table: Any, rows: NDArray[np.intp], version: str, *, full: bool
) -> dict[str, NDArray[np.int8]]:
    """Levels of categories and of the whole, of rows of one edition and mode."""
    model = shipped_model(version)

    def codes(keys: Sequence[str]) -> NDArray[np.int8]:
        return np.stack([table.column(key).to_numpy()[rows] for key in keys], axis=1)

    batch = score_batch(
        model,
        requirements=codes(list(model.requirements)) if full else None,
        categories=codes(list(model.categories)),
    )
    found = {
        key: np.where(batch.states[:, i] == NOT_APPLICABLE, NOT_APPLICABLE, ratio.level)
        for i, (key, ratio) in enumerate(batch.categories.items())
    }
    return {key: c.astype(np.int8) for key, c in {**found, OVERALL: batch.overall.level}.items()}


def _cells(
    table: Any, values: dict[str, list[str | None]]
) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Place of each row among the combinations of values seen so far."""
    cell = np.zeros(table.num_rows, np.int64)
    codes = {name: _codes(table.column(name), seen) for name, seen in values.items()}
    shape = tuple(max(len(seen), 1) for seen in values.values())
    for name, n in zip(values, shape, strict=True):
        cell = cell * n + codes[name]
    return cell, shape


def _codes(column: Any, seen: list[str | None]) -> NDArray[np.int64]:
    """Global code of each value; dictionaries of different files are never trusted."""
    found = []
    for chunk in column.chunks:
        for value in chunk.dictionary.to_pylist():
            if value not in seen:
                seen.append(value)
        if chunk.null_count and None not in seen:
            seen.append(None)
        table = np.array([seen.index(v) for v in chunk.dictionary.to_pylist()] or [0], np.int64)
        indices = chunk.indices.fill_null(-1).to_numpy()
        missing = seen.index(None) if chunk.null_count else 0
        found.append(np.where(indices >= 0, table[indices], missing))
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _bincount(column: Any, cell: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    n_cells = int(np.prod(shape)) if shape else 1
    codes = column.to_numpy().astype(np.int64) + 1
    return np.bincount(cell * _CODES + codes, minlength=n_cells * _CODES).reshape(n_cells, _CODES)


def _ordered(found: Sequence[str | None]) -> tuple[str | None, ...]:
    return tuple(sorted(found, key=lambda value: (value is None, value or "")))
