"""
Peer trend: how the shares at a level or above moved from release to release.

A point stands at the quarter that it was computed for, not at the release that repeats
it. One level is drawn strongly with its interval, the others thin beside it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    BLUE,
    LEGEND_BELOW,
    LINE,
    SHARES,
    Labels,
    figure_of,
    pointed_at,
    rows_of,
)

_SYMBOLS = {2: "triangle-up", 3: "circle", 4: "square", 5: "diamond"}
_DASHES = {2: "dot", 3: "solid", 4: "dash", 5: "dashdot"}


def peer_trend(
    table: pd.DataFrame,
    *,
    level: int = 3,
    title: str = "Over time",
    subtitle: str = "Share at a level or above; shaded: 95 % interval",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a line for each level.

    Parameters
    ----------
    table : DataFrame
        One row for each quarter and level, oldest first: ``as_of, level`` (2 to 5),
        ``share, low, high`` (0 to 1) and ``words``.
    level : int
        Level to draw strongly.
    title, subtitle : str
    labels : {"names", "short"}
        Whole names of the lines, or short ones, which fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    quarters = list(dict.fromkeys(table["as_of"]))
    place = {quarter: x for x, quarter in enumerate(quarters)}
    traces: list[Any] = []
    for one in sorted(set(table["level"])):
        rows = rows_of(table[table["level"] == one])
        name = _name(int(one), is_short=labels == "short")
        traces += _line(name, int(one), rows, place, is_strong=one == level)
    return figure_of(
        traces,
        title,
        subtitle,
        height=380,
        margin={"l": 50, "r": 18, "t": 84, "b": 84},
        legend=LEGEND_BELOW | {"title": {"text": "Level" if labels == "short" else ""}},
        xaxis={
            "range": [-0.4, max(len(quarters) - 0.6, 0.4)],
            "tickvals": list(range(len(quarters))),
            "ticktext": quarters,
            "showgrid": False,
        },
        yaxis={
            "range": [0, 1.04],
            **SHARES,
        },
    )


def _name(level: int, *, is_short: bool) -> str:
    if is_short:
        return f"{level}+" if level < 5 else "5"
    return f"level {level} or above" if level < 5 else "level 5"


def _line(
    name: str, level: int, rows: list[Any], place: dict[str, int], *, is_strong: bool
) -> list[Any]:
    x: list[float] = [place[row.as_of] for row in rows]
    color = BLUE if is_strong else LINE
    line = go.Scatter(
        x=x,
        y=[float(row.share) for row in rows],
        mode="lines+markers",
        line={"color": color, "width": 3 if is_strong else 1.3, "dash": _DASHES[level]},
        marker={"symbol": _SYMBOLS[level], "size": 11 if is_strong else 8, "color": color},
        hovertemplate=[pointed_at(row.words) for row in rows],
        name=name,
    )
    if not is_strong:
        return [line]
    if len(x) == 1:  # an area needs a width
        x = [x[0] - 0.08, x[0] + 0.08]
        rows = rows * 2
    area = go.Scatter(
        x=x + x[::-1],
        y=[float(row.high) for row in rows] + [float(row.low) for row in rows[::-1]],
        mode="lines",
        fill="toself",
        fillcolor="rgba(0, 114, 178, 0.16)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    return [area, line]
