"""
The sheet Overview of the full workbook: use case, organization, assessor, dates.

A label is followed by its value two columns to the right; the large text areas lie
two rows below theirs. One more row or column between them is allowed for.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.loaders.cells import plain, read_day, shown
from pkimm_analytics.loaders.sentences import Problems, sentence
from pkimm_analytics.loaders.sheets import is_empty
from pkimm_analytics.loaders.workbook.pages import Page, Pages
from pkimm_analytics.model import Model

_LABELS = {
    "use_case.name": "use-case name",
    "organization.name": "company",
    "assessor.position": "assessor's position",
    "assessor.company": "company",
    "assessor.name": "assessor's name",
    "period.start": "starting date",
    "period.target": "target date",
    "period.finish": "finish date",
}
_BELOW = {"organization.name": "use-case name", "assessor.company": "assessor's position"}
"""Labels above those that occur twice."""
_AREAS = {
    "use_case.description": "describe the use-case",
    "use_case.components": "list all components",
    "use_case.out_of_scope": "specify out-of-scope",
    "environment.high_level_design": "high-level design",
    "environment.points_of_interaction": "points of interaction",
}
"""How the labels of the text areas begin, from top to bottom."""


def read_overview(pages: Pages, model: Model, id_: str, problems: Problems) -> Assessment:
    """Start the assessment with what the sheet says; without the sheet all of it is empty."""
    page = pages.find("overview", _is_overview, problems)
    document: defaultdict[str, Any] = defaultdict(dict)
    if page is None:
        problems.refuse("Overview", "no-overview")
    else:
        found = {name: _value(page, name, problems, is_1904=pages.book.is_1904) for name in _LABELS}
        for name, value in (found | _areas(page, problems)).items():
            section, _, part = name.partition(".")
            if value:
                document[section][part] = value
    return Assessment(model=model.edition, mode=Mode.FULL, id=id_, **document)


def _is_overview(page: Page) -> bool:
    """Whether both blocks of labels stand beside each other; the sheet Guidance explains each."""
    return bool(page.headers(["use-case name", "assessor's position"]))


def _value(page: Page, name: str, problems: Problems, *, is_1904: bool) -> str | None:
    heads = page.find(_BELOW.get(name, ""))
    for row, column in page.find(_LABELS[name]):
        if heads and not any(column == c and row > r for r, c in heads):
            continue
        place = page.beside(row, column)
        value = page.at(*place)
        try:
            if name.startswith("period."):
                return read_day(value, is_1904=is_1904)
            if name != "assessor.position":
                return page.text(*place, problems)
            word = plain(value) if isinstance(value, str) else shown(value)
            if word in {"", "internal", "external"}:
                return word
            raise ValueError(sentence("no-position", what=shown(value)))
        except ValueError as error:
            problems.refuse(page.where(*place), "left-empty", label=_LABELS[name], error=error)
        break
    return None


def _areas(page: Page, problems: Problems) -> dict[str, str | None]:
    """Texts of the large areas; each lies between its label and the next one."""
    places: dict[str, tuple[int, int]] = {}
    last = 0
    for name, label in _AREAS.items():
        # A text may begin like a label: labels come in order, with a text between.
        after = [place for place in page.find(label, start=True) if place[0] > last + 2]
        if after:
            places[name], last = after[0], after[0][0]
    labels = {row for row, _ in places.values()}
    found: dict[str, str | None] = {}
    for name, (row, column) in places.items():
        rows = [r for r in (row + 2, row + 1, row + 3) if r not in labels]
        below = next((r for r in rows if not is_empty(page.at(r, column))), None)
        found[name] = page.text(below, column, problems) if below else None
    return found
