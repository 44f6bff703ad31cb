"""
Dots with intervals: an estimate for each row, how sure it is, and what to hold it against.

A filled dot is the estimate and the line through it its interval; an open square is
the reference, such as the model's own weight or the round before. The name of a row
stands above it, so that long names fit on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    BLUE,
    GRID,
    LEGEND_ABOVE,
    VERMILION,
    Labels,
    figure_of,
    plain,
    row_text,
    rows_of,
    wrapped,
)

_ROW_HEIGHT = 44
_NAME_WIDTHS: dict[Labels, int] = {"names": 60, "short": 24}  # characters


def interval_dots(
    table: pd.DataFrame,
    *,
    value: str,
    reference: str = "",
    limits: tuple[float, float],
    ticks: Sequence[float],
    title: str,
    subtitle: str,
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw one dot for each row, with its interval and its reference.

    Parameters
    ----------
    table : DataFrame
        One row for each row of the chart: ``name``, ``value``, ``low``, ``high``,
        ``reference`` (these three may be null), and ``summary``, a short text that
        stands at the right. A row without a value has no dot.
    value, reference : str
        What the dot and the square mean, for the legend.
    limits : tuple of float
        Ends of the axis.
    ticks : sequence of float
    title, subtitle : str
        The subtitle names the unit.
    labels : {"names", "short"}
        Whole names, or cut ones that leave room for the summary on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
        Rows from top to bottom in their order in the table.
    """
    rows = rows_of(table)
    bottom = max(len(rows), 1) - 0.5
    traces = [_dots(rows, value)]
    if reference:
        traces.insert(0, _squares(rows, reference))
    low, high = limits
    return figure_of(
        traces,
        title,
        subtitle,
        height=round(148 + _ROW_HEIGHT * (bottom + 0.7)),
        margin={"l": 14, "r": 14, "t": 112, "b": 36},
        showlegend=True,
        legend=LEGEND_ABOVE,
        xaxis={
            "range": [low, high],
            "tickvals": list(ticks),
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis={"range": [bottom, -0.7], "visible": False},
        shapes=[_row_line(place) for place in range(len(rows))],
        annotations=[
            text
            for place, row in enumerate(rows)
            for text in (
                row_text(
                    place - 0.2, low, wrapped(row.name, _NAME_WIDTHS[labels], lines=1), "left"
                ),
                row_text(place - 0.2, high, plain(row.summary), "right"),
            )
        ],
    )


def _dots(rows: Sequence[Any], name: str) -> go.Scatter:
    shown = [(place, row) for place, row in enumerate(rows) if not pd.isna(row.value)]
    return go.Scatter(
        mode="markers",
        x=[float(row.value) for _, row in shown],
        y=[place for place, _ in shown],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(row.high, row.value) for _, row in shown],
            "arrayminus": [_reach(row.value, row.low) for _, row in shown],
            "color": BLUE,
            "thickness": 2,
            "width": 5,
        },
        marker={"color": BLUE, "size": 11, "symbol": "circle"},
        customdata=[(plain(row.name), plain(row.summary)) for _, row in shown],
        hovertemplate="<b>%{customdata[0]}</b><br>%{x:.3g}<br>%{customdata[1]}<extra></extra>",
        name=plain(name),
    )


def _squares(rows: Sequence[Any], name: str) -> go.Scatter:
    shown = [(place, row) for place, row in enumerate(rows) if not pd.isna(row.reference)]
    return go.Scatter(
        mode="markers",
        x=[float(row.reference) for _, row in shown],
        y=[place for place, _ in shown],
        marker={"color": VERMILION, "size": 13, "symbol": "square-open", "line": {"width": 2}},
        customdata=[(plain(row.name),) for _, row in shown],
        hovertemplate=f"<b>%{{customdata[0]}}</b><br>{plain(name)}: %{{x:.3g}}<extra></extra>",
        name=plain(name),
    )


def _row_line(place: int) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": place,
        "y1": place,
        "line": {"color": GRID, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _reach(end: Any, start: Any) -> float:
    return 0.0 if pd.isna(end) or pd.isna(start) else max(float(end) - float(start), 0.0)
