from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders import Loaded
from pkimm_analytics.loaders.tabular import read_table
from tests.examples import examples
from tests.loaders.messy import BAD, NOTHING, Fact, Messy, messy_table

MANY = examples(500, at_least=300)
"""Some hundred in every run; a thorough profile has ten thousand."""


def silent_differences(table: Messy, loaded: list[Loaded], problems: list[Problem]) -> list[str]:
    """Facts that were read as something else although no problem names their place."""
    named = {p.where.removeprefix(table.name).removeprefix(", ") for p in problems if p.refused}
    found = []
    for name, facts in table.facts.items():
        assessment = _assessment_of(table, name, loaded)
        for key, fact in facts.items():
            read = NOTHING if assessment is None else _fact(assessment, key)
            wanted = NOTHING if fact == BAD else fact
            is_named = bool(named & _spots(table, name, key)) or assessment is None
            if read != wanted and not is_named:
                found.append(f"{name}, {key}: {fact!r} was read as {read!r}")
            if fact == BAD and assessment is not None and not named & _spots(table, name, key):
                found.append(f"{name}, {key}: {fact!r} is not named")
    refused = any(p.refused or "not read" in p.message for p in problems)
    if len(loaded) < len(table.facts) and not refused:
        found.append("an assessment is missing without a word")
    if len(loaded) > len(table.facts):
        found.append("there are more assessments than in the table")
    return found


def _assessment_of(table: Messy, name: str, loaded: list[Loaded]) -> Assessment | None:
    every = [one.assessment for one in loaded]
    if table.is_unnamed:
        return every[0] if len(every) == 1 else None
    return next((a for a in every if name in {a.id, a.use_case.name, a.organization.name}), None)


def _fact(assessment: Assessment, key: str) -> Fact:
    answer = assessment.answer(key)
    return "not_applicable" if answer.state is State.NOT_APPLICABLE else answer.level or NOTHING


def _spots(table: Messy, name: str, key: str) -> set[str]:
    """Return the ways in which the cell or row of a fact may be named."""
    sheet, row, column = table.places[name, key]
    if not table.name.endswith("xlsx"):
        sheet = ""
    letters = ("A" if column > 26 else "") + chr(65 + (column - 1) % 26)
    return {f"{sheet}!{letters}{row}", f"{sheet}!{row}" if sheet else f"row {row}"}


@MANY
@given(st.integers(0, 2**40))
def test_whatever_a_messy_table_says_is_read_or_named(seed: int):
    """
    No cell is silently read as something else, in any layout, format and spelling.
    """
    table = messy_table(seed)
    try:
        loaded = read_table(table.content, table.name)
    except SourceFormatError:
        return
    problems = [problem for one in loaded for problem in one.problems]
    assert silent_differences(table, loaded, problems) == []
