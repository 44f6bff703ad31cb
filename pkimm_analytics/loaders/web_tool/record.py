"""
Records of the web tool's 2.0.0 generation, written.

Everything that came from such a record is put back in its place; what was changed
since, and what never came from one, is written as the tool writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pkimm_analytics.assessment import Answer, Assessment, ExtensionAnswers, Mode, State
from pkimm_analytics.loaders.web_tool.entry import (
    kept_fields,
    label,
    official_text,
    stated,
    texts,
    written_level,
)
from pkimm_analytics.loaders.web_tool.generation_2 import FIELDS
from pkimm_analytics.loaders.web_tool.plans import write_plan
from pkimm_analytics.model import Model
from pkimm_analytics.scoring import score

_FULL = (
    "requirementProgress",
    *("organizationName", "assessorPosition", "assessorCompany", "assessmentType"),
    *("startDate", "targetDate", "finishDate", "pkiEnvironment", "workspace", "actionPlans"),
)
"""Fields of a full assessment, in the order of the export."""


def write_record(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Write an assessment as the export of the 2.0.0 generation, in its order of fields."""
    kept = kept_fields(assessment.extra)
    now = assessment.updated or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    details = _full_details(assessment, model, kept)
    progress = _categories(assessment, model) | _relevance(assessment, model)
    odd = kept.get("enabledExtensions")
    record: dict[str, Any] = {
        "stateSchemaVersion": 2 if details else 1,
        "dataVersion": model.version,
        "name": kept.get("name", assessment.use_case.name or "PKIMM assessment"),
        "id": kept.get("id", assessment.id),
        "progress": progress | _without(kept_fields(kept, "progress"), progress),
        "enabledExtensions": _enabled(assessment) + (odd if isinstance(odd, list) else []),
        **{field: text or kept.get(field, "") for field, text in texts(assessment).items()},
        "sourceStructure": _structure(kept, model),
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


def write_parts(
    assessment: Assessment, model: Model
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """
    Write what a link holds: ratings only.

    Returns
    -------
    dict
        The parameter ``progress``. In a full assessment its levels are the results of
        the categories, rounded down.
    dict or None
        The parameter ``full`` with the ratings of requirements, of full assessments.
    """
    entries = _bare(_categories(assessment, model) | _relevance(assessment, model))
    if assessment.mode is Mode.FULL:
        for key, figure in score(assessment, model).categories.items():
            entry = entries[model.native_id(key)]
            entry["applicability"] = figure.state is not State.NOT_APPLICABLE
            if entry["applicability"]:
                entry["level"] = figure.level or 0
    head = {"dataVersion": model.version, "progress": entries}
    parts = {"stateSchemaVersion": 1, **head, "enabledExtensions": _enabled(assessment)}
    if assessment.mode is not Mode.FULL:
        return parts, None
    ratings = _bare(_requirements(assessment, model))
    return parts, {"hashVersion": 2, "dataVersion": model.version, "requirementProgress": ratings}


def _bare(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {f: e[f] for f in ("level", "applicability")} for key, e in entries.items()}


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
    level, applies = written_level(answer).values()
    if kept.get("level") == level and kept.get("off") is (not applies):
        result, description = kept.get("result"), kept.get("description")
    else:
        result = label(model, level, off=not applies)
        description = "" if key is None else official_text(model, key, level)
    said = {
        "applicabilityReason": answer.reason,
        "notes": answer.notes,
        "evidence": answer.evidence,
    }
    entry = {
        "level": level,
        "result": result,
        "description": description,
        "applicability": applies,
    }
    said = {field: text for field, text in said.items() if text}
    return {**entry, **_without(rest, {"label", *entry}), **said}


def _requirements(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Entries of requirements; all of them if a full assessment has none yet."""
    if assessment.mode is not Mode.FULL:
        return {}
    answered = [key for key in assessment.answers if key in model.requirements]
    entries = {}
    for key in answered or model.requirements:
        answer = assessment.answer(key)
        entries[model.native_id(key)] = {
            **written_level(answer),
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
    own: dict[str, Any] = {
        "requirementProgress": _requirements(assessment, model),
        "actionPlans": _plans(assessment, model),
    }
    for field, path in FIELDS.items():
        value: Any = assessment
        for part in path.split("."):
            value = getattr(value, part)
        within, _, name = field.rpartition(".")
        if value and within:
            own.setdefault(within, {})[name] = value
        elif value:
            own[field] = str(value)
    said = {field: _merged(kept.get(field), value) for field, value in own.items() if value}
    return {f: said.get(f, kept.get(f)) for f in _FULL if f in said or f in kept}


def _plans(assessment: Assessment, model: Model) -> dict[str, Any]:
    plans: dict[str, Any] = {}
    for plan in assessment.action_plans:
        if plan.element in model.categories:
            plans.setdefault(model.native_id(plan.element), write_plan(plan))
    return {"categories": plans} if plans else {}


def _structure(kept: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Structure that a record came with if it is of this edition, else the edition's own."""
    by_key = kept_fields(kept_fields(kept, "sourceStructure"), "byKey")
    if all(category.native_id in by_key for category in model.categories.values()):
        return kept_fields(kept, "sourceStructure")
    by_key = {}
    for module in model.modules:
        for category in module.categories:
            names = {"moduleId": module.id, "categoryName": category.name}
            by_key[category.native_id] = names
            for requirement in category.requirements:
                by_key[requirement.native_id] = {**names, "requirementName": requirement.title}
    return {"byKey": by_key}


def _merged(kept: Any, own: Any) -> Any:
    """Our own fields put over those that were kept, one level down too."""
    if not isinstance(kept, Mapping) or not isinstance(own, Mapping):
        return own
    both = {**kept, **own}
    for field in kept.keys() & own.keys():
        if isinstance(kept[field], Mapping) and isinstance(own[field], Mapping):
            both[field] = {**kept[field], **own[field]}
    return both


def _without(fields: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if field not in set(names)}
