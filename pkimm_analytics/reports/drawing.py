"""
Charts of the reports as plain SVG, and as points for formats that draw themselves.

One color carries the value and words carry the state, so that nothing depends on
telling colors apart. A category without a score has no bar and no point; its state is
written in its place.
"""

from __future__ import annotations

import math
from html import escape

from pkimm_analytics.reports.blocks import Bar, Chart

INK, MUTED, GRID, FILL = "#1a1a1a", "#595959", "#c8c8c8", "#0072b2"
BAR_HEIGHT, LABEL_WIDTH, SCALE_WIDTH, VALUE_WIDTH = 24, 230, 330, 160
RADAR_SIZE, RADAR_RADIUS = 720, 210
FONT = "font-family=\"'DejaVu Sans', 'Segoe UI', Arial, sans-serif\""


def svg(chart: Chart) -> str:
    """Draw a chart; the caption is its accessible name."""
    return _bars(chart) if chart.kind == "bars" else _radar(chart)


def position(score: float) -> float:
    """Share of the scale's width at which a score ends: 1 at the left edge, 5 at the right."""
    return (score - 1) / 4


def point(index: int, n: int, score: float) -> tuple[float, float]:
    """Place of a score on the radar, as shares of its radius; the first axis points up."""
    angle = 2 * math.pi * index / n - math.pi / 2
    return math.cos(angle) * score / 5, math.sin(angle) * score / 5


def _bars(chart: Chart) -> str:
    width = LABEL_WIDTH + SCALE_WIDTH + VALUE_WIDTH
    parts, y, group = [], 30.0, ""
    top = y
    for bar in chart.bars:
        if bar.group != group:
            group = bar.group
            y += 22
            parts.append(_text(0, y - 7, group, weight="bold"))
        parts.append(_bar(bar, y))
        y += BAR_HEIGHT
    grid = "".join(_grid_line(level, top, y) for level in range(1, 6))
    return _svg(width, y + 8, chart.caption, grid + "".join(parts))


def _grid_line(level: int, top: float, bottom: float) -> str:
    x = LABEL_WIDTH + SCALE_WIDTH * position(level)
    line = f'<line x1="{x:.1f}" y1="{top - 8:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{GRID}"/>'
    return line + _text(x, top - 14, str(level), anchor="middle", color=MUTED)


def _bar(bar: Bar, y: float) -> str:
    label = _text(0, y + 15, _short(bar.label, 34))
    end = LABEL_WIDTH + SCALE_WIDTH + 12
    if bar.score is None:
        return label + _text(LABEL_WIDTH + 6, y + 15, bar.shown, color=MUTED, style="italic")
    length = max(SCALE_WIDTH * position(bar.score), 2)
    box = (
        f'<rect x="{LABEL_WIDTH}" y="{y + 4:.1f}" width="{length:.1f}"'
        f' height="{BAR_HEIGHT - 9}" fill="{FILL}"/>'
    )
    return label + box + _text(end, y + 15, bar.shown)


def _radar(chart: Chart) -> str:
    bars = chart.bars
    n, middle = len(bars), RADAR_SIZE / 2
    height = 2 * RADAR_RADIUS + 130
    center = height / 2

    def at(index: int, score: float) -> tuple[float, float]:
        x, y = point(index, n, score)
        return middle + x * RADAR_RADIUS, center + y * RADAR_RADIUS

    parts = []
    for level in range(1, 6):
        ring = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(i, level) for i in range(n)))
        parts.append(f'<polygon points="{ring}" fill="none" stroke="{GRID}"/>')
        parts.append(_text(middle + 4, at(0, level)[1] + 12, str(level), color=MUTED, size=11))
    for index, bar in enumerate(bars):
        x, y = at(index, 5)
        axis = f'x1="{middle:.1f}" y1="{center:.1f}" x2="{x:.1f}" y2="{y:.1f}"'
        parts.append(f'<line {axis} stroke="{GRID}"/>')
        parts.append(_radar_label(bar, *at(index, 5.45), middle))
    scored = [(i, bar.score) for i, bar in enumerate(bars) if bar.score is not None]
    shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(i, s) for i, s in scored))
    if len(scored) > 2:
        parts.append(
            f'<polygon points="{shape}" fill="{FILL}" fill-opacity="0.25" stroke="{FILL}"'
            ' stroke-width="2"/>'
        )
    for i, s in scored:
        x, y = at(i, s)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{FILL}"/>')
    return _svg(RADAR_SIZE, height, chart.caption, "".join(parts))


def _radar_label(bar: Bar, x: float, y: float, middle: float) -> str:
    anchor = "middle" if abs(x - middle) < 8 else "start" if x > middle else "end"
    words = bar.label if bar.score is not None else f"{bar.label} ({bar.shown})"
    lines = _wrap(words, 18)
    start = y - 6 * (len(lines) - 1) + 4
    return "".join(
        _text(x, start + 13 * row, line, anchor=anchor, size=12) for row, line in enumerate(lines)
    )


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for part in text.split():
        if lines[-1] and len(lines[-1]) + len(part) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    return [_short(line, width + 8) for line in lines[:3]]


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    color: str = INK,
    weight: str = "normal",
    style: str = "normal",
    size: int = 13,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" font-size="{size}"'
        f' font-weight="{weight}" font-style="{style}">{escape(text)}</text>'
    )


def _svg(width: float, height: float, title: str, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="img"'
        f' aria-label="{escape(title, quote=True)}" {FONT}>{content}</svg>'
    )
