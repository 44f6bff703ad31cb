"""
Views as HTML: on pages, in notebooks, and as documents of one file.

Every text is escaped where it is put in; nothing is loaded from anywhere. A document
allows exactly its own style and script, and no request at all.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import htpy as h
from markupsafe import Markup

from pkimm_analytics.render.columns import shares
from pkimm_analytics.render.drawing import PALETTE, svg
from pkimm_analytics.views.view import (
    Block,
    Card,
    Cell,
    Chart,
    Facts,
    Figure,
    Fold,
    Heading,
    Items,
    Link,
    Links,
    Meter,
    Row,
    Slot,
    Steps,
    Table,
    Text,
    View,
)

COLORS = {name: f"var(--pk-{name})" for name in PALETTE}
"""Colors of pictures on pages: variables of the style, so that they follow light and dark."""

LONG_TABLE = 12
LEVELS = 5


@dataclass(frozen=True, slots=True)
class Medium:
    """
    What is written for.

    Parameters
    ----------
    is_print : bool
        A PDF: no fields, links or variables of a style, and one picture of each chart.
    is_document : bool
        A document: no links to pages.
    filter_words : str
        Words beside a field that filters a long table; no fields without it.
    slots : mapping of str to node
        Fields of a page, by the name of their slot.
    """

    is_print: bool = False
    is_document: bool = False
    filter_words: str = ""
    slots: Mapping[str, h.Node] = field(default_factory=dict)


PAGE = Medium()


@cache
def asset(name: str) -> str:
    """Text of a style or script of this folder."""
    return (resources.files("pkimm_analytics.render") / name).read_text(encoding="utf-8")


def trusted(markup: object) -> Markup:
    """Mark what this file wrote, or a style or script of ours, as no text to be escaped."""
    return Markup(markup)  # noqa: S704  # the one place; texts of users pass through htpy


def style() -> str:
    """Style of everything that is rendered: tokens, then the parts of views."""
    return asset("tokens.css") + asset("view.css")


# --- fragments -------------------------------------------------------------------------


def fragment(view: View | Sequence[Block], medium: Medium = PAGE) -> Markup:
    """
    Write a view, or some blocks, for a page that has the style already.

    Parameters
    ----------
    view : View or sequence of Block
        A view brings its title.
    medium : Medium
    """
    if isinstance(view, View):
        return trusted(h.fragment[_head(view, h.h2), _blocks(view.blocks, medium)])
    return trusted(h.fragment[_blocks(view, medium)])


def notebook(view: View) -> str:
    """Write a view with its style, as a notebook shows it."""
    return str(h.div(".pk-view.pk-alone")[h.style[trusted(style())], fragment(view)])


def _head(view: View, title: h.Element) -> h.Node:
    badge = h.span(".pk-badge")[view.badge] if view.badge else None
    return [
        h.p(".pk-kind")[view.kind] if view.kind else None,
        title(".pk-title")[view.title, " ", badge],
        h.p(".pk-sub")[view.subtitle] if view.subtitle else None,
    ]


def _blocks(blocks: Sequence[Block], medium: Medium) -> h.Node:
    return [_block(block, medium) for block in blocks]


def _block(block: Block, medium: Medium) -> h.Node:
    match block:
        case Heading(text, level, anchor):
            element = {2: h.h2, 3: h.h3}.get(level, h.h4)
            return element(id=anchor or None)[text]
        case Text(text, tone):
            return h.p(class_=f"pk-{tone}")[text]
        case Items(items):
            return h.ul[(h.li[_item(item)] for item in items)]
        case Facts(pairs):
            return h.dl(".pk-facts")[([h.dt[label], h.dd[value]] for label, value in pairs)]
        case Table():
            return _table(block, medium)
        case Chart():
            return _chart(block, medium)
        case Figure():
            return _figure(block)
        case Row(cards, widths):
            columns = " ".join(f"minmax(0,{width}fr)" for width in widths or (1,) * len(cards))
            return h.div(".pk-row", style=f"--columns:{columns}")[
                (_card(card, medium) for card in cards)
            ]
        case Fold(title, inside, is_open, anchor):
            return _fold(title, inside, anchor, medium, is_open=is_open)
        case _:
            return _of_pages(block, medium)


def _of_pages(block: Links | Steps | Slot, medium: Medium) -> h.Node:
    """Write what leads on to something else."""
    match block:
        case Links(links):
            return _links(links, medium)
        case Steps(steps):
            return h.ol(".pk-steps")[(_step(i, *one) for i, one in enumerate(steps, 1))]
        case Slot(name):
            return medium.slots.get(name)


def _fold(
    title: str, inside: Sequence[Block], anchor: str, medium: Medium, *, is_open: bool
) -> h.Node:
    if medium.is_print:
        return [h.h3[title], _blocks(inside, medium)]
    return h.details(id=anchor or None, open=is_open)[h.summary[title], _blocks(inside, medium)]


def _step(number: int, is_done: bool, name: str, text: str, link: Link | None) -> h.Node:  # noqa: FBT001  # as a view holds it
    return h.li(class_="pk-done" if is_done else None)[
        h.i(aria_label="done" if is_done else None)["✓" if is_done else str(number)],
        h.div[h.strong[link_html(link) if link else name], h.br, text],
    ]


def _links(links: Sequence[Link], medium: Medium) -> h.Node:
    if medium.is_document or not links:
        return None
    return h.p(".pk-links")[(link_html(link) for link in links)]


def _item(item: str | tuple[str, str]) -> h.Node:
    return item if isinstance(item, str) else [h.strong[item[0]], " ", item[1]]


def link_html(link: Link) -> h.Element:
    """Write a link, or a button where the target is an action (``do:name=value``)."""
    main = ".pk-primary" if link.is_main else ""
    if link.target.startswith("do:"):
        action, _, value = link.target.removeprefix("do:").partition("=")
        return h.button(f".pk-button{main}", type="button", data_action=action, data_value=value)[
            link.text
        ]
    return h.a(f".pk-link{main}", href=link.target)[link.text]


def _card(card: Card, medium: Medium) -> h.Element:
    return h.section(".pk-card", id=card.anchor or None)[
        h.h3[card.title] if card.title else None,
        _blocks(card.blocks, medium),
        _links(card.links, medium),
    ]


def _figure(block: Figure) -> h.Node:
    return [
        h.p(".pk-figure")[h.b[block.figure], " ", h.span[block.unit]],
        meter(block.meter) if block.meter else None,
        [
            h.p(".pk-soft")[one] if isinstance(one, str) else h.p(class_=f"pk-{one[1]}")[one[0]]
            for one in block.sentences
        ],
    ]


def meter(picture: Meter) -> h.Node:
    """Segments up to a score, or a mark on a band; the words beside it say the same."""
    low, high = picture.scale

    def percent(value: float) -> str:
        return f"{100 * (min(max(value, low), high) - low) / (high - low):.1f}%"

    if (low, high) == (0, LEVELS):
        fills = [min(max((picture.value or 0) - level, 0), 1) for level in range(LEVELS)]
        return h.div(".pk-segments", aria_hidden="true")[
            (h.i(style=f"--part:{100 * part:.0f}%") for part in fills)
        ]
    band = mark = None
    if picture.low is not None and picture.high is not None:
        left, right = percent(picture.low), percent(picture.high)
        band = h.b(style=f"left:{left};right:calc(100% - {right})")
    if picture.value is not None:
        mark = h.i(style=f"left:{percent(picture.value)}")
    return h.div(".pk-strip", aria_hidden="true")[band, mark]


def _chart(chart: Chart, medium: Medium) -> h.Node:
    """Draw it twice, for a wide and a narrow place; the style shows one."""
    if medium.is_print:
        return h.figure[trusted(svg(chart)), h.figcaption[chart.caption]]
    return h.figure[
        h.div(".pk-wide")[trusted(svg(chart, COLORS))],
        h.div(".pk-narrow", aria_hidden="true")[trusted(svg(chart, COLORS, is_narrow=True))],
        h.figcaption[chart.caption],
    ]


def _table(table: Table, medium: Medium) -> h.Node:
    anchor = table.anchor or f"t-{hashlib.sha256(repr(table.header).encode()).hexdigest()[:8]}"
    tool = None
    if medium.filter_words and len(table.rows) >= LONG_TABLE:
        label = medium.filter_words.format(caption=table.caption)
        tool = h.p(".pk-tool")[h.label[label, h.br, h.input(type="search", data_filter=anchor)]]

    sorts = table.is_sortable and not medium.is_document

    def kinds(index: int) -> dict[str, bool]:
        return {"pk-number": index in table.numeric, "pk-minor": index in table.minor}

    def head(text: str, index: int) -> h.Element:
        said = h.button(".pk-sort", type="button", data_sort=str(index))[text] if sorts else text
        return h.th(class_=kinds(index), scope="col")[said]

    def cell(content: str | Cell, index: int) -> h.Element:
        value = content.value if sorts and isinstance(content, Cell) else None
        shown = None if value is None else f"{value:g}"
        return h.td(class_=kinds(index), data_value=shown)[_cell(content, medium)]

    return [
        tool,
        h.div(".pk-scroll", tabindex="0", role="region", aria_label=table.caption)[
            h.table(id=anchor)[
                h.caption[table.caption],
                _columns(table) if medium.is_document else None,
                h.thead[h.tr[(head(text, i) for i, text in enumerate(table.header))]],
                h.tbody[(h.tr[(cell(c, i) for i, c in enumerate(row))] for row in table.rows)],
            ]
        ],
    ]


def _columns(table: Table) -> h.Node:
    """Widths of columns, which paper needs; a page lets the browser find them."""
    return h.colgroup[(h.col(style=f"width:{share}%") for share in shares(table))]


def _cell(cell: str | Cell, medium: Medium) -> h.Node:
    if isinstance(cell, str):
        return _breakable(cell)
    text: h.Node = _breakable(cell.text)
    if cell.picture == "level" and cell.value is not None:
        text = h.span(class_=f"pk-level pk-level-{int(cell.value)}")[text]
    elif cell.picture == "change" and cell.value:
        text = h.span(class_="pk-good" if cell.value > 0 else "pk-bad")[text]
    elif cell.picture == "meter":
        text = h.span(".pk-metered")[meter(Meter(cell.value)), text]
    elif cell.picture == "trend":
        text = _trend(cell.points)
    if cell.link and not medium.is_document:
        text = link_html(Link(cell.text, cell.link))
    return [text, h.small[cell.below] if cell.below else None]


def _trend(points: Sequence[float]) -> h.Node:
    """Scores as a small line; the score and its change stand beside it."""
    if not points:
        return None
    low, high = min(points), max(points)
    places = [
        (4 + 80 * i / max(len(points) - 1, 1), 20 - 16 * ((p - low) / (high - low or 1)))
        for i, p in enumerate(points)
    ]
    x, y = places[-1]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    return trusted(
        f'<svg class="pk-trend" viewBox="0 0 88 24" aria-hidden="true"><polyline points="{line}"'
        f' fill="none" stroke="{COLORS["fill"]}" stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLORS["fill"]}"/></svg>'
    )


def _breakable(text: str) -> h.Node:
    """Let an element key break after each of its dots."""
    if re.fullmatch(r"[A-Z](\.[a-z0-9-]+){1,2}", text) is None:
        return text
    return [[part, h.wbr] for part in re.split(r"(?<=\.)", text)]


# --- documents --------------------------------------------------------------------------


def document(view: View, *, filter_words: str = "", for_print: bool = False) -> str:
    """
    Write a view as one HTML file: offline, printable, readable on a phone.

    Parameters
    ----------
    view : View
    filter_words : str
        Words beside a field that filters a long table, with ``{caption}``; no fields
        without it.
    for_print : bool
        Without fields and script, for the PDF.
    """
    medium = Medium(for_print, is_document=True, filter_words="" if for_print else filter_words)
    css = style() + asset("document.css") + _footer(view)
    if for_print:  # paper is light, and the layout engine knows no choice of two colors
        css = re.sub(r"light-dark\(([^,]+),[^)]*\)", r"\1", css)
    script = asset("document.js")
    page = h.html(lang=view.language)[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(http_equiv="Content-Security-Policy", content=_policy(css, script)),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.title[view.title],
            h.style[trusted(css)],
        ],
        h.body(".pk-view.pk-document")[
            h.main[_head(view, h.h1), _blocks(view.blocks, medium)],
            None if for_print else h.script[trusted(script)],
        ],
    ]
    return f"{page}\n"


def _footer(view: View) -> str:
    """Words at the foot of every printed page."""
    text = re.sub(r'[\\"\n\r<>&]', " ", view.footer)
    return f'@page{{@bottom-left{{content:"{text}"}}}}' if text else ""


def _policy(css: str, script: str) -> str:
    """Allow exactly our own style and script, and inline widths; no request at all."""

    def digest(text: str) -> str:
        return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src-elem {digest(css)}; style-src-attr 'unsafe-inline';"
        f" script-src {digest(script)}"
    )
