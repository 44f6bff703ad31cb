"""
The feedback form as one widget, for a notebook cell, JupyterLab and Voila.

The browser draws the form; the desk behind it stores each comment before the page says
that it is saved. Comments stay on this computer until the respondent hands in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget

from pkimm_analytics.feedback import Comment
from pkimm_analytics.model import NEWEST, Model, load_model, models
from pkimm_analytics.widgets.feedback_desk import FeedbackDesk, elements_of
from pkimm_analytics.workspace import default_workspace

HERE = Path(__file__).parent
SCRIPTS = (
    "feedback_page/dom.js",
    "feedback_page/state.js",
    "feedback_page/panel.js",
    "feedback_page/form.js",
)
STYLES = ("../render/tokens.css", "feedback_page/feedback.css")

Message = dict[str, Any]


class FeedbackForm(anywidget.AnyWidget):
    """
    A form that takes comments on the model and on the process.

    Parameters
    ----------
    folder : Path or str, optional
        Feedback place that keeps the comments; ``feedback`` in the workspace if it is
        not given.
    edition : str
        Version of the model that the form starts with.

    Examples
    --------
    >>> form = FeedbackForm("workspace/feedback")  # doctest: +SKIP
    >>> form.comments  # doctest: +SKIP
    """

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = "\n".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)

    def __init__(self, folder: Path | str | None = None, *, edition: str = NEWEST) -> None:
        super().__init__()
        self._desk = FeedbackDesk(Path(folder) if folder else default_workspace() / "feedback")
        self._model = load_model(edition)
        self.on_msg(self._receive)

    @property
    def comments(self) -> list[Comment]:
        """Comments that were neither changed nor withdrawn since, oldest first."""
        return self._desk.standing()

    def _receive(self, _widget: Any, message: Message, _buffers: Any) -> None:
        answers: dict[str, Callable[[Message], Message]] = {
            "hello": lambda _: self._opened(),
            "edition": self._choose,
            "feedback": self._feedback,
        }
        answer = answers.get(str(message.get("type")))
        if answer is not None:
            self.send({"client": message.get("client"), **answer(message)})

    def _choose(self, message: Message) -> Message:
        self._model = self._edition(message.get("edition"))
        return self._opened()

    def _feedback(self, message: Message) -> Message:
        return self._desk.answer(message, self._edition(message.get("edition")))

    def _edition(self, digest: Any) -> Model:
        found = [model for model in models() if model.digest == digest]
        return load_model(found[-1].version, found[-1].digest) if found else self._model

    def _opened(self) -> Message:
        newest_words = {model.digest: model for model in models()}
        return {
            "type": "opened",
            "editions": [
                {"digest": model.digest, "name": str(model.edition)}
                for model in list(newest_words.values())[::-1]
            ],
            "edition": self._model.digest,
            "elements": elements_of(self._model),
            "feedback": self._desk.answer({"do": "list"}, self._model),
        }


__all__ = ["FeedbackForm"]
