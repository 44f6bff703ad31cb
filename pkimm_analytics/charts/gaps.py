"""
Gaps: measures ranked by the share of a peer group that is below a level.

The longest bar is what most organizations still lack. The whisker is the interval.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.level_shares import names_axis
from pkimm_analytics.charts.look import (
    BLUE,
    INK,
    MARKS,
    SHARES,
    Labels,
    figure_of,
    pointed_at,
    rows_of,
)

_ROW = 30
_LEAST = 0.12
"""Shortest bar that holds its figure; the table has all."""


def gaps(
    table: pd.DataFrame,
    *,
    title: str = "Gaps",
    subtitle: str = "Share below the level; whisker: 95 % interval",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a bar for each measure, in the order of the table.

    Parameters
    ----------
    table : DataFrame
        ``name, share, low, high`` (0 to 1), ``qualifier`` (``=``, ``<=`` or ``>=``) and
        ``words``.
    title, subtitle : str
    labels : {"names", "short"}
        Whole names, or their first words, which fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    rows = rows_of(table)
    bars = go.Bar(
        orientation="h",
        y=list(range(len(rows))),
        x=[float(row.share) for row in rows],
        width=0.6,
        marker={"color": BLUE},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [float(row.high - row.share) for row in rows],
            "arrayminus": [float(row.share - row.low) for row in rows],
            "color": INK,
            "thickness": 1.4,
            "width": 4,
        },
        text=[
            f"{MARKS[row.qualifier]}{row.share * 100:.0f} %" if row.share >= _LEAST else ""
            for row in rows
        ],
        textposition="inside",
        insidetextanchor="start",
        textangle=0,
        constraintext="none",
        textfont={"size": 11, "color": "#ffffff"},
        hovertemplate=[pointed_at(row.words) for row in rows],
        name="below the level",
    )
    return figure_of(
        [bars],
        title,
        subtitle,
        height=round(104 + _ROW * max(len(rows), 1)),
        margin={"l": 112 if labels == "short" else 216, "r": 18, "t": 88, "b": 10},
        showlegend=False,
        xaxis={
            "range": [0, 1],
            **SHARES,
            "side": "top",
        },
        yaxis=names_axis([str(row.name) for row in rows], labels),
    )
