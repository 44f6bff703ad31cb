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
from pkimm_analytics.feedback import (
    KINDS,
    MODEL,
    PROCESS,
    RATINGS,
    ROLES,
    WEIGHTS,
    Comment,
    Contact,
    comment_of,
    dumps,
)
from pkimm_analytics.feedback.folder import Feedback, open_feedback
from pkimm_analytics.model import NEWEST, load_model, models
from pkimm_analytics.quarters import running_quarter
from pkimm_analytics.questionnaire import labels
from pkimm_analytics.views.feedback import FeedbackVoice
from pkimm_analytics.widgets.page import Page, button, choice, text_field
from pkimm_analytics.workspace import default_workspace

BY = "respondent"
WITHDRAWN = "withdrawn"
NUMBERS = (*RATINGS, "minutes", "suggested_weight")
ASKED = {
    "element": ("clarity", "relevance", "weight", "difficulty", "minutes"),
    MODEL: ("clarity", "relevance", "usefulness"),
    PROCESS: ("minutes", "difficulty", "usefulness"),
}
"""Fields that are asked about an element, the whole model, and the process."""


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

    def __init__(self, folder: Path | str | None = None, *, edition: str = NEWEST) -> None:
        super().__init__()
        self._folder = Path(folder) if folder else default_workspace() / "feedback"
        self._model = load_model(edition)
        self._changed = ""  # id of the comment that is being changed
        self._typed: dict[str, str] = {}  # what could not be stored yet

    @property
    def _voice(self) -> FeedbackVoice:
        return FeedbackVoice(self._model, self.language)

    def _word(self, key: str, **values: object) -> str:
        return self.words.word(f"feedback.{key}", **values)

    @property
    def comments(self) -> list[Comment]:
        """Comments that were neither changed nor withdrawn since, oldest first."""
        return standing(open_feedback(self._folder))

    # --- what is shown ------------------------------------------------------------------

    def content(self) -> h.Node:
        """Show what to comment on, the fields, and what was said so far."""
        self.title = self._word("form")
        names = elements(self._voice)
        element = self.address.get("element", MODEL)
        element = element if element in names else MODEL
        known = {m.digest: str(m.edition) for m in reversed(models())}
        edition, word = self._model.digest, self._word
        return [
            h.div(".pk-head")[h.div[h.h1[word("form")], h.p[word("form.stored")]]],
            h.div(".pk-fields")[
                choice("element", word("form.about"), names, element, action="element"),
                choice("edition", word("form.edition"), known, edition, action="edition"),
            ],
            self._fields(element),
            self._said_so_far(names),
        ]

    def _fields(self, element: str) -> h.Element:
        said, word = self.comments, self._word
        present = next((c for c in said if c.id == self._changed), None)
        values = {} if present is None else {k: str(v) for k, v in present.to_json().items() if v}
        values |= self._typed
        roles = {"": word("form.unsaid"), **self._voice.words_of("role", ROLES)}
        kinds = {"": word("form.choose"), **self._voice.words_of("comment", KINDS)}
        role = (said[-1].role if said else None) or ""
        return h.form(".pk-card", id="comment")[
            h.p(".pk-notice")[word("form.changing")] if present else None,
            (self._field(n, values.get(n, "")) for n in ASKED.get(element, ASKED["element"])),
            choice("kind", word("form.kind"), kinds, values.get("kind", "")),
            h.label(".pk-field")[
                h.span[word("form.text")],
                h.textarea(id="pk-text", name="text", rows="4")[values.get("text", "")],
            ],
            choice("role", word("form.role"), roles, role),
            h.p(".pk-links")[
                button(word("form.save"), "save", data_form="", class_="pk-button pk-primary"),
                button(word("form.leave"), "leave") if present else None,
            ],
        ]

    def _field(self, name: str, value: str) -> h.Node:
        asked = self._word(f"ask.{name}")
        if name == "minutes":
            return text_field(name, asked, value, inputmode="numeric")
        if name == "weight":
            options = self._voice.words_of("weight", WEIGHTS)
        else:
            steps = self._word(f"steps.{name}").split(" | ")
            options = {str(n): f"{n} {step}" for n, step in enumerate(steps, 1)}
        box = choice(name, asked, {"": self._word("form.unsaid"), **options}, value)
        chosen = self._word("ask.suggested_weight")
        more = text_field("suggested_weight", chosen, inputmode="numeric")
        return [box, more if name == "weight" else None]

    def _said_so_far(self, names: dict[str, str]) -> h.Node:
        said, word = self.comments, self._word
        if not said:
            return None
        items = (
            h.li[
                h.strong[names.get(one.element, one.element)],
                f" {one.text or one.kind or word('form.rated')} ",
                button(word("form.change"), "change", one.id),
                " ",
                button(word("form.withdraw"), "withdraw", one.id),
            ]
            for one in said
        )
        return [
            h.div(".pk-card")[h.h3[word("form.yours", n=len(said))], h.ul[items]],
            h.form(".pk-card")[
                h.h3[word("form.submit")],
                h.p[button(word("form.save_file"), "submit", class_="pk-button pk-primary")],
                h.details(id="pk-contact")[
                    h.summary[word("form.ask_back")],
                    h.p(".pk-soft")[word("form.contact_apart")],
                    (text_field(n, word(f"form.{n}")) for n in ("name", "email", "organization")),
                    button(word("form.keep_contact"), "contact", data_form=""),
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
        self._typed = {k: v.strip() for k, v in parse_qsl(value) if v.strip()}
        place, model = open_feedback(self._folder), self._model
        fields = ("role", "weight", "kind", "text", *NUMBERS)
        comment = comment_of(
            {
                **{k: self._value(k, v) for k, v in self._typed.items() if k in fields},
                "element": self.address.get("element", MODEL),
                "round": running_quarter(),
                "respondent": place.own_respondent(),
                "edition": model.version,
                "digest": model.digest,
                "received": dt.datetime.now(dt.UTC).date().isoformat(),
            }
        )
        place.append([comment])
        decided = place.current()
        if comment.id in decided and decided[comment.id].disposition != "open":
            place.decide(comment.id, "open", by=BY)  # said again after it was withdrawn
        if self._changed and self._changed != comment.id:
            place.decide(self._changed, "duplicate", by=BY, duplicate_of=comment.id)
        self._changed, self._typed = "", {}
        self.say(self._word("form.saved"), tone="good")

    def _value(self, name: str, text: str) -> Any:
        """Whole numbers as numbers; what is none is refused with its field."""
        if name not in NUMBERS:
            return text
        if not text.isdecimal():
            raise FeedbackError(self._word("form.no_number", field=self._word(f"ask.{name}")))
        return int(text)

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
        open_feedback(self._folder).decide(value, "rejected", by=BY, reason=WITHDRAWN)
        self.say(self._word("form.withdrawn"), tone="good")

    def on_contact(self, value: str, _content: bytes | None) -> None:
        """Keep who may be asked back, apart from the comments."""
        said = {k: v.strip()[:400] for k, v in parse_qsl(value) if v.strip()}
        if not said:
            self.say(self._word("form.no_contact"))
            return
        place = open_feedback(self._folder)
        place.keep_contacts([Contact(respondent=place.own_respondent(), **said)])
        self.say(self._word("form.kept"), tone="good")

    def on_submit(self, _value: str, _content: bytes | None) -> None:
        """Save the file with all comments that stand; its name says nothing of who."""
        name = f"pkimm-feedback-{running_quarter()}.json"
        self.offer(name, "application/json", dumps(self.comments))
        self.say(self._word("form.file_saved", name=name), tone="good")


def standing(place: Feedback) -> list[Comment]:
    """Comments that were neither changed nor withdrawn since, oldest first."""
    ended = {id_ for id_, decision in place.current().items() if decision.disposition != "open"}
    return [comment for comment in place.stored() if comment.id not in ended]


def elements(voice: FeedbackVoice) -> dict[str, str]:
    """Names of everything that can be commented on, by key."""
    short = labels(voice.model)
    found = voice.words_of("element", (MODEL, PROCESS))
    for key, category in voice.model.categories.items():
        found[key] = f"{short[key]} {voice.name(key)}"
        found |= {r.key: f"— {short[r.key]} {r.title}" for r in category.requirements}
    return found
