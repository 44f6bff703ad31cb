"""
Charts as shapes, which the SVG of pages and documents and the pictures of Word are made of.

One color carries the value and words carry the state, so that nothing depends on telling
colors apart. What has no figure has no bar and no point; its state is written in its
place. A range is drawn as a range: hatched where only its ends are known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape

from pkimm_analytics.views.view import Chart, Mark

PALETTE: Mapping[str, str] = {
    "ink": "#1a2130",
    "soft": "#465266",
    "grid": "#dde3ea",
    "track": "#e9eef3",
    "fill": "#0b57a4",
    "band": "#f5d9a0",
    "peer": "#b87700",
    "good": "#146c3a",
    "bad": "#b3261e",
    "paper": "#ffffff",
}
"""Colors by what they mean, on a light page; pages name their own by the same words."""

FONT = "Inter, 'Liberation Sans', 'DejaVu Sans', 'Segoe UI', Arial, sans-serif"
WIDE, NARROW = 720, 350
BAR = 12

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    color: str = "grid"
    width: float = 1
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline, filled with some opacity or not at all."""

    points: tuple[Point, ...]
    color: str = "grid"
    width: float = 1
    opacity: float = 0
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A filled rectangle without an outline; hatched where only its ends are known."""

    corner: Point
    size: Point
    color: str = "fill"
    is_hatched: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    center: Point
    radius: float = 4
    color: str = "fill"


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `anchor` is the start, middle or end of its baseline."""

    place: Point
    text: str
    anchor: str = "start"
    color: str = "ink"
    is_bold: bool = False
    size: float = 12.5


Shape = Line | Polygon | Rectangle | Dot | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a canvas of `width` by `height`, the later ones on top."""

    width: float
    height: float
    title: str
    shapes: tuple[Shape, ...]


def draw(chart: Chart, *, is_narrow: bool = False) -> Drawing:
    """
    Draw a chart; its caption is the title of the drawing.

    Parameters
    ----------
    chart : Chart
    is_narrow : bool
        For a phone: names stand above their bars, and a circle is smaller.
    """
    width = NARROW if is_narrow else WIDE
    if chart.kind == "radar":
        return _radar(chart, width)
    if chart.kind == "line":
        return _line(chart, width)
    return _rows(chart, width)


# --- rows: a name, a scale and what is on it ------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the scale of a chart of rows begins and ends, and how high a row is."""

    width: float
    start: float
    end: float
    row: float
    scale: tuple[float, float]

    @property
    def is_narrow(self) -> bool:
        return self.width == NARROW

    def at(self, value: float) -> float:
        low, high = self.scale
        share = (min(max(value, low), high) - low) / (high - low)
        return self.start + share * (self.end - self.start)


def _rows(chart: Chart, width: float) -> Drawing:
    narrow = width == NARROW
    layout = _Layout(
        width,
        start=0 if narrow else 232,
        end=width - (78 if narrow else 128),
        row=38 if narrow else 23,
        scale=chart.scale,
    )
    draw_mark = {
        "bars": _bar,
        "peers": _peers,
        "intervals": _interval,
        "levels": _levels,
        "steps": _bar,
    }[chart.kind]
    marks = (
        _running(chart.marks) if chart.kind == "steps" else [(mark, 0.0) for mark in chart.marks]
    )
    shapes: list[Shape] = []
    y, group = 22.0, ""
    if chart.kind == "levels":
        shapes += _classes(chart.legend, layout)
    for mark, base in marks:
        if mark.group != group and chart.kind != "steps":
            group, y = mark.group, y + 22
            shapes.append(Words((0, y - 6), group, is_bold=True))
        middle = y + (25 if narrow else layout.row / 2)
        shapes += _label(mark, y, middle, layout)
        if mark.value is None and not mark.shares:
            shapes.append(Words((layout.start + 4, middle + 4), mark.shown, color="soft"))
        elif chart.kind == "steps":
            shapes += _step(mark, base, middle, layout)
        else:
            shapes += draw_mark(mark, middle, layout)
        y += layout.row
    grid = [] if chart.kind in {"levels", "steps"} else list(_grid(layout, y))
    return Drawing(width, y + 6, chart.caption, (*grid, *shapes))


def _label(mark: Mark, y: float, middle: float, layout: _Layout) -> Iterator[Shape]:
    if layout.is_narrow:
        yield Words((0, y + 12), _short(mark.label, 48))
    else:
        yield Words((0, middle + 4), _short(mark.label, 36))
    if mark.value is not None:
        yield Words((layout.width, middle + 4), mark.shown, "end")


def _grid(layout: _Layout, bottom: float) -> Iterator[Shape]:
    low, high = layout.scale
    step = 1 if high - low <= 10 else 10 ** math.floor(math.log10(high - low))
    tick = math.ceil(low)
    while tick <= high:
        x = layout.at(tick)
        yield Line(((x, 18), (x, bottom)))
        yield Words((x, 12), f"{tick:g}", "middle", "soft", size=11)
        tick += step


