"""
What a report consists of, before it has a format: headings, texts, facts, tables, charts.

All text is plain text. Every format escapes it in its own way, once, when it writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 or 3; the title of the report is level 1."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph; line breaks in it are kept."""

    text: str
    kind: str = "plain"  # or "notice"


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of label and value."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text cells with a caption; columns in `numeric` are right-aligned."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: a score, or a state in words where there is none."""

    label: str
    score: float | None
    shown: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Scores on the scale 1 to 5, drawn as ``bars`` or as a ``radar``."""

    kind: str
    caption: str
    bars: tuple[Bar, ...]


Block = Heading | Text | Facts | Table | Chart


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report: its kind, language, title, a line below the title, and its blocks."""

    kind: str
    language: str
    title: str
    subtitle: str
    blocks: tuple[Block, ...]


def columns(table: Table) -> Sequence[int]:
    """
    Widths of a table's columns as shares of 100.

    No word of up to 24 letters is broken, numbers stay on one line, and long texts
    get the room that is left.
    """
    weights = [
        _weight([head, *(row[index] for row in table.rows)], whole=index in table.numeric)
        for index, head in enumerate(table.header)
    ]
    return [round(100 * weight / sum(weights)) for weight in weights]


def _weight(cells: Sequence[str], *, whole: bool) -> float:
    head, *body = cells
    words = [head] if whole else cells
    longest = max((len(part) for cell in words for part in re.split(r"[\s.-]", cell)), default=0)
    if whole:
        longest = max(longest, *map(len, body), 0)
    average = 0.0 if whole else sum(map(len, cells)) / len(cells)
    return max(8.0, min(24, longest) + 4, min(32.0, average))
