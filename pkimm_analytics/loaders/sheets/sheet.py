"""A sheet of plain cells, and how a cell reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.sentences import Problems, refused_for

MAX_COLUMNS = 4_000
"""Most columns of a header; a form with a block for each question has some hundred."""
MAX_ROWS = 1_000_000
MAX_CELLS = 5_000_000
"""Most cells of all sheets of a file together."""
ERRORS = frozenset(
    ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"]
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell without a value: an error such as ``#N/A``, or without `error` no stored result."""

    error: str = ""

    def __str__(self) -> str:
        return f"the error {self.error}" if self.error else "a formula without a stored result"


NO_RESULT = Fault()

Value = str | int | float | date | time | timedelta | Fault
"""One cell; the empty cell is the empty text. Truth values are int, days may have a time."""


@dataclass(frozen=True)
class Sheet:
    """
    One sheet of a file.

    Parameters
    ----------
    name : str
        Empty where a file has no sheets.
    rows : sequence of sequence of Value
        All rows from the first one on, each of any length.
    source : str
        How the file is called in messages.
    is_delimited : bool
        Whether the cells were split by a delimiter, so that a row with too few of them
        is a sign of a mistake.
    """

    name: str
    rows: Sequence[Sequence[Value]]
    source: str
    is_delimited: bool = False

    def at(self, row: int, column: int) -> Value:
        """Value of a cell, both counted from 1; empty where there is none."""
        if not 0 < row <= len(self.rows) or not 0 < column <= len(self.rows[row - 1]):
            return ""
        return self.rows[row - 1][column - 1]

    def where(self, row: int, column: int | None = None) -> str:
        """Place as a user reads it, such as ``answers.xlsx, Tool!F14``; a row without column."""
        sheet = f"{self.source}, {self.name}" if self.name else self.source
        if column is None:
            return f"{sheet}, row {row}" if not self.name else f"{sheet}!{row}"
        return f"{sheet}!{column_letters(column)}{row}"

    def filled(self) -> Iterator[tuple[int, Sequence[Value]]]:
        """Rows that hold anything, with their numbers."""
        return ((n, row) for n, row in enumerate(self.rows, 1) if not all(map(is_empty, row)))

    def width(self, row: int) -> int:
        """Cells of a row up to the last one that is not empty."""
        values = self.rows[row - 1] if 0 < row <= len(self.rows) else ()
        return max((n for n, value in enumerate(values, 1) if not is_empty(value)), default=0)

    def table(
        self, header: int, width: int = 0
    ) -> tuple[list[tuple[int, Sequence[Value]]], Problems]:
        """
        Rows below a header, as wide as it is or as is said, and what had to be left out.

        Raises
        ------
        SourceFormatError
            If the header is too wide.
        """
        width = width or self.width(header)
        if width > MAX_COLUMNS:
            where = self.where(header)
            raise refused_for(
                self.source, "has too many columns", "too-many-columns", where, n=MAX_COLUMNS
            )
        rows: list[tuple[int, Sequence[Value]]] = []
        problems = Problems()
        for number, row in self.filled():
            if number <= header:
                continue
            has_more = len(row) > width and not all(map(is_empty, row[width:]))
            if self.is_delimited and (has_more or len(row) < width):
                problems.refuse(self.where(number), "ragged-row", n=len(row), width=width)
                continue
            if has_more:
                problems.refuse(self.where(number, width + 1), "cell-beside-table")
            if len(row) != width:
                row = [*row[:width], *[""] * (width - len(row))]  # noqa: PLW2901
            rows.append((number, row))
        return rows, problems


class Book:
    """
    The sheets of one file, each read when it is asked for.

    Parameters
    ----------
    name : str
        How the file is called in messages.
    sheets : dict of str to Sheet, optional
        Those that are read already.
    """

    kind = ""
    """``xlsx``, ``ods``, ``csv``, ``parquet``, ``arrow`` or ``json``."""
    sheet_names: tuple[str, ...] = ("",)
    """In the order of the file; one empty name where a file has no sheets."""
    problems: Sequence[Problem] = ()
    """Of the file as a whole."""
    application = ""
    """Program that a workbook says it was saved by; may be empty."""
    is_1904 = False
    """Whether numbers that are days count from 1904."""
    hidden: frozenset[str] = frozenset()
    """Sheets that a spreadsheet does not show."""

    def __init__(self, name: str, sheets: dict[str, Sheet] | None = None) -> None:
        self.name = name
        self._sheets = sheets or {}

    def rows(self, sheet: str) -> list[list[Value]]:
        """Values of one sheet."""
        raise NotImplementedError

    def sheet(self, name: str) -> Sheet:
        """
        Read one sheet.

        Raises
        ------
        SourceFormatError
            If it is damaged or too large.
        """
        if name not in self._sheets:
            self._sheets[name] = Sheet(name, self.rows(name), self.name)
        return self._sheets[name]

    def sheets(self) -> list[Sheet]:
        """All sheets, in the order of the file."""
        return [self.sheet(name) for name in self.sheet_names]


def is_empty(value: Value) -> bool:
    """Whether a cell holds nothing but blanks."""
    return isinstance(value, str) and not value.strip()


def text_of(value: Value) -> str:
    """
    Text that a person would have typed for a value; nothing for a fault.

    Examples
    --------
    >>> text_of(3.0), text_of(True), text_of(datetime(2026, 3, 4)), text_of(Fault("#N/A"))
    ('3', 'true', '2026-03-04', '')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Fault):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def cleaned(value: object) -> Value:
    """Turn what a library read into a value; what is none of these becomes a fault."""
    if value is None:
        return ""
    if isinstance(value, str):
        return Fault(value) if value in ERRORS else value
    if isinstance(value, float):
        return value if math.isfinite(value) else Fault("NaN")
    is_value = isinstance(value, int | date | time | timedelta | Fault)
    return value if is_value else Fault(type(value).__name__)  # type: ignore[return-value]


def column_letters(column: int) -> str:
    """Letters of a column number, 1 for ``A``."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the number of a column, 1 for ``A``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
