"""
Where a page takes files and texts in, and how it says what was wrong with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pkimm_analytics.errors import Problem
from pkimm_analytics.widgets.markup import Markup, tag, user

MOST_LISTED = 50
"""Problems of one source that are listed; the rest is counted."""
TOO_LARGE = "more than 8 MB; larger files can be imported with: "


def intake(title: str, *, files: str, kinds: str, text: str, button: str) -> Markup:
    """
    Drop zone, choice of files and a field for pasted text.

    What is dropped or chosen reports as the action ``upload``, one file each, and the
    text as ``paste``.

    Parameters
    ----------
    title : str
        Heading of the part.
    files, kinds : str
        Label of the drop zone, and which files it takes.
    text, button : str
        Label of the field, and of its button.
    """
    drop = tag(
        "div",
        tag("label", files, for_="pk-files"),
        tag("input", type="file", multiple=True, id="pk-files", data_action="upload"),
        tag("p", kinds, class_="pk-soft"),
        class_="pk-drop",
        data_drop=True,
    )
    paste = tag(
        "div",
        tag("label", text, for_="pk-paste"),
        tag("textarea", id="pk-paste", rows="3", spellcheck="false", autocomplete="off"),
        tag("button", button, type="button", data_action="paste", data_from="#pk-paste"),
    )
    return tag(
        "section",
        tag("h2", title, id="pk-add"),
        tag("div", drop, paste, class_="pk-columns"),
        tag("p", class_="pk-soft pk-busy", data_status=True, role="status"),
        class_="pk-panel",
        aria_labelledby="pk-add",
    )


def problem_list(problems: Sequence[Problem]) -> Markup:
    """List problems with their places; nothing if there are none."""
    if not problems:
        return Markup("")
    items = [
        tag("li", tag("b", user(p.where), ": ") if p.where else "", user(p.message))
        for p in problems[:MOST_LISTED]
    ]
    if len(problems) > MOST_LISTED:
        items.append(tag("li", f"and {len(problems) - MOST_LISTED} more"))
    return tag("ul", *items)


def notice(text: str, problems: Sequence[Problem] = (), *, bad: bool = True) -> Markup:
    """Message to the user, with the places of what is wrong."""
    kind = "pk-bad" if bad else "pk-good"
    return tag("div", tag("p", user(text)), problem_list(problems), class_=f"pk-notice {kind}")
