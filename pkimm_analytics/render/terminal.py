"""
Views in a terminal, or in a file or pipe behind it.

Charts are left to the tables beside them. Nothing is cut: a cell that is too long takes
more lines, and where the output is not a terminal, lines are as long as they need to be.
Every text is printed as text, whatever a terminal or the markup of the library could
take it for.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text as Line

from pkimm_analytics.views.view import (
    Block,
    Cell,
    Facts,
    Figure,
    Heading,
    Items,
    Table,
    Text,
    View,
    flat,
)

STYLES = {"good": "green", "bad": "red", "notice": "yellow", "soft": "dim"}
_WIDEST = 1000


def show(view: View | Sequence[Block], console: Console) -> None:
    """Print a view, or some blocks."""
    if isinstance(view, View):
        badge = f"  [{view.badge}]" if view.badge else ""
        console.print(_line(view.title + badge, "bold"))
        if view.subtitle:
            console.print(_line(view.subtitle, "dim"))
        blocks: Sequence[Block] = view.blocks
    else:
        blocks = view
    for block in flat(blocks):
        _print(block, console)


def _print(block: Block, console: Console) -> None:
    match block:
        case Heading(text, level):
            console.print()
            console.print(_line(text, "bold underline" if level == 2 else "bold"))
        case Text(text, tone):
            console.print(_line(text, STYLES.get(tone, "")))
        case Items(items):
            for item in items:
                console.print(_line("- " + (item if isinstance(item, str) else " ".join(item)), ""))
        case Facts(pairs):
            grid = Grid.grid(padding=(0, 2))
            for label, value in pairs:
                grid.add_row(_line(label, "dim"), _line(value, ""))
            console.print(grid)
        case Table():
            _table(block, console)
        case Figure(figure, unit, _, sentences):
            console.print(_line(f"{figure} {unit}".strip(), "bold"))
            for sentence in sentences:
                said = (sentence, "plain") if isinstance(sentence, str) else sentence
                console.print(_line(said[0], STYLES.get(said[1], "")))


def _table(table: Table, console: Console) -> None:
    grid = Grid(box=None, padding=(0, 2, 0, 0))
    for index, name in enumerate(table.header):
        is_number = index in table.numeric
        texts = [_cell(row[index]).plain for row in table.rows]
        # Figures are never broken, and a name not within a word that fits.
        parts = [p for text in texts for p in (text.split("\n") if is_number else text.split())]
        parts += name.split()
        grid.add_column(
            _line(name, "dim"),
            justify="right" if is_number else "left",
            overflow="fold",
            min_width=min(max(map(len, parts), default=0), 30 if is_number else 15),
        )
    for row in table.rows:
        grid.add_row(*(_cell(cell) for cell in row))
    needed = Measurement.get(console, console.options.update(width=_WIDEST), grid)
    known = console.width
    console.width = max(known, needed.minimum if console.is_terminal else needed.maximum)
    console.print()
    console.print(_line(table.caption, ""))
    console.print(grid)
    console.width = known


def _cell(cell: str | Cell) -> Line:
    if isinstance(cell, str):
        return _line(cell, "")
    style = ""
    if cell.picture == "change" and cell.value:
        style = "green" if cell.value > 0 else "red"
    return _line(f"{cell.text}\n{cell.below}" if cell.below else cell.text, style)


def _line(text: str, style: str) -> Line:
    return Line(printable(text), style=style, overflow="fold")


def printable(text: str) -> str:
    """Replace what a terminal could take for a command."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
