"""
Assessments in the web tool's own forms, and what those cannot hold.

Editions 1.0.0 and 1.1.0 are written as 1.0.x did: one rating per category. Newer
ones are written as records of the 2.0.0 generation, with everything that came from
such a record put back in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    ExtensionAnswers,
    Mode,
    State,
)
from pkimm_analytics.errors import AssessmentError, Problem
from pkimm_analytics.loaders.web_tool.entry import kept_fields, label
from pkimm_analytics.loaders.web_tool.generation_2 import ASIDE, kept_structure
from pkimm_analytics.loaders.web_tool.plans import write_plan
from pkimm_analytics.model import Model, module_of
from pkimm_analytics.scoring import score

FIRST_GENERATION = ("1.0.0", "1.1.0")


def is_first_generation(assessment: Assessment) -> bool:
    """Whether the edition of an assessment is one that the tool 1.0.x was made for."""
    return assessment.model.version in FIRST_GENERATION


# --- 1.0.x -----------------------------------------------------------------------


def record_1(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Write an assessment as 1.0.x does: the map of ratings and three texts."""
    scores = score(assessment, model) if assessment.mode is Mode.FULL else None
    progress = {}
    for key, category in model.categories.items():
        answer = stated(assessment, key)
        level = answer.level
        if scores is not None and answer.state is not State.NOT_APPLICABLE:
            figure = scores.categories[key]
            answer = UNANSWERED.replace(state=figure.state, level=figure.level)
            level = figure.level
        off = answer.state is State.NOT_APPLICABLE
        level = (answer.set_aside_level if off else level) or 0
        progress[category.native_id] = {
            "level": level,
            "result": label(model, level, off=off),
            "description": _official_text(model, key, level),
            "applicability": not off,
        }
    return {"progress": progress, **texts(assessment)}


def texts(assessment: Assessment) -> dict[str, str]:
    """Write the three texts that every form of the tool has."""
    return {
        "assessmentName": assessment.use_case.name,
        "assessorName": assessment.assessor.name,
        "useCaseDescription": assessment.use_case.description,
    }


def latin_texts(assessment: Assessment) -> dict[str, bytes]:
    """
    Write the three texts one byte per character, as links of 1.0.x hold them.

    Raises
    ------
    AssessmentError
        If a text has characters above U+00FF.
    """
    encoded = {}
    problems = []
    for field, text in texts(assessment).items():
        try:
            encoded[field] = text.encode("latin-1")
        except UnicodeEncodeError as error:
            place = f"character {error.start + 1} is outside Latin-1"
            problems.append(Problem(field, place))
    if problems:
        raise AssessmentError(
            f"A share link of PKIMM {assessment.model.version} cannot hold these texts: the web"
            " tool 1.0.x knows the characters up to U+00FF only. Nothing was written. Shorten the"
            " texts to those, export to YAML, or carry the answers to 2.0.0 first.",
            problems,
        )
    return encoded


# --- 2.0.0 generation ------------------------------------------------------------


