"""
One change to one assessment, as plain data: what was there, and what shall be.

An edit says which fields of one **target** it changes, the values that its author
saw before, and the new ones. It is applied only where the author saw what is there
now, so two people who change the same field are told, and nobody is overwritten.
Applying an edit twice changes nothing, so one that may have been lost is sent again.

Targets are places of answers (element keys, ``pqc:G.strategy-and-vision``) and the
parts of the scope: ``assessment``, ``use_case``, ``organization``, ``assessor``,
``period``, ``environment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    Assurance,
    ExtensionAnswers,
    State,
)
from pkimm_analytics.errors import AssessmentError, Problem, UnknownEditionError
from pkimm_analytics.model import Model, load_extension
from pkimm_analytics.organization import ATTRIBUTES

MAX_TEXT = 20_000
"""Longest text of one field: ten pages, far more than an answer needs."""

SCOPE = ("use_case", "organization", "assessor", "period", "environment")
LEVEL_FIELDS = ("level", "set_aside_level", "evidenced_level")
FLAGS = ("partial", "flagged")
REASONED = frozenset({"state", "partial", "reason"})

EXTRA_FIELDS: Mapping[str, Any] = {
    "flagged": False,
    "flag_note": "",
    "evidenced_level": None,
    "consensus": None,
}
"""Fields of an answer that are ours and not yet part of the format, with their defaults."""

ANSWER_FIELDS: Mapping[str, Any] = {
    "state": "unanswered",
    "level": None,
    "partial": False,
    "reason": "",
    "notes": "",
    "evidence": "",
    "set_aside_level": None,
    **EXTRA_FIELDS,
}
"""Every field of an answer that an edit may change, with its default."""


@dataclass(frozen=True, slots=True)
class Edit:
    """
    One change.

    Parameters
    ----------
    target : str
        What is changed.
    before, after : mapping
        Values by field; a field that `before` leaves out had its default.
    """

    target: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else changed the fields of an edit: what was wanted, and what is there."""

    edit: Edit
    present: Mapping[str, Any]


def values(assessment: Assessment, target: str) -> dict[str, Any]:
    """
    Values of a target by field; fields with their default are left out.

    Raises
    ------
    AssessmentError
        If there is no such target.
    """
    if target in SCOPE:
        part = getattr(assessment, target)
        shown = {name: getattr(part, name) for name in type(part).model_fields}
        return {name: value for name, value in shown.items() if value not in (None, "")}
    if target == "assessment":
        result: dict[str, Any] = {}
        if assessment.assurance:
            result["assurance"] = str(assessment.assurance)
        if assessment.extensions:
            result["extensions"] = [e.id for e in assessment.extensions]
        if assessment.extra.get("present"):
            result["present"] = assessment.extra["present"]
        return result
    return answer_values(_find(assessment, target))


def answer_values(answer: Answer) -> dict[str, Any]:
    """Values of an answer by field; fields with their default are left out."""
    result = {}
    for name, default in ANSWER_FIELDS.items():
        value = answer.extra.get(name, default) if name in EXTRA_FIELDS else getattr(answer, name)
        if value != default:
            result[name] = str(value) if name == "state" else value
    return result


def targets(assessment: Assessment) -> list[str]:
    """Every target that holds something other than defaults, or may."""
    relevance = [f"{e.id}:{key}" for e in assessment.extensions for key in e.answers]
    return ["assessment", *SCOPE, *assessment.answers, *relevance]


def changed_targets(one: Assessment, other: Assessment) -> list[str]:
    """Targets whose values differ between two assessments."""
    every = dict.fromkeys([*targets(one), *targets(other)])
    return [target for target in every if values(one, target) != values(other, target)]


def conflict(assessment: Assessment, edit: Edit) -> Conflict | None:
    """Tell whether a field of the edit is neither what its author saw nor what is wanted."""
    present = values(assessment, edit.target)
    for name, wanted in edit.after.items():
        there = _plain(present.get(name, _default(name)))
        seen = _plain(edit.before.get(name, _default(name)))
        if there not in (_plain(wanted), seen):
            return Conflict(edit, {field: present.get(field) for field in edit.after})
    return None


