"""
A plain Parquet data set that others can open without us, and how it changes.

``period=2026Q3/part-0.parquet`` holds rows of one quarter; pandas, DuckDB, polars and Spark
read the folder as it is. A change happens under a lock, entirely or not at all, and what
was acknowledged is on the disk.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pkimm_analytics.collection.contribution_rows import schema, scoring
from pkimm_analytics.collection.manifest import (
    NAME,
    DataFile,
    Manifest,
    beside,
    load_manifest,
    new_manifest,
    period_of,
)
from pkimm_analytics.collection.place import Place, explained, reason_of
from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

FILE_ROWS = 262_144
"""Most rows of one file, which bounds the memory that rewriting one takes."""

FULL = 32_768
"""Rows from which a file is left alone when rows are added, so that adding stays fast."""

GROUP_ROWS = 131_072
_UNIQUE = {"contribution", "commitment"}

Tables = dict[str, Any]
"""Files as they will be, by path; without rows where one goes."""


class DataSet:
    """
    The files of a collection.

    Parameters
    ----------
    place : Place
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    # --- reading ---------------------------------------------------------------------

    def manifest(self, *, any_scoring: bool = False) -> Manifest:
        """
        Read the state that is committed now.

        Parameters
        ----------
        any_scoring : bool
            Whether the levels may have been made with other rules.

        Raises
        ------
        CollectionError
            If there is no collection, it is damaged, or other software wrote it.
        """
        with explained("The collection cannot be read"):
            try:
                manifest = load_manifest(self.place.read(NAME))
            except FileNotFoundError:
                raise CollectionError("There is no collection in this place.") from None
        if manifest.table != CONTRIBUTIONS_VERSION:
            raise CollectionError(
                f"The collection has version {manifest.table} of the table, this software"
                f" {CONTRIBUTIONS_VERSION}: use the software that fits. Nothing was changed."
            )
        if manifest.scoring != scoring() and not any_scoring:
            raise CollectionError(
                "The levels of the collection were made by other rules or editions."
                " Renew them with: pkimm collection rescore. Nothing was changed."
            )
        return manifest

    def content(self, path: str, file: DataFile) -> bytes:
        """
        Read the bytes of a file and compare them with its checksum.

        Nothing is written anew, counted or published from a damaged file.

        Raises
        ------
        CollectionError
            If the file is not there or damaged.
        """
        try:
            content = self.place.read(path)
        except FileNotFoundError:
            raise _damaged(path, "the file is missing") from None
        except OSError as error:
            raise _damaged(path, reason_of(error)) from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise _damaged(path, "its bytes are not those that were written")
        return content

    def read(
        self,
        path: str,
        file: DataFile,
        columns: Sequence[str] | None = None,
        *,
        any_columns: bool = False,
    ) -> Any:
        """
        Read a file, or some of its columns, as one table.

        Parameters
        ----------
        columns : sequence of str, optional
            All if left out.
        any_columns : bool
            Whether the file may have the columns of other editions.

        Raises
        ------
        CollectionError
            If the file is not there or damaged.
        """
        content = self.content(path, file)
        try:
            parquet = pq.ParquetFile(pa.BufferReader(content))
            problem = _other_shape(parquet, file, any_columns=any_columns)
            if not problem:
                return parquet.read(columns=columns).replace_schema_metadata(None)
        except pa.ArrowException as error:
            problem = f"cannot be read as Parquet ({type(error).__name__})"
        raise _damaged(path, problem)

    def find(self, manifest: Manifest, ids: Any) -> Tables:
        """Return the whole rows of contributions that are there, by file."""
        found = {}
        for path, file in manifest.files.items() if len(ids) else ():
            there = self.read(path, file, ["contribution"]).column("contribution")
            known = pc.is_in(there, value_set=ids)
            if pc.any(known).as_py():
                found[path] = self.read(path, file).filter(known)
        return found

    # --- changing ----------------------------------------------------------------------

    @contextmanager
    def locked(
        self, *, writing: bool = True, create: bool = False, any_scoring: bool = False
    ) -> Iterator[Manifest]:
        """
        Hold the collection as it is; what a killed process left is put right before.

        Parameters
        ----------
        writing : bool
            Whether a place that cannot be written is an error.
        create : bool
            Whether to begin a collection where there is none.
        any_scoring : bool
            As for :meth:`manifest`.
        """
        message = "The collection cannot be written"
        with explained(message, " What was committed is untouched."):
            if create:
                self._exists()  # a lock, too, would be a file in a stranger's place
            with self.place.locked(writing=writing) as may_write:
                if may_write:
                    self._recover()
                if create and not self._exists():
                    self.place.write(NAME, new_manifest(scoring()).dumps())
                yield self.manifest(any_scoring=any_scoring)

    def edit(
        self,
        manifest: Manifest,
        tables: Tables,
        change: Callable[[Any], Any],
        paths: Iterable[str] | None = None,
    ) -> None:
        """Apply a change to the rows of some files, or of all; what differs is in `tables`."""
        for path in manifest.files if paths is None else paths:
            table = tables[path] if path in tables else self.read(path, manifest.files[path])
            changed = change(table)
            if not changed.equals(table):
                tables[path] = changed

    def fill(self, manifest: Manifest, tables: Tables, rows: Any) -> None:
        """Add rows to the last file of their quarter, or to new ones where it is full."""
        rows = _ordered(rows, "quarter", "contribution")
        quarters = rows.column("quarter").combine_chunks()
        for period in pc.unique(quarters).to_pylist():
            first = pc.index(quarters, period).as_py()
            inside = rows.slice(first, pc.sum(pc.equal(quarters, period)).as_py())
            names = [path for path in manifest.files if period_of(path) == period]
            number = max((_number(path) for path in names), default=0)
            last = f"period={period}/part-{number}.parquet"
            if last in manifest.files and manifest.files[last].rows < FULL:
                kept = tables[last] if last in tables else self.read(last, manifest.files[last])
                inside = pa.concat_tables([kept, inside])
            elif last in manifest.files:
                number += 1
            for start in range(0, inside.num_rows, FILE_ROWS):
                path = f"period={period}/part-{number + start // FILE_ROWS}.parquet"
                tables[path] = inside.slice(start, FILE_ROWS)

    def commit(self, manifest: Manifest, tables: Tables) -> None:
        """Write files beside their places, name them in the manifest, and move them there."""
        pending: dict[str, DataFile | None] = {}
        for path, table in tables.items():
            pending[path] = None
            if table.num_rows:
                content = encode(table)
                pending[path] = _described(table, content)
                self.place.write(beside(path), content)
        begun = manifest.replace(pending=pending)
        self.place.write(NAME, begun.dumps())
        self._finish(begun)

    def _finish(self, manifest: Manifest) -> None:
        for path, file in manifest.pending.items():
            if file is None:
                self.place.delete(path)
            else:
                self.place.move(beside(path), path)
        self.place.write(NAME, manifest.settled().dumps())

    def _recover(self) -> None:
        """Complete a change that was under way, and delete what was never committed."""
        try:
            manifest = self.manifest(any_scoring=True)
        except CollectionError:
            return  # whoever asked for the lock finds the same
        if manifest.pending:
            self._finish(manifest)
        for path in filter(_is_left_over, self.place.files()):
            self.place.delete(path)

    def _exists(self) -> bool:
        """Return whether there is a manifest; files without one are a damaged collection."""
        files = self.place.files()
        strangers = [path for path in files if not _is_left_over(path)]
        if strangers and NAME not in files:
            raise CollectionError(
                "The place is not empty and holds no collection. Nothing was written.",
                [Problem(NAME, f"is missing beside {len(strangers)} other file(s)")],
            )
        return NAME in files