def record_2(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Write an assessment as the export of the 2.0.0 generation, in its order of fields."""
    kept = kept_fields(assessment.extra)
    now = assessment.updated or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    details = _full_details(assessment, model, kept)
    record: dict[str, Any] = {
        "stateSchemaVersion": 2 if details else 1,
        "dataVersion": model.version,
        "name": kept.get("name", assessment.use_case.name or "PKIMM assessment"),
        "id": kept.get("id", assessment.id),
        "progress": _progress(assessment, model),
        "enabledExtensions": _enabled(assessment) + _listed(kept.get("enabledExtensions")),
        **{field: text or kept.get(field, "") for field, text in texts(assessment).items()},
        "sourceStructure": kept_structure(kept, model),
        "meta": {"createdAt": now, "updatedAt": now, **kept_fields(kept, "meta")},
        **{field: kept[field] for field in ("lastView", "lastPosition") if field in kept},
        "exportedAt": kept.get("exportedAt", now),
        **details,
    }
    if assessment.updated:
        record["meta"]["updatedAt"] = assessment.updated
    record |= _without(kept, record)
    plain: dict[str, Any] = json.loads(json.dumps(record))  # no object twice: YAML would alias it
    return plain


_FULL = (
    "requirementProgress",
    "organizationName",
    "assessorPosition",
    "assessorCompany",
    "assessmentType",
    "startDate",
    "targetDate",
    "finishDate",
    "pkiEnvironment",
    "workspace",
    "actionPlans",
)
"""Fields of a full assessment, in the order of the export."""


def link_parts(
    assessment: Assessment, model: Model
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """
    Write what a link of the 2.0.0 generation holds: ratings only.

    Returns
    -------
    dict
        The parameter ``progress``. In a full assessment its levels are the results of
        the categories, rounded down.
    dict or None
        The parameter ``full`` with the ratings of requirements, of full assessments.
    """
    full = assessment.mode is Mode.FULL
    results = _results(assessment, model) if full else {}
    entries = _categories(assessment, model) | _relevance(assessment, model)
    progress = {
        key: {name: entry[name] for name in ("level", "applicability")} | results.get(key, {})
        for key, entry in entries.items()
    }
    head = {"dataVersion": model.version, "progress": progress}
    parts = {"stateSchemaVersion": 1, **head, "enabledExtensions": _enabled(assessment)}
    if not full:
        return parts, None
    ratings = {
        key: {name: entry[name] for name in ("level", "applicability")}
        for key, entry in _requirements(assessment, model).items()
    }
    return parts, {"hashVersion": 2, "dataVersion": model.version, "requirementProgress": ratings}


def stated(assessment: Assessment, key: str) -> Answer:
    """Answer to a category or requirement as the tool can state it: modules are spelled out."""
    answer = assessment.answer(key)
    module = assessment.answer(module_of(key))
    if module.state is not State.NOT_APPLICABLE or key.count(".") != 1:
        return answer
    return answer.replace(
        state=State.NOT_APPLICABLE,
        level=None,
        set_aside_level=answer.level or answer.set_aside_level,
        reason=answer.reason or module.reason,
    )


def _results(assessment: Assessment, model: Model) -> dict[str, dict[str, Any]]:
    """Level and applicability that follow from the requirements, by native id."""
    found = {}
    for key, figure in score(assessment, model).categories.items():
        off = figure.state is State.NOT_APPLICABLE
        level = {} if off else {"level": figure.level or 0}
        found[model.native_id(key)] = {**level, "applicability": not off}
    return found


def _progress(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Entries of categories and extensions, then those that an import kept aside."""
    own = _categories(assessment, model) | _relevance(assessment, model)
    return own | _without(kept_fields(kept_fields(assessment.extra, ASIDE), "progress"), own)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _categories(assessment: Assessment, model: Model) -> dict[str, Any]:
    return {
        category.native_id: _entry(stated(assessment, key), model, key)
        for key, category in model.categories.items()
    }


def _extensions(assessment: Assessment) -> dict[str, ExtensionAnswers]:
    """Extensions by id: the tool has each one once, the first counts."""
    return {extension.id: extension for extension in reversed(assessment.extensions)}


def _relevance(assessment: Assessment, model: Model) -> dict[str, Any]:
    return {
        f"{id_}.{model.native_id(key)}": _entry(answer, model, None)
        for id_, extension in _extensions(assessment).items()
        for key, answer in extension.answers.items()
        if key in model.categories
    }


def _entry(answer: Answer, model: Model, key: str | None) -> dict[str, Any]:
    """Entry of a category; `key` is None for the relevance of an extension."""
    rest = kept_fields(answer.extra)
    kept = kept_fields(rest, "label")
    off = answer.state is State.NOT_APPLICABLE
    level = (answer.set_aside_level if off else answer.level) or 0
    stands = kept.get("level") == level and kept.get("off") is off
    own = "" if key is None else _official_text(model, key, level)
    said = {
        "applicabilityReason": answer.reason,
        "notes": answer.notes,
        "evidence": answer.evidence,
    }
    entry = {
        "level": level,
        "result": kept.get("result") if stands else label(model, level, off=off),
        "description": kept.get("description") if stands else own,
        "applicability": not off,
    }
    texts_ = {field: text for field, text in said.items() if text}
    return {**entry, **_without(rest, {"label", *entry}), **texts_}


def _requirements(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Entries of requirements; all of them if a full assessment has none yet."""
    if assessment.mode is not Mode.FULL:
        return {}
    answered = [key for key in assessment.answers if key in model.requirements]
    entries = {}
    for key in answered or model.requirements:
        answer = assessment.answer(key)
        off = answer.state is State.NOT_APPLICABLE
        entries[model.native_id(key)] = {
            "level": (answer.set_aside_level if off else answer.level) or 0,
            "applicability": not off,
            "notes": answer.notes,
            "evidence": answer.evidence,
            **({"applicabilityReason": answer.reason} if answer.reason else {}),
            **_without(kept_fields(answer.extra), {"label", "level", "applicability"}),
        }
    return entries


def _enabled(assessment: Assessment) -> list[dict[str, Any]]:
    return [
        {"id": id_, "version": e.version, **_without(kept_fields(e.extra), {"id", "version"})}
        for id_, e in reversed(_extensions(assessment).items())
    ]


def _full_details(assessment: Assessment, model: Model, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that only full assessments have, as far as they say something."""
    aside = kept_fields(kept_fields(assessment.extra, ASIDE), "requirementProgress")
    requirements = _requirements(assessment, model)
    surroundings = {
        "components": assessment.use_case.components,
        "outOfScopeConsiderations": assessment.use_case.out_of_scope,
        "highLevelDesign": assessment.environment.high_level_design,
        "pointsOfInteraction": assessment.environment.points_of_interaction,
    }
    own = {
        "requirementProgress": requirements | _without(aside, requirements),
        "organizationName": assessment.organization.name,
        "assessorPosition": assessment.assessor.position,
        "assessorCompany": assessment.assessor.company,
        "assessmentType": None if assessment.assurance is None else str(assessment.assurance),
        "startDate": assessment.period.start,
        "targetDate": assessment.period.target,
        "finishDate": assessment.period.finish,
        "pkiEnvironment": {field: text for field, text in surroundings.items() if text},
        "actionPlans": _plans(assessment, model),
    }
    said = {field: _merged(kept.get(field), value) for field, value in own.items() if value}
    return {
        field: said.get(field, kept.get(field)) for field in _FULL if field in said or field in kept
    }


def _plans(assessment: Assessment, model: Model) -> dict[str, Any]:
    plans: dict[str, Any] = {}
    for plan in assessment.action_plans:
        if plan.element in model.categories:
            plans.setdefault(model.native_id(plan.element), write_plan(plan))
    return {"categories": plans} if plans else {}


def _merged(kept: Any, own: Any) -> Any:
    """Our own fields put over those that were kept, one level down too."""
    if not isinstance(kept, Mapping) or not isinstance(own, Mapping):
        return own
    both = {**kept, **own}
    for field in kept.keys() & own.keys():
        if isinstance(kept[field], Mapping) and isinstance(own[field], Mapping):
            both[field] = {**kept[field], **own[field]}
    return both


def _official_text(model: Model, key: str, level: int) -> str:
    """Official text of a level where the user installed the official words, else nothing."""
    levels = model.categories[key].levels
    return levels[level - 1] if model.official and 0 < level <= len(levels) else ""


def _without(fields: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if field not in set(names)}
