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
    """
    One bar of a chart: a score, or a state in words where there is none.

    `low`, `middle` and `high` are the quartiles of peers, where they are known.
    """

    label: str
    score: float | None
    shown: str
    group: str = ""
    low: float | None = None
    middle: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Scores on the scale 1 to 5, drawn as ``bars``, as a ``radar``, or among ``peers``."""

    kind: str
    caption: str
    bars: tuple[Bar, ...]


Block = Heading | Text | Facts | Table | Chart


@dataclass(frozen=True, slots=True)
class Report:
    """
    A whole report: its kind, language, title, a line below the title, and its blocks.

    `filter_words` stand beside a field that filters a table, with ``{caption}`` in them.
    """

    kind: str
    language: str
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    filter_words: str = "{caption}"


def columns(table: Table) -> Sequence[int]:
    """
    Widths of a table's columns as shares of 100.

    Each column has room for its longest word of up to 24 letters, numbers stay on one
    line, and what is left goes to the columns with the longest texts.
    """
    bodies = [[row[index] for row in table.rows] for index in range(len(table.header))]
    needs = [
        _need(head, body, whole=index in table.numeric)
        for index, (head, body) in enumerate(zip(table.header, bodies, strict=True))
    ]
    wants = [max(0.0, _usual(body) - need) for need, body in zip(needs, bodies, strict=True)]
    spare = max(0.0, LINE - sum(needs))
    total = sum(wants) or float(len(wants))
    widths = [
        need + spare * (want if sum(wants) else 1) / total
        for need, want in zip(needs, wants, strict=True)
    ]
    return [round(100 * width / sum(widths)) for width in widths]


LINE = 84
"""Letters on one line of a printed table, in the size of its text."""


def _need(head: str, body: Sequence[str], *, whole: bool) -> float:
    """Letters that a column cannot do with less of, and its padding."""
    words = [word for cell in body for word in ([cell] if whole else _words(cell))]
    bold = 1.15 * max(map(len, _words(head)), default=0)
    return min(24.0, max(bold, *map(len, words), 1)) + 3


def _words(text: str) -> list[str]:
    """Parts between which a line may break."""
    return re.split(r"[\s.-]+", text)


def _usual(body: Sequence[str]) -> float:
    """Letters of a usual cell; very long ones take more lines instead."""
    return min(48.0, sum(map(len, body)) / max(len(body), 1))
