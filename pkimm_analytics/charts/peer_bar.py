"""
Peer bar: the level shares of a peer group as a small picture, with one level marked.

It stands in the cell of a table, so that a reader sees the own level among the peers
beside the words that say it. It is SVG, and no data of a chart library.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from pkimm_analytics.charts.look import LEVEL_COLORS, MINE

_WIDTH, _HEIGHT, _TOP = 200, 14, 7
_MARK = 6


def peer_bar(shares: Sequence[float] | None, level: int | None, *, label: str) -> str:
    """
    Draw shares side by side, and a mark over the part of one level.

    Parameters
    ----------
    shares : sequence of float, length 5, optional
        Share at each level, 0 to 1. None draws an empty track.
    level : int, optional
        Level to mark, 1 to 5.
    label : str
        What the picture says, for those who do not see it.

    Returns
    -------
    str
        An ``svg`` element.

    Examples
    --------
    >>> 'aria-label="Level 3"' in peer_bar([0.1, 0.2, 0.4, 0.2, 0.1], 3, label="Level 3")
    True
    """
    parts = _empty() if shares is None else _parts(shares)
    mark = "" if shares is None or level is None else _mark(shares, level)
    return (
        f'<svg class="pk-peer-bar" role="img" aria-label="{html.escape(label, quote=True)}"'
        f' viewBox="-7 0 {_WIDTH + 14} {_TOP * 2 + _HEIGHT}" xmlns="http://www.w3.org/2000/svg">'
        f"{parts}{mark}</svg>"
    )


def _parts(shares: Sequence[float]) -> str:
    x, parts = 0.0, []
    for share, color in zip(shares, LEVEL_COLORS, strict=True):
        width = share * _WIDTH
        parts.append(
            f'<rect x="{x:.4g}" y="{_TOP}" width="{width:.4g}" height="{_HEIGHT}"'
            f' fill="{color}" stroke="#ffffff" stroke-width="0.8"/>'
        )
        x += width
    return "".join(parts)


def _empty() -> str:
    return (
        f'<rect x="0" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}" fill="none"'
        ' stroke="currentColor" stroke-dasharray="4 3"/>'
    )


def _mark(shares: Sequence[float], level: int) -> str:
    """Diamond over the middle of the part of a level; over its border if nobody is there."""
    x = _WIDTH * (sum(shares[: level - 1]) + shares[level - 1] / 2)
    y = _TOP + _HEIGHT / 2
    points = f"{x},{y - 2 * _MARK} {x + _MARK},{y} {x},{y + 2 * _MARK} {x - _MARK},{y}"
    return f'<polygon points="{points}" fill="{MINE}" stroke="#ffffff" stroke-width="1.5"/>'
