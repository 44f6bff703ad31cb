"""
Burn-down: the levels that are still to be raised, as planned and as assessed.

The planned line falls at each target date; the achieved one has a mark for each
assessment, because nothing is known in between.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import BLUE, VERMILION, figure_of, plain, rows_of


def burn_down(
    table: pd.DataFrame,
    *,
    title: str = "Planned against achieved",
    subtitle: str = "Levels still to be raised",
) -> go.Figure:
    """
    Draw what is left of the action plans.

    Parameters
    ----------
    table : DataFrame
        As :func:`.action_plans.burn_down_table` returns it: ``series`` (planned,
        achieved), ``date, remaining, n_plans``.
    title, subtitle : str

    Returns
    -------
    plotly.graph_objects.Figure
        Empty axes if there are no action plans.
    """
    rows = rows_of(table)
    planned = [row for row in rows if row.series == "planned"]
    achieved = [row for row in rows if row.series == "achieved"]
    top = max((int(row.remaining) for row in rows), default=0) or 1
    return figure_of(
        [
            _series(planned, "planned", color=VERMILION, dash="dash", shape="hv", symbol="square"),
            _series(
                achieved, "achieved", color=BLUE, dash="solid", shape="linear", symbol="circle"
            ),
        ],
        title,
        subtitle,
        height=340,
        margin={"l": 38, "r": 24, "t": 72, "b": 70},
        legend={"orientation": "h", "x": 0, "y": -0.16, "xanchor": "left", "yanchor": "top"},
        xaxis={
            "type": "date",
            "nticks": 5,
            "tickformat": "%Y-%m",
        },
        yaxis={
            "range": [-0.06 * top, 1.15 * top],
            "nticks": 6,
            "tickformat": "d",
        },
    )


def _series(
    rows: list[Any], name: str, *, color: str, dash: str, shape: str, symbol: str
) -> go.Scatter:
    return go.Scatter(
        x=[row.date for row in rows],
        y=[int(row.remaining) for row in rows],
        mode="lines+markers+text" if name == "achieved" else "lines+markers",
        text=[str(row.remaining) for row in rows],
        textposition="top right",
        line={"color": color, "dash": dash, "shape": shape, "width": 2},
        marker={"color": color, "symbol": symbol, "size": 9},
        customdata=[(plain(row.date), str(row.n_plans)) for row in rows],
        hovertemplate=(
            f"<b>{name}</b><br>%{{customdata[0]}}: %{{y}} levels left"
            "<br>%{customdata[1]} action plans<extra></extra>"
        ),
        name=name,
        cliponaxis=False,
    )
