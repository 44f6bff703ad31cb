"""
Parts: Parquet files of up to a few hundred thousand contributions of one quarter.

They are written once and never changed. Rows are ordered by pseudonym, which hides
the order in which they came; the file says nothing of where it was written.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.store.manifest import Part
from pkimm_analytics.store.rows import schema
from pkimm_analytics.store.storage import Storage, reason_of
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

PART_ROWS = 262_144
"""Most rows of one part, which bounds the memory that rewriting one takes."""

GROUP_ROWS = 131_072
"""Most rows of one row group."""

BATCH_ROWS = 16_384
"""Most rows read at a time: what is worked on stays small, however many there are."""

VERSION_KEY = b"pkimm.contributions"
_UNIQUE = {"contribution", "commitment"}
_BLOCK = 1 << 20


def write_parts(storage: Storage, table: Any) -> list[Part]:
    """Write a table as new parts, one or more for each quarter; nothing names them yet."""
    import pyarrow.compute as pc

    written: list[Part] = []
    for period in sorted(pc.unique(table.column("quarter")).to_pylist()):
        inside = table.filter(pc.equal(table.column("quarter"), period)).sort_by("contribution")
        written += [
            _write_part(storage, period, inside.slice(start, PART_ROWS))
            for start in range(0, inside.num_rows, PART_ROWS)
        ]
    return written


def _write_part(storage: Storage, period: str, table: Any) -> Part:
    content = encode(table)
    path = f"period={period}/part-{uuid.uuid4().hex}.parquet"
    storage.write(path, content)
    digest = hashlib.sha256(content).hexdigest()
    return Part(path, table.num_rows, len(content), digest)


def encode(table: Any, version: int = CONTRIBUTIONS_VERSION) -> memoryview:
    """Return a table as Parquet; only the version of the table goes into its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    fresh = table.combine_chunks().replace_schema_metadata(None)
    with pq.ParquetWriter(
        sink,
        fresh.schema,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in _UNIQUE],
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.write_table(fresh, row_group_size=GROUP_ROWS)
        writer.add_key_value_metadata({VERSION_KEY.decode(): str(version)})
    return memoryview(sink.getvalue())


def read_part(
    storage: Storage,
    part: Part,
    columns: Sequence[str] | None = None,
    *,
    any_schema: bool = False,
) -> Any:
    """
    Read a part, or some of its columns, as one table.

    A whole part is compared with its checksum first: what is read whole is written again,
    and damage would get a checksum of its own.

    Parameters
    ----------
    columns : sequence of str, optional
        All if left out.
    any_schema : bool
        Whether the columns may be those of another version.

    Raises
    ------
    CollectionError
        If the file is not there or damaged.
    """
    if columns is None:
        check_bytes(storage, part)
    with _opened(storage, part, any_schema=any_schema) as file:
        return file.read(columns=columns).replace_schema_metadata(None)


def check_bytes(storage: Storage, part: Part) -> None:
    """
    Compare a part with its checksum.

    Raises
    ------
    CollectionError
        If the file is not there, or its bytes are not those that were written.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with storage.open(part.path) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise _unreadable(part, error) from None
    if size != part.bytes or digest.hexdigest() != part.sha256:
        raise CollectionError(
            "A part of the collection is damaged.",
            [Problem(part.path, "its bytes are not those that were written")],
        )


def read_groups(
    storage: Storage,
    part: Part,
    columns: Sequence[str] | None = None,
    dictionaries: Sequence[str] = (),
) -> Iterator[Any]:
    """
    Read a part a few thousand rows at a time; memory does not grow with the rows.

    Parameters
    ----------
    columns : sequence of str, optional
        All if left out.
    dictionaries : sequence of str
        Columns of text to leave dictionary-encoded.

    Raises
    ------
    CollectionError
        If the file is not there or damaged; a part that vanished while a writer was
        at work is a :class:`PartGoneError`.
    """
    import pyarrow as pa

    with _opened(storage, part, dictionaries) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
            yield pa.Table.from_batches([batch]).replace_schema_metadata(None)


@contextmanager
def _opened(
    storage: Storage,
    part: Part,
    dictionaries: Sequence[str] = (),
    *,
    any_schema: bool = False,
) -> Iterator[Any]:
    """Open a part as Parquet, and say what is wrong with one that cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with storage.open(part.path) as stream:
            file = pq.ParquetFile(stream, read_dictionary=list(dictionaries))
            _check_shape(file, part, any_schema=any_schema)
            yield file
    except CollectionError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(part, error) from None


def _check_shape(file: Any, part: Part, *, any_schema: bool) -> None:
    """Refuse a part with other columns or rows than were written, before any is read."""
    problems = []
    wanted = [(field.name, field.type) for field in schema()]
    if not any_schema and [(f.name, _plain(f.type)) for f in file.schema_arrow] != wanted:
        problems.append(Problem(part.path, "its columns are not those of a contribution"))
    if file.metadata.num_rows != part.rows:
        problems.append(
            Problem(part.path, f"holds {file.metadata.num_rows} rows, expected {part.rows}")
        )
    if problems:
        raise CollectionError("A part of the collection is damaged.", problems)


def _plain(kind: Any) -> Any:
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _unreadable(part: Part, error: Exception) -> CollectionError:
    if isinstance(error, FileNotFoundError):
        problem = Problem(part.path, "the file is missing")
        return PartGoneError("A part of the collection is not there.", [problem])
    if reason_of(error) != type(error).__name__:  # the storage says why
        problem = Problem(part.path, reason_of(error))
        return CollectionError("A part of the collection cannot be read.", [problem])
    problem = Problem(part.path, f"cannot be read as Parquet ({type(error).__name__})")
    return CollectionError("A part of the collection is damaged.", [problem])


class PartGoneError(CollectionError):
    """A part is not there (any more); reading the manifest again may help."""
