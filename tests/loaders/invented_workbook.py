"""
Workbooks with the labels, numbers and formulas of the official ones, and our own words.

They are written by openpyxl, which stores no results of formulas: what a test wants to
be stored it gives as a number.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.sheets import read_sheets
from pkimm_analytics.loaders.workbook import read_workbook
from pkimm_analytics.loaders.workbook.words import slots
from pkimm_analytics.model import category_of, load_model, module_of

MODEL = load_model("1.0.0")
LEVELS = ("Initial", "Basic", "Advanced", "Managed", "Optimized")
MODULES = {"G": "Governance", "M": "Management", "O": "Operations", "R": "Resources"}
PARTS = ("Objectives", "Responsibility", "Schedule", "Resources", "Outputs", "Tasks", "Comments")
SLOT_OF = {slot.requirement: slot.code for slot in slots().values() if slot.requirement}
"""Slot in the workbook by native id of the requirement."""
CODES = {
    code[:4]: MODEL.categories[category_of(MODEL.native[id_])].native_id
    for id_, code in SLOT_OF.items()
}
"""Native id of the category by its code in the workbook, in the order of the workbook."""
OVERVIEW = {
    "Use-case name": "Door badges",
    "Company": "Brick & Mortar",
    "Starting date": 45_000,
    "Target date": 45_050,
    "Finish date": 45_060,
    "Assessor's position": "Internal",
    "Assessor's company": "Brick & Mortar",
    "Assessor's name": "Ada",
}
AREAS = {
    "Describe the use-case to be assessed:": "Badges open doors.",
    "List all components": "One CA",
    "Specify out-of-scope": "Parking lots",
    "High-level design": "Flat",
    "Points of interaction": "Front desk",
}


def titles() -> dict[str, str]:
    """Titles of the categories by code."""
    return {code: MODEL.categories[MODEL.native[id_]].name for code, id_ in CODES.items()}


def full_workbook(
    answers: Mapping[str, Any] | None = None,
    *,
    categories: Mapping[str, Any] | None = None,
    scope: Mapping[str, Any] | None = None,
    reasons: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    overview: Mapping[str, Any] | None = None,
    stored: Mapping[str, tuple[Any, Any]] | None = None,
    required: Mapping[str, Any] | None = None,
    boxes: Mapping[int, Mapping[str, str]] | None = None,
    change: Callable[[openpyxl.Workbook], None] | None = None,
) -> bytes:
    """
    Write a full workbook.

    Parameters
    ----------
    answers, scope : mapping
        By native id of the requirement, or by code of a hidden slot.
    categories, reasons, required : mapping
        Scope, reason and required level by native id of the category.
    notes : mapping
        Notes by native id of the requirement.
    stored : mapping of str to (level, value)
        Stored results by module and as ``overall``.
    boxes : mapping of int to mapping
        Texts of the action plans by number of the box, from 1.
    change : callable, optional
        Last changes to the workbook before it is saved.
    """
    book = openpyxl.Workbook()
    book.remove(book.active)
    _write_overview(book.create_sheet("Overview"), {**OVERVIEW, **(overview or {})})
    rows = _write_assessment(
        book.create_sheet("Assessment"), answers or {}, notes or {}, stored or {}
    )
    _write_scoping(book.create_sheet("Scoping"), rows, categories or {}, scope or {}, reasons or {})
    _write_plans(book.create_sheet("ActionPlans"), required or {}, boxes or {})
    tech = book.create_sheet("tech")
    tech["A3"] = "Scope"
    for row, (code, title) in enumerate(titles().items(), 117):
        tech.cell(row, 1, f"{code} {title}")
    if change:
        change(book)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """Bytes of a workbook."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_overview(sheet: Any, values: Mapping[str, Any]) -> None:
    sheet["B4"], sheet["J4"] = "Evaluated Use-case information", "Assessor information"
    for row, label in enumerate(
        ["Use-case name", "Company", "Starting date", "Target date", "Finish date"], 5
    ):
        sheet.cell(row, 2, label)
        sheet.cell(row, 4, values[label])
    sheet["F9"] = '=IF(D9="","",CONCAT(D8-D9," days late"))'
    for row, (label, key) in enumerate(
        [
            ("Assessor's position", "Assessor's position"),
            ("Company", "Assessor's company"),
            ("Assessor's name", "Assessor's name"),
        ],
        5,
    ):
        sheet.cell(row, 10, label)
        sheet.cell(row, 12, values[key])
    for row, (label, text) in zip((14, 18, 22, 29, 33), AREAS.items(), strict=True):
        sheet.cell(row, 2, label)
        sheet.cell(row + 2, 2, values.get(label, text))


