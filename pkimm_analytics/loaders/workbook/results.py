"""
Results that a full workbook stores: the figures that its formulas gave when saved.

They are looked up beside their labels on the sheet with the answers, and as labels on
the sheet Evaluation where those are missing. None of them is needed.
"""

from __future__ import annotations

from pkimm_analytics.loaders.workbook.cells import MAX_COLUMN, Book, Cell, Sheet
from pkimm_analytics.loaders.workbook.figures import Shown
from pkimm_analytics.loaders.workbook.words import LEVEL_NAMES, MODULE_TITLE
from pkimm_analytics.model import MODULE_IDS

_LABELS = {name.casefold(): level for level, name in enumerate(LEVEL_NAMES, 1)}
_LABELS["not evaluated"] = 0


def stored_results(
    book: Book, sheet: Sheet, headers: dict[int, dict[str, int]]
) -> dict[str, Shown]:
    """
    Return stored figures by module and as ``overall``; only those that are stored.

    Parameters
    ----------
    sheet : Sheet
        Sheet with the answers.
    headers : dict of int to dict of str to int
        Its header rows with their columns by label. The first heads the whole.
    """
    first = min(headers)
    numbers = headers[first]["#"]
    after = max(headers[first].get("evidence", 0), headers[first]["maturity level"])
    modules = _module_rows(sheet, numbers, first)
    starts = {"overall": first, **modules}
    column = _result_column(sheet, first, after)
    found = {}
    for key, start in starts.items():
        stops = [row for row in (*modules.values(), *headers) if row > start]
        figure = _pair(sheet, column, start, min(stops, default=start + 4)) if column else None
        if figure is not None:
            found[key] = figure
    return {**_evaluation(book), **found}


def _module_rows(sheet: Sheet, numbers: int, first: int) -> dict[str, int]:
    """Row of each module's title, in the column of the numbers."""
    rows: dict[str, int] = {}
    for row, texts in sheet.labels.items():
        match = MODULE_TITLE.match(texts.get(numbers, ""))
        if match and row > first:
            rows.setdefault(MODULE_IDS[int(match[1]) - 1], row)
    return rows


def _result_column(sheet: Sheet, row: int, after: int) -> int | None:
    """Column of the results: the first one right of the labels that holds a formula or number."""
    columns = [
        column
        for column, cell in sheet.rows[row].items()
        if column > after and (cell.is_formula or cell.error or _is_number(cell))
    ]
    return min(columns, default=None)


def _pair(sheet: Sheet, column: int, start: int, stop: int) -> Shown | None:
    """Level and value, the first two results from a row on."""
    cells = [sheet.at(row, column) for row in range(start, stop)]
    cells = [cell for cell in cells if cell.is_formula or cell.error or _is_number(cell)][:2]
    errors = [cell.error for cell in cells if cell.error]
    if errors:
        return Shown(error=errors[0])
    if len(cells) < 2:
        return None
    level, value = cells[0].value, cells[1].value
    if not isinstance(level, int) or not isinstance(value, int | float):
        return None
    return Shown(level, float(value)) if 0 <= level <= 5 and 0 <= value <= 5.000001 else None


def _is_number(cell: Cell) -> bool:
    return isinstance(cell.value, int | float) and not isinstance(cell.value, bool)


def _evaluation(book: Book) -> dict[str, Shown]:
    """Levels by their labels on the sheet Evaluation, left of its statistics."""
    sheet = book.find("evaluation", lambda sheet: bool(sheet.find("pki maturity level")))
    if sheet is None:
        return {}
    found: dict[str, Shown] = {}
    for row, column in sheet.find("pki maturity level")[:1]:
        figures = (label_figure(sheet, below, column, column + 3) for below in (row + 1, row + 2))
        overall = next((figure for figure in figures if figure is not None), None)
        found |= {"overall": overall} if overall is not None else {}
    for row, column in sheet.find("module maturity level")[:1]:
        for below in range(row + 1, row + 13):
            match = MODULE_TITLE.match(sheet.words(below, column - 1))
            figure = label_figure(sheet, below, column, column + 3) if match else None
            if match and figure is not None:
                found[MODULE_IDS[int(match[1]) - 1]] = figure
    return found


def label_figure(sheet: Sheet, row: int, column: int, end: int = MAX_COLUMN) -> Shown | None:
    """Return the level that a row names, from a column on and before another one."""
    for place, cell in sheet.rows.get(row, {}).items():
        word = sheet.words(row, place)
        if column <= place < end and (cell.error or word in _LABELS or word == "n/a"):
            return Shown(error=cell.error) if cell.error else Shown(_LABELS.get(word))
    return None
