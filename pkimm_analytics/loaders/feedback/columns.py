"""
The column map: which column of a form holds which field, proposed and corrected.

The program proposes from the words of the questions, in several languages, and from
what the cells look like. The user corrects the proposal and gives it back. One line may
cover a whole matrix of questions: ``{number: 7, to: 22, field: clarity, element: "*"}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.feedback import RATINGS
from pkimm_analytics.feedback.comment import SAYING
from pkimm_analytics.loaders import column_map
from pkimm_analytics.loaders.column_map import IGNORE
from pkimm_analytics.loaders.feedback.cells import UNITS, minutes_of, moment_of, whole_of
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import Grid
from pkimm_analytics.loaders.feedback.scales import Scale, asks_upside_down, scale_of
from pkimm_analytics.loaders.feedback.words import (
    fold,
    folded,
    header_score,
    is_ticked,
    listed,
    system_field,
    unit_in,
    value_of,
)
from pkimm_analytics.records import AtMost, Flag, Text, Whole, Word

CHOICES = ("role", "weight", "kind")
PER_ELEMENT = (*SAYING, "element")
"""Fields that a column may hold for one element, in a form with a column for each."""

OF_TOOLS = ("started", "seconds", "status")
FIELDS = (
    "received", "email", "respondent", "name", "organization", "role", "edition", "round",
    *PER_ELEMENT, *OF_TOOLS, IGNORE,
)  # fmt: skip
"""What a column can hold."""

SEVERAL = frozenset(["text", "status", IGNORE])
"""Fields that a form may have several columns of."""


def _known_field(value: str) -> str:
    if value in FIELDS:
        return value
    raise ValueError(f"expected one of {', '.join(FIELDS)}")


def _as_text(value: Any) -> Any:
    """Let a step of a rating be written as a number."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: {word: str(code) if type(code) is int else code for word, code in words.items()}
        if isinstance(words, Mapping)
        else words
        for name, words in value.items()
    }


SAMPLE = 300
"""Cells of a column that are looked at."""
ENOUGH = 0.6
"""Share of cells that must fit, so that a column may hold a field."""
TELLING = 5
"""Letters of a phrase in the header that make a field likely although its cells do not fit."""


