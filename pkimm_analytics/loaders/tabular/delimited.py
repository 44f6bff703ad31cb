"""
CSV and its relatives: encoding, delimiter and quotes, read without guessing in silence.

UTF-8 and UTF-16 are told by their bytes; anything else is read as Windows-1252, which
older spreadsheets write, and that is remarked. The delimiter is the one that makes
the header match the template.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from itertools import islice

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import check_size
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.tabular.build import Origin, read_tables
from pkimm_analytics.loaders.tabular.rows import (
    MAX_COLUMNS,
    Cell,
    Table,
    column_name,
    is_known_column,
    shown_column,
)
from pkimm_analytics.loaders.tabular.template import from_csv_text, is_element_like

DELIMITERS = ",;\t"

MAX_ROWS = 500_000
"""Most rows of a file; 20 MB of real answers have about 200,000."""

_HEADER_SIZE = 65_536
"""Characters that are looked at to tell a table from other text."""


def read_csv(content: bytes, name: str, tell: Callable[[], object] | None = None) -> list[Loaded]:
    """
    Read all assessments of a CSV file of the template, long or wide.

    Parameters
    ----------
    content : bytes
        UTF-8, UTF-16 with its mark, or Windows-1252; delimited by comma, semicolon
        or tab.
    name : str
        How to call the file in messages.
    tell : callable, optional
        Called after each assessment.

    Returns
    -------
    list of Loaded
        What could be read. Problems of the file as a whole, and of assessments that
        had to be left out, stand with the first one.

    Raises
    ------
    SourceFormatError
        If nothing could be read; all problems are listed.
    """
    check_size(name, len(content))
    text, problems = decode_text(content, name)
    table = _table(text, name, problems)
    return read_tables([table], Origin(content, name, "csv", tell), problems)


def looks_like_csv(text: str) -> bool:
    """
    Return whether a text begins with a header of the template.

    The text may have been decoded carelessly: marks of an encoding and the zeros of
    UTF-16 are looked through.
    """
    start = text[:_HEADER_SIZE].replace("\0", "").lstrip("\ufeffï»¿ÿþ")
    _, header = _header(_after_sep(start)[1])
    names = [column_name(label) for label in header[:MAX_COLUMNS]]
    if {"element", "native_id"} & {*names}:
        return True
    if any("." in name and is_element_like(name) for name in names):
        return True
    return sum(map(is_known_column, names)) >= 2


def decode_text(content: bytes, name: str) -> tuple[str, list[Problem]]:
    """
    Decode a table: UTF-8, UTF-16 with its mark, or Windows-1252, which is remarked.

    Raises
    ------
    SourceFormatError
        If it is none of these.
    """
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        return content.decode("utf-16" if content.startswith(marks) else "utf-8-sig"), []
    except UnicodeDecodeError as error:
        place = f"{name}, byte {error.start + 1:,}"
    message = "not UTF-8; read as Windows-1252: check accents, or save the file as UTF-8"
    try:
        if not content.startswith(marks):
            return content.decode("cp1252"), [Problem(place, message, refused=False)]
    except UnicodeDecodeError as error:
        place = f"{name}, byte {error.start + 1:,}"
    raise SourceFormatError(
        f"{name} is not text. Nothing was imported.",
        [Problem(place, "neither UTF-8, UTF-16 nor Windows-1252; save the table as CSV UTF-8")],
    )


def _table(text: str, name: str, problems: list[Problem]) -> Table:
    """Split a text into a table; rows that do not fit the header are left out."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = "holds a NUL character, which no text has; save the table as CSV UTF-8"
        raise SourceFormatError(
            f"{name} is not text. Nothing was imported.", [Problem(f"{name}, line {line}", message)]
        )
    first, text = _after_sep(text.lstrip("\ufeff"))
    delimiter, labels = _header(text)
    if not labels:
        message = "there is no header; expected a table of the template"
        raise SourceFormatError(
            f"{name} has no content. Nothing was imported.", [Problem(name, message)]
        )
    if len(labels) > MAX_COLUMNS:
        message = f"{len(labels):,} columns; expected at most {MAX_COLUMNS:,}"
        raise SourceFormatError(
            f"{name} has too many columns. Nothing was imported.", [Problem(name, message)]
        )
    header = tuple(column_name(label) for label in labels)
    rows: list[tuple[int, Sequence[Cell]]] = []
    header_row = 0
    records = _records(text, delimiter, name, first)
    place = Places(name, header)
    for number, record in enumerate(records, first):
        if not any(cell.strip() for cell in record):
            continue
        if not header_row:
            header_row = number
            continue
        if len(record) < len(header) or any(cell.strip() for cell in record[len(header) :]):
            problems.append(Problem(place(number, None), _ragged(len(record), len(header))))
        else:
            rows.append((number, [from_csv_text(cell) for cell in record[: len(header)]]))
    return Table(header, rows, place, header_row)


class Places:
    """Names the places of a CSV file as a spreadsheet shows them: the header is row 1."""

    def __init__(self, name: str, header: Sequence[str]) -> None:
        self.name = name
        self.header = header

    def __call__(self, row: int, column: int | None) -> str:
        """Place of a row or of one of its cells."""
        if column is None:
            return f"{self.name}, row {row}"
        return f"{self.name}, row {row}, column {shown_column(self.header[column], column)}"


def _ragged(found: int, expected: int) -> str:
    return (
        f"{found} cells, while the header has {expected}; is a delimiter or a quote missing?"
        " The row was left out"
    )


def _after_sep(text: str) -> tuple[int, str]:
    """Skip the line ``sep=;`` that spreadsheets understand; also return the next row's number."""
    line, _, rest = text.partition("\n")
    return (
        (2, rest) if line.strip().lower() in {f"sep={d}".strip() for d in DELIMITERS} else (1, text)
    )


def _header(text: str) -> tuple[str, list[str]]:
    """Return the delimiter that makes most sense of the first row, and that row."""
    found = [(delimiter, _first_row(text, delimiter)) for delimiter in DELIMITERS]
    return max(found, key=lambda pair: _known(pair[1]))


def _known(labels: Sequence[str]) -> tuple[int, bool]:
    names = (column_name(label) for label in labels[:MAX_COLUMNS])
    return sum(map(is_known_column, names)), bool(labels)


def _first_row(text: str, delimiter: str) -> list[str]:
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                return row
    except csv.Error:
        pass
    return []


def _records(text: str, delimiter: str, name: str, first: int) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        records = list(islice(reader, MAX_ROWS + 1))
    except csv.Error as error:
        reason = next((ours for theirs, ours in _REASONS.items() if theirs in str(error)), "")
        where = f"{name}, line {reader.line_num + first - 1}"
        message = reason or "a quote stands in the middle of a cell; write two of them"
        raise SourceFormatError(
            f"{name} is not readable as CSV. Nothing was imported.", [Problem(where, message)]
        ) from None
    if len(records) > MAX_ROWS:
        raise SourceFormatError(
            f"{name} has too many rows. Nothing was imported.",
            [Problem(name, f"more than {MAX_ROWS:,} rows; split the file")],
        )
    return records


_REASONS = {
    "unexpected end": "a quote was opened and never closed",
    "field limit": "a cell is longer than 131,072 characters; is a closing quote missing?",
}
