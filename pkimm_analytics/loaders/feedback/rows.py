"""
Rows of a form to comments: every cell is checked, good ones are kept, bad ones named.

A row of a form tool is one submission. It is about one element or several, or it has a
block of columns for each element; then it becomes several comments. What a problem
repeats is the place and what would be right, never what somebody wrote.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback import MODEL, RATINGS, Comment, Contact, comment_of
from pkimm_analytics.feedback.comment import MAX_MINUTES, MAX_WEIGHT, SAYING
from pkimm_analytics.loaders.column_map import IGNORE
from pkimm_analytics.loaders.feedback.cells import (
    UNITS,
    clean_text,
    day_order,
    minutes_of,
    moment_of,
    whole_of,
)
from pkimm_analytics.loaders.feedback.columns import CHOICES, Column, ColumnMap
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import Grid
from pkimm_analytics.loaders.feedback.scales import (
    UNKNOWN_RANGE,
    UNKNOWN_WAY,
    Scale,
    asks_upside_down,
    scale_of,
)
from pkimm_analytics.loaders.feedback.words import (
    fold,
    folded,
    is_ticked,
    says_nothing,
    unit_in,
    value_of,
)


@dataclass(frozen=True)
class Setting:
    """
    What a source does not say itself.

    Parameters
    ----------
    round : str
        Round, such as ``2026Q4``.
    elements : Elements
        Elements of the edition that the source was about.
    pseudonym : callable
        Pseudonym of whatever tells respondents apart.
    """

    round: str
    elements: Elements
    pseudonym: Callable[[str], str]


@dataclass
class Read:
    """What was read of a source; lists grow while it is read."""

    comments: list[Comment] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def remark(self, where: str, message: str) -> None:
        """Say something about what was read in full."""
        self.problems.append(Problem(where, message, refused=False))

    def add(self, where: str, values: Mapping[str, Any]) -> None:
        """Add a comment, or what is wrong with it."""
        try:
            self.comments.append(comment_of(values))
        except FeedbackError as error:
            self.problems += [
                Problem(f"{where}, {p.where}" if p.where else where, p.message)
                for p in error.problems
            ]


def read_rows(grid: Grid, columns: ColumnMap, setting: Setting) -> Read:
    """
    Read all rows of a form.

    Parameters
    ----------
    grid : Grid
    columns : ColumnMap
        Laid on the grid.
    setting : Setting

    Returns
    -------
    Read
        Comments in the order of the rows, contacts of those who left any, and problems
        with their cells.
    """
    read = Read()
    reader = _Reader(grid, columns, setting, read)
    for number, row in grid.rows:
        reader.row(number, row)
    return read


def unknown_words(grid: Grid, columns: ColumnMap) -> list[tuple[str, str]]:
    """Answers to choices that nobody knows, each once with its field."""
    found: dict[tuple[str, str], str] = {}
    for column in columns.columns:
        for cell in grid.column(_index(column)) if column.field in CHOICES else ():
            if not says_nothing(cell) and value_of(column.field, cell) is None:
                found.setdefault((column.field, fold(cell)), cell)
    return [(name, cell) for (name, _), cell in found.items()]


class _Reader:
    """Reads the rows of one form."""

    def __init__(self, grid: Grid, columns: ColumnMap, setting: Setting, read: Read) -> None:
        self.grid, self.map, self.setting, self.into = grid, columns, setting, read
        self.used = [column for column in columns.columns if column.field != IGNORE]
        self.scales = dict(self._scales())
        self.used = [c for c in self.used if c.field not in RATINGS or c.number in self.scales]
        self.fields = {column.field for column in self.used}
        self.order, certain = day_order(self._cells_of("received", "started"))
        if not certain:
            message = "days were read as month/day/year, because none of them is above 12"
            read.remark(grid.where(1), message)
        if not self.fields & {"respondent", "email", "name"}:
            read.remark(grid.where(1), "no column tells respondents apart; each row counts as one")
        asked = (c.column for c in self.used if c.field in {*SAYING, "element"})
        self.form = fold(next(asked, ""))
        self.seen: Counter[str] = Counter()

    def _cells_of(self, *fields: str) -> list[str]:
        return [
            text
            for column in self.used
            if column.field in fields
            for text in self.grid.column(_index(column))
        ]

    def _scales(self) -> Iterator[tuple[int, Scale]]:
        """Scale of each column that rates; where nobody can know it, the column is left out."""
        for column in self.used:
            if column.field not in RATINGS:
                continue
            place = self.grid.where(1, column.number)
            cells = self.grid.column(_index(column))
            scale, unknown = scale_of(column.column, column.field, cells)
            is_open = {UNKNOWN_RANGE: column.scale is None, UNKNOWN_WAY: column.reverse is None}
            if is_open.get(unknown, False):
                self.into.problems.append(Problem(place, unknown))
                continue
            low, high = column.scale or (scale.low, scale.high)
            words = self.map.values.get(column.field, {})
            steps = {fold(word): int(step) for word, step in words.items()}
            reverse = scale.reverse if column.reverse is None else column.reverse
            is_against = asks_upside_down(column.column, column.field)
            upside_down = is_against if column.reverse is None else column.reverse
            scale = Scale(low, max(high, low + 1), reverse, steps, column.field, upside_down)
            if (low, high) != (1, 5):
                self.into.remark(place, f"{low} to {high} was read as 1 to 5, rounded")
            if reverse:
                self.into.remark(place, f"the scale was turned round: {low} is the most here")
            yield column.number, scale

    # --- one row -------------------------------------------------------------------------

    def row(self, number: int, row: Sequence[str]) -> None:
        before = len(self.into.problems)
        common: dict[str, Any] = {}
        blocks: dict[str | None, dict[str, Any]] = {}
        ticked: dict[str, None] = {}
        for column, value in self._values(number, row):
            if column.field == "element":
                ticked |= dict.fromkeys(value)
            elif column.field == "status":
                common |= {"status": "preview"} if fold(value) in folded("preview") else {}
            elif column.field not in SAYING:
                common.setdefault(column.field, value)
            else:
                block = blocks.setdefault(self._element(column), {})
                is_more = column.field == "text" and "text" in block
                block[column.field] = f"{block['text']}\n\n{value}" if is_more else value
        place = self.grid.where(number)
        if common.get("status") == "preview":
            self.into.remark(place, "somebody tried the form; left out")
        elif not blocks and not ticked:
            if len(self.into.problems) == before:
                self.into.remark(place, "says nothing about the model; left out")
        else:
            self._build(place, common, blocks, tuple(ticked), len(self.into.problems) > before)

    def _values(self, number: int, row: Sequence[str]) -> Iterator[tuple[Column, Any]]:
        """Value of each cell that holds one; what cannot be read is named."""
        for column in self.used:
            text = row[_index(column)]
            is_open = column.field in {"text", "respondent", "email", "name", "organization"}
            if not text.strip() or (
                says_nothing(text) and not is_open and not self._word(column, text)
            ):
                continue
            value, wrong = self._parsed(column, text)
            if wrong:
                self.into.problems.append(Problem(self.grid.where(number, column.number), wrong))
            if value not in {None, ()}:
                yield column, value

    def _word(self, column: Column, text: str) -> str | None:
        return self.map.word(column.field, text)

    def _element(self, column: Column) -> str | None:
        return None if column.element is None else self.setting.elements.find(column.element)[0]

    def _build(
        self,
        place: str,
        common: Mapping[str, Any],
        blocks: dict[str | None, dict[str, Any]],
        ticked: Sequence[str],
        had_problems: bool,  # noqa: FBT001  # one call
    ) -> None:
        stated: Sequence[str] = ticked
        if "element" not in self.fields:
            stated = (MODEL,)
        fixed = self._fixed(common, blocks, ticked)
        for element, said in blocks.items():
            keys = stated if element is None else (element,)
            if not keys and not had_problems:
                self.into.problems.append(Problem(place, "names no element; the row was left out"))
            for key in keys:
                self.into.add(place, {**fixed, **said, "element": key})
        if not blocks:
            self.into.remark(place, "names an element and says nothing about it; left out")

    def _fixed(
        self, common: Mapping[str, Any], blocks: Mapping[str | None, Any], ticked: Sequence[str]
    ) -> dict[str, Any]:
        model = self.setting.elements.model
        fixed: dict[str, Any] = {
            "round": common.get("round", self.setting.round),
            "edition": common.get("edition", model.version),
            "respondent": self._respondent(common, blocks, ticked),
        }
        if fixed["edition"] == model.version:
            fixed["digest"] = model.digest
        if "role" in common:
            fixed["role"] = common["role"]
        start, end = common.get("started"), common.get("received")
        if moment := end or start:
            fixed["received"] = moment.date().isoformat()
        took = common.get("seconds", (end - start).total_seconds() if start and end else None)
        return fixed | ({"seconds": int(took)} if took is not None and took >= 0 else {})

    def _respondent(
        self, common: Mapping[str, Any], blocks: Mapping[str | None, Any], ticked: Sequence[str]
    ) -> str:
        """
        Who submitted a row: by address, else by the submission, else by what it says.

        The number of a submission counts within its form only. Its time is taken to the
        minute, which is what is left of it after a spreadsheet has saved the file.
        """
        email, name, number = (
            "" if fold(str(common.get(part, ""))) in _nobody() else str(common[part])
            for part in ("email", "name", "respondent")
        )
        time = common.get("received") or common.get("started")
        minute = f"{time:%Y-%m-%d %H:%M}" if time else ""
        if email:
            told = email
        elif len(number) >= 8:  # one of a kind, as tools make them
            told = f"submission\0{number}"
        elif number:
            told = "\0".join(("number", self.form, minute, number))
        elif name:
            told = f"name\0{name}"
        else:
            said = [[element, block] for element, block in blocks.items()]
            content = json.dumps([said, ticked], ensure_ascii=False, default=str)
            told = "\0".join(("content", self.form, minute, content))
            self.seen[told] += 1  # the same again in one file is somebody else
            told += f"\0{self.seen[told]}"
        respondent = self.setting.pseudonym(told)
        left = {n: str(common.get(n, "")) for n in ("name", "email", "organization")}
        left = {n: "" if fold(text) in _nobody() else text for n, text in left.items()}
        if any(left.values()):
            self.into.contacts.append(Contact(respondent, **left))
            self.into.names |= self._names(left["name"]) | self._names(left["organization"])
        return respondent

    def _names(self, text: str) -> set[str]:
        """Return a name, and its last word where that is no word of the model's names."""
        last = text.rsplit(" ", 1)[-1]
        is_common = fold(last) in self.setting.elements.vocabulary
        return {text, last if len(last) > 3 and not is_common else text} - {""}

    # --- one cell ------------------------------------------------------------------------

    def _parsed(self, column: Column, text: str) -> tuple[Any, str]:
        name, own = column.field, self._word(column, text)
        if name == "text":
            return clean_text(text)
        if name in RATINGS:
            return self.scales[column.number].read(text)
        if name in CHOICES:
            code = own or value_of(name, text)
            return (
                code,
                "" if code else "this choice is not known; say in the column map what it is",
            )
        if name == "element":
            return self._elements(column, own or text)
        if name == "minutes":
            factor = UNITS[column.unit] if column.unit else unit_in(column.column)
            minutes, wrong = minutes_of(text, factor)
            is_fine = minutes is None or minutes <= MAX_MINUTES
            return (
                (minutes, wrong) if is_fine else (None, f"expected at most {MAX_MINUTES:,} minutes")
            )
        if name == "suggested_weight":
            weight = whole_of(text)
            is_fine = weight is not None and 1 <= weight <= MAX_WEIGHT
            return (weight, "") if is_fine else (None, f"expected a weight from 1 to {MAX_WEIGHT}")
        if name in {"received", "started"}:
            moment = moment_of(text, self.order)
            return moment, "" if moment else "expected a day, such as 2026-11-25"
        if name == "seconds":
            return whole_of(text), ""
        return " ".join(text.split()), ""

    def _elements(self, column: Column, text: str) -> tuple[tuple[str, ...], str]:
        element = self._element(column)
        if element is None:
            return self.setting.elements.find_all(text)
        return (() if is_ticked(text) is False else (element,)), ""


def _index(column: Column) -> int:
    return column.number - 1


def _nobody() -> frozenset[str]:
    return folded("nothing") | folded("nobody")
