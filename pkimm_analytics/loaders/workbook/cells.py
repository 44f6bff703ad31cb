"""
Cells of an Excel workbook (.xlsx): values, and which of them are results of formulas.

Only values are read, by a small reader of our own. openpyxl also reads styles, filters
and validations, refuses the whole file over any of them, and cannot tell a number that
is none from a damaged file; here one odd cell costs that cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pkimm_analytics.loaders.workbook.archive import Archive, local, named

MAX_ROW, MAX_COLUMN = 2_000, 400
"""Cells beyond are not read; official sheets end at row 325 and column 106."""
MAX_CELLS = 60_000
"""Cells of one sheet that are read, empty ones included; official ones have 17,000."""
MAX_SEARCHED = 20
"""Sheets that are searched by content where none has the name."""

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One cell.

    Parameters
    ----------
    value : str, int, float, bool or None
        As stored: dates are numbers of days. None for an empty cell, an error, and
        a formula without a stored result.
    error : str
        Error code such as ``#N/A``, or ``NaN`` for what is no number.
    is_formula : bool
        True if the value is a stored result.
    """

    value: Value = None
    error: str = ""
    is_formula: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a value nor an error."""
        return self.value is None and not self.error

    @property
    def lacks_result(self) -> bool:
        """Whether it is a formula whose result was not stored."""
        return self.is_formula and self.is_empty


EMPTY = Cell()


@dataclass(frozen=True)
class Sheet:
    """
    One sheet as its cells that are not empty.

    Parameters
    ----------
    name : str
    cells : mapping of (int, int) to Cell
        By row and column, both counted from 1. A merged range has its value in the
        top left cell.
    """

    name: str
    cells: Mapping[tuple[int, int], Cell]

    def at(self, row: int, column: int) -> Cell:
        """Cell at a place; empty if there is none."""
        return self.cells.get((row, column), EMPTY)

    def where(self, row: int, column: int) -> str:
        """Place as a user reads it, such as ``Assessment!I14``."""
        return f"{self.name}!{column_letters(column)}{row}"

    def words(self, row: int, column: int) -> str:
        """Text of a cell, lower case, blanks collapsed; empty if it holds no text."""
        value = self.at(row, column).value
        return plain(value) if isinstance(value, str) else ""

    @cached_property
    def rows(self) -> dict[int, dict[int, Cell]]:
        """Cells by row, then by column, both ascending."""
        rows: dict[int, dict[int, Cell]] = {}
        for (row, column), cell in sorted(self.cells.items()):
            rows.setdefault(row, {})[column] = cell
        return rows

    @cached_property
    def labels(self) -> dict[int, dict[int, str]]:
        """Texts by row and column, lower case, blanks collapsed."""
        return {
            row: {column: plain(c.value) for column, c in cells.items() if isinstance(c.value, str)}
            for row, cells in self.rows.items()
        }

    def find(self, label: str, *, start: bool = False) -> list[tuple[int, int]]:
        """Places of cells with a text, or (`start`) with a text that begins so."""
        return [
            (row, column)
            for row, texts in self.labels.items()
            for column, text in texts.items()
            if text == label or (start and text.startswith(label))
        ]


class Book:
    """
    An opened workbook; sheets are read when they are asked for.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        How to call it in messages.

    Raises
    ------
    SourceFormatError
        If it is not a sound .xlsx archive; also from :meth:`sheet`.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        self._archive = Archive(content, name)
        self._read: dict[str, Sheet] = {}
        workbook = self._archive.tree("xl/workbook.xml")
        self._parts = self._sheet_parts(workbook)
        flags = (_attribute(e, "date1904") for e in named(workbook, "workbookPr"))
        self.is_1904 = any(flag in {"1", "true"} for flag in flags)

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """Names of the sheets, in the order of the workbook."""
        return tuple(self._parts)

    @cached_property
    def application(self) -> str:
        """Name of the program that the file says it was saved by; may be empty."""
        if "docProps/app.xml" not in self._archive:
            return ""
        found = [e.text or "" for e in named(self._archive.tree("docProps/app.xml"), "Application")]
        text = re.sub(r"[^\w ./()-].*", "", " ".join(found), flags=re.DOTALL)
        return " ".join(text.split())[:60]

    def sheet(self, title: str) -> Sheet:
        """Read one sheet; empty if its part is missing."""
        if title not in self._read:
            part = self._parts[title]
            cells = self._cells(part) if part in self._archive else {}
            self._read[title] = Sheet(title, cells)
        return self._read[title]

    def find(self, name: str, fits: Callable[[Sheet], bool]) -> Sheet | None:
        """Find a sheet by its name, or by its content if someone renamed it."""
        named = [title for title in self._parts if plain(title) == name]
        for title in dict.fromkeys([*named, *list(self._parts)[:MAX_SEARCHED]]):
            if fits(self.sheet(title)):
                return self.sheet(title)
        return None

    @cached_property
    def _strings(self) -> tuple[str, ...]:
        """Texts that the sheets refer to by number."""
        part = self._targets.get("sharedstrings", "xl/sharedStrings.xml")
        if part not in self._archive:
            return ()
        return tuple(_rich_text(e) for e in self._archive.elements(part, "si", until="sst"))

    @cached_property
    def _targets(self) -> dict[str, str]:
        """Parts that the workbook refers to, by id and by the last word of their kind."""
        targets: dict[str, str] = {}
        for element in named(self._archive.tree("xl/_rels/workbook.xml.rels"), "Relationship"):
            if _attribute(element, "TargetMode") == "External":
                continue
            target = _attribute(element, "Target").replace("\\", "/")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[_attribute(element, "Id")] = part
            targets.setdefault(_attribute(element, "Type").rsplit("/", 1)[-1].casefold(), part)
        return targets

    def _sheet_parts(self, workbook: Any) -> dict[str, str]:
        parts = {}
        for element in named(workbook, "sheet"):
            ids = [value for key, value in element.attrib.items() if key.endswith("}id")]
            if ids and ids[0] in self._targets:
                parts[_attribute(element, "name")] = self._targets[ids[0]]
        return parts

    def _cells(self, part: str) -> dict[tuple[int, int], Cell]:
        cells: dict[tuple[int, int], Cell] = {}
        row = column = n_cells = 0
        for element in self._archive.elements(part, "c", "row", until="sheetData", starts="row"):
            if local(element) == "row":
                row, column = _whole(element.get("r"), row + 1), 0
                continue
            place = _PLACE.match(element.get("r") or "")
            row, column = (int(place[2]), column_number(place[1])) if place else (row, column + 1)
            n_cells += 1
            if row > MAX_ROW or n_cells > MAX_CELLS:
                break
            if column <= MAX_COLUMN:
                cell = _cell(element, self._strings)
                if not cell.is_empty or cell.is_formula:
                    cells[row, column] = cell
        return cells