def invert(before: Assessment, after: Assessment, target: str) -> Edit:
    """Return the edit that takes a target back to what it was."""
    old, new = values(before, target), values(after, target)
    names = [n for n in {**old, **new} if old.get(n, _default(n)) != new.get(n, _default(n))]
    if "state" in names:  # a change of state sets a level aside unless it is told otherwise
        names = list(dict.fromkeys([*names, "set_aside_level"]))
    return Edit(
        target,
        before={name: new.get(name, _default(name)) for name in names},
        after={name: old.get(name, _default(name)) for name in names},
    )


def apply(assessment: Assessment, edit: Edit, model: Model) -> Assessment:
    """
    Apply an edit.

    Parameters
    ----------
    assessment : Assessment
        It is not changed.
    edit : Edit
        Only `target` and `after` count here; see :func:`conflict` for `before`.
    model : Model
        Edition of the assessment.

    Raises
    ------
    AssessmentError
        If the target or a field does not exist, a value is not allowed, or a reason
        is missing; every problem is listed and nothing is applied.
    """
    after, problems = _checked(edit)
    if problems:
        raise AssessmentError("The change was not applied.", problems)
    if edit.target in SCOPE:
        part = getattr(assessment, edit.target).replace(**after)
        changes: dict[str, Any] = {edit.target: part}
        return assessment.replace(**changes)
    if edit.target == "assessment":
        return _apply_to_whole(assessment, after, model)
    return _apply_to_answer(assessment, edit.target, after, model)


def _apply_to_whole(assessment: Assessment, after: Mapping[str, Any], model: Model) -> Assessment:
    if "assurance" in after:
        named = after["assurance"]
        assessment = assessment.replace(assurance=Assurance(named) if named else None)
    if "present" in after:
        extra = {k: v for k, v in assessment.extra.items() if k != "present"}
        present = {"present": after["present"]} if after["present"] else {}
        assessment = assessment.replace(extra=extra | present)
    if "extensions" in after:
        known = {e.id: e for e in assessment.extensions}
        wanted = [known.get(id_) or _enabled(id_, model) for id_ in after["extensions"] or ()]
        left = [e for e in assessment.extensions if e not in wanted and e.answers]
        if left:
            raise AssessmentError(
                f"Extension {left[0].id} has answers. Clear them before you switch it off."
            )
        assessment = assessment.replace(extensions=tuple(wanted))
    return assessment


def _enabled(id_: str, model: Model) -> ExtensionAnswers:
    try:
        extension = load_extension(id_, model=model.version)
    except UnknownEditionError as error:
        raise AssessmentError(error.message) from None
    return ExtensionAnswers(id=extension.id, version=extension.version, digest=extension.digest)


def _apply_to_answer(
    assessment: Assessment, target: str, after: Mapping[str, Any], model: Model
) -> Assessment:
    extension, _, key = target.rpartition(":")
    if key not in (model.categories if extension else model.keys):
        raise AssessmentError(f"{model.edition} has no such element.")
    if not extension and "." not in key and after.get("level"):
        raise AssessmentError("A module has no level of its own; rate its categories.")
    changed = _changed(_find(assessment, target), after)
    if not extension:
        return assessment.replace(answers=_put(assessment.answers, key, changed))
    if extension not in {e.id for e in assessment.extensions}:
        raise AssessmentError(f"Extension {extension} is not switched on in this assessment.")
    return assessment.replace(
        extensions=tuple(
            e.replace(answers=_put(e.answers, key, changed)) if e.id == extension else e
            for e in assessment.extensions
        ),
    )


def _changed(answer: Answer, after: Mapping[str, Any]) -> Answer:
    """Change an answer; a level that is switched off is set aside, never scored."""
    ours = {name: value for name, value in after.items() if name in EXTRA_FIELDS}
    extra = {k: v for k, v in answer.extra.items() if k not in ours}
    extra |= {k: v for k, v in ours.items() if v != EXTRA_FIELDS[k]}
    changes: dict[str, Any] = {k: v for k, v in after.items() if k not in EXTRA_FIELDS}
    if "state" in changes:
        changes["state"] = State(changes["state"])
        if changes["state"] is State.NOT_APPLICABLE:
            changes = {"set_aside_level": answer.level or answer.set_aside_level} | changes
            changes["partial"] = False
        elif changes["state"] is State.RATED:
            changes = {"set_aside_level": None} | changes
    changed = answer.replace(extra=extra, **changes)
    needs_reason = changed.state is State.NOT_APPLICABLE or changed.partial
    if needs_reason and not changed.reason.strip() and REASONED & after.keys():
        what = "partially applicable" if changed.partial else "not applicable"
        raise AssessmentError(f"Say why this is {what}.")
    return changed


