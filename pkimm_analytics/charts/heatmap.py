"""
Heatmap: the scores of all categories over time.

Every cell holds its figure, so that no color has to be read. What has no score has no
color: an unanswered category stays blank, the others say why. A cell whose edition asked
something else than the newest one is hatched, or marked as comparable with care.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    GRID,
    INK,
    SOFT,
    Labels,
    figure_of,
    plain,
    rows_of,
    short_names,
    wrapped,
)
from pkimm_analytics.scoring import figure_text

SCALE = [[0, "#f7fbff"], [0.25, "#deebf7"], [0.5, "#c6dbef"], [0.75, "#9ecae1"], [1, "#6baed6"]]
"""One hue from light to less light, on which dark text can be read everywhere."""
MARKS = {"yes": "", "with care": " ≈", "no": " ≠"}
WORDS = {"unanswered": "", "not applicable": "n/a", "not in this edition": "–"}
_ROW = 27


def heatmap(
    table: pd.DataFrame,
    *,
    title: str = "Categories over time",
    subtitle: str = "Score, 1 to 5. ≈ compares with care, ≠ not with the newest edition",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a cell for each category and assessment.

    Parameters
    ----------
    table : DataFrame
        As :func:`.timeline.category_timeline` returns it: ``place, date, edition, key,
        name, state, score, comparable``.
    title, subtitle : str
    labels : {"names", "short"}
        Whole names of the categories, or their first words, which fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    keys = list(dict.fromkeys(table["key"]))
    rows = {(row.key, row.place): row for row in rows_of(table)}
    places = sorted(set(table["place"]))
    grid = [[rows[key, place] for place in places] for key in keys]
    names = [str(line[0].name) for line in grid]
    shown = short_names(names) if labels == "short" else names
    width = 16 if labels == "short" else 32
    return figure_of(
        [_cells(grid)],
        title,
        subtitle,
        height=round(128 + _ROW * max(len(keys), 1)),
        margin={"l": 108 if labels == "short" else 206, "r": 10, "t": 112, "b": 12},
        xaxis={
            "ticks": "",
            "tickvals": list(range(len(places))),
            "ticktext": [_heading(line) for line in (grid[0] if grid else [])],
            "tickfont": {"size": 11},
            "tickangle": 0,
            "side": "top",
            "showgrid": False,
            "range": [-0.5, len(places) - 0.5],
        },
        yaxis={
            "ticks": "",
            "tickvals": list(range(len(keys))),
            "ticktext": [wrapped(name, width, lines=1) for name in shown],
            "tickfont": {"size": 11},
            "range": [len(keys) - 0.5, -0.5],
            "showgrid": False,
        },
        annotations=_states(grid),
        shapes=_marks(grid),
    )


def _heading(row: Any) -> str:
    version = row.edition.removeprefix("PKIMM ").split(" (")[0]
    return f"{plain(row.date[:7])}<br>{plain(version)}"


def _cells(grid: list[list[Any]]) -> go.Heatmap:
    return go.Heatmap(
        z=[[None if pd.isna(row.score) else float(row.score) for row in line] for line in grid],
        text=[
            [
                "" if pd.isna(row.score) else figure_text(row.score, 1) + MARKS[row.comparable]
                for row in line
            ]
            for line in grid
        ],
        texttemplate="%{text}",
        textfont={"size": 12, "color": INK},
        customdata=[
            [(plain(row.name), plain(f"{row.date}, {row.edition}"), _detail(row)) for row in line]
            for line in grid
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        hoverongaps=True,
        zmin=1,
        zmax=5,
        colorscale=SCALE,
        showscale=False,
        xgap=2,
        ygap=2,
    )


def _detail(row: Any) -> str:
    figure = plain(row.state) if pd.isna(row.score) else f"Score {figure_text(row.score)}"
    return f"{figure}<br>{wrapped(row.note, 50)}" if row.note else figure


def _states(grid: list[list[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "x": x,
            "y": y,
            "text": f"<i>{plain(WORDS[row.state])}</i>",
            "showarrow": False,
            "font": {"size": 11, "color": SOFT},
        }
        for y, line in enumerate(grid)
        for x, row in enumerate(line)
        if pd.isna(row.score) and WORDS.get(row.state)
    ]


def _marks(grid: list[list[Any]]) -> list[dict[str, Any]]:
    """Frame the blank cells, and hatch what does not compare."""
    shapes: list[dict[str, Any]] = []
    for y, line in enumerate(grid):
        for x, row in enumerate(line):
            box = {"x0": x - 0.47, "x1": x + 0.47, "y0": y - 0.44, "y1": y + 0.44}
            if pd.isna(row.score):
                line_ = {"color": GRID, "width": 1, "dash": "dot"}
                shapes.append({"type": "rect", **box, "line": line_, "layer": "below"})
            elif row.comparable == "no":
                shapes += [_hatch(x, y, shift) for shift in (0.0, 0.07, 0.14)]
    return shapes


def _hatch(x: int, y: int, shift: float) -> dict[str, Any]:
    """One stroke at the left of a cell, beside its figure."""
    return {
        "type": "line",
        "x0": x - 0.46 + shift,
        "x1": x - 0.38 + shift,
        "y0": y + 0.42,
        "y1": y - 0.42,
        "line": {"color": INK, "width": 1},
    }
