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
    figure_of,
    names_axis,
    pointed_at,
)
from pkimm_analytics.model import LEVELS

_ROW = 38
_BAR = 0.56
_LEAST = 0.055
"""Narrowest part that holds its figure; the table has all."""


def level_shares(
    table: pd.DataFrame,
    *,
    title: str = "Levels",
    subtitle: str = "Share at each level; lines: 95% intervals",
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
    """
    places = table.reset_index(drop=True)
    is_shown = places["is_published"].astype(bool)
    shown, withheld = places[is_shown], [*places.index[~is_shown]]
    return figure_of(
        [
            *(_parts(level, shown) for level in LEVELS),
            _borders(shown),
            *([_tracks(withheld)] if withheld else []),
        ],
        title,
        subtitle,
        height=134 + _ROW * max(len(places), 1),
        margin={"l": 216, "r": 18, "t": 88, "b": 46},
        barmode="stack",
        showlegend=not shown.empty,
        legend={**LEGEND_BELOW, "traceorder": "normal", "itemclick": False},
        xaxis={"range": [0, 1], **SHARES, "tickfont": {"size": 11}, "side": "top"},
        yaxis=names_axis([*places["name"].astype(str)], 0.6),
    )


def _parts(level: int, shown: pd.DataFrame) -> go.Bar:
    shares, qualifiers = shown[f"level_{level}"], shown[f"level_{level}_qualifier"]
    return go.Bar(
        orientation="h",
        y=[*shown.index],
        x=[*map(float, shares)],
        width=_BAR,
        marker={"color": LEVEL_COLORS[level - 1], "line": {"color": "#ffffff", "width": 1}},
        text=[
            f"{MARKS[qualifier]}{share:.0%}" if share >= _LEAST else ""
            for share, qualifier in zip(shares, qualifiers, strict=True)
        ],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        textfont={"size": 11, "color": LEVEL_INK[level - 1]},
        hovertemplate=[*map(pointed_at, shown[f"words_{level}"])],
        name=f"Level {level}",
    )


def _borders(shown: pd.DataFrame) -> go.Scatter:
    """Interval of each border between two parts: a line below the bar, one for each border."""
    x: list[float | None] = []
    y: list[float | None] = []
    for number, level in enumerate(LEVELS[1:]):
        ends = shown[[f"at_least_{level}_high", f"at_least_{level}_low"]].dropna()
        height = _BAR / 2 + 0.06 + 0.045 * number
        for place, high, low in ends.itertuples():
            x += [1 - high, 1 - low, None]
            y += [place + height, place + height, None]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": LINE, "width": 1.4},
        hoverinfo="skip",
        name="95% interval of a border",
    )


def _tracks(withheld: list[Any]) -> go.Bar:
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
