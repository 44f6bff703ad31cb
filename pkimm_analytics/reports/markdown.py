"""A report as Markdown; text of users is escaped, so that it is shown and never interpreted."""

from __future__ import annotations

import re

from pkimm_analytics.reports.blocks import Block, Chart, Facts, Heading, Report, Table, Text

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:=@])")


def to_markdown(report: Report) -> str:
    """Write a report as Markdown with tables; charts become tables with bars of text."""
    head = [f"# {escape(report.title)}", escape(report.subtitle)]
    parts = [*head, *map(_block, report.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape(text)}"
        case Text(text, kind):
            lines = escape(text).split("\n")
            return "\n".join(f"> {line}" for line in lines) if kind == "notice" else _lines(text)
        case Facts(pairs):
            return "\n".join(f"- **{escape(k)}**: {_lines(v)}" for k, v in pairs)
        case Table():
            return _table(block.caption, block.header, block.rows, block.numeric)
        case Chart():
            return _chart(block)


def _chart(chart: Chart) -> str:
    if chart.kind != "bars":
        return ""  # a circle says nothing in text that the bars do not
    rows = tuple(
        (bar.label, "█" * round((bar.score - 1) * 5) if bar.score else "", bar.shown)
        for bar in chart.bars
    )
    return _table(chart.caption, ("", "1 – 5", ""), rows, frozenset())


def _table(
    caption: str,
    header: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    numeric: frozenset[int],
) -> str:
    rule = " | ".join("---:" if i in numeric else "---" for i in range(len(header)))
    lines = [f"**{escape(caption)}**", "", _row(header), f"| {rule} |", *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(_lines(cell) for cell in cells) + " |"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def escape(text: str) -> str:
    """Return text so that Markdown shows it and never interprets it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;")
    # A backslash before an entity's ampersand or semicolon would break it, so they stay.
    return _SPECIAL.sub(r"\\\1", escaped)
