"""
What a report consists of, before it has a format: headings, texts, facts, tables, charts.

All text is plain text. Every format escapes it in its own way, once, when it writes.
"""

from __future__ import annotations

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
    """Widths of a table's columns as shares of 100, by the longest text in each."""
    longest = [
        min(60, max(len(cell) for cell in (head, *(row[index] for row in table.rows))))
        for index, head in enumerate(table.header)
    ]
    total = sum(max(n, 6) for n in longest)
    return [round(100 * max(n, 6) / total) for n in longest]
