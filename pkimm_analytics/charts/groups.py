"""
Groups beside each other: a heatmap of one figure by measure and group.

Every cell holds its figure, so that no color has to be read. A withheld cell has a dot
and no color.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    INK,
    MARKS,
    SOFT,
    figure_of,
    names_axis,
    pointed_at,
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
    """
    cells = {(row.measure, row.group): row for row in table.itertuples()}
    columns = table["group"].drop_duplicates()
    grid = [[cells[measure, group] for group in columns] for measure in table["measure"].unique()]
    heads = [wrapped(name, 18, lines=2) for name in table.loc[columns.index, "group_name"]]
    return figure_of(
        [_heat(grid)],
        title,
        subtitle,
        height=208 + _ROW * max(len(grid), 1),
        margin={"l": 216, "r": 10, "t": 196, "b": 8},
        xaxis={
            "ticks": "",
            "tickvals": list(range(len(heads))),
            "ticktext": heads,
            "tickfont": {"size": 11},
            "tickangle": -90,
            "side": "top",
            "showgrid": False,
            "range": [-0.5, len(heads) - 0.5],
        },
        yaxis=names_axis([str(line[0].name) for line in grid], 0.5),
        annotations=[
            {"x": x, "y": y, "text": "·", "showarrow": False, "font": {"size": 14, "color": SOFT}}
            for y, line in enumerate(grid)
            for x, cell in enumerate(line)
            if not cell.is_published
        ],
    )


def _heat(grid: list[list[Any]]) -> go.Heatmap:
    return go.Heatmap(
        z=[[float(c.share) if c.is_published else None for c in line] for line in grid],
        text=[[_figure(c) if c.is_published else "" for c in line] for line in grid],
        texttemplate="%{text}",
        textfont={"size": 12, "color": INK},
        hovertemplate=[[pointed_at(c.words) for c in line] for line in grid],
        hoverongaps=False,
        zmin=0,
        zmax=1,
        colorscale=SCALE,
        showscale=False,
        xgap=2,
        ygap=2,
    )


def _figure(cell: Any) -> str:
    return f"{MARKS[cell.qualifier]}{cell.share:.0%}"