def plain(text: str) -> str:
    """Text in lower case, blanks collapsed, plain apostrophes: for comparison with labels."""
    return " ".join(text.split()).casefold().replace("’", "'")


def column_letters(column: int) -> str:
    """Letters of a column number, 1 for ``A``."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the number of a column, 1 for ``A``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")


def _cell(element: Any, strings: tuple[str, ...]) -> Cell:
    """Turn one ``c`` element into a cell; what cannot be converted becomes an error."""
    kind = element.get("t") or "n"
    children = {local(child): child for child in element}
    is_formula = "f" in children
    if kind == "inlineStr":
        text = _rich_text(children["is"]) if "is" in children else ""
    else:
        text = (children["v"].text or "") if "v" in children else ""
    if kind == "s" and text:
        index = _whole(text, -1)
        if not 0 <= index < len(strings):
            return Cell(error="#REF!", is_formula=is_formula)
        text = strings[index]
    if not text:
        return Cell(is_formula=is_formula)
    if kind == "e" or (kind != "n" and text in _ERRORS):
        return Cell(error=text if text in _ERRORS else "#VALUE!", is_formula=is_formula)
    if kind == "b":
        return Cell(text.strip() in {"1", "true"}, is_formula=is_formula)
    if kind == "n":
        number = _number(text)
        return Cell(number, "" if number is not None else "NaN", is_formula)
    return Cell(_unescaped(text), is_formula=is_formula)


_ERRORS = frozenset(
    ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"]
)


def _number(text: str) -> int | float | None:
    """Return a stored number, whole where it is whole; None for NaN, infinity and text."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def _rich_text(element: Any) -> str:
    """Join the runs of a text, without the pronunciation that some languages add."""
    runs = [child for child in element if local(child) in {"t", "r"}]
    texts = [run if local(run) == "t" else next(named(run, "t"), None) for run in runs]
    return _unescaped("".join(text.text or "" for text in texts if text is not None))


def _unescaped(text: str) -> str:
    """Drop the carriage returns that Excel writes as ``_x000D_`` before a line end."""
    return text.replace("_x000D_", "").replace("\r\n", "\n")


def _attribute(element: Any, name: str) -> str:
    return str(element.get(name) or "")
