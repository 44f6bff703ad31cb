"""
One assessment: the answers of one PKI use case on one date, against one edition.

Outside it is a canonical JSON document (``*.pkimm.json``): stable key order, only
what was said, and unknown fields kept as they came. Inside it is a tree of frozen
records. Four states are kept apart: *rated*, *unanswered*, *not applicable*
and, in what is published, *suppressed*, which never occurs here. An element
without an entry is unanswered.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Required

from pydantic import BeforeValidator, ConfigDict, Field, GetPydanticSchema, model_validator
from typing_extensions import TypedDict

from pkimm_analytics.errors import AssessmentError, Problem
from pkimm_analytics.model import Edition, Model, mapping_note
from pkimm_analytics.records import (
    AtMost,
    Day,
    ElementKey,
    Flag,
    Form,
    Level,
    Number,
    Record,
    Text,
    Whole,
    Word,
)

MEDIA_TYPE = "application/json"
SUFFIX = ".pkimm.json"
ID_FORM = "at most 80 letters, digits, '.', '_' and '-', beginning with a letter or digit"


class State(StrEnum):
    """State of one answer; *partial* is a mark on a rated one."""

    RATED = "rated"
    UNANSWERED = "unanswered"
    NOT_APPLICABLE = "not_applicable"


class Mode(StrEnum):
    """``self``: levels of categories. ``full``: levels of requirements."""

    SELF = "self"
    FULL = "full"


class Assurance(StrEnum):
    """How the answers came about, and so how far they can be trusted."""

    SELF = "self"
    FORMAL = "formal"
    THIRD_PARTY = "third-party"


ASSURANCE_STRENGTH = {str(assurance): place for place, assurance in enumerate(Assurance)}
"""Which of two assessments of the same quarter counts: the one with the stronger assurance."""

PLAN_PARTS = (
    "objectives",
    "responsibility",
    "schedule",
    "resources",
    "outputs",
    "tasks",
    "comments",
)
"""Parts of an action plan, in the order of the official workbook."""


def _level_in_schema(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema that rated answers have a level and the others none."""
    level = schema["properties"]["level"]["anyOf"][0]
    schema["if"] = {"properties": {"state": {"const": State.RATED}}}
    schema["then"] = {"required": ["level"], "properties": {"level": level}}
    schema["else"] = {"properties": {"level": {"type": "null"}}}


class Rated(Record):
    """What one assessor said before a consensus; `state` only where it is no level."""

    STATED = frozenset({"assessor", "level"})

    assessor: Text = ""
    level: Level | None = None
    state: State | None = None


class Consensus(Record):
    """What several assessors agreed on: who was present, when, and what each had said."""

    STATED = frozenset({"date", "ratings"})
    ERROR = AssessmentError

    present: Annotated[Text, Form(r"\S", "who was present")]
    date: Day | None = None
    ratings: Annotated[tuple[Rated, ...], AtMost(100)] = ()


class Answer(Record):
    """
    The answer to one element.

    Parameters
    ----------
    level : int, optional
        1 to 5, for rated answers only.
    partial : bool
        True if the element applies only in part; it is still rated.
    reason : str
        Why the element does not apply, or applies only in part.
    notes, evidence : str
        Free text; it never leaves the private store.
    set_aside_level : int, optional
        Level that a tool kept for an element that was switched off. Never scored.
    flagged, flag_note
        Whether somebody wants to come back to it, and why.
    evidenced_level : int, optional
        Level that the evidence supports, where it is not the one that was claimed.
    consensus : Consensus, optional
        Where the answer is what several assessors agreed on.
    """

    model_config = ConfigDict(json_schema_extra=_level_in_schema)
    STATED = frozenset({"state"})
    ERROR = AssessmentError

    state: State = State.UNANSWERED
    level: Level | None = None
    partial: Flag = False
    reason: Text = ""
    notes: Text = ""
    evidence: Text = ""
    set_aside_level: Level | None = None
    flagged: Flag = False
    flag_note: Text = ""
    evidenced_level: Level | None = None
    consensus: Consensus | None = None

    @model_validator(mode="after")
    def _level_fits_state(self) -> Answer:
        if (self.state is State.RATED) != (self.level is not None):
            expected = "1 to 5 for a rated answer" if self.level is None else "none unless rated"
            raise AssessmentError("", [Problem("level", f"expected {expected}")])
        return self


