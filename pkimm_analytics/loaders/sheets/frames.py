"""
Tables with named columns: Parquet, Arrow and Feather files, JSON lines, data frames.

The names of the columns become the first row. Numbers of rows and the size of packed
columns are looked at before anything is unpacked.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.files import read_json
from pkimm_analytics.loaders.sentences import refused_for
from pkimm_analytics.loaders.sheets.sheet import MAX_CELLS, Sheet, Value, cleaned

if TYPE_CHECKING:
    import pandas as pd

MAX_UNPACKED = 200_000_000
"""Bytes of all columns as a file states them."""
MAX_LINES = 150_000
"""Most objects of JSON; each line is read on its own."""
PARQUET_MAGIC, ARROW_MAGIC, STREAM_MAGIC = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"


def read_arrow(content: bytes, name: str) -> Sheet:
    """
    Read a Parquet, Arrow or Feather file.

    Raises
    ------
    SourceFormatError
        If it is damaged or too large.
    """
    import pyarrow as pa  # imported late: other sources do without

    read = _parquet if content.startswith(PARQUET_MAGIC) else _ipc
    try:
        table = read(content, name)
        _check(name, table.num_rows * table.num_columns)
        table.validate(full=True)  # damaged offsets would read memory that is not the file's
        columns = [_values(column) for column in table.columns]
    except SourceFormatError:
        raise
    except (pa.ArrowException, OSError, ValueError, LookupError, struct.error) as error:
        kind = type(error).__name__
        raise refused_for(
            name, "is not readable as Parquet or Arrow", "damaged-table", kind=kind
        ) from None
    return Sheet("", [table.column_names, *zip(*columns, strict=True)], name)


def _parquet(content: bytes, name: str) -> Any:
    from pyarrow import parquet

    about = parquet.read_metadata(io.BytesIO(content))
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    _check(name, about.num_rows * about.num_columns)
    _check(name, sum(group.total_byte_size for group in groups), MAX_UNPACKED)
    # A text that stands in many rows is stored once, and must not be repeated in memory.
    texts = [about.schema.column(n) for n in range(about.num_columns)]
    names = [c.path for c in texts if c.physical_type == "BYTE_ARRAY"]
    return parquet.ParquetFile(io.BytesIO(content), read_dictionary=names).read()


def _ipc(content: bytes, name: str) -> Any:
    import pyarrow as pa

    is_file = content.startswith(ARROW_MAGIC)
    messages = pa.ipc.MessageReader.open_stream(content[8:] if is_file else content)
    size = 0
    for message in messages:
        size += _unpacked(message.metadata.to_pybytes(), message.body)
        _check(name, size, MAX_UNPACKED)
    open_ = pa.ipc.open_file if is_file else pa.ipc.open_stream
    return open_(pa.BufferReader(content)).read_all()


def _unpacked(metadata: bytes, body: Any) -> int:
    """Bytes that the buffers of a message say they unpack to (Arrow columnar format, 1.5)."""

    def field(table: int, number: int) -> int:
        at = table - struct.unpack_from("<i", metadata, table)[0]
        size, offset = struct.unpack_from("<H", metadata, at)[0], 4 + 2 * number
        found = struct.unpack_from("<H", metadata, at + offset)[0] if offset < size else 0
        return table + found if found else 0

    def follow(at: int) -> int:
        return at + int(struct.unpack_from("<I", metadata, at)[0])

    message = follow(0)
    kind, header = field(message, 1), follow(field(message, 2))
    batch = follow(field(header, 1)) if kind and metadata[kind] == _DICTIONARY else header
    if not kind or metadata[kind] not in {_BATCH, _DICTIONARY} or not field(batch, 3):
        return len(body) if body is not None else 0
    buffers = follow(field(batch, 2))
    starts = struct.unpack_from("<I", metadata, buffers)[0]
    total = 0
    for number in range(starts):
        offset, length = struct.unpack_from("<qq", metadata, buffers + 4 + 16 * number)
        total += max(0, struct.unpack_from("<q", body, offset)[0]) if length >= 8 else 0
    return total


_DICTIONARY, _BATCH = 2, 3


def _values(column: Any) -> list[Value]:
    values: list[Value] = []
    for chunk in column.chunks:
        if hasattr(chunk, "dictionary"):
            shared = [cleaned(value) for value in chunk.dictionary.to_pylist()]
            values += ["" if n is None else shared[n] for n in chunk.indices.to_pylist()]
        else:
            values += map(cleaned, chunk.to_pylist())
    return values


def read_json_rows(content: bytes, name: str) -> Sheet:
    """
    Read JSON lines, or one list of objects; objects inside of them are taken apart.

    Raises
    ------
    SourceFormatError
        If a line is no JSON object.
    """
    if content.lstrip()[:1] == b"[":
        _check(name, content.count(b"{"), MAX_LINES)
        records = read_json(content, name)
    else:
        lines = content.split(b"\n")
        _check(name, len(lines), MAX_LINES)
        records = [
            read_json(line, f"{name}, line {number}")
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]
    if not all(isinstance(record, dict) for record in records):
        raise refused_for(name, "is no table", "no-objects")
    return _sheet([_flat(record) for record in records], name)


def sheet_of_frame(frame: pd.DataFrame, name: str = "data frame") -> Sheet:
    """
    Sheet of a data frame; its columns are the first row, and its index is not looked at.

    pandas shows an empty cell as NaN, and a text N/A too unless it is told otherwise, so
    such cells are empty.
    """
    columns = [
        [
            "" if missing else cleaned(value)
            for value, missing in zip(series.tolist(), series.isna().tolist(), strict=True)
        ]
        for _, series in frame.items()
    ]
    return Sheet("", [[*map(str, frame.columns)], *zip(*columns, strict=True)], name)


def _sheet(records: Sequence[Mapping[str, Any]], name: str) -> Sheet:
    header = [*dict.fromkeys(key for record in records for key in record)]
    _check(name, len(header) * len(records))
    rows: Iterable[list[Value]] = (
        [cleaned(record.get(key)) for key in header] for record in records
    )
    return Sheet("", [header, *rows], name)


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Fields of an object; those of objects inside of it by their path."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _check(name: str, n: int, limit: int = MAX_CELLS) -> None:
    if n > limit:
        raise refused_for(name, "is too large", "too-large", what="cells, lines or bytes", n=limit)
