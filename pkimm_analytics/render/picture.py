"""
A drawing as a PNG picture, for formats that show no SVG.

It is drawn without a browser and without a window, with the font that comes with the
library, so that the same drawing gives the same bytes with the same libraries.
"""

from __future__ import annotations

import io
from typing import Any

from pkimm_analytics.render.drawing import (
    PALETTE,
    Dot,
    Drawing,
    Line,
    Polygon,
    Rectangle,
    Shape,
    Words,
)

SHARPNESS = 3
"""Pixels for each unit of the drawing: 270 in an inch where it is printed as wide as a page."""
POINT = 72 / 96
"""Points in a unit; a unit is a pixel of a screen."""
ALIGNMENT = {"start": "left", "middle": "center", "end": "right"}


def png(drawing: Drawing) -> bytes:
    """Draw a picture."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context({"font.family": "DejaVu Sans", "text.usetex": False}):
        figure = Figure(figsize=(drawing.width / 96, drawing.height / 96), dpi=96 * SHARPNESS)
        FigureCanvasAgg(figure)
        axes: Any = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, drawing.width)
        axes.set_ylim(drawing.height, 0)
        for order, shape in enumerate(drawing.shapes):
            _add(axes, shape, order)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _add(axes: Any, shape: Shape, order: int) -> None:
    from matplotlib import patches

    match shape:
        case Line(points, color, width, is_dashed):
            xs, ys = zip(*points, strict=True)
            axes.plot(
                xs,
                ys,
                color=PALETTE[color],
                linewidth=width * POINT,
                linestyle="--" if is_dashed else "-",
                zorder=order,
            )
        case Polygon(points, color, width, opacity, is_dashed):
            style = "--" if is_dashed else "-"
            outline = patches.Polygon(
                points,
                fill=False,
                edgecolor=PALETTE[color],
                linewidth=width * POINT,
                linestyle=style,
            )
            axes.add_patch(outline).set_zorder(order)
            if opacity:
                fill = patches.Polygon(points, facecolor=PALETTE[color], alpha=opacity, linewidth=0)
                axes.add_patch(fill).set_zorder(order)
        case Rectangle(corner, (width, height), color, is_hatched):
            look: dict[str, Any] = {"facecolor": PALETTE[color], "linewidth": 0}
            if is_hatched:
                look = {"fill": False, "edgecolor": PALETTE[color], "hatch": "////", "linewidth": 0}
            inside = patches.Rectangle(corner, width, height, **look)
            axes.add_patch(inside).set_zorder(order)
        case Dot(center, radius, color):
            circle = patches.Circle(center, radius, color=PALETTE[color])
            axes.add_patch(circle).set_zorder(order)
        case Words((x, y), text, anchor, color, is_bold, size):
            axes.text(
                x,
                y,
                text,
                color=PALETTE[color],
                fontsize=size * POINT,
                fontweight="bold" if is_bold else "normal",
                ha=ALIGNMENT[anchor],
                va="baseline",
                zorder=order,
                parse_math=False,  # a dollar sign in a name is a dollar sign
            )
