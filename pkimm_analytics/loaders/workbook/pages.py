"""Sheets of an official workbook, searched by their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.sentences import Problems
from pkimm_analytics.loaders.sheets import Book, Fault, Sheet, Value, is_empty, text_of

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
MAX_TEXT = 100_000
"""Characters of one text; a cell holds 32,767."""

Place = tuple[int, int]
"""Row and column of a cell, from 1."""


class Page(Sheet):
    """One sheet and its labels."""

    def where(self, row: int, column: int | None = None) -> str:
        """Place as a user reads it, such as ``Assessment!I14``."""
        return super().where(row, column).removeprefix(f"{self.source}, ")

    def beside(self, row: int, column: int) -> Place:
        """Place of the value of a label: two columns to the right, or three, or one."""
        filled = [n for n in (2, 3, 1) if not is_empty(self.at(row, column + n))]
        return row, column + (filled[0] if filled else 2)

    def words(self, row: int, column: int) -> str:
        """Text of a cell, lower case, blanks collapsed; empty if it holds no text."""
        return self.labels.get(row, {}).get(column, "")

    @cached_property
    def cells(self) -> dict[int, dict[int, Value]]:
        """Cells that are not empty by row, then by column, both ascending."""
        rows = enumerate(self.rows[:MAX_ROW], 1)
        cells = {
            number: {n: value for n, value in enumerate(row[:MAX_COLUMN], 1) if value != ""}
            for number, row in rows
        }
        return {number: row for number, row in cells.items() if row}

    @cached_property
    def labels(self) -> dict[int, dict[int, str]]:
        """Texts by row and column, lower case, blanks collapsed."""
        return {
            row: {n: plain(value) for n, value in cells.items() if isinstance(value, str)}
            for row, cells in self.cells.items()
        }

    def find(self, label: str, *, start: bool = False) -> list[Place]:
        """Places of cells with a text, or (`start`) with a text that begins so."""
        return [
            (row, column)
            for row, texts in self.labels.items()
            for column, text in texts.items()
            if text == label or (start and text.startswith(label))
        ]

    def headers(self, labels: Iterable[str]) -> dict[int, dict[str, int]]:
        """Columns by label, the leftmost of each, of every row that has all of some labels."""
        rows = {
            row: {text: column for column, text in reversed(texts.items())}
            for row, texts in self.labels.items()
        }
        return {row: columns for row, columns in rows.items() if columns.keys() >= {*labels}}

    def text(self, row: int, column: int, problems: Problems) -> str:
        """Text of a free cell, as typed; a number is written out, an error is refused."""
        value = self.at(row, column)
        text = text_of(value).replace("\r\n", "\n").replace("\r", "")
        if isinstance(value, Fault) and value.error:
            problems.refuse(self.where(row, column), "left-out", error=value)
        elif len(text) > MAX_TEXT:
            problems.refuse(self.where(row, column), "long-text", n=len(text), most=MAX_TEXT)
            return ""
        return "" if is_empty(text) else text


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
            self._read[name] = Page(name, self.book.sheet(name).rows, self.book.name)
        return self._read[name]

    def named(self, *words: str) -> Iterator[Page]:
        """Sheets with these names, in the order of the names."""
        for word in words:
            yield from (self.page(name) for name in self.book.sheet_names if plain(name) == word)

    def find(
        self, word: str, fits: Callable[[Page], object], problems: Problems | None = None
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
            for other in fitting:
                if plain(other.name) not in PUBLISHED:
                    problems.refuse(other.name, "sheet-twice", name=found.name)
        return found
