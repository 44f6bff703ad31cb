"""
Bars: score, level and coverage of each category, module by module.

The name of a category stands above its bar, so that long names fit on a phone. A
category without a score has an empty track, hatched and labelled with its state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    GRID,
    MODULE_COLORS,
    Labels,
    figure_of,
    plain,
    row_text,
    rows_of,
    wrapped,
)
from pkimm_analytics.overview import percent_text
from pkimm_analytics.scoring import figure_text

_BLUE = MODULE_COLORS["G"]
_ROW_HEIGHT = 44
_HOVER = (
    "<b>%{customdata[0]}</b><br>Score %{customdata[1]}, level %{customdata[2]}<br>"
    "%{customdata[3]} answered, weight %{customdata[4]}<extra></extra>"
)
_BAR_WIDTH = 0.32
_STATE_PATTERNS = {"not applicable": "/", "unanswered": "."}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the chart from top to bottom: a module's heading or a category."""

    place: float
    heading: str = ""
    row: Any = None


def bars(
    table: pd.DataFrame,
    *,
    level_names: Sequence[str],
    title: str = "Scores by module",
    subtitle: str = "Score, 1 to 5; shaded bands are levels",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a bar for each category, grouped by module.

    Parameters
    ----------
    table : DataFrame
        One assessment, as :func:`.overview.category_table` returns it: ``name, module,
        module_name, weight, state, score, level, level_name, coverage``.
    level_names : sequence of str
        Names of levels 1 to 5 in the edition.
    title, subtitle : str
        The subtitle names unit and edition.
    labels : {"names", "short"}
        Names of the levels side by side, or every second one higher, as on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
        A category without a score has a hatched track and no bar.
    """
    lines = _lines(table)
    rated = [line for line in lines if line.row is not None and line.row.state == "rated"]
    empty = [line for line in lines if line.row is not None and line.row.state != "rated"]
    traces = [_bars_of(rated), *(_tracks_of(empty, state) for state in _STATE_PATTERNS)]
    bottom = lines[-1].place + 0.4 if lines else 1
    return figure_of(
        traces,
        title,
        subtitle,
        height=round(104 + _ROW_HEIGHT * (bottom + 0.2)),
        margin={"l": 10, "r": 30, "t": 96, "b": 8},
        showlegend=False,
        barmode="overlay",
        xaxis={
            "range": [0, 5],
            "tickvals": [1, 2, 3, 4, 5],
            "ticktext": _level_texts(level_names, labels),
            "tickfont": {"size": 10},
            "tickangle": 0,
            "side": "top",
            "ticklabeloverflow": "allow",
        },
        yaxis={"range": [bottom, -0.2], "visible": False},
        shapes=[_band(level) for level in (1, 3)],
        annotations=[text for line in lines for text in _texts(line)],
    )


def _level_texts(names: Sequence[str], labels: Labels) -> list[str]:
    raised = "<br>\u00a0" if labels == "short" else ""
    return [
        f"{n}<br>{plain(name)}" + (raised if n % 2 == 0 else "") for n, name in enumerate(names, 1)
    ]


def _lines(table: pd.DataFrame) -> list[_Line]:
    lines: list[_Line] = []
    place = 0.0
    module = None
    for row in rows_of(table):
        if row.module != module:
            place -= 0.15 if lines else 0
            lines.append(_Line(place, heading=str(row.module_name)))
            module = row.module
            place += 1.05
        lines.append(_Line(place, row=row))
        place += 1
    return lines


def _bars_of(lines: Sequence[_Line]) -> go.Bar:
    return go.Bar(
        orientation="h",
        y=[line.place for line in lines],
        x=[float(line.row.score) for line in lines],
        width=_BAR_WIDTH,
        marker={"color": [MODULE_COLORS.get(line.row.module, _BLUE) for line in lines]},
        customdata=[
            (
                plain(line.row.name),
                figure_text(line.row.score),
                f"{line.row.level} {plain(line.row.level_name)}",
                percent_text(line.row.coverage),
                str(line.row.weight),
            )
            for line in lines
        ],
        hovertemplate=_HOVER,
        name="rated",
    )


def _tracks_of(lines: Sequence[_Line], state: str) -> go.Bar:
    """Empty tracks of a state: hatched from end to end, so that none looks like a value."""
    found = [line for line in lines if line.row.state == state]
    return go.Bar(
        orientation="h",
        y=[line.place for line in found],
        x=[5] * len(found),
        width=_BAR_WIDTH,
        marker={
            "color": "rgba(128, 128, 128, 0.08)",
            "line": {"color": GRID, "width": 1},
            "pattern": {
                "shape": _STATE_PATTERNS[state],
                "fgcolor": "#8a929d",
                "size": 6,
                "solidity": 0.25,
            },
        },
        customdata=[(plain(line.row.name), state) for line in found],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        name=state,
    )


def _texts(line: _Line) -> list[dict[str, Any]]:
    """Name at the left and figure at the right, above the bar."""
    if line.row is None:
        return [row_text(line.place + 0.38, 0, f"<b>{plain(line.heading)}</b>", "left", 14)]
    return [
        row_text(line.place - 0.16, 0, wrapped(line.row.name, 34, lines=1), "left"),
        row_text(line.place - 0.16, 5, _figure(line.row), "right"),
    ]


def _figure(row: Any) -> str:
    if row.state != "rated":
        return f"<i>{plain(row.state)}</i>"
    answered = "" if row.coverage >= 1 else f" <i>({percent_text(row.coverage)} answered)</i>"
    return f"<b>{figure_text(row.score)}</b>{answered}"


def _band(level: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": level,
        "x1": level + 1,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": "rgba(128, 128, 128, 0.10)",
        "line": {"width": 0},
        "layer": "below",
        "name": f"level {level}",
    }
