"""
Records of the web tool's 2.0.0 generation, read: ratings, extensions, plans, everything else.

What has a field of our own goes there. The record as it came is kept beside it, under
``web_tool`` in the `extra` of the assessment, so that the writer changes in it only what
was changed since. Entries of elements that the edition lacks are refused as answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    Assurance,
    Caveat,
    ExtensionAnswers,
    Mode,
    Source,
    State,
)
from pkimm_analytics.errors import Problem, SourceFormatError, UnknownEditionError
from pkimm_analytics.loaders.loaded import ASSESSMENT_ID, Loaded, content_digest, content_id
from pkimm_analytics.loaders.web_tool.elements import (
    Elements,
    Entries,
    check_edition,
    find_elements,
    sort_entries,
)
from pkimm_analytics.loaders.web_tool.entry import (
    EXTENSION_ID,
    KEPT,
    MAX_TEXT,
    place,
    read_answer,
    read_map,
)
from pkimm_analytics.loaders.web_tool.figures import Rated, extension_figures, shown_figures
from pkimm_analytics.loaders.web_tool.numbering import text_of
from pkimm_analytics.loaders.web_tool.plans import read_plans
from pkimm_analytics.model import Model, category_of, load_extension

STATE_SCHEMA = 2
"""Newest version of the tool's format that is known."""

FIELDS = {
    "assessmentName": "use_case.name",
    "useCaseDescription": "use_case.description",
    "assessorName": "assessor.name",
    "organizationName": "organization.name",
    "assessorPosition": "assessor.position",
    "assessorCompany": "assessor.company",
    "assessmentType": "assurance",
    "startDate": "period.start",
    "targetDate": "period.target",
    "finishDate": "period.finish",
    "pkiEnvironment.components": "use_case.components",
    "pkiEnvironment.outOfScopeConsiderations": "use_case.out_of_scope",
    "pkiEnvironment.highLevelDesign": "environment.high_level_design",
    "pkiEnvironment.pointsOfInteraction": "environment.points_of_interaction",
}
"""Fields of a record that have one of our own, in the order in which the tool writes them."""
ENTRY_TEXTS = {"reason": "applicabilityReason", "notes": "notes", "evidence": "evidence"}
"""Texts of an entry that have a field of our own, by that field."""

_CODES = {
    "assessorPosition": ("internal", "external"),
    "assessmentType": tuple(str(assurance) for assurance in Assurance),
}
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_MAX_EXTENSIONS = 50


def refuse_unreadable(record: Mapping[str, Any], name: str) -> None:
    """
    Refuse what only looks like a record: other formats of the tool and newer ones.

    Raises
    ------
    SourceFormatError
        With what to do instead.
    """
    kind, version = record.get("kind"), record.get("stateSchemaVersion", 1)
    instead = "export the assessment itself from the web tool (YAML or share link) and import that"
    if kind == "pkimm-scope-template":
        reason = f"a scope template says what is out of scope and holds no ratings; {instead}"
    elif record.get("format") == "pkic-assessment-package":
        reason = f"an assessment package, a draft that is not in use for PKIMM; {instead}"
    elif kind == "pkimm-assessment" or "formatVersion" in record:
        reason = f"a JSON format that the web tool has withdrawn; {instead}"
    elif type(version) is not int or version > STATE_SCHEMA:
        reason = (
            f"stateSchemaVersion is not {STATE_SCHEMA} or less: a newer web tool wrote this;"
            " a newer version of this package may read it"
        )
    else:
        return
    raise SourceFormatError(f"{name} cannot be imported.", [Problem(name, reason)])


