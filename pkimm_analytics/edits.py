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

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    Assurance,
    ExtensionAnswers,
    State,
)
from pkimm_analytics.errors import AssessmentError, Problem, UnknownEditionError
from pkimm_analytics.missing import answer_of
from pkimm_analytics.model import Model, category_of, load_extension, module_of
from pkimm_analytics.organization import ATTRIBUTES, check_profile
from pkimm_analytics.records import Record

Kind = TypeVar("Kind", bound=Record)

SCOPE = ("use_case", "organization", "assessor", "period", "environment")
REASONED = frozenset({"state", "partial", "reason"})


@dataclass(frozen=True, slots=True)
class Edit:
    """
    One change.

    Parameters
    ----------
    target : str
        What is changed.
    before, after : mapping
        Values by field; None, or a field that `before` leaves out, is its default.
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
    """Values of a target by field; fields with their default are left out."""
    if target == "assessment":
        shown = {
            "assurance": assessment.assurance and str(assessment.assurance),
            "extensions": [e.id for e in assessment.extensions],
            "present": assessment.extra.get("present"),
        }
        return {name: value for name, value in shown.items() if value}
    if target in SCOPE:
        return _own_fields(getattr(assessment, target))
    return answer_values(answer_of(assessment, target))


def answer_values(answer: Answer) -> dict[str, Any]:
    """Values of an answer by field; fields with their default are left out."""
    shown = _own_fields(answer)
    return {name: value for name, value in shown.items() if _plain(value)}


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
        seen = edit.before.get(name)
        if _plain(present.get(name)) not in (_plain(wanted), _plain(seen)):
            return Conflict(edit, {field: present.get(field) for field in edit.after})
    return None


def invert(before: Assessment, after: Assessment, target: str) -> Edit:
    """Return the edit that takes a target back to what it was."""
    old, new = values(before, target), values(after, target)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if "state" in names:  # a change of state sets a level aside unless it is told otherwise
        names = list(dict.fromkeys([*names, "set_aside_level"]))
    return Edit(
        target,
        before={name: new.get(name) for name in names},
        after={name: old.get(name) for name in names},
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
    if edit.target == "assessment":
        return _apply_to_whole(assessment, edit.after, model)
    if edit.target in SCOPE:
        part = _replaced(getattr(assessment, edit.target), edit.target, edit.after)
        return assessment.replace(**{edit.target: part})
    return _apply_to_answer(assessment, edit, model)


def _apply_to_whole(assessment: Assessment, after: Mapping[str, Any], model: Model) -> Assessment:
    _refuse(_unknown("assessment", after, ("assurance", "extensions", "present")))
    if "present" in after:
        extra = {k: v for k, v in assessment.extra.items() if k != "present"}
        present = {"present": str(after["present"])} if after["present"] else {}
        assessment = assessment.replace(extra=extra | present)
    if "assurance" in after:
        named = after["assurance"] or None
        if named not in (None, *Assurance):
            _refuse([Problem("assessment.assurance", f"expected one of {', '.join(Assurance)}")])
        assessment = assessment.replace(assurance=named)
    if "extensions" in after:
        extensions = _switched(assessment, after["extensions"] or [], model)
        assessment = assessment.replace(extensions=extensions)
    return assessment


def _switched(assessment: Assessment, wanted: Any, model: Model) -> tuple[ExtensionAnswers, ...]:
    """Return the extensions that are switched on, with the answers that they had."""
    if not isinstance(wanted, list) or not all(isinstance(id_, str) for id_ in wanted):
        raise AssessmentError("", [Problem("assessment.extensions", "expected a list of ids")])
    present = {e.id: e for e in assessment.extensions}
    left = [e.id for e in assessment.extensions if e.id not in wanted and e.answers]
    if left:
        raise AssessmentError(
            f"Extension {left[0]} has answers. Clear them before you switch it off."
        )
    return tuple(present.get(id_) or _enabled(id_, model) for id_ in dict.fromkeys(wanted))


def _enabled(id_: str, model: Model) -> ExtensionAnswers:
    try:
        extension = load_extension(id_, model=model.version)
    except UnknownEditionError as error:
        raise AssessmentError(error.message) from None
    return ExtensionAnswers(id=extension.id, version=extension.version, digest=extension.digest)


def _apply_to_answer(assessment: Assessment, edit: Edit, model: Model) -> Assessment:
    extension, _, key = edit.target.rpartition(":")
    if key not in (model.categories if extension else model.keys):
        raise AssessmentError(f"{model.edition} has no such element.")
    if not extension and "." not in key and edit.after.get("level"):
        raise AssessmentError("A module has no level of its own; rate its categories.")
    if edit.after.get("consensus"):
        _check_applies(assessment, key)
    changed = _changed(answer_of(assessment, edit.target), edit)
    if not extension:
        return assessment.replace(answers=_put(assessment.answers, key, changed))
    if extension not in {e.id for e in assessment.extensions}:
        raise AssessmentError(f"Extension {extension} is not switched on in this assessment.")
    return assessment.replace(
        extensions=tuple(
            e.replace(answers=_put(e.answers, key, changed)) if e.id == extension else e
            for e in assessment.extensions
        )
    )


def _check_applies(assessment: Assessment, key: str) -> None:
    """Refuse a consensus that would change nothing, because what holds the element is off."""
    for holder in {module_of(key), category_of(key)} - {key}:
        if assessment.answer(holder).state is State.NOT_APPLICABLE:
            raise AssessmentError(
                f"{holder} does not apply here, so a consensus on a part of it would change"
                " nothing. Say first that it applies."
            )


def _changed(answer: Answer, edit: Edit) -> Answer:
    """Change an answer; a level that is switched off is set aside, never scored."""
    after = dict(edit.after)
    state = after.get("state")
    if state == State.NOT_APPLICABLE:
        after = {"set_aside_level": answer.level or answer.set_aside_level} | after
        after["partial"] = False
    elif state == State.RATED:
        after = {"set_aside_level": None} | after
    changed = _replaced(answer, edit.target, after)
    needs_reason = changed.state is State.NOT_APPLICABLE or changed.partial
    if needs_reason and not changed.reason.strip() and REASONED & edit.after.keys():
        what = "partially applicable" if changed.partial else "not applicable"
        raise AssessmentError(f"Say why this is {what}.")
    return changed


def _put(answers: Mapping[str, Answer], key: str, answer: Answer) -> dict[str, Answer]:
    result = {**answers, key: answer}
    if answer == UNANSWERED:
        del result[key]
    return result


# --- values --------------------------------------------------------------------------


def _own_fields(record: Record) -> dict[str, Any]:
    return {k: v for k, v in record.to_json().items() if k in type(record).model_fields}


def _plain(value: Any) -> Any:
    """Nothing is nothing, however a field writes it: no text, not set, unanswered."""
    return None if not value or value == State.UNANSWERED else value


def _replaced(record: Kind, target: str, after: Mapping[str, Any]) -> Kind:
    """Put values into a record, or name every one that does not fit."""
    fields = type(record).model_fields
    wanted = {
        name: fields[name].get_default() if value in (None, "") else _whole_characters(value)
        for name, value in after.items()
        if name in fields
    }
    made, found = type(record).examine({**record.extra, **record.__dict__, **wanted})
    problems = _unknown(target, after, fields)
    problems += [Problem(".".join(map(str, (target, *path)))[:120], said) for path, said in found]
    if made is None or problems:
        raise AssessmentError("The change was not applied.", problems)
    if target == "organization":
        _refuse(check_profile(**{name: wanted.get(name) for name in ATTRIBUTES}))
    if target == "period":
        _refuse([Problem(f"period.{n}", _NO_DAY) for n, day in wanted.items() if not _exists(day)])
    return made


_NO_DAY = "is no day of the calendar; expected one such as 2026-10-31"


def _exists(day: str | None) -> bool:
    try:
        return day is None or bool(date.fromisoformat(day))
    except ValueError:
        return False


def _whole_characters(value: Any) -> Any:
    """Replace half of a surrogate pair, which is no character and could not be stored."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _unknown(target: str, after: Mapping[str, Any], fields: Container[str]) -> list[Problem]:
    return [
        Problem(f"{target}.{name}"[:120], "there is no such field here")
        for name in after
        if name not in fields
    ]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise AssessmentError("The change was not applied.", problems)
