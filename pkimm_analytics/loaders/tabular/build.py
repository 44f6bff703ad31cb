"""
From what a table says about an assessment to the assessment.

The edition is settled first, because a number means nothing without it. What cannot be
taken as it stands is left out and named with its place; the rest is kept, unless what is
left would be another assessment than the one that was written down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import Problem, UnknownEditionError
from pkimm_analytics.loaders.cells import YES_NO, plain, read_day, read_level, shown
from pkimm_analytics.loaders.loaded import ASSESSMENT_ID, Loaded, capped, content_id
from pkimm_analytics.loaders.sentences import Problems, sentence
from pkimm_analytics.loaders.sheets import Fault, Value, text_of
from pkimm_analytics.loaders.tabular.elements import ContradictionError, Elements, is_numbered
from pkimm_analytics.loaders.tabular.fields import IDENTITY, PROPERTIES, SECTIONS, STATED, TEXTS
from pkimm_analytics.loaders.tabular.groups import Cell, Entry, Group
from pkimm_analytics.model import (
    MODULE_IDS,
    Model,
    assumed_edition,
    fitting_editions,
    load_model,
    models,
)
from pkimm_analytics.organization import check_profile

Document = dict[str, Any]
Places = dict[tuple[str, ...], str]

MANY = 4
"""One of so many rows with number and title of two elements: the edition is another one."""
_VERSION = re.compile(r"(?:pkimm|version|v)? ?([0-9]{1,4}(?:\.[0-9]{1,4}){0,2})")
_DIGEST = re.compile(r"(sha256:[0-9a-f]{64})")


class NotRead(Exception):  # noqa: N818  # no error: it ends one assessment, and is listed
    """An assessment that cannot be taken."""

    def __init__(self, where: str, code: str, /, **values: object) -> None:
        self.problem = Problem(where, sentence(code, **values))
        super().__init__(code)


@dataclass(frozen=True)
class Origin:
    """
    What all assessments of one source share.

    Parameters
    ----------
    name : str
        How to call the source in messages.
    kind : str
        Kind of the file, such as ``csv``.
    digest : str
        SHA-256 of the source, from which ids follow.
    labels : set of str
        Names that became ids, so that none does twice.
    """

    name: str
    kind: str
    digest: str = ""
    labels: set[str] = field(default_factory=set)
    _elements: dict[str, Elements] = field(default_factory=dict)
    _fitting: dict[tuple[str, frozenset[str]], Sequence[Model]] = field(default_factory=dict)

    @cached_property
    def editions(self) -> tuple[Elements, ...]:
        """Elements of every edition at hand, the newest first."""
        found = {model.digest: model for model in models()}
        newest = sorted(found.values(), key=_version, reverse=True)
        return tuple(self.elements(load_model(m.version, m.digest)) for m in newest)

    def elements(self, model: Model) -> Elements:
        """Elements of one edition."""
        return self._elements.setdefault(model.digest, Elements(model))

    def fitting(self, version: str, entries: Sequence[Entry]) -> Sequence[Model]:
        """Editions of a version that fit the elements that are named, the best one first."""
        texts = {entry.subject for entry in entries if not is_numbered(entry.subject)}
        found = [next((e.find(text) for e in self.editions if e.has(text)), "") for text in texts]
        keys = frozenset(found) - {""}
        if (version, keys) not in self._fitting:
            self._fitting[version, keys] = fitting_editions(version, keys)
        return self._fitting[version, keys]

    def has_element(self, text: str) -> bool:
        """Whether a text means an element of any edition."""
        return any(elements.has(text) for elements in self.editions)

    def id_of(self, label: str, part: str) -> str:
        """Id of an assessment: its name, or one that follows from the source."""
        if ASSESSMENT_ID.fullmatch(label) and label not in self.labels:
            self.labels.add(label)
            return label
        return content_id(self.digest.encode(), part)


def _version(model: Model) -> tuple[int, ...]:
    return tuple(int(part) for part in model.version.split("."))


def build(group: Group, origin: Origin) -> tuple[Loaded | None, list[Problem]]:
    """
    Make an assessment of what a table says about it.

    Returns
    -------
    tuple
        The assessment with its problems; or None where it cannot be read, and the
        problems.
    """
    problems = Problems()
    try:
        for name in (*IDENTITY, *STATED[:2]):
            _check_one(name, group)
        model = _edition(group, origin, problems)
        assessment = _assessment(group, origin, model, problems)
    except NotRead as stop:
        return None, [*problems, stop.problem]
    return Loaded(assessment, capped(problems)), []


def _check_one(name: str, group: Group) -> None:
    texts = {text_of(cell.value).strip(): cell for cell in group.claims[name]}
    if len(texts) > 1:
        first, second = [*texts.values()][:2]
        raise NotRead(second.where, "several-values", name=name, where=first.where)


# --- the edition -----------------------------------------------------------------


def _edition(group: Group, origin: Origin, problems: Problems) -> Model:
    """Settle the edition from version, digest and the elements that are named."""
    version = _stated(group, "model_version", _VERSION, "a version such as 2.0.0")
    digest = _stated(group, "model_digest", _DIGEST, "sha256:...")
    version = version and ".".join([*version.split("."), "0", "0"][:3])
    editions = [elements.model for elements in origin.editions]
    known = ", ".join(str(model.edition) for model in editions)
    if digest:
        for model in editions:
            if model.digest == digest and version in {"", model.version}:
                return model
        raise NotRead(group.claims["model_digest"][0].where, "unknown-digest", known=known)
    where = group.claims["model_version"][0].where if version else group.where
    wanted = version or _newest_that_fits(group, origin).version
    try:
        fitting = origin.fitting(wanted, group.entries)
    except UnknownEditionError:
        raise NotRead(where, "unknown-version", version=version, known=known) from None
    assumed = assumed_edition(fitting)
    if assumed is not None:
        problems.remark(where, "edition-assumed", remark=assumed.message)
    if not version:
        problems.remark(where, "edition-inferred", edition=fitting[0].edition)
    return fitting[0]


def _newest_that_fits(group: Group, origin: Origin) -> Model:
    """Return the newest of the editions that have most of the elements."""
    for entry in group.entries:
        if is_numbered(entry.subject) and not entry.title and " " not in plain(entry.subject):
            number = entry.subject.upper()[:40]
            raise NotRead(entry.where("element"), "number-without-edition", number=number)
    counts = [sum(_fits(entry, e) for entry in group.entries) for e in origin.editions]
    if not any(counts):
        raise NotRead(group.where, "no-edition")
    return origin.editions[counts.index(max(counts))].model


def _fits(entry: Entry, elements: Elements) -> bool:
    try:
        key = elements.find(entry.subject, entry.title)
    except ValueError:
        return False
    title = entry.title or entry.subject.strip().partition(" ")[2].strip(" -–:")
    return not is_numbered(entry.subject) or elements.titled(title) == key


def _stated(group: Group, name: str, form: re.Pattern[str], expected: str) -> str:
    """Return the one value that is stated for version or digest, empty if there is none."""
    for cell in group.claims[name]:
        match = form.fullmatch(plain(text_of(cell.value)))
        if match is None:
            raise NotRead(cell.where, "no-such-statement", expected=expected)
        return match[1]
    return ""


# --- answers -----------------------------------------------------------------------


def _answers(group: Group, elements: Elements, problems: Problems, places: Places) -> Document:
    """Read all answers, by element key."""
    found: dict[str, tuple[Document, Entry]] = {}
    refused = Problems()
    n_contradictions = 0
    for entry in group.entries:
        try:
            key = elements.find(entry.subject, entry.title)
        except ValueError as error:
            n_contradictions += isinstance(error, ContradictionError)
            refused.refuse(entry.where("element", "native_id"), "row-left-out", error=error)
            continue
        answer = _answer(entry, elements.model, problems, refused)
        said, before = found.setdefault(key, (answer, entry))
        if said != answer:
            raise NotRead(entry.row.where, "answered-otherwise", key=key, where=before.row.where)
        if before is not entry:
            problems.remark(entry.row.where, "repeats", key=key, where=before.row.where)
    problems += refused
    _check_enough(group, len(refused), n_contradictions)
    for key, (answer, entry) in found.items():
        places["answers", key] = entry.row.where
        if key in MODULE_IDS and "level" in answer:
            problems.remark(entry.where("level"), "level-of-module", key=key)
    return {key: answer for key, (answer, _) in found.items() if answer}


def _check_enough(group: Group, n_refused: int, n_contradictions: int) -> None:
    """Leave an assessment out where too little of it can be read."""
    n = len(group.entries)
    if n_contradictions >= 3 and n_contradictions * MANY >= n:
        raise NotRead(group.where, "another-edition", n_contradictions=n_contradictions, n=n)
    if n_refused * 2 > n:
        raise NotRead(group.where, "too-few", n_refused=n_refused, n=n)


def _answer(entry: Entry, model: Model, problems: Problems, refused: Problems) -> Document:
    """Return the answer of a row, empty if the row says nothing."""
    answer: Document = {}
    try:
        answer |= _state(entry, model)
    except ValueError as error:
        refused.refuse(entry.where("level", "state"), "left-unanswered", error=error)
    for name in TEXTS:
        value = entry.value(name)
        if isinstance(value, Fault):
            problems.refuse(entry.where(name), "left-out", error=value)
        elif value != "":
            answer[name] = text_of(value)
    partial = plain(text_of(entry.value("partial")))
    if partial and partial not in YES_NO:
        problems.refuse(entry.where("partial"), "left-out", error="expected true, false or empty")
    elif partial and YES_NO[partial]:
        answer["partial"] = True
    return {"state": str(State.UNANSWERED), **answer} if answer else {}


def _state(entry: Entry, model: Model) -> Document:
    """Return state and level of a row; empty if it gives neither."""
    value = entry.value("level")
    level = read_level(value, model.level_names)
    stated = plain(text_of(entry.value("state"))).replace(" ", "_")
    if stated not in {"", *State}:
        raise ValueError(sentence("no-state"))
    implied = level if level in {None, State.NOT_APPLICABLE} else State.RATED
    if stated and stated != implied and (implied or stated == State.RATED):
        raise ValueError(sentence("state-and-level", state=stated, level=shown(value)))
    state = implied or stated
    if not state:
        return {}
    return {"state": str(state), **({"level": level} if implied is State.RATED else {})}


# --- properties ----------------------------------------------------------------------


def _value(name: str, value: Value) -> str | bool:
    """
    Read the value of a property.

    Raises
    ------
    ValueError
        If it is none; the message says what was expected.
    """
    if isinstance(value, Fault):
        raise ValueError(str(value))
    text = text_of(value)
    kind = PROPERTIES[name].kind
    if kind == "day":
        return read_day(value) or ""
    if kind == "flag":
        if plain(text) not in YES_NO:
            raise ValueError("expected true or false")
        return YES_NO[plain(text)]
    if kind == "code":
        return text.strip().lower()
    return text if kind == "text" else text.strip()


def read_properties(
    claims: Mapping[str, Sequence[Cell]], problems: Problems, places: Places
) -> Document:
    """Read properties as parts of a document; what cannot be taken is added to `problems`."""
    document: Document = {}
    for name, about in PROPERTIES.items():
        said = claims.get(name)
        if not said:
            continue
        if len({text_of(cell.value) for cell in said}) > 1:
            problems.refuse(said[1].where, "property-twice", name=name, where=said[0].where)
            continue
        try:
            value = _value(name, said[0].value)
        except ValueError as error:
            problems.refuse(said[0].where, "left-out", error=f"{name}: {error}")
            continue
        section, _, part = name.partition(".")
        places[tuple(name.split("."))] = said[0].where
        if about.kind == "profile":
            for unknown in check_profile(**{part: str(value)}):
                problems.remark(said[0].where, "no-code", name=name, message=unknown.message)
        if value != "":
            (document.setdefault(section, {}) if part else document)[part or section] = value
    return document


# --- the assessment --------------------------------------------------------------


def _assessment(group: Group, origin: Origin, model: Model, problems: Problems) -> Assessment:
    places: Places = {}
    _date_by_name(group, problems)
    answers = _answers(group, origin.elements(model), problems, places)
    is_workbook = origin.kind == "xlsx"
    kind = "xlsx-table" if is_workbook else f"{origin.kind}-{group.shape}"
    document: Document = {
        "format": Assessment.FORMAT,
        "id": origin.id_of(group.label, group.part),
        "model": model.edition.to_json(),
        "mode": _mode(group, answers, model, problems),
        "answers": answers,
        **read_properties(group.claims, problems, places),
        "source": {"kind": kind, "digest": origin.digest},
    }
    if not answers and any(problem.refused for problem in problems):
        raise NotRead(group.where, "nothing-left")
    if group.label and document["id"] != group.label:
        _keep_name(group, document, problems)
    for _ in range(3):
        assessment, found = Assessment.examine(document)
        if assessment is not None:
            return assessment
        for path, message in found:
            part = tuple(map(str, path[: 2 if path and path[0] in {*SECTIONS, "answers"} else 1]))
            problems.refuse(places.get(part, ".".join(part)), "left-out", error=message)
            target = document[part[0]] if len(part) > 1 else document
            target.pop(part[-1], None)
    raise NotRead(group.where, "no-assessment")


def _date_by_name(group: Group, problems: Problems) -> None:
    """Take the name of a sheet or column for the date, where it is a day and no other is said."""
    is_title = group.shape == "matrix" or group.label == group.place.sheet.name
    if not is_title or group.claims["period.finish"]:
        return
    try:
        day = read_day(group.label)
    except ValueError:
        return
    if day:
        group.claim("period.finish", group.place._replace(value=day))
        problems.remark(group.where, "name-is-day")


def _keep_name(group: Group, document: Document, problems: Problems) -> None:
    """Keep a name that cannot be an id as the name of the use case, if it has none."""
    use_case = document.setdefault("use_case", {})
    problems.remark(group.where, "name-no-id" if use_case.get("name") else "name-kept")
    use_case.setdefault("name", group.label)


def _mode(group: Group, answers: Document, model: Model, problems: Problems) -> str:
    said = group.claims["mode"]
    stated = plain(text_of(said[0].value)) if len(said) == 1 else ""
    has_requirements = any(key in model.requirements for key in answers)
    if stated == Mode.SELF and has_requirements:
        problems.remark(said[0].where, "self-with-requirements")
    if stated in {*Mode}:
        return stated
    inferred = Mode.FULL if has_requirements else Mode.SELF
    if said:
        problems.refuse(said[0].where, "no-mode", mode=inferred)
    elif answers:
        what = "requirements" if has_requirements else "no requirements"
        problems.remark(group.where, "mode-inferred", mode=inferred, what=what)
    return str(inferred)