def _write_assessment(
    sheet: Any,
    answers: Mapping[str, Any],
    notes: Mapping[str, str],
    stored: Mapping[str, tuple[Any, Any]],
) -> dict[str, int]:
    """Write the answers; return the row of each slot."""
    for column, name in enumerate(LEVELS, 9):
        sheet.cell(4, column, name)
    _header(sheet, 6)
    _results(sheet, 6, stored.get("overall"))
    rows: dict[str, int] = {}
    row = 8
    for code, id_ in CODES.items():
        if code.endswith(".1."):
            module = module_of(MODEL.native[id_])
            sheet.cell(row, 3, f"{code[0]}. {MODULES[module]}")
            _results(sheet, row + 1, stored.get(module))
            row += 4
        sheet.cell(row, 3, f"=tech!A{117 + list(CODES).index(code)}")
        sheet.cell(row + 1, 14, "=IF(SUM(B16:B21)=0,0,1)")
        _header(sheet, row + 3)
        row += 4
        for slot in (s for s in slots().values() if s.code.startswith(code)):
            key = slot.requirement or slot.code
            sheet.cell(row, 3, slot.code)
            sheet.cell(row, 9, answers.get(key))
            sheet.cell(row, 10, notes.get(key))
            sheet.cell(row, 14, f'=IF(I{row}="",0,1)')
            rows[slot.code] = row
            row += 1
        row += 1
    return rows


def _header(sheet: Any, row: int) -> None:
    for column, label in {3: "#", 4: "Requirement", 9: "Maturity level", 10: "Notes"}.items():
        sheet.cell(row, column, label)
    sheet.cell(row, 12, "Evidence")


def _results(sheet: Any, row: int, figure: tuple[Any, Any] | None) -> None:
    level, value = figure or (f"=TRUNC(N{row + 1},0)", "=SUM(E13,E24)")
    sheet.cell(row, 14, level)
    sheet.cell(row + 1, 14, value)


def _write_scoping(
    sheet: Any,
    rows: Mapping[str, int],
    categories: Mapping[str, Any],
    scope: Mapping[str, Any],
    reasons: Mapping[str, str],
) -> None:
    labels = {2: "Module", 3: "Category", 6: "Scope", 9: "#", 11: "Scope", 12: "Reason"}
    for column, label in labels.items():
        sheet.cell(9, column, label)
    for row, slot in enumerate(slots().values(), 10):
        if slot.code.endswith(".1."):
            id_ = CODES[slot.code[:4]]
            sheet.cell(row, 6, categories.get(id_, "IN"))
            sheet.cell(row, 12, reasons.get(id_))
        sheet.cell(row, 9, f"=Assessment!C{rows[slot.code]}")
        sheet.cell(row, 11, scope.get(slot.requirement or slot.code, "IN"))


