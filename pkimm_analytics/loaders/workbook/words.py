"""
What a cell of the official workbooks means: a level, a scope, a date, a category.

The workbooks offer lists, but people paste, and other programs save what they hold
in other ways. What has one meaning is taken, with a remark where the workbook itself
would not understand it; everything else is refused, and the rest is still read.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.workbook.cells import Cell, Sheet, plain
from pkimm_analytics.model import Model, category_of

VERSION = "1.0.0"
"""Edition that both workbooks implement; neither states it."""
LEVEL_NAMES = ("Initial", "Basic", "Advanced", "Managed", "Optimized")
TITLE = re.compile(r"(\d\.\d)\.? +(\S.*)")
MODULE_TITLE = re.compile(r"([1-4])\. +\S")
_CODE = re.compile(r"\d\.\d\.\d\.?")
MAX_TEXT = 100_000
"""Characters of one text; a cell holds 32,767."""


@dataclass(frozen=True, slots=True)
class Slot:
    """
    One numbered row of the full workbook, as published.

    Parameters
    ----------
    code : str
        Number in the workbook, such as ``3.2.1.``.
    requirement : str
        Native id of the requirement in 1.0.0; empty for the 14 hidden rows without one.
    reads : str
        Slot whose scope cell decides whether the workbook counts this one; empty if
        none does. Where it is not the slot itself, the workbook is wrong.
    """

    code: str
    requirement: str
    reads: str


@cache
def slots() -> dict[str, Slot]:
    """All 86 slots by code, in the order of the workbook."""
    path = resources.files("pkimm_analytics.loaders.workbook") / "slots.csv"
    rows = csv.reader(path.read_text(encoding="utf-8").splitlines()[1:])
    return {row[0]: Slot(*row) for row in rows}


def slot_code(text: str) -> str:
    """Return the number of a slot with its last dot, which may be missing; else nothing."""
    return text.rstrip(".") + "." if _CODE.fullmatch(text) else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What an answer cell says.

    Parameters
    ----------
    level : int, optional
        1 to 5.
    is_not_applicable : bool
    remark : str
        Why it was taken over although the workbook does not offer it.
    refusal : str
        Why it was not taken over.
    """

    level: int | None = None
    is_not_applicable: bool = False
    remark: str = ""
    refusal: str = ""

    def problem(self, where: str) -> Problem | None:
        """Return what there is to say about the cell."""
        if self.refusal:
            return Problem(where, self.refusal)
        return Problem(where, self.remark, refused=False) if self.remark else None


def full_entry(cell: Cell) -> Entry:
    """Read an answer of the full workbook: the name of a level, or nothing."""
    value = cell.value
    if cell.is_empty and not cell.is_formula:
        return Entry()
    if isinstance(value, str):
        return _full_text(value)
    number = _level_number(value)
    if number:
        taken = f"the number {number} was taken as {LEVEL_NAMES[number - 1]}"
        return Entry(number, remark=f"{taken}; {_NOT_LISTED}")
    return Entry(refusal=f"{shown(cell)}; {_EXPECTED}; left unanswered")


_NOT_LISTED = "the workbook itself has only names on its list"
_EXPECTED = f"expected {', '.join(LEVEL_NAMES)}, a number from 1 to 5, N/A, or nothing"
_NOT_APPLICABLE = frozenset({"n/a", "na", "n.a.", "not applicable"})
_NO_ANSWER = frozenset({"", "not evaluated", "not assessed"})


def _full_text(text: str) -> Entry:
    names = {name.casefold(): level for level, name in enumerate(LEVEL_NAMES, 1)}
    if text.casefold() in names:
        return Entry(names[text.casefold()])
    word = plain(text)
    if word in names:
        return Entry(names[word], remark=f"the blanks around the level were ignored; {_NOT_LISTED}")
    if word in _NOT_APPLICABLE:
        hint = "the workbook itself knows only OUT OF on the sheet Scoping"
        return Entry(is_not_applicable=True, remark=f"taken as not applicable; {hint}")
    if word in _NO_ANSWER:
        return Entry(remark="taken as unanswered; the workbook itself expects an empty cell")
    number = _number_text(word)
    if number and 1 <= number <= 5:
        taken = f"the text '{number}' was taken as {LEVEL_NAMES[number - 1]}"
        return Entry(number, remark=f"{taken}; {_NOT_LISTED}")
    return Entry(refusal=f"{shown(Cell(text))}; {_EXPECTED}; left unanswered")