def _bar(mark: Mark, middle: float, layout: _Layout) -> Iterator[Shape]:
    top = middle - BAR / 2
    yield Rectangle((layout.start, top), (layout.end - layout.start, BAR), "track")
    yield from _band(mark, middle, layout, 18)
    value = mark.value or 0
    yield Rectangle((layout.start, top + 1), (max(layout.at(value) - layout.start, 2), BAR - 2))
    if mark.before is not None:
        x = layout.at(mark.before)
        yield Line(((x, middle - 9), (x, middle + 9)), "ink", 2)


def _band(mark: Mark, middle: float, layout: _Layout, height: float) -> Iterator[Shape]:
    if mark.low is not None and mark.high is not None:
        left, right = layout.at(mark.low), layout.at(mark.high)
        yield Rectangle((left - 2, middle - height / 2), (right - left + 4, height), "band")
    if mark.middle is not None:
        x = layout.at(mark.middle)
        yield Line(((x, middle - height / 2), (x, middle + height / 2)), "peer", 2)


def _peers(mark: Mark, middle: float, layout: _Layout) -> Iterator[Shape]:
    yield from _band(mark, middle, layout, 14)
    if mark.value is not None:
        yield Dot((layout.at(mark.value), middle))


def _interval(mark: Mark, middle: float, layout: _Layout) -> Iterator[Shape]:
    if mark.low is not None and mark.high is not None:
        ends = (layout.at(mark.low), middle), (layout.at(mark.high), middle)
        yield Line(ends, "soft", 2)
    if mark.value is not None:
        yield Dot((layout.at(mark.value), middle))


def _classes(names: tuple[str, ...], layout: _Layout) -> Iterator[Shape]:
    width = (layout.end - layout.start) / max(len(names), 1)
    for index, name in enumerate(names):
        x = layout.start + (index + 0.5) * width
        yield Words((x, 12), _short(name, 12), "middle", "soft", size=11)


def _levels(mark: Mark, middle: float, layout: _Layout) -> Iterator[Shape]:
    """Draw a column for each class: filled as far as it is certain, hatched as far as it may be."""
    width = (layout.end - layout.start) / max(len(mark.shares), 1)
    height = layout.row - (18 if layout.is_narrow else 4)
    for index, (low, high) in enumerate(mark.shares):
        x, bottom = layout.start + index * width, middle + height / 2
        yield Rectangle((x + 1, bottom - height), (width - 2, height), "track")
        yield Rectangle(
            (x + 1, bottom - height * high), (width - 2, height * high), "fill", is_hatched=True
        )
        yield Rectangle((x + 1, bottom - height * low), (width - 2, height * low))
        if mark.own == index:
            yield Polygon(
                ((x, bottom + 1), (x + width, bottom + 1), (x + width, bottom - height - 1),
                 (x, bottom - height - 1)), "ink", 2,
            )  # fmt: skip


def _running(marks: Iterable[Mark]) -> list[tuple[Mark, float]]:
    """Return the marks of a sum, each with the sum before it; a total starts from nothing."""
    out, total = [], 0.0
    for mark in marks:
        out.append((mark, 0.0 if mark.group == "total" else total))
        total = (mark.value or 0) if mark.group == "total" else total + (mark.value or 0)
    return out


def _step(mark: Mark, base: float, middle: float, layout: _Layout) -> Iterator[Shape]:
    value = mark.value or 0
    if mark.group == "total":
        yield from _bar(mark, middle, layout)
        return
    left, right = sorted((layout.at(base), layout.at(base + value)))
    color = "good" if value > 0 else "bad" if value < 0 else "soft"
    yield Rectangle((left, middle - BAR / 2), (max(right - left, 2), BAR), color)


# --- values over time -------------------------------------------------------------------


def _line(chart: Chart, width: float) -> Drawing:
    """Draw a line for each group through its dated values; the second and later are dashed."""
    dated = [mark for mark in chart.marks if mark.at and mark.value is not None]
    height, left, right, top, bottom = 230.0, 34.0, width - 24, 30.0, 190.0
    days = [date.fromisoformat(mark.at[:10]).toordinal() for mark in dated]
    first, last = (min(days), max(days)) if days else (0, 1)
    low, high = chart.scale

    def x(day: int) -> float:
        return (
            (left + right) / 2
            if first == last
            else left + 14 + (day - first) / (last - first) * (right - left - 40)
        )

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    shapes: list[Shape] = []
    for tick in range(math.ceil(low), math.floor(high) + 1):
        shapes.append(Line(((left, y(tick)), (right, y(tick)))))
        shapes.append(Words((left - 8, y(tick) + 4), str(tick), "end", "soft", size=11))
    bands = [(x(d), mark) for d, mark in zip(days, dated, strict=True) if mark.low is not None]
    if len(bands) > 1:
        outline = [(px, y(m.low or low)) for px, m in bands]
        outline += [(px, y(m.high or high)) for px, m in reversed(bands)]
        shapes.append(Polygon(tuple(outline), "band", 0, 0.6))
    for number, group in enumerate(dict.fromkeys(mark.group for mark in dated)):
        points = [
            (x(day), y(mark.value or 0), mark)
            for day, mark in zip(days, dated, strict=True)
            if mark.group == group
        ]
        color = ("fill", "peer", "good", "soft")[number % 4]
        shapes.append(Line(tuple((px, py) for px, py, _ in points), color, 2, is_dashed=number > 0))
        shapes += [Dot((px, py), 4, color) for px, py, _ in points]
        shapes += [Words((px, py - 9), mark.shown, "middle", size=11.5) for px, py, mark in points]
        if group and points:
            shapes.append(Words((left + 180 * number, 14), f"{'●' if not number else '┄'} {group}",
                                color=color, is_bold=True))  # fmt: skip
    for day in sorted({first, last}) if days else ():
        anchor = "middle" if first == last else "start" if day == first else "end"
        shapes.append(
            Words((x(day), bottom + 22), date.fromordinal(day).isoformat(), anchor, "soft")
        )
    return Drawing(width, height, chart.caption, tuple(shapes))


