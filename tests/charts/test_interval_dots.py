"""
Dots with intervals: what is known, how sure it is, and what it is held against.
"""

from __future__ import annotations

import pandas as pd
import pytest

pytest.importorskip("plotly")

from pkimm_analytics.charts import interval_dots

HOSTILE = "<a href='https://example.org'>x</a> $\\alpha$ %{y} <b>"
ROWS = pd.DataFrame(
    [
        ("Key inventory", 4, 3, 5, 2, "n 30"),
        ("Sourcing", 2, None, None, 2, "n 2"),
        ("Nobody", None, None, None, 3, "n 0"),
    ],
    columns=["name", "value", "low", "high", "reference", "summary"],
)
LOOK = {"limits": (0, 6), "ticks": (0, 2, 4, 6), "title": "t", "subtitle": "s"}


def test_the_line_through_a_dot_is_its_interval() -> None:
    """
    From 3 to 5 around 4; without an interval there is no line, without a value no dot.
    """
    squares, dots = interval_dots(ROWS, value="chosen", reference="model", **LOOK).data
    assert list(dots.x) == [4, 2]
    assert list(dots.error_x.array) == [1, 0]
    assert list(dots.error_x.arrayminus) == [1, 0]
    assert list(squares.x) == [2, 2, 3]
    assert squares.marker.symbol != dots.marker.symbol


def test_without_a_reference_there_are_dots_only() -> None:
    """
    Nothing stands for what was not given.
    """
    assert len(interval_dots(ROWS, value="chosen", **LOOK).data) == 1


def test_no_rows_are_a_chart_too() -> None:
    """
    An empty table draws an empty chart.
    """
    assert interval_dots(ROWS[:0], value="chosen", **LOOK).layout.height > 0


def test_texts_of_users_stay_texts() -> None:
    """
    No name becomes a link, a formula or a placeholder.
    """
    table = ROWS.assign(name=HOSTILE, summary=HOSTILE)
    drawn = str(interval_dots(table, value=HOSTILE, reference=HOSTILE, **LOOK).to_json())
    assert "<a href" not in drawn
    assert "$\\\\alpha" not in drawn
