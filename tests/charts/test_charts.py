"""
Charts draw what they are given, and say so in a way that nobody can misread.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("plotly")

from pkimm_analytics.assessment import Assessment, Mode, UseCase, not_applicable, rated
from pkimm_analytics.charts import bars, level_strip, radar
from pkimm_analytics.charts.look import MODULE_COLORS, plain, rows_of, short_names, wrapped
from pkimm_analytics.model import Model, load_model, models
from pkimm_analytics.overview import category_table
from pkimm_analytics.scoring import score

MODEL = load_model("2.0.0")
LEVELS = MODEL.level_names
HOSTILE = "<a href='https://example.org'>x</a> $\\alpha$ %{y} <b>"


def table_of(answers: dict[str, Any], name: str = "Invented", model: Model = MODEL) -> pd.DataFrame:
    """
    Return the categories of a self-assessment with some answers.
    """
    assessment = Assessment(
        id="a", model=model.edition, use_case=UseCase(name=name), answers=answers
    )
    return category_table(score(assessment))


@pytest.fixture
def complete() -> pd.DataFrame:
    """
    Return the categories of an assessment that rates all of them 3.
    """
    return table_of(dict.fromkeys(MODEL.categories, rated(3)))


@pytest.fixture
def with_gaps() -> pd.DataFrame:
    """
    Return one category rated, one not applicable and fourteen unanswered.
    """
    return table_of({"G.compliance": rated(4), "G.cryptography": not_applicable()})


def texts_of(figure: Any) -> str:
    """
    Return all that the browser gets.
    """
    return str(figure.to_json())


def test_a_radar_has_one_point_for_each_category_and_closes(complete: pd.DataFrame) -> None:
    """
    Sixteen categories make seventeen points, the last on the first, on sixteen axes.
    """
    (trace,) = radar(complete).data
    assert list(trace.r) == [3.0] * 17
    assert trace.theta[0] == trace.theta[-1] == 0
    assert trace.fill == "toself"


def test_a_category_without_a_score_has_an_axis_and_no_point(with_gaps: pd.DataFrame) -> None:
    """
    The line breaks there, nothing is filled, and the axis says the state.
    """
    figure = radar(with_gaps)
    (trace,) = figure.data
    assert [value for value in trace.r if value is not None] == [4.0]
    assert not trace.connectgaps
    assert trace.fill == "none"
    labels = figure.layout.polar.angularaxis.ticktext
    assert len(labels) == 16
    assert sum("not applicable" in label for label in labels) == 1
    assert sum("unanswered" in label for label in labels) == 14


def test_several_assessments_differ_in_color_dash_and_marker(complete: pd.DataFrame) -> None:
    """
    Whoever sees no colors still tells the lines apart, and a legend names them.
    """
    other = complete.assign(assessment="Another")
    figure = radar(pd.concat([complete, other]))
    one, two = figure.data
    assert figure.layout.showlegend
    assert one.line.color != two.line.color
    assert one.line.dash != two.line.dash
    assert one.marker.symbol != two.marker.symbol


@pytest.mark.parametrize("model", models(), ids=lambda model: str(model.edition))
def test_short_names_fit_a_phone_and_stay_apart(model: Model) -> None:
    """
    No two categories share a short name, and no line of one is longer than 16 letters.
    """
    names = [category.name for category in model.categories.values()]
    short = short_names(names)
    assert len(set(short)) == len(names)
    lines = [line for name in short for line in wrapped(name, 13).split("<br>")]
    assert max(map(len, lines)) <= 16


def test_bars_are_as_long_as_the_scores(complete: pd.DataFrame) -> None:
    """
    The chart takes the scores as they are and colors them by module.
    """
    rated_bars = bars(complete, level_names=LEVELS).data[0]
    assert list(rated_bars.x) == [3.0] * 16
    assert set(rated_bars.marker.color) == set(MODULE_COLORS.values())


def test_a_bar_without_a_score_is_an_empty_track_with_its_state(with_gaps: pd.DataFrame) -> None:
    """
    There is one bar; the others are hatched from end to end and labelled.
    """
    figure = bars(with_gaps, level_names=LEVELS)
    drawn, *tracks = figure.data
    assert list(drawn.x) == [4.0]
    assert {track.name: len(track.x) for track in tracks} == {
        "not applicable": 1,
        "unanswered": 14,
    }
    assert all(track.marker.pattern.shape for track in tracks)
    labels = [annotation.text for annotation in figure.layout.annotations]
    assert labels.count("<i>unanswered</i>") == 14
    assert "<b>4.00</b>" in labels


def test_coverage_is_shown_where_it_is_not_full() -> None:
    """
    One of four requirements rated is a quarter.
    """
    assessment = Assessment(
        id="a",
        model=MODEL.edition,
        mode=Mode.FULL,
        answers={"G.compliance.compliance-policies": rated(4)},
    )
    figure = bars(category_table(score(assessment)), level_names=LEVELS)
    labels = [annotation.text for annotation in figure.layout.annotations]
    assert "<b>4.00</b> <i>(25 % answered)</i>" in labels


def test_modules_and_levels_have_their_names(complete: pd.DataFrame) -> None:
    """
    A heading for each module, and the names of this edition at the scale.
    """
    figure = bars(complete, level_names=LEVELS)
    labels = [annotation.text for annotation in figure.layout.annotations]
    assert [t for t in labels if t.startswith("<b>") and t[3].isalpha()] == [
        "<b>Governance</b>",
        "<b>Management</b>",
        "<b>Operations</b>",
        "<b>Resources</b>",
    ]
    assert figure.layout.xaxis.ticktext[1] == "2<br>Foundational"


@pytest.mark.parametrize("draw", ["radar", "bars"])
def test_a_text_of_a_user_is_only_text(draw: str) -> None:
    """
    Plotly would take a link, a tag, a formula or a placeholder for what it is.
    """
    table = table_of({"G.compliance": rated(4)}, name=HOSTILE)
    table["name"] = table["module_name"] = HOSTILE
    figure = (
        radar(table, subtitle=HOSTILE)
        if draw == "radar"
        else bars(table, level_names=[HOSTILE] * 5, subtitle=HOSTILE)
    )
    seen = json.loads(texts_of(figure))
    found = json.dumps(seen)
    assert "<a" not in found
    assert "$" not in found
    assert not re.search(r"%\{y\}", found)
    assert "&lt;a href" in found


def test_escaping_leaves_ordinary_text_alone() -> None:
    """
    Letters of any script, digits and percent signs are shown as they are.
    """
    assert plain("Größe 80 % – 鍵") == "Größe 80 % – 鍵"


@given(
    st.text("ab &<é", max_size=120),
    st.integers(4, 40),
    st.integers(1, 5),
)
def test_lines_break_where_the_library_breaks_them(text: str, width: int, lines: int) -> None:
    """
    Whole words as long as they fit; the quick way and the slow one agree.
    """
    words = text.split()
    expected = textwrap.wrap(
        " ".join(words),
        width,
        max_lines=lines,
        placeholder=" …",
        break_on_hyphens=False,
        break_long_words=max(map(len, words), default=0) > 2 * width,
    )
    assert wrapped(text, width, lines=lines) == "<br>".join(map(plain, expected))


def test_rows_are_those_of_pandas() -> None:
    """
    Each column is an attribute, with the value that pandas gives.
    """
    table = pd.DataFrame(
        {"name": ["a", None], "n": [1, 2], "share": [0.5, float("nan")], "is": [True, False]}
    )
    for ours, theirs in zip(rows_of(table), table.itertuples(index=False), strict=True):
        assert repr(tuple(ours)) == repr(tuple(theirs))
    assert [row.n for row in rows_of(table)] == [1, 2]
    assert rows_of(table.head(0)) == []


@pytest.mark.parametrize("draw", ["radar", "bars"])
def test_a_chart_has_a_title_a_unit_and_no_template(draw: str, complete: pd.DataFrame) -> None:
    """
    Without plotly's template a chart is half as large, and it names its scale.
    """
    figure = radar(complete) if draw == "radar" else bars(complete, level_names=LEVELS)
    assert figure.layout.title.text
    assert "1 to 5" in figure.layout.title.subtitle.text
    assert not figure.layout.template.layout.to_plotly_json()
    assert len(texts_of(figure)) < 20_000


def test_nothing_to_draw_is_no_error(complete: pd.DataFrame) -> None:
    """
    An empty table makes an empty chart.
    """
    assert not radar(complete.head(0)).data
    assert all(len(trace.x) == 0 for trace in bars(complete.head(0), level_names=LEVELS).data)


def test_the_strip_says_what_it_shows() -> None:
    """
    Three boxes are full, the fourth in part, the fifth empty.
    """
    strip = level_strip(3.5, 3, level_name="Advanced", of="Governance")
    assert 'aria-label="Governance: score 3.50 of 5, level 3 Advanced"' in strip
    filled = re.findall(r'width="([0-9.]+)" height="18" rx="3" fill="currentColor"', strip)
    assert filled == ["60", "60", "60", "30"]


def test_a_strip_without_a_score_is_five_dashed_boxes() -> None:
    """
    No score is not a low score.
    """
    strip = level_strip(None, None, of='"><script>')
    assert strip.count("stroke-dasharray") == 5
    assert 'fill="currentColor"' not in strip
    assert "<script>" not in strip


def test_two_assessments_with_the_same_label_are_drawn_as_given(complete: pd.DataFrame) -> None:
    """
    The chart averages nothing: a table with a gap in one of two assessments keeps both.
    """
    other = table_of({"G.compliance": rated(1)}, name="Other")
    figure = radar(pd.concat([complete, other]))
    assert [value for value in figure.data[1].r if value is not None] == [1.0]