def encode(table: Any) -> memoryview:
    """
    Return rows as Parquet, in the order of their pseudonyms.

    The order hides in which they came; the file says nothing of where it was written.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(
        _ordered(table, "contribution").combine_chunks().replace_schema_metadata(None),
        sink,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in _UNIQUE],
        write_statistics=False,
        store_schema=False,
        row_group_size=GROUP_ROWS,
    )
    return memoryview(sink.getvalue())


def _described(table: Any, content: memoryview) -> DataFile:

    return DataFile(
        rows=table.num_rows,
        invented=pc.sum(table.column("synthetic")).as_py(),
        verified=pc.sum(table.column("is_verified")).as_py(),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _ordered(table: Any, *names: str) -> Any:
    """Rows in the order of some columns; those that are in it are not copied."""
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])
    is_ordered = np.array_equal(order.to_numpy(), np.arange(table.num_rows, dtype=np.uint64))
    return table if is_ordered else table.take(order)


def _number(path: str) -> int:
    return int(path.rsplit("-", 1)[1].removesuffix(".parquet"))


def _is_left_over(path: str) -> bool:
    """Whether a killed writer left a file without its final name; other hidden files stay."""
    return bool(re.fullmatch(r"\..*\.(part|parquet\.new)", path.rsplit("/", 1)[-1]))


def _damaged(path: str, problem: str) -> CollectionError:
    return CollectionError(
        "A file of the collection is damaged or cannot be read.", [Problem(path, problem)]
    )


def _other_shape(parquet: Any, file: DataFile, *, any_columns: bool) -> str:
    """Say how a file differs from what was written, before its rows are read."""
    columns = [(field.name, field.type) for field in parquet.schema_arrow]
    if not any_columns and columns != [(field.name, field.type) for field in schema()]:
        return "its columns are not those of contributions"
    if parquet.metadata.num_rows != file.rows:
        return f"holds {parquet.metadata.num_rows} rows, expected {file.rows}"
    return ""


def changed_column(table: Any, name: str, values: Any) -> Any:
    """Return a table with other values in one of its columns."""
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(place), values)


def without(ids: Iterable[str]) -> Callable[[Any], Any]:
    """Return a change that takes contributions out of rows."""
    gone = pa.array(sorted(ids), pa.string())
    return lambda table: table.filter(
        pc.invert(pc.is_in(table.column("contribution"), value_set=gone))
    )


def renamed(names: Mapping[str, Mapping[str, str]]) -> Callable[[Any], Any]:
    """Return a change that gives pseudonyms of some columns their new names."""

    def change(table: Any) -> Any:
        for name, new in names.items():
            at = pc.index_in(table.column(name), value_set=pa.array([*new], pa.string()))
            values = pa.array([*new.values()], pa.string()).take(at.combine_chunks())
            table = changed_column(table, name, pc.coalesce(values, table.column(name)))
        return table

    return change
