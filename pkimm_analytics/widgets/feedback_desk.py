"""
The desk that takes a respondent's own comments: messages in, answers out.

Comments are added to a feedback place and never changed. Who changes one adds a new
one, and a decision that the old one repeats it; who withdraws one adds a decision that
says so. What is handed in holds what still stands. There is no browser in this file.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.feedback import Comment, Contact, comment_of, dumps, open_feedback
from pkimm_analytics.model import Model
from pkimm_analytics.questionnaire import labels
from pkimm_analytics.widgets.feedback_words import SAID, SCALES, words_document

BY = "respondent"
WITHDRAWN = "withdrawn"

Message = dict[str, Any]
_FIELD_NAMES = {
    **{name: scale.name for name, scale in SCALES.items()},
    "suggested_weight": "weight that you would choose",
    "minutes": "minutes",
    "text": "text",
    "kind": "kind of comment",
    "": "the comment",
}


@dataclass
class FeedbackDesk:
    """
    Takes the comments of whoever answers on this computer.

    Parameters
    ----------
    folder : Path
        Feedback place; created with the first comment.
    today : callable
        Returns the day, for tests.
    """

    folder: Path
    today: Callable[[], dt.date] = field(default=lambda: dt.datetime.now(dt.UTC).date())

    def answer(self, message: Message, model: Model) -> Message:
        """
        Do what a message asks; the answer lists the comments that stand.

        Parameters
        ----------
        message : dict
            ``do``: list, save, withdraw, contact or hand-in, with what that needs.
        model : Model
            Edition that comments are about.
        """
        acts: dict[str, Callable[[Message, Model], Message]] = {
            "list": lambda *_: {},
            "save": self._save,
            "withdraw": self._withdraw,
            "contact": self._contact,
            "hand-in": self._hand_in,
        }
        act = acts.get(str(message.get("do")))
        reply: Message = {
            "type": "feedback",
            "number": message.get("number"),
            "words": words_document(),
            "round": self.round,
        }
        if act is None:
            return reply
        try:
            reply |= act(message, model)
            standing = self.standing()
        except PkimmError as error:
            return {**reply, "problems": _said(error)}
        last = standing[-1] if standing else None
        return {
            **reply,
            "comments": [comment.to_json() for comment in standing],
            "role": last.role if last else None,
        }

    @property
    def round(self) -> str:
        """Round that new comments belong to: the quarter of the day."""
        day = self.today()
        return f"{day.year}Q{(day.month + 2) // 3}"

    def standing(self) -> list[Comment]:
        """Comments that were neither changed nor withdrawn since, oldest first."""
        place = open_feedback(self.folder)
        ended = {id_ for id_, decision in place.current().items() if decision.disposition != "open"}
        return [comment for comment in place.stored() if comment.id not in ended]

    def _save(self, message: Message, model: Model) -> Message:
        given = message.get("comment")
        values = _given(given) if isinstance(given, Mapping) else {}
        element = str(values.get("element", ""))
        if element not in {"model", "process", *model.categories, *model.requirements}:
            return {"problems": ["The model has no such element. Reload the page."]}
        place = open_feedback(self.folder)
        comment = comment_of(
            {
                **{name: values[name] for name in ("role", *SAID) if name in values},
                "element": element,
                "round": self.round,
                "respondent": place.own_respondent(),
                "edition": model.version,
                "digest": model.digest,
                "received": self.today().isoformat(),
            }
        )
        place.append([comment])
        decided = place.current()
        if comment.id in decided and decided[comment.id].disposition != "open":
            place.decide(comment.id, "open", by=BY)  # said again after it was withdrawn
        replaced = message.get("replaces")
        if replaced and replaced != comment.id:
            place.decide(str(replaced), "duplicate", by=BY, duplicate_of=comment.id)
        return {"saved": element, "message": "Saved on this computer."}

    def _withdraw(self, message: Message, _model: Model) -> Message:
        place = open_feedback(self.folder)
        place.decide(str(message.get("id")), "rejected", by=BY, reason=WITHDRAWN)
        return {"message": "Withdrawn."}

    def _contact(self, message: Message, _model: Model) -> Message:
        given = message.get("contact")
        texts = {
            name: str(given.get(name) or "").strip()[:400] if isinstance(given, Mapping) else ""
            for name in ("name", "email", "organization")
        }
        if not any(texts.values()):
            return {"problems": ["There is nothing to keep: all fields are empty."]}
        place = open_feedback(self.folder)
        place.keep_contacts([Contact(respondent=place.own_respondent(), **texts)])
        return {"message": "Kept, apart from your comments."}

    def _hand_in(self, _message: Message, _model: Model) -> Message:
        standing = self.standing()
        if not standing:
            return {"problems": ["There is no comment yet to hand in."]}
        return {"file": {"name": self.file_name, "content": _text(dumps(standing))}}

    @property
    def file_name(self) -> str:
        """Name of the file that is handed in; it says nothing about the respondent."""
        return f"pkimm-feedback-{self.round}.json"


def elements_of(model: Model) -> list[Message]:
    """
    List what a form offers to comment on, module by module.

    Returns
    -------
    list of dict
        Modules with their categories, and those with their requirements; each has key,
        label, name, weight and text.
    """
    short = labels(model)
    return [
        {
            "name": f"{short[module.id]} {module.name}",
            "categories": [
                {
                    "key": category.key,
                    "name": f"{short[category.key]} {category.name}",
                    "weight": category.weight,
                    "text": category.description,
                    "requirements": [
                        {
                            "key": requirement.key,
                            "name": f"{short[requirement.key]} {requirement.title}",
                            "weight": requirement.weight,
                            "text": requirement.guidance,
                        }
                        for requirement in category.requirements
                    ],
                }
                for category in module.categories
            ],
        }
        for module in model.modules
    ]


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was filled in; a blank text is nothing."""
    trimmed = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    return {name: value for name, value in trimmed.items() if value not in (None, "")}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _said(error: PkimmError) -> list[str]:
    return [_problem(problem) for problem in error.problems] or [error.message]


def _problem(problem: Problem) -> str:
    name = _FIELD_NAMES.get(problem.where, problem.where)
    return f"{name}: {problem.message}" if name else problem.message


__all__ = ["BY", "FeedbackDesk", "elements_of"]
