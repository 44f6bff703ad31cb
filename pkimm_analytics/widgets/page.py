"""
A page: HTML that Python writes, and what the user does with it.

The browser shows the HTML and reports clicks, choices, texts and files; it computes
nothing. A page is a list of views plus fields; what it says of an assessment comes from
``views/``. An action called ``keep_plan`` is done by the method ``on_keep_plan``.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import anywidget
import htpy as h

from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.extras import missing_extra
from pkimm_analytics.render.html import fragment, style
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, Language, catalogue, languages

LOG = logging.getLogger(__name__)
HERE = Path(__file__).parent
CSV = "text/csv;charset=utf-8"
DEFECT = "This did not work because of a defect in the program. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Message:
    """What is said above everything else, until the next action."""

    text: str
    problems: tuple[Problem, ...] = ()
    tone: str = "notice"


class Page(anywidget.AnyWidget):
    """
    A page on private data, for Voila, JupyterLab and a notebook cell.

    What is shown is sent as a message and is in no state of the widget, so that a
    notebook that is saved together with its widgets holds nothing of it.

    Attributes
    ----------
    address : dict of str to str
        What the address has behind ``#``: the chosen assessment, tab and so on.
    language : str
        Code of the language that it speaks; the browser says which one was chosen.
    place : str
        Name of the workspace, for the bar.
    """

    _esm = HERE / "page.js"
    _css = style() + (HERE / "page.css").read_text(encoding="utf-8")

    title = "PKI maturity"

    def __init__(self) -> None:
        super().__init__()
        self.address: dict[str, str] = {}
        self.language, self.place = DEFAULT_LANGUAGE, ""
        self.message: Message | None = None
        self.shown = ""
        self.key = ""  # of the control that reported, such as a question
        self.on_msg(self._receive)

    # --- what a page says -----------------------------------------------------------

    def content(self) -> h.Node:
        """Return what the page shows now."""
        raise NotImplementedError

    def show(self) -> None:
        """Show the page anew."""
        self.shown = str(h.fragment[self._said(), self.content()])
        self.send(
            {"html": self.shown, "title": self.title, "frame": frame(self.language, self.place)}
        )

    @property
    def words(self) -> Language:
        """Words of the chosen language."""
        return catalogue(self.language)

    def _said(self) -> h.Node:
        status = h.p(".pk-status", data_status="", role="status")
        if self.message is None:
            return status
        problems = [h.li[str(problem)] for problem in self.message.problems]
        said = h.div(class_=f"pk-{self.message.tone}", role="status")[
            self.message.text, h.ul[problems] if problems else None
        ]
        return [said, status]

    def say(self, text: str, problems: Sequence[Problem] = (), tone: str = "notice") -> None:
        """Say something above the page."""
        self.message = Message(text, tuple(problems), tone)

    # --- what it tells the browser ------------------------------------------------------

    def offer(self, name: str, media_type: str, content: bytes) -> None:
        """Let the browser save content as a file."""
        self.send({"save": name, "type": media_type}, [content])

    def move(self, **parts: str) -> None:
        """Change what the address has behind ``#``; an empty part is left out."""
        self.address = {k: v for k, v in {**self.address, **parts}.items() if v}
        self.send({"address": urlencode(self.address)})

    def go(self, target: str) -> None:
        """Open another page."""
        self.send({"go": target})

    # --- what the browser tells it --------------------------------------------------------

    def on_address(self, value: str, _content: bytes | None) -> None:
        """Take over what the address has behind ``#``."""
        self.address = dict(parse_qsl(value[:4000]))
        language = self.address.pop("language", self.language)
        self.language = language if language in languages() else DEFAULT_LANGUAGE

    def on_move(self, value: str, _content: bytes | None) -> None:
        """Show what a choice says, whose key names its part of the address."""
        self.move(**{self.key: value})

    def _receive(self, _widget: Any, message: Any, buffers: Sequence[Any]) -> None:
        if not isinstance(message, Mapping) or "action" not in message:
            return
        name = str(message["action"])
        act = getattr(self, f"on_{name}", None) if re.fullmatch("[a-z_]{1,40}", name) else None
        content = bytes(buffers[0]) if buffers else None
        self.message, self.key = None, str(message.get("key") or "")
        try:
            if act is not None:
                act(str(message.get("value", "")), content)
            self.show()
        except PkimmError as error:
            self._fail(error.message, error.problems)
        except ModuleNotFoundError as error:
            self._fail(missing_extra(error).message)
        except Exception as error:  # noqa: BLE001  # a page that says nothing looks dead
            log_defect(error)
            self._fail(DEFECT)
        finally:
            self.send({"done": message.get("id", 0)})

    def _fail(self, text: str, problems: Sequence[Problem] = ()) -> None:
        """Say what went wrong; also where the page itself cannot be shown."""
        self.say(text, problems)
        try:
            self.show()
        except Exception as error:  # noqa: BLE001  # said without the page
            log_defect(error)
            self.send({"html": str(h.fragment[self._said()])})


