"""
Timeline: the overall score of each use case over time.

The mark says how the answers came about and the number beside it which edition was
answered. A line is dotted where the edition changed, because the two ends were not
asked the same. The band of a peer group is drawn behind, if one is given.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import SERIES, SOFT, figure_of, plain, rows_of, wrapped
from pkimm_analytics.scoring import figure_text

SYMBOLS = {
    "self-assessed": "circle",
    "formal": "square",
    "third party": "diamond",
    "": "circle-open",
}
"""Mark of each assurance."""
_HOVER = (
    "<b>%{customdata[0]}</b><br>%{customdata[1]}: score %{customdata[2]}<br>"
    "%{customdata[3]}<br>%{customdata[4]}<extra></extra>"
)


def timeline(
    table: pd.DataFrame,
    *,
    cohort: pd.DataFrame | None = None,
    title: str = "Overall score over time",
    subtitle: str = "Score, 1 to 5; dotted where the edition changed",
) -> go.Figure:
    """
    Draw scores over time.

    Parameters
    ----------
    table : DataFrame
        As :func:`.timeline.timeline_table` returns it: ``use_case, date, edition,
        assurance, score``. Several of them are concatenated, one line each.
    cohort : DataFrame, optional
        As :func:`.trend.cohort_trend` returns it: ``date, n, median, p25, p75``.
    title, subtitle : str

    Returns
    -------
    plotly.graph_objects.Figure
        Assessments without a date or a score have no point.
    """
    traces: list[Any] = [] if cohort is None else _band(cohort)
    shown = table[table["score"].notna() & table["date"].notna()]
    groups = list(shown.groupby("use_case", sort=False))
    for place, (name, rows) in enumerate(groups):
        traces += _line(str(name) or "Unnamed use case", rows_of(rows), place)
    traces += _legend(shown)
    return figure_of(
        traces,
        title,
        subtitle,
        height=400,
        margin={"l": 34, "r": 24, "t": 72, "b": 96},
        legend={"orientation": "h", "x": 0, "y": -0.14, "xanchor": "left", "yanchor": "top"},
        xaxis=_dates(list(shown["date"])),
        yaxis={
            "range": [0.9, 5.1],
            "tickvals": [1, 2, 3, 4, 5],
        },
    )


def _dates(days: list[str]) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "type": "date",
        "nticks": 5,
        "tickformat": "%Y-%m",
        "hoverformat": "%Y-%m-%d",
    }
    if len(set(days)) == 1:  # one day alone would be drawn as a millisecond
        day = pd.Timestamp(days[0])
        axis["range"] = [str(day - pd.Timedelta(days=180)), str(day + pd.Timedelta(days=180))]
        axis |= {"tickvals": [days[0]], "tickformat": "%Y-%m-%d"}
    return axis


def _line(name: str, rows: list[Any], place: int) -> list[Any]:
    look = SERIES[place % len(SERIES)]
    traces: list[Any] = [
        go.Scatter(
            x=[one.date, other.date],
            y=[float(one.score), float(other.score)],
            mode="lines",
            line={
                "color": look["color"],
                "width": 2,
                "dash": "solid" if one.edition == other.edition else "dot",
            },
            hoverinfo="skip",
            showlegend=False,
        )
        for one, other in pairwise(rows)
    ]
    points = go.Scatter(
        x=[row.date for row in rows],
        y=[float(row.score) for row in rows],
        mode="markers+text",
        text=[_version(row.edition) for row in rows],
        textposition="top center",
        textfont={"size": 11, "color": SOFT},
        marker={
            "color": look["color"],
            "size": 11,
            "symbol": [SYMBOLS.get(row.assurance, "circle-open") for row in rows],
            "line": {"color": "#ffffff", "width": 1},
        },
        customdata=[
            (
                plain(name),
                plain(row.date),
                figure_text(row.score),
                plain(row.edition),
                plain(row.assurance or "assurance not stated"),
            )
            for row in rows
        ],
        hovertemplate=_HOVER,
        name=wrapped(name, 40, lines=1),
        cliponaxis=False,
    )
    return [*traces, points]


def _version(edition: str) -> str:
    """Short name of an edition: its version."""
    return plain(edition.removeprefix("PKIMM ").split(" (")[0])


def _legend(table: pd.DataFrame) -> list[Any]:
    """One entry for each assurance that occurs, so that its mark is explained."""
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": symbol, "size": 10, "color": "#8a929d"},
            name=name or "assurance not stated",
        )
        for name, symbol in SYMBOLS.items()
        if (table["assurance"] == name).any()
    ]


def _band(cohort: pd.DataFrame) -> list[Any]:
    """Quartiles and median of the peer group; nothing where they are withheld."""
    rows = [row for row in rows_of(cohort) if pd.notna(row.median)]
    spread = [row for row in rows if pd.notna(row.p25) and pd.notna(row.p75)]
    traces: list[Any] = []
    if spread:
        days = [row.date for row in spread]
        outline = [float(row.p25) for row in spread] + [float(row.p75) for row in spread[::-1]]
        traces.append(
            go.Scatter(
                x=days + days[::-1],
                y=outline,
                fill="toself",
                fillcolor="rgba(128, 128, 128, 0.2)",
                line={"color": "rgba(128, 128, 128, 0.6)", "width": 1},
                hoverinfo="skip",
                name="peers, middle half",
            )
        )
    if rows:
        traces.append(
            go.Scatter(
                x=[row.date for row in rows],
                y=[float(row.median) for row in rows],
                mode="lines+markers",
                line={"color": "#8a929d", "dash": "dash", "width": 2},
                marker={"symbol": "line-ew-open", "size": 12, "color": "#8a929d"},
                customdata=[(plain(row.n), plain(row.as_of)) for row in rows],
                hovertemplate=(
                    "Peers: median level %{y}<br>%{customdata[0]} organizations,"
                    " as of %{customdata[1]}<extra></extra>"
                ),
                name="peers, median level",
            )
        )
    return traces
