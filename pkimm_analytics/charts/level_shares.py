"""
Level shares: what part of a peer group is at each level, a bar for each measure.

Figures stand inside the parts. The thin lines below a bar are the intervals of its four
borders, left to right: the border between two parts lies somewhere on its line. A bar
whose figures are withheld is a hatched track, which is no zero.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    GRID,
    INK,
    LEGEND_BELOW,
    LEVEL_COLORS,
    LEVEL_INK,
    LINE,
    MARKS,
    SHARES,
    Labels,
    figure_of,
    pointed_at,
    rows_of,
    short_names,
    wrapped,
)
from pkimm_analytics.model import LEVELS

_COLUMNS = [
    *("name", "is_published"),
    *(f"{kind}_{level}" for kind in ("level", "words") for level in LEVELS),
    *(f"level_{level}_qualifier" for level in LEVELS),
    *(f"at_least_{level}_{end}" for level in LEVELS[1:] for end in ("low", "high")),
]
_ROW = 38
_BAR = 0.56
_LEAST = {False: 0.055, True: 0.09}
"""Narrowest part that holds its figure, on a wide page and on a phone; the table has all."""


def level_shares(
    table: pd.DataFrame,
    *,
    title: str = "Levels",
    subtitle: str = "Share at each level; lines: 95 % intervals",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw a bar of level shares for each measure.

    Parameters
    ----------
    table : DataFrame
        One row for each bar, from top to bottom: ``name, is_published``; for levels 1 to
        5 ``level_L`` (share, 0 to 1), ``level_L_qualifier`` (``=``, ``<=`` or ``>=``) and
        ``words_L`` (what is shown when it is pointed at); for levels 2 to 5
        ``at_least_L_low, at_least_L_high`` (0 to 1).
    title, subtitle : str
    labels : {"names", "short"}
        Whole names, or their first words, which fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    rows = rows_of(table[_COLUMNS])
    shown = [(y, row) for y, row in enumerate(rows) if row.is_published]
    withheld = [y for y, row in enumerate(rows) if not row.is_published]
    is_short = labels == "short"
    names = [str(row.name) for row in rows]
    return figure_of(
        [
            *(_parts(level, shown, is_short=is_short) for level in LEVELS),
            _borders(shown, has_legend=not is_short),
            *([_tracks(withheld)] if withheld else []),  # an empty one takes time to draw
        ],
        title,
        subtitle,
        height=round(134 + _ROW * max(len(rows), 1)),
        margin={"l": 112 if is_short else 216, "r": 18, "t": 88, "b": 46},
        barmode="stack",
        showlegend=bool(shown),
        legend={
            **LEGEND_BELOW,
            "title": {"text": "Level" if is_short else ""},
            "entrywidth": 26 if is_short else 0,
            "traceorder": "normal",
            "font": {"size": 12},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        xaxis={
            "range": [0, 1],
            **SHARES,
            "tickfont": {"size": 11},
            "ticklabeloverflow": "allow",
            "side": "top",
        },
        yaxis=names_axis(names, labels),
    )


def names_axis(names: list[str], labels: Labels) -> dict[str, Any]:
    """Vertical axis with the names of the rows, first at the top."""
    shown = short_names(names) if labels == "short" else names
    return {
        "ticks": "",
        "tickvals": list(range(len(names))),
        "ticktext": [wrapped(n, 16 if labels == "short" else 32, lines=1) for n in shown],
        "tickfont": {"size": 11 if labels == "short" else 12},
        "ticklabeloverflow": "allow",  # it fits, and to find that out takes a while
        "range": [len(names) - 0.4, -0.6],
        "showgrid": False,
    }


def _parts(level: int, shown: list[tuple[int, Any]], *, is_short: bool) -> go.Bar:
    shares = [float(getattr(row, f"level_{level}")) for _, row in shown]
    unit = "" if is_short else " %"
    marks = [MARKS[getattr(row, f"level_{level}_qualifier")] for _, row in shown]
    return go.Bar(
        orientation="h",
        y=[y for y, _ in shown],
        x=shares,
        width=_BAR,
        marker={"color": LEVEL_COLORS[level - 1], "line": {"color": "#ffffff", "width": 1}},
        text=[
            f"{mark}{share * 100:.0f}{unit}" if share >= _LEAST[is_short] else ""
            for share, mark in zip(shares, marks, strict=True)
        ],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        textfont={"size": 11, "color": LEVEL_INK[level - 1]},
        hovertemplate=[pointed_at(getattr(row, f"words_{level}")) for _, row in shown],
        name=str(level) if is_short else f"Level {level}",
    )


def _borders(shown: list[tuple[int, Any]], *, has_legend: bool) -> go.Scatter:
    """Interval of each border between two parts: a line below the bar, one for each border."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, row in shown:
        for number, level in enumerate(LEVELS[1:]):
            low, high = (
                getattr(row, f"at_least_{level}_low"),
                getattr(row, f"at_least_{level}_high"),
            )
            if pd.isna(low) or pd.isna(high):
                continue
            height = place + _BAR / 2 + 0.06 + 0.045 * number
            x += [1 - float(high), 1 - float(low), None]
            y += [height, height, None]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": LINE, "width": 1.4},
        hoverinfo="skip",
        name="95 % interval of a border",
        showlegend=has_legend,
    )


def _tracks(withheld: list[int]) -> go.Bar:
    return go.Bar(
        orientation="h",
        y=withheld,
        x=[1] * len(withheld),
        width=_BAR,
        marker={
            "color": "rgba(128, 128, 128, 0.06)",
            "line": {"color": GRID, "width": 1},
            "pattern": {"shape": "/", "fgcolor": "#8a929d", "size": 6, "solidity": 0.2},
        },
        text=["withheld"] * len(withheld),
        textposition="inside",
        insidetextanchor="middle",
        textfont={"size": 11, "color": INK},
        hovertemplate="withheld<extra></extra>",
        name="withheld",
        showlegend=True,
    )
