"""
Steps: the share of a peer group at a level or above, for one measure.

It starts with everybody at level 1 and comes down step by step. The shaded area is the
interval of each step.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    LEGEND_BELOW,
    SERIES,
    SHARES,
    figure_of,
    pointed_at,
    rows_of,
    wrapped,
)


def steps(
    table: pd.DataFrame,
    *,
    title: str = "At a level or above",
    subtitle: str = "Share of organizations; shaded: 95 % interval",
) -> go.Figure:
    """
    Draw a line of steps for each group.

    Parameters
    ----------
    table : DataFrame
        One row for each group and level, levels ascending: ``group, level`` (1 to 5),
        ``share, low, high`` (0 to 1) and ``words`` (what is shown when it is pointed at).
    title, subtitle : str

    Returns
    -------
    plotly.graph_objects.Figure
    """
    traces: list[Any] = []
    for place, (name, rows) in enumerate(table.groupby("group", sort=False)):
        traces += _group(str(name), rows_of(rows), SERIES[place % len(SERIES)])
    return figure_of(
        traces,
        title,
        subtitle,
        height=400,
        margin={"l": 50, "r": 18, "t": 84, "b": 76},
        legend=LEGEND_BELOW,
        xaxis={
            "range": [0.5, 5.5],
            "tickvals": [1, 2, 3, 4, 5],
            "ticktext": ["level 1", "2", "3", "4", "5"],
            "showgrid": False,
        },
        yaxis={
            "range": [0, 1.04],
            **SHARES,
        },
    )


def _group(name: str, rows: list[Any], look: dict[str, str]) -> list[Any]:
    color = look["color"]
    x, low, high = [], [], []
    for row in rows:
        x += [row.level - 0.5, row.level + 0.5]
        low += [float(row.low)] * 2
        high += [float(row.high)] * 2
    area = go.Scatter(
        x=x + x[::-1],
        y=high + low[::-1],
        mode="lines",
        fill="toself",
        fillcolor=_faint(color),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    line = go.Scatter(
        x=[row.level for row in rows],
        y=[float(row.share) for row in rows],
        mode="lines+markers",
        line={"color": color, "width": 2.5, "dash": look["dash"], "shape": "hvh"},
        marker={"color": color, "size": 9, "symbol": look["symbol"]},
        hovertemplate=[pointed_at(row.words) for row in rows],
        name=wrapped(name, 44, lines=1),
    )
    return [area, line]


def _faint(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"
