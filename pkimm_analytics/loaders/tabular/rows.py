"""
From the rows of a table to what is said about each assessment.

A source (CSV, data frame, sheet) becomes a :class:`Table` of plain cells. Here its
header is understood, and its rows are sorted into one :class:`Group` for each
assessment: claims about properties, and entries that answer an element. A wide row
is taken apart into the same claims and entries as a long table has.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.tabular.template import (
    ANSWER,
    LONG,
    LONG_TEXT,
    PROPERTIES,
    RARE,
    SHOWN,
    STATED,
    is_element_like,
    property_kind,
    spelled,
)

Cell = str | int | float | bool
Shape = Literal["long", "wide", "properties"]
Place = Callable[[int, int | None], str]

MAX_COLUMNS = 2_000
"""Most columns of a table; the wide layout of the largest edition has about 200."""

MAX_PROBLEMS = 200
"""Most problems that are listed one by one."""


@dataclass(frozen=True)
class Table:
    """
    A table as cells.

    Parameters
    ----------
    header : tuple of str
        Names of the columns, trimmed, in lower case, blanks as ``_``.
    rows : sequence of (int, sequence of Cell)
        Number of each row as its users count, and its cells, as many as the header
        has. An empty cell is ``""``.
    place : callable
        Place in the source of a row and, if given, a column (counted from 0).
    header_row : int
        Number of the row that the header stands in.
    """

    header: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[Cell]]]
    place: Place
    header_row: int = 1

    def header_place(self, column: int | None = None) -> str:
        """Place of the header or of one of its cells."""
        return self.place(self.header_row, column)

    def is_used(self, column: int) -> bool:
        """Return whether any cell of a column holds something."""
        return any(not is_blank(row[column]) for _, row in self.rows)


@dataclass(frozen=True, slots=True)
class Entry:
    """Some cells of one row, by the column of the template that they stand for."""

    table: Table
    row: int
    cells: dict[str, Cell]
    columns: dict[str, int]

    def text(self, column: str) -> str:
        """Text of a cell without blanks around it; empty if there is none."""
        return as_text(self.cells.get(column, "")).strip()

    def where(self, column: str = "") -> str:
        """Place of the row or of one of its cells."""
        return self.table.place(self.row, self.columns.get(column))


@dataclass(frozen=True, slots=True)
class Claim:
    """What one cell says about a property; `is_row` if the whole row is about it."""

    value: Cell
    where: str
    is_row: bool = False


@dataclass(frozen=True)
class Group:
    """Everything that a source says about one assessment; `label` may be empty."""

    label: str
    part: str
    where: str
    shape: Shape = "long"
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def as_text(cell: Cell) -> str:
    """Return a cell as text: ``3.0`` is ``3``, true is ``true``."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _says(column: str, cell: Cell) -> bool:
    """Tell whether a cell holds something; in free text even a blank is something."""
    is_text = column in LONG_TEXT or property_kind(column) == "text"
    return cell != "" if is_text else not is_blank(cell)


def is_blank(cell: Cell) -> bool:
    """Return whether a cell holds nothing but blanks."""
    return isinstance(cell, str) and not cell.strip()


def plain_cell(value: object) -> Cell | None:
    """
    Return a value of a data frame or spreadsheet as a cell.

    None becomes the empty cell, a day or time its ISO form. What is no text, number,
    truth value or time, or is text that cannot be written as UTF-8, gives None.
    """
    if hasattr(value, "item") and type(value).__module__ == "numpy":
        value = value.item()
    if isinstance(value, Decimal):
        value = float(value)
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str):
        return str(value) if _is_unicode(value) else None
    if isinstance(value, int):
        return value if value.bit_length() <= 256 else None
    return value if isinstance(value, float) else None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def column_name(label: str) -> str:
    """Return a header as it is looked up: trimmed, lower case, blanks as ``_``."""
    return "_".join(label.lower().split()).removeprefix("@")


def shown_column(column: str, index: int) -> str:
    """Return how to call a column in messages: its name, or its number if it may be private."""
    if is_element_like(column):
        return spelled(column)
    return column if is_known_column(column) else f"number {index + 1}"


