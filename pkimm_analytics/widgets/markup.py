"""
HTML that is safe by default: every text is escaped unless it is markup of ours.

Tables carry a caption, header cells with a scope, and a frame that the keyboard can
scroll.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence


class Markup(str):
    """HTML of ours; any other text is escaped where it is put into some."""

    __slots__ = ()


def esc(value: object) -> Markup:
    """
    Escape a text; leave markup as it is.

    Examples
    --------
    >>> esc('<img src=x onerror="alert(1)">')
    '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    return value if isinstance(value, Markup) else Markup(html.escape(str(value), quote=True))


def user(value: object) -> Markup:
    """Escape a text of a user and keep its writing direction to itself."""
    return Markup(f"<bdi>{esc(value)}</bdi>")


def joined(parts: Iterable[object], between: str = "") -> Markup:
    """Join parts into one, each escaped if need be."""
    return Markup(between.join(esc(part) for part in parts))


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """
    Write an element.

    Underscores in attributes become hyphens, ``class_`` is ``class``; None and False
    leave an attribute out, True writes its name only.

    Examples
    --------
    >>> tag("p", "a < b", class_="pk-soft", data_value=3, hidden=False)
    '<p class="pk-soft" data-value="3">a &lt; b</p>'
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{esc(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in {"input", "br", "hr"}:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(content)}</{name}>")


def data_table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    id_: str,
    numeric: Collection[str] = (),
    texts: Collection[str] = (),
) -> Markup:
    """
    Write a table whose first column names the rows.

    Parameters
    ----------
    caption : str
    columns : sequence of str
        Headings.
    rows : iterable of sequence
        Cells; text is escaped.
    id_ : str
        Unique on the page.
    numeric : collection of str
        Headings of columns that are set right.
    texts : collection of str
        Headings of columns whose text may take several lines.
    """
    kinds = {**dict.fromkeys(numeric, "pk-number"), **dict.fromkeys(texts, "pk-text")}
    classes = [kinds.get(column) for column in columns]
    head = tag(
        "tr",
        *(tag("th", c, scope="col", class_=k) for c, k in zip(columns, classes, strict=True)),
    )
    body = joined(
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_=k) for cell, k in zip(row[1:], classes[1:], strict=True)),
        )
        for row in rows
    )
    table = tag(
        "table",
        tag("caption", tag("span", caption), id=f"{id_}-caption"),
        tag("thead", head),
        tag("tbody", body),
        class_="pk-table",
    )
    return scrolled(table, id_=id_, label=f"{id_}-caption")


def scrolled(content: Markup, *, id_: str, label: str) -> Markup:
    """Frame that scrolls by mouse, finger and keyboard; `label` is the id of its name."""
    return tag(
        "div",
        content,
        class_="pk-scroll",
        id=id_,
        role="region",
        aria_labelledby=label,
        tabindex="0",
    )