def load_record(
    record: Mapping[str, Any], content: bytes, name: str, form: str, problems: list[Problem]
) -> Loaded:
    """
    Make an assessment of a record.

    Parameters
    ----------
    record : mapping
        Fields of the tool's assessment record; of a link those that it has.
    content : bytes
        The source, for its digest.
    name : str
        How to call it in messages.
    form : str
        ``link``, ``yaml`` or ``storage``.
    problems : list of Problem
        What was wrong on the way here; more is added.

    Raises
    ------
    SourceFormatError
        If the record is not of this kind.
    UnknownEditionError
        If its model version is not installed.
    """
    if "progress" not in record and "requirementProgress" not in record:
        reason = "no ratings; expected 'progress' or 'requirementProgress'"
        raise SourceFormatError(
            f"{name} holds no assessment. Nothing was imported.", [Problem(name, reason)]
        )
    progress = read_map(record, "progress", name)
    requirements = read_map(record, "requirementProgress", name)
    enabled = _enabled(record, problems)
    versions = [f"{id_} {version}" for id_, version in enabled.items()]
    elements = find_elements(record, progress, requirements, name, versions)
    entries = sort_entries(progress, requirements, elements, enabled, problems)
    check_edition(elements, entries, problems)
    extensions = [
        _extension(id_, version, entries.extensions[id_], elements.model, problems)
        for id_, version in enabled.items()
    ]
    id_ = record.get("id")
    if not (isinstance(id_, str) and ASSESSMENT_ID.fullmatch(id_)):
        id_ = content_id(content)
    assessment = Assessment(
        id=id_,
        model=elements.model.edition,
        mode=Mode.FULL if requirements else Mode.SELF,
        answers=_answers(entries, elements.model, problems, computed=form == "link"),
        extensions=tuple(extensions),
        action_plans=read_plans(record.get("actionPlans"), elements.find, problems),
        caveats=_caveats(record, entries, elements),
        source=_source(content, form, elements, entries, extensions),
        extra={} if form == "link" else {KEPT: dict(record)},
        **_details(record, problems),
    )
    return Loaded(assessment, tuple(problems))


# --- fields that have one of our own ------------------------------------------------------