def is_known_column(column: str) -> bool:
    """Return whether the template has such a column, in either layout."""
    return column in {*LONG, *RARE, *SHOWN, "property"} or _is_subject(column)


def _is_subject(column: str) -> bool:
    return property_kind(column) is not None or is_element_like(column)


def shape_of(header: Sequence[str]) -> Shape | None:
    """Tell the layout of a table from its header, None if it is not of the template."""
    if "property" in header and "value" in header:
        return "properties"
    if "element" in header or ("native_id" in header and "level" in header):
        return "long"
    return "wide" if any(is_element_like(column) for column in header) else None


def check_header(table: Table, shape: Shape, name: str) -> list[Problem]:
    """
    Remark on the columns that are not of the template.

    Raises
    ------
    SourceFormatError
        If a column is there twice, both layouts are mixed or ``level`` is missing.
    """
    faults, remarks = [], []
    twice = {c for c, n in Counter(table.header).items() if n > 1 and is_known_column(c)}
    faults += [
        Problem(table.header_place(index), "this column is there twice; expected it once")
        for index, column in enumerate(table.header)
        if column in twice and column in table.header[:index]
    ]
    if shape == "long" and "level" not in table.header:
        message = f"column level is missing; {_EXPECTED_LONG}"
        faults.append(Problem(table.header_place(), message))
    for index, column in enumerate(table.header):
        where = table.header_place(index)
        if shape == "long" and is_element_like(column):
            message = f"a column for one element beside the column element; {_EXPECTED_LONG}"
            faults.append(Problem(where, message))
        elif not _belongs(column, shape):
            used = table.is_used(index)
            if used or column:
                remarks.append(Problem(where, _unknown_column(column), refused=used))
    if faults:
        raise SourceFormatError(
            f"{name} has a header that cannot be read. Nothing was imported.", capped(faults)
        )
    return remarks


_EXPECTED_LONG = "a long table has the columns element and level, and a row for each answer"


def _belongs(column: str, shape: Shape) -> bool:
    if column in {"assessment", *STATED, *SHOWN} or property_kind(column):
        return True
    if shape == "wide":
        return is_element_like(column)
    return column in {*LONG, *RARE, "property"}


def _unknown_column(column: str) -> str:
    known = [*LONG, *RARE, *PROPERTIES]
    close = difflib.get_close_matches(column[:60], known, n=1, cutoff=0.75)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"this column is not part of the template and was left out{hint}"


# --- long ------------------------------------------------------------------------


def long_groups(tables: Sequence[Table], problems: list[Problem]) -> list[Group]:
    """
    Sort the rows of long tables and of tables of properties by assessment.

    What belongs to no assessment is appended to `problems`.
    """
    groups: dict[str, Group] = {}
    entries = [entry for table in tables for entry in _long_entries(table)]
    named = any(entry.text("assessment") for entry in entries)
    for entry in entries:
        label = entry.text("assessment")
        if named and not label:
            message = "column assessment is empty, while other rows have a name; row left out"
            problems.append(Problem(entry.where("assessment"), message))
            continue
        if label not in groups:
            groups[label] = Group(label, label, entry.where())
        _sort_in(entry, groups[label])
    return list(groups.values())


def _long_entries(table: Table) -> Iterator[Entry]:
    columns = {
        ("element" if column == "property" else column): index
        for index, column in enumerate(table.header)
        if column and (column in {*LONG, *RARE, "property"} or property_kind(column))
    }
    for number, row in table.rows:
        cells = {c: row[i] for c, i in columns.items() if _says(c, row[i])}
        yield Entry(table, number, cells, columns)


