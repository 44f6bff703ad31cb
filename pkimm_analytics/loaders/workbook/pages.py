"""Sheets of an official workbook, searched by their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.sheets import Book, Sheet, Value, is_empty

MAX_SEARCHED = 40
"""Sheets that are searched by content where none has the name."""
PUBLISHED = frozenset(
    {
        *("guidance", "overview", "scoping", "assessment", "evaluation", "actionplans", "©"),
        *("attestationreport", "assessmentreport", "detailedreport", "reporting", "repodata"),
        *("tech", "source", "tool", "report"),
    }
)
"""Names of the sheets of both workbooks; some repeat what others hold."""
MAX_ROW, MAX_COLUMN = 2_000, 400
"""Cells beyond are not looked at; official sheets end at row 325 and column 106."""


class Page:
    """
    One sheet and its labels.

    Parameters
    ----------
    sheet : Sheet
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.name = sheet.name

    def at(self, row: int, column: int) -> Value:
        """Value of a cell; empty if there is none."""
        return self.sheet.at(row, column)

    def where(self, row: int, column: int) -> str:
        """Place as a user reads it, such as ``Assessment!I14``."""
        return self.sheet.where(row, column).removeprefix(f"{self.sheet.source}, ")

    def beside(self, row: int, column: int) -> tuple[int, int]:
        """Place of the value of a label: two columns to the right, or three, or one."""
        filled = [n for n in (2, 3, 1) if not is_empty(self.at(row, column + n))]
        return row, column + (filled[0] if filled else 2)

    def words(self, row: int, column: int) -> str:
        """Text of a cell, lower case, blanks collapsed; empty if it holds no text."""
        value = self.at(row, column)
        return plain(value) if isinstance(value, str) else ""

    @cached_property
    def rows(self) -> dict[int, dict[int, Value]]:
        """Cells that are not empty by row, then by column, both ascending."""
        return {
            number: {n: value for n, value in enumerate(row[:MAX_COLUMN], 1) if value != ""}
            for number, row in enumerate(self.sheet.rows[:MAX_ROW], 1)
            if any(value != "" for value in row)
        }

    @cached_property
    def labels(self) -> dict[int, dict[int, str]]:
        """Texts by row and column, lower case, blanks collapsed."""
        return {
            row: {n: plain(value) for n, value in cells.items() if isinstance(value, str)}
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


class Pages:
    """
    The sheets of a workbook.

    Parameters
    ----------
    book : Book
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self._read: dict[str, Page] = {}

    def page(self, name: str) -> Page:
        """Read one sheet."""
        if name not in self._read:
            self._read[name] = Page(self.book.sheet(name))
        return self._read[name]

    def named(self, *words: str) -> Iterator[Page]:
        """Sheets with these names, in the order of the names."""
        for word in words:
            yield from (self.page(name) for name in self.book.sheet_names if plain(name) == word)

    def find(
        self,
        word: str,
        fits: Callable[[Page], bool],
        problems: list[Problem] | None = None,
    ) -> Page | None:
        """
        Find a sheet by its name, or by its content if someone renamed it.

        With `problems`, other sheets that look the same are named there: a copy may hold
        other answers.
        """
        names = [name for name in self.book.sheet_names if plain(name) == word]
        names = [*dict.fromkeys([*names, *self.book.sheet_names[:MAX_SEARCHED]])]
        fitting = (page for name in names if fits(page := self.page(name)))
        found = next(fitting, None)
        if found is not None and problems is not None:
            problems += [
                Problem(other.name, f"looks like the sheet {found.name}, and was not read")
                for other in fitting
                if plain(other.name) not in PUBLISHED
            ]
        return found
