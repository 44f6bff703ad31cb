"""
From what a table says about an assessment to the assessment.

The edition is settled first, because a number means nothing without it. What cannot be
taken as it stands is left out and named with its place; the rest is kept, unless what is
left would be another assessment than the one that was written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import Problem, UnknownEditionError
from pkimm_analytics.loaders.cells import YES_NO, plain, read_day, read_level, shown
from pkimm_analytics.loaders.loaded import ASSESSMENT_ID, Loaded, capped, content_id
from pkimm_analytics.loaders.sheets import Fault, Value, text_of
from pkimm_analytics.loaders.tabular.elements import ContradictionError, Elements, is_numbered
from pkimm_analytics.loaders.tabular.fields import (
    IDENTITY,
    PROPERTIES,
    SECTIONS,
    STATED,
    TEXTS,
)
from pkimm_analytics.loaders.tabular.groups import Claim, Entry, Group
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


class NotRead(Exception):  # noqa: N818  # no error: it ends one assessment, and is listed
    """An assessment, or one cell, that cannot be taken."""

    def __init__(self, where: str, message: str) -> None:
        self.problem = Problem(where, message)
        super().__init__(message)


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
    digest: str
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

    def fitting(self, version: str, keys: frozenset[str]) -> Sequence[Model]:
        """Editions of a version that fit the keys, the best one first."""
        if (version, keys) not in self._fitting:
            self._fitting[version, keys] = fitting_editions(version, keys)
        return self._fitting[version, keys]

    def has_element(self, text: str) -> bool:
        """Whether a text means an element of any edition."""
        return any(elements.has(text) for elements in self.editions)

    def kind_of(self, shape: str) -> str:
        """Kind of the source as it is kept with an assessment."""
        return "xlsx-table" if self.kind == "xlsx" else f"{self.kind}-{shape}"

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
    problems: list[Problem] = []
    try:
        for name in (*IDENTITY, *STATED):
            _only_one(name, group)
        model = _edition(group, origin, problems)
        assessment = _assessment(group, origin, model, problems)
    except NotRead as stop:
        return None, [*problems, stop.problem]
    return Loaded(assessment, capped(problems)), []


def _only_one(name: str, group: Group) -> None:
    texts = {text_of(claim.value).strip(): claim for claim in group.claims.get(name, ())}
    if len(texts) > 1 and name != "mode":
        first, second = [*texts.values()][:2]
        message = (
            f"{name} is not that of {first.where}, and an assessment has one edition, organization,"
            " use case and date: give each assessment a name of its own in a"
            " column assessment. Nothing of this assessment was read"
        )
        raise NotRead(second.where, message)


# --- the edition -----------------------------------------------------------------


def _edition(group: Group, origin: Origin, problems: list[Problem]) -> Model:
    """Settle the edition from version, digest and the elements that are named."""
    version, version_place = _stated(group, "model_version", _VERSION, "a version such as 2.0.0")
    version = ".".join([*version.split("."), "0", "0"][:3]) if version else None
    digest, digest_place = _stated(group, "model_digest", r"(sha256:[0-9a-f]{64})", "sha256:...")
    editions = [elements.model for elements in origin.editions]
    known = ", ".join(str(model.edition) for model in editions)
    known = f"known are {known}; add others with: pkimm models add FILE"
    if digest:
        found = [m for m in editions if m.digest == digest and version in (None, m.version)]
        if not found:
            raise NotRead(digest_place, f"no edition of this digest and version; {known}")
        return found[0]
    keys = frozenset(_keys(group.entries, origin))
    if not version:
        return _best_with(group, origin, problems)
    try:
        fitting = origin.fitting(version, keys)
    except UnknownEditionError:
        raise NotRead(version_place, f"PKIMM {version} is not installed; {known}") from None
    return _assumed(fitting, version_place, problems)


def _assumed(fitting: Sequence[Model], where: str, problems: list[Problem]) -> Model:
    """Return the first of the editions that fit, and remark on the others."""
    remark = assumed_edition(fitting)
    if remark is not None:
        message = f"{remark.message}; column model_digest decides"
        problems.append(Problem(where, message, refused=False))
    return fitting[0]


def _keys(entries: Iterable[Entry], origin: Origin) -> Iterable[str]:
    """Element keys of all texts that are no numbers, in the first edition that has them."""
    for entry in entries:
        if not is_numbered(entry.subject):
            found = (e.find(entry.subject) for e in origin.editions if e.has(entry.subject))
            yield from list(found)[:1]


def _best_with(group: Group, origin: Origin, problems: list[Problem]) -> Model:
    """Return the newest of the editions that have most of the elements."""
    bare = next((e for e in group.entries if is_numbered(e.subject) and not _titled(e)), None)
    if bare is not None:
        raise NotRead(
            bare.where("element"),
            f"{bare.subject.upper()[:40]} is another element in another edition; expected its"
            " edition in column model_version, such as 1.1.0; the assessment was left out",
        )
    counts = [sum(_fits(entry, e) for entry in group.entries) for e in origin.editions]
    if not any(counts):
        raise NotRead(
            group.where,
            "no edition is stated and none has these elements; expected column model_version,"
            " such as 2.0.0; the assessment was left out",
        )
    newest = origin.editions[counts.index(max(counts))].model
    fitting = origin.fitting(newest.version, frozenset(_keys(group.entries, origin)))
    model = _assumed(fitting, group.where, problems)
    message = f"no edition is stated; read as {model.edition}, the newest that fits"
    problems.append(Problem(group.where, message, refused=False))
    return model


def _titled(entry: Entry) -> bool:
    return bool(entry.title) or " " in plain(entry.subject)


def _fits(entry: Entry, elements: Elements) -> bool:
    try:
        key = elements.find(entry.subject, entry.title)
    except ValueError:
        return False
    if not is_numbered(entry.subject):
        return True
    title = entry.title or entry.subject.strip().partition(" ")[2].strip(" -–:")
    return elements.titled(title) == key


_VERSION = r"(?:pkimm|version|v)? ?([0-9]{1,4}(?:\.[0-9]{1,4}){0,2})"


def _stated(group: Group, name: str, form: str, example: str) -> tuple[str | None, str]:
    """Return the one value that is stated for version or digest, None if there is none."""
    for claim in group.claims.get(name, ()):
        match = re.fullmatch(form, plain(text_of(claim.value)))
        if match is None:
            raise NotRead(claim.where, f"expected {example}; the assessment was left out")
        return match[1], claim.where
    return None, group.where


# --- answers -----------------------------------------------------------------------


def _answers(group: Group, elements: Elements, problems: list[Problem], places: Places) -> Document:
    """Read all answers, by element key."""
    found: dict[str, tuple[Document, Entry]] = {}
    refused: list[Problem] = []
    n_contradictions = 0
    for entry in group.entries:
        try:
            key = elements.find(entry.subject, entry.title)
            answer = _answer(entry, elements.model, problems, refused)
        except ValueError as error:
            n_contradictions += isinstance(error, ContradictionError)
            place = entry.where("element" if "element" in entry.cells else "native_id")
            refused.append(Problem(place, f"{error}; the row was left out"))
            continue
        if key not in found:
            found[key] = answer, entry
        elif found[key][0] != answer:
            message = (
                f"{key} is answered otherwise in {found[key][1].where()}; give each assessment a"
                " name of its own in a column assessment. Nothing of this assessment was read"
            )
            raise NotRead(entry.where(), message)
        else:
            message = f"repeats {key} of {found[key][1].where()}; read once"
            problems.append(Problem(entry.where(), message, refused=False))
    problems += refused
    _check_enough(group, len(refused), n_contradictions)
    answers = {key: answer for key, (answer, _) in found.items() if answer}
    places |= {("answers", key): entry.where() for key, (_, entry) in found.items()}
    problems += [
        Problem(
            found[key][1].where("level"),
            f"{key} is a module; its level is never scored",
            refused=False,
        )
        for key, answer in answers.items()
        if key in MODULE_IDS and "level" in answer
    ]
    return answers


def _check_enough(group: Group, n_refused: int, n_contradictions: int) -> None:
    """Leave an assessment out where too little of it can be read."""
    n = len(group.entries)
    if n_contradictions >= 3 and n_contradictions * MANY >= n:
        raise NotRead(
            group.where,
            f"{n_contradictions} of {n} rows have number and title of two elements: the table is"
            " of another edition than it says. Nothing of this assessment was read",
        )
    if n_refused * 2 > n:
        message = f"{n_refused} of {n} answers cannot be read, so none of this assessment was"
        raise NotRead(group.where, message)


def _answer(
    entry: Entry, model: Model, problems: list[Problem], refused: list[Problem]
) -> Document:
    """Return the answer of a row, empty if the row says nothing."""
    answer: Document = {}
    try:
        answer |= _state(entry, model)
    except ValueError as error:
        place = entry.where("level" if "level" in entry.cells else "state")
        refused.append(Problem(place, f"{error}; left unanswered"))
    for name in TEXTS:
        value = entry.value(name)
        if isinstance(value, Fault):
            problems.append(Problem(entry.where(name), f"{value}; left out"))
        elif value != "":
            answer[name] = text_of(value)
    partial = plain(text_of(entry.value("partial")))
    if partial and partial not in YES_NO:
        problems.append(Problem(entry.where("partial"), "expected true, false or empty; left out"))
    elif partial and YES_NO[partial]:
        answer["partial"] = True
    return {"state": str(State.UNANSWERED), **answer} if answer else {}


def _state(entry: Entry, model: Model) -> Document:
    """Return state and level of a row; empty if it gives neither."""
    value = entry.value("level")
    level = read_level(value, model.level_names)
    stated = plain(text_of(entry.value("state"))).replace(" ", "_")
    if stated not in {"", *State}:
        raise ValueError("state: expected rated, unanswered, not_applicable or empty")
    if isinstance(level, int) and stated in {"", State.RATED}:
        return {"state": str(State.RATED), "level": level}
    if level is State.NOT_APPLICABLE and stated in {"", State.NOT_APPLICABLE}:
        return {"state": str(State.NOT_APPLICABLE)}
    if level is None and stated != State.RATED:
        return {"state": stated} if stated else {}
    raise ValueError(f"state {stated} does not go with level {shown(value)}")


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
    kind = PROPERTIES[name][0]
    if kind == "day":
        return read_day(value) or ""
    if kind == "flag":
        if plain(text) in YES_NO:
            return YES_NO[plain(text)]
        raise ValueError("expected true or false")
    if kind == "code" and name != "updated":
        return text.strip().lower()
    return text if kind == "text" else text.strip()


def _profile_remark(name: str, value: str) -> str:
    """Say that a value of a profile is no code, and which one comes nearest; else nothing."""
    if PROPERTIES[name][0] != "profile":
        return ""
    found = check_profile(**{name.removeprefix("organization."): value})
    return f"{found[0].message}; kept as it is, and refused when it is contributed" if found else ""


def read_properties(
    claims: Mapping[str, list[Claim]], problems: list[Problem], places: Places
) -> Document:
    """Read properties as parts of a document; what cannot be taken is added to `problems`."""
    document: Document = {}
    for name in PROPERTIES:
        said = claims.get(name, [])
        if not said:
            continue
        if len({text_of(claim.value) for claim in said}) > 1:
            message = f"{name} is something else in {said[0].where}; expected one value; left out"
            problems.append(Problem(said[1].where, message))
            continue
        try:
            value = _value(name, said[0].value)
        except ValueError as error:
            problems.append(Problem(said[0].where, f"{name}: {error}; left out"))
            continue
        section, _, part = name.partition(".")
        places[tuple(name.split("."))] = said[0].where
        if remark := _profile_remark(name, str(value)):
            problems.append(Problem(said[0].where, f"{name}: {remark}", refused=False))
        if value != "":
            (document.setdefault(section, {}) if part else document)[part or section] = value
    return document


# --- the assessment --------------------------------------------------------------


def _assessment(group: Group, origin: Origin, model: Model, problems: list[Problem]) -> Assessment:
    places: Places = {}
    answers = _answers(group, origin.elements(model), problems, places)
    document: Document = {
        "format": Assessment.FORMAT,
        "id": origin.id_of(group.label, group.part),
        "model": model.edition.to_json(),
        "mode": _mode(group, answers, model, problems),
        "answers": answers,
        **read_properties(group.claims, problems, places),
        "source": {"kind": origin.kind_of(group.shape), "digest": origin.digest},
    }
    if not answers and any(problem.refused for problem in problems):
        raise NotRead(group.where, "no answer of this assessment could be read; it was left out")
    if group.label and document["id"] != group.label:
        _keep_name(group, document, problems)
    for _ in range(3):
        assessment, found = Assessment.examine(document)
        if assessment is not None:
            return assessment
        for path, message in found:
            part = tuple(map(str, path[: 2 if path and path[0] in {*SECTIONS, "answers"} else 1]))
            problems.append(Problem(places.get(part, ".".join(part)), f"{message}; left out"))
            target = document[part[0]] if len(part) > 1 else document
            target.pop(part[-1], None)
    raise NotRead(group.where, "the assessment does not meet the published schema; left out")


def _keep_name(group: Group, document: Document, problems: list[Problem]) -> None:
    """Keep a name that cannot be an id as the name of the use case, if it has none."""
    kept = "" if document.get("use_case", {}).get("name") else "; kept as use_case.name"
    if kept:
        document.setdefault("use_case", {})["name"] = group.label
    message = f"the name of the assessment cannot be its id, so one was made{kept}"
    problems.append(Problem(group.where, message, refused=False))


def _mode(group: Group, answers: Document, model: Model, problems: list[Problem]) -> str:
    said = group.claims.get("mode", [])
    stated = plain(text_of(said[0].value)) if len(said) == 1 else ""
    if stated == Mode.SELF and any(key in model.requirements for key in answers):
        message = "mode self asks about categories; requirements are answered and not scored"
        problems.append(Problem(said[0].where, message, refused=False))
    if stated in {*Mode}:
        return stated
    inferred = Mode.FULL if any(key in model.requirements for key in answers) else Mode.SELF
    if said:
        problems.append(Problem(said[0].where, f"expected self or full; read as {inferred}"))
    elif answers:
        what = "requirements" if inferred is Mode.FULL else "no requirements"
        message = f"mode is not stated; read as {inferred}, because {what} are answered"
        problems.append(Problem(group.where, message, refused=False))
    return str(inferred)
