"""
Assessments to our own xlsx: the template as a workbook that people like to open.

Four sheets: what this is, the properties, the answers with names and weights, and the
figures. Properties and answers are the long layout, so the file is read back;
the figures are for the eye. Every text is stored as text: no cell is a formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.loaders.tabular.fields import ANSWER, LONG, PROPERTIES, WORDS
from pkimm_analytics.loaders.tabular.write import Filled, answer_rows, fill, property_rows
from pkimm_analytics.model import MODULE_IDS
from pkimm_analytics.scoring import score

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Line = Mapping[str, str | int | float | None]

_SHEETS = {
    "Assessment": ("assessment", "property", "value", "meaning"),
    "Answers": (*LONG[:2], "mode", *LONG[4:7], "weight", *ANSWER[:2], "level_name", *ANSWER[2:]),
    "Scores": (
        *("assessment", "area", "id", "name", "state", "score", "level", "level_name"),
        *("percentage", "coverage", "remark"),
    ),
}
"""Columns of each sheet."""
_WIDTHS = {
    **dict.fromkeys(("element", "name", "area", "property"), 34),
    **dict.fromkeys(("notes", "evidence", "remark", "value", "meaning"), 50),
    "state": 15,
    "level_name": 14,
    "reason": 30,
}
_FORMATS = {"score": "0.00", "percentage": '0.0"%"', "coverage": "0%"}
_COLORS = {"header": "1F3A5F", 0: "C9D6E8", 1: "E9EFF7"}
"""Fill of the header, and of rows about modules and about categories."""
_CHOICES = {
    "level": "1,2,3,4,5,N/A",
    "state": "rated,unanswered,not_applicable",
    "partial": "true,false",
}
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""A text that spreadsheets would take for one of their escaped characters."""


def write_xlsx(assessments: Sequence[Assessment]) -> bytes:
    """
    Write assessments as one readable xlsx workbook.

    Parameters
    ----------
    assessments : sequence of Assessment
        At least one, each with another id.

    Returns
    -------
    bytes
        The workbook: sheets Read me, Assessment, Answers and Scores.

    Raises
    ------
    AssessmentError
        If there is nothing to write, or two assessments share an id.
    UnknownEditionError
        If an edition is not installed.
    """
    from openpyxl import Workbook  # imported late: nothing else here needs it
    from openpyxl.styles import Font

    filled = fill(assessments)
    book = Workbook()
    book.properties.creator = "pkimm-analytics"
    first: Any = book.worksheets[0]
    first.title = "Read me"
    first.column_dimensions["A"].width = 100
    for line in WORDS["read_me"]:
        first.append([line])
    first["A1"].font = Font(bold=True, size=14)
    for title, lines in zip(_SHEETS, (_properties, _answers, _scores), strict=True):
        rows = ({"assessment": one.assessment.id, **line} for one in filled for line in lines(one))
        _write_table(book, title, rows)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- rows ------------------------------------------------------------------------


def _properties(one: Filled) -> Iterable[Line]:
    for name, text in one.stated.items():
        yield {"property": name, "value": text, "meaning": WORDS["stated"][name]}
    for row in property_rows(one, [*PROPERTIES]):
        name = str(row["element"])
        yield {"property": name, "value": row["value"], "meaning": PROPERTIES[name].meaning}


def _answers(one: Filled) -> Iterable[Line]:
    for row in answer_rows(one, with_headings=True):
        key, level = str(row["element"]), row.get("level")
        element = one.model.categories.get(key) or one.model.requirements.get(key)
        shown = {
            "weight": element.weight if element else None,
            "level_name": one.model.level_name(int(level)) if level else None,
        }
        yield {**one.stated, **row, **shown}


def _scores(one: Filled) -> Iterable[Line]:
    scores = score(one.assessment, one.model)
    figures = {"overall": scores.overall, **scores.modules, **scores.categories}
    for key, figure in figures.items():
        is_whole = key == "overall"
        yield {
            "area": key,
            "id": None if is_whole else one.model.native_id(key),
            "name": "Overall" if is_whole else one.model.name(key),
            "level_name": None if figure.level is None else one.model.level_name(figure.level),
            "state": str(figure.state),
            **{n: getattr(figure, n) for n in ("score", "level", "percentage", "coverage")},
        }
    for id_, extension in scores.extensions.items():
        for what in ("score", "floor", "weighted_baseline"):
            value = getattr(extension, what)
            if value is not None:
                name = f"{extension.extension.name}: {what.replace('_', ' ')}"
                shown: Line = {"name": name, "score": float(value), "level": int(value)}
                yield {"area": f"{id_}: {what}", **shown}
    for problem in scores.problems:
        yield {"area": problem.where, "remark": problem.message}


# --- sheets ----------------------------------------------------------------------


def _write_table(book: Workbook, title: str, lines: Iterable[Line]) -> None:
    """Write a sheet with a frozen header, a filter, and rows shaded by what they are."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet: Worksheet = book.create_sheet(title)
    columns = _SHEETS[title]
    fills = {key: PatternFill("solid", fgColor=color) for key, color in _COLORS.items()}
    wrapped, heading = Alignment(wrap_text=True, vertical="top"), Font(bold=True, color="FFFFFF")
    subject = next(n for n, c in enumerate(columns, 1) if c in {"property", "element", "area"})
    for row, line in enumerate([{name: name for name in columns}, *lines], 1):
        key = line.get(columns[subject - 1])
        fill = fills.get("header" if row == 1 else _depth(str(key)))
        for number, column in enumerate(columns, 1):
            cell: Any = sheet.cell(row, number)
            _put(cell, line.get(column))
            cell.alignment = wrapped
            cell.number_format = _FORMATS.get(column, "General")
            if row == 1:
                cell.font = heading
            if fill:
                cell.fill = fill
    for number, column in enumerate(columns, 1):
        letters = get_column_letter(number)
        sheet.column_dimensions[letters].width = _WIDTHS.get(column, 12)
        if title == "Answers" and column in _CHOICES:
            _offer(sheet, column, f"{letters}2:{letters}{max(sheet.max_row, 2)}")
    sheet.freeze_panes = f"{get_column_letter(subject + 1)}2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{max(sheet.max_row, 2)}"


def _depth(key: str) -> int | None:
    """Return 0 for a module or the whole, 1 for a category, None for anything else."""
    module, *parts = key.split(".")
    if key == "overall" or (module in MODULE_IDS and not parts):
        return 0
    return 1 if module in MODULE_IDS and len(parts) == 1 else None


def _put(cell: Any, value: str | int | float | None) -> None:
    """Set a cell; text stays text, whatever it begins with."""
    if isinstance(value, str) and value:
        cell.value = _ESCAPED.sub("_x005F_", value).replace("\r", "_x000D_")
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in "=+-@\t\r'"
    elif value != "":
        cell.value = value


def _offer(sheet: Worksheet, column: str, cells: str) -> None:
    """Let a spreadsheet offer what may stand in a column."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation("list", formula1=f'"{_CHOICES[column]}"', allow_blank=True)
    rule.errorTitle, rule.error = column, f"Expected {_CHOICES[column]} or empty."
    rule.add(cells)
    sheet.add_data_validation(rule)
