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
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator
from pydantic_core import core_schema

from pkimm_analytics.errors import FeedbackError, PkimmError, Problem
from pkimm_analytics.records import ClosedRecord, Digest, Level, Whole

Role = Literal["operator", "assessor", "vendor", "relying-party", "other"]
WeightVote = Literal["too-low", "right", "too-high"]
Kind = Literal["typo", "unclear", "missing", "weight", "out-of-scope", "idea"]
"""Kinds of comment; ``weight`` disagrees with a weight."""

ROLES, WEIGHTS, KINDS = map(get_args, (Role, WeightVote, Kind))

MODEL = "model"
PROCESS = "process"
"""Elements of comments on the model as a whole, and on the process of assessing."""

RATINGS = ("clarity", "relevance", "difficulty", "usefulness")
"""Fields that rate from 1 (least) to 5 (most)."""

SAYING = (*RATINGS, "weight", "suggested_weight", "minutes", "kind", "text")
"""Fields of which a comment has at least one."""

MAX_TEXT = 20_000
"""Longest text of a comment, in characters: ten pages."""
MAX_MINUTES = 100_000
MAX_WEIGHT = 100

NO_TEXT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no text has."""


@dataclass(frozen=True)
class Form:
    """Form of a text, and what is said of another one."""

    pattern: str
    expected: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Check a text against the form."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        """Publish the form."""
        return {**handler(schema), "pattern": f"^({self.pattern})$"}

    def _check(self, value: str) -> str:
        if re.fullmatch(self.pattern, value):
            return value
        raise ValueError(f"expected {self.expected}")


def _long_text(value: str) -> str:
    if not value.strip():
        raise ValueError("expected text that is not empty")
    if len(value) > MAX_TEXT:
        raise ValueError(f"{len(value):,} characters; expected at most {MAX_TEXT:,}")
    if NO_TEXT.search(value):
        raise ValueError("holds a character that no text has")
    return value


def _day(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        dt.date.fromisoformat(value)
        return value
    raise ValueError("expected a day such as 2026-11-25")


LongText = Annotated[
    str,
    AfterValidator(_long_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"\S"}),
]
CommentId = Annotated[str, Form("[0-9a-f]{32}", "the id of a comment, 32 hexadecimal digits")]
Element = Annotated[
    str,
    Form(
        r"model|process|[GMOR](\.[a-z0-9]+(-[a-z0-9]+)*){0,2}",
        "an element key such as M.key-management, or model, or process",
    ),
]
Edition = Annotated[str, Form(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", "a version such as 2.0.0")]
Round = Annotated[
    str,
    Form("[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "up to 40 letters, digits, dots, dashes, as 2026Q4"),
]
Respondent = Annotated[
    str, Form("[A-Za-z0-9_-]{8,64}", "a pseudonym of 8 to 64 letters and digits")
]


class Comment(ClosedRecord):
    """
    One comment.

    Parameters
    ----------
    round : str
        Round of feedback, such as ``2026Q4``.
    respondent : str
        Random or keyed pseudonym, the same for all comments of one respondent.
    role : str, optional
        One of :data:`ROLES`.
    edition : str
        Version of the model that was commented on.
    digest : str, optional
        Digest of the edition's structure, where it is known.
    element : str
        Element key, or ``model`` or ``process``.
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
    part_of : str, optional
        Id of the comment that this one is a part of, if that was split.
    seconds : int, optional
        How long the submission took, if the form tells. It is no part of the id.
    received : str, optional
        Day, ``YYYY-MM-DD``. It is no part of the id.

    Raises
    ------
    FeedbackError
        If a value is not one of these, or nothing is said at all; every problem is
        listed by its field and none repeats a text.
    """

    ERROR: ClassVar[type[PkimmError]] = FeedbackError

    round: Round
    respondent: Respondent
    role: Role | None = None
    edition: Edition
    digest: Digest | None = None
    element: Element
    clarity: Level | None = None
    relevance: Level | None = None
    weight: WeightVote | None = None
    suggested_weight: Annotated[Whole, Field(ge=1, le=MAX_WEIGHT)] | None = None
    minutes: Annotated[Whole, Field(ge=0, le=MAX_MINUTES)] | None = None
    difficulty: Level | None = None
    usefulness: Level | None = None
    kind: Kind | None = None
    text: LongText | None = None
    part_of: CommentId | None = None
    seconds: Annotated[Whole, Field(ge=0)] | None = None
    received: Annotated[str, AfterValidator(_day)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(getattr(self, name) is None for name in SAYING):
            raise ValueError(f"says nothing; expected one of {', '.join(SAYING)}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Publish the id too, which may be left out."""
        schema = super().__get_pydantic_json_schema__(core_schema, handler)
        says = "Digest of what was said. It may be left out; a wrong one is refused."
        known = {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": says}
        return {**schema, "properties": {"id": known, **schema["properties"]}}

    @cached_property
    def id(self) -> str:
        """Digest of what was said, without the day: the same comment twice is one."""
        said = {n: v for n, v in super().to_json().items() if n not in {"seconds", "received"}}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(b"pkimm/comment/v1\0" + text.encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are there, in the order of the table ``comments``."""
        return {"id": self.id, **super().to_json()}


FIELDS = ("id", *Comment.model_fields)
"""Columns of the table ``comments``, in its order."""


def comment_of(values: Mapping[str, Any]) -> Comment:
    """
    Make a comment of fields by name; an ``id`` that is given must be its own.

    Raises
    ------
    FeedbackError
        If a field is unknown, a value does not fit or the id is another one.
    """
    if not isinstance(values, Mapping):
        raise FeedbackError("The comment was left out.", [Problem("", "expected a mapping")])
    comment = Comment.read({name: v for name, v in values.items() if name != "id"}, "the comment")
    if values.get("id", comment.id) != comment.id:
        raise FeedbackError(
            "The comment is not valid. It was left out.",
            [Problem("id", "is not the digest of the comment; leave it out after a change")],
        )
    return comment
