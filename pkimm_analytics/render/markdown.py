"""A view as Markdown; text of users is escaped, so that it is shown and never interpreted."""

from __future__ import annotations

import re

from pkimm_analytics.views.view import (
    Block,
    Cell,
    Chart,
    Facts,
    Figure,
    Heading,
    Items,
    Table,
    Text,
    View,
    cell_text,
    flat,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:=@])")


def markdown(view: View) -> str:
    """Write a view as Markdown with tables; charts become tables with bars of text."""
    head = [escape(view.kind), f"# {escape(view.title)}", escape(view.subtitle)]
    parts = [*head, *map(_block, flat(view.blocks))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape(text)}"
        case Text(text, tone):
            lines = escape(text).split("\n")
            return "\n".join(f"> {line}" for line in lines) if tone == "notice" else _lines(text)
        case Items(items):
            return "\n".join(f"- {_item(item)}" for item in items)
        case Facts(pairs):
            return "\n".join(f"- **{escape(k)}**: {_lines(v)}" for k, v in pairs)
        case Figure(figure, unit, _, sentences):
            said = [one if isinstance(one, str) else one[0] for one in sentences]
            return "  \n".join([f"**{escape(figure)}** {escape(unit)}", *map(escape, said)])
        case Table():
            return _table(block)
        case Chart():
            return _chart(block)
        case _:
            return ""


def _item(item: str | tuple[str, str]) -> str:
    return escape(item) if isinstance(item, str) else f"**{escape(item[0])}** {escape(item[1])}"


def _chart(chart: Chart) -> str:
    """Bars and steps as a table; other pictures have their table beside them."""
    if chart.kind not in {"bars", "steps"}:
        return ""
    low, high = chart.scale
    rows = tuple(
        (mark.label, _bar(mark.value, low, high) if chart.kind == "bars" else "", mark.shown)
        for mark in chart.marks
    )
    return _table(Table(chart.caption, ("", f"{low:g} – {high:g}", ""), rows))


def _bar(value: float | None, low: float, high: float) -> str:
    return "" if value is None else "█" * round(20 * (value - low) / (high - low))


def _table(table: Table) -> str:
    rule = " | ".join("---:" if i in table.numeric else "---" for i in range(len(table.header)))
    rows = [_row(table.header), f"| {rule} |", *map(_row, table.rows)]
    return "\n".join([f"**{escape(table.caption)}**", "", *rows])


def _row(cells: tuple[str | Cell, ...]) -> str:
    return "| " + " | ".join(_lines(cell_text(cell)) for cell in cells) + " |"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def escape(text: str) -> str:
    """Return text so that Markdown shows it and never interprets it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;")
    # A backslash before an entity's ampersand or semicolon would break it, so they stay.
    return _SPECIAL.sub(r"\\\1", escaped)