def self_entry(cell: Cell) -> Entry:
    """
    Read an answer of the self workbook: 1 to 5, 6 for not applicable, else nothing.

    LibreOffice saves level 1 as TRUE and "no button chosen" as FALSE.
    """
    value = cell.value
    if cell.is_empty and not cell.is_formula:
        return Entry()
    number: float | int | None = None
    if isinstance(value, bool | int | float):
        number = value
    elif isinstance(value, str):
        number = _number_text(plain(value))
    if number is not None and number in (1, 2, 3, 4, 5):
        remark = f"the text '{int(number)}' was taken as a number" if isinstance(value, str) else ""
        return Entry(int(number), remark=remark)
    if number is not None and number in (0, 6, 7):
        return Entry(is_not_applicable=number == 6)
    expected = "expected 1 to 5, 6 for not applicable, or nothing"
    return Entry(refusal=f"{shown(cell)}; {expected}; left unanswered")


def _level_number(value: object) -> int | None:
    is_level = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_level and value in (1, 2, 3, 4, 5) else None


def _number_text(text: str) -> int | None:
    return int(text[0]) if re.fullmatch(r"[0-9](\.0+)?", text) else None


def is_on_list(cell: Cell) -> bool:
    """Whether the full workbook itself understands an answer cell."""
    if cell.is_empty:
        return not cell.is_formula
    return isinstance(cell.value, str) and cell.value.casefold() in {
        name.casefold() for name in LEVEL_NAMES
    }


def is_out_of_scope(cell: Cell, where: str, problems: list[Problem]) -> bool:
    """
    Whether a scope cell says ``OUT OF``, compared as the workbook compares.

    Capitals do not matter, blanks do: ``OUT OF`` with a blank behind it counts as IN.
    """
    if cell.error or cell.lacks_result:
        problems.append(Problem(where, f"{shown(cell)}; expected IN or OUT OF; taken as IN"))
        return False
    if cell.is_empty:
        return False
    word = plain(cell.value) if isinstance(cell.value, str) else ""
    if isinstance(cell.value, str) and cell.value.casefold() == "out of":
        return True
    if word != "in":
        reason = "OUT OF with extra blanks" if word == "out of" else f"{shown(cell)} as scope"
        note = f"{reason}: the workbook counts it as IN, and so it was taken; expected IN or OUT OF"
        problems.append(Problem(where, note, refused=False))
    return False


def shown(cell: Cell) -> str:
    """Describe a cell in a message: short values as they are, longer texts by length."""
    if cell.error:
        return f"the error {cell.error}"
    if cell.value is None:
        return "a formula without a stored result"
    if isinstance(cell.value, str):
        short = len(cell.value) <= 12 and cell.value.isprintable()
        return f"'{cell.value}'" if short else f"a text of {len(cell.value):,} characters"
    return str(cell.value).upper() if isinstance(cell.value, bool) else f"the number {cell.value}"


# --- texts and dates -------------------------------------------------------------


def text_of(sheet: Sheet, row: int, column: int, problems: list[Problem]) -> str:
    """Text of a free cell, as typed; a number is written out, an error is refused."""
    cell = sheet.at(row, column)
    if cell.error:
        problems.append(Problem(sheet.where(row, column), f"{shown(cell)}; left out"))
        return ""
    text = "" if cell.value is None else str(cell.value)
    if len(text) > MAX_TEXT:
        note = f"a text of {len(text):,} characters; at most {MAX_TEXT:,} are kept; left out"
        problems.append(Problem(sheet.where(row, column), note))
        return ""
    return text if text.strip() else ""


def date_of(cell: Cell, *, is_1904: bool) -> str | None:
    """
    Read a date as ``YYYY-MM-DD``; None if it is none.

    Numbers are days as workbooks count them. In a text with slashes the order of day
    and month must be plain from the numbers.
    """
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        first = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
        days = int(value)
        found = first + timedelta(days=days) if 0 < days < 100_000 else None
        return str(found) if found and found.year >= 1990 else None
    return _date_text(" ".join(value.split())) if isinstance(value, str) else None


_DATE_FORMATS = (
    "%d.%m.%Y",
    "%d. %m. %Y",
    "%Y/%m/%d",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
)


