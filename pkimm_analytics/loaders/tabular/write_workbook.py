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
from pkimm_analytics.loaders.tabular.fields import ANSWER, PROPERTIES, STATED
from pkimm_analytics.loaders.tabular.write import Filled, answer_rows, fill, property_rows
from pkimm_analytics.model import MODULE_IDS, Model
from pkimm_analytics.scoring import Figure, score

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Line = Mapping[str, str | int | float]

_ANSWERS = {
    "assessment": 12,
    "model_version": 10,
    "mode": 7,
    "element": 34,
    "native_id": 12,
    "name": 40,
    "weight": 8,
    **dict.fromkeys(ANSWER, 14),
    "level": 8,
    "level_name": 14,
    "partial": 8,
    "reason": 30,
    "notes": 50,
    "evidence": 50,
}
_PROPERTIES = {"assessment": 12, "property": 32, "value": 70, "meaning": 44}
_SCORES = {
    "assessment": 12,
    "area": 34,
    "id": 12,
    "name": 34,
    "state": 15,
    "score": 8,
    "level": 8,
    "level_name": 14,
    "percentage": 12,
    "coverage": 10,
    "remark": 50,
}
_FORMATS = {"score": "0.00", "percentage": '0.0"%"', "coverage": "0%"}
_HEADER_COLOR, _MODULE_COLOR, _CATEGORY_COLOR = "1F3A5F", "C9D6E8", "E9EFF7"

_READ_ME = (
    "PKI maturity assessment",
    "",
    "Assessment: the properties, one in each row. Fill in the column value.",
    "Answers: one row for each question. Fill in the column level: 1 to 5, or empty, or N/A.",
    "Answers: N/A says that the element does not apply; give the reason beside it.",
    "Answers: if a row already has a state, change or clear it together with the level.",
    "Answers: rows on grey take a whole module or category out of scope with N/A.",
    "Scores: the figures when this file was written. They do not follow what you change.",
    "Level names, names, weights and meanings are there to read; nothing reads them back.",
    "This file can be imported again. What only JSON holds, such as action plans, is not in it.",
    "It holds names and notes of one organization: handle it as such.",
)


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

    filled = fill(assessments)
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "pkimm-analytics"
    _write_read_me(book)
    _write_table(book, "Assessment", _PROPERTIES, [r for one in filled for r in _properties(one)])
    answers = _write_table(book, "Answers", _ANSWERS, [r for one in filled for r in _answers(one)])
    _offer_choices(answers)
    _write_table(book, "Scores", _SCORES, [line for one in filled for line in _scores(one)])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- rows ------------------------------------------------------------------------


def _properties(one: Filled) -> Iterable[Line]:
    for name, text in one.stated.items():
        yield {
            "assessment": one.label,
            "property": name,
            "value": text,
            "meaning": _MEANING[name],
        }
    for row in property_rows(one, [*PROPERTIES]):
        name = str(row["element"])
        meaning = PROPERTIES[name][1]
        yield {
            "assessment": one.label,
            "property": name,
            "value": row["value"],
            "meaning": meaning,
        }


_MEANING = {
    "model_version": "Edition of PKIMM that was answered",
    "model_digest": "Tells editions of one version apart",
    "mode": "self: categories; full: requirements",
}


def _answers(one: Filled) -> Iterable[Line]:
    stated = {name: one.stated[name] for name in STATED if name in _ANSWERS}
    for row in answer_rows(one, with_headings=True):
        key, level = str(row["element"]), row.get("level")
        shown: dict[str, str | int] = {}
        if level:
            shown["level_name"] = one.model.level_name(int(level))
        element = one.model.categories.get(key) or one.model.requirements.get(key)
        if element:
            shown["weight"] = element.weight
        yield {"assessment": one.label, **stated, **row, **shown}


