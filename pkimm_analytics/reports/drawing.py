"""
Charts of the reports as shapes, which SVG and pictures are made of.

One color carries the value and words carry the state, so that nothing depends on
telling colors apart. A category without a score has no bar and no point; its state is
written in its place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from pkimm_analytics.reports.blocks import Bar, Chart

INK, MUTED, GRID, FILL, BAND = "#1a1a1a", "#595959", "#c8c8c8", "#0072b2", "#d9d9d9"
BAR_HEIGHT, LABEL_WIDTH, SCALE_WIDTH, VALUE_WIDTH = 24, 230, 330, 160
RADAR_SIZE, RADAR_RADIUS = 720, 210
FONT = "font-family=\"'DejaVu Sans', 'Segoe UI', Arial, sans-serif\""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    start: Point
    end: Point
    color: str = GRID
    width: float = 1


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline, filled with some opacity or not at all."""

    points: tuple[Point, ...]
    color: str = GRID
    width: float = 1
    opacity: float = 0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A filled rectangle without an outline."""

    corner: Point
    size: Point
    color: str = FILL


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    center: Point
    radius: float = 4
    color: str = FILL


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `place` is the start, middle or end of its baseline."""

    place: Point
    text: str
    anchor: str = "start"
    color: str = INK
    weight: str = "normal"
    style: str = "normal"
    size: float = 13


Shape = Line | Polygon | Rectangle | Dot | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a canvas of `width` by `height`, the later ones on top."""

    width: float
    height: float
    title: str
    shapes: tuple[Shape, ...]


def draw(chart: Chart) -> Drawing:
    """Draw a chart; its caption is the title of the drawing."""
    return {"bars": _bars, "radar": _radar, "peers": _peers}[chart.kind](chart)


def position(score: float) -> float:
    """Share of the scale's width at which a score ends: 1 at the left edge, 5 at the right."""
    return (score - 1) / 4


def point(index: int, n: int, score: float) -> Point:
    """Place of a score on the radar, as shares of its radius; the first axis points up."""
    angle = 2 * math.pi * index / n - math.pi / 2
    return math.cos(angle) * score / 5, math.sin(angle) * score / 5


# --- bars --------------------------------------------------------------------------


def _bars(chart: Chart) -> Drawing:
    parts: list[Shape] = []
    y, group = 30.0, ""
    top = y
    for bar in chart.bars:
        if bar.group != group:
            group = bar.group
            y += 22
            parts.append(Words((0, y - 7), group, weight="bold"))
        parts += _bar(bar, y)
        y += BAR_HEIGHT
    return _rows(chart, y, [*_grid(top, y), *parts])


def _bar(bar: Bar, y: float) -> Iterator[Shape]:
    yield _label(bar, y)
    if bar.score is None:
        yield _absent(bar, y)
        return
    length = max(SCALE_WIDTH * position(bar.score), 2)
    yield Rectangle((LABEL_WIDTH, y + 4), (length, BAR_HEIGHT - 9))
    yield _value(bar, y)


def _peers(chart: Chart) -> Drawing:
    """Draw the own score on the middle half of the peers, one row for each measure."""
    parts: list[Shape] = []
    y = top = 30.0
    for bar in chart.bars:
        parts += _among(bar, y)
        y += BAR_HEIGHT
    return _rows(chart, y, [*_grid(top, y), *parts])


def _among(bar: Bar, y: float) -> Iterator[Shape]:
    yield _label(bar, y)
    middle = y + BAR_HEIGHT / 2 - 1
    if bar.low is not None and bar.high is not None:
        left, right = _at(bar.low), _at(bar.high)
        yield Rectangle((left - 3, middle - 7), (right - left + 6, 14), BAND)
    if bar.middle is not None:
        x = _at(bar.middle)
        yield Line((x, middle - 9), (x, middle + 9), INK, 3)
    if bar.score is None:
        yield _absent(bar, y)
        return
    yield Dot((_at(bar.score), middle), 5)
    yield _value(bar, y)