def rated(level: int, **details: Any) -> Answer:
    """Return a rated answer of a level, with further fields of :class:`Answer`."""
    return Answer(state=State.RATED, level=level, **details)


def not_applicable(reason: str = "", **details: Any) -> Answer:
    """Return a not applicable answer, with further fields of :class:`Answer`."""
    return Answer(state=State.NOT_APPLICABLE, reason=reason, **details)


UNANSWERED = Answer()

_PLAIN: Mapping[tuple[str, int | None], Answer] = {
    (State.UNANSWERED, None): UNANSWERED,
    (State.NOT_APPLICABLE, None): not_applicable(),
    **{(State.RATED, level): rated(level) for level in range(1, 6)},
}
"""Answers of state and level alone, which most are: made once and shared."""


_PLAIN_TYPES = {int, type(None)}


def _shared(answer: Any) -> Any:
    if type(answer) is not dict:
        return answer
    if "state" not in answer:
        raise AssessmentError("", [Problem("state", "is missing")])
    state, level = answer["state"], answer.get("level")
    if answer.keys() <= {"state", "level"} and type(state) is str and type(level) in _PLAIN_TYPES:
        return _PLAIN.get((state, level), answer)
    return answer


Answers = Annotated[Mapping[ElementKey, Annotated[Answer, BeforeValidator(_shared)]], AtMost(5000)]
"""Answers by element key."""


class UseCase(Record):
    """The PKI use case that was assessed, in the assessor's words."""

    name: Text = ""
    description: Text = ""
    components: Text = ""
    out_of_scope: Text = ""


class Organization(Record):
    """Whose PKI it is. Sector, size, region and role are codes of :mod:`.organization`."""

    name: Text = ""
    parent: Text = ""
    sector: Word | None = None
    size: Word | None = None
    region: Word | None = None
    role: Word | None = None


Position = Annotated[str, GetPydanticSchema(lambda _, made: made(Literal["internal", "external"]))]


class Assessor(Record):
    """Who assessed; `position` is ``internal``, ``external`` or None."""

    name: Text = ""
    position: Position | None = None
    company: Text = ""


class Period(Record):
    """Dates as ``YYYY-MM-DD``; None where not stated. No finish date: still running."""

    start: Day | None = None
    target: Day | None = None
    finish: Day | None = None


class Environment(Record):
    """The PKI environment around the use case."""

    high_level_design: Text = ""
    points_of_interaction: Text = ""


class ExtensionAnswers(Record):
    """Relevance answers of one extension, by element key of the category."""

    id: Annotated[str, Form(r"^[a-z][a-z0-9-]{0,39}$", "the id of an extension such as pqc")]
    version: Annotated[str, Field(max_length=40)]
    digest: Word | None = None
    answers: Answers = Field(default_factory=dict)


Items = Annotated[tuple[Text, ...], AtMost(1000)]


class ActionPlan(Record):
    """What is to be done about one element; each part is a list of items."""

    element: ElementKey
    target_level: Level | None = None
    target_date: Word | None = None
    objectives: Items = ()
    responsibility: Items = ()
    schedule: Items = ()
    resources: Items = ()
    outputs: Items = ()
    tasks: Items = ()
    comments: Items = ()


class Caveat(Record):
    """Something a reader of the scores has to know, such as what the source cannot say."""

    code: Text
    message: Text


class Figure(TypedDict, total=False):
    """Level and score that another tool showed."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    level: Whole | None
    value: Number | None


class Reason(TypedDict, total=False):
    """Why figures may differ."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    code: str
    message: Required[str]


