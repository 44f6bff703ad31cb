"""
The column map: which column of a form holds which field, proposed and corrected.

The program proposes from the words of the header, in several languages, and from what
the cells look like. The user reads the proposal, corrects it where it is wrong, and
gives it back; a corrected map is used as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.feedback import RATINGS
from pkimm_analytics.feedback.comment import SAYING
from pkimm_analytics.loaders.feedback.cells import day_of, minutes_of, whole_of
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import Grid
from pkimm_analytics.loaders.feedback.words import HEADERS, NOTHING, fold, header_score, value_of
from pkimm_analytics.loaders.feedback.words import rating_of as rating
from pkimm_analytics.model.yaml_text import read_yaml

FORMAT = "pkimm-feedback-columns/1"
IGNORE = "ignore"
FIELDS = (*HEADERS, IGNORE)
"""What a column can hold."""

CHOICES = ("role", "weight", "kind")
PER_ELEMENT = SAYING
"""Fields that a column may hold for one element, in a form with a block for each."""

SAMPLE = 300
"""Cells of a column that are looked at."""
ENOUGH = 0.6
"""Share of cells that must fit, so that a column may hold a field."""
TELLING = 5
"""Letters of a phrase in the header that make a field likely although its cells do not fit."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of a form.

    Parameters
    ----------
    number : int
        Counted from 1.
    header : str
        Its question.
    field : str
        One of :data:`FIELDS`.
    element : str, optional
        Element that the column is about, in a form with a block for each element.
    sure : bool
        Whether header and cells both speak for the field.
    """

    number: int
    header: str
    field: str
    element: str | None = None
    sure: bool = True


@dataclass(frozen=True)
class ColumnMap:
    """
    What the columns of a form hold.

    Parameters
    ----------
    columns : tuple of Column
    values : mapping of str to mapping of str to str
        By field (``role``, ``weight``, ``kind`` or ``element``): what a word of the form
        stands for, where the program does not know it.
    sheet : str
        Sheet of a workbook; empty for CSV.
    """

    columns: tuple[Column, ...]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheet: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the map as a document, which is also its YAML form."""
        columns = []
        for column in self.columns:
            entry: dict[str, Any] = {"number": column.number, "column": column.header}
            entry["field"] = column.field
            if column.element is not None:
                entry["element"] = column.element
            if not column.sure:
                entry["sure"] = False
            columns.append(entry)
        document: dict[str, Any] = {"format": FORMAT}
        if self.sheet:
            document["sheet"] = self.sheet
        return document | {"columns": columns, "values": {k: {**v} for k, v in self.values.items()}}


# --- proposing -------------------------------------------------------------------------


def propose_columns(grid: Grid, elements: Elements) -> ColumnMap:
    """
    Propose what each column holds.

    Returns
    -------
    ColumnMap
        A column for which nothing speaks is ignored and not sure.
    """
    guesses = [_guesses(grid, index, elements) for index in range(len(grid.header))]
    taken: set[tuple[str, str | None]] = set()
    chosen: dict[int, tuple[str, bool]] = {}
    ranked = sorted(
        (
            (-score, index, name, sure)
            for index, (_, found) in enumerate(guesses)
            for name, (score, sure) in found.items()
        ),
    )
    for _, index, name, sure in ranked:
        element = guesses[index][0]
        if index in chosen or (name != "text" and (name, element) in taken):
            continue
        chosen[index] = (name, sure)
        taken.add((name, element))
    columns = []
    for index, header in enumerate(grid.header):
        name, sure = chosen.get(index, (IGNORE, not grid.column(index)))
        element = guesses[index][0] if name in PER_ELEMENT else None
        columns.append(Column(index + 1, header, name, element, sure))
    return ColumnMap(tuple(columns), sheet=grid.sheet)


def best_grid(grids: Sequence[Grid], elements: Elements) -> tuple[Grid, ColumnMap]:
    """Pick the sheet that has most columns of a form, and propose its map."""
    proposals = [(grid, propose_columns(grid, elements)) for grid in grids]
    return max(proposals, key=lambda pair: sum(c.field != IGNORE for c in pair[1].columns))


def _guesses(
    grid: Grid, index: int, elements: Elements
) -> tuple[str | None, dict[str, tuple[float, bool]]]:
    """Return the element in a header, and a score and sureness for each field that may be."""
    header = grid.header[index]
    stated = elements.stated(header)
    element = next(iter(stated)) if len(stated) == 1 else elements.named(header)
    cells = [text for text in grid.column(index)[:SAMPLE] if fold(text) not in NOTHING]
    found = {}
    for name in HEADERS:
        words = header_score(name, header)
        fits = _fit(name, cells, elements)
        if fits is None:
            score, sure = words, words > 0
        elif cells and fits < ENOUGH:
            score, sure = (words / 4 if words >= TELLING else 0.0), False
        else:
            distinct = name in {*CHOICES, "element", "email", "received"} and bool(cells)
            score, sure = words + (8.0 if distinct else 0.0), words > 0
        if element is not None and name not in PER_ELEMENT:
            score = 0.0
        if score > 0:
            found[name] = (score, sure)
    if not found and _is_prose(cells):
        found["text"] = (0.5, False)
    return element, found


