"""
Attacks on files: T23 to T27 and T31, what travels with a figure unseen.

Charts keep the column they were drawn from, tables the names that were filtered out,
archives who packed them. Every file is opened as far as it goes: archives, compressed
and encoded parts, text inside images, arrays inside pages.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.opening import PARQUET, parts
from pkimm_analytics.release import MANIFEST_FILE, TABLE_FILE, check_release

MOST_NUMBERS = 400
"""Longest array that a published file needs."""

_FEWEST = 5
"""Values that an array needs to count as a column."""


@dataclass(frozen=True, eq=False)
class Secrets:
    """
    What must not be found in any file.

    Parameters
    ----------
    words : collection of str
        Pseudonyms, names, addresses, planted sentences; of 4 characters or more.
    level_counts : collection of tuple of int
        Contributors at levels 1 to 5 behind a group, 5 or more: a column in whatever order
        is its counts.
    n_known : callable, optional
        How many of some words must not leave, where they are too many to list.
    """

    words: Collection[str] = ()
    level_counts: Collection[tuple[int, ...]] = ()
    n_known: Callable[[Collection[str]], int] | None = None


def scan_folder(folder: Path, secrets: Secrets | None = None) -> list[Finding]:
    """Scan every file below a folder, or one file."""
    if not folder.is_dir():
        return _scan_path(folder, folder.name, secrets)
    paths = sorted(p for p in folder.rglob("*") if not p.is_dir() or p.is_symlink())
    found = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found.append(Finding("T27", "a link: what it leads to was not searched", where=name))
        else:
            found += _scan_path(path, name, secrets)
    return found


def _scan_path(path: Path, name: str, secrets: Secrets | None) -> list[Finding]:
    if not path.is_file():
        return [Finding("T27", "neither a file nor a folder", where=name)]
    try:
        content = path.read_bytes()
    except OSError:
        return [Finding("T26", "cannot be read, so it was not searched", where=name)]
    return scan_file(name, content, secrets)


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
    found: dict[Finding, None] = {}
    for part in parts(name, content):
        if isinstance(part, Finding):
            found[part] = None
        else:
            scan = _scan_parquet if part[1].startswith(PARQUET) else _scan_text
            found |= dict.fromkeys(scan(*part, secrets or Secrets()))
    return list(found)


# --- T31: what a release says about itself ---------------------------------------------

_PRIVATE = {
    *("assessors", "contributors", "decisions", "host", "key", "key_id", "n", "parents"),
    *("reason_by_group", "rounds", "seed", "true_n", "user"),
}


def check_manifest(folder: Path) -> list[Finding]:
    """T31: compare a release folder with its manifest, and look for private fields in that."""
    release, wrong = check_release(folder)
    told = set() if release is None else _names(release.manifest) & _PRIVATE
    wrong = wrong + [f"holds the private field {name}" for name in sorted(told)]
    return [Finding("T31", text, where=MANIFEST_FILE) for text in wrong]


def _names(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


# --- T23: Parquet ----------------------------------------------------------------------


def _scan_parquet(where: str, content: bytes, secrets: Secrets) -> Iterator[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        table = file.read()
        coded = pq.read_table(io.BytesIO(content), read_dictionary=_texts(table))
    except (OSError, pa.ArrowException):
        yield Finding("T23", "not a readable Parquet file", where=where)
        return
    learned = [*_of_metadata(file.metadata), *_unused_codes(coded)]
    if any(name.startswith("__index") for name in table.column_names):
        learned.append("an index column: gaps tell which rows were removed")
    if Path(where).name == TABLE_FILE and not _is_sorted(table):
        learned.append("rows are not in canonical order")
    yield from (Finding("T23", text, where=where) for text in learned)
    yield from _scan_words(where, content.decode("ascii", "replace"), secrets, is_text=False)
    for name, kind in zip(table.schema.names, table.schema.types, strict=True):
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            values = np.asarray(table.column(name).drop_null().to_numpy(), float)
            yield from _scan_array(f"{where}, column {name}", values, secrets, is_table=True)


def _of_metadata(metadata: Any) -> Iterator[str]:
    """Tell what the end of a Parquet file says about its writer."""
    if metadata.metadata:
        keys = sorted(key.decode(errors="replace") for key in metadata.metadata)
        yield f"key-value metadata: {', '.join(keys)}"
    if metadata.num_row_groups > 1:
        yield f"{metadata.num_row_groups} row groups: the order of writing"
    if not re.fullmatch(r"parquet-cpp-arrow version [\d.]+", metadata.created_by or ""):
        yield "an unusual writer is named"
    places = product(range(metadata.num_row_groups), range(metadata.num_columns))
    if any(metadata.row_group(group).column(i).is_stats_set for group, i in places):
        yield "column statistics: smallest and largest value of each part"


def _texts(table: Any) -> list[str]:
    import pyarrow as pa

    pairs = zip(table.schema.names, table.schema.types, strict=True)
    return [n for n, kind in pairs if pa.types.is_string(kind) or pa.types.is_dictionary(kind)]


def _unused_codes(coded: Any) -> Iterator[str]:
    """Name columns whose dictionary holds values that no row has."""
    for name, column in zip(coded.column_names, coded.columns, strict=True):
        for chunk in column.chunks:
            if hasattr(chunk, "dictionary"):
                used = chunk.dictionary.take(chunk.indices.drop_null().unique()).to_pylist()
                unused = len(set(chunk.dictionary.to_pylist()) - set(used))
                if unused:
                    yield f"column {name} keeps {unused} value(s) that no row has"
                    break


def _is_sorted(table: Any) -> bool:
    names = table.column_names
    if not {"measure", "statistic"} <= set(names):
        return False
    keys = [*names[: names.index("measure")], "measure", "statistic"]
    rows = list(zip(*(table.column(name).to_pylist() for name in keys), strict=True))
    return rows == sorted(rows)


# --- T24 and T25: arrays and charts ------------------------------------------------------


def counts_of(values: Any) -> tuple[int, ...]:
    """Count levels 1 to 5, whatever stands for none; nothing if other numbers are there."""
    numbers = np.asarray(values, float)
    numbers = numbers[np.isfinite(numbers)]
    if not np.isin(numbers, np.arange(-1, 6)).all():
        return ()
    return tuple(np.bincount(np.maximum(numbers, 0).astype(np.int64), minlength=6)[1:6].tolist())


def _scan_array(
    where: str, values: NDArray[np.float64], secrets: Secrets, *, is_table: bool = False
) -> Iterator[Finding]:
    values = values[np.isfinite(values)]
    counts = counts_of(values)
    if sum(counts) >= _FEWEST and counts in secrets.level_counts:
        yield Finding("T24", "holds the levels behind a group", where=where)
    elif len(values) > MOST_NUMBERS and not is_table:
        yield Finding("T24", f"an array of {len(values)} numbers", where=where)


def _scan_json(where: str, value: Any, secrets: Secrets) -> Iterator[Finding]:
    if isinstance(value, Mapping):
        yield from _scan_trace(where, value)
        array = _bdata(value)
        if array is not None:
            yield from _scan_array(f"{where}.bdata", array, secrets)
        for key, inner in value.items():
            yield from _scan_json(f"{where}.{str(key)[:40]}", inner, secrets)
    elif isinstance(value, list):
        numbers = _numbers(value)
        if numbers is not None:
            yield from _scan_array(where, numbers, secrets)
            return
        for name, column in _columns(value):
            yield from _scan_array(f"{where}, {name}", column, secrets)
        for index, inner in enumerate(value):
            yield from _scan_json(f"{where}[{index}]", inner, secrets)


def _numbers(values: Sequence[Any]) -> NDArray[np.float64] | None:
    """Return them as an array, empty places left out; None if they are no numbers."""
    known = [value for value in values if value is not None]
    if not known or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in known):
        return None
    return np.array(known, float)


def _columns(rows: Sequence[Any]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Columns of rows that are written one by one, as objects or as arrays."""
    found: dict[str, list[Any]] = {}
    if all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(name for row in rows for name in row)
        found = {str(name)[:40]: [row.get(name) for row in rows] for name in names}
    elif all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows):
        columns = enumerate(zip(*rows, strict=True), 1)
        found = {f"column {place}": list(column) for place, column in columns}
    for name, column in found.items():
        numbers = _numbers(column)
        if numbers is not None:
            yield name, numbers


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
    if where.lower().endswith((".csv", ".tsv")):
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
    lines = text.splitlines()
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        yield Finding("T24", "a table that cannot be read, so it was not searched", where=where)
        return
    width = max(map(len, rows), default=0)
    for place in range(width):
        cells = [row[place].strip() for row in rows if len(row) > place]
        for column in (cells, cells[1:]):  # with a header and without
            values = [number for cell in column if (number := _number(cell)) is not None]
            if len(values) == sum(map(bool, column)):
                name = f"{where}, column {place + 1}"
                yield from _scan_array(name, np.array(values, float), secrets, is_table=True)


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


# --- T26 and T27: words and provenance ----------------------------------------------------

_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{2,}+@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
)
_PROVENANCE = {
    "a path of a user's machine": re.compile(
        r"(?:/home/|/Users/|/root/|/mnt/c/)[\w.-]+|[A-Za-z]:\\+Users\\+[\w.-]+"
    ),
    "a traceback": re.compile(r"Traceback \(most recent call last\)"),
    "times of execution": re.compile(r'"iopub\.(?:status|execute)|"shell\.execute_reply"'),
    "an author": re.compile(r"<(?:dc:creator|cp:lastModifiedBy)>[^<]+<|/Author ?[(<]"),
}
_SHARE_LINK = re.compile(r"https?://\S+[?#&](?:data|state|assessment|a)=[\w%.-]{40,}")


def _scan_words(
    where: str, text: str, secrets: Secrets, *, is_text: bool = True
) -> Iterator[Finding]:
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
    if not is_text:
        return
    if _ADDRESS.search(text):
        yield Finding("T26", "a mail address", where=where)
    if _SHARE_LINK.search(text):
        yield Finding("T26", "a link that holds an assessment", where=where)
    for what, pattern in _PROVENANCE.items():
        if pattern.search(text):
            yield Finding("T27", what, where=where)
