"""
The sheet Overview of the full workbook: use case, organization, assessor, dates.

A label is followed by its value two columns to the right; the large text areas lie
two rows below theirs. One more row or column between them is allowed for.
"""

from __future__ import annotations

from dataclasses import dataclass

from pkimm_analytics.assessment import (
    Assessment,
    Assessor,
    Environment,
    Mode,
    Organization,
    Period,
    UseCase,
)
from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.cells import plain, read_day, shown
from pkimm_analytics.loaders.sheets import Sheet, Value, is_empty
from pkimm_analytics.loaders.workbook.pages import Page, Pages
from pkimm_analytics.loaders.workbook.words import free_text
from pkimm_analytics.model import Model

AREAS = (
    "describe the use-case",
    "list all components",
    "specify out-of-scope",
    "high-level design",
    "points of interaction",
)
"""How the labels of the text areas begin, from top to bottom."""


def read_overview(pages: Pages, model: Model, id_: str, problems: list[Problem]) -> Assessment:
    """Start the assessment with what the sheet says; without the sheet all of it is empty."""
    page = pages.find("overview", _is_overview, problems)
    if page is None:
        expected = "no sheet with the labels 'Use-case name' and 'Assessor's position' in one row"
        problems.append(Problem("Overview", f"{expected}; left empty"))
        page = Page(Sheet("Overview", (), pages.book.name))
    fields = _Fields(page, is_1904=pages.book.is_1904, problems=problems)
    areas = fields.areas()
    return Assessment(
        model=model.edition,
        mode=Mode.FULL,
        id=id_,
        use_case=UseCase(
            name=fields.text("use-case name"),
            description=areas[0],
            components=areas[1],
            out_of_scope=areas[2],
        ),
        organization=Organization(name=fields.text("company", below="use-case name")),
        assessor=Assessor(
            name=fields.text("assessor's name"),
            company=fields.text("company", below="assessor's position"),
            position=fields.position(),
        ),
        period=Period(
            start=fields.date("starting date"),
            target=fields.date("target date"),
            finish=fields.date("finish date"),
        ),
        environment=Environment(high_level_design=areas[3], points_of_interaction=areas[4]),
    )


def _is_overview(page: Page) -> bool:
    """Whether both blocks of labels stand beside each other; the sheet Guidance explains each."""
    rows = {row for row, _ in page.find("use-case name")}
    return any(row in rows for row, _ in page.find("assessor's position"))


@dataclass(frozen=True, slots=True)
class _Fields:
    """Values of the sheet by their labels; problems are added to the list."""

    page: Page
    is_1904: bool
    problems: list[Problem]

    def text(self, label: str, *, below: str = "") -> str:
        place = self._value_place(label, below)
        return free_text(self.page, *place, self.problems) if place else ""

    def date(self, label: str) -> str | None:
        where, value = self._cell(label)
        try:
            return read_day(value, is_1904=self.is_1904)
        except ValueError as error:
            self.problems.append(Problem(where, f"{label}: {error}; left empty"))
            return None

    def position(self) -> str | None:
        where, value = self._cell("assessor's position")
        word = plain(value) if isinstance(value, str) else shown(value)
        if word in {"internal", "external"}:
            return word
        if word:
            note = f"{shown(value)} as position; expected Internal or External; left empty"
            self.problems.append(Problem(where, note))
        return None

    def areas(self) -> list[str]:
        """Texts of the large areas; each lies between its label and the next one."""
        rows: list[tuple[int, int] | None] = []
        last = 0
        for label in AREAS:
            # A text may begin like a label: labels come in order, with a text between.
            places = [p for p in self.page.find(label, start=True) if p[0] > last + 2]
            rows.append(places[0] if places else None)
            last = places[0][0] if places else last
        labels = [place[0] for place in rows if place]
        return [self._area(place, labels) if place else "" for place in rows]

    def _area(self, label: tuple[int, int], labels: list[int]) -> str:
        row, column = label
        for below in (row + 2, row + 1, row + 3):
            if below not in labels and not is_empty(self.page.at(below, column)):
                return free_text(self.page, below, column, self.problems)
        return ""

    def _cell(self, label: str) -> tuple[str, Value]:
        place = self._value_place(label, "")
        return (self.page.where(*place), self.page.at(*place)) if place else ("", "")

    def _value_place(self, label: str, below: str) -> tuple[int, int] | None:
        """Place of a value: two columns to the right of its label, or three."""
        places = self.page.find(label)
        heads = self.page.find(below) if below else []
        if below:
            places = [p for p in places if any(p[1] == h[1] and p[0] > h[0] for h in heads)]
        if not places:
            return None
        row, column = places[0]
        filled = [n for n in (2, 3) if not is_empty(self.page.at(row, column + n))]
        return row, column + (filled[0] if filled else 2)
