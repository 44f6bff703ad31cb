"""
One comment: what one respondent said about one element of the model, or the process.

A comment may rate (clarity, relevance, weight; for the process its difficulty and
usefulness), say how long it took, and say something in words. Its id is a digest of
what was said, so the same comment imported twice is one. It never holds a name: the
respondent is a pseudonym, and contacts live apart.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem

ROLES = ("operator", "assessor", "vendor", "relying-party", "other")
WEIGHTS = ("too-low", "right", "too-high")
KINDS = ("typo", "unclear", "missing", "weight", "out-of-scope", "idea")
"""Kinds of comment; ``weight`` disagrees with a weight."""

MODEL = "model"
PROCESS = "process"
"""Elements of comments on the model as a whole, and on the process of assessing."""

RATINGS = ("clarity", "relevance", "difficulty", "usefulness")
"""Fields that rate from 1 (least) to 5 (most)."""

MAX_TEXT = 20_000
"""Longest text of a comment, in characters: ten pages."""
MAX_MINUTES = 100_000
MAX_WEIGHT = 100

ELEMENT = r"model|process|[GMOR](\.[a-z0-9]+(-[a-z0-9]+)*){0,2}"
"""Form of what can be commented on."""

_FORMS = {
    "round": r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}",
    "respondent": r"[A-Za-z0-9_-]{8,64}",
    "edition": r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}",
    "digest": r"sha256:[0-9a-f]{64}",
    "element": ELEMENT,
}
_LISTS = {"role": ROLES, "weight": WEIGHTS, "kind": KINDS}
_RANGES = {
    **dict.fromkeys(RATINGS, (1, 5)),
    "minutes": (0, MAX_MINUTES),
    "suggested_weight": (1, MAX_WEIGHT),
}
_EXPECTED = {
    "round": "up to 40 letters, digits, dots and dashes, such as 2026Q4",
    "respondent": "a pseudonym of 8 to 64 letters and digits",
    "edition": "a version such as 2.0.0",
    "digest": "sha256: and 64 hexadecimal digits",
    "element": "an element key such as M.key-management, or model, or process",
}


@dataclass(frozen=True, kw_only=True)
class Comment:
    """
    One comment.

    Parameters
    ----------
    round : str
        Round of feedback, such as ``2026Q4``.
    respondent : str
        Random or keyed pseudonym, the same for all comments of one respondent.
    edition : str
        Version of the model that was commented on.
    element : str
        Element key, or ``model`` or ``process``.
    digest : str, optional
        Digest of the edition's structure, where it is known.
    role : str, optional
        One of :data:`ROLES`.
    clarity, relevance, difficulty, usefulness : int, optional
        1 (least) to 5 (most).
    weight : str, optional
        One of :data:`WEIGHTS`: what the respondent thinks of the element's weight.
    suggested_weight : int, optional
        Weight that the respondent would choose.
    minutes : int, optional
        Effort in minutes.
    kind : str, optional
        One of :data:`KINDS`.
    text : str, optional
        Free text, for analysts only.
    received : str, optional
        Day, ``YYYY-MM-DD``. It is no part of the id.

    Raises
    ------
    FeedbackError
        If a value is not one of these, or nothing is said at all; every problem is
        listed by its field and none repeats a text.
    """

    round: str
    respondent: str
    edition: str
    element: str
    digest: str | None = None
    role: str | None = None
    clarity: int | None = None
    relevance: int | None = None
    weight: str | None = None
    suggested_weight: int | None = None
    minutes: int | None = None
    difficulty: int | None = None
    usefulness: int | None = None
    kind: str | None = None
    text: str | None = None
    received: str | None = None

    def __post_init__(self) -> None:
        problems = problems_of({name: getattr(self, name) for name in FIELDS if name != "id"})
        if problems:
            raise FeedbackError("The comment is not valid. It was left out.", problems)

    @cached_property
    def id(self) -> str:
        """Digest of everything but the day: the same comment twice is one."""
        said = {name: getattr(self, name) for name in FIELDS if name not in {"id", "received"}}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(b"pkimm/comment/v1\0" + text.encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are there, in the order of the table ``comments``."""
        found = ((name, getattr(self, name)) for name in FIELDS)
        return {name: value for name, value in found if value is not None}


FIELDS = (
    "id",
    "round",
    "respondent",
    "role",
    "edition",
    "digest",
    "element",
    "clarity",
    "relevance",
    "weight",
    "suggested_weight",
    "minutes",
    "difficulty",
    "usefulness",
    "kind",
    "text",
    "received",
)
"""Columns of the table ``comments``, in its order."""

REQUIRED = ("round", "respondent", "edition", "element")
SAYING = (*RATINGS, "weight", "suggested_weight", "minutes", "kind", "text")
"""Fields of which a comment has at least one."""


def comment_of(values: Mapping[str, Any]) -> Comment:
    """
    Make a comment of fields by name; an ``id`` that is given must be its own.

    Raises
    ------
    FeedbackError
        If a field is unknown, a value does not fit or the id is another one.
    """
    known = {field.name for field in fields(Comment)}
    unknown = [Problem(str(name)[:40], _UNKNOWN) for name in values if name not in {"id", *known}]
    given = {name: value for name, value in values.items() if name in known}
    found = [*unknown, *problems_of(given)]
    if found:
        raise FeedbackError("The comment is not valid. It was left out.", found)
    comment = Comment(**given)
    if values.get("id", comment.id) != comment.id:
        raise FeedbackError(
            "The comment is not valid. It was left out.",
            [Problem("id", "is not the digest of the comment; leave it out after a change")],
        )
    return comment


_UNKNOWN = "is no field of a comment"


def problems_of(values: Mapping[str, Any]) -> list[Problem]:
    """List everything that keeps values from being a comment, by field."""
    found = [
        Problem(name, f"is missing; expected {_EXPECTED[name]}")
        for name in REQUIRED
        if values.get(name) is None
    ]
    for name, value in values.items():
        message = None if value is None else _problem(name, value)
        if message:
            found.append(Problem(name, message))
    if not found and all(values.get(name) is None for name in SAYING):
        found.append(Problem("", f"says nothing; expected one of {', '.join(SAYING)}"))
    return found


def _problem(name: str, value: Any) -> str | None:
    if name in _FORMS:
        matches = isinstance(value, str) and re.fullmatch(_FORMS[name], value)
        return None if matches else f"expected {_EXPECTED[name]}"
    if name in _LISTS:
        return None if value in _LISTS[name] else f"expected one of {', '.join(_LISTS[name])}"
    if name in _RANGES:
        low, high = _RANGES[name]
        fits = type(value) is int and low <= value <= high
        return None if fits else f"expected a whole number from {low} to {high:,}"
    if name == "text":
        return _problem_of_text(value)
    if name == "received":
        return None if _is_day(value) else "expected a day such as 2026-11-25"
    return None


def _problem_of_text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "expected text that is not empty"
    if len(value) > MAX_TEXT:
        return f"{len(value):,} characters; expected at most {MAX_TEXT:,}"
    return "holds a character that no text has" if not is_text(value) else None


def is_text(value: str) -> bool:
    """Whether a text has neither control characters nor half a surrogate pair."""
    return not NO_TEXT.search(value)


NO_TEXT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