def _scores(one: Filled) -> Iterable[Line]:
    scores = score(one.assessment, one.model)
    figures = {"overall": scores.overall, **scores.modules, **scores.categories}
    for key, figure in figures.items():
        named = {"id": one.model.native_id(key), "name": one.model.name(key)}
        named = named if key != "overall" else {"name": "Overall"}
        yield {"assessment": one.label, "area": key, **named, **_figure(one.model, figure)}
    for id_, extension in scores.extensions.items():
        for what in ("score", "floor", "weighted_baseline"):
            value = getattr(extension, what)
            if value is not None:
                name = f"{extension.extension.name}: {what.replace('_', ' ')}"
                shown: Line = {"name": name, "score": float(value), "level": int(value)}
                yield {"assessment": one.label, "area": f"{id_}: {what}", **shown}
    for problem in scores.problems:
        yield {"assessment": one.label, "area": problem.where, "remark": problem.message}


def _figure(model: Model, figure: Figure) -> dict[str, str | int | float]:
    values = {
        "state": str(figure.state),
        "score": figure.score,
        "level": figure.level,
        "level_name": None if figure.level is None else model.level_name(figure.level),
        "percentage": figure.percentage,
        "coverage": figure.coverage,
    }
    return {name: value for name, value in values.items() if value is not None}


# --- sheets ----------------------------------------------------------------------


def _write_read_me(book: Workbook) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet("Read me")
    sheet.column_dimensions["A"].width = 100
    for number, line in enumerate(_READ_ME, 1):
        cell: Any = sheet.cell(number, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(1, 1).font = Font(bold=True, size=14)


def _write_table(
    book: Workbook, title: str, widths: Mapping[str, int], lines: Sequence[Line]
) -> Worksheet:
    """Write a sheet with a frozen header, a filter, and rows shaded by what they are."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet: Worksheet = book.create_sheet(title)
    wrapped = Alignment(wrap_text=True, vertical="top")
    for number, (column, width) in enumerate(widths.items(), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        cell: Any = sheet.cell(1, number, column)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_HEADER_COLOR)
        cell.alignment = wrapped
    for row, line in enumerate(lines, 2):
        fill = _fill(str(line.get("element", line.get("area", ""))))
        for number, column in enumerate(widths, 1):
            value = line.get(column, "")
            if value == "" and fill is None:
                continue
            cell = sheet.cell(row, number)
            _put(cell, value)
            cell.alignment = wrapped
            cell.number_format = _FORMATS.get(column, "General")
            if fill:
                cell.fill = fill
    sheet.freeze_panes = f"{get_column_letter([*widths].index(_FROZEN[title]) + 2)}2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(widths))}{max(len(lines), 1) + 1}"
    return sheet


_FROZEN = {"Answers": "element", "Assessment": "property", "Scores": "area"}


def _fill(element: str) -> Any:
    """Return the color of a row about a module or category, None for all others."""
    from openpyxl.styles import PatternFill

    if element in {*MODULE_IDS, "overall"}:
        return PatternFill("solid", fgColor=_MODULE_COLOR)
    is_category = element[:2] in {f"{id_}." for id_ in MODULE_IDS} and element.count(".") == 1
    return PatternFill("solid", fgColor=_CATEGORY_COLOR) if is_category else None


def _put(cell: Any, value: str | int | float) -> None:
    """Set a cell; text stays text, whatever it begins with."""
    if not isinstance(value, str):
        cell.value = value
    elif value:
        cell.value = _ESCAPED.sub("_x005F_", value).replace("\r", "_x000D_")
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in "=+-@\t\r'"


_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""A text that spreadsheets would take for one of their escaped characters."""


def _offer_choices(sheet: Worksheet) -> None:
    """Let a spreadsheet offer the levels and states to choose from."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    columns = {str(cell.value): get_column_letter(index) for index, cell in enumerate(sheet[1], 1)}
    for column, choices in _CHOICES.items():
        rule = DataValidation("list", formula1=f'"{choices}"', allow_blank=True)
        rule.errorTitle, rule.error = column, f"Expected {choices} or empty."
        rule.add(f"{columns[column]}2:{columns[column]}{max(sheet.max_row, 2)}")
        sheet.add_data_validation(rule)


_CHOICES = {
    "level": "1,2,3,4,5,N/A",
    "state": "rated,unanswered,not_applicable",
    "partial": "true,false",
}
