"""
From the rows of tables to what is said about each assessment.

One assessment is what has the same name, organization, use case and date. A row of a
long table is one answer or one property; a row of a wide table, or a column of a matrix,
is taken apart into the same cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.column_map import IGNORE
from pkimm_analytics.loaders.loaded import MAX_PROBLEMS, capped
from pkimm_analytics.loaders.sentences import Problems, refused, refused_for
from pkimm_analytics.loaders.sheets import Sheet, Value, is_empty, text_of
from pkimm_analytics.loaders.tabular.columns import TableColumn, TableColumns
from pkimm_analytics.loaders.tabular.elements import is_id_like
from pkimm_analytics.loaders.tabular.fields import ANSWER, CLAIMED, IDENTITY, SUBJECT, field_of

MAX_ROWS = 250_000
"""Most answers that are taken apart one by one; rows of plain levels may be more."""
_MODULES = frozenset({*"gmor", "governance", "management", "operations", "resources"})

Key = tuple[str, ...]
Row = Sequence[Value]


class Cell(NamedTuple):
    """What a cell holds, and its place; a whole row has no column."""

    value: Value
    sheet: Sheet
    row: int
    column: int | None = None

    @property
    def where(self) -> str:
        """Place as a user reads it."""
        return self.sheet.where(self.row, self.column)


@dataclass
class Table:
    """A sheet, what its columns hold, and its rows below the header."""

    sheet: Sheet
    columns: TableColumns
    rows: Sequence[tuple[int, Row]]

    def value(self, row: Row, column: TableColumn) -> Value:
        """Cell of a row, in the words that the map gives for it."""
        value = row[column.number - 1]
        words = self.columns.values.get(column.field)
        return words.get(plain(text_of(value)), value) if words else value

    def cells(self, number: int, row: Row, columns: Sequence[TableColumn]) -> dict[str, Cell]:
        """Cells of some columns of a row that are not empty, by field."""
        return {
            column.field: Cell(value, self.sheet, number, column.number)
            for column in columns
            if not is_empty(value := self.value(row, column))
        }

    def header(self, column: TableColumn | None = None) -> str:
        """Place of the header of a column, or of all of them."""
        return self.sheet.where(self.columns.header, column.number if column else None)

    @cached_property
    def fields(self) -> list[TableColumn]:
        """Columns that hold a field."""
        return [
            c
            for c in self.columns.columns
            if c.field != IGNORE and not c.element and not c.assessment
        ]

    @cached_property
    def claimed(self) -> list[TableColumn]:
        """Columns that say something about a whole assessment."""
        return [c for c in self.fields if c.field in CLAIMED]

    @cached_property
    def elements(self) -> list[TableColumn]:
        """Columns that hold the levels of one element."""
        return [c for c in self.columns.columns if c.element and c.field != IGNORE]

    @cached_property
    def subject_columns(self) -> list[TableColumn]:
        """Columns that say which element a row is about."""
        return [c for name in SUBJECT for c in self.columns.of(name)]

    @cached_property
    def key_columns(self) -> list[TableColumn]:
        """Columns that tell one assessment from another; that of its name is the first."""
        return [c for name in ("assessment", *IDENTITY) for c in self.columns.of(name)]

    @cached_property
    def is_named(self) -> bool:
        """Whether a column has the names of the assessments."""
        return bool(self.columns.of("assessment"))

    def key(self, row: Row) -> Key:
        """Return what tells the assessment of a row from others."""
        return tuple(text_of(row[column.number - 1]).strip() for column in self.key_columns)

    def subject(self, number: int, row: Row) -> tuple[str, str]:
        """Key or number of the element that a row is about, and its title."""
        cells = self.cells(number, row, self.subject_columns)
        element, native_id, title = (
            text_of(cells[name].value).strip() if name in cells else "" for name in SUBJECT
        )
        if element and native_id and plain(element) != plain(native_id):
            title = title if is_id_like(element) else element
            return (native_id if title == element else element), title or native_id
        return element or native_id or title, title if element or native_id else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says about one element, by field."""

    row: Cell
    subject: str
    title: str
    cells: dict[str, Cell]

    def where(self, *names: str) -> str:
        """Place of the first of some cells that is there, else of the row."""
        return next((self.cells[name] for name in names if name in self.cells), self.row).where

    def value(self, name: str) -> Value:
        """Cell of a field; empty if there is none."""
        return self.cells[name].value if name in self.cells else ""


