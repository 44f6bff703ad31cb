"""From the sheets of a file to assessments: one way for every format and layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.loaded import Loaded, capped, content_digest
from pkimm_analytics.loaders.sheets import Book, Sheet, read_sheets, sheet_of_frame, text_of
from pkimm_analytics.loaders.tabular.build import Origin, build
from pkimm_analytics.loaders.tabular.columns import (
    TableColumns,
    is_ours,
    names_elements,
    propose_columns,
    remarks_on,
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
    """
    Read all assessments of a data frame, in any layout.

    Returns
    -------
    list of Loaded
        As for :func:`read_table`; its columns are row 1 in messages.

    Raises
    ------
    SourceFormatError
        If nothing could be read; all problems are listed.
    """
    sheet = sheet_of_frame(frame, name)
    return _read(
        [sheet], Origin(name, "frame", content_digest(repr(sheet.rows).encode())), [], None, None
    )


def read_book(
    book: Book,
    content: bytes,
    *,
    columns: TableColumns | None = None,
    tell: Tell | None = None,
) -> list[Loaded]:
    """Read all assessments of a file that was opened; see :func:`read_table`."""
    problems = [*book.problems]
    if any(problem.refused for problem in problems):
        raise SourceFormatError(
            f"{book.name} cannot be read to its end. Nothing was imported.", problems
        )
    origin = Origin(book.name, book.kind, content_digest(content))
    if columns is None and book.hidden:
        message = "hidden sheets were not read; show them, or name one in a column map"
        problems.append(Problem(book.name, message, refused=False))
    is_left_out = book.hidden.__contains__ if columns is None else lambda _: False
    sheets = [book.sheet(sheet) for sheet in book.sheet_names if not is_left_out(sheet)]
    return _read(sheets, origin, problems, columns, tell)


def propose(content: bytes, name: str) -> TableColumns:
    """
    Propose what the columns of a file hold; of several sheets, of the first that is a table.

    Raises
    ------
    SourceFormatError
        If no sheet looks like a table of assessments.
    """
    book = read_sheets(content, name)
    origin = Origin(name, book.kind, "")
    for sheet in book.sheets():
        found = propose_columns(sheet, origin.has_element)
        if found is not None:
            return found
    raise _no_table(name)


def _read(
    sheets: Sequence[Sheet],
    origin: Origin,
    problems: list[Problem],
    columns: TableColumns | None,
    tell: Tell | None,
) -> list[Loaded]:
    tables = [*_tables(sheets, origin, problems, columns)]
    if not tables:
        raise _no_table(origin.name)
    loaded: list[Loaded] = []
    for one in _assessments(tables, origin, problems):
        if one is not None:
            loaded.append(one)
        if tell:
            tell()
    if not loaded:
        raise SourceFormatError(
            f"{origin.name} holds no assessment that can be read. Nothing was imported.",
            capped(problems),
        )
    if problems:
        loaded[0] = Loaded(loaded[0].assessment, capped([*problems, *loaded[0].problems]))
    return loaded


def _tables(
    sheets: Sequence[Sheet],
    origin: Origin,
    problems: list[Problem],
    columns: TableColumns | None,
) -> Iterator[Table]:
    for sheet in sheets:
        found = columns if columns and columns.sheet in {"", sheet.name} else None
        if columns is None and not is_ours(sheet):
            found = propose_columns(sheet, origin.has_element)
            if found is None and names_elements(sheet, origin.has_element):
                message = "names elements under headers that are not known; the sheet was not read"
                problems.append(Problem(sheet.where(1), message))
        if found is None:
            continue
        rows, left_out = sheet.table(found.header)
        problems += left_out
        if columns is None:
            problems += remarks_on(sheet, found)
        else:
            _check_map(sheet, columns)
        table = Table(sheet, found, rows)
        problems += check_columns(table)
        yield table


def _check_map(sheet: Sheet, columns: TableColumns) -> None:
    row = sheet.rows[columns.header - 1] if columns.header <= len(sheet.rows) else ()
    wrong = columns.misfits([text_of(value) for value in row])
    if not wrong and not columns.shape:
        wrong = [Problem("columns", "expected element and level, or a level for each element")]
    if wrong:
        raise SourceFormatError(
            f"{sheet.source} cannot be read with this column map. Nothing was imported.",
            [Problem(f"{sheet.source}, {p.where}", p.message) for p in wrong],
        )


def _assessments(
    tables: Sequence[Table], origin: Origin, problems: list[Problem]
) -> Iterator[Loaded | None]:
    n_slow = 0

    def built(group: Group) -> Loaded | None:
        nonlocal n_slow
        n_slow += 1
        if n_slow > MAX_SLOW:
            raise too_many(origin.name, f"{MAX_SLOW:,} assessments other than rows of plain levels")
        loaded, refused = build(group, origin)
        problems.extend(refused)
        return loaded

    yield from map(built, groups_of(tables, problems))
    for table in tables:
        if table.shape != "wide":
            continue
        left_out = same_rows(table, problems)
        plain = PlainReader(table, origin, problems)
        for index, (number, row) in enumerate(table.rows):
            if index in left_out:
                continue
            yield plain.read(number, row) or built(wide_group(table, number, row))


def _no_table(name: str) -> SourceFormatError:
    return SourceFormatError(
        f"{name} is not an assessment in a known format. Nothing was imported.",
        [
            Problem(
                name,
                "expected an official workbook (xlsx), a share link or YAML file of the web"
                " tool, *.pkimm.json, or a table with the columns element and level, or with a"
                " column for each element; for other headers, make a column map with: pkimm"
                " columns FILE",
            )
        ],
    )
