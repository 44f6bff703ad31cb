"""
Records of the web tool's 2.0.0 generation, read: ratings, extensions, plans, everything else.

A record becomes an assessment without loss. What has a field of our own goes there;
the rest is kept under ``web_tool`` in the ``extra`` of the assessment, answer,
extension or plan that it belongs to, so that the writer gives it back. Entries of
elements that the edition lacks are refused as answers and kept aside.
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
    label,
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
ALWAYS = ("assessmentName", "assessorName", "useCaseDescription", "notes", "evidence")
"""Texts that the tool writes even if they are empty; those of entries only of requirements."""

_CODES = {
    "assessorPosition": ("internal", "external"),
    "assessmentType": tuple(str(assurance) for assurance in Assurance),
}
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_MAX_EXTENSIONS = 50
_READ = (
    *("progress", "requirementProgress", "enabledExtensions", "actionPlans"),
    *("stateSchemaVersion", "dataVersion"),
)


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
    rest = {key: value for key, value in record.items() if key not in _READ}
    enabled = _enabled(record, rest, problems)
    versions = [f"{id_} {fields.get('version')}" for id_, fields in enabled.items()]
    elements = find_elements(record, progress, requirements, name, versions)
    entries = sort_entries(progress, requirements, elements, enabled, problems)
    check_edition(elements, entries, problems)
    plans, left = read_plans(record.get("actionPlans"), elements.find, problems)
    extensions = [
        _extension(id_, fields, entries.extensions[id_], elements.model, problems)
        for id_, fields in enabled.items()
    ]
    details = _details(rest, problems)
    id_ = rest.get("id")
    if isinstance(id_, str) and ASSESSMENT_ID.fullmatch(id_):
        rest.pop("id")
    else:
        id_ = content_id(content)
    rest |= left | entries.aside
    assessment = Assessment(
        id=id_,
        model=elements.model.edition,
        mode=Mode.FULL if requirements else Mode.SELF,
        answers=_answers(entries, elements.model, problems, computed=form == "link"),
        extensions=tuple(extensions),
        action_plans=plans,
        caveats=_caveats(record, entries, elements),
        source=_source(content, form, elements, entries, extensions),
        extra={KEPT: rest} if rest else {},
        **details,
    )
    return Loaded(assessment, tuple(problems))


# --- fields that have one of our own ------------------------------------------------------


def _details(rest: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Take the fields that have one of our own out of those that are left."""
    found: dict[str, Any] = {"updated": _updated(rest)}
    surroundings = rest.get("pkiEnvironment")
    around = dict(surroundings) if isinstance(surroundings, Mapping) else {}
    for field, path in FIELDS.items():
        within, _, name = field.rpartition(".")
        value = _take(around if within else rest, name, within, problems, always=field in ALWAYS)
        record, _, part = path.rpartition(".")
        if value and record:
            found.setdefault(record, {})[part] = value
        elif value:
            found[part] = value
    if isinstance(surroundings, Mapping):
        rest["pkiEnvironment"] = around
        if surroundings and not around:
            rest.pop("pkiEnvironment")
    return found


def _take(
    rest: dict[str, Any], field: str, where: str, problems: list[Problem], *, always: bool = False
) -> str:
    """
    Take a text, day or code out of the fields that are left; what is none stays there.

    An empty one stays too, unless the tool `always` writes that field.
    """
    value = rest.get(field)
    if field in _CODES:
        fits, expected = value in _CODES[field] if isinstance(value, str) else False, _CODES[field]
        kind = ", ".join(expected)
    elif field.endswith("Date"):
        fits, kind = isinstance(value, str) and bool(_DATE.fullmatch(value)), "a date as YYYY-MM-DD"
    else:
        fits = isinstance(value, str) and len(value) <= MAX_TEXT
        kind = f"text of at most {MAX_TEXT:,} characters"
    if fits and (value or always):
        return str(rest.pop(field))
    if value not in (None, "") and not fits:
        place_ = f"{where}.{field}".lstrip(".")
        problems.append(Problem(place_, f"expected {kind}. Kept as it is", refused=False))
    return ""


def _updated(rest: Mapping[str, Any]) -> str | None:
    """Time of the last change; it stays in ``meta`` too, which the writer brings up to date."""
    meta = rest.get("meta")
    value = meta.get("updatedAt") if isinstance(meta, Mapping) else None
    usable = isinstance(value, str) and _DATE.fullmatch(value[:10]) and len(value) <= 200
    return value if usable else None


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
        key: _answer(entry, place("requirementProgress", key), model, problems, always=True)
        for key, entry in entries.requirements.items()
    }
    rated = {category_of(k) for k, answer in requirements.items() if answer.state is State.RATED}
    answers = {}
    for key in model.categories:
        if key not in entries.categories:
            continue
        answer = _answer(entries.categories[key], place("progress", key), model, problems)
        is_result = computed and key in rated and answer.state is State.RATED
        if answer != UNANSWERED and not is_result:
            answers[key] = answer
    return answers | requirements


def _answer(
    entry: Any, where: str, model: Model, problems: list[Problem], *, always: bool = False
) -> Answer:
    """Answer of one entry; `always` where the tool writes notes and evidence even if empty."""
    answer = read_answer(entry, where, problems, generation=2)
    if not isinstance(entry, Mapping):
        return answer
    rest = {key: value for key, value in entry.items() if key not in ("level", "applicability")}
    off = answer.state is State.NOT_APPLICABLE
    usual = label(model, answer.level or 0, off=off)
    _keep_label(rest, usual, answer.level or answer.set_aside_level or 0, off=off)
    said = {
        "reason": _take(rest, "applicabilityReason", where, problems),
        "notes": _take(rest, "notes", where, problems, always=always),
        "evidence": _take(rest, "evidence", where, problems, always=always),
    }
    return answer.replace(**said, extra={KEPT: rest} if rest else {})


def _keep_label(rest: dict[str, Any], usual: str, level: int, *, off: bool) -> None:
    """Keep label and description with the level they belong to, for as long as it stands."""
    result, description = rest.pop("result", None), rest.pop("description", None)
    if result not in (None, usual) or description:
        rest["label"] = {
            "level": level,
            "off": off,
            "result": usual if result is None else result,
            "description": "" if description is None else description,
        }


# --- extensions --------------------------------------------------------------------------


def _enabled(
    record: Mapping[str, Any], rest: dict[str, Any], problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """Return the enabled extensions by id; items that are none stay in `rest`."""
    raw = record.get("enabledExtensions")
    items = raw if isinstance(raw, list) else [] if raw is None else [raw]
    found: dict[str, dict[str, Any]] = {}
    odd = []
    for item in items:
        fields = {"id": item} if isinstance(item, str) else item
        if _is_extension(fields) and fields["id"] not in found and len(found) < _MAX_EXTENSIONS:
            found[fields["id"]] = fields
        else:
            odd.append(item)
    if odd:
        rest["enabledExtensions"] = odd
        message = f"{len(odd)} item(s) are no extension with id and version, or come twice"
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
    fields: Mapping[str, Any],
    entries: Mapping[str, Any],
    model: Model,
    problems: list[Problem],
) -> ExtensionAnswers:
    version, digest = fields.get("version") or None, None
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
    rest = {key: value for key, value in fields.items() if key not in ("id", "version")}
    answers = {
        key: _answer(entry, place(f"progress.{id_}", key), model, problems)
        for key, entry in entries.items()
    }
    kept = {KEPT: rest} if rest else {}
    return ExtensionAnswers(
        id=id_, version=version or "", digest=digest, answers=answers, extra=kept
    )


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
