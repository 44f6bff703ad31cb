"""
Waterfall: the way from one score to another, one bar for each part.

The names stand above their bars, so that long ones fit on a phone. Both ends are marks
and not bars, because the scale is cut to where something happens. A fall is hatched and
a rise is not, and each part carries its figure with a sign; colors only repeat that.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    BLUE,
    INK,
    SOFT,
    VERMILION,
    figure_of,
    plain,
    row_text,
    rows_of,
    wrapped,
)

_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"
_ROW, _WIDTH = 46, 0.36
_IN_MARGIN = {"xref": "paper", "xshift": 6, "font": {"size": 12, "color": SOFT}}
"""Place and look of a figure right of the drawing, where no bar reaches."""


def waterfall(
    table: pd.DataFrame, *, title: str, subtitle: str = "Overall score; part of the scale 1 to 5"
) -> go.Figure:
    """
    Draw parts from one score to another.

    Parameters
    ----------
    table : DataFrame
        Rows as :func:`.timeline.bridge_table` or :func:`.roadmap.phase_table` return
        them: ``kind`` (before, part, after), ``name, start, end, value, shown``.
    title, subtitle : str

    Returns
    -------
    plotly.graph_objects.Figure
        Without any bar if the table is empty.
    """
    rows = rows_of(table)
    parts = [(place, row) for place, row in enumerate(rows) if row.kind == "part"]
    ends = [(place, row) for place, row in enumerate(rows) if row.kind != "part"]
    low, high = _scale([row.end for row in rows])
    return figure_of(
        [_parts(parts), _ends(ends)],
        title,
        subtitle,
        height=round(104 + _ROW * max(len(rows), 1)),
        margin={"l": 10, "r": 62, "t": 78, "b": 8},
        showlegend=False,
        barmode="overlay",
        xaxis={
            "range": [low, high],
            "side": "top",
            "nticks": 6,
            "tickformat": ".1f",
            "tickfont": {"size": 11},
        },
        yaxis={"range": [len(rows) - 0.55, -0.65], "visible": False},
        shapes=_connectors(rows),
        annotations=[text for place, row in enumerate(rows) for text in _texts(place, row)],
    )


def _scale(ends: list[float]) -> tuple[float, float]:
    """Part of the scale that is drawn: at least half a level, at most 1 to 5."""
    if not ends:
        return 1.0, 5.0
    low, high = min(ends), max(ends)
    pad = max((high - low) * 0.08, (0.5 - (high - low)) / 2, 0.02)
    return max(0.98, low - pad), min(5.02, high + pad)


def _parts(parts: list[tuple[int, Any]]) -> go.Bar:
    return go.Bar(
        orientation="h",
        y=[place for place, _ in parts],
        base=[row.start for _, row in parts],
        x=[row.end - row.start for _, row in parts],
        width=_WIDTH,
        marker={
            "color": [BLUE if row.value >= 0 else VERMILION for _, row in parts],
            "line": {"color": INK, "width": 1},
            "pattern": {
                "shape": ["" if row.value >= 0 else "/" for _, row in parts],
                "fgcolor": "#ffffff",
                "size": 7,
                "solidity": 0.2,
            },
        },
        customdata=[(plain(row.name), plain(row.shown)) for _, row in parts],
        hovertemplate=_HOVER,
    )


def _ends(ends: list[tuple[int, Any]]) -> go.Scatter:
    return go.Scatter(
        x=[row.end for _, row in ends],
        y=[place for place, _ in ends],
        mode="markers",
        marker={
            "symbol": "diamond",
            "size": 13,
            "color": BLUE,
            "line": {"color": INK, "width": 1},
        },
        customdata=[(plain(row.name), plain(row.shown)) for _, row in ends],
        hovertemplate=_HOVER,
    )


def _connectors(rows: list[Any]) -> list[dict[str, Any]]:
    """Thin lines from the end of one row to the beginning of the next."""
    return [
        {
            "type": "line",
            "x0": row.end,
            "x1": row.end,
            "y0": place,
            "y1": place + 1,
            "line": {"color": "#8a929d", "width": 1, "dash": "dot"},
            "layer": "below",
        }
        for place, row in enumerate(rows[:-1])
    ]


def _texts(place: int, row: Any) -> list[dict[str, Any]]:
    weight = row.shown if row.kind == "part" else f"<b>{plain(row.shown)}</b>"
    name = wrapped(row.name, 36, lines=1)
    height = place - _WIDTH / 2 - 0.02
    return [
        row_text(height, 0, name if row.kind == "part" else f"<b>{name}</b>", "left")
        | {"xref": "paper"},
        row_text(height, 1, weight, "left") | _IN_MARGIN,
    ]
