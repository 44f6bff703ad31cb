"""
Records of the web tool's 2.0.0 generation, written.

An assessment that came from a record is written as that record, with what was changed
since: both are written as the tool writes them, and where the two differ, the new one
takes the place. What we have no field for is never touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pkimm_analytics.assessment import Answer, Assessment, ExtensionAnswers, Mode, State
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders.web_tool.entry import (
    kept_fields,
    label,
    official_text,
    stated,
    texts,
    written_level,
)
from pkimm_analytics.loaders.web_tool.generation_2 import ENTRY_TEXTS, FIELDS, load_record
from pkimm_analytics.loaders.web_tool.plans import write_plan
from pkimm_analytics.model import Model
from pkimm_analytics.scoring import score

_FULL = (
    "requirementProgress",
    *("organizationName", "assessorPosition", "assessorCompany", "assessmentType"),
    *("startDate", "targetDate", "finishDate", "pkiEnvironment", "actionPlans"),
)
"""Fields of a full assessment, in the order of the export."""


def write_record(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Write an assessment as the export of the 2.0.0 generation, in its order of fields."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    record = _record(assessment, model, now)
    kept = kept_fields(assessment.extra)
    try:
        came = load_record(kept, b"", "record", "storage", []).assessment
    except PkimmError:  # there is none, or somebody changed it by hand
        came = None
    if came is not None and came.model == assessment.model:
        before = _record(came, model, now)
        before["meta"]["createdAt"] = record["meta"]["createdAt"]
        if came.id != kept.get("id"):  # an id that ours cannot be stays
            before["id"] = record["id"]
        record = _changed(kept, before, record)
    plain: dict[str, Any] = json.loads(json.dumps(record))  # no object twice: YAML would alias it
    return plain


def _changed(kept: Any, before: Any, after: Any) -> Any:
    """Change in what was kept whatever is not the same before and after."""
    if not (
        isinstance(kept, Mapping) and isinstance(before, Mapping) and isinstance(after, Mapping)
    ):
        return kept if before == after else after
    if any(before.get(field) != after.get(field) for field in ("level", "applicability")):
        before = {
            key: value for key, value in before.items() if key not in ("result", "description")
        }
    nothing = object()
    found = {}
    for key in dict.fromkeys([*kept, *after]):
        values = (kept.get(key, nothing), before.get(key, nothing), after.get(key, nothing))
        value = _changed(*values)
        if value is not nothing:
            found[key] = value
    return found


def _record(assessment: Assessment, model: Model, now: str) -> dict[str, Any]:
    """Write an assessment as the tool does."""
    details = _full_details(assessment, model)
    stamp = assessment.updated or now
    return {
        "stateSchemaVersion": 2 if details else 1,
        "dataVersion": model.version,
        "name": assessment.use_case.name or "PKIMM assessment",
        "id": assessment.id,
        "progress": _categories(assessment, model) | _relevance(assessment, model),
        "enabledExtensions": _enabled(assessment),
        **texts(assessment),
        "sourceStructure": _structure(model),
        "meta": {"createdAt": stamp, "updatedAt": stamp},
        "exportedAt": stamp,
        **details,
    }


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
    level, applies = written_level(answer).values()
    return {
        "level": level,
        "result": label(model, level, off=not applies),
        "description": "" if key is None else official_text(model, key, level),
        "applicability": applies,
        **{field: text for own, field in ENTRY_TEXTS.items() if (text := getattr(answer, own))},
    }


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
        }
    return entries


def _enabled(assessment: Assessment) -> list[dict[str, Any]]:
    extensions = reversed(_extensions(assessment).items())
    return [{"id": id_, "version": extension.version} for id_, extension in extensions]


def _full_details(assessment: Assessment, model: Model) -> dict[str, Any]:
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
    return {field: own[field] for field in _FULL if own.get(field)}


def _plans(assessment: Assessment, model: Model) -> dict[str, Any]:
    plans: dict[str, Any] = {}
    for plan in assessment.action_plans:
        if plan.element in model.categories:
            plans.setdefault(model.native_id(plan.element), write_plan(plan))
    return {"categories": plans} if plans else {}


def _structure(model: Model) -> dict[str, Any]:
    by_key = {}
    for module in model.modules:
        for category in module.categories:
            names = {"moduleId": module.id, "categoryName": category.name}
            by_key[category.native_id] = names
            for requirement in category.requirements:
                by_key[requirement.native_id] = {**names, "requirementName": requirement.title}
    return {"byKey": by_key}
