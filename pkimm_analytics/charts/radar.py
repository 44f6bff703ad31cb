"""
Radar chart: the scores of all categories at a glance, one line for each assessment.

A category without a score has an axis with its name and state, and no point; the
line is broken there.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pkimm_analytics.charts.look import (
    GRID,
    SERIES,
    SOFT,
    Labels,
    figure_of,
    plain,
    rows_of,
    short_names,
    wrapped,
)
from pkimm_analytics.scoring import figure_text

_HOVER = "<b>%{customdata[0]}</b><br>Score %{customdata[1]}, level %{customdata[2]}<extra></extra>"


def radar(
    table: pd.DataFrame,
    *,
    title: str = "Scores of the categories",
    subtitle: str = "Score, 1 to 5",
    labels: Labels = "names",
) -> go.Figure:
    """
    Draw the scores of all categories around a circle.

    Parameters
    ----------
    table : DataFrame
        One row for each assessment and category, as :func:`.overview.category_table`
        returns it: ``assessment, key, name, state, score, level, level_name``. Several
        of them are concatenated; all must have the same categories.
    title, subtitle : str
        The subtitle names unit and edition.
    labels : {"names", "short"}
        Whole names of the categories, or their first words, which fit on a phone.

    Returns
    -------
    plotly.graph_objects.Figure
        A category without a score has no point.
    """
    axes = table.drop_duplicates("key")
    angles = [360 * place / max(len(axes), 1) for place in range(len(axes))]
    by_key = dict(zip(axes["key"], angles, strict=True))
    groups = list(table.groupby("assessment", sort=False))
    alone = len(groups) == 1
    traces = [
        _trace(str(label), rows, by_key, place, is_filled=alone)
        for place, (label, rows) in enumerate(groups)
    ]
    side = 96 if labels == "names" else 84
    return figure_of(
        traces,
        title,
        subtitle,
        height=510 if labels == "names" else 390,
        showlegend=not alone,
        legend={"orientation": "h", "x": 0, "y": -0.12, "xanchor": "left", "yanchor": "top"},
        margin={"l": side, "r": side, "t": 92, "b": 44},
        polar={
            "bgcolor": "rgba(0, 0, 0, 0)",
            "angularaxis": {
                "rotation": 90,
                "direction": "clockwise",
                "ticks": "",
                "tickmode": "array",
                "tickvals": angles,
                "ticktext": _axis_texts(axes, labels, alone=alone),
                "tickfont": {"size": 11},
                "gridcolor": GRID,
                "linecolor": GRID,
            },
            "radialaxis": {
                "ticks": "",
                "range": [0, 5],
                "tickvals": [1, 2, 3, 4, 5],
                "tickfont": {"size": 11, "color": SOFT},
                "angle": 90 - 180 / max(len(axes), 1),  # between two categories
                "tickangle": 90 - 180 / max(len(axes), 1),
                "gridcolor": GRID,
                "linecolor": GRID,
            },
        },
    )


def _axis_texts(axes: pd.DataFrame, labels: Labels, *, alone: bool) -> list[str]:
    """Names of the categories; the state too, if there is one assessment and it has no score."""
    names = [str(name) for name in axes["name"]]
    shown = short_names(names) if labels == "short" else names
    texts = [wrapped(name, 13) for name in shown]
    if not alone:
        return texts
    return [
        text if state == "rated" else f"{text}<br><i>{_state_text(state, labels)}</i>"
        for text, state in zip(texts, axes["state"], strict=True)
    ]


def _state_text(state: str, labels: Labels) -> str:
    return "n/a" if labels == "short" and state == "not applicable" else plain(state)


def _trace(
    label: str, rows: pd.DataFrame, by_key: dict[str, float], place: int, *, is_filled: bool
) -> go.Scatterpolar:
    look = SERIES[place % len(SERIES)]
    points: list[tuple[Any, ...]] = [
        (
            by_key[row.key],
            float(row.score) if row.state == "rated" else None,
            (plain(row.name), figure_text(row.score), f"{row.level} {plain(row.level_name)}"),
        )
        for row in rows_of(rows)
    ]
    complete = all(score is not None for _, score, _ in points)
    points += points[:1]  # closes the line
    return go.Scatterpolar(
        theta=[angle for angle, _, _ in points],
        r=[score for _, score, _ in points],
        customdata=[texts for _, _, texts in points],
        hovertemplate=_HOVER,
        mode="lines+markers",
        connectgaps=False,
        fill="toself" if complete and is_filled else "none",
        fillcolor="rgba(0, 114, 178, 0.15)",
        line={"color": look["color"], "dash": look["dash"], "width": 2},
        marker={"color": look["color"], "symbol": look["symbol"], "size": 7},
        name=wrapped(label, 40, lines=2),
        cliponaxis=False,
    )
