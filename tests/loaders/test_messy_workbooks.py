"""Official workbooks as people change them: odd cells, renamed, copied and moved sheets."""

from __future__ import annotations

import io
import warnings
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import State
from pkimm_analytics.loaders import Loaded
from tests.examples import examples
from tests.loaders.invented_workbook import (
    MODEL,
    SLOT_OF,
    full_workbook,
    levels,
    read,
    saved,
    self_workbook,
)
from tests.official import CONFORMANCE, needs_shared

MANY = examples(100, at_least=40)
"""Some dozens in every run; a thorough profile has two thousand."""

FULL: dict[Any, tuple[Any, ...]] = {
    1: ("Initial", "initial", 1, "1"),
    2: ("Basic", " Basic", 2, "2.0", "Basic\u00a0"),
    3: ("Advanced", "ADVANCED", "3 - Advanced", "3: Advanced", 3.0),
    4: ("Managed", "Level 4", "Managed (4)"),
    5: ("Optimized", "5", "Optimized "),
    "not_applicable": ("N/A", "n/a", "NA", "N.A.", "not applicable"),
    None: (None, "", "Not evaluated"),
    "bad": ("three", 6, 0, 2.5, True, "3 - Managed", "=1+1", "#N/A", "Basic or so", "2026-03-04"),
}
"""Cells of the full workbook by what they say."""
SELF: dict[Any, tuple[Any, ...]] = {
    **{level: (level, float(level), str(level)) for level in range(1, 6)},
    "not_applicable": (6, "6", "N/A"),
    None: (None, 0, 7, False),
    "bad": (8, -1, 2.5, "three", "=1+1", "#N/A"),
}
RENAMED = {"Assessment": "Bewertung", "Overview": "Übersicht", "Scoping": "Umfang", "tech": "x"}


def read_of(loaded: Loaded, id_: str) -> Any:
    """Level, not applicable or nothing, as it was read."""
    answer = loaded.assessment.answer(MODEL.native[id_])
    return "not_applicable" if answer.state is State.NOT_APPLICABLE else answer.level


def silent(loaded: Loaded, facts: dict[str, Any], places: dict[str, str]) -> list[str]:
    """Facts that were read as something else although no problem names their cell."""
    named = {problem.where for problem in loaded.problems if problem.refused}
    return [
        f"{id_}: {fact!r} was read as {read_of(loaded, id_)!r}"
        for id_, fact in facts.items()
        if (read_of(loaded, id_) != (None if fact == "bad" else fact) or fact == "bad")
        and places[id_] not in named
    ]


def renamed(random: Random) -> Any:
    """Change the names of some sheets, and insert rows and columns."""

    def change(book: openpyxl.Workbook) -> None:
        if random.random() < 0.5:
            book["Assessment"].insert_rows(1, random.randint(1, 3))
        if random.random() < 0.3:
            book["Assessment"].insert_cols(1)
        guidance = book.create_sheet("Guidance", 0)
        for row, label in enumerate(("Use-case name", "Company", "Starting date"), 3):
            guidance.cell(row, 5, label)
            guidance.cell(row, 7, "Type it in here, please.")
        for old, new in RENAMED.items():
            if random.random() < 0.5:
                book[old].title = new

    return change


def place_of(content: bytes, id_: str) -> str:
    """Cell of the answer, found again by a plain loop."""
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        if sheet.title not in {"Assessment", "Bewertung"}:
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == SLOT_OF[id_]:
                    answer = sheet.cell(cell.row, cell.column + 6)
                    return f"{sheet.title}!{answer.coordinate}"
    raise AssertionError(id_)


@MANY
@given(st.integers(0, 2**40))
def test_whatever_a_changed_full_workbook_says_is_read_or_named(seed: int):
    """
    Levels in any spelling, sheets under other names, rows inserted above the answers.
    """
    random = Random(seed)  # noqa: S311  # a test repeats it
    facts = {id_: random.choice([*FULL, 2, 3, 4]) for id_ in random.sample(sorted(SLOT_OF), 12)}
    cells = {id_: random.choice(FULL[fact]) for id_, fact in facts.items()}
    content = full_workbook(cells, change=renamed(random))
    loaded = read(content)
    assert silent(loaded, facts, {id_: place_of(content, id_) for id_ in facts}) == []
    assert set(levels(loaded.assessment)) <= set(facts)
    assert loaded.assessment.organization.name == "Brick & Mortar"
    assert loaded.assessment.use_case.name == "Door badges"


@MANY
@given(st.integers(0, 2**40))
def test_whatever_a_changed_self_workbook_says_is_read_or_named(seed: int):
    """
    Numbers in any spelling, under the titles of the categories.
    """
    random = Random(seed)  # noqa: S311  # a test repeats it
    facts = {c.native_id: random.choice([*SELF, 2, 3]) for c in MODEL.categories.values()}
    cells = {id_: random.choice(SELF[fact]) for id_, fact in facts.items()}
    loaded = read(self_workbook(cells))
    named = sum(problem.refused for problem in loaded.problems)
    assert named == sum(fact == "bad" for fact in facts.values())
    good = {id_: fact for id_, fact in facts.items() if fact != "bad"}
    assert {id_: read_of(loaded, id_) for id_ in good} == good


def test_a_copy_of_the_answers_is_named():
    """
    It may hold other answers; the sheet of the published name is read.
    """

    def copy(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book["Assessment"]).title = "Assessment (2)"

    loaded = read(full_workbook({"G.1.1": "Basic"}, change=copy))
    assert [problem.where for problem in loaded.problems] == ["Assessment (2)"]
    assert levels(loaded.assessment) == {"G.1.1": 2}


@needs_shared
@pytest.mark.parametrize("name", ["Overview", "Scoping", "Assessment", "ActionPlans", "tech"])
def test_an_official_file_is_read_whatever_its_sheets_are_called(name: str):
    """
    Instructions of the sheet Guidance are never taken for values.
    """
    path = CONFORMANCE / "workbook" / "full_complete_excel.xlsx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
        book["Overview"]["D5"], book["Overview"]["D6"] = "TLS of the shop", "Example AG"
        for sheet in book:
            sheet._images = []  # openpyxl can save pictures once only
        book[name].title = "Übersicht"
    before, loaded = read(path.read_bytes()).assessment, read(saved(book))
    assert loaded.assessment.answers == before.answers
    assert loaded.assessment.action_plans == before.action_plans
    assert loaded.assessment.use_case.name == "TLS of the shop"
    assert loaded.assessment.organization.name == "Example AG"
    assert not loaded.problems
