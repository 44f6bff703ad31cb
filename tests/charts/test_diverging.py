"""
Diverging bars: where rows lean, and nothing where too few answered.
"""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

pytest.importorskip("plotly")

from pkimm_analytics.charts import diverging_bars
from pkimm_analytics.charts.diverging import answer_colors

FIVE = ("very unclear", "unclear", "so-so", "clear", "very clear")
THREE = ("too low", "right", "too high")
HOSTILE = "<a href='https://example.org'>x</a> $\\alpha$ %{y} <b>"


def rows(name: str, counts: list[int] | None, answers: tuple[str, ...]) -> list[dict[str, object]]:
    """
    Return the rows of one bar; None withholds it.
    """
    total = sum(counts or [0])
    return [
        {
            "name": name,
            "answer": answer,
            "n": counts[place] if counts else None,
            "share": counts[place] / total if counts else None,
            "summary": f"n {total}" if counts else "withheld",
        }
        for place, answer in enumerate(answers)
    ]


def test_the_middle_of_the_scale_lies_on_the_line() -> None:
    """
    Ten low, twenty in the middle, seventy high: from -0.2 to 0.8, and the middle around 0.
    """
    figure = diverging_bars(
        pd.DataFrame(rows("Strategy", [10, 20, 70], THREE)), answers=THREE, title="t", subtitle="s"
    )
    low, middle, high = figure.data
    assert [low.base[0], low.x[0]] == pytest.approx([-0.2, 0.1])
    assert middle.base[0] == pytest.approx(-middle.x[0] / 2)
    assert high.base[0] + high.x[0] == pytest.approx(0.8)


def test_the_parts_of_a_row_follow_each_other_and_make_one() -> None:
    """
    Each begins where the one before ends; an even scale meets on the line.
    """
    four = ("--", "-", "+", "++")
    table = pd.DataFrame(rows("a", [1, 2, 3, 4], four) + rows("b", [4, 0, 0, 6], four))
    parts = diverging_bars(table, answers=four, title="t", subtitle="s").data
    for place in (0, 1):
        ends = [part.base[place] + part.x[place] for part in parts]
        assert [part.base[place] for part in parts][1:] == pytest.approx(ends[:-1])
        assert ends[-1] - parts[0].base[place] == pytest.approx(1)
        assert parts[2].base[place] == pytest.approx(0)


def test_a_withheld_row_has_a_track_and_no_bar() -> None:
    """
    Too few answers are no answers: the row is named and stays empty.
    """
    table = pd.DataFrame(rows("few", None, FIVE) + rows("many", [1, 2, 3, 4, 5], FIVE))
    figure = diverging_bars(table, answers=FIVE, title="t", subtitle="s")
    assert all(list(part.y) == [1] for part in figure.data)
    assert [shape.name for shape in figure.layout.shapes].count("withheld") == 1
    assert {"few", "withheld", "many", "n 15"} <= {note.text for note in figure.layout.annotations}


def test_answers_differ_in_lightness_from_their_neighbors() -> None:
    """
    Who sees no color tells the parts apart by lightness, order and the figures in them.
    """
    for n in (3, 5):
        lights = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in answer_colors(n)]
        assert len(answer_colors(n)) == n
        assert all(abs(a - b) > 60 for a, b in pairwise(lights))


def test_nobody_answered_is_a_chart_too() -> None:
    """
    An empty table draws an empty chart.
    """
    empty = pd.DataFrame(columns=["name", "answer", "n", "share", "summary"])
    assert diverging_bars(empty, answers=FIVE, title="t", subtitle="s").layout.height > 0


def test_texts_of_users_stay_texts() -> None:
    """
    No name becomes a link, a formula or a placeholder.
    """
    table = pd.DataFrame(rows(HOSTILE, [1, 2, 3], THREE))
    drawn = str(diverging_bars(table, answers=THREE, title=HOSTILE, subtitle="s").to_json())
    assert "<a href" not in drawn
    assert "$\\\\alpha" not in drawn
