"""
Rows of a form to comments: every cell is checked, good ones are kept, bad ones named.

A row of a form tool is one submission. It is about one element, or it has a block of
columns for each element; then it becomes several comments. What a problem repeats is
the place and what would be right, never what somebody wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback import RATINGS, Comment, Contact, comment_of
from pkimm_analytics.feedback.comment import MAX_MINUTES, MAX_WEIGHT, SAYING
from pkimm_analytics.loaders.feedback.cells import (
    Order,
    clean_text,
    day_of,
    day_order,
    minutes_of,
    whole_of,
)
from pkimm_analytics.loaders.feedback.columns import CHOICES, IGNORE, Column, ColumnMap
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import Grid
from pkimm_analytics.loaders.feedback.words import NOTHING, VALUES, fold, rating_of, value_of

NOBODY = NOTHING | {"anonymous", "anonym", "anonyme", "anonimo", "anoniem"}
"""What form tools write where they did not ask who answers."""

WHO = ("respondent", "email", "name", "organization")


@dataclass(frozen=True)
class Setting:
    """
    What a form does not say itself.

    Parameters
    ----------
    round : str
        Round, such as ``2026Q4``.
    elements : Elements
        Elements of the edition that the form was about.
    pseudonym : callable
        Pseudonym of whatever tells respondents apart.
    """

    round: str
    elements: Elements
    pseudonym: Callable[[str], str]


@dataclass
class Read:
    """What was read of a form; lists grow while rows are read."""

    comments: list[Comment] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_rows(grid: Grid, columns: ColumnMap, setting: Setting) -> Read:
    """
    Read all rows of a form.

    Parameters
    ----------
    grid : Grid
    columns : ColumnMap
        Checked against the grid.
    setting : Setting

    Returns
    -------
    Read
        Comments in the order of the rows, contacts of those who left any, and problems
        with their cells.
    """
    used = [column for column in columns.columns if column.field != IGNORE]
    read = Read()
    reader = _Reader(grid, columns, setting, _day_order(grid, used, read.problems), read)
    names = {column.field for column in used}
    if not names & {"respondent", "email", "name"}:
        message = "no column tells respondents apart; each row counts as one respondent"
        read.problems.append(Problem(grid.place(1, None), message, refused=False))
    for number, row in grid.rows:
        reader.row(number, row, used)
    return read


def _day_order(grid: Grid, used: Sequence[Column], problems: list[Problem]) -> Order:
    column = next((c for c in used if c.field == "received"), None)
    if column is None:
        return "iso"
    order, certain = day_order(grid.column(column.number - 1))
    if not certain:
        message = "days were read as month/day/year, because none of them is above 12"
        problems.append(Problem(grid.place(1, column.number - 1), message, refused=False))
    return order


class _Reader:
    """Reads the rows of one form."""

    def __init__(
        self, grid: Grid, columns: ColumnMap, setting: Setting, order: Order, read: Read
    ) -> None:
        self.grid, self.values, self.setting = grid, columns.values, setting
        self.order, self.into = order, read

    def row(self, number: int, row: Sequence[str], used: Sequence[Column]) -> None:
        before = len(self.into.problems)
        common: dict[str, Any] = {}
        blocks: dict[str | None, dict[str, Any]] = {}
        for column, text in self._cells(row, used):
            value = self._value(column, text, number)
            if value is None:
                continue
            if column.field not in SAYING:
                common[column.field] = value
                continue
            block = blocks.setdefault(self._element(column), {})
            if column.field == "text" and "text" in block:
                value = f"{block['text']}\n\n{value}"
            block[column.field] = value
        self._build(number, row, common, blocks, had_problems=len(self.into.problems) > before)

    def _cells(self, row: Sequence[str], used: Sequence[Column]) -> Iterator[tuple[Column, str]]:
        for column in used:
            text = row[column.number - 1]
            is_open = column.field in {"text", *WHO}
            if text.strip() and (is_open or fold(text) not in NOTHING or rating_of(text)):
                yield column, text

    def _element(self, column: Column) -> str | None:
        if column.element is None:
            return None
        return self.setting.elements.find(column.element)[0]

    def _build(
        self,
        number: int,
        row: Sequence[str],
        common: Mapping[str, Any],
        blocks: dict[str | None, dict[str, Any]],
        *,
        had_problems: bool,
    ) -> None:
        place = self.grid.place(number, None)
        if not blocks:
            if not had_problems:
                message = "says nothing about the model; left out"
                self.into.problems.append(Problem(place, message, refused=False))
            return
        respondent = self._respondent(row, common)
        stated = common.get("element")
        for element, said in blocks.items():
            key = element or stated
            if key is None:
                if "element" in common or not had_problems:
                    message = "names no element; the row was left out"
                    self.into.problems.append(Problem(place, message))
                continue
            self._add(place, {**self._fixed(common), **said, "element": key}, respondent)

    def _fixed(self, common: Mapping[str, Any]) -> dict[str, Any]:
        model = self.setting.elements.model
        fixed: dict[str, Any] = {
            "round": common.get("round", self.setting.round),
            "edition": common.get("edition", model.version),
        }
        if fixed["edition"] == model.version:
            fixed["digest"] = model.digest
        return fixed | {name: common[name] for name in ("role", "received") if name in common}

    def _add(self, place: str, values: dict[str, Any], respondent: str) -> None:
        try:
            self.into.comments.append(comment_of({**values, "respondent": respondent}))
        except FeedbackError as error:
            self.into.problems += [
                Problem(f"{place}, {p.where}" if p.where else place, p.message)
                for p in error.problems
            ]

    def _respondent(self, row: Sequence[str], common: Mapping[str, Any]) -> str:
        said = [str(common.get(name, "")) for name in ("email", "respondent", "name")]
        who = next((text for text in said if fold(text) not in NOBODY), None)
        # Without any of these, the same submission exported again is the same respondent.
        told = str(who) if who else "row\0" + json.dumps(list(row), ensure_ascii=False)
        respondent = self.setting.pseudonym(told)
        left = {n: str(common.get(n, "")) for n in ("name", "email", "organization")}
        if any(fold(text) not in NOBODY for text in left.values()):
            self.into.contacts.append(Contact(respondent, **left))
        return respondent

    # --- one cell ------------------------------------------------------------------------

    def _value(self, column: Column, text: str, number: int) -> Any:
        name = column.field
        value, expected = self._parsed(name, text)
        if value is None and expected:
            where = self.grid.place(number, column.number - 1)
            self.into.problems.append(Problem(where, expected))
        return value

    def _parsed(self, name: str, text: str) -> tuple[Any, str]:
        if name == "text":
            return clean_text(text)
        if name in RATINGS:
            return rating_of(text), "expected a rating from 1 to 5"
        if name in CHOICES:
            return self._choice(name, text)
        if name == "element":
            own = self.values.get("element", {}).get(fold(text))
            return self.setting.elements.find(own or text)
        if name == "minutes":
            found, expected = minutes_of(text), "expected minutes, such as 45, 1:30 or 2 h"
            return (None if found is None or found > MAX_MINUTES else found), expected
        if name == "suggested_weight":
            found, expected = whole_of(text), f"expected a whole number from 1 to {MAX_WEIGHT}"
            return (found if found is not None and 1 <= found <= MAX_WEIGHT else None), expected
        if name == "received":
            return day_of(text, self.order), "expected a day, such as 2026-11-25"
        return " ".join(text.split()), ""

    def _choice(self, name: str, text: str) -> tuple[str | None, str]:
        own = self.values.get(name, {}).get(fold(text))
        code = own if own in VALUES[name] else value_of(name, text)
        known = ", ".join(VALUES[name])
        return code, f"this choice is not known; say in the column map which it is: {known}"
