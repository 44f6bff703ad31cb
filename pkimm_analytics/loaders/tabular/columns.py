"""
What the columns of a table of assessments hold: proposed here, corrected by the user.

A header in the words of our template is taken as it stands. One in other words counts
where its cells agree, and is remarked. A column may hold a field, the levels of one
element, or the levels of one assessment, named by its header.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated

from pydantic import Field

from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.cells import plain, read_level
from pkimm_analytics.loaders.column_map import IGNORE, Column, ColumnMap
from pkimm_analytics.loaders.sheets import Fault, Sheet, Value, is_empty, text_of
from pkimm_analytics.loaders.tabular.elements import is_id_like
from pkimm_analytics.loaders.tabular.fields import PROPERTIES, SHOWN, SUBJECT, field_of
from pkimm_analytics.model import models
from pkimm_analytics.records import AtMost, Whole, Word

TOP = 40
"""Rows that hold anything and are looked at for the header."""
SAMPLE = 200
"""Cells of a column that are looked at."""
ENOUGH = 0.6
"""Share of cells that must fit, so that a column may hold a field."""

HasElement = Callable[[str], bool]


class TableColumn(Column):
    """
    One column of a table.

    Parameters
    ----------
    assessment : str, optional
        Name of the assessment that the column is of, where there is a column for each.
    """

    assessment: Word | None = None


class TableColumns(ColumnMap):
    """
    What the columns of a table hold.

    Parameters
    ----------
    header : int
        Row of the header.
    """

    FORMAT = "pkimm-table-columns/1"

    header: Annotated[Whole, Field(ge=1)] = 1
    columns: Annotated[tuple[TableColumn, ...], AtMost(4_000)]

    def of(self, field: str) -> list[TableColumn]:
        """Columns that hold a field."""
        return [column for column in self.columns if column.field == field]

    @property
    def shape(self) -> str:
        """``long``, ``wide``, ``matrix`` or ``properties``; empty if it is no table of ours."""
        has_subject = any(map(self.of, SUBJECT))
        if has_subject and any(column.assessment for column in self.columns):
            return "matrix"
        if has_subject and any(not c.element for c in self.of("level")):
            return "long"
        if self.of("element") and self.of("value"):
            return "properties"
        return "wide" if any(column.element for column in self.columns) else ""


def propose_columns(sheet: Sheet, has_element: HasElement) -> TableColumns | None:
    """
    Propose what the columns of a sheet hold.

    Parameters
    ----------
    sheet : Sheet
    has_element : callable
        Tells whether a text means an element of any edition.

    Returns
    -------
    TableColumns or None
        None if no row looks like the header of a table of assessments.
    """
    best: tuple[int, TableColumns] | None = None
    for number, row in islice(sheet.filled(), TOP):
        words = [text_of(value) for value in row[: sheet.width(number)]]
        n_known = sum(bool(field_of(word)[0]) or has_element(word) for word in words)
        if {"percentage", "coverage"} <= {*map(plain, words)}:
            return None  # figures that we wrote
        if n_known and (best is None or n_known > best[0]):
            found = _columns(sheet, number, words, has_element)
            if found.shape and not _is_doubtful(found, sheet):
                best = n_known, found
    return best[1] if best else None


def _is_doubtful(columns: TableColumns, sheet: Sheet) -> bool:
    """Whether one element is all that speaks for a wide table, and it may be a row of another."""
    elements = [column for column in columns.columns if column.element]
    if columns.shape != "wide" or len(elements) > 1:
        return False
    return not elements[0].sure or not _sample(sheet, columns.header, elements[0].number - 1)


def _columns(
    sheet: Sheet, header: int, words: Sequence[str], has_element: HasElement
) -> TableColumns:
    cells = [_sample(sheet, header, index) for index in range(len(words))]
    found = [_column(index, word, cells[index], has_element) for index, word in enumerate(words)]
    guessed = Counter(column.field for column in found if not column.sure and not column.element)
    certain = {column.field for column in found if column.sure and not column.element}
    for index, column in enumerate(found):
        is_one_of_several = guessed[column.field] > 1 or column.field in certain
        if not column.sure and not column.element and is_one_of_several:
            found[index] = column.replace(field=IGNORE)  # the user has to say which one it is
    fields = {column.field for column in found}
    if not fields & {*SUBJECT} and not any(column.element for column in found):
        for index, column in enumerate(found):
            is_head = _is_free(column) and not has_element(column.column)
            if is_head and cells[index] and _fits("element", cells[index], has_element):
                found[index] = column.replace(field="element", sure=False)
                fields |= {"element"}
                break
    if fields & {*SUBJECT} and not fields & {"level", "value"} and guessed["level"] < 2:
        for index, column in enumerate(found):
            if _is_free(column) and column.column.strip() and _fits("level", cells[index], bool):
                found[index] = column.replace(
                    field="level", assessment=column.column[:200], sure=False
                )
    return TableColumns(sheet=sheet.name, header=header, columns=tuple(found))


def _is_free(column: TableColumn) -> bool:
    return column.field == IGNORE and not column.sure


def _column(index: int, word: str, cells: Sequence[Value], has_element: HasElement) -> TableColumn:
    field, is_ours = field_of(word)
    number, header = index + 1, word[:1000]
    if field and is_ours:
        field = IGNORE if field in SHOWN else field
        return TableColumn(number=number, column=header, field=field)
    about = TableColumn(
        number=number, column=header, field="level", element=" ".join(word.split())[:200]
    )
    if is_id_like(word) and ("." in word or has_element(word)):
        return about
    if not cells:
        return TableColumn(number=number, column=header, field=IGNORE)
    if field and _fits(field, cells, has_element):
        return TableColumn(number=number, column=header, field=field, sure=False)
    if has_element(word) and _fits("level", cells, has_element):
        return about.replace(sure=False)
    return TableColumn(number=number, column=header, field=IGNORE, sure=False)


def _fits(field: str, cells: Sequence[Value], has_element: HasElement) -> bool:
    if field in SUBJECT:
        return _share(cells, lambda value: _is_subject(text_of(value), has_element)) >= ENOUGH
    return field != "level" or _share(cells, _is_level) >= ENOUGH


def _is_subject(text: str, has_element: HasElement) -> bool:
    return has_element(text) or field_of(text)[0] in PROPERTIES


def _sample(sheet: Sheet, header: int, index: int) -> list[Value]:
    rows = islice(sheet.rows, header, header + 20 * SAMPLE)
    values = (row[index] for row in rows if index < len(row))
    return [*islice((value for value in values if not is_empty(value)), SAMPLE)]


def _share(cells: Sequence[Value], fits: Callable[[Value], bool]) -> float:
    counted = [value for value in cells if not isinstance(value, Fault)]
    return sum(map(fits, counted)) / len(counted) if counted else float(bool(cells))


def _is_level(value: Value) -> bool:
    return any(_reads(value, names) for names in {model.level_names for model in models()})


def _reads(value: Value, names: Sequence[str]) -> bool:
    try:
        read_level(value, names)
    except ValueError:
        return False
    return True


def remarks_on(sheet: Sheet, columns: TableColumns) -> list[Problem]:
    """Say what columns were read as, where the program guessed, and which ones were not read."""
    found = []
    for column in columns.columns:
        if column.sure:
            continue
        where = sheet.where(columns.header, column.number)
        if column.field == IGNORE:
            message = "what this column holds is not known, so it was not read"
        else:
            about = f" of {column.element}" if column.element else ""
            about = " of an assessment of this name" if column.assessment else about
            message = f"this column was read as {column.field}{about}"
        found.append(Problem(where, f"{message}; correct it with a column map", refused=False))
    return found
