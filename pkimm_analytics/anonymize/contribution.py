"""
An assessment to a contribution that names nobody.

A contribution is one JSON document, which a person can read from top to bottom:
pseudonyms, a coarse profile, a quarter, and for each element its level or that it
does not apply. An element without an entry is unanswered. The document is what
leaves; the collection stores the same values in columns.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pkimm_analytics.anonymize.keys import KeyStore
from pkimm_analytics.anonymize.pseudonyms import commitment_of, pseudonym, receipt_token
from pkimm_analytics.anonymize.scrubber import looks_like, suspicious_fields
from pkimm_analytics.anonymize.vocabulary import (
    FORMAT,
    NOT_APPLICABLE,
    QUARTER,
    axis,
    expected,
    is_allowed,
    shown_path,
)
from pkimm_analytics.assessment import Assessment, Assurance, Mode, State, carry
from pkimm_analytics.errors import ContributionError, PkimmError, Problem, SourceFormatError
from pkimm_analytics.files import MAX_BYTES, read_json
from pkimm_analytics.history import history_key
from pkimm_analytics.model import Model, model_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.organization import ATTRIBUTES, Grain, check_profile, coarsen
from pkimm_analytics.quarters import running_quarter
from pkimm_analytics.schemas import violations
from pkimm_analytics.scoring import SCORING_VERSION, answer_codes
from pkimm_analytics.tables import CONTRIBUTIONS

FIELDS = CONTRIBUTIONS.column_names


@dataclass(frozen=True)
class Contribution:
    """
    What one assessment contributes.

    Parameters
    ----------
    values : mapping of str to str, bool or None
        By column of the table ``contributions``.
    answers : mapping of str to int
        By element key: 1 to 5, or -1 for not applicable. Unanswered has no entry.
    extensions : mapping of str to tuple of str and mapping
        By id: version, and codes of relevance answers by category.
    replaces : str, optional
        Proof that the contributor may replace what the collection holds of the same
        assessment. It is checked and not stored.
    """

    values: Mapping[str, Any]
    answers: Mapping[str, int]
    extensions: Mapping[str, tuple[str, Mapping[str, int]]] = field(default_factory=dict)
    replaces: str | None = None

    @property
    def id(self) -> str:
        """Pseudonym of the assessment."""
        return str(self.values["contribution"])

    def content_digest(self) -> str:
        """SHA-256 of everything but the commitment, which depends on it, and the proof."""
        document = to_document(self)
        document.pop("commitment")
        document.pop("replaces", None)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Anonymized:
    """
    A contribution and what is to be told about it.

    Parameters
    ----------
    contribution : Contribution
    token : str
        What the receipt is made of. It stays with the contributor.
    remarks : tuple of Problem
        What was left out or assumed.
    left_behind : mapping of str to int
        How many texts of each kind stay with the organization.
    """

    contribution: Contribution
    token: str = field(repr=False)
    remarks: tuple[Problem, ...] = ()
    left_behind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """
    What a contributor states about an assessment.

    Parameters
    ----------
    organization, parent, assessor : str, optional
        Ids of a register, such as the LEI. Random ids stand in where they are left out;
        names are never used.
    assurance : str, optional
        ``self``, ``formal`` or ``third-party``, where the assessment does not state it.
    quarter : str, optional
        Such as ``2026Q3``, where the assessment has no date.
    grain : {"group", "leaf"}
        Grain of the profile. Groups are all that releases use.
    """

    organization: str | None = None
    parent: str | None = None
    assessor: str | None = None
    assurance: str | None = None
    quarter: str | None = None
    grain: Grain = "group"


def anonymize(
    assessment: Assessment, store: KeyStore, identity: Identity | None = None
) -> Anonymized:
    """
    Make a contribution of an assessment.

    Parameters
    ----------
    assessment : Assessment
        Not changed.
    store : KeyStore
        Key for pseudonyms and random ids.
    identity : Identity, optional
        What the contributor states.

    Raises
    ------
    ContributionError
        If the profile, date, edition or an id cannot be used. All problems are
        listed and none repeats a text of the assessment.
    KeyStoreError
        If random ids cannot be kept.
    """
    stated = identity or Identity()
    problems = [*_check_identity(assessment, stated), *_check_profile(assessment)]
    remarks: list[Problem] = []
    quarter = _quarter(assessment, stated, problems)
    if not problems and quarter > running_quarter():
        message = "has not begun; releases leave the contribution out until then"
        remarks.append(Problem("quarter", message, refused=False))
    carried, model = _in_shipped_edition(assessment, problems, remarks)
    if problems or model is None:
        raise ContributionError("The assessment cannot be contributed. Nothing left.", problems)
    values = {
        **_pseudonyms(assessment, store, stated),
        **_profile(assessment, stated.grain),
        "assurance": _assurance(assessment, stated, remarks),
        "edition": model.version,
        "digest": model.digest,
        "mode": str(assessment.mode),
        "quarter": quarter,
        "synthetic": assessment.synthetic,
        "scoring_version": SCORING_VERSION,
        "commitment": "",
    }
    made = Contribution(values, _answers(carried, model), _extensions(carried, remarks))
    token = receipt_token(store.key, made.id, made.content_digest())
    made = replace(made, values={**values, "commitment": commitment_of(token)})
    found = suspicious_fields(to_document(made))
    if found:
        raise ContributionError("The scrubber stopped the contribution. Nothing left.", found)
    return Anonymized(made, token, tuple(remarks), left_behind(assessment))


# --- parts -------------------------------------------------------------------------


def _pseudonyms(assessment: Assessment, store: KeyStore, stated: Identity) -> dict[str, str | None]:
    who = assessment.organization
    organization = stated.organization or store.random_id("organization", who.name)
    parent = stated.parent
    if parent is None:
        has_parent = bool(who.parent.strip()) and who.parent.strip() != who.name.strip()
        parent = store.random_id("organization", who.parent) if has_parent else organization
    use_case = store.random_id("use-case", f"{organization}\0{history_key(assessment)[1]}")
    assessor = stated.assessor
    company = assessment.assessor.company or assessment.assessor.name
    if assessor is None and assessment.assessor.position == "external" and company:
        assessor = store.random_id("assessor", company)
    key = store.key
    return {
        "contribution": pseudonym(key, "contribution", organization, assessment.id),
        "org": pseudonym(key, "org", organization),
        "parent": pseudonym(key, "parent", parent),
        "use_case": pseudonym(key, "use-case", organization, use_case),
        "assessor": pseudonym(key, "assessor", assessor) if assessor else None,
    }


def _profile(assessment: Assessment, grain: Grain) -> dict[str, str | None]:
    return {
        attribute: coarsen(attribute, getattr(assessment.organization, attribute), grain)
        for attribute in ATTRIBUTES
    }


def _check_profile(assessment: Assessment) -> list[Problem]:
    who = assessment.organization
    return check_profile(sector=who.sector, size=who.size, region=who.region, role=who.role)


def _check_identity(assessment: Assessment, stated: Identity) -> list[Problem]:
    """Refuse ids that are a name, an address or a host: anybody could guess them."""
    names = {assessment.organization.name, assessment.organization.parent}
    names |= {assessment.assessor.name, assessment.assessor.company}
    known = {_folded(name) for name in names} - {""}
    found = []
    for option in ("organization", "parent", "assessor"):
        given = getattr(stated, option)
        if given is None:
            continue
        if not given.strip() or len(given) > 100 or not given.isprintable():
            found.append(Problem(f"{option}-id", "expected an id of a register, such as the LEI"))
        elif _folded(given) in known or looks_like(given):
            message = "looks like a name or an address; give an id of a register, such as the LEI"
            found.append(Problem(f"{option}-id", message))
    for option in ("assurance", "quarter"):
        given = getattr(stated, option)
        if given is not None and not is_allowed(option, given):
            found.append(Problem(option, expected(option)))
    if stated.grain not in ("group", "leaf"):
        found.append(Problem("grain", "expected group or leaf"))
    return found


def _folded(name: str) -> str:
    return re.sub(r"\W+", "", name).casefold()


def _quarter(assessment: Assessment, stated: Identity, problems: list[Problem]) -> str:
    if stated.quarter:
        return stated.quarter
    match = re.fullmatch(r"(\d{4})-(\d{2})-\d{2}", assessment.date or "")
    quarter = f"{match[1]}Q{(int(match[2]) + 2) // 3}" if match else ""
    if not QUARTER.fullmatch(quarter):
        problems.append(Problem("period", "no date that can be used; state it: --quarter 2026Q3"))
    return quarter


def _assurance(assessment: Assessment, stated: Identity, remarks: list[Problem]) -> str:
    given = stated.assurance or assessment.assurance
    if given is None:
        message = "not stated; contributed as the weakest, self"
        remarks.append(Problem("assurance", message, refused=False))
        return str(Assurance.SELF)
    return str(given)


def _in_shipped_edition(
    assessment: Assessment, problems: list[Problem], remarks: list[Problem]
) -> tuple[Assessment, Model | None]:
    """Carry the answers to the shipped edition of their version; others would stand out."""
    version = assessment.model.version
    if version not in shipped_versions():
        known = ", ".join(shipped_versions())
        problems.append(Problem("model.version", f"not a published edition; expected {known}"))
        return assessment, None
    target = shipped_model(version)
    if target.digest == assessment.model.digest:
        return assessment, target
    try:
        source = model_of(assessment.model)
    except PkimmError:
        source = None
    known_keys = {k: a for k, a in assessment.answers.items() if k in target.keys}
    n_left = len(assessment.answers) - len(known_keys)
    message = f"another structure is called {version}; contributed as the shipped one"
    if n_left:
        message += f", {n_left} answer(s) that it lacks left out"
    remarks.append(Problem("model.digest", message, refused=False))
    if source is None:
        return assessment.replace(model=target.edition, answers=known_keys), target
    return carry(assessment, source, target), target


def _answers(assessment: Assessment, model: Model) -> dict[str, int]:
    """Codes other than unanswered; in a self-assessment, of categories only."""
    requirements, categories = answer_codes(assessment, model)
    found = dict(zip(model.categories, categories.tolist(), strict=True))
    if assessment.mode is Mode.FULL:
        found |= dict(zip(model.requirements, requirements.tolist(), strict=True))
    return {key: code for key, code in found.items() if code}


def _extensions(
    assessment: Assessment, remarks: list[Problem]
) -> dict[str, tuple[str, Mapping[str, int]]]:
    known = axis()
    found: dict[str, tuple[str, Mapping[str, int]]] = {}
    for extension in assessment.extensions:
        versions = known.extension_versions.get(extension.id, ())
        if extension.version not in versions or extension.id in found:
            message = "an extension that collections do not know, or twice: left out"
            remarks.append(Problem("extensions", message, refused=False))
            continue
        columns = known.extensions[extension.id]
        codes = {
            key: -1 if answer.state is State.NOT_APPLICABLE else answer.level or 0
            for key in columns
            if (answer := extension.answers.get(key)) is not None
        }
        found[extension.id] = (extension.version, {k: c for k, c in codes.items() if c})
    return found


def left_behind(assessment: Assessment) -> dict[str, int]:
    """Count the texts of each kind that stay with the organization."""
    answers = list(assessment.answers.values())
    answers += [a for e in assessment.extensions for a in e.answers.values()]
    who, use_case, by = assessment.organization, assessment.use_case, assessment.assessor
    counts = {
        "names": sum(map(bool, [who.name, who.parent, by.name, by.company, use_case.name])),
        "descriptions": sum(
            map(
                bool,
                [
                    use_case.description,
                    use_case.components,
                    use_case.out_of_scope,
                    assessment.environment.high_level_design,
                    assessment.environment.points_of_interaction,
                ],
            )
        ),
        "notes": sum(bool(a.notes) for a in answers),
        "evidence": sum(bool(a.evidence) for a in answers),
        "reasons": sum(bool(a.reason) for a in answers),
        "action plans": len(assessment.action_plans),
        "dates": sum(
            map(bool, [assessment.period.start, assessment.period.target, assessment.period.finish])
        ),
    }
    return {kind: n for kind, n in counts.items() if n}


# --- the document --------------------------------------------------------------------


def to_document(contribution: Contribution) -> dict[str, Any]:
    """Return the document ``pkimm-contribution/1``; what has no value is left out."""
    document: dict[str, Any] = {"format": FORMAT}
    document |= {
        name: contribution.values[name]
        for name in FIELDS
        if contribution.values.get(name) is not None
    }
    document["answers"] = _words(contribution.answers)
    document["extensions"] = {
        id_: {"version": version, "answers": _words(codes)}
        for id_, (version, codes) in contribution.extensions.items()
    }
    if contribution.replaces:
        document["replaces"] = contribution.replaces
    return document


def dumps(contributions: list[Contribution]) -> bytes:
    """Return contributions as a JSON list, the same bytes for the same contributions."""
    documents = [to_document(one) for one in contributions]
    return (json.dumps(documents, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def loads(content: bytes, name: str) -> tuple[list[Contribution], list[Problem]]:
    """
    Read a contribution file: one document or a list of them.

    Returns
    -------
    tuple
        The valid contributions, and a problem for each place that is not valid; a
        document with a problem is left out whole.

    Raises
    ------
    SourceFormatError
        If the file is not JSON, or neither an object nor a list.
    """
    try:
        documents = read_json(content, name)
    except SourceFormatError as error:  # whose message may name a field
        where = error.problems[0].where if error.problems else name
        raise SourceFormatError(
            f"{name} is not readable as JSON. Nothing was added.",
            [Problem(where, _why_not_json(content))],
        ) from None
    if isinstance(documents, dict):
        documents = [documents]
    if not isinstance(documents, list):
        raise SourceFormatError(
            f"{name} holds no contributions. Nothing was added.",
            [Problem(name, f"expected a document {FORMAT} or a list of them")],
        )
    good, problems = [], []
    for number, document in enumerate(documents, 1):
        found = _problems_of(document)
        problems += [Problem(f"{name}, document {number}: {p.where}", p.message) for p in found]
        if not found:
            good.append(from_document(document))
    return good, problems


def _why_not_json(content: bytes) -> str:
    if not content:
        return "the file is empty; expected a contribution"
    if len(content) > MAX_BYTES:
        return f"more than {MAX_BYTES:,} bytes; hand over several smaller files"
    return "expected JSON in UTF-8, with plain numbers and each field once"


def _problems_of(document: Any) -> list[Problem]:
    found = [
        Problem(shown_path(path) or "document", _without_value(path, message))
        for path, message in violations("contribution", document)
    ]
    return found or suspicious_fields(document) or _unknown_keys(document)


def _without_value(path: Sequence[str | int], message: str) -> str:
    """Say what a field takes; a number that was found may be that of a telephone."""
    if len(path) == 1 and path[0] in FIELDS and path[0] != "synthetic":
        return expected(str(path[0]))
    return re.sub(r" \(found .*\)$", "", message)


def _unknown_keys(document: Mapping[str, Any]) -> list[Problem]:
    """Find answers to what is no element; an unknown name could itself be a text."""
    known = axis()
    n_bad = sum(key not in known.keys for key in document["answers"])
    for id_, extension in document["extensions"].items():
        columns = known.extensions.get(id_, ())
        n_bad += sum(key not in columns for key in extension["answers"]) + (not columns)
    return [Problem("answers", f"{n_bad} name(s) are no elements")] if n_bad else []


def from_document(document: Mapping[str, Any]) -> Contribution:
    """Read a document that was found valid."""
    return Contribution(
        values={name: document.get(name) for name in FIELDS},
        answers=_codes(document["answers"]),
        extensions={
            id_: (extension["version"], _codes(extension["answers"]))
            for id_, extension in document["extensions"].items()
        },
        replaces=document.get("replaces"),
    )


def _words(codes: Mapping[str, int]) -> dict[str, int | str]:
    """Codes as people read them, in the order of the columns."""
    return {
        key: NOT_APPLICABLE if codes[key] == -1 else codes[key]
        for key in axis().keys
        if codes.get(key)
    }


def _codes(words: Mapping[str, Any]) -> dict[str, int]:
    return {key: -1 if word == NOT_APPLICABLE else int(word) for key, word in words.items()}
