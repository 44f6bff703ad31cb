"""
One assessment: the answers of one PKI use case on one date, against one edition.

Outside it is a canonical JSON document (``*.pkimm.json``): stable key order, only
what was said, and unknown fields kept as they came. Inside it is a tree of frozen
dataclasses. Four states are kept apart: *rated*, *unanswered*, *not applicable*
and, in what is published, *suppressed*, which never occurs here. An element
without an entry is unanswered.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from typing import Any, get_type_hints

from pkimm_analytics.errors import AssessmentError, Problem, SourceFormatError
from pkimm_analytics.files import read_json
from pkimm_analytics.model import Edition, Model, mapping_note
from pkimm_analytics.schemas import violations

FORMAT = "pkimm-assessment/1"
MEDIA_TYPE = "application/json"
SUFFIX = ".pkimm.json"


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """
    The answer to one element.

    Parameters
    ----------
    state : State
        Rated, unanswered or not applicable.
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
    extra : mapping
        Fields of the source that this version does not know; they are written back.
    """

    state: State = State.UNANSWERED
    level: int | None = None
    partial: bool = False
    reason: str = ""
    notes: str = ""
    evidence: str = ""
    set_aside_level: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.state is State.RATED) != (self.level is not None):
            raise AssessmentError("A rated answer has a level from 1 to 5, every other has none.")
        for level in (self.level, self.set_aside_level):
            if level is not None and (type(level) is not int or not 1 <= level <= 5):
                raise AssessmentError(f"Level {level!r} is not a whole number from 1 to 5.")


def rated(level: int, **details: Any) -> Answer:
    """Return a rated answer of a level, with further fields of :class:`Answer`."""
    return Answer(state=State.RATED, level=level, **details)


def not_applicable(reason: str = "", **details: Any) -> Answer:
    """Return a not applicable answer, with further fields of :class:`Answer`."""
    return Answer(state=State.NOT_APPLICABLE, reason=reason, **details)


UNANSWERED = Answer()


@dataclass(frozen=True, kw_only=True, slots=True)
class UseCase:
    """The PKI use case that was assessed, in the assessor's words."""

    name: str = ""
    description: str = ""
    components: str = ""
    out_of_scope: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """Whose PKI it is. Sector, size, region and role are codes of :mod:`.organization`."""

    name: str = ""
    parent: str = ""
    sector: str | None = None
    size: str | None = None
    region: str | None = None
    role: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessor:
    """Who assessed; `position` is ``internal``, ``external`` or None."""

    name: str = ""
    position: str | None = None
    company: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Dates as ``YYYY-MM-DD``; None where not stated. No finish date: still running."""

    start: str | None = None
    target: str | None = None
    finish: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """The PKI environment around the use case."""

    high_level_design: str = ""
    points_of_interaction: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionAnswers:
    """Relevance answers of one extension, by element key of the category."""

    id: str
    version: str
    digest: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionPlan:
    """What is to be done about one element; each part is a list of items."""

    element: str
    target_level: int | None = None
    target_date: str | None = None
    objectives: tuple[str, ...] = ()
    responsibility: tuple[str, ...] = ()
    schedule: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caveat:
    """Something a reader of the scores has to know, such as what the source cannot say."""

    code: str
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
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
        Figures that the source's own tool showed: ``overall`` and ``modules`` with
        ``level`` and ``value``, and ``reasons`` (``code``, ``message``) why ours may
        differ.
    """

    kind: str = "pkimm"
    detail: str = ""
    digest: str | None = None
    tool: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """
    One assessment as a value; change it with :func:`dataclasses.replace`.

    Parameters
    ----------
    model : Edition
        Edition that was answered. Keys of `answers` are its element keys.
    mode : Mode
        ``self`` or ``full``.
    answers : mapping of str to Answer
        By element key of a module (applicability only), category or requirement.
        What has no entry is unanswered.
    updated : str, optional
        Time of the last change, ISO 8601.
    """

    model: Edition
    mode: Mode = Mode.SELF
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    synthetic: bool = False
    use_case: UseCase = UseCase()
    organization: Organization = Organization()
    assessor: Assessor = Assessor()
    assurance: Assurance | None = None
    period: Period = Period()
    environment: Environment = Environment()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    extensions: tuple[ExtensionAnswers, ...] = ()
    action_plans: tuple[ActionPlan, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    source: Source = Source()
    updated: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

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
        return replace(self, caveats=(*self.caveats, caveat))


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
        return replace(assessment, model=target.edition)
    kept = {key: answer for key, answer in assessment.answers.items() if key in target.keys}
    plans = tuple(plan for plan in assessment.action_plans if plan.element in target.keys)
    moved = replace(assessment, model=target.edition, answers=kept, action_plans=plans)
    moved = replace(
        moved,
        extensions=tuple(
            replace(e, answers={k: a for k, a in e.answers.items() if k in target.categories})
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


def to_json(assessment: Assessment) -> dict[str, Any]:
    """Return the canonical document as plain dicts, lists, text and numbers."""
    return {"format": FORMAT, **_document(assessment)}


def dumps(assessment: Assessment) -> bytes:
    """Return the canonical document as UTF-8 JSON, the same bytes for the same assessment."""
    text = json.dumps(to_json(assessment), ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode()


def loads(content: bytes, name: str = "assessment") -> Assessment:
    """
    Read a canonical document.

    Parameters
    ----------
    content : bytes
        UTF-8 JSON.
    name : str
        How to call the source in messages.

    Raises
    ------
    SourceFormatError
        If it is not JSON or breaks the published schema; every problem is listed.
    """
    document = read_json(content, name)
    found = list(violations("assessment", document))
    if found:
        raise SourceFormatError(
            f"{name} is not a valid {FORMAT} document: {len(found)} problem(s)."
            " Nothing was imported.",
            [Problem(".".join(map(str, path)) or name, message) for path, message in found],
        )
    document.pop("format")
    assessment: Assessment = _build(Assessment, document)
    return assessment


def _near(key: str, model: Model) -> str:
    import difflib

    close = difflib.get_close_matches(key, sorted(model.keys), n=1)
    return f"did you mean {close[0]}?" if close else "see: pkimm models show " + model.version


def _document(value: Any) -> Any:
    """Turn a dataclass into a document: defaults left out, unknown fields put back."""
    if isinstance(value, str | int | float | None):
        return str(value) if isinstance(value, StrEnum) else value
    if isinstance(value, Mapping):
        return {key: _document(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_document(entry) for entry in value]
    result: dict[str, Any] = {}
    for item in fields(value):
        entry = getattr(value, item.name)
        if item.name != "extra" and (_always(value, item.name) or entry != _default(item)):
            result[item.name] = _document(entry)
    return result | _document(getattr(value, "extra", {}))


def _always(value: Any, name: str) -> bool:
    return name in {"id", "model", "mode", "state", "answers"} and not (
        name == "answers" and isinstance(value, ExtensionAnswers) and not value.answers
    )


def _default(item: Any) -> Any:
    if item.default is not MISSING:
        return item.default
    return item.default_factory() if item.default_factory is not MISSING else MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, document: Any) -> Any:
    """Build a dataclass from a document that met the schema."""
    hints = _hints(kind)
    known = {}
    for name, entry in document.items():
        if name in hints and name != "extra":
            known[name] = _convert(kind, name, entry)
    if "extra" in hints:
        known["extra"] = {name: entry for name, entry in document.items() if name not in known}
    return kind(**known)


_NESTED: Mapping[str, Any] = {
    "model": Edition,
    "use_case": UseCase,
    "organization": Organization,
    "assessor": Assessor,
    "period": Period,
    "environment": Environment,
    "source": Source,
}
_LISTS: Mapping[str, Any] = {
    "extensions": ExtensionAnswers,
    "action_plans": ActionPlan,
    "caveats": Caveat,
}
_CODES: Mapping[str, Any] = {"mode": Mode, "assurance": Assurance, "state": State}


def _convert(kind: type, name: str, entry: Any) -> Any:
    if entry is None:
        return None
    if name in _NESTED and kind is Assessment:
        return _build(_NESTED[name], entry)
    if name in _LISTS and kind is Assessment:
        return tuple(_build(_LISTS[name], item) for item in entry)
    if name == "answers":
        return {key: _answer(answer) for key, answer in entry.items()}
    if name in _CODES:
        return _CODES[name](entry)
    if name in {"level", "set_aside_level", "target_level", "requirements"}:
        return int(entry)
    return tuple(entry) if isinstance(entry, list) and kind is ActionPlan else entry


def _answer(document: Mapping[str, Any]) -> Answer:
    """Build an answer; those of state and level alone are shared, for there are few."""
    if document.keys() <= {"state", "level"} and type(document.get("level", 0)) is int:
        return _plain_answer(document["state"], document.get("level"))
    answer: Answer = _build(Answer, document)
    return answer


@cache
def _plain_answer(state: str, level: int | None) -> Answer:
    return Answer(state=State(state), level=level)
