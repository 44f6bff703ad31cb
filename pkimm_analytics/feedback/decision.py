"""
What the group decided about one comment, and when.

Decisions are never changed: a later one about the same comment stands beside the
earlier one, and the newest counts. A comment without a decision is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, model_validator

from pkimm_analytics.errors import FeedbackError, PkimmError, Problem
from pkimm_analytics.feedback.comment import (
    MAX_WEIGHT,
    CommentId,
    Edition,
    Element,
    Form,
    LongText,
)
from pkimm_analytics.records import ClosedRecord

Disposition = Literal["open", "accepted", "rejected", "duplicate", "split", "done"]
DISPOSITIONS: tuple[str, ...] = get_args(Disposition)

TextField = Literal[
    "name", "description", "guidance", "assessment",
    "level-1", "level-2", "level-3", "level-4", "level-5",
]  # fmt: skip
"""Texts of an element that a decision may change; a requirement's title is its description."""

TEXT_FIELDS: tuple[str, ...] = get_args(TextField)
CHANGES = (*TEXT_FIELDS, "weight")

Manner = Literal["add", "phrase", "text"]
"""How a text changes: a sentence is added, a phrase is replaced, the whole text is replaced."""

Role = Annotated[
    str, Form("[a-z][a-z0-9 -]{1,39}", "a role in small letters, such as chair, not a name")
]
Link = Annotated[str, Form(r"https://[^\s<>\"'`\\]{3,400}", "an address that begins with https://")]

NEEDED = {"rejected": "reason", "duplicate": "duplicate_of", "done": "edition"}
"""Field that a disposition cannot do without."""


def _time(value: str) -> str:
    try:
        if datetime.fromisoformat(value).tzinfo is not None:
            return value
    except ValueError:
        pass
    raise ValueError("expected a time with its zone, ISO 8601")


class Decision(ClosedRecord):
    """
    One decision about one comment.

    Parameters
    ----------
    comment : str
        Id of the comment.
    disposition : str
        One of :data:`DISPOSITIONS`.
    by : str
        Role of who decided, such as ``chair``; never a name.
    at : str
        Time, ISO 8601 with its zone.
    reason : str, optional
        Why; a rejection has one.
    duplicate_of : str, optional
        Id of the comment that a duplicate repeats.
    edition : str, optional
        Edition in which it is done.
    element : str, optional
        Element that the comment is assigned to, if not the one it was made on.
    link : str, optional
        Address of the issue, ``https://``.
    field : str, optional
        What the accepted comment changes: one of :data:`CHANGES`.
    value : str, optional
        New text, or new weight.
    manner : str, optional
        How a text changes, one of :data:`Manner`; ``add`` if left out.
    phrase : str, optional
        Phrase that `value` replaces, for the manner ``phrase``.

    Raises
    ------
    FeedbackError
        If the fields do not fit together; every problem is listed.
    """

    ERROR: ClassVar[type[PkimmError]] = FeedbackError

    comment: CommentId
    disposition: Disposition
    by: Role
    at: Annotated[str, AfterValidator(_time)]
    reason: LongText | None = None
    duplicate_of: CommentId | None = None
    edition: Edition | None = None
    element: Element | None = None
    link: Link | None = None
    field: TextField | Literal["weight"] | None = None
    value: LongText | None = None
    manner: Manner | None = None
    phrase: LongText | None = None

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if problems := [*self._about_state(), *self._about_change()]:
            raise FeedbackError("The decision is not valid. Nothing was decided.", problems)
        return self

    def _about_state(self) -> Iterator[Problem]:
        said = self.disposition
        needed = NEEDED.get(said)
        if needed and getattr(self, needed) is None:
            yield Problem(needed, f"is missing; a comment that is {said} has one")
        if self.duplicate_of is not None and said != "duplicate":
            yield Problem("duplicate_of", "belongs to the disposition duplicate")
        if self.duplicate_of == self.comment:
            yield Problem("duplicate_of", "is the comment itself")

    def _about_change(self) -> Iterator[Problem]:
        if (self.field is None) != (self.value is None):
            yield Problem("value", "a change has both a field and a value")
        if self.field is not None and self.disposition not in {"accepted", "done"}:
            yield Problem("field", "only an accepted comment changes the model")
        if (self.phrase is not None) != (self.manner == "phrase"):
            yield Problem("phrase", "is the phrase that value replaces; manner is then phrase")
        if self.manner is not None and self.field in {None, "weight"}:
            yield Problem("manner", "belongs to a change of a text")
        weight = self.value if re.fullmatch("[1-9][0-9]{0,2}", self.value or "") else None
        if self.field == "weight" and (weight is None or int(weight) > MAX_WEIGHT):
            yield Problem("value", f"expected a whole number from 1 to {MAX_WEIGHT}")


def decision_of(values: Mapping[str, Any]) -> Decision:
    """
    Make a decision of fields by name.

    Raises
    ------
    FeedbackError
        If a field is unknown or missing, or does not fit.
    """
    return Decision.read(values, "the decision")


def describe_decision(decision: Mapping[str, Any]) -> str:
    """
    Say a decision in words.

    Examples
    --------
    >>> describe_decision({"disposition": "done", "edition": "2.1.0"})
    'done in edition 2.1.0'
    """
    said = str(decision["disposition"])
    if said == "done":
        return f"done in edition {decision['edition']}"
    if said == "duplicate":
        return f"duplicate of {decision['duplicate_of']}"
    if said == "rejected":
        return f"rejected: {decision['reason']}"
    return said
