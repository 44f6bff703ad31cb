"""
Drive a page without a browser: what the user does, and what was sent.
"""

from __future__ import annotations

from typing import Any

from pkimm_analytics.widgets.page import Page


class Driver:
    """
    A page whose messages are kept.
    """

    def __init__(self, page: Page, address: str = "") -> None:
        self.page, self.sent, self.files = page, [], {}
        page.send = self._send
        self("address", address)

    def _send(self, message: dict[str, Any], buffers: Any = None) -> None:
        self.sent.append(message)
        if "save" in message:
            self.files[message["save"]] = bytes(buffers[0])

    def __call__(self, action: str, value: str = "", key: str = "", content: bytes | None = None):
        """
        Do something, and return the HTML that is shown then.
        """
        message = {"action": action, "value": value, "key": key, "id": 1}
        self.page._receive(None, message, [content] if content is not None else [])
        assert self.sent[-1] == {"done": 1}
        return self.page.shown

    @property
    def said(self) -> str:
        """
        What is said above the page.
        """
        message = self.page.message
        return "" if message is None else " ".join([message.text, *map(str, message.problems)])
