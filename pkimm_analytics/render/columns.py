"""How wide the columns of a printed table are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pkimm_analytics.views.view import Table, cell_text

LINE = 84
"""Letters on one line of a printed table, in the size of its text."""


def shares(table: Table) -> Sequence[int]:
    """
    Widths of a table's columns as shares of 100.

    Each column has room for its longest word of up to 24 letters, numbers stay on one
    line, and what is left goes to the columns with the longest texts.
    """
    bodies = [[cell_text(row[index]) for row in table.rows] for index in range(len(table.header))]
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
