"""
Diverging stacked bars: how answers on a scale lean, row by row.

Answers below the middle of the scale lie left of a common line and those above it
right, so that the eye compares where whole rows lean; the middle itself is split in
two halves. The name of a row stands above its bar, so that long names fit on a phone.

References
----------
R. M. Heiberger and N. B. Robbins, "Design of diverging stacked bar charts for Likert
scales and other applications", Journal of Statistical Software 57(5), 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    FONT,
    GRID,
    INK,
    LEGEND_ABOVE,
    Labels,
    figure_of,
    plain,
    row_text,
    rows_of,
    wrapped,
)

_ROW_HEIGHT = 46
_BAR_WIDTH = 0.42
_TEXT_ABOVE = _BAR_WIDTH / 2 + 0.02
_SMALLEST_LABELLED = 0.09
_NAME_WIDTHS: dict[Labels, int] = {"names": 60, "short": 22}  # characters
_FAR_LEFT, _LEFT, _MIDDLE = "#b84e00", "#f2b98a", "#d3d7dd"
_RIGHT, _FAR_RIGHT = "#93c4e6", "#005f96"
_LIGHT = "#ffffff"


def diverging_bars(
    table: pd.DataFrame,
    *,
    answers: Sequence[str],
    title: str,
    subtitle: str,
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw one bar for each row, split by the answers and centered on their middle.

    Parameters
    ----------
    table : DataFrame
        One row for each row of the chart and answer: ``name`` (of the row), ``answer``,
        ``n`` (count), ``share`` (0 to 1), and ``summary``, a short text that stands at
        the right of the row and is the same for all its answers. A row whose `share` is
        null everywhere is withheld: its track is hatched and it has no bar.
    answers : sequence of str
        Answers from one end of the scale to the other, as they stand in ``answer``. Of
        an odd number the one in the middle is split by the line.
    title, subtitle : str
        The subtitle says what is counted, and of how many.
    labels : {"names", "short"}
        Whole names, or cut ones that leave room for the summary on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
        Rows from top to bottom in their order in the table.
    """
    names = list(dict.fromkeys(table["name"]))
    shares = _shares(table, names, answers)
    counts = {(row.name, row.answer): row.n for row in rows_of(table)}
    shown = [place for place, row in enumerate(shares) if row is not None]
    starts = {place: _starts(shares[place] or []) for place in shown}
    reach = max([0.5, *(max(-s[0], s[-1]) for s in starts.values())])
    traces = [
        _bars_of(
            answer,
            column,
            [(place, names[place], starts[place][column], shares[place]) for place in shown],
            counts,
            len(answers),
        )
        for column, answer in enumerate(answers)
    ]
    summaries = dict(zip(table["name"], table["summary"], strict=True))
    bottom = max(len(names), 1) - 0.35
    width = _NAME_WIDTHS[labels]
    return figure_of(
        traces,
        title,
        subtitle,
        height=round(132 + _ROW_HEIGHT * (bottom + 0.6)),
        margin={"l": 10, "r": 10, "t": 124, "b": 8},
        barmode="overlay",
        legend=LEGEND_ABOVE | {"traceorder": "normal"},
        xaxis={
            "range": [-reach * 1.02, reach * 1.02],
            "visible": False,
        },
        yaxis={"range": [bottom, -0.6], "visible": False},
        shapes=[
            _line(bottom),
            *(_track(place, reach) for place, row in enumerate(shares) if row is None),
        ],
        annotations=[
            text
            for place, name in enumerate(names)
            for text in (
                row_text(place - _TEXT_ABOVE, -reach, wrapped(name, width, lines=1), "left"),
                row_text(place - _TEXT_ABOVE, reach, plain(summaries[name]), "right"),
            )
        ],
    )


def answer_colors(n: int) -> list[str]:
    """
    Colors of a scale of `n` answers: orange, gray in the middle, blue.

    Examples
    --------
    >>> answer_colors(3)
    ['#b84e00', '#d3d7dd', '#005f96']
    >>> len(set(answer_colors(4)))
    4
    """
    half = n // 2
    left = [_FAR_LEFT, *[_LEFT] * (half - 1)][:half]
    right = [*[_RIGHT] * (half - 1), _FAR_RIGHT][-half:] if half else []
    return [*left, *([_MIDDLE] if n % 2 else []), *right]


def _shares(
    table: pd.DataFrame, names: Sequence[str], answers: Sequence[str]
) -> list[list[float] | None]:
    """Shares of each row in the order of the answers, None for what is withheld."""
    found = {(row.name, row.answer): row.share for row in rows_of(table)}
    rows: list[list[float] | None] = []
    for name in names:
        row = [found.get((name, answer)) for answer in answers]
        known = [0.0 if share is None or pd.isna(share) else float(share) for share in row]
        rows.append(known if any(known) else None)
    return rows


def _starts(row: Sequence[float]) -> list[float]:
    """Where each part of a row begins, and at last where the row ends."""
    half = len(row) // 2
    middle = row[half] / 2 if len(row) % 2 else 0.0
    starts = [-sum(row[:half]) - middle]
    for share in row:
        starts.append(starts[-1] + share)
    return starts


def _bars_of(
    answer: str,
    column: int,
    rows: Sequence[tuple[int, str, float, Any]],
    counts: dict[tuple[str, str], Any],
    n_answers: int,
) -> go.Bar:
    color = answer_colors(n_answers)[column]
    ink = _LIGHT if color in {_FAR_LEFT, _FAR_RIGHT} else INK
    return go.Bar(
        orientation="h",
        y=[place for place, *_ in rows],
        x=[shares[column] for *_, shares in rows],
        base=[start for _, _, start, _ in rows],
        width=_BAR_WIDTH,
        marker={"color": color, "line": {"color": _LIGHT, "width": 1}},
        text=[_inside(shares[column]) for *_, shares in rows],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        textfont={**FONT, "size": 11, "color": ink},
        customdata=[
            (plain(name), str(counts.get((name, answer), 0)), f"{100 * shares[column]:.0f} %")
            for _, name, _, shares in rows
        ],
        hovertemplate=(
            f"<b>%{{customdata[0]}}</b><br>{plain(answer)}: "
            "%{customdata[1]} (%{customdata[2]})<extra></extra>"
        ),
        name=plain(answer),
    )


def _inside(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= _SMALLEST_LABELLED else ""


def _line(bottom: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "y0": -0.3,
        "y1": bottom,
        "line": {"color": INK, "width": 1, "dash": "dot"},
        "layer": "below",
        "name": "middle of the scale",
    }


def _track(place: int, reach: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": -reach,
        "x1": reach,
        "y0": place - _BAR_WIDTH / 2,
        "y1": place + _BAR_WIDTH / 2,
        "fillcolor": "rgba(128, 128, 128, 0.08)",
        "line": {"color": GRID, "width": 1, "dash": "dot"},
        "layer": "below",
        "name": "withheld",
    }