def _details(record: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Read the fields that have one of our own; ``updatedAt`` is the time of the last change."""
    found: dict[str, Any] = {}
    for field, path in FIELDS.items():
        within, _, name = field.rpartition(".")
        holder = record.get(within) if within else record
        value = _text(holder, name, within, problems) if isinstance(holder, Mapping) else ""
        part, _, own = path.rpartition(".")
        if value and part:
            found.setdefault(part, {})[own] = value
        elif value:
            found[own] = value
    meta = record.get("meta")
    updated = meta.get("updatedAt") if isinstance(meta, Mapping) else None
    if isinstance(updated, str) and _DATE.fullmatch(updated[:10]) and len(updated) <= 200:
        found["updated"] = updated
    return found


def _text(fields: Mapping[str, Any], field: str, where: str, problems: list[Problem]) -> str:
    """Text, day or code of a field; empty where it is none, which is a remark."""
    value = fields.get(field)
    if field in _CODES:
        form, kind = "|".join(_CODES[field]), ", ".join(_CODES[field])
    elif field.endswith("Date"):
        form, kind = _DATE.pattern, "a date as YYYY-MM-DD"
    else:
        form, kind = rf"(?s:.{{0,{MAX_TEXT}}})", f"text of at most {MAX_TEXT:,} characters"
    if isinstance(value, str) and re.fullmatch(form, value):
        return value
    if value not in (None, ""):
        message = f"expected {kind}. Kept as it is"
        problems.append(Problem(f"{where}.{field}".lstrip("."), message, refused=False))
    return ""


# --- answers -----------------------------------------------------------------------------


def _answers(
    entries: Entries, model: Model, problems: list[Problem], *, computed: bool
) -> dict[str, Answer]:
    """
    Answers by element key, categories first.

    With `computed`, a category level beside rated requirements is the tool's result,
    not a rating, and is left out.
    """
    requirements = {
        key: _answer(entry, place("requirementProgress", key), problems)
        for key, entry in entries.requirements.items()
    }
    rated = {category_of(k) for k, answer in requirements.items() if answer.state is State.RATED}
    answers = {}
    for key in model.categories:
        if key not in entries.categories:
            continue
        answer = _answer(entries.categories[key], place("progress", key), problems)
        is_result = computed and key in rated and answer.state is State.RATED
        if answer != UNANSWERED and not is_result:
            answers[key] = answer
    return answers | requirements


def _answer(entry: Any, where: str, problems: list[Problem]) -> Answer:
    answer = read_answer(entry, where, problems, generation=2)
    if not isinstance(entry, Mapping):
        return answer
    said: dict[str, Any] = {
        own: _text(entry, field, where, problems) for own, field in ENTRY_TEXTS.items()
    }
    return answer.replace(**said) if any(said.values()) else answer


# --- extensions --------------------------------------------------------------------------


def _enabled(record: Mapping[str, Any], problems: list[Problem]) -> dict[str, str | None]:
    """Return the version, if one is stated, of each enabled extension by its id."""
    raw = record.get("enabledExtensions")
    items = raw if isinstance(raw, list) else [] if raw is None else [raw]
    found: dict[str, str | None] = {}
    for item in items:
        fields = {"id": item} if isinstance(item, str) else item
        if _is_extension(fields) and fields["id"] not in found and len(found) < _MAX_EXTENSIONS:
            found[fields["id"]] = fields.get("version") or None
    if n_odd := len(items) - len(found):
        message = f"{n_odd} item(s) are no extension with id and version, or come twice"
        problems.append(Problem("enabledExtensions", f"{message}. Kept aside, not scored"))
    return found


def _is_extension(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    id_, version = item.get("id"), item.get("version", "")
    is_id = isinstance(id_, str) and EXTENSION_ID.fullmatch(id_) is not None
    return is_id and isinstance(version, str) and len(version) <= 40


def _extension(
    id_: str,
    version: str | None,
    entries: Mapping[str, Any],
    model: Model,
    problems: list[Problem],
) -> ExtensionAnswers:
    digest = None
    where = place("enabledExtensions", id_)
    try:
        extension = load_extension(id_, version, model=model.version)
        digest = extension.digest
        if version is None:
            message = f"names no version; {extension.version} is assumed"
            problems.append(Problem(where, message, refused=False))
        version = extension.version
    except UnknownEditionError:
        message = "is not installed: its ratings are kept, not scored. Add its file with: pkimm"
        problems.append(Problem(where, f"{message} models add FILE"))
    answers = {
        key: _answer(entry, place(f"progress.{id_}", key), problems)
        for key, entry in entries.items()
    }
    return ExtensionAnswers(id=id_, version=version or "", digest=digest, answers=answers)


# --- what goes with the answers ----------------------------------------------------------


def _caveats(record: Mapping[str, Any], entries: Entries, elements: Elements) -> tuple[Caveat, ...]:
    """Say what may be wrong with a record that the tool migrated from an older file."""
    found = [elements.note] if elements.note else []
    misfiled = [
        f"{key} has the description of {text.key}"
        for key, entry in entries.categories.items()
        if (text := text_of(entry)) is not None and text.key != key
    ]
    if misfiled:
        found.append(
            "Some ratings have the description of another category, as they do when the official"
            f" tool files an older file under wrong categories: {'; '.join(misfiled)}."
        )
    meta = record.get("meta")
    if isinstance(meta, Mapping) and meta.get("importedFromId"):
        found.append(
            "The official tool imported this from another assessment. If that was a file of the"
            " web tool 1.0.x, categories may be missing or mixed up: import the older file itself."
        )
    return tuple(Caveat(code="migrated-by-tool", message=message) for message in found)


def _source(
    content: bytes,
    form: str,
    elements: Elements,
    entries: Entries,
    extensions: list[ExtensionAnswers],
) -> Source:
    model = elements.model
    source = Source(
        kind=f"web-tool-{form}-2",
        detail=f"web tool, 2.0.0 generation, {model.edition}",
        digest=content_digest(content),
    )
    if not elements.is_complete or model.version.startswith("1."):
        return source  # the tool calculated with an edition that is not at hand
    rated = Rated(model, entries.categories, entries.requirements)
    own = {
        e.id: extension_figures(load_extension(e.id, e.version), rated, entries.extensions[e.id])
        for e in extensions
        if e.digest is not None
    }
    extra = {"tool_extensions": own} if own else {}
    return source.replace(tool=shown_figures(rated), extra=extra)