def _rows(chart: Chart, bottom: float, shapes: list[Shape]) -> Drawing:
    width = LABEL_WIDTH + SCALE_WIDTH + VALUE_WIDTH
    return Drawing(width, bottom + 8, chart.caption, tuple(shapes))


def _grid(top: float, bottom: float) -> Iterator[Shape]:
    for level in range(1, 6):
        x = _at(level)
        yield Line((x, top - 8), (x, bottom))
        yield Words((x, top - 14), str(level), "middle", MUTED)


def _at(score: float) -> float:
    return LABEL_WIDTH + SCALE_WIDTH * position(score)


def _label(bar: Bar, y: float) -> Shape:
    return Words((0, y + 15), _short(bar.label, 34))


def _value(bar: Bar, y: float) -> Shape:
    return Words((LABEL_WIDTH + SCALE_WIDTH + 12, y + 15), bar.shown)


def _absent(bar: Bar, y: float) -> Shape:
    return Words((LABEL_WIDTH + 6, y + 15), bar.shown, color=MUTED, style="italic")


# --- radar -------------------------------------------------------------------------


def _radar(chart: Chart) -> Drawing:
    bars = chart.bars
    n, middle = len(bars), RADAR_SIZE / 2
    height = 2 * RADAR_RADIUS + 130
    center = height / 2

    def at(index: int, score: float) -> Point:
        x, y = point(index, n, score)
        return middle + x * RADAR_RADIUS, center + y * RADAR_RADIUS

    parts: list[Shape] = []
    for level in range(1, 6):
        parts.append(Polygon(tuple(at(i, level) for i in range(n))))
        parts.append(Words((middle + 4, at(0, level)[1] + 12), str(level), color=MUTED, size=11))
    for index, bar in enumerate(bars):
        parts.append(Line((middle, center), at(index, 5)))
        parts += _radar_label(bar, at(index, 5.45), middle)
    scored = [(i, bar.score) for i, bar in enumerate(bars) if bar.score is not None]
    if len(scored) > 2:
        parts.append(Polygon(tuple(at(i, s) for i, s in scored), FILL, 2, 0.25))
    parts += [Dot(at(i, s)) for i, s in scored]
    return Drawing(RADAR_SIZE, height, chart.caption, tuple(parts))


def _radar_label(bar: Bar, place: Point, middle: float) -> Iterator[Shape]:
    x, y = place
    anchor = "middle" if abs(x - middle) < 8 else "start" if x > middle else "end"
    words = bar.label if bar.score is not None else f"{bar.label} ({bar.shown})"
    lines = _wrap(words, 18)
    start = y - 6 * (len(lines) - 1) + 4
    for row, line in enumerate(lines):
        yield Words((x, start + 13 * row), line, anchor, size=12)


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for part in text.split():
        if lines[-1] and len(lines[-1]) + len(part) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    return [_short(line, width + 8) for line in lines[:3]]


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# --- as SVG ------------------------------------------------------------------------


def svg(chart: Chart) -> str:
    """Draw a chart as SVG; the caption is its accessible name."""
    drawing = draw(chart)
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    content = "".join(map(_element, drawing.shapes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img"'
        f' aria-label="{escape(drawing.title, quote=True)}" {FONT}>{content}</svg>'
    )


def _element(shape: Shape) -> str:
    match shape:
        case Line((x1, y1), (x2, y2), color, width):
            return (
                f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"'
                f' stroke-width="{width:g}"/>'
            )
        case Polygon(points, color, width, opacity):
            outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            inside = f'fill="{color}" fill-opacity="{opacity}"' if opacity else 'fill="none"'
            line = f'stroke="{color}" stroke-width="{width:g}"'
            return f'<polygon points="{outline}" {inside} {line}/>'
        case Rectangle((x, y), (width, height), color):
            size = f'width="{width:.1f}" height="{height:.1f}"'
            return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{color}"/>'
        case Dot((x, y), radius, color):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{color}"/>'
        case Words((x, y), text, anchor, color, weight, style, size):
            return (
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"'
                f' font-size="{size:g}" font-weight="{weight}" font-style="{style}">'
                f"{escape(text)}</text>"
            )