class Tool(TypedDict, total=False):
    """What the source's own tool showed, and why ours may differ."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    overall: Figure | None
    modules: dict[str, Figure | None]
    reasons: list[Reason]


ToolFigures = Annotated[Mapping[str, Any], GetPydanticSchema(lambda _, made: made(Tool))]


class Source(Record):
    """
    Where the assessment came from.

    Parameters
    ----------
    kind : str
        ``workbook-full``, ``web-tool-link-1``, ``csv-long`` and so on.
    detail : str
        One line for the reader, such as the program that wrote the file.
    digest : str, optional
        SHA-256 of the source.
    tool : mapping, optional
        Figures that the source's own tool showed, and ``reasons`` (``code``, ``message``)
        why ours may differ.
    """

    kind: Text = "pkimm"
    detail: Text = ""
    digest: Word | None = None
    tool: ToolFigures | None = None


class Assessment(Record):
    """
    One assessment of one PKI use case against one edition of PKIMM.

    An element without an entry in answers is unanswered. Unknown fields are kept.

    Parameters
    ----------
    model : Edition
        Edition that was answered. Keys of `answers` are its element keys.
    mode : Mode
        ``self`` or ``full``.
    answers : mapping of str to Answer
        By element key of a module (applicability only), category or requirement.
    updated : str, optional
        Time of the last change, ISO 8601.
    """

    FORMAT = "pkimm-assessment/1"
    STATED = frozenset({"id", "model", "mode", "answers"})

    model: Edition
    mode: Mode = Mode.SELF
    id: Annotated[str, Form(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", ID_FORM)] = Field(
        default_factory=lambda: str(uuid.uuid4())
    )
    synthetic: Flag = False
    use_case: UseCase = UseCase()
    organization: Organization = Organization()
    assessor: Assessor = Assessor()
    assurance: Assurance | None = None
    period: Period = Period()
    environment: Environment = Environment()
    answers: Answers = Field(default_factory=dict)
    extensions: Annotated[tuple[ExtensionAnswers, ...], AtMost(50)] = ()
    action_plans: Annotated[tuple[ActionPlan, ...], AtMost(1000)] = ()
    caveats: Annotated[tuple[Caveat, ...], AtMost(1000)] = ()
    source: Source = Source()
    updated: Word | None = None

    @property
    def date(self) -> str | None:
        """Day that the assessment stands for: finished, last changed, or started."""
        stated = (self.period.finish, self.updated, self.period.start)
        return next((day for text in stated if (day := _day(text)) is not None), None)

    def answer(self, key: str) -> Answer:
        """Answer to an element as it was given; unanswered if there is none."""
        return self.answers.get(key, UNANSWERED)

    def with_caveat(self, code: str, message: str) -> Assessment:
        """Return the assessment with one more caveat, unless it has that one."""
        caveat = Caveat(code=code, message=message)
        if caveat in self.caveats:
            return self
        return self.replace(caveats=(*self.caveats, caveat))


def _day(text: str | None) -> str | None:
    """Day of an ISO date or time, None if it is none of the calendar."""
    try:
        return dt.date.fromisoformat((text or "")[:10]).isoformat()
    except ValueError:
        return None


def check(assessment: Assessment, model: Model) -> list[Problem]:
    """List the answers whose element the model does not have."""
    unknown = [key for key in assessment.answers if key not in model.keys]
    found = [
        Problem(f"answers.{key}", f"{model.edition} has no such element; {_near(key, model)}")
        for key in unknown
    ]
    for extension in assessment.extensions:
        found += [
            Problem(f"extensions.{extension.id}.{key}", f"{model.edition} has no such category")
            for key in extension.answers
            if key not in model.categories
        ]
    return found


def carry(assessment: Assessment, source: Model, target: Model) -> Assessment:
    """
    Carry the answers of one edition over to another.

    Equal element keys keep their answer. What `target` lacks is left out and named
    in a caveat; what it adds stays unanswered. Nothing is estimated.
    """
    if source.digest == target.digest:
        return assessment.replace(model=target.edition)
    kept = {key: answer for key, answer in assessment.answers.items() if key in target.keys}
    plans = tuple(plan for plan in assessment.action_plans if plan.element in target.keys)
    moved = assessment.replace(model=target.edition, answers=kept, action_plans=plans)
    moved = moved.replace(
        extensions=tuple(
            e.replace(answers={k: a for k, a in e.answers.items() if k in target.categories})
            for e in assessment.extensions
        ),
    )
    dropped = [key for key in assessment.answers if key not in target.keys]
    if dropped:
        names = ", ".join(source.native_id(key) for key in dropped)
        moved = moved.with_caveat(
            "crosswalk-dropped", f"{target.edition} has no counterpart of {names}: left out."
        )
    added = [key for key in target.categories if key not in source.keys]
    if added:
        names = ", ".join(target.name(key) for key in added)
        moved = moved.with_caveat(
            "crosswalk-added", f"New in {target.edition} and therefore unanswered: {names}."
        )
    note = mapping_note(source, target)
    return moved.with_caveat("crosswalk-by-id", note) if note else moved


def _near(key: str, model: Model) -> str:
    import difflib

    close = difflib.get_close_matches(key, sorted(model.keys), n=1)
    return f"did you mean {close[0]}?" if close else "see: pkimm models show " + model.version
