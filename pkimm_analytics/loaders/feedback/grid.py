"""
A form export as a grid of texts with places, whatever tool wrote it.

Tools put titles above the header, or two or three rows of headers; what is left here is
one question for each column, and the rows below. Cells without a value, such as formulas
whose result was not stored, are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.feedback.words import header_score, listed, system_field, tool_of
from pkimm_analytics.loaders.sheets import Fault, Sheet, is_empty, read_sheets, text_of

LOOKED_AT = 20
"""Rows among which the header is looked for."""


@dataclass(frozen=True)
class Grid:
    """
    A table of texts.

    Parameters
    ----------
    sheet : str
        Name of the sheet; empty for CSV.
    tool : str
        Tool that it is an export of; ``table`` if it is of none that is known.
    header : tuple of str
        Question of each column.
    rows : sequence of (int, sequence of str)
        Number of each row as its users count, and as many texts as the header has.
    where : callable
        Place of a row and, if given, a column, both counted from 1.
    """

    sheet: str
    tool: str
    header: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[str]]]
    where: Callable[..., str]

    def column(self, index: int) -> list[str]:
        """Texts of a column without blanks around them; empty ones are left out."""
        return [text for _, row in self.rows if (text := row[index].strip())]


def read_grids(content: bytes, name: str) -> tuple[list[Grid], list[Problem]]:
    """
    Read every table of a file.

    Returns
    -------
    tuple of (list of Grid, list of Problem)
        Problems name rows and cells that could not be read.

    Raises
    ------
    SourceFormatError
        If the file holds no sheets, or none of them a table.
    """
    book = read_sheets(content, name)
    problems = list(book.problems)
    grids = [grid for sheet in book.sheets() for grid in _grid(sheet, problems)]
    if not grids:
        raise SourceFormatError(
            f"{name} has no table. Nothing was imported.",
            [Problem(name, "expected a row with the questions of the form, and answers below it")],
        )
    return grids, problems


def _grid(sheet: Sheet, problems: list[Problem]) -> Iterator[Grid]:
    top = _header_row(sheet)
    if top is None:
        return
    if any(number < top for number, _ in sheet.filled()):
        message = "the rows above the header were left out"
        problems.append(Problem(sheet.where(top), message, refused=False))
    header = [" ".join(text_of(v).split()) for v in sheet.rows[top - 1][: sheet.width(top)]]
    if tool_of(header) == "SurveyMonkey":  # a matrix of questions may be the last one
        header += [""] * (sheet.width(top + 1) - len(header))
    rows, wrong = sheet.table(top, len(header))
    problems += wrong
    problems += [
        Problem(sheet.where(number, column), f"{value}; expected a value; left out")
        for number, row in rows
        for column, value in enumerate(row, 1)
        if isinstance(value, Fault)
    ]
    texts = [(number, [text_of(value) for value in row]) for number, row in rows]
    header, texts, tool = _one_header(header, texts)
    if texts:
        yield Grid(sheet.name, tool, tuple(header), texts, sheet.where)


def _header_row(sheet: Sheet) -> int | None:
    """Find the first row that is nearly as full as the fullest, unless a later one is clearer."""
    rows = [pair for pair, _ in zip(sheet.filled(), range(LOOKED_AT), strict=False)]
    if not rows:
        return None
    full = {number: sum(not is_empty(value) for value in row) for number, row in rows}
    enough = max(full.values()) * 0.6
    first = next(number for number in full if full[number] >= enough)
    known = {number: _known(sheet, number) for number, _ in rows}
    clearest = max(known, key=lambda number: (known[number], -number))
    is_clearer = known[clearest] > 2 * known[first] + 1 and full[clearest] > full[first]
    return clearest if is_clearer else first


def _known(sheet: Sheet, row: int) -> int:
    """How many cells of a row read like questions of a form."""
    cells = [value for value in sheet.rows[row - 1] if isinstance(value, str) and len(value) < 200]
    fields = listed("headers")
    return sum(bool(system_field(c)) or any(header_score(f, c) for f in fields) for c in cells if c)


Rows = list[tuple[int, list[str]]]


def _one_header(header: list[str], rows: Rows) -> tuple[list[str], Rows, str]:
    """Make one header of the two or three rows that some tools write."""
    tool = tool_of(header)
    if len(rows) > 1 and any("ImportId" in cell for cell in rows[1][1]):
        asked = zip(header, rows[0][1], strict=True)
        return (
            [code if system_field(code) else said or code for code, said in asked],
            rows[2:],
            tool,
        )
    if tool == "SurveyMonkey" and rows and not rows[0][1][0].strip():
        made, question = [], ""
        for upper, lower in zip(header, rows[0][1], strict=True):
            question = upper or question
            is_one = not lower or lower.casefold() in {"response", "open-ended response"}
            made.append(question if is_one else f"{question} [{lower}]")
        return made, rows[1:], tool
    return header, rows, tool
