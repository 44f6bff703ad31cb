"""
Exports of all named tools with mistakes put in: everything arrives, or is named.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders.feedback import load_feedback, propose
from tests.loaders.feedback_exports import MAKERS, MODEL, QUESTIONS, answers


def check(tool: str, language: str, seed: int) -> None:
    """Make one export, read it, and compare."""
    rng = np.random.default_rng(seed)
    rows, expected = answers(rng, int(rng.integers(12, 25)))
    content = MAKERS[tool](language, rows)
    name = f"{seed}.{'xlsx' if content[:2] == b'PK' else 'csv'}"
    loaded = load_feedback(
        content,
        name,
        model=MODEL,
        round_="2026Q4",
        pseudonym=lambda who: hashlib.sha256(who.encode()).hexdigest()[:26],
    )
    found = Counter((c.element, c.clarity, c.text) for c in loaded.comments)
    assert loaded.tool == tool
    assert found == Counter(expected.rows), (tool, language, seed)
    assert len({c.respondent for c in loaded.comments}) == len(expected.rows)
    assert sum(p.refused for p in loaded.problems) == expected.n_bad, (tool, language, seed)


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("tool", MAKERS)
def test_every_answer_of_an_export_arrives_or_is_named(tool, language):
    """
    Ten exports of each tool in each language, with mistakes in one cell of seven.
    """
    for seed in range(10):
        check(tool, language, seed)


@pytest.mark.slow
@pytest.mark.parametrize("tool", MAKERS)
def test_five_thousand_exports_have_no_silent_difference(tool):
    """
    The same, with other seeds.
    """
    for language in QUESTIONS:
        for seed in range(1_000, 1_210):
            check(tool, language, seed)


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("tool", MAKERS)
def test_the_map_of_an_unmodified_export_is_proposed_right(tool, language):
    """
    Element, clarity and text are found, and nothing is left to look at.
    """
    rows, _ = answers(np.random.default_rng(5), 20)
    columns = propose(MAKERS[tool](language, rows), "form", MODEL)
    fields = [c.field for c in columns.columns]
    assert columns.tool == tool
    assert all(fields.count(name) == 1 for name in ("element", "clarity", "text"))
    assert all(c.sure for c in columns.columns)


@pytest.mark.parametrize("tool", MAKERS)
def test_another_table_of_the_tool_is_refused(tool):
    """
    A form about lunch holds nothing of a comment.
    """
    rows = [("Pizza", "yes", ""), ("Soup", "no", "")] * 4
    content = MAKERS[tool]("en", rows)
    for word in QUESTIONS["en"]:
        content = content.replace(word.encode(), b"Lunch?") if content[:2] != b"PK" else content
    if content[:2] == b"PK":
        return  # the same reader; words of a workbook are not replaced so
    with pytest.raises(SourceFormatError):
        load_feedback(content, "f", model=MODEL, round_="Q", pseudonym=str)
