"""
How charts look: colors, fonts and texts that mean only what they say.

Colors are those of Okabe and Ito, which people with any kind of color vision tell
apart; shapes and dashes say the same once more. Plotly reads a subset of HTML and of
TeX in every text, so each text of a user is escaped first.

References
----------
M. Okabe and K. Ito, "Color Universal Design", 2008.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

BLUE = "#0072b2"
INK, SOFT, GRID = "#1b2027", "#4b5563", "#c9ced6"
LINE = "#7b8794"
"""Color of thin lines that a light and a dark page both show."""

LEVEL_COLORS = ("#f3e3a1", "#a3d5ab", "#52b3b8", "#2a72a8", "#2b3a8c")
"""Colors of levels 1 to 5: each darker than the one before, so that grey tells them apart too."""
LEVEL_INK = (INK, INK, INK, "#ffffff", "#ffffff")
"""Color of a text on each of them; at least 4.5 to 1."""
MARKS = {"=": "", "<=": "≤", ">=": "≥"}
"""What stands before a share that was cut off, by its qualifier."""

_AXIS = {"gridcolor": GRID, "zeroline": False, "fixedrange": True}
SHARES = {"tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"}
"""Ticks of an axis of shares."""
LEGEND_BELOW = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 0,
    "yref": "container",
    "yanchor": "bottom",
}

FONT = {
    "family": "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
    "color": INK,
    "size": 12,
}


def plain(text: object) -> str:
    """
    Escape a text for plotly: no tag, link, formula or placeholder in it has an effect.

    Examples
    --------
    >>> plain("<b>AT&T</b>")
    '&lt;b&gt;AT&amp;T&lt;/b&gt;'
    """
    escaped = html.escape(str(text), quote=False)
    return escaped.replace("$", "&#36;").replace("%{", "&#37;{")


def wrapped(text: object, width: int, *, lines: int = 3) -> str:
    """
    Break a text into lines of about `width` characters and escape each.

    What does not fit into `lines` ends with an ellipsis.
    """
    parts = textwrap.wrap(
        str(text), width, max_lines=lines, placeholder=" …", break_on_hyphens=False
    )
    return "<br>".join(plain(part) for part in parts)


def pointed_at(words: object) -> str:
    """Template for what is shown when a mark is pointed at: these words and nothing else."""
    return f"{wrapped(words, 46, lines=5)}<extra></extra>"


def names_axis(names: Sequence[str], edge: float) -> dict[str, Any]:
    """Vertical axis with the names of the rows, first at the top, and room beyond the last."""
    return {
        "ticks": "",
        "tickvals": list(range(len(names))),
        "ticktext": [wrapped(name, 32, lines=1) for name in names],
        "range": [len(names) - 1 + edge, -edge],
        "showgrid": False,
    }


def figure_of(traces: Sequence[Any], title: str, subtitle: str, **layout: Any) -> go.Figure:
    """Return a figure with what all charts have in common, and the `layout` of one."""
    axes = {name: _AXIS | layout[name] for name in ("xaxis", "yaxis") if name in layout}
    # Plotly's own template is larger than our charts, so there is an empty one.
    whole = _common_layout(title, subtitle) | layout | axes | {"template": {}}
    return go.Figure(list(traces), layout=whole)


def _common_layout(title: str, subtitle: str) -> dict[str, Any]:
    return {
        "autosize": True,
        "font": FONT,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "hoverlabel": {"font": {**FONT, "color": "#ffffff"}, "bgcolor": INK, "align": "left"},
        "dragmode": False,
        "title": {
            "text": plain(title),
            "font": {**FONT, "size": 16},
            "subtitle": {"text": wrapped(subtitle, 50, lines=2), "font": {**FONT, "size": 12}},
            "automargin": False,
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 8, "t": 8},
        },
    }
