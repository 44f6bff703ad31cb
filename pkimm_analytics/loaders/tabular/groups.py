"""
From the rows of tables to what is said about each assessment.

One assessment is what has the same name, organization, use case and date. A row of a
long table is one answer or one property; a row of a wide table, or a column of a matrix,
is taken apart into the same claims and entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.loaded import MAX_PROBLEMS, capped
from pkimm_analytics.loaders.sheets import Sheet, Value, is_empty, text_of
from pkimm_analytics.loaders.tabular.columns import TableColumn, TableColumns
from pkimm_analytics.loaders.tabular.elements import is_id_like
from pkimm_analytics.loaders.tabular.fields import (
    ANSWER,
    IDENTITY,
    PROPERTIES,
    STATED,
    SUBJECT,
    field_of,
)

MAX_ROWS = 250_000
"""Most answers that are taken apart one by one; rows of plain levels may be more."""

Key = tuple[str, ...]


@dataclass
class Table:
    """A sheet, what its columns hold, and its rows below the header."""

    sheet: Sheet
    columns: TableColumns
    rows: Sequence[tuple[int, Sequence[Value]]]

    @property
    def shape(self) -> str:
        """Layout of the table."""
        return self.columns.shape

    def value(self, row: Sequence[Value], column: TableColumn) -> Value:
        """Cell of a row, in the words that the map gives for it."""
        value = row[column.number - 1]
        words = self.columns.values.get(column.field)
        return words.get(plain(text_of(value)), value) if words else value

    @cached_property
    def key_columns(self) -> list[TableColumn]:
        """Columns that tell one assessment from another; that of its name is the first."""
        return [c for name in ("assessment", *IDENTITY) for c in self.columns.of(name)]

    @cached_property
    def is_named(self) -> bool:
        """Whether a column has the names of the assessments."""
        return bool(self.columns.of("assessment"))

    def named(self, field_: str) -> TableColumn | None:
        """Column of a field, None if there is none."""
        return next(iter(self.columns.of(field_)), None)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one cell says about a property."""

    value: Value
    where: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says about one element, by field."""

    sheet: Sheet
    row: int
    subject: str
    title: str
    cells: dict[str, tuple[Value, int]]

    def where(self, name: str = "") -> str:
        """Place of the row or of one of its cells."""
        return self.sheet.where(self.row, self.cells[name][1] if name in self.cells else None)

    def value(self, name: str) -> Value:
        """Cell of a field; empty if there is none."""
        return self.cells[name][0] if name in self.cells else ""


@dataclass
class Group:
    """Everything that a source says about one assessment; `label` may be empty."""

    label: str
    part: str
    where: str
    shape: str = "long"
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def claim(self, name: str, value: Value, where: str) -> None:
        """Add what a cell says about a property, unless it said so before."""
        claims = self.claims.setdefault(name, [])
        if len(claims) < MAX_PROBLEMS and all(claim.value != value for claim in claims):
            claims.append(Claim(value, where))


def check_columns(table: Table) -> list[Problem]:
    """
    Say which columns cannot be read beside the others.

    Raises
    ------
    SourceFormatError
        If two columns hold the same, or a long table has no level.
    """
    sheet, header = table.sheet, table.columns.header
    seen: set[tuple[str, str | None]] = set()
    faults, problems = [], []
    for column in table.columns.columns:
        about = (column.field, column.element or column.assessment)
        if about in seen and column.field != "ignore":
            message = f"there is another column for {column.element or column.field}; expected one"
            faults.append(Problem(sheet.where(header, column.number), message))
        seen.add(about)
        if column.element and table.shape != "wide":
            message = "a column for one element beside the column of elements; it was not read"
            is_refused = is_id_like(column.element)
            where = sheet.where(header, column.number)
            problems.append(Problem(where, message, refused=is_refused))
    if faults:
        raise SourceFormatError(
            f"{sheet.source} has a header that cannot be read. Nothing was imported.",
            capped(faults),
        )
    if not table.rows:
        message = "there is a header and no row below it; expected one at least"
        problems.append(Problem(sheet.where(header), message))
    return problems


def too_many(name: str, what: str) -> SourceFormatError:
    """Error for a table that would take too long."""
    return SourceFormatError(
        f"{name} is too large. Nothing was imported.",
        [Problem(name, f"more than {what}; split it, or make a row for each assessment")],
    )


def groups_of(tables: Sequence[Table], problems: list[Problem]) -> Iterator[Group]:
    """Sort what tables say by assessment; what belongs to none is added to `problems`."""
    long = [table for table in tables if table.shape in {"long", "properties"}]
    groups: dict[Key, Group] = {}
    names = _sheet_names(long, problems)
    for table in long:
        for entry, key in _long_entries(table, names.get(table.sheet.name, ""), problems):
            if key not in groups:
                groups[key] = Group(key[0], "\0".join(key), entry.where())
            _sort_in(entry, table, groups[key], problems)
    yield from _unambiguous(groups, problems)
    for table in tables:
        if table.shape == "matrix":
            yield from _matrix_groups(table)


def _sheet_names(tables: Sequence[Table], problems: list[Problem]) -> dict[str, str]:
    """Names of the sheets that are an assessment each, because several say nothing else."""
    unnamed = [t for t in tables if t.shape == "long" and not t.key_columns]
    if len(unnamed) < 2:
        return {}
    subjects = [{plain(_subject(t, row)[0]) for _, row in t.rows} - {""} for t in unnamed]
    are_parts = len(set().union(*subjects)) == sum(map(len, subjects))
    if are_parts and all(_is_module(table.sheet.name) for table in unnamed):
        where = unnamed[0].sheet.source
        message = "its sheets are about different modules and were read as one assessment"
        problems.append(Problem(where, message, refused=False))
        return {}
    return {table.sheet.name: table.sheet.name for table in unnamed}


def _is_module(name: str) -> bool:
    words = plain(name).replace("-", " ").replace(".", " ").split()
    modules = {"g", "m", "o", "r", "governance", "management", "operations", "resources"}
    return bool(modules & {*words})


def _subject(table: Table, row: Sequence[Value]) -> tuple[str, str]:
    """Key or number of the element that a row is about, and its title."""
    found = {
        name: text_of(table.value(row, column)).strip()
        for name in SUBJECT
        if (column := table.named(name)) is not None
    }
    element, number, title = (found.get(name, "") for name in SUBJECT)
    if element and number and plain(element) != plain(number):
        title = element if not is_id_like(element) else title
        return (number if title == element else element), title or number
    return (element or number or title), (title if element or number else "")


def _long_entries(table: Table, default: str, problems: list[Problem]) -> list[tuple[Entry, Key]]:
    keys = table.key_columns
    columns = [c for c in table.columns.columns if c.field != "ignore" and not c.element]
    named = bool(default) or any(
        not is_empty(row[column.number - 1]) for _, row in table.rows for column in keys
    )
    if len(table.rows) > MAX_ROWS:
        raise too_many(table.sheet.source, f"{MAX_ROWS:,} rows of single answers")
    nameless: list[Problem] = []
    found: list[tuple[Entry, Key]] = []
    for number, row in table.rows:
        cells: dict[str, tuple[Value, int]] = {}
        for column in columns:
            value = table.value(row, column)
            if not is_empty(value):
                cells[column.field] = (value, column.number)
        subject, title = _subject(table, row)
        entry = Entry(table.sheet, number, subject, title, cells)
        label = text_of(entry.value("assessment")).strip() or default
        key = (label, *(text_of(entry.value(name)).strip() for name in IDENTITY if keys))
        if named and not any(key):
            message = "says nothing about whose answer it is, while other rows do; row left out"
            nameless.append(Problem(entry.where(), message))
        else:
            found.append((entry, key))
    problems += nameless
    if len(nameless) * 3 > len(found):  # as where a name stands in the first of its rows only
        message = "too many rows say nothing about whose answer they are; say it in each row"
        problems.append(Problem(table.sheet.where(table.columns.header), message))
        return []
    return found


def _sort_in(entry: Entry, table: Table, group: Group, problems: list[Problem]) -> None:
    """Add the claims of one row to its group, and its entry or one more claim."""
    for name, (value, column) in entry.cells.items():
        if name in PROPERTIES or name in STATED:
            group.claim(name, value, table.sheet.where(entry.row, column))
    name = field_of(entry.subject)[0] or "" if entry.subject else ""
    if name in PROPERTIES or name in STATED:
        group.claims.setdefault(name, [])
        cell = "value" if "value" in entry.cells else "level"
        if cell in entry.cells:
            group.claim(name, entry.cells[cell][0], entry.where(cell))
    elif any(cell in entry.cells for cell in (*ANSWER, "value")):
        group.entries.append(entry)
        if "value" in entry.cells:
            message = "only properties have a value; left out. Levels stand in column level"
            problems.append(Problem(entry.where("value"), message))


def _unambiguous(groups: dict[Key, Group], problems: list[Problem]) -> Iterator[Group]:
    """Leave out groups of which some rows say the organization, use case or date, others not."""
    by_label: dict[str, list[Key]] = {}
    for key in groups:
        by_label.setdefault(key[0], []).append(key)
    for key, group in groups.items():
        others = [other for other in by_label[key[0]] if other != key]
        blank = {place for place, text in enumerate(key) if not text}
        is_part = any(
            all(a == b or not a or not b for a, b in zip(key, other, strict=False))
            and blank != {place for place, text in enumerate(other) if not text}
            for other in others
        )
        if is_part:
            message = (
                "some rows say the organization, use case or date and others do not; say it in"
                " each row. Nothing of this assessment was read"
            )
            problems.append(Problem(group.where, message))
        else:
            yield group


def _matrix_groups(table: Table) -> Iterator[Group]:
    columns = [column for column in table.columns.columns if column.assessment]
    if len(columns) * len(table.rows) > MAX_ROWS:
        raise too_many(table.sheet.source, f"{MAX_ROWS:,} answers")
    for column in columns:
        where = table.sheet.where(table.columns.header, column.number)
        group = Group(str(column.assessment), f"column {column.number}", where, "matrix")
        for number, row in table.rows:
            value = table.value(row, column)
            subject, title = _subject(table, row)
            name = field_of(subject)[0]
            place = table.sheet.where(number, column.number)
            if is_empty(value) or not subject:
                continue
            if name in PROPERTIES or name in STATED:
                group.claim(name, value, place)
            else:
                cells = {"level": (value, column.number)}
                group.entries.append(Entry(table.sheet, number, subject, title, cells))
        yield group


# --- wide --------------------------------------------------------------------------------


def same_rows(table: Table, problems: list[Problem]) -> dict[int, bool]:
    """
    Rows of a wide table that have the key of an earlier one, by their index.

    Returns
    -------
    dict of int to bool
        Whether the row says the same, so that it is read once; else none of them is.
    """
    if not table.is_named:
        return {}
    columns = table.key_columns
    first: dict[Key, int] = {}
    again: dict[int, list[int]] = {}
    for index, (_, row) in enumerate(table.rows):
        key = tuple(text_of(row[column.number - 1]).strip() for column in columns)
        if key[0] and first.setdefault(key, index) != index:
            again.setdefault(first[key], []).append(index)
    left_out: dict[int, bool] = {}
    for index, others in again.items():
        number, said = table.rows[index]
        same = all([*table.rows[other][1]] == [*said] for other in others)
        says = f"repeats {table.sheet.where(number)}; read once"
        if not same:
            says = (
                f"has the name and date of {table.sheet.where(number)} and says something else;"
                " all of that name and date were left out"
            )
        for other in others:
            place = table.sheet.where(table.rows[other][0], columns[0].number)
            problems.append(Problem(place, says, refused=not same))
        left_out |= dict.fromkeys(others if same else [index, *others], same)
    return left_out


def wide_key(table: Table, number: int, row: Sequence[Value]) -> tuple[str, str]:
    """Name of the assessment of a row, and what tells it from the others of the source."""
    if not table.is_named:
        return "", f"row {number}"
    key = [text_of(row[c.number - 1]).strip() for c in table.key_columns]
    return key[0], "\0".join(key) if key[0] else f"row {number}"


def wide_group(table: Table, number: int, row: Sequence[Value]) -> Group:
    """Take one row of a wide table apart."""
    label, part = wide_key(table, number, row)
    group = Group(label, part, table.sheet.where(number), "wide")
    for column in table.columns.columns:
        value = row[column.number - 1]
        if column.field == "ignore" or is_empty(value):
            continue
        value = table.value(row, column)
        if column.element:
            cells = {"level": (value, column.number)}
            group.entries.append(Entry(table.sheet, number, column.element, "", cells))
        elif column.field in PROPERTIES or column.field in STATED:
            group.claim(column.field, value, table.sheet.where(number, column.number))
    return group