def _date_text(text: str) -> str | None:
    formats: Sequence[str] = _DATE_FORMATS
    if re.match(r"\d{4}-\d\d-\d\d(T| |$)", text):
        text, formats = text[:10], ("%Y-%m-%d",)
    slashes = re.fullmatch(r"(\d{1,2})/(\d{1,2})/\d{4}", text)
    if slashes:
        first, second = int(slashes[1]), int(slashes[2])
        if first <= 12 and second <= 12 and first != second:
            return None
        formats = ("%d/%m/%Y",) if first > 12 else ("%m/%d/%Y",)
    for pattern in formats:
        try:
            found = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return str(found) if 1990 <= found.year <= 2200 else None
    return None


# --- categories ------------------------------------------------------------------


def titles(sheets: Sequence[Sheet]) -> dict[str, str]:
    """Category titles by code, such as ``3.2.``, from the first sheet that has each."""
    found: dict[str, str] = {}
    for sheet in sheets:
        for texts in sheet.labels.values():
            for text in texts.values():
                match = TITLE.fullmatch(text)
                if match:
                    found.setdefault(f"{match[1]}.", match[2])
    return found


def category_keys(
    found: Mapping[str, str], model: Model, where: str, problems: list[Problem]
) -> dict[str, str]:
    """
    Element keys of the categories by their code in the workbook, mapped by title.

    Parameters
    ----------
    found : mapping of str to str
        Titles by code.
    where : str
        Sheet of the titles, for remarks.

    Returns
    -------
    dict of str to str
        In the order of the workbook. A title that the edition does not know is
        taken as the category that the published workbooks number so, with a remark.
    """
    by_title = {plain(category.name): key for key, category in model.categories.items()}
    published = {
        slot.code[:4]: category_of(model.native[slot.requirement])
        for slot in slots().values()
        if slot.requirement
    }
    keys: dict[str, str] = {}
    for code in published:
        key = by_title.get(found.get(code, ""))
        if key is not None and key not in keys.values():
            keys[code] = key
    for code, key in published.items():
        if code not in keys:
            title = "an unknown title" if code in found else "no title"
            note = f"category {code} has {title}; published as '{model.name(key)}'"
            is_free = key not in keys.values()
            outcome = "taken as that" if is_free else "left out, because another one is called that"
            problems.append(Problem(where, f"{note}; {outcome}", refused=not is_free))
            keys |= {code: key} if is_free else {}
    return {code: keys[code] for code in published if code in keys}


def source_detail(tool: str, application: str) -> str:
    """One line about a workbook: which tool it is, and what the file says it was saved by."""
    saved = f", saved by {application}" if application else ""
    return f"{tool} (official workbook){saved}"


DEMO_ANSWERS = frozenset(
    [
        "77485bf786b25beebed61d65f789004781149f1109b0efda747570a1dfd884ed",
        "71e75f4cdae9a40a4d765571b14e50a2d973d785d290d74440a99f25e4641fd0",
    ]
)
"""SHA-256 of the answers that the two published files hold."""
DEMO_NAMES = frozenset({"cool pki", "cool pki 2023"})


def answers_digest(assessment: Assessment, model: Model) -> str:
    """SHA-256 of all answers in the order of the model, whatever their scope."""
    keys = model.requirements if assessment.mode is Mode.FULL else model.categories
    answers = [assessment.answer(key) for key in keys]
    words = [a.level or a.set_aside_level or str(a.state) for a in answers]
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


def with_demo_caveat(assessment: Assessment, model: Model) -> Assessment:
    """Warn where the workbook still holds the example that it was published with."""
    if answers_digest(assessment, model) in DEMO_ANSWERS:
        message = "The answers are those of the example that the published workbook comes with."
        return assessment.with_caveat("demo-data", message)
    if plain(assessment.use_case.name) in DEMO_NAMES:
        message = (
            "The use case has the name of the example that the published workbook comes with;"
            " check that none of its answers are left."
        )
        return assessment.with_caveat("demo-data", message)
    return assessment


def missing_sheet(name: str, sheet: str) -> SourceFormatError:
    """Error for a workbook without the sheet that has the answers."""
    return SourceFormatError(
        f"{name} has no sheet '{sheet}' with the answers. Nothing was imported.",
        [Problem(name, f"expected the sheet '{sheet}' of the official workbook")],
    )