class Column(column_map.Column):
    """
    One column of a form, or several alike that stand side by side.

    Parameters
    ----------
    to : int, optional
        Last column of a matrix of questions that begins at `number`. With the element ``*``
        each takes its element from its own question.
    scale : tuple of (int, int), optional
        Lowest and highest number of a rating, if the question does not say it.
    reverse : bool, optional
        Whether the lowest number is the most.
    unit : str, optional
        ``seconds``, ``minutes`` or ``hours``, for effort.
    """

    field: Annotated[Word, AfterValidator(_known_field)]
    to: Annotated[Whole, Field(ge=1)] | None = None
    scale: tuple[Whole, Whole] | None = None
    reverse: Flag | None = None
    unit: Literal["seconds", "minutes", "hours"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.element is not None and self.field not in PER_ELEMENT:
            message = f"belongs to one of {', '.join(PER_ELEMENT)} only"
            raise SourceFormatError("", [Problem("element", message)])
        return self


class ColumnMap(column_map.ColumnMap):
    """
    What the columns of a form hold.

    Parameters
    ----------
    tool : str
        Tool that the form is an export of; for people.
    """

    FORMAT: ClassVar[str] = "pkimm-feedback-columns/1"
    tool: Word = ""
    columns: Annotated[tuple[Column, ...], AtMost(4_000)]
    values: Annotated[Mapping[Word, Mapping[Text, Word]], BeforeValidator(_as_text)] = Field(
        default_factory=dict
    )

    def word(self, field: str, text: str) -> str | None:
        """Return what a word of the form stands for; None if the map does not say."""
        words = self.values.get(field, {})
        return next((code for word, code in words.items() if fold(word) == fold(text)), None)


def read_columns(text: str, name: str) -> ColumnMap:
    """
    Read a column map, YAML or JSON, as the proposal is written.

    Raises
    ------
    SourceFormatError
        If it is none; every problem is listed.
    """
    return ColumnMap.read_text(text, name)


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
    chosen = dict.fromkeys(_asked_again(grid.header, guesses), (IGNORE, False))
    ranked = sorted(
        (-score, index, name, sure)
        for index, (_, scores) in enumerate(guesses)
        for name, (score, sure) in scores.items()
    )
    for _, index, name, sure in ranked:
        place = (name, guesses[index][0])
        if index in chosen or (name not in SEVERAL and place in taken):
            continue
        chosen[index] = (name, sure)
        taken.add(place)
    columns = []
    for index in range(len(grid.header)):
        name, sure = chosen.get(index, (IGNORE, not grid.column(index)))
        columns.append(_column(grid, index, name, guesses[index][0], sure=sure))
    return ColumnMap(tool=grid.tool, sheet=grid.sheet, columns=tuple(columns))


Guess = tuple[str | None, dict[str, tuple[float, bool]]]


def _asked_again(header: Sequence[str], guesses: Sequence[Guess]) -> list[int]:
    """Columns of a block that stands twice, so that nobody can tell what it is about."""
    plain = [fold(text) for text in header]
    again = [index for index, text in enumerate(plain) if text and text in plain[:index]]
    return again if any("element" in guesses[index][1] for index in again) else []


def _column(grid: Grid, index: int, name: str, element: str | None, *, sure: bool) -> Column:
    header = grid.header[index]
    more: dict[str, Any] = {}
    if name in RATINGS:
        scale, unknown = scale_of(header, name, grid.column(index))
        sure = sure and not unknown
        if not scale.is_usual and not unknown:
            more = {"scale": (scale.low, scale.high), "reverse": scale.reverse}
    elif name == "minutes" and unit_in(header) in UNITS.values():
        more["unit"] = next(unit for unit, f in UNITS.items() if f == unit_in(header))
    about = element if name in PER_ELEMENT else None
    return Column(number=index + 1, column=header, field=name, element=about, sure=sure, **more)


def _guesses(grid: Grid, index: int, elements: Elements) -> Guess:
    """Return the element in a header, and a score and sureness for each field that may be."""
    header = grid.header[index]
    nobody = folded("nothing") | folded("nobody")
    cells = [text for text in grid.column(index)[:SAMPLE] if fold(text) not in nobody]
    if known := _of_tool(header, cells, elements):
        return None, {known: (100.0, True), IGNORE: (0.1, True)}
    element = elements.of_question(header)
    if element is not None and _are_ticks(header, grid.column(index)):
        return element, {"element": (50.0, True)}
    scores = {}
    for name in listed("headers"):
        words, fits = header_score(name, header), _share(cells, name, elements)
        if name == "clarity" and asks_upside_down(header, name):
            words *= 0.4  # rather the column that asks it straight
        elif name == "difficulty" and header_score("clarity", header):
            words = 0.0  # difficult to understand
        if fits is None:
            score, sure = words, words > 0
        elif cells and fits < ENOUGH:
            score, sure = (words / 4 if words >= TELLING else 0.0), False
        else:
            distinct = name in {*CHOICES, "element", "email", "received"} and bool(cells)
            bonus = 8.0 if words or name not in CHOICES else 2.0  # "ok" is a comment too
            score, sure = words + (bonus if distinct else 0.0), words > 0
        if score > 0 and (element is None or name in PER_ELEMENT[:-1]):
            scores[name] = (score, sure)
    if element is not None and not any(scores.get(name, (0, False))[1] for name in PER_ELEMENT):
        scores |= _in_words_of_cells(cells)
    if not scores and _are_texts(cells):
        scores["text"] = (0.5, False)
    return element, scores


def _are_ticks(header: str, cells: Sequence[str]) -> bool:
    """Whether a column is a box that is ticked: yes or no, or its own label."""
    asks = header_score("element", header) > 0
    label = fold(header)
    return bool(cells) and all(
        (asks and is_ticked(text) is not None) or label.endswith(fold(text) or "?")
        for text in cells
    )


def _of_tool(header: str, cells: Sequence[str], elements: Elements) -> str | None:
    """Field of a column that a form tool adds itself, if the cells are of its kind."""
    known = system_field(header)
    fits = _share(cells, known, elements) if known else 0.0
    if known == "email" and fits != 1.0:
        return "name"  # what somebody signs in with
    return known if fits in {None, 1.0} and not (known == IGNORE and _are_texts(cells)) else None


def _are_texts(cells: Sequence[str]) -> bool:
    """Whether cells hold sentences."""
    return sum(map(len, cells)) > 25 * len(cells) and any(" " in text for text in cells)


def _in_words_of_cells(cells: Sequence[str]) -> dict[str, tuple[float, bool]]:
    """Field of a rating that the answers name, where the question names its element alone."""
    said = " ".join(set(cells))
    return {
        name: (words, True)
        for name in RATINGS
        if (words := header_score(name, said))
        and sum(Scale(name=name).read(text)[0] is not None for text in cells) >= ENOUGH * len(cells)
    }


_FITS: Mapping[str, Callable[[str], bool]] = {
    **{
        name: lambda text: (
            Scale().read(text)[0] is not None
            or re.fullmatch(r"\d{1,3}(\s*/\s*\d+)?", text.strip()) is not None
        )
        for name in RATINGS
    },
    "email": lambda text: re.fullmatch(r"[^\s@]+@[^\s@]+", text) is not None,
    "received": lambda text: moment_of(text, "any") is not None,
    "started": lambda text: moment_of(text, "any") is not None,
    "seconds": lambda text: whole_of(text) is not None,
    "minutes": lambda text: minutes_of(text, 1.0)[0] is not None,
    "suggested_weight": lambda text: whole_of(text) is not None,
    "edition": lambda text: re.fullmatch(r"\d+\.\d+\.\d+", text) is not None,
}


def _share(cells: Sequence[str], name: str, elements: Elements) -> float | None:
    """Share of cells that are of a field's kind; None where any text is."""
    if name in CHOICES:
        fits: Callable[[str], bool] | None = lambda text: value_of(name, text) is not None  # noqa: E731
    elif name == "element":
        fits = lambda text: bool(elements.find_all(text)[0])  # noqa: E731
    else:
        fits = _FITS.get(name)
    if fits is None:
        return None
    return sum(map(fits, cells)) / len(cells) if cells else 1.0


# --- the map and the form ---------------------------------------------------------------


def laid_on(columns: ColumnMap, grid: Grid, elements: Elements) -> tuple[ColumnMap, list[Problem]]:
    """
    Lay a map on a form: lines that cover several columns become one line for each.

    Returns
    -------
    tuple of (ColumnMap, list of Problem)
        Problems are a column that the form does not have or has under another header, an
        element that the edition does not have, a field in two columns, and a form that
        says nothing.
    """
    single = [one for column in columns.columns for one in _spread(column, grid, elements)]
    whole = columns.replace(columns=tuple(single))
    problems = [*whole.misfits(grid.header), *(p for c in single for p in _wrong(c, elements))]
    used = [column.field for column in single if column.field != IGNORE]
    problems += [
        Problem(name, "stands in two columns; expected one, set the other to ignore")
        for name in dict.fromkeys(used)
        if used.count(name) > 1 and name not in {*PER_ELEMENT, *SEVERAL}
    ]
    if not {*used} & {*SAYING}:
        problems.append(Problem("columns", f"none holds what a comment says: {', '.join(SAYING)}"))
    return whole, problems


def _spread(column: Column, grid: Grid, elements: Elements) -> Iterator[Column]:
    """Make one line of each column that a line covers, and put elements in."""
    for number in range(column.number, (column.to or column.number) + 1):
        header = grid.header[number - 1] if number <= len(grid.header) else ""
        element = column.element
        if element == "*":
            element = elements.of_question(header) or "*"
        said = column.column if column.to is None else header
        yield column.replace(number=number, to=None, column=said, element=element)


def _wrong(column: Column, elements: Elements) -> Iterator[Problem]:
    if column.element is not None and elements.find(column.element)[0] is None:
        yield Problem(f"column {column.number}", elements.find(column.element)[1])
