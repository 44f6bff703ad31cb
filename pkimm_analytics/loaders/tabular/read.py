"""From the sheets of a file to assessments: one way for every format and layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.loaded import Loaded, capped, content_digest
from pkimm_analytics.loaders.sentences import Problems, refused, refused_for
from pkimm_analytics.loaders.sheets import Book, Sheet, read_sheets, sheet_of_frame, text_of
from pkimm_analytics.loaders.tabular.build import Origin, build
from pkimm_analytics.loaders.tabular.columns import (
    TableColumns,
    is_ours,
    names_elements,
    propose_columns,
    remark_on,
)
from pkimm_analytics.loaders.tabular.groups import (
    Group,
    Table,
    check_columns,
    groups_of,
    same_rows,
    too_many,
    wide_group,
)
from pkimm_analytics.loaders.tabular.plain import PlainReader

if TYPE_CHECKING:
    import pandas as pd

MAX_SLOW = 15_000
"""Most assessments that are taken apart row by row."""

Tell = Callable[[], object]


def read_table(
    content: bytes, name: str, *, columns: TableColumns | None = None, tell: Tell | None = None
) -> list[Loaded]:
    """
    Read all assessments of a file of tables.

    Parameters
    ----------
    content : bytes
        Of any format that :mod:`pkimm_analytics.loaders.sheets` reads, in any layout: a
        row for each answer, a row or a column for each assessment, or a sheet for each.
    name : str
        How to call the file in messages.
    columns : TableColumns, optional
        What its columns hold; proposed if it is left out.
    tell : callable, optional
        Called after each assessment.

    Returns
    -------
    list of Loaded
        What could be read. Problems of the file as a whole, and of assessments that had
        to be left out, stand with the first one.

    Raises
    ------
    SourceFormatError
        If nothing could be read; all problems are listed.
    """
    return read_book(read_sheets(content, name), content, columns=columns, tell=tell)


def read_frame(frame: pd.DataFrame, name: str = "data frame") -> list[Loaded]:
    """Read all assessments of a data frame; its columns are row 1 in messages."""
    sheet = sheet_of_frame(frame, name)
    origin = Origin(name, "frame", content_digest(repr(sheet.rows).encode()))
    return _read([sheet], origin, Problems(), None, None)


def read_book(
    book: Book, content: bytes, *, columns: TableColumns | None = None, tell: Tell | None = None
) -> list[Loaded]:
    """Read all assessments of a file that was opened; see :func:`read_table`."""
    problems = Problems(book.problems)
    if any(problem.refused for problem in problems):
        raise refused(book.name, "cannot be read to its end", problems)
    hidden = book.hidden if columns is None else frozenset()
    if hidden:
        problems.remark(book.name, "hidden-sheets")
    origin = Origin(book.name, book.kind, content_digest(content))
    sheets = [book.sheet(name) for name in book.sheet_names if name not in hidden]
    return _read(sheets, origin, problems, columns, tell)


def propose(content: bytes, name: str) -> TableColumns:
    """
    Propose what the columns of a file hold; of several sheets, of the first that is a table.

    Raises
    ------
    SourceFormatError
        If no sheet looks like a table of assessments.
    """
    origin = Origin(name, "")
    for sheet in read_sheets(content, name).sheets():
        found = propose_columns(sheet, origin.has_element)
        if found is not None:
            return found
    raise _no_table(name)


def _read(
    sheets: Iterable[Sheet],
    origin: Origin,
    problems: Problems,
    columns: TableColumns | None,
    tell: Tell | None,
) -> list[Loaded]:
    tables = []
    for sheet in sheets:
        found = _columns_of(sheet, origin, columns, problems)
        if found is not None:
            rows, left_out = sheet.table(found.header)
            tables.append(Table(sheet, found, rows))
            problems += left_out
            if columns is None:
                remark_on(sheet, found, problems)
            check_columns(tables[-1], problems)
    if not tables:
        raise _no_table(origin.name)
    loaded: list[Loaded] = []
    for one in _assessments(tables, origin, problems):
        loaded += [one] if one else []
        if tell:
            tell()
    if not loaded:
        raise refused(origin.name, "holds no assessment that can be read", capped(problems))
    if problems:
        said = dict.fromkeys([*problems, *loaded[0].problems])  # what all rows share is said once
        loaded[0] = Loaded(loaded[0].assessment, capped([*said]))
    return loaded


def _columns_of(
    sheet: Sheet, origin: Origin, columns: TableColumns | None, problems: Problems
) -> TableColumns | None:
    """Return what the columns of a sheet hold; None if it is not to be read."""
    if columns is not None:
        is_meant = columns.sheet in {"", sheet.name}
        return _checked(sheet, columns) if is_meant else None
    if is_ours(sheet):
        return None
    found = propose_columns(sheet, origin.has_element)
    if found is None and names_elements(sheet, origin.has_element):
        problems.refuse(sheet.where(1), "unknown-headers")
    return found


def _checked(sheet: Sheet, columns: TableColumns) -> TableColumns:
    row = sheet.rows[columns.header - 1] if columns.header <= len(sheet.rows) else ()
    wrong = columns.misfits([text_of(value) for value in row])
    if not wrong and not columns.shape:
        wrong.refuse("columns", "no-shape")
    if wrong:
        found = [Problem(f"{sheet.source}, {p.where}", p.message) for p in wrong]
        raise refused(sheet.source, "cannot be read with this column map", found)
    return columns


def _assessments(
    tables: Sequence[Table], origin: Origin, problems: Problems
) -> Iterator[Loaded | None]:
    n_slow = 0

    def built(group: Group) -> Loaded | None:
        nonlocal n_slow
        n_slow += 1
        if n_slow > MAX_SLOW:
            raise too_many(origin.name, MAX_SLOW, "assessments other than rows of plain levels")
        loaded, left_out = build(group, origin)
        problems.extend(left_out)
        return loaded

    yield from map(built, groups_of(tables, problems))
    for table in tables:
        if table.columns.shape != "wide":
            continue
        left_out = same_rows(table, problems)
        plain = PlainReader(table, origin, problems)
        for index, (number, row) in enumerate(table.rows):
            if index not in left_out:
                yield plain.read(number, row) or built(wide_group(table, number, row))


def _no_table(name: str) -> SourceFormatError:
    return refused_for(name, "is not an assessment in a known format", "no-table")
