"""The library that reads cells, kept at a distance: its errors become ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders.sheets.archive import refused
from pkimm_analytics.loaders.sheets.sheet import Fault, Value, cleaned

Faults = Mapping[tuple[int, int], Fault]
"""Cells without a value, by row and column from 1."""

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


def open_book(stream: BinaryIO, name: str) -> CalamineWorkbook:
    """
    Open a workbook whose size was checked.

    Raises
    ------
    SourceFormatError
        If it is damaged.
    """
    from python_calamine import CalamineWorkbook  # imported late: CSV does without

    try:
        return CalamineWorkbook.from_filelike(stream)
    except BaseException as error:  # noqa: BLE001  # a panic of the library is no Exception
        raise _ours(error, name, "") from None


def values_of(book: CalamineWorkbook, index: int, name: str, faults: Faults) -> list[list[Value]]:
    """
    Values of one sheet, from its first row and column on, with the cells that have none.

    Raises
    ------
    SourceFormatError
        If the sheet is damaged.
    """
    try:
        sheet = book.get_sheet_by_index(index)
        left = [""] * (sheet.start[1] if sheet.start else 0)
        rows: list[list[Value]] = [[*left, *map(cleaned, row)] for row in sheet.iter_rows()]
    except BaseException as error:  # noqa: BLE001  # as above
        raise _ours(error, name, f"sheet {index + 1}") from None
    for (row, column), fault in faults.items():
        rows += [[] for _ in range(row - len(rows))]
        rows[row - 1] += [""] * (column - len(rows[row - 1]))
        rows[row - 1][column - 1] = fault
    return rows


def _ours(error: BaseException, name: str, part: str) -> BaseException:
    """Turn an error of the library into ours; a panic of it is no Exception."""
    if isinstance(error, SourceFormatError | KeyboardInterrupt | SystemExit):
        return error
    if type(error).__name__ == "PasswordError":
        return refused(name, part, "password-protected; save it without a password")
    return refused(name, part, f"damaged or not a workbook ({type(error).__name__})")
