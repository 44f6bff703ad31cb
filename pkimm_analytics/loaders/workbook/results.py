"""
Results that a full workbook stores: the figures that its formulas gave when saved.

They are looked up beside their labels on the sheet with the answers. None is needed.
"""

from __future__ import annotations

from pkimm_analytics.loaders.sheets import Fault, Value
from pkimm_analytics.loaders.workbook.figures import Shown
from pkimm_analytics.loaders.workbook.pages import Page
from pkimm_analytics.loaders.workbook.words import MODULE_TITLE
from pkimm_analytics.model import MODULE_IDS


def stored_results(page: Page, headers: dict[int, dict[str, int]]) -> dict[str, Shown]:
    """
    Return stored figures by module and as ``overall``; only those that are stored.

    Parameters
    ----------
    page : Page
        Sheet with the answers.
    headers : dict of int to dict of str to int
        Its header rows with their columns by label. The first heads the whole.
    """
    first = min(headers)
    numbers = headers[first]["#"]
    after = max(headers[first].get("evidence", 0), headers[first]["maturity level"])
    modules = _module_rows(page, numbers, first)
    starts = {"overall": first, **modules}
    column = _result_column(page, first, after)
    found = {}
    for key, start in starts.items():
        stops = [row for row in (*modules.values(), *headers) if row > start]
        figure = _pair(page, column, start, min(stops, default=start + 4)) if column else None
        if figure is not None:
            found[key] = figure
    return found


def _module_rows(page: Page, numbers: int, first: int) -> dict[str, int]:
    """Row of each module's title, in the column of the numbers."""
    rows: dict[str, int] = {}
    for row, texts in page.labels.items():
        match = MODULE_TITLE.match(texts.get(numbers, ""))
        if match and row > first:
            rows.setdefault(MODULE_IDS[int(match[1]) - 1], row)
    return rows


def _result_column(page: Page, row: int, after: int) -> int | None:
    """Column of the results: the first one right of the labels that holds a formula or number."""
    columns = [
        column for column, value in page.cells[row].items() if column > after and _is_result(value)
    ]
    return min(columns, default=None)


def _pair(page: Page, column: int, start: int, stop: int) -> Shown | None:
    """Level and value, the first two results from a row on."""
    values = [value for row in range(start, stop) if _is_result(value := page.at(row, column))][:2]
    errors = [value.error for value in values if isinstance(value, Fault) and value.error]
    if errors:
        return Shown(error=errors[0])
    if len(values) < 2 or any(isinstance(value, Fault) for value in values):
        return None
    level, exact = (float(value) for value in values)  # type: ignore[arg-type]
    is_sound = level.is_integer() and 0 <= level <= 5 and 0 <= exact <= 5.000001
    return Shown(int(level), exact) if is_sound else None


def _is_result(value: Value) -> bool:
    """Whether a cell is a number, an error, or a formula without a stored result."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or isinstance(value, Fault)
