"""
Quartiles: the middle half of a peer group, a box for each measure.

A box is drawn from the printed quartiles and median and from nothing else. Levels are
whole numbers, so that a box may be a single line: then the middle half is at one level.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.level_shares import names_axis
from pkimm_analytics.charts.look import (
    BLUE,
    Labels,
    figure_of,
    plain,
    pointed_at,
    rows_of,
)

_ROW = 30


def quartiles(
    table: pd.DataFrame,
    *,
    title: str = "The middle half",
    subtitle: str = "Circle: median; box: quartiles; whiskers: tenths",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a box for each measure.

    Parameters
    ----------
    table : DataFrame
        One row for each box, from top to bottom: ``name``; ``median, p25, p75, p10, p90``
        (levels, missing where withheld or open); ``median_text`` (what stands where there
        is no median); ``words`` (what is shown when it is pointed at).
    title, subtitle : str
    labels : {"names", "short"}
        Whole names, or their first words, which fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
        Without quartiles there is the median alone; without a median there are words.
    """
    rows = rows_of(table)
    medians = [(y, row) for y, row in enumerate(rows) if pd.notna(row.median)]
    boxes = [(y, row) for y, row in medians if pd.notna(row.p25) and pd.notna(row.p75)]
    return figure_of(
        [*([_boxes(boxes)] if boxes else []), _medians(medians)],
        title,
        subtitle,
        height=round(104 + _ROW * max(len(rows), 1)),
        margin={"l": 112 if labels == "short" else 216, "r": 18, "t": 88, "b": 10},
        showlegend=False,
        xaxis={
            "range": [0.7, 5.3],
            "tickvals": [1, 2, 3, 4, 5],
            "ticktext": ["level 1", "2", "3", "4", "5"],
            "side": "top",
        },
        yaxis=names_axis([str(row.name) for row in rows], labels),
        annotations=[
            {
                "x": 3,
                "y": y,
                "text": f"<i>{plain(row.median_text)}</i>",
                "showarrow": False,
                "font": {"size": 11},
            }
            for y, row in enumerate(rows)
            if pd.isna(row.median)
        ],
    )


def _boxes(boxes: list[tuple[int, Any]]) -> go.Box:
    def fence(row: Any, name: str, other: str) -> float:
        value = getattr(row, name)
        return float(getattr(row, other) if pd.isna(value) else value)

    return go.Box(
        orientation="h",
        y=[y for y, _ in boxes],
        q1=[float(row.p25) for _, row in boxes],
        median=[float(row.median) for _, row in boxes],
        q3=[float(row.p75) for _, row in boxes],
        lowerfence=[fence(row, "p10", "p25") for _, row in boxes],
        upperfence=[fence(row, "p90", "p75") for _, row in boxes],
        width=0.52,
        whiskerwidth=0.5,
        fillcolor="rgba(0, 114, 178, 0.28)",
        line={"color": BLUE, "width": 1.5},
        hoverinfo="skip",
        name="middle half",
    )


def _medians(medians: list[tuple[int, Any]]) -> go.Scatter:
    """Mark the medians: seen where a box has no width, and pointed at for the words."""
    return go.Scatter(
        x=[float(row.median) for _, row in medians],
        y=[y for y, _ in medians],
        mode="markers",
        marker={"size": 11, "color": "#ffffff", "line": {"color": BLUE, "width": 3}},
        hovertemplate=[pointed_at(row.words) for _, row in medians],
        name="median",
    )