def _fit(name: str, cells: Sequence[str], elements: Elements) -> float | None:
    """Share of cells that are of a field's kind; None where any text is."""
    if name in RATINGS:
        return _share(cells, lambda text: rating(text) is not None)
    if name in CHOICES:
        return _share(cells, lambda text: value_of(name, text) is not None)
    if name == "element":
        return _share(cells, lambda text: elements.find(text)[0] is not None)
    if name == "email":
        return _share(cells, lambda text: re.fullmatch(r"[^\s@]+@[^\s@]+", text) is not None)
    if name == "received":
        return _share(cells, lambda text: day_of(text, "any") is not None)
    if name == "minutes":
        return _share(cells, lambda text: minutes_of(text) is not None)
    if name == "suggested_weight":
        return _share(cells, lambda text: whole_of(text) is not None)
    if name == "edition":
        return _share(cells, lambda text: re.fullmatch(r"\d+\.\d+\.\d+", text) is not None)
    return None


def _share(cells: Sequence[str], fits: Any) -> float:
    return sum(map(fits, cells)) / len(cells) if cells else 1.0


def _is_prose(cells: Sequence[str]) -> bool:
    return bool(cells) and sum(len(text) for text in cells) / len(cells) > 25


# --- the user's corrections --------------------------------------------------------------


def read_columns(text: str, name: str) -> ColumnMap:
    """
    Read a column map.

    Parameters
    ----------
    text : str
        YAML or JSON, as the proposal is written.
    name : str
        How to call the file in messages.

    Raises
    ------
    SourceFormatError
        If it is none; every problem is listed.
    """
    document = read_yaml(text, name)
    entries = document.get("columns") if isinstance(document, dict) else None
    if not isinstance(entries, list) or document.get("format") != FORMAT:
        raise SourceFormatError(
            f"{name} is no column map. Nothing was imported.",
            [Problem(name, f"expected the fields format ({FORMAT}) and columns (a list)")],
        )
    problems: list[Problem] = []
    columns = [_column(entry, f"columns.{i}", problems) for i, entry in enumerate(entries)]
    values = _values(document.get("values") or {}, problems)
    if problems:
        raise SourceFormatError(f"{name} is no column map. Nothing was imported.", problems)
    sheet = document.get("sheet") or ""
    return ColumnMap(tuple(c for c in columns if c is not None), values, str(sheet))


def _column(entry: Any, where: str, problems: list[Problem]) -> Column | None:
    if not isinstance(entry, dict):
        problems.append(Problem(where, "expected a mapping"))
        return None
    number, name, element = entry.get("number"), entry.get("field"), entry.get("element")
    before = len(problems)
    if type(number) is not int or number < 1:
        problems.append(Problem(f"{where}.number", "expected a whole number from 1"))
    if name not in FIELDS:
        problems.append(Problem(f"{where}.field", f"expected one of {', '.join(FIELDS)}"))
    if element is not None and (not isinstance(element, str) or name not in PER_ELEMENT):
        problems.append(
            Problem(f"{where}.element", f"belongs to one of {', '.join(PER_ELEMENT)} only")
        )
    if len(problems) > before:
        return None
    return Column(int(str(number)), str(entry.get("column", "")), str(name), element)


def _values(document: Any, problems: list[Problem]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if not isinstance(document, dict):
        problems.append(Problem("values", "expected a mapping"))
        return found
    for name, words in document.items():
        if name not in {*CHOICES, "element"} or not isinstance(words, dict):
            expected = "expected role, weight, kind or element, with a mapping of words"
            problems.append(Problem(f"values.{str(name)[:40]}", expected))
            continue
        found[name] = {fold(str(word)): str(code) for word, code in words.items()}
    return found


def check_columns(columns: ColumnMap, grid: Grid, elements: Elements) -> list[Problem]:
    """
    Compare a map with a form.

    Returns
    -------
    list of Problem
        A column that the form does not have or has under another header, an element
        that the edition does not have, and a form that says nothing.
    """
    found = []
    for column in columns.columns:
        where = f"column {column.number}"
        if column.number > len(grid.header):
            found.append(Problem(where, f"the form has {len(grid.header)} columns"))
        elif column.header and column.header != grid.header[column.number - 1]:
            found.append(Problem(where, "has another header than the map says; make a new map"))
        if column.element is not None and elements.find(column.element)[0] is None:
            found.append(Problem(where, elements.find(column.element)[1]))
    used = [column.field for column in columns.columns if column.field != IGNORE]
    once = [name for name in used if name not in PER_ELEMENT]
    found += [
        Problem(name, "stands in two columns; expected one, set the other to ignore")
        for name in dict.fromkeys(once)
        if once.count(name) > 1
    ]
    if not {*used} & {*PER_ELEMENT}:
        found.append(
            Problem("columns", f"none holds what a comment says: {', '.join(PER_ELEMENT)}")
        )
    return found
