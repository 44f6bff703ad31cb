"""
A form export as a grid of cells with places: CSV or xlsx, whatever its header says.

Reading is defensive and keeps what it can: rows before a broken quote are read, rows
that do not fit the header are named and left out. A cell may be of any length here;
what is too long for a comment is refused by name where it belongs.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import MAX_BYTES, check_size
from pkimm_analytics.loaders.tabular.delimited import decode_text
from pkimm_analytics.loaders.tabular.rows import MAX_COLUMNS, Place, as_text, plain_cell
from pkimm_analytics.loaders.tabular.template import from_csv_text
from pkimm_analytics.loaders.tabular.workbook import Places, open_sheets

MAX_ROWS = 500_000
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Grid:
    """
    A table of texts.

    Parameters
    ----------
    sheet : str
        Name of the sheet; empty for CSV.
    header : tuple of str
        Texts of the first row that has any.
    rows : sequence of (int, sequence of str)
        Number of each row as its users count, and as many texts as the header has.
    place : callable
        Place of a row and, if given, a column (counted from 0).
    """

    sheet: str
    header: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[str]]]
    place: Place

    def column(self, index: int) -> list[str]:
        """Texts of a column without blanks around them; empty ones are left out."""
        return [text for _, row in self.rows if (text := row[index].strip())]


def read_grids(content: bytes, name: str, problems: list[Problem]) -> list[Grid]:
    """
    Read every table of a file.

    Parameters
    ----------
    content : bytes
        xlsx, or text with a delimiter.
    name : str
        How to call the file in messages.
    problems : list of Problem
        Takes a problem for each row that was left out.

    Raises
    ------
    SourceFormatError
        If the file is neither, has no header or is too large.
    """
    check_size(name, len(content))
    if content.startswith(b"PK\x03\x04"):
        grids = list(_sheets(content, name, problems))
    else:
        grids = [_csv(content, name, problems)]
    grids = [grid for grid in grids if any(grid.header)]
    if not grids:
        raise SourceFormatError(
            f"{name} has no table. Nothing was imported.",
            [Problem(name, "expected a first row with the questions of the form")],
        )
    return grids


# --- xlsx ------------------------------------------------------------------------------


def _sheets(content: bytes, name: str, problems: list[Problem]) -> Iterator[Grid]:
    for sheet, rows in open_sheets(content, name):
        place = Places(f"{name}, {sheet}")
        header: tuple[str, ...] = ()
        found: list[tuple[int, Sequence[str]]] = []
        for number, row in enumerate(rows, 1):
            texts = [_text(value) for value in row[: MAX_COLUMNS + 1]]
            if not any(text.strip() for text in texts):
                continue
            if not header:
                header = _header(texts, place(number, None))
                continue
            if any(text.strip() for text in texts[len(header) :]):
                message = "a cell to the right of the header; left out"
                problems.append(Problem(place(number, len(header)), message))
            padding = [""] * (len(header) - len(texts))
            found.append((number, [*texts[: len(header)], *padding]))
        yield Grid(sheet, header, found, place)


def _text(value: object) -> str:
    cell = plain_cell(value)
    return "" if cell is None else as_text(cell)


def _header(texts: Sequence[str], where: str) -> tuple[str, ...]:
    labels = [" ".join(text.split()) for text in texts]
    while labels and not labels[-1]:
        labels.pop()
    if len(labels) > MAX_COLUMNS:
        raise SourceFormatError(
            "The table has too many columns. Nothing was imported.",
            [Problem(where, f"more than {MAX_COLUMNS:,} columns")],
        )
    return tuple(labels)


# --- CSV -------------------------------------------------------------------------------

_field_limit = threading.Lock()


def _csv(content: bytes, name: str, problems: list[Problem]) -> Grid:
    text, comments = decode_text(content, name)
    problems += comments
    if "\0" in text[:4096]:
        raise SourceFormatError(
            f"{name} is neither xlsx nor text. Nothing was imported.",
            [Problem(name, "export the answers as CSV (UTF-8) or xlsx")],
        )
    delimiter = _delimiter(text)
    header: tuple[str, ...] = ()
    found: list[tuple[int, Sequence[str]]] = []

    def place(row: int, column: int | None) -> str:
        spot = f"{name}, row {row}"
        return spot if column is None else f"{spot}, column {column + 1}"

    for number, record in _records(text, delimiter, name, problems):
        if not any(cell.strip() for cell in record):
            continue
        if not header:
            header = _header(record, place(number, None))
        elif len(record) < len(header) or any(cell.strip() for cell in record[len(header) :]):
            message = (
                f"{len(record)} cells, while the header has {len(header)}; is a delimiter or a"
                " quote missing? The row was left out"
            )
            problems.append(Problem(place(number, None), message))
        else:
            found.append((number, [from_csv_text(cell) for cell in record[: len(header)]]))
    return Grid("", header, found, place)


def _delimiter(text: str) -> str:
    """Take the delimiter that splits the first line into most cells."""
    line = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    return max(DELIMITERS, key=lambda d: (line.count(d), -DELIMITERS.index(d)))


def _records(
    text: str, delimiter: str, name: str, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Yield numbered records; where quotes break, say so and stop."""
    with _field_limit:  # the limit is one for the whole process
        before = csv.field_size_limit(MAX_BYTES)
        try:
            reader = csv.reader(
                io.StringIO(text.replace("\0", " "), newline=""), delimiter=delimiter, strict=True
            )
            number = 0
            while number < MAX_ROWS:
                number += 1
                try:
                    record = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    message = (
                        "a quote is missing or one too many; this row and what follows was left out"
                    )
                    problems.append(Problem(f"{name}, row {number}", message))
                    return
                yield number, record
            problems.append(
                Problem(
                    f"{name}, row {number}", f"more than {MAX_ROWS:,} rows; the rest was left out"
                )
            )
        finally:
            csv.field_size_limit(before)
