"""
The feedback form: comments on the model and the process, kept on this computer.

A comment is stored before the page says so, and never changed: who changes one adds a new
one, and a decision that the old one repeats it; who withdraws one adds a decision that
says so. The file that is submitted holds what still stands.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback import MODEL, PROCESS, Comment, Contact, comment_of, dumps
from pkimm_analytics.feedback.folder import Feedback, open_feedback
from pkimm_analytics.model import NEWEST, Model, load_model, models
from pkimm_analytics.questionnaire import labels
from pkimm_analytics.widgets.feedback_words import (
    ELEMENT_WORDS,
    FORMS,
    KIND_WORDS,
    ROLE_WORDS,
    SAID,
    SCALES,
    WEIGHT_WORDS,
)
from pkimm_analytics.widgets.page import Page, button, choice, text_field
from pkimm_analytics.workspace import default_workspace

BY = "respondent"
WITHDRAWN = "withdrawn"
WHOLE_NUMBERS = frozenset({*SCALES, "minutes", "suggested_weight"})
UNSAID = {"": "prefer not to say"}


class FeedbackForm(Page):
    """
    A form that takes comments on the model and on the process.

    Parameters
    ----------
    folder : Path or str, optional
        Folder that keeps the comments; ``feedback`` in the workspace if it is not given.
    edition : str
        Version of the model that the form starts with.

    Examples
    --------
    >>> form = FeedbackForm("workspace/feedback")  # doctest: +SKIP
    >>> form.comments  # doctest: +SKIP
    """

    title = "Comment on the model"

    def __init__(self, folder: Path | str | None = None, *, edition: str = NEWEST) -> None:
        super().__init__()
        self._folder = Path(folder) if folder else default_workspace() / "feedback"
        self._model = load_model(edition)
        self._changed = ""  # id of the comment that is being changed
        self._typed: dict[str, str] = {}  # what could not be stored yet

    @property
    def comments(self) -> list[Comment]:
        """Comments that were neither changed nor withdrawn since, oldest first."""
        return standing(open_feedback(self._folder))

    # --- what is shown ------------------------------------------------------------------

    def content(self) -> h.Node:
        """Show what to comment on, the fields, and what was said so far."""
        element = self.address.get("element", MODEL)
        names = elements(self._model)
        element = element if element in names else MODEL
        known = {m.digest: str(m.edition) for m in reversed(models())}
        return [
            h.div(".pk-head")[
                h.div[
                    h.h1["Comment on the model"],
                    h.p["Stored on this computer. Nothing is sent: you submit the file."],
                ]
            ],
            h.div(".pk-fields")[
                choice("element", "About", names, element, action="element"),
                choice("edition", "Edition", known, self._model.digest, action="edition"),
            ],
            self._fields(element),
            self._said_so_far(names),
        ]

    def _fields(self, element: str) -> h.Element:
        asked = FORMS.get(element, FORMS["element"])
        present = next((c for c in self.comments if c.id == self._changed), None)
        values = {} if present is None else {k: v for k, v in present.to_json().items() if v}
        values |= self._typed
        last = self.comments[-1].role if self.comments else None
        kinds = {"": "choose …", **KIND_WORDS}
        return h.form(".pk-card", id="comment")[
            h.p(".pk-notice")["You are changing an earlier comment; saving replaces it."]
            if present
            else None,
            (self._field(name, str(values.get(name) or "")) for name in asked),
            choice("kind", "Kind of comment", kinds, str(values.get("kind") or "")),
            h.label(".pk-field")[
                h.span["Comment"],
                h.textarea(id="pk-text", name="text", rows="4")[str(values.get("text") or "")],
            ],
            choice("role", "Your role", {**UNSAID, **ROLE_WORDS}, str(last or "")),
            h.p(".pk-links")[
                button("Save this comment", "save", data_form="", class_="pk-button pk-primary"),
                button("Leave it as it was", "leave") if present else None,
            ],
        ]

    def _field(self, name: str, value: str) -> h.Node:
        if name in SCALES:
            scale = SCALES[name]
            options = {str(n): f"{n} {word}" for n, word in enumerate(scale.words, 1)}
            return choice(name, scale.question, {**UNSAID, **options}, value)
        if name == "weight":
            asked = choice(name, "Is its weight right?", {**UNSAID, **WEIGHT_WORDS}, value)
            chosen = text_field("suggested_weight", "Weight you would choose", inputmode="numeric")
            return [asked, chosen]
        return text_field(name, "Minutes that it took", value, inputmode="numeric")

    def _said_so_far(self, names: dict[str, str]) -> h.Node:
        said = self.comments
        if not said:
            return None
        items = (
            h.li[
                h.strong[names.get(one.element, one.element)],
                " ",
                one.text or one.kind or "rated",
                " ",
                button("Change", "change", one.id),
                " ",
                button("Withdraw", "withdraw", one.id),
            ]
            for one in said
        )
        return [
            h.div(".pk-card")[h.h3[f"Your comments ({len(said)})"], h.ul[items]],
            h.form(".pk-card")[
                h.h3["Submit"],
                h.p[button("Save the file to submit", "submit", class_="pk-button pk-primary")],
                h.details(id="pk-contact")[
                    h.summary["May the working group ask back?"],
                    h.p(".pk-soft")["A contact is kept apart from the comments."],
                    (text_field(n, n.capitalize()) for n in ("name", "email", "organization")),
                    button("Keep the contact", "contact", data_form=""),
                ],
            ],
        ]

    # --- what the respondent does ---------------------------------------------------------

    def on_element(self, value: str, _content: bytes | None) -> None:
        """Comment on another element."""
        self._changed, self._typed = "", {}
        self.move(element=value)

    def on_edition(self, value: str, _content: bytes | None) -> None:
        """Comment on another edition."""
        self._model = next((m for m in models() if m.digest == value), self._model)

    def on_save(self, value: str, _content: bytes | None) -> None:
        """Store a comment, and what it replaces as repeated by it."""
        typed = {k: v.strip() for k, v in parse_qsl(value) if v.strip()}
        self._typed = typed
        place, today = open_feedback(self._folder), self._today()
        comment = comment_of(
            {
                **{k: _number(k, v) for k, v in typed.items() if k in ("role", *SAID)},
                "element": self.address.get("element", MODEL),
                "round": f"{today.year}Q{(today.month + 2) // 3}",
                "respondent": place.own_respondent(),
                "edition": self._model.version,
                "digest": self._model.digest,
                "received": today.isoformat(),
            }
        )
        place.append([comment])
        decided = place.current()
        if comment.id in decided and decided[comment.id].disposition != "open":
            place.decide(comment.id, "open", by=BY)  # said again after it was withdrawn
        if self._changed and self._changed != comment.id:
            place.decide(self._changed, "duplicate", by=BY, duplicate_of=comment.id)
        self._changed, self._typed = "", {}
        self.say("Saved on this computer.", tone="good")

    def on_change(self, value: str, _content: bytes | None) -> None:
        """Take an earlier comment up again."""
        found = next((c for c in self.comments if c.id == value), None)
        if found is not None:
            self.move(element=found.element)
            self._changed = value

    def on_leave(self, _value: str, _content: bytes | None) -> None:
        """Leave an earlier comment as it was."""
        self._changed, self._typed = "", {}

    def on_withdraw(self, value: str, _content: bytes | None) -> None:
        """Withdraw a comment."""
        place = open_feedback(self._folder)
        place.decide(value, "rejected", by=BY, reason=WITHDRAWN)
        self.say("Withdrawn.", tone="good")

    def on_contact(self, value: str, _content: bytes | None) -> None:
        """Keep who may be asked back, apart from the comments."""
        said = {k: v.strip()[:400] for k, v in parse_qsl(value) if v.strip()}
        if not said:
            self.say("There is nothing to keep: all fields are empty.")
            return
        place = open_feedback(self._folder)
        place.keep_contacts([Contact(respondent=place.own_respondent(), **said)])
        self.say("Kept, apart from your comments.", tone="good")

    def on_submit(self, _value: str, _content: bytes | None) -> None:
        """Save the file with all comments that stand; its name says nothing of who."""
        today = self._today()
        name = f"pkimm-feedback-{today.year}Q{(today.month + 2) // 3}.json"
        self.offer(name, "application/json", dumps(self.comments))
        self.say(f"Saved as {name}. Nothing was sent.", tone="good")

    def _today(self) -> dt.date:
        return dt.datetime.now(dt.UTC).date()


def standing(place: Feedback) -> list[Comment]:
    """Comments that were neither changed nor withdrawn since, oldest first."""
    ended = {id_ for id_, decision in place.current().items() if decision.disposition != "open"}
    return [comment for comment in place.stored() if comment.id not in ended]


def elements(model: Model) -> dict[str, str]:
    """Names of everything that can be commented on, by key."""
    short = labels(model)
    found = {key: ELEMENT_WORDS[key] for key in (MODEL, PROCESS)}
    for key, category in model.categories.items():
        found[key] = f"{short[key]} {category.name}"
        found |= {r.key: f"— {short[r.key]} {r.title}" for r in category.requirements}
    return found


def _number(name: str, text: str) -> Any:
    """Whole numbers as numbers; what is none is refused with its field."""
    if name not in WHOLE_NUMBERS:
        return text
    if not text.isdecimal():
        raise FeedbackError(f"{name.replace('_', ' ')}: expected a whole number.")
    return int(text)


__all__ = ["FeedbackForm"]