def _write_plans(
    sheet: Any, required: Mapping[str, Any], boxes: Mapping[int, Mapping[str, str]]
) -> None:
    sheet["F10"], sheet["H10"] = "Achieved level", "Required level"
    sheet["F11"], sheet["H11"] = 2, 0
    row = 13
    for code, id_ in CODES.items():
        if code.endswith(".1."):
            sheet.cell(row, 2, "=Evaluation!C19")
            row += 1
        sheet.cell(row, 2, "=Evaluation!C30")
        sheet.cell(row, 6, "=Evaluation!F30")
        sheet.cell(row, 8, required.get(id_))
        row += 2 if code in {"1.4.", "2.4.", "3.4."} else 1
    for number in range(1, 16):
        top = 38 + 9 * (number - 1)
        sheet.cell(top, 2, "=INDEX(P14:P28,1)")
        sheet.cell(top, 6, "=LEFT(B38,1)")
        for offset, part in enumerate(PARTS, 1):
            sheet.cell(top + offset, 1, "=IF(F38=0,0,1)")
            sheet.cell(top + offset, 2, part)
            sheet.cell(top + offset, 4, boxes.get(number, {}).get(part))


def self_workbook(
    answers: Mapping[str, Any] | None = None,
    *,
    name: str = "Door badges",
    stored: Mapping[str, str] | None = None,
    application: str = "",
    change: Callable[[openpyxl.Workbook], None] | None = None,
) -> bytes:
    """
    Write a self workbook.

    Parameters
    ----------
    answers : mapping
        By native id of the category.
    stored : mapping of str to str
        Stored labels by module and as ``overall``.
    application : str
        Program that the file says it was saved by.
    """
    book = openpyxl.Workbook()
    tool, report = book.active, book.create_sheet("Report")
    tool.title = "Tool"
    tool["C3"], tool["E3"], tool["G3"] = "Assessed\nuse-case:", name, "Overall maturity:"
    for position, (code, id_) in enumerate(CODES.items()):
        row, column = 11 + 10 * (position // 2), 3 + 4 * (position % 2)
        title = MODEL.categories[MODEL.native[id_]].name
        tool.cell(row, column, f"{code} {title}")
        tool.cell(row + 1, column, "What it is about")
        tool.cell(row + 2, column, (answers or {}).get(id_))
        for below, number in enumerate((6, 7, 1, 2, 3, 4, 5)):
            tool.cell(row + 2 + below, column + 1, number)
    labels = stored or {}
    report["B7"], report["E8"] = (
        "Overall reached maturity of use-case:",
        labels.get("overall", "=A1"),
    )
    for position, module in enumerate(MODULES):
        report.cell(55 + 27 * position, 5, "Reached maturity of module:")
        report.cell(56 + 27 * position, 5, labels.get(module, "=A1"))
    if change:
        change(book)
    content = saved(book)
    return patched(content, "docProps/app.xml", _APP, application) if application else content


_APP = "Microsoft Excel Compatible / Openpyxl 3.1.5"


def patched(content: bytes, part: str, old: str, new: str) -> bytes:
    """Workbook with one text in one part replaced, so that tests can write any XML."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old.encode() in data, f"{part} has no {old}"
                data = data.replace(old.encode(), new.encode())
            copy.writestr(name, data)
    return target.getvalue()


# --- what tests ask of a workbook that was read --------------------------------------


def read(content: bytes) -> Loaded:
    """Read a workbook under the name that messages are checked for."""
    return read_workbook(read_sheets(content, "answers.xlsx"), content)


def levels(assessment: Assessment) -> dict[str, int | None]:
    """Levels by native id, whatever their scope."""
    return {
        MODEL.native_id(key): answer.level or answer.set_aside_level
        for key, answer in assessment.answers.items()
    }


def shown_overall(assessment: Assessment) -> dict[str, Any]:
    """Figure of the whole as the workbook shows it."""
    assert assessment.source.tool is not None
    shown: dict[str, Any] = assessment.source.tool["overall"]
    return shown


def reasons(assessment: Assessment) -> list[str]:
    """Codes of the reasons why the workbook shows something else than we do."""
    assert assessment.source.tool is not None
    return [reason["code"] for reason in assessment.source.tool["reasons"]]


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Archive with some parts; a star at the end of a name lets it occur twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that occurs twice
        for name, data in parts.items():
            archive.writestr(name.rstrip("*"), data)
    return stream.getvalue()
