"""
A part of a page: HTML that Python writes, and what the user does with it.

The browser shows the HTML and reports clicks, choices, texts and files; it computes
nothing. Elements say what they report: ``data-action`` names it, ``data-value`` or
``data-from`` (a selector) gives its value, ``data-drop`` takes files. What is about to
be shown may ask for itself: ``data-load`` reports its action as soon as it is there.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

LOG = logging.getLogger(__name__)
CSV = "text/csv;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Action:
    """What the user did: its name, a value, and the content of a file if there is one."""

    name: str
    value: str = ""
    content: bytes | None = None


class Section(anywidget.AnyWidget):
    """
    HTML on a page.

    Parameters
    ----------
    html : str
        Trusted: whoever writes it has escaped the texts of users.
    on_action : callable, optional
        Called with each :class:`Action`.
    on_defect : callable, optional
        Called if that fails in a way that is no message for users.
    tells_width : bool
        Whether the action ``narrow`` reports if the section is narrower than 560
        pixels, with ``yes`` or ``no``.
    announces : bool
        Whether screen readers read out what appears.
    keeps_address : bool
        Whether the action ``address`` reports what the page's address has behind ``#``,
        at the start and when it changes. :meth:`keep_address` sets it.
    """

    _esm = Path(__file__).with_name("section.js")
    _css = Path(__file__).with_name("section.css")

    html = traitlets.Unicode("").tag(sync=True)
    tells_width = traitlets.Bool(default_value=False).tag(sync=True)
    announces = traitlets.Bool(default_value=False).tag(sync=True)
    keeps_address = traitlets.Bool(default_value=False).tag(sync=True)
    is_private = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self,
        html: str = "",
        *,
        on_action: Callable[[Action], None] | None = None,
        on_defect: Callable[[], None] | None = None,
        tells_width: bool = False,
        announces: bool = False,
        keeps_address: bool = False,
    ) -> None:
        super().__init__(
            html=html, tells_width=tells_width, announces=announces, keeps_address=keeps_address
        )
        self._on_action = on_action
        self._on_defect = on_defect
        self.on_msg(self._receive)

    def offer(self, name: str, media_type: str, content: bytes) -> None:
        """Let the browser save content as a file."""
        self.send({"save": name, "type": media_type}, [content])

    def keep_address(self, text: str) -> None:
        """Set what the address of the page has behind ``#``."""
        self.send({"address": text})

    def clear_fields(self) -> None:
        """Empty the text fields."""
        self.send({"clear": True})

    def focus(self, id_: str) -> None:
        """Move the keyboard focus to an element of the page."""
        self.send({"focus": id_})

    def _receive(self, _widget: Any, message: Any, buffers: Sequence[Any]) -> None:
        if not isinstance(message, Mapping) or "action" not in message:
            return
        content = bytes(buffers[0]) if buffers else None
        action = Action(str(message["action"]), str(message.get("value", "")), content)
        try:
            if self._on_action is not None:
                self._on_action(action)
        except Exception as error:  # noqa: BLE001  # a page that says nothing looks dead
            log_defect(error)
            if self._on_defect is not None:
                self._on_defect()
        finally:
            self.send({"done": message.get("id", 0)})


class PrivateSection(Section):
    """
    HTML on a page that is in no state of the widget.

    It is sent when it changes and when a page asks for it, so that a notebook that is
    saved together with its widgets holds nothing of it.
    """

    def __init__(
        self,
        *,
        on_action: Callable[[Action], None] | None = None,
        on_defect: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(on_action=on_action, on_defect=on_defect)
        self.is_private = True
        self._shown = ""

    @property
    def shown(self) -> str:
        """HTML that is on the page."""
        return self._shown

    def show(self, html: str) -> None:
        """Show HTML; whoever writes it has escaped the texts of users."""
        self._shown = html
        self.send({"html": html})

    def _receive(self, widget: Any, message: Any, buffers: Sequence[Any]) -> None:
        if isinstance(message, Mapping) and message.get("action") == "shown":
            self.send({"html": self._shown})
            self.send({"done": message.get("id", 0)})
            return
        super()._receive(widget, message, buffers)


def log_defect(error: Exception) -> None:
    """Log the kind and the places of an error, but not its message, which may hold answers."""
    places = traceback.extract_tb(error.__traceback__)
    lines = " < ".join(f"{Path(p.filename).name}:{p.lineno} {p.name}" for p in reversed(places))
    LOG.error("%s at %s", type(error).__name__, lines)
