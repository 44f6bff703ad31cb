"""
What the group decided about one comment, and when.

Decisions are never changed: a later one about the same comment stands beside the
earlier one, and the newest counts. A comment without a decision is open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback.comment import ELEMENT, MAX_TEXT, MAX_WEIGHT, is_text

DISPOSITIONS = ("open", "accepted", "rejected", "duplicate", "done")

TEXT_FIELDS = (
    "name",
    "description",
    "guidance",
    "assessment",
    *(f"level-{n}" for n in range(1, 6)),
)
"""Texts of an element that a decision may change; a requirement's title is its description."""

CHANGES = (*TEXT_FIELDS, "weight")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
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

    Raises
    ------
    FeedbackError
        If the fields do not fit together; every problem is listed.
    """

    comment: str
    disposition: str
    by: str
    at: str
    reason: str | None = None
    duplicate_of: str | None = None
    edition: str | None = None
    element: str | None = None
    link: str | None = None
    field: str | None = None
    value: str | None = None

    def __post_init__(self) -> None:
        found = [*_forms(self), *_rules(self)]
        if found:
            raise FeedbackError("The decision is not valid. Nothing was decided.", found)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are there, in the order of the table ``decisions``."""
        found = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {name: value for name, value in found if value is not None}


def decision_of(values: Mapping[str, Any]) -> Decision:
    """
    Make a decision of fields by name.

    Raises
    ------
    FeedbackError
        If a field is unknown or missing, or does not fit.
    """
    known = {item.name for item in fields(Decision)}
    found = [Problem(str(n)[:40], "is no field of a decision") for n in values if n not in known]
    needed = ("comment", "disposition", "by", "at")
    found += [Problem(name, "is missing") for name in needed if values.get(name) is None]
    if found:
        raise FeedbackError("The decision is not valid. Nothing was decided.", found)
    return Decision(**values)


def describe_decision(decision: Mapping[str, Any]) -> str:
    """
    Say a decision in words.

    Examples
    --------
    >>> describe_decision({"disposition": "done", "edition": "2.1.0"})
    'done in edition 2.1.0'
    """
    said = decision["disposition"]
    if said == "done":
        return f"done in edition {decision['edition']}"
    if said == "duplicate":
        return f"duplicate of {decision['duplicate_of']}"
    if said == "rejected":
        return f"rejected: {decision['reason']}"
    return str(said)


NEEDED = {"rejected": "reason", "duplicate": "duplicate_of", "done": "edition"}
"""Field that a disposition cannot do without."""

_ID = (r"[0-9a-f]{32}", "the id of a comment, 32 hexadecimal digits")
_FORMS = {
    "comment": _ID,
    "duplicate_of": _ID,
    "by": (r"[a-z][a-z0-9 -]{1,39}", "a role in small letters, such as chair, not a name"),
    "edition": (r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", "a version such as 2.1.0"),
    "element": (ELEMENT, "an element key such as M.key-management"),
    "link": (r"https://[^\s<>\"'`\\]{3,400}", "an address that begins with https://"),
    "disposition": ("|".join(DISPOSITIONS), "one of " + ", ".join(DISPOSITIONS)),
    "field": ("|".join(CHANGES), "one of " + ", ".join(CHANGES)),
}


def _forms(decision: Decision) -> list[Problem]:
    found = []
    for name, (form, expected) in _FORMS.items():
        value = getattr(decision, name)
        if value is not None and not (isinstance(value, str) and re.fullmatch(form, value)):
            found.append(Problem(name, f"expected {expected}"))
    for name in ("reason", "value"):
        value = getattr(decision, name)
        if value is not None and not _is_long_text(value):
            found.append(Problem(name, f"expected a text of at most {MAX_TEXT:,} characters"))
    if not _is_time(decision.at):
        found.append(Problem("at", "expected a time with its zone, ISO 8601"))
    return found


def _rules(decision: Decision) -> list[Problem]:
    said = decision.disposition
    found = []
    needed = NEEDED.get(said)
    if needed and getattr(decision, needed) is None:
        found.append(Problem(needed, f"is missing; a comment that is {said} has one"))
    if decision.duplicate_of is not None and said != "duplicate":
        found.append(Problem("duplicate_of", "belongs to the disposition duplicate"))
    if decision.duplicate_of == decision.comment:
        found.append(Problem("duplicate_of", "is the comment itself"))
    if (decision.field is None) != (decision.value is None):
        found.append(Problem("value", "a change has both a field and a value"))
    if decision.field is not None and said not in {"accepted", "done"}:
        found.append(Problem("field", "only an accepted comment changes the model"))
    if decision.field == "weight" and not _is_weight(decision.value):
        found.append(Problem("value", f"expected a whole number from 1 to {MAX_WEIGHT}"))
    return found


def _is_weight(value: Any) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"[1-9][0-9]{0,2}", value) is not None
        and int(value) <= MAX_WEIGHT
    )


def _is_long_text(value: Any) -> bool:
    return (
        isinstance(value, str) and value.strip() != "" and len(value) <= MAX_TEXT and is_text(value)
    )


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
