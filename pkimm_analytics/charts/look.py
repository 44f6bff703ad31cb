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

import functools
import html
import textwrap
from collections import namedtuple
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
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


Labels = Literal["names", "short"]
"""Whole names need a chart that is 560 pixels wide or more; short ones fit on a phone."""

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

    A word is broken if it is longer than two lines. What does not fit into `lines` ends
    with an ellipsis.
    """
    words = str(text).split()
    parts = _filled(words, width)
    longest = max(map(len, words), default=0)
    if longest > width or len(parts) > lines:  # the library knows how, and takes ten times as long
        parts = textwrap.wrap(
            " ".join(words),
            width,
            max_lines=lines,
            placeholder=" …",
            break_on_hyphens=False,
            break_long_words=longest > 2 * width,
        )
    return "<br>".join(plain(part) for part in parts)


def _filled(words: Sequence[str], width: int) -> list[str]:
    """Lines of whole words, as many in each as fit."""
    parts: list[str] = []
    for word in words:
        if parts and len(parts[-1]) + 1 + len(word) <= width:
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    return parts


def pointed_at(words: object) -> str:
    """Template for what is shown when a mark is pointed at: these words and nothing else."""
    return f"{wrapped(words, 46, lines=5)}<extra></extra>"


def short_names(names: Sequence[str]) -> list[str]:
    """
    Shorten names to their first word, or two where one is short or not enough.

    Examples
    --------
    >>> short_names(["Key management", "Change management and agility", "Change control"])
    ['Key management', 'Change management', 'Change control']
    """
    first = [_words(name, 1) for name in names]
    return [
        word if len(word) > 3 and first.count(word) == 1 else _words(name, 2)
        for word, name in zip(first, names, strict=True)
    ]


def _words(name: str, n: int) -> str:
    return " ".join(name.split()[:n])


def rows_of(table: pd.DataFrame) -> list[Any]:
    """Rows of a table, with the columns as attributes; faster than pandas' own for wide tables."""
    row = _row_of(tuple(str(name) for name in table.columns))
    return [row._make(values) for values in table.to_numpy(dtype=object).tolist()]


@functools.lru_cache(maxsize=64)
def _row_of(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)


def figure_of(traces: Sequence[Any], title: str, subtitle: str, **layout: Any) -> go.Figure:
    """Return a figure with what all charts have in common, and the `layout` of one."""
    # Plotly's own template is larger than our charts, so there is an empty one. Traces were
    # checked when they were made, and the tests check every layout; to do so for each
    # drawing would take longer than everything else.
    axes = {name: _AXIS | layout[name] for name in ("xaxis", "yaxis") if name in layout}
    whole = _common_layout(title, subtitle) | layout | axes | {"template": {}}
    return go.Figure(list(traces), layout=whole, _validate=False)


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