@dataclass
class Group:
    """Everything that a source says about one assessment; `label` may be empty."""

    label: str
    part: str
    place: Cell
    shape: str = "long"
    claims: defaultdict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    entries: list[Entry] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Place of its first row, or of its column."""
        return self.place.where

    def claim(self, name: str, cell: Cell) -> None:
        """Add what a cell says about a property, unless it said so before."""
        said = self.claims[name]
        if len(said) < MAX_PROBLEMS and all(other.value != cell.value for other in said):
            said.append(cell)

    def take(self, entry: Entry, problems: Problems) -> None:
        """Add what a row says: about an element, or about a property."""
        name = field_of(entry.subject)[0]
        value = entry.cells.get("value")
        if name in CLAIMED:
            cell = value or entry.cells.get("level")
            if cell:
                self.claim(name, cell)
        elif any(name in entry.cells for name in (*ANSWER, "value")):
            self.entries.append(entry)
            if value:
                problems.refuse(value.where, "value-of-element")


def check_columns(table: Table, problems: Problems) -> None:
    """
    Say which columns cannot be read beside the others.

    Raises
    ------
    SourceFormatError
        If two columns hold the same.
    """
    seen: set[tuple[str, str | None]] = set()
    faults = Problems()
    for column in table.columns.columns:
        what = column.element or column.assessment
        if (column.field, what) in seen and column.field != IGNORE:
            faults.refuse(table.header(column), "column-twice", what=what or column.field)
        seen.add((column.field, what))
        if column.element and table.columns.shape != "wide":
            say = problems.refuse if is_id_like(column.element) else problems.remark
            say(table.header(column), "column-beside-rows")
    if faults:
        raise refused(table.sheet.source, "has a header that cannot be read", capped(faults))
    if not table.rows:
        problems.refuse(table.header(), "no-rows")


def too_many(name: str, n: int, what: str) -> SourceFormatError:
    """Error for a table that would take too long."""
    return refused_for(name, "is too large", "too-many", n=n, what=what)


def groups_of(tables: Sequence[Table], problems: Problems) -> Iterator[Group]:
    """Sort what tables say by assessment; what belongs to none is added to `problems`."""
    long = [table for table in tables if table.columns.shape in {"long", "properties"}]
    groups: dict[Key, Group] = {}
    names = _sheet_names(long, problems)
    for table in long:
        for key, entry in _long_entries(table, names.get(table.sheet.name, ""), problems):
            group = groups.setdefault(key, Group(key[0], "\0".join(key), entry.row))
            for column in table.claimed:
                if column.field in entry.cells:
                    group.claim(column.field, entry.cells[column.field])
            group.take(entry, problems)
    yield from _unambiguous(groups, problems)
    for table in tables:
        if table.columns.shape == "matrix":
            yield from _matrix_groups(table, problems)


def _sheet_names(tables: Sequence[Table], problems: Problems) -> dict[str, str]:
    """Names of the sheets that are an assessment each, because several say nothing else."""
    unnamed = [t for t in tables if t.columns.shape == "long" and not t.key_columns]
    if len(unnamed) < 2:
        return {}
    subjects = [{plain(t.subject(n, row)[0]) for n, row in t.rows} - {""} for t in unnamed]
    are_parts = len(set().union(*subjects)) == sum(map(len, subjects))
    if are_parts and all(_is_module(table.sheet.name) for table in unnamed):
        problems.remark(unnamed[0].sheet.source, "sheets-of-modules")
        return {}
    return {table.sheet.name: table.sheet.name for table in unnamed}


def _is_module(name: str) -> bool:
    return not _MODULES.isdisjoint(plain(name).replace("-", " ").replace(".", " ").split())


def _long_entries(table: Table, name: str, problems: Problems) -> list[tuple[Key, Entry]]:
    """Rows with what tells their assessment from others; `name` is that of the sheet."""
    if len(table.rows) > MAX_ROWS:
        raise too_many(table.sheet.source, MAX_ROWS, "rows of single answers")
    is_named = bool(name) or any(any(table.key(row)) for _, row in table.rows)
    identity = IDENTITY if table.key_columns else ()
    n_nameless = 0
    found = []
    for number, row in table.rows:
        cells = table.cells(number, row, table.fields)
        entry = Entry(Cell("", table.sheet, number), *table.subject(number, row), cells)
        texts = [text_of(entry.value(n)).strip() for n in ("assessment", *identity)]
        key = (texts[0] or name, *texts[1:])
        if is_named and not any(key):
            n_nameless += 1
            problems.refuse(entry.row.where, "nobodys-row")
        else:
            found.append((key, entry))
    if n_nameless * 3 > len(found):  # as where a name stands in the first of its rows only
        problems.refuse(table.header(), "nobodys-rows")
        return []
    return found


def _unambiguous(groups: dict[Key, Group], problems: Problems) -> Iterator[Group]:
    """Leave out groups of which some rows say the organization, use case or date, others not."""
    by_label: defaultdict[str, list[Key]] = defaultdict(list)
    for key in groups:
        by_label[key[0]].append(key)
    for key, group in groups.items():
        if any(_is_same_but_for_blanks(key, other) for other in by_label[key[0]]):
            problems.refuse(group.where, "half-named")
        else:
            yield group


def _is_same_but_for_blanks(key: Key, other: Key) -> bool:
    pairs = [*zip(key, other, strict=False)]
    has_blank = any(bool(a) != bool(b) for a, b in pairs)
    return has_blank and all(a == b or not a or not b for a, b in pairs)


def _matrix_groups(table: Table, problems: Problems) -> Iterator[Group]:
    columns = [column for column in table.columns.columns if column.assessment]
    if len(columns) * len(table.rows) > MAX_ROWS:
        raise too_many(table.sheet.source, MAX_ROWS, "answers")
    subjects = [table.subject(number, row) for number, row in table.rows]
    for column in columns:
        name = str(column.assessment)
        place = Cell(name, table.sheet, table.columns.header, column.number)
        group = Group(name, f"column {column.number}", place, "matrix")
        for (number, row), (subject, title) in zip(table.rows, subjects, strict=True):
            cells = table.cells(number, row, [column])
            if cells and subject:
                group.take(Entry(Cell("", table.sheet, number), subject, title, cells), problems)
        yield group


# --- wide --------------------------------------------------------------------------------


def same_rows(table: Table, problems: Problems) -> set[int]:
    """
    Rows of a wide table that are not read, by their index, because others have their key.

    One that says the same is read once; of those that say something else none is.
    """
    if not table.is_named:
        return set()
    by_key: defaultdict[Key, list[int]] = defaultdict(list)
    for index, (_, row) in enumerate(table.rows):
        by_key[table.key(row)].append(index)
    left_out: set[int] = set()
    for key, (first, *others) in by_key.items():
        if not key[0] or not others:
            continue
        number, said = table.rows[first]
        same = all([*table.rows[other][1]] == [*said] for other in others)
        say = problems.remark if same else problems.refuse
        for other in others:
            place = table.sheet.where(table.rows[other][0], table.key_columns[0].number)
            say(place, "same-row" if same else "other-row", where=table.sheet.where(number))
        left_out |= {*others} if same else {first, *others}
    return left_out


def wide_key(table: Table, number: int, row: Row) -> tuple[str, str]:
    """Name of the assessment of a row, and what tells it from the others of the source."""
    key = table.key(row) if table.is_named else ("",)
    return key[0], "\0".join(key) if key[0] else f"row {number}"


def wide_group(table: Table, number: int, row: Row) -> Group:
    """Take one row of a wide table apart."""
    place = Cell("", table.sheet, number)
    group = Group(*wide_key(table, number, row), place, "wide")
    for name, cell in table.cells(number, row, table.claimed).items():
        group.claim(name, cell)
    for column in table.elements:
        if cells := table.cells(number, row, [column]):
            group.entries.append(Entry(place, str(column.element), "", cells))
    return group