def _put(answers: Mapping[str, Answer], key: str, answer: Answer) -> dict[str, Answer]:
    result = {**answers, key: answer}
    if answer == UNANSWERED:
        del result[key]
    return result


def _find(assessment: Assessment, target: str) -> Answer:
    extension, _, key = target.rpartition(":")
    if not extension:
        return assessment.answer(key)
    found = next((e for e in assessment.extensions if e.id == extension), None)
    return UNANSWERED if found is None else found.answers.get(key, UNANSWERED)


# --- what an edit may say --------------------------------------------------------


def _plain(value: Any) -> Any:
    """Nothing is nothing, however a field writes it: no text, no list, not set."""
    return value or None


def _default(name: str) -> Any:
    return {**ANSWER_FIELDS, "assurance": None, "extensions": []}.get(name, "")


def _checked(edit: Edit) -> tuple[dict[str, Any], list[Problem]]:
    """Check each value of an edit and bring it to the form that is stored."""
    allowed = _fields_of(edit.target)
    result: dict[str, Any] = {}
    problems = []
    for name, value in edit.after.items():
        try:
            if name not in allowed:
                raise AssessmentError("there is no such field here")
            result[name] = allowed[name](value)
        except AssessmentError as error:
            problems.append(Problem(f"{edit.target}.{name}"[:120], error.message))
    return result, problems


def _fields_of(target: str) -> Mapping[str, Any]:
    if target == "assessment":
        return {"assurance": _assurance, "extensions": _ids, "present": _text}
    if target == "period":
        return dict.fromkeys(("start", "target", "finish"), _date)
    if target == "organization":
        coded = {name: partial(_code, name) for name in ATTRIBUTES}
        return {"name": _text, "parent": _text, **coded}
    if target == "assessor":
        return {"name": _text, "company": _text, "position": _position}
    if target == "environment":
        return dict.fromkeys(("high_level_design", "points_of_interaction"), _text)
    if target == "use_case":
        return dict.fromkeys(("name", "description", "components", "out_of_scope"), _text)
    plain = dict.fromkeys(("reason", "notes", "evidence", "flag_note"), _text)
    levels = dict.fromkeys(LEVEL_FIELDS, _level)
    return {
        **plain,
        **levels,
        **dict.fromkeys(FLAGS, _flag),
        "state": _state,
        "consensus": _consensus,
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise AssessmentError("expected text")
    if len(value) > MAX_TEXT:
        raise AssessmentError(f"the text is longer than {MAX_TEXT:,} characters; nothing was cut")
    # Half a surrogate pair is no character and could not be stored.
    return value.encode("utf-8", "replace").decode("utf-8")


def _level(value: Any) -> int | None:
    if value is None or (type(value) is int and 1 <= value <= 5):
        return value
    raise AssessmentError("expected a whole number from 1 to 5, or nothing")


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise AssessmentError("expected true or false")
    return value


def _state(value: Any) -> str:
    if value not in list(State):
        raise AssessmentError("expected rated, unanswered or not_applicable")
    return str(value)


def _assurance(value: Any) -> str | None:
    if value and value not in list(Assurance):
        raise AssessmentError("expected self, formal, third-party, or nothing")
    return value or None


def _position(value: Any) -> str | None:
    if value not in (None, "", "internal", "external"):
        raise AssessmentError("expected internal, external, or nothing")
    return str(value) if value else None


def _date(value: Any) -> str | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise AssessmentError("expected a date such as 2026-10-31") from None


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(id_, str) for id_ in value):
        raise AssessmentError("expected a list of extension ids")
    return list(dict.fromkeys(value))


def _code(attribute: str, value: Any) -> str | None:
    from pkimm_analytics.organization import profile_codes

    if value in (None, ""):
        return None
    if isinstance(value, str) and value in profile_codes(attribute):
        return value
    raise AssessmentError("expected one of the listed codes, or nothing")


def _consensus(value: Any) -> dict[str, Any] | None:
    """Check the record of a consensus: who was present, when, and the ratings before it."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not str(value.get("present", "")).strip():
        raise AssessmentError("say who was present")
    ratings = [
        {"assessor": _text(one.get("assessor", "")), "level": _level(one.get("level"))}
        for one in value.get("ratings", ())
        if isinstance(one, Mapping)
    ]
    return {
        "present": _text(value["present"]),
        "date": _date(value.get("date")),
        "ratings": ratings,
    }
