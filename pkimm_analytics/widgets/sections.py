"""
What the pages on private data share: parts that report to them, and messages.
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.widgets.intake import notice
from pkimm_analytics.widgets.section import Action, PrivateSection, Section

DEFECT = "This did not work because of a defect in the program. Nothing was changed."


class Page(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """A page of sections; what goes wrong in one is told in the section of messages."""

    def __init__(self) -> None:
        super().__init__()
        self._messages = self._section(announces=True)

    def _act(self, action: Action) -> None:
        """Do what the user asked for."""
        raise NotImplementedError

    def _section(
        self, html: str = "", *, tells_width: bool = False, announces: bool = False
    ) -> Section:
        return Section(
            html,
            on_action=self._act,
            on_defect=self._report_defect,
            tells_width=tells_width,
            announces=announces,
        )

    def _private(self) -> PrivateSection:
        """Part that quotes what no saved notebook should hold."""
        return PrivateSection(on_action=self._act, on_defect=self._report_defect)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Turn what a user can mend into a message."""
        try:
            work()
        except PkimmError as error:
            self._messages.html = notice(error.message, error.problems)

    def _report_defect(self) -> None:
        self._messages.html = notice(DEFECT)
