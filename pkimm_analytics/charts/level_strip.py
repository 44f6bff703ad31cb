"""
Level strip: five boxes, one for each level, filled as far as the score reaches.

The number of full boxes is the level, and the part of the next one is the progress
toward it. It is drawn as SVG, because it stands in the middle of text, follows each
click and goes into documents.
"""

from __future__ import annotations

import html

from pkimm_analytics.scoring import figure_text

_BOX, _GAP, _HEIGHT = 60, 4, 18
_WIDTH = 5 * _BOX + 4 * _GAP


def level_strip(
    score: float | None, level: int | None, *, level_name: str = "", of: str = ""
) -> str:
    """
    Draw a score as five boxes.

    Parameters
    ----------
    score : float, optional
        1 to 5; None draws five empty boxes with dashed borders.
    level : int, optional
        The score rounded down, as scoring decided it.
    level_name : str
        Name of the level in the edition.
    of : str
        What has the score, such as the name of a module.

    Returns
    -------
    str
        An ``svg`` element as wide as its place. It takes its color from
        ``currentColor`` and says in its label what it shows.

    Examples
    --------
    >>> 'aria-label="Governance: score 3.08 of 5, level 3 Advanced"' in level_strip(
    ...     3.0851, 3, level_name="Advanced", of="Governance"
    ... )
    True
    """
    boxes = "".join(_box(place, score) for place in range(5))
    label = html.escape(_label(score, level, level_name, of), quote=True)
    return (
        f'<svg class="pk-strip" role="img" aria-label="{label}" width="100%"'
        f' viewBox="-1 -1 {_WIDTH + 2} {_HEIGHT + 2}" xmlns="http://www.w3.org/2000/svg">{boxes}</svg>'
    )


def _label(score: float | None, level: int | None, level_name: str, of: str) -> str:
    start = f"{of}: " if of else ""
    if score is None:
        return f"{start}no score"
    return f"{start}score {figure_text(score)} of 5, level {level} {level_name}".rstrip()


def _box(place: int, score: float | None) -> str:
    x = place * (_BOX + _GAP)
    dash = ' stroke-dasharray="4 3"' if score is None else ""
    frame = (
        f'<rect x="{x}" y="0" width="{_BOX}" height="{_HEIGHT}" rx="3" fill="none"'
        f' stroke="currentColor" stroke-width="1.5"{dash}/>'
    )
    share = 0.0 if score is None else min(max(score - place, 0.0), 1.0)
    if share == 0:
        return frame
    return (
        f'<rect x="{x}" y="0" width="{share * _BOX:.4g}" height="{_HEIGHT}" rx="3"'
        f' fill="currentColor"/>{frame}'
    )
