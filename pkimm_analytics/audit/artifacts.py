"""
Attacks on files: T23 to T27, what travels with a figure unseen.

Charts keep the column they were drawn from, tables the names that were filtered out,
archives who packed them. Every file is opened as far as it goes: archives, compressed
and encoded parts, text inside images, arrays inside pages.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.published import TABLE_FILE

MOST_NUMBERS = 400
"""Longest array that a published file needs."""

_DEPTH = 6
_MOST_BYTES = 200_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Secrets:
    """
    What must not be found in any file.

    Parameters
    ----------
    words : collection of str
        Pseudonyms, names, addresses, planted sentences; of 4 characters or more.
    columns : sequence of array
        Levels behind a group, in any order; 5 values or more.
    n_known : callable, optional
        How many of some words must not leave, where they are too many to list.
    """

    words: Collection[str] = ()
    columns: Sequence[NDArray[Any]] = ()
    n_known: Callable[[Collection[str]], int] | None = None
    _sorted: list[bytes] = field(default_factory=list, repr=False)

    def sorted_columns(self) -> list[bytes]:
        """Columns as sorted bytes, for comparison."""
        if not self._sorted and self.columns:
            self._sorted.extend(_fingerprint(c) for c in self.columns if len(c) >= 5)
        return self._sorted


def scan_folder(folder: Path, secrets: Secrets | None = None) -> list[Finding]:
    """Scan every file below a folder, or one file."""
    is_folder = folder.is_dir()
    paths = sorted(p for p in folder.rglob("*") if not p.is_dir() or p.is_symlink())
    found = []
    for path in paths if is_folder else [folder]:
        name = path.relative_to(folder).as_posix() if is_folder else path.name
        if path.is_symlink() and is_folder:
            found.append(Finding("T27", "a link: what it leads to was not searched", where=name))
        elif not path.is_file():
            found.append(Finding("T27", "neither a file nor a folder", where=name))
        else:
            try:
                content = path.read_bytes()
            except OSError:
                found.append(Finding("T26", "cannot be read, so it was not searched", where=name))
            else:
                found += scan_file(name, content, secrets)
    return found


def scan_file(name: str, content: bytes, secrets: Secrets | None = None) -> list[Finding]:
    """
    Scan one file.

    Parameters
    ----------
    name : str
        Its path inside the release, for messages.
    content : bytes
    secrets : Secrets, optional
        Known words and columns to look for. Without them, only what is suspicious by
        itself is reported.
    """
    secrets = secrets or Secrets()
    found: dict[str, Finding] = {}
    for where, part in _parts(name, content, 0):
        if part[:4] == b"PAR1":
            candidates = _scan_parquet(where, part, secrets)
        else:
            candidates = _scan_text(where, part, secrets)
        for finding in candidates:
            found.setdefault(str(finding), finding)
    return [*found.values(), *_scan_archive(name, content)]


# --- opening -------------------------------------------------------------------------


def _parts(where: str, content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield a file and everything that is packed inside it."""
    yield where, content
    if depth >= _DEPTH:
        return
    for label, inner in _unpacked(content):
        if inner and inner != content:
            yield from _parts(f"{where} > {label}", inner, depth + 1)


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    head = content[:8]
    if head[:4] == b"PK\x03\x04":
        yield from _unzipped(content)
    elif head[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _png_text(content)
    elif head[:4] == b"PAR1":
        yield from _parquet_text(content)
    else:
        for magic, opener in _COMPRESSED.items():
            if content.startswith(magic):
                yield from _decompressed(opener, content)
        if head[:1] == b"\x78":
            yield from _inflated(content)
        if b"\0" in content[:4096]:
            for codec in ("utf-16-le", "utf-16-be"):
                yield codec, content.decode(codec, "ignore").encode("utf-8", "ignore")
        yield from _encoded(content)


def _inflated(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        yield "compressed", zlib.decompressobj().decompress(content, _MOST_BYTES)
    except zlib.error:
        return


_COMPRESSED: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}


def _decompressed(opener: Any, content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        source = io.BytesIO(content)
        stream = opener(fileobj=source) if opener is gzip.GzipFile else opener(source)
        yield "compressed", stream.read(_MOST_BYTES)
    except (OSError, EOFError, lzma.LZMAError, zlib.error):
        return


def _unzipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist()[:10_000]:
                if member.file_size <= _MOST_BYTES:
                    yield member.filename, archive.read(member)
                yield f"{member.filename} (comment)", member.comment
            yield "(comment)", archive.comment
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, zlib.error):
        return


def _png_text(content: bytes) -> Iterator[tuple[str, bytes]]:
    place = 8
    while place + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        if kind == b"tEXt":
            yield "image text", data
        elif kind in (b"zTXt", b"iTXt"):
            yield "image text", data
            for start in range(min(len(data), 200)):
                if data[start : start + 1] == b"\x78":
                    try:
                        yield "image text", zlib.decompress(data[start:])
                    except zlib.error:
                        continue
        elif kind == b"eXIf":
            yield "image metadata", data
        place += 12 + length


def _parquet_text(content: bytes) -> Iterator[tuple[str, bytes]]:
    """All text of a Parquet file: values, unused dictionary values, metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        metadata = file.metadata.metadata or {}
        yield "metadata", b"\n".join(k + b"=" + v for k, v in metadata.items())
        texts = [
            n
            for n, f in zip(file.schema_arrow.names, file.schema_arrow, strict=True)
            if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)
        ]
        for name in texts:
            column = pq.read_table(io.BytesIO(content), columns=[name], read_dictionary=[name])
            for chunk in column.column(0).chunks:
                values = chunk.dictionary.to_pylist() if hasattr(chunk, "dictionary") else []
                yield f"column {name}", "\n".join(str(v) for v in values).encode()
    except (OSError, pa.ArrowException, ValueError):
        return


_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}|&#x?[0-9a-fA-F]+;|%[0-9a-fA-F]{2}")


def _encoded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Text hidden by an encoding: base64, and escapes of JSON, HTML and addresses."""
    for match in _BASE64.finditer(content):
        text = match[0].replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        try:
            yield "base64", base64.b64decode(text + b"=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            continue
    if _ESCAPED.search(content):
        yield "escapes", _ESCAPED.sub(_unescape, content)


def _unescape(match: re.Match[bytes]) -> bytes:
    text = match[0].decode()
    if text.startswith("%"):
        return bytes.fromhex(text[1:])
    try:
        number = _code_point(text)
    except ValueError:
        return match[0]
    return chr(number).encode() if number < 0xD800 else b"?"


def _code_point(text: str) -> int:
    if text.startswith("\\u"):
        return int.from_bytes(bytes.fromhex(text[2:]), "big")
    digits = text[2:-1]
    return int("0" + digits, 0) if digits.startswith("x") else int(digits)


# --- T23: Parquet ----------------------------------------------------------------------


def _scan_parquet(where: str, content: bytes, secrets: Secrets) -> list[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        table = file.read()
    except (OSError, pa.ArrowException):
        return [Finding("T23", "not a readable Parquet file", where=where)]
    learned = []
    metadata = file.metadata
    if metadata.metadata:
        keys = sorted(key.decode(errors="replace") for key in metadata.metadata)
        learned.append(f"key-value metadata: {', '.join(keys)}")
    if metadata.num_row_groups > 1:
        learned.append(f"{metadata.num_row_groups} row groups: the order of writing")
    if not re.fullmatch(r"parquet-cpp-arrow version [\d.]+", metadata.created_by or ""):
        learned.append("an unusual writer is named")
    for group in range(metadata.num_row_groups):
        columns = (metadata.row_group(group).column(i) for i in range(metadata.num_columns))
        if any(column.is_stats_set for column in columns):
            learned.append("column statistics: smallest and largest value of each part")
            break
    index = [n for n in table.column_names if n.startswith("__index")]
    if index:
        learned.append("an index column: gaps tell which rows were removed")
    learned += _unused_codes(content, table)
    if Path(where).name == TABLE_FILE and not _is_sorted(table):
        learned.append("rows are not in canonical order")
    found = [Finding("T23", text, where=where) for text in learned]
    numbers = [n for n in table.column_names if pa.types.is_primitive(table.schema.field(n).type)]
    for name in numbers:
        column = table.column(name).drop_null()
        if pa.types.is_boolean(column.type) or pa.types.is_temporal(column.type):
            continue
        values = np.asarray(column.to_numpy(), float)
        found += _scan_array(f"{where}, column {name}", values, secrets, is_table=True)
    return found


def _unused_codes(content: bytes, table: Any) -> list[str]:
    """Names of columns whose dictionary holds values that no row has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [
        n
        for n in table.column_names
        if pa.types.is_string(table.schema.field(n).type)
        or pa.types.is_dictionary(table.schema.field(n).type)
    ]
    learned = []
    for name in texts:
        plain = pq.read_table(io.BytesIO(content), columns=[name], read_dictionary=[name])
        for chunk in plain.column(0).chunks:
            if hasattr(chunk, "dictionary"):
                used = {
                    chunk.dictionary[i].as_py()
                    for i in chunk.indices.drop_null().unique().to_pylist()
                }
                unused = len(set(chunk.dictionary.to_pylist()) - used)
                if unused:
                    learned.append(f"column {name} keeps {unused} value(s) that no row has")
                    break
    return learned


def _is_sorted(table: Any) -> bool:
    names = table.column_names
    if "measure" not in names or "statistic" not in names:
        return False
    keys = [*names[: names.index("measure")], "measure", "statistic"]
    rows = list(zip(*(table.column(name).to_pylist() for name in keys), strict=True))
    return rows == sorted(rows)


# --- T24 and T25: arrays and charts ------------------------------------------------------


def _fingerprint(values: Any) -> bytes:
    return np.sort(np.asarray(values, float)).tobytes()


def _scan_array(
    where: str, values: NDArray[np.float64], secrets: Secrets, *, is_table: bool = False
) -> list[Finding]:
    values = values[np.isfinite(values)]
    if len(values) >= 5 and _fingerprint(values) in secrets.sorted_columns():
        return [Finding("T24", "holds the levels behind a group", where=where)]
    if len(values) > MOST_NUMBERS and not is_table:
        return [Finding("T24", f"an array of {len(values)} numbers", where=where)]
    return []


def _scan_json(where: str, value: Any, secrets: Secrets) -> Iterator[Finding]:
    if isinstance(value, Mapping):
        yield from _scan_trace(where, value)
        if isinstance(value.get("bdata"), str) and "dtype" in value:
            array = _bdata(value)
            if array is not None:
                yield from _scan_array(f"{where}.bdata", array, secrets)
        for key, inner in value.items():
            yield from _scan_json(f"{where}.{str(key)[:40]}", inner, secrets)
    elif isinstance(value, list):
        if value and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            yield from _scan_array(where, np.array(value, float), secrets)
        else:
            for index, inner in enumerate(value):
                yield from _scan_json(f"{where}[{index}]", inner, secrets)


_RAW_TRACES = {"violin", "histogram", "histogram2d", "histogram2dcontour", "splom", "parcoords",
               "parcats"}  # fmt: skip
_DETAILS = ("customdata", "hovertext", "ids")


def _scan_trace(where: str, trace: Mapping[str, Any]) -> Iterator[Finding]:
    """T25: chart types that hold a point for each organization."""
    kind = trace.get("type")
    has_data = any(key in trace for key in ("x", "y", "dimensions", "values", *_DETAILS))
    if kind in _RAW_TRACES and has_data:
        yield Finding("T25", f"a {kind} keeps every value that it was drawn from", where=where)
    if kind == "box" and not {"q1", "median", "q3"} <= set(trace) and has_data:
        yield Finding("T25", "a box keeps every value that it was drawn from", where=where)
    if kind in ("scatter", "scattergl") and "markers" in str(trace.get("mode", "markers")):
        n = max((_length(trace.get(axis)) for axis in ("x", "y")), default=0)
        if n > 50:
            yield Finding("T25", f"a scatter of {n} points", where=where)
    if kind is not None and any(_length(trace.get(key)) for key in _DETAILS):
        yield Finding("T25", "a chart carries details for each point", where=where)


def _length(value: Any) -> int:
    if isinstance(value, Mapping):
        array = _bdata(value)
        return 0 if array is None else len(array)
    return len(value) if isinstance(value, list) else 0


def _bdata(value: Mapping[str, Any]) -> NDArray[np.float64] | None:
    """Array of a plotly figure that is written as base64."""
    try:
        raw = base64.b64decode(value["bdata"])
        return np.frombuffer(raw, dtype=np.dtype(value["dtype"])).astype(float)
    except (KeyError, TypeError, ValueError):
        return None


def _scan_text(where: str, content: bytes, secrets: Secrets) -> list[Finding]:
    text = content.decode("utf-8", "replace")
    found = [*_scan_words(where, text, secrets)]
    if "\0" in text[:1000]:
        return found
    try:
        for value in _json_values(text):
            found += _scan_json(where, value, secrets)
    except RecursionError:
        found.append(Finding("T24", "nested too deeply to be searched", where=where))
    if where.lower().endswith(".csv"):
        found += _scan_csv(where, text, secrets)
    return found


def _json_values(text: str) -> Iterator[Any]:
    """Every JSON object or array that stands in a text, such as a page."""
    decoder = json.JSONDecoder()
    start = re.compile(r'\{\s*"|\[\s*[\[{"\d.\-]')
    place = 0
    while match := start.search(text, place):
        try:
            value, place = decoder.raw_decode(text, match.start())
            yield value
        except json.JSONDecodeError:
            place = match.start() + 1


def _scan_csv(where: str, text: str, secrets: Secrets) -> Iterator[Finding]:
    import csv

    try:
        rows = list(csv.reader(text.splitlines()))
    except csv.Error:
        return
    width = max(map(len, rows), default=0)
    for place in range(width):
        cells = [row[place] for row in rows[1:] if len(row) > place]
        try:
            values = np.array([float(cell) for cell in cells if cell])
        except ValueError:
            continue
        yield from _scan_array(f"{where}, column {place + 1}", values, secrets, is_table=True)


# --- T26 and T27: words and provenance ----------------------------------------------------

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{2,}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PROVENANCE = {
    "a path of a user's machine": re.compile(
        r"(?:/home/|/Users/|/root/|/mnt/c/)[\w.-]+|[A-Za-z]:\\+Users\\+[\w.-]+"
    ),
    "a traceback": re.compile(r"Traceback \(most recent call last\)"),
    "times of execution": re.compile(r'"iopub\.(?:status|execute)|"shell\.execute_reply"'),
    "an author": re.compile(r"<(?:dc:creator|cp:lastModifiedBy)>[^<]+<"),
}
_SHARE_LINK = re.compile(r"https?://\S+[?#&](?:data|state|assessment|a)=[\w%.-]{40,}")


def _scan_words(where: str, text: str, secrets: Secrets) -> Iterator[Finding]:
    lowered = text.casefold()
    tokens: set[str] | None = None
    words = secrets.words
    if len(words) > 2000:  # one pass over the file instead of one for each word
        tokens = set(re.findall(r"[\w.@-]+", lowered))
        words = [w for w in words if w.casefold() in tokens or " " in w]
    n_hits = sum(1 for word in words if len(word) >= 4 and word.casefold() in lowered)
    if secrets.n_known is not None:
        shown = set(re.findall(r"[\w.@-]+|\w+", text))
        n_hits += secrets.n_known(shown | {word.upper() for word in shown})
    if n_hits:
        yield Finding("T26", f"{n_hits} word(s) that must not leave", where=where)
    if _ADDRESS.search(text):
        yield Finding("T26", "a mail address", where=where)
    if _SHARE_LINK.search(text):
        yield Finding("T26", "a link that holds an assessment", where=where)
    for what, pattern in _PROVENANCE.items():
        if pattern.search(text):
            yield Finding("T27", what, where=where)


def _scan_archive(name: str, content: bytes) -> list[Finding]:
    if content[:4] != b"PK\x03\x04":
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            dated = [m.filename for m in archive.infolist() if m.date_time != _EPOCH]
    except zipfile.BadZipFile:
        return [Finding("T27", "a damaged archive", where=name)]
    return [Finding("T27", f"{len(dated)} member(s) carry a time", where=name)] if dated else []
