"""
Charts of a benchmark: printed figures with their intervals, and nothing of what is withheld.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("plotly")

from pkimm_analytics.audit import scan_file
from pkimm_analytics.charts import groups, level_shares, peer_trend
from pkimm_analytics.charts.look import LEVEL_COLORS, LEVEL_INK

HOSTILE = "<a href='https://example.org'>x</a> $\\alpha$ %{y} <b>"
SHARES = {1: 0.1, 2: 0.2, 3: 0.4, 4: 0.2, 5: 0.1}


def level_rows(name: str = "Overall", *, is_published: bool = True) -> pd.DataFrame:
    """
    Return one bar; a withheld one has no figures.
    """
    row: dict[str, Any] = {"name": name, "is_published": is_published}
    for level, share in SHARES.items():
        row[f"level_{level}"] = share if is_published else np.nan
        row[f"level_{level}_qualifier"] = "<=" if level == 5 else "="
        row[f"words_{level}"] = f"{name}: {share:.0%} at level {level}"
    for level, (low, high) in {2: (0.8, 1), 3: (0.6, 0.8), 4: (0.2, 0.4), 5: (0, 0.2)}.items():
        row[f"at_least_{level}_low"] = low if is_published else np.nan
        row[f"at_least_{level}_high"] = high if is_published else np.nan
    return pd.DataFrame([row])


def all_charts(name: str) -> dict[str, Any]:
    """
    Draw every chart with one name in it.
    """
    cell = {"measure": "m", "group": "g", "group_name": name, "is_published": True}
    cell |= {"share": 0.4, "qualifier": "="}
    point = {"as_of": "2026Q3", "level": 3, "share": 0.4, "low": 0.3, "high": 0.5, "words": name}
    point["qualifier"] = "="
    return {
        "levels": level_shares(level_rows(name)),
        "groups": groups(pd.DataFrame([{**cell, "name": name, "words": name}])),
        "trend": peer_trend(pd.DataFrame([point])),
    }


@pytest.mark.parametrize("kind", ["levels", "groups", "trend"])
def test_a_name_is_never_markup_and_no_point_carries_details(kind: str) -> None:
    """
    Names are text, hover texts hold words, and the audit of artifacts finds nothing.
    """
    content = json.loads(all_charts(HOSTILE)[kind].to_json())
    text = json.dumps(content)
    assert "<a href" not in text
    assert "$" not in text
    assert "%{y}" not in text
    assert scan_file("chart.json", text.encode()) == []


def test_a_bar_is_the_shares_and_a_line_the_interval_of_a_border() -> None:
    """
    The border between levels 2 and 3 is at 30%, somewhere between 20 and 40%.
    """
    figure = level_shares(level_rows())
    assert [trace.x[0] for trace in figure.data[:5]] == list(SHARES.values())
    borders = figure.data[5]
    ends = [x for x in borders.x if x is not None]
    assert ends == pytest.approx([0, 0.2, 0.2, 0.4, 0.6, 0.8, 0.8, 1])
    assert figure.data[2].text[0] == "40%"
    assert figure.data[4].text[0] == "≤10%"


def test_a_withheld_bar_is_a_hatched_track_and_no_zero() -> None:
    """
    It has no part, no line and a word; alone it leaves no legend.
    """
    table = pd.concat([level_rows("Open"), level_rows("Closed", is_published=False)])
    figure = level_shares(table)
    assert all(list(trace.y) == [0] for trace in figure.data[:5])
    track = figure.data[6]
    assert list(track.y) == [1]
    assert list(track.text) == ["withheld"]
    assert track.marker.pattern.shape == "/"
    assert level_shares(level_rows(is_published=False)).layout.showlegend is False


def test_a_withheld_cell_is_a_dot_without_a_color() -> None:
    """
    So that it is not taken for a small share; one that is shown says what was cut off.
    """
    cells = [("a", True, 0.4), ("b", False, np.nan)]
    table = pd.DataFrame(
        [
            {
                "measure": "m",
                "name": "M",
                "group": group,
                "group_name": group,
                "is_published": shown,
                "share": share,
                "qualifier": ">=" if shown else "",
                "words": "w",
            }
            for group, shown, share in cells
        ]
    )
    figure = groups(table)
    assert list(figure.data[0].z[0]) == [0.4, None]
    assert list(figure.data[0].text[0]) == ["≥40%", ""]
    assert [(note.x, note.text) for note in figure.layout.annotations] == [(1, "·")]


def test_one_level_of_a_trend_is_strong_and_has_the_interval() -> None:
    """
    Each level has a mark and a dash of its own, a share that was cut off an open mark.

    One point alone has an area, too.
    """
    rows = [
        {"as_of": q, "level": k, "share": 0.5, "low": 0.4, "high": 0.6, "words": "w"}
        | {"qualifier": "<=" if q == "2026Q3" and k == 4 else "="}
        for q in ("2026Q2", "2026Q3")
        for k in (2, 3, 4, 5)
    ]
    figure = peer_trend(pd.DataFrame(rows), level=4)
    lines = [trace for trace in figure.data if trace.fill is None]
    assert [trace.line.width > 2 for trace in lines] == [False, False, True, False]
    assert len({(trace.line.dash, trace.marker.symbol[0]) for trace in lines}) == 4
    assert list(lines[2].marker.symbol) == ["square", "square-open"]
    single = peer_trend(pd.DataFrame(rows[:4]))
    area = next(trace for trace in single.data if trace.fill)
    assert max(area.x) > min(area.x)


def test_charts_of_nothing_are_charts() -> None:
    """
    Tables without rows draw empty frames.
    """
    assert level_shares(level_rows().iloc[:0]).layout.height > 100
    assert peer_trend(
        pd.DataFrame(columns=["as_of", "level", "share", "low", "high", "qualifier", "words"])
    )


def luminance(color: str) -> float:
    """
    Return the relative luminance of a color, as contrast is computed from it.
    """
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_colors_of_levels_are_told_apart_without_colors_and_hold_their_texts() -> None:
    """
    Each is darker than the one before; texts on them reach 4.5 to 1.
    """
    shades = [luminance(color) for color in LEVEL_COLORS]
    assert all(a > 1.3 * b for a, b in pairwise(shades))
    for shade, ink in zip(shades, map(luminance, LEVEL_INK), strict=True):
        light, dark = max(shade, ink), min(shade, ink)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
