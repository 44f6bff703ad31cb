"""
Our own xlsx form of the template, read: any sheet with a header of the template.

The usual workbook has a sheet of properties and a sheet of answers; a table that a
spreadsheet saved as xlsx is read as well. Results of formulas are read as they were
stored. Every other sheet, such as the scores, is left alone.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import check_size
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.tabular.build import Origin, read_tables
from pkimm_analytics.loaders.tabular.rows import (
    MAX_COLUMNS,
    Cell,
    Table,
    as_text,
    column_name,
    is_blank,
    plain_cell,
    shape_of,
)
from pkimm_analytics.loaders.tabular.template import is_element_like, release

MAX_ROWS = 200_000
MAX_CELLS = 4_000_000
MAX_UNPACKED = 200_000_000
"""Bytes of all parts of the zip archive, as it states them."""


def read_table_workbook(
    content: bytes, name: str, tell: Callable[[], object] | None = None
) -> list[Loaded]:
    """
    Read all assessments of a workbook of the template.

    Parameters
    ----------
    content : bytes
        An xlsx file, as :func:`write_xlsx` writes it or with a table of the template
        in any of its sheets.
    name : str
        How to call the file in messages.
    tell : callable, optional
        Called after each assessment.

    Returns
    -------
    list of Loaded
        As for CSV.

    Raises
    ------
    SourceFormatError
        If nothing could be read; all problems are listed.
    """
    check_size(name, len(content))
    problems: list[Problem] = []
    tables = _tables(content, name, problems)
    if not tables:
        raise SourceFormatError(
            f"{name} has no table of the template. Nothing was imported.",
            [Problem(name, "expected a sheet whose first row has the columns element and level")],
        )
    return read_tables(tables, Origin(content, name, "xlsx", tell), problems)


def is_table_workbook(content: bytes) -> bool:
    """Return whether any sheet of an xlsx file has a header of the template."""
    try:
        return any(_is_ours(labels) for _, labels in _headers(content, "workbook"))
    except SourceFormatError:
        return False


def _is_ours(labels: Sequence[str]) -> bool:
    """Tell whether a header is of the template; a wide one also names its assessments."""
    shape = shape_of(labels)
    if shape == "long":
        return "level" in labels
    if shape == "properties":
        return True
    keys = [label for label in labels if "." in label and is_element_like(label)]
    return bool(keys) and bool({"assessment", "model_version"} & {*labels})


def _headers(content: bytes, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for sheet, rows in open_sheets(content, name):
        yield sheet, _header(next(rows, ()))


def _header(row: Sequence[object]) -> tuple[str, ...]:
    cells = [plain_cell(value) for value in row[: MAX_COLUMNS + 1]]
    labels = [column_name(as_text(cell)) if cell is not None else "" for cell in cells]
    while labels and not labels[-1]:
        labels.pop()
    return tuple(labels)


def _tables(content: bytes, name: str, problems: list[Problem]) -> list[Table]:
    tables = []
    for sheet, rows in open_sheets(content, name):
        header = _header(next(rows, ()))
        if len(header) > MAX_COLUMNS:
            message = f"more than {MAX_COLUMNS:,} columns; the sheet was left out"
            problems.append(Problem(f"{name}, {sheet}", message))
        elif _is_ours(header):
            place = Places(f"{name}, {sheet}")
            tables.append(Table(header, _rows(rows, len(header), place, problems), place))
    return tables


def _rows(
    rows: Iterator[Sequence[object]], width: int, place: Places, problems: list[Problem]
) -> list[tuple[int, Sequence[Cell]]]:
    found: list[tuple[int, Sequence[Cell]]] = []
    for number, row in enumerate(rows, 2):
        cells = [_cell(value, place, number, column, problems) for column, value in enumerate(row)]
        if any(not is_blank(cell) for cell in cells[width:]):
            message = "a cell to the right of the header; expected a header above it; left out"
            problems.append(Problem(place(number, width), message))
        if not all(map(is_blank, cells[:width])):
            found.append((number, [*cells[:width], *[""] * (width - len(cells))]))
    return found


def _cell(value: object, place: Places, row: int, column: int, problems: list[Problem]) -> Cell:
    cell = plain_cell(value)
    if cell is None:
        message = "expected a text, a number or a day; left out"
        problems.append(Problem(place(row, column), message))
        return ""
    return release(cell) if isinstance(cell, str) else cell


class Places:
    """Names the places of a sheet as a spreadsheet does, such as ``Answers!F14``."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet

    def __call__(self, row: int, column: int | None) -> str:
        """Place of a row or of one of its cells."""
        return f"{self.sheet}!{row if column is None else _letters(column) + str(row)}"


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


# --- openpyxl, kept at a distance ------------------------------------------------


def open_sheets(content: bytes, name: str) -> Iterator[tuple[str, Iterator[Sequence[object]]]]:
    """
    Yield the name and the rows of each sheet; each must be read before the next.

    openpyxl raises whatever a damaged part makes it raise, and fills up the rows and
    columns that a file claims to have, so both are kept in bounds here.
    """
    book = _guarded(lambda: _open(content, name), name)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            yield str(sheet.title), _bounded(sheet.iter_rows(values_only=True), name)
    finally:
        book.close()


def _open(content: bytes, name: str) -> Any:
    import openpyxl  # imported late: other sources do without

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            raise _too_large(name, f"unpacks to more than {MAX_UNPACKED:,} bytes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about parts that openpyxl does not keep
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)


def _bounded(rows: Iterator[Sequence[object]], name: str) -> Iterator[Sequence[object]]:
    n_cells = 0
    for _ in range(MAX_ROWS + 1):
        row = _guarded(lambda: next(rows, None), name)
        if row is None:
            return
        n_cells += len(row)
        if n_cells > MAX_CELLS:
            break
        yield row
    raise _too_large(name, f"a sheet has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells")


def _too_large(name: str, why: str) -> SourceFormatError:
    message = f"{why}; split it, or save the sheet as CSV"
    return SourceFormatError(
        f"{name} is too large. Nothing was imported.", [Problem(name, message)]
    )


def _guarded(action: Any, name: str) -> Any:
    try:
        return action()
    except SourceFormatError:
        raise
    except Exception as error:  # noqa: BLE001  # see open_sheets
        raise SourceFormatError(
            f"{name} is not readable as xlsx. Nothing was imported.",
            [Problem(name, f"damaged or not an xlsx workbook ({type(error).__name__})")],
        ) from None
