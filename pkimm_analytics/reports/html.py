"""
A report as one HTML file: offline, printable, readable on a phone and by a screen reader.

A filter field above long tables is the only script. A content security policy in the
file itself forbids every request.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape
from importlib import resources

from pkimm_analytics.reports.blocks import (
    Block,
    Chart,
    Facts,
    Heading,
    Report,
    Table,
    Text,
    columns,
)
from pkimm_analytics.reports.drawing import svg


def _asset(name: str) -> str:
    folder = resources.files("pkimm_analytics.reports")
    return "\n" + (folder / name).read_text(encoding="utf-8")


STYLE = _asset("report.css")
SCRIPT = _asset("report.js")

LONG_TABLE = 12


def to_html(report: Report, *, for_print: bool = False) -> str:
    """
    Write a report as HTML.

    Parameters
    ----------
    report : Report
    for_print : bool
        Without the filter fields, for the PDF.
    """
    body = "\n".join(
        _block(block, index, None if for_print else report.filter_words)
        for index, block in enumerate(report.blocks)
    )
    script = "" if for_print else f"<script>{SCRIPT}</script>"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(report.language, quote=True)}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(report.title)}</h1>\n"
        f'<p class="sub">{escape(report.subtitle)}</p>\n{body}\n</main>\n'
        f"{script}\n</body>\n</html>\n"
    )


def _policy() -> str:
    """Allow exactly our own style and script, and no request at all."""

    def digest(text: str) -> str:
        return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return escape(
        f"default-src 'none'; style-src {digest(STYLE)}; script-src {digest(SCRIPT)}", quote=True
    )


def _block(block: Block, index: int, filter_words: str | None) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Text(text, kind):
            return f'<p class="{kind}">{escape(text)}</p>'
        case Facts(pairs):
            inside = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs)
            return f"<dl>{inside}</dl>"
        case Chart():
            return f"<figure>{svg(block)}<figcaption>{escape(block.caption)}</figcaption></figure>"
        case Table():
            return _table(block, f"t{index}", filter_words)


def _table(table: Table, name: str, filter_words: str | None) -> str:
    def cells(row: tuple[str, ...], tag: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            _cell(tag, scope, cell, numeric=i in table.numeric) for i, cell in enumerate(row)
        )

    widths = "".join(f'<col width="{share}%">' for share in columns(table))
    rows = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    tool = ""
    if len(table.rows) >= LONG_TABLE and filter_words:
        label = filter_words.format(caption=table.caption)
        tool = (
            f'<p class="tool"><label>{escape(label)}<br>'
            f'<input type="search" data-filter="{name}"></label></p>'
        )
    caption = escape(table.caption, quote=True)
    return (
        f'{tool}<div class="wide" tabindex="0" role="region" aria-label="{caption}">'
        f'<table id="{name}"><caption>{caption}</caption><colgroup>{widths}</colgroup>'
        f"<thead><tr>{cells(table.header, 'th')}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(tag: str, scope: str, text: str, *, numeric: bool) -> str:
    kind = ' class="n"' if numeric else ""
    return f"<{tag}{scope}{kind}>{_breakable(text)}</{tag}>"


def _breakable(text: str) -> str:
    """Escape a text; an element key may break after each of its dots."""
    is_key = re.fullmatch(r"[GMOR](\.[a-z0-9-]+){1,2}", text) is not None
    return escape(text).replace(".", ".<wbr>") if is_key else escape(text)