# --- radar ------------------------------------------------------------------------------


def point(index: int, n: int, score: float) -> Point:
    """Place of a score on the radar, as shares of its radius; the first axis points up."""
    angle = 2 * math.pi * index / n - math.pi / 2
    return math.cos(angle) * score / 5, math.sin(angle) * score / 5


def _radar(chart: Chart, width: float) -> Drawing:
    radius = 105.0 if width == NARROW else 170.0
    middle, center = width / 2, radius + 52
    marks, n = chart.marks, len(chart.marks)

    def at(index: int, score: float) -> Point:
        x, y = point(index, n, score)
        return middle + x * radius, center + y * radius

    shapes: list[Shape] = [Polygon(tuple(at(i, level) for i in range(n))) for level in range(1, 6)]
    for index, mark in enumerate(marks):
        shapes.append(Line(((middle, center), at(index, 5))))
        shapes += _radar_label(mark, at(index, 5.4), middle, 12 if width == NARROW else 22)
    peers = [at(i, mark.middle) for i, mark in enumerate(marks) if mark.middle is not None]
    if len(peers) > 2:
        shapes.append(Polygon(tuple(peers), "peer", 1.5, 0.12, is_dashed=True))
    own = [at(i, mark.value) for i, mark in enumerate(marks) if mark.value is not None]
    if len(own) > 2:
        shapes.append(Polygon(tuple(own), "fill", 2, 0.16))
    shapes += [Dot(place, 3.2) for place in own]
    return Drawing(width, 2 * center, chart.caption, tuple(shapes))


def _radar_label(mark: Mark, place: Point, middle: float, room: int) -> Iterator[Shape]:
    x, y = place
    anchor = "middle" if abs(x - middle) < 8 else "start" if x > middle else "end"
    text = _short(mark.label, room) if mark.value is not None else f"{_short(mark.label, room)} –"
    yield Words((x, y + 4), text, anchor, "soft", size=11)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


# --- as SVG ------------------------------------------------------------------------------


def svg(chart: Chart, colors: Mapping[str, str] = PALETTE, *, is_narrow: bool = False) -> str:
    """
    Draw a chart as SVG; the caption is its accessible name.

    Parameters
    ----------
    chart : Chart
    colors : mapping of str to str
        Color of each word of :data:`PALETTE`; pages give variables of their style.
    is_narrow : bool
        As of :func:`draw`.
    """
    drawing = draw(chart, is_narrow=is_narrow)
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    hatch = (
        f'<defs><pattern id="pk-hatch" width="5" height="5" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><rect width="2" height="5" fill="{colors["fill"]}"/>'
        "</pattern></defs>"
    )
    content = "".join(_element(shape, colors) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img"'
        f' aria-label="{escape(drawing.title, quote=True)}" font-family="{FONT}">'
        f"{hatch if 'url(#pk-hatch)' in content else ''}{content}</svg>"
    )


def _element(shape: Shape, colors: Mapping[str, str]) -> str:
    match shape:
        case Line(points, color, width, is_dashed):
            dash = ' stroke-dasharray="5 4"' if is_dashed else ""
            return (
                f'<polyline points="{_places(points)}" fill="none" stroke="{colors[color]}"'
                f' stroke-width="{width:g}"{dash}/>'
            )
        case Polygon(points, color, width, opacity, is_dashed):
            inside = (
                f'fill="{colors[color]}" fill-opacity="{opacity}"' if opacity else 'fill="none"'
            )
            dash = ' stroke-dasharray="4 3"' if is_dashed else ""
            return (
                f'<polygon points="{_places(points)}" {inside} stroke="{colors[color]}"'
                f' stroke-width="{width:g}"{dash}/>'
            )
        case Rectangle((x, y), (width, height), color, is_hatched):
            fill = "url(#pk-hatch)" if is_hatched else colors[color]
            size = f'width="{width:.1f}" height="{height:.1f}"'
            return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}"/>'
        case Dot((x, y), radius, color):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colors[color]}"/>'
        case Words((x, y), text, anchor, color, is_bold, size):
            weight = ' font-weight="600"' if is_bold else ""
            return (
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colors[color]}"'
                f' font-size="{size:g}"{weight}>{escape(text)}</text>'
            )


def _places(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