def frame(language: str, place: str = "") -> dict[str, Any]:
    """Return what stands in the bar of all pages."""
    words, names = catalogue(language), ("home", "assess", "results", "benchmark", "feedback")
    return {
        "language": language,
        "languages": dict(languages()),
        "pages": {name: words.word(f"page.{name}") for name in names},
        "stays": words.word("page.stays", place=place) if place else words.word("page.local"),
    }


def import_early(*libraries: str) -> None:
    """Import what the first view of a page needs, so that a kernel that waits has it."""
    for name in libraries:
        import_module(name)


def log_defect(error: Exception) -> None:
    """Log the kind and the places of an error, but not its message, which may hold answers."""
    places = traceback.extract_tb(error.__traceback__)
    lines = " < ".join(f"{Path(p.filename).name}:{p.lineno} {p.name}" for p in reversed(places))
    LOG.error("%s at %s", type(error).__name__, lines)


# --- parts of pages ---------------------------------------------------------------------------


def address_of(page: str, **parts: str) -> str:
    """Address of another page, with what it shall show."""
    return f"{page}.ipynb#{urlencode({k: v for k, v in parts.items() if v})}"


def tabs(names: Mapping[str, str], chosen: str, **address: str) -> h.Element:
    """Tabs of a page: links, so that each has an address."""
    return h.nav(".pk-tabs", aria_label="Parts of this page")[
        (
            h.a(
                href="#" + urlencode({**address, "tab": name}),
                aria_current="page" if name == chosen else None,
            )[label]
            for name, label in names.items()
        )
    ]


def choice(
    name: str,
    label: str,
    options: Mapping[str, str],
    chosen: str,
    *,
    action: str = "",
    moves: str = "",
    is_labelled: bool = True,
) -> h.Element:
    """
    Field to choose one of several.

    With an `action` it reports at once; with `moves` it changes that part of the address.
    """
    report = {"data_action": "move", "data_key": moves} if moves else {}
    report |= {"data_action": action} if action else {}
    box = h.select(id=f"pk-{name}", name=name, aria_label=label, **report)[
        (h.option(value=key, selected=key == chosen)[text] for key, text in options.items())
    ]
    return h.label(".pk-field")[h.span[label], box] if is_labelled else box


def text_field(name: str, label: str, value: str = "", **attributes: str) -> h.Element:
    """Field for one line of text."""
    return h.label(".pk-field")[
        h.span[label], h.input(id=f"pk-{name}", name=name, value=value, **attributes)
    ]


def check_box(name: str, label: str, *, is_on: bool = False, action: str = "") -> h.Element:
    """Box to tick; with an `action` it reports at once."""
    box = h.input(
        type="checkbox", id=f"pk-{name}", name=name, checked=is_on, data_action=action or None
    )
    return h.label(".pk-field")[box, " ", label]


def button(text: str, action: str, value: str = "", **attributes: str) -> h.Element:
    """Button that reports an action; ``data_form`` sends the fields of its form."""
    classes = attributes.pop("class_", "pk-button")
    return h.button(
        class_=classes, type="button", data_action=action, data_value=value, **attributes
    )[text]


def menu(label: str, *content: h.Node, name: str, is_main: bool = False) -> h.Element:
    """Fields that fold out below a button."""
    return h.details(".pk-menu" + (".pk-primary" if is_main else ""), id=f"pk-menu-{name}")[
        h.summary[label], h.div[content]
    ]


def drop_zone(words: str, choose: str, paste: str, take: str = "Import") -> h.Element:
    """Place that takes files by drop or choice, and a pasted link."""
    return h.div(".pk-drop", data_drop="")[
        h.span[words],
        h.input(type="file", id="pk-files", multiple=True, data_action="upload"),
        h.label(for_="pk-files")[choose],
        h.form(".pk-fields", style="margin:0")[
            h.input(id="pk-paste", name="paste", placeholder=paste, aria_label=paste, size="32"),
            button(take, "paste", data_from="#pk-paste"),
        ],
    ]


__all__ = [
    "Page",
    "address_of",
    "button",
    "check_box",
    "choice",
    "drop_zone",
    "fragment",
    "frame",
    "import_early",
    "log_defect",
    "menu",
    "tabs",
    "text_field",
]