def _sort_in(entry: Entry, group: Group) -> None:
    """Add the claims of one row to its group, and its entry or one more claim."""
    for column in entry.cells:
        if column in STATED or (property_kind(column) and column != "extra"):
            _claim(group, column, entry, column)
    element = column_name(entry.text("element"))
    if element in STATED or property_kind(element):
        _property_row(entry, element, group)
    elif element or entry.text("native_id"):
        if "value" in entry.cells:
            message = "only properties have a value; left out. Levels stand in column level"
            group.problems.append(Problem(entry.where("value"), message))
        group.entries.append(entry)
    elif any(column in entry.cells for column in (*ANSWER, "value", "extra")):
        message = "names no element; expected a key such as G.compliance; row left out"
        group.problems.append(Problem(entry.where("element"), message))


def _property_row(entry: Entry, name: str, group: Group) -> None:
    stray = [column for column in (*ANSWER, "extra") if column in entry.cells]
    group.problems.extend(
        Problem(entry.where(column), f"{name} has its text in column value; this cell was left out")
        for column in stray
    )
    if "part" in entry.cells:
        group.entries.append(entry)
    elif "value" in entry.cells:
        _claim(group, name, entry, "value", is_row=True)


def _claim(group: Group, name: str, entry: Entry, column: str, *, is_row: bool = False) -> None:
    value = entry.cells[column]
    if is_blank(value) and property_kind(name) != "text":
        return
    claims = group.claims.setdefault(name, [])
    if len(claims) > MAX_PROBLEMS:
        return  # they contradict each other already
    if is_row or not any(claim.value == value for claim in claims):
        claims.append(Claim(value, entry.where(column), is_row))


# --- wide ------------------------------------------------------------------------


def wide_groups(table: Table, problems: list[Problem]) -> Iterator[Group]:
    """Take each row of a wide table apart; rows that share a name are one or refused."""
    at = table.header.index("assessment") if "assessment" in table.header else None
    roles = [(index, column, _role(column)) for index, column in enumerate(table.header)]
    by_label: dict[str, list[int]] = {}
    for index, (_, row) in enumerate(table.rows):
        label = "" if at is None else as_text(row[at]).strip()
        by_label.setdefault(label or f"\0{index}", []).append(index)
    for label, indexes in by_label.items():
        if _is_one(table, indexes, at, problems):
            number, row = table.rows[indexes[0]]
            named = "" if label.startswith("\0") else label
            yield _wide_group(table, number, row, named, roles)


def _is_one(table: Table, indexes: Sequence[int], at: int | None, problems: list[Problem]) -> bool:
    """Tell whether rows of one name say the same; remark on it, or refuse them all."""
    rows = [table.rows[index] for index in indexes]
    same = all(list(row) == list(rows[0][1]) for _, row in rows)
    for number, _ in rows[1:]:
        first = table.place(rows[0][0], None)
        message = (
            f"repeats {first}; read once"
            if same
            else f"has the name of {first} and says something else; all of that name were left out"
        )
        problems.append(Problem(table.place(number, at), message, refused=not same))
    return same


def _role(column: str) -> Literal["claim", "entry"] | None:
    """Tell what a cell of a column of the wide layout is; None if it is not looked at."""
    if column in {"", "assessment", *SHOWN}:
        return None
    if column in STATED or property_kind(column):
        return "claim"
    return "entry" if is_element_like(column) else None


def _wide_group(
    table: Table,
    number: int,
    row: Sequence[Cell],
    label: str,
    roles: Sequence[tuple[int, str, str | None]],
) -> Group:
    group = Group(label, label or f"row {number}", table.place(number, None), "wide")
    for index, column, role in roles:
        if role is None or row[index] == "" or not _says(column, row[index]):
            continue
        if role == "claim":
            claim = Claim(row[index], table.place(number, index))
            group.claims.setdefault(column, []).append(claim)
        else:
            cells: dict[str, Cell] = {"element": column, "level": row[index]}
            columns = {"element": index, "level": index}
            group.entries.append(Entry(table, number, cells, columns))
    return group


def capped(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the first problems and, if there are too many, how many more there are."""
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    rest = problems[MAX_PROBLEMS:]
    more = Problem("", f"and {len(rest):,} more", refused=any(p.refused for p in rest))
    return (*problems[:MAX_PROBLEMS], more)
