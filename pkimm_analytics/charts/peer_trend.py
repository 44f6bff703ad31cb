"""
Peer trend: how the shares at a level or above moved from release to release.

A point stands at the quarter that it was computed for, not at the release that repeats
it, and is open where the share was cut off. One level is drawn strongly with its
interval, the others thin beside it.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import BLUE, LEGEND_BELOW, LINE, SHARES, figure_of, pointed_at

_SYMBOLS = {2: "triangle-up", 3: "circle", 4: "square", 5: "diamond"}
_DASHES = {2: "dot", 3: "solid", 4: "dash", 5: "dashdot"}


def peer_trend(
    table: pd.DataFrame,
    *,
    level: int = 3,
    title: str = "Over time",
    subtitle: str = "Share at a level or above; shaded: 95% interval; open: cut off",
) -> go.Figure:
    """
    Draw a line for each level.

    Parameters
    ----------
    table : DataFrame
        One row for each quarter and level, oldest first: ``as_of, level`` (2 to 5),
        ``share, low, high`` (0 to 1), ``qualifier`` (``=``, ``<=`` or ``>=``) and ``words``.
    level : int
        Level to draw strongly.
    title, subtitle : str
    """
    quarters = [*table["as_of"].unique()]
    placed = table.assign(x=table["as_of"].map({q: x for x, q in enumerate(quarters)}))
    strong = placed[placed["level"] == level]
    lines = [
        _line(one, placed[placed["level"] == one], is_strong=one == level)
        for one in sorted({*map(int, placed["level"])})
    ]
    return figure_of(
        [*([] if strong.empty else [_area(strong)]), *lines],
        title,
        subtitle,
        height=380,
        margin={"l": 50, "r": 18, "t": 84, "b": 84},
        legend=LEGEND_BELOW,
        xaxis={
            "range": [-0.4, max(len(quarters) - 0.6, 0.4)],
            "tickvals": list(range(len(quarters))),
            "ticktext": quarters,
            "showgrid": False,
        },
        yaxis={"range": [0, 1.04], **SHARES},
    )


def _line(level: int, rows: pd.DataFrame, *, is_strong: bool) -> go.Scatter:
    color, symbol = BLUE if is_strong else LINE, _SYMBOLS[level]
    return go.Scatter(
        x=[*rows["x"]],
        y=[*rows["share"]],
        mode="lines+markers",
        line={"color": color, "width": 3 if is_strong else 1.3, "dash": _DASHES[level]},
        marker={
            "symbol": [symbol if sign == "=" else f"{symbol}-open" for sign in rows["qualifier"]],
            "size": 11 if is_strong else 8,
            "color": color,
        },
        hovertemplate=[*map(pointed_at, rows["words"])],
        name=f"level {level} or above" if level < 5 else "level 5",
    )


def _area(rows: pd.DataFrame) -> go.Scatter:
    if len(rows) == 1:  # an area needs a width
        rows = pd.concat([rows.assign(x=rows["x"] - 0.08), rows.assign(x=rows["x"] + 0.08)])
    return go.Scatter(
        x=[*rows["x"], *rows["x"][::-1]],
        y=[*rows["high"], *rows["low"][::-1]],
        mode="lines",
        fill="toself",
        fillcolor="rgba(0, 114, 178, 0.16)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
