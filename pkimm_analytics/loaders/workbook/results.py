"""
Results that a full workbook stores: the figures that its formulas gave when saved.

They are looked up beside their labels on the sheet with the answers, and as labels on
the sheet Evaluation where those are missing. None of them is needed.
"""

from __future__ import annotations

from pkimm_analytics.loaders.sheets import Fault, Value
from pkimm_analytics.loaders.workbook.figures import Shown
from pkimm_analytics.loaders.workbook.pages import MAX_COLUMN, Page, Pages
from pkimm_analytics.loaders.workbook.words import MODULE_TITLE, NAMES
from pkimm_analytics.model import MODULE_IDS

_LABELS = {**NAMES, "not evaluated": 0}


def stored_results(
    pages: Pages, page: Page, headers: dict[int, dict[str, int]]
) -> dict[str, Shown]:
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
    return {**_evaluation(pages), **found}


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
        column for column, value in page.rows[row].items() if column > after and _is_result(value)
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


def _evaluation(pages: Pages) -> dict[str, Shown]:
    """Levels by their labels on the sheet Evaluation, left of its statistics."""
    page = pages.find("evaluation", lambda page: bool(page.find("pki maturity level")))
    if page is None:
        return {}
    found: dict[str, Shown] = {}
    for row, column in page.find("pki maturity level")[:1]:
        figures = (label_figure(page, below, column, column + 3) for below in (row + 1, row + 2))
        overall = next((figure for figure in figures if figure is not None), None)
        found |= {"overall": overall} if overall is not None else {}
    for row, column in page.find("module maturity level")[:1]:
        for below in range(row + 1, row + 13):
            match = MODULE_TITLE.match(page.words(below, column - 1))
            figure = label_figure(page, below, column, column + 3) if match else None
            if match and figure is not None:
                found[MODULE_IDS[int(match[1]) - 1]] = figure
    return found


def label_figure(page: Page, row: int, column: int, end: int = MAX_COLUMN) -> Shown | None:
    """Return the level that a row names, from a column on and before another one."""
    for place, value in page.rows.get(row, {}).items():
        word = page.words(row, place)
        error = value.error if isinstance(value, Fault) else ""
        if column <= place < end and (error or word in _LABELS or word == "n/a"):
            return Shown(error=error) if error else Shown(_LABELS.get(word))
    return None
