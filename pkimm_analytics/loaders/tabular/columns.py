"""
What the columns of a table of assessments hold: proposed here, corrected by the user.

A header in the words of our template is taken as it stands. One in other words counts
where its cells agree, and is remarked. A column may hold a field, the levels of one
element, or the levels of one assessment, named by its header.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated

from pydantic import Field

from pkimm_analytics.loaders.cells import plain, read_level
from pkimm_analytics.loaders.column_map import IGNORE, Column, ColumnMap
from pkimm_analytics.loaders.sentences import Problems
from pkimm_analytics.loaders.sheets import Fault, Sheet, Value, is_empty, text_of
from pkimm_analytics.loaders.sheets.sheet import MAX_COLUMNS
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

MAX_UNKNOWN = 100
"""Cells of a row without any known word that is looked at as a header."""

_OF_JSON = re.compile(r"^(?:answers|levels)\.(.{1,200}?)(?:\.level)?$")
"""Path of a level in the JSON of others."""

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
        width = min(sheet.width(number), MAX_COLUMNS + 1)
        words = [_OF_JSON.sub(r"\1", text_of(value)[:1000]) for value in row[:width]]
        n_known = sum(bool(field_of(word)[0]) or has_element(word) for word in words)
        if (best is not None and n_known <= best[0]) or not 1 < len(words) <= MAX_COLUMNS:
            continue
        if n_known or len(words) <= MAX_UNKNOWN:
            found = _columns(sheet, number, words, has_element)
            if found.shape and not _is_doubtful(found, sheet):
                best = n_known, found
    return best[1] if best else None


def is_ours(sheet: Sheet) -> bool:
    """Whether a sheet has the figures that we write beside the answers."""
    first = {plain(text_of(value)) for value in (sheet.rows[0] if sheet.rows else ())}
    return {"percentage", "coverage"} <= first


def names_elements(sheet: Sheet, has_element: HasElement) -> bool:
    """Whether a sheet that is no table names several elements all the same."""
    rows = islice(sheet.filled(), SAMPLE)
    texts = (value for _, row in rows for value in row[:10] if isinstance(value, str))
    return sum(1 for _ in islice(filter(has_element, texts), 3)) == 3


def _is_doubtful(columns: TableColumns, sheet: Sheet) -> bool:
    """Whether one element is all that speaks for a wide table, and it may be a row of another."""
    elements = [column for column in columns.columns if column.element]
    if columns.shape != "wide" or len(elements) > 1:
        return False
    cells = _sample(sheet, columns.header, elements[0].number - 1)
    return not cells or _share_of_levels(cells) < ENOUGH


def _columns(
    sheet: Sheet, header: int, words: Sequence[str], has_element: HasElement
) -> TableColumns:
    cells = [_sample(sheet, header, index) for index in range(len(words))]
    is_wide = sum(map(has_element, words)) > 1
    found = [
        _column(index, word, cells[index], has_element, is_wide=is_wide)
        for index, word in enumerate(words)
    ]
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
    levels = [n for n, word in enumerate(words) if field_of(word)[0] == "level" and cells[n]]
    if fields & {*SUBJECT} and "level" not in fields and len(levels) == 1:
        found[levels[0]] = found[levels[0]].replace(field="level", sure=False)
        fields |= {"level"}
    subject = next((n for n, column in enumerate(found) if column.field in SUBJECT), None)
    if subject is not None and not fields & {"level", "value"} and guessed["level"] < 2:
        answered = [row for row in sheet.rows[header:] if has_element(_text(row, subject))]
        for index, column in enumerate(found):
            said = [row[index] for row in answered if _text(row, index).strip()]
            if _is_free(column) and column.column.strip() and _fits("level", said, has_element):
                found[index] = column.replace(
                    field="level", assessment=column.column[:200], sure=False
                )
    return TableColumns(sheet=sheet.name, header=header, columns=tuple(found))


def _text(row: Sequence[Value], index: int) -> str:
    return text_of(row[index]) if index < len(row) else ""


def _is_free(column: TableColumn) -> bool:
    return column.field == IGNORE and not column.sure


def _column(
    index: int, word: str, cells: Sequence[Value], has_element: HasElement, *, is_wide: bool
) -> TableColumn:
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
    if has_element(word) and (is_wide or _fits("level", cells, has_element)):
        return about.replace(sure=False)
    return TableColumn(number=number, column=header, field=IGNORE, sure=False)


def _fits(field: str, cells: Sequence[Value], has_element: HasElement) -> bool:
    if field in SUBJECT:
        return _share(cells, lambda value: _is_subject(text_of(value), has_element)) >= ENOUGH
    return field != "level" or _share_of_levels(cells) >= ENOUGH


def _is_subject(text: str, has_element: HasElement) -> bool:
    return has_element(text) or field_of(text)[0] in PROPERTIES


def _sample(sheet: Sheet, header: int, index: int) -> list[Value]:
    rows = islice(sheet.rows, header, header + 20 * SAMPLE)
    values = (row[index] for row in rows if index < len(row))
    return [*islice((value for value in values if not is_empty(value)), SAMPLE)]


def _share(cells: Sequence[Value], fits: Callable[[Value], bool]) -> float:
    counted = [value for value in cells if not isinstance(value, Fault)]
    return sum(map(fits, counted)) / len(counted) if counted else float(bool(cells))


def _share_of_levels(cells: Sequence[Value]) -> float:
    known = {model.level_names for model in models()}
    return _share(cells, lambda value: any(_reads(value, names) for names in known))


def _reads(value: Value, names: Sequence[str]) -> bool:
    try:
        read_level(value, names)
    except ValueError:
        return False
    return True


def remark_on(sheet: Sheet, columns: TableColumns, problems: Problems) -> None:
    """Say what columns were read as, where the program guessed, and which ones were not read."""
    for column in columns.columns:
        if column.sure:
            continue
        where = sheet.where(columns.header, column.number)
        about = f" of {column.element}" if column.element else ""
        about = " of an assessment of this name" if column.assessment else about
        code = "column-unknown" if column.field == IGNORE else "column-guessed"
        problems.remark(where, code, field=f"{column.field}{about}")
