"""
Charts of progress and plans: marks beside colors, blanks instead of zeros.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("plotly")

from pkimm_analytics.assessment import Assessment, UseCase, not_applicable, rated
from pkimm_analytics.charts import burn_down, heatmap, timeline, waterfall
from pkimm_analytics.model import load_model
from pkimm_analytics.planning import OVERALL, Target, cheapest_plan
from pkimm_analytics.planning.action_plans import action_plans, burn_down_table, with_action_plans
from pkimm_analytics.planning.roadmap import Calendar, phase_table, roadmap
from pkimm_analytics.progress import compare
from pkimm_analytics.progress.timeline import bridge_table, category_timeline, timeline_table
from pkimm_analytics.synthetic import sample_history

HOSTILE = "<a href='https://example.org'>x</a> $\\alpha$ %{y} <b>"
FIVE = sample_history(3)[:5]


def drawn(figure: Any) -> str:
    """
    Return all that the browser gets.
    """
    return str(figure.to_json())


def test_a_fall_is_hatched_and_a_rise_is_not() -> None:
    """
    Who sees no color sees the hatching, the sign and the figure.
    """
    table = bridge_table(compare(FIVE[1], FIVE[2]).overall)
    figure = waterfall(table, title="Bridge")
    parts = figure.data[0]
    rises = [row.value >= 0 for row in table.itertuples() if row.kind == "part"]
    assert [shape == "" for shape in parts.marker.pattern.shape] == rises
    texts = {note.text for note in figure.layout.annotations}
    assert set(table[table["kind"] == "part"]["shown"]) <= texts


def test_the_bars_of_a_waterfall_are_the_parts() -> None:
    """
    Each begins at its base and is as long as its part; the ends are marks.
    """
    table = bridge_table(compare(FIVE[1], FIVE[2]).overall)
    parts, ends = waterfall(table, title="Bridge").data
    rows = [row for row in table.itertuples() if row.kind == "part"]
    assert list(parts.base) == [row.start for row in rows]
    assert list(parts.x) == pytest.approx([row.value for row in rows])
    assert list(ends.x) == [table["end"].iloc[0], table["end"].iloc[-1]]


def test_a_plan_is_drawn_as_phases() -> None:
    """
    One bar for each phase.
    """
    plan = cheapest_plan(FIVE[2], [Target(OVERALL, Fraction(3))])
    table = phase_table(roadmap(FIVE[2], plan, when=Calendar(phases=2)))
    assert len(waterfall(table, title="Plan").data[0].x) == 2


def test_a_line_is_dotted_where_the_edition_changed() -> None:
    """
    Between 1.0.0 and 1.1.0, and between 1.1.0 and 2.0.0.
    """
    figure = timeline(timeline_table(FIVE))
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [line.line.dash for line in lines] == ["solid", "dot", "dot", "solid"]
    (points,) = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert list(points.text) == ["1.0.0", "1.0.0", "1.1.0", "2.0.0", "2.0.0"]
    assert list(points.marker.symbol) == ["circle", "circle", "square", "square", "diamond"]


def test_one_assessment_is_one_point() -> None:
    """
    Its day is on the axis, with room around it.
    """
    figure = timeline(timeline_table(FIVE[:1]))
    assert not [trace for trace in figure.data if trace.mode == "lines"]
    assert list(figure.layout.xaxis.tickvals) == [FIVE[0].date]


def test_an_assessment_without_a_score_has_no_point() -> None:
    """
    It is left out and not drawn at zero.
    """
    empty = FIVE[0].replace(answers={})
    figure = timeline(timeline_table([empty, FIVE[1]]))
    (points,) = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert len(points.x) == 1


def test_the_peer_group_is_drawn_where_it_is_printed() -> None:
    """
    A withheld quartile leaves the median alone.
    """
    cohort = pd.DataFrame(
        {
            "as_of": ["2025Q4"],
            "date": ["2025-12-31"],
            "n": ["20-49"],
            "median": [2.0],
            "p25": [None],
            "p75": [3.0],
        }
    )
    figure = timeline(timeline_table(FIVE), cohort=cohort)
    names = [trace.name for trace in figure.data]
    assert "peers, median level" in names
    assert "peers, middle half" not in names
    assert "20-49" in drawn(figure)


def test_a_cell_without_a_score_is_blank_and_never_zero() -> None:
    """
    Not applicable says so, unanswered says nothing, and neither has a color.
    """
    model = load_model("2.0.0")
    answers = dict.fromkeys(model.categories, rated(3)) | {"R.awareness": not_applicable()}
    del answers["G.compliance"]
    table = category_timeline([Assessment(id="a", model=model.edition, answers=answers)])
    figure = heatmap(table)
    cells = [value for line in figure.data[0].z for value in line]
    assert cells.count(None) == 2
    assert 0 not in cells
    assert [note.text for note in figure.layout.annotations] == ["<i>n/a</i>"]
    assert sum(shape.type == "rect" for shape in figure.layout.shapes) == 2


def test_a_cell_that_does_not_compare_is_hatched_and_marked() -> None:
    """
    Cryptography in 1.1.0 was asked in another way than in 2.0.0.
    """
    table = category_timeline(FIVE)
    figure = heatmap(table)
    marked = table[(table["comparable"] == "no") & table["score"].notna()]
    texts = [text for line in figure.data[0].text for text in line]
    assert sum("≠" in text for text in texts) == len(marked) > 0
    strokes = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert len(strokes) == 3 * len(marked)


def test_a_burn_down_has_a_mark_for_each_assessment() -> None:
    """
    Planned falls in steps, achieved goes from one assessment to the next.
    """
    plan = cheapest_plan(FIVE[2], [Target(OVERALL, Fraction(4))])
    made = action_plans(roadmap(FIVE[2], plan, when=Calendar("2026-01-01", 3, 4)))
    table = burn_down_table([with_action_plans(FIVE[2], made), *FIVE[3:]])
    planned, achieved = burn_down(table).data
    assert planned.line.shape == "hv"
    assert planned.y[-1] == 0
    assert list(achieved.text) == [str(n) for n in achieved.y]
    assert len(achieved.x) == 3


def test_nothing_to_draw_is_no_error() -> None:
    """
    Empty tables make empty charts.
    """
    assert len(burn_down(burn_down_table(FIVE)).data[0].x) == 0
    nothing = compare(Assessment(id="a", model=FIVE[0].model), FIVE[0])
    assert len(waterfall(bridge_table(nothing.overall), title="x").data[0].x) == 0
    assert heatmap(category_timeline([])) is not None
    assert timeline(timeline_table([])) is not None


def test_a_name_in_a_chart_has_no_effect() -> None:
    """
    No tag, link, formula or placeholder of a user reaches plotly.
    """
    named = [one.replace(use_case=UseCase(name=HOSTILE)) for one in FIVE]
    text = drawn(timeline(timeline_table(named)))
    assert "<a href" not in text
    assert "$\\\\alpha" not in text
