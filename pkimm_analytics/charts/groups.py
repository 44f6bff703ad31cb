"""
Groups beside each other: a heatmap of one figure by measure and group.

Every cell holds its figure, so that no color has to be read. A withheld cell has a dot
and no color.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.level_shares import names_axis
from pkimm_analytics.charts.look import (
    INK,
    MARKS,
    SOFT,
    Labels,
    figure_of,
    pointed_at,
    rows_of,
    wrapped,
)

SCALE = [[0, "#f7fbff"], [0.25, "#deebf7"], [0.5, "#c6dbef"], [0.75, "#9ecae1"], [1, "#6baed6"]]
"""Shades from none to all."""
_ROW = 27


def groups(
    table: pd.DataFrame,
    *,
    title: str = "Groups beside each other",
    subtitle: str = "Share of organizations",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a cell for each measure and group.

    Parameters
    ----------
    table : DataFrame
        One row for each cell, measures from top to bottom: ``measure, name, group,
        group_name, is_published, share`` (0 to 1), ``qualifier`` (``=``, ``<=`` or
        ``>=``) and ``words``.
    title, subtitle : str
    labels : {"names", "short"}
        Whole names, or names that fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    is_short = labels == "short"
    columns = list(dict.fromkeys(table["group"]))
    lines = list(dict.fromkeys(table["measure"]))
    cells = {(row.measure, row.group): row for row in rows_of(table)}
    grid = [[cells[measure, group] for group in columns] for measure in lines]
    heads = [str(cell.group_name) for cell in (grid[0] if grid else [])]
    return figure_of(
        [_heat(grid, is_short=is_short)],
        title,
        subtitle,
        height=round((238 if is_short else 208) + _ROW * max(len(lines), 1)),
        margin={
            "l": 112 if is_short else 216,
            "r": 10,
            "t": 226 if is_short else 196,
            "b": 8,
        },
        xaxis={
            "ticks": "",
            "tickvals": list(range(len(columns))),
            "ticktext": [
                wrapped(h, 22 if is_short else 18, lines=1 if is_short else 2) for h in heads
            ],
            "tickfont": {"size": 11},
            "tickangle": -90,
            "ticklabeloverflow": "allow",
            "side": "top",
            "showgrid": False,
            "range": [-0.5, len(columns) - 0.5],
        },
        yaxis=names_axis([str(line[0].name) for line in grid], labels)
        | {"range": [len(lines) - 0.5, -0.5]},
        annotations=[
            {"x": x, "y": y, "text": "·", "showarrow": False, "font": {"size": 14, "color": SOFT}}
            for y, line in enumerate(grid)
            for x, cell in enumerate(line)
            if not cell.is_published
        ],
    )


def _heat(grid: list[list[Any]], *, is_short: bool) -> go.Heatmap:
    return go.Heatmap(
        z=[[float(c.share) if c.is_published else None for c in line] for line in grid],
        text=[
            [
                f"{MARKS[c.qualifier]}{c.share * 100:.0f}{'' if is_short else ' %'}"
                if c.is_published
                else ""
                for c in line
            ]
            for line in grid
        ],
        texttemplate="%{text}",
        textfont={"size": 10 if is_short else 12, "color": INK},
        hovertemplate=[[pointed_at(c.words) for c in line] for line in grid],
        hoverongaps=False,
        zmin=0,
        zmax=1,
        colorscale=SCALE,
        showscale=False,
        xgap=2,
        ygap=2,
    )
