"""
An assessment to a contribution that names nobody.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pkimm_analytics.anonymize.contribution import Contribution
from pkimm_analytics.anonymize.identifiers import (
    commitment_of,
    pseudonym,
    receipt_token,
    registered,
)
from pkimm_analytics.anonymize.invitation import Invitation
from pkimm_analytics.anonymize.keys import KeyStore
from pkimm_analytics.anonymize.scrubber import looks_like
from pkimm_analytics.anonymize.vocabulary import NOT_APPLICABLE, axis, expected, is_allowed
from pkimm_analytics.assessment import Assessment, Assurance, Mode, State, carry
from pkimm_analytics.errors import ContributionError, PkimmError, Problem
from pkimm_analytics.history import history_key, record_key
from pkimm_analytics.model import Model, counted_edition, model_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.organization import ATTRIBUTES, check_profile, coarsen
from pkimm_analytics.quarters import running_quarter
from pkimm_analytics.scoring import SCORING_VERSION, answer_codes


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
        Ids of a register, such as the LEI; in a round also ``Example Bank AG/DEU``, the
        registered name and country. Without a round, keyed ids stand in where they are
        left out.
    assurance : str, optional
        ``self``, ``formal`` or ``third-party``, where the assessment does not state it.
    quarter : str, optional
        Such as ``2026Q3``, where the assessment has no date.
    ticket : str, optional
        Code that the working group gave to the organization.
    """

    organization: str | None = None
    parent: str | None = None
    assessor: str | None = None
    assurance: str | None = None
    quarter: str | None = None
    ticket: str | None = None


def anonymize(
    assessment: Assessment,
    store: KeyStore,
    identity: Identity | None = None,
    invitation: Invitation | None = None,
) -> Anonymized:
    """
    Make a contribution of an assessment.

    Parameters
    ----------
    assessment : Assessment
        Not changed.
    store : KeyStore
        The contributor's key.
    identity : Identity, optional
        What the contributor states.
    invitation : Invitation, optional
        To the round that it is for. Its key makes the pseudonyms of organization, parent
        and assessor, so that the same are the same in every contribution.

    Raises
    ------
    ContributionError
        If the profile, date, edition or an id cannot be used. All problems are
        listed and none repeats a text of the assessment.
    """
    stated = identity or Identity()
    problems = [
        *_check_stated(stated, in_round=invitation is not None),
        *check_profile(**{name: getattr(assessment.organization, name) for name in ATTRIBUTES}),
    ]
    ids = (
        _own_ids(assessment, store, stated, problems)
        if invitation is None
        else _registered_ids(assessment, stated, problems)
    )
    remarks: list[Problem] = []
    quarter = _quarter(assessment, stated, problems)
    if not problems and quarter > running_quarter():
        message = "has not begun; releases leave the contribution out until then"
        remarks.append(Problem("quarter", message, refused=False))
    carried, model = _in_shipped_edition(assessment, problems, remarks)
    if problems or model is None:
        raise ContributionError("The assessment cannot be contributed. Nothing left.", problems)
    own = store.local_id("organization", assessment.organization.name or assessment.id)
    use_case = store.local_id("use-case", f"{own}\0{history_key(assessment)[1]}")
    record = [text or "" for text in record_key(assessment)]
    values: dict[str, Any] = {
        "contribution": pseudonym(store.key, "contribution", own, *record),
        "use_case": pseudonym(store.key, "use-case", own, use_case),
        **_tags(store.key if invitation is None else invitation.raw_key, ids),
        **{
            name: coarsen(name, getattr(assessment.organization, name), "group")
            for name in ATTRIBUTES
        },
        "assurance": _assurance(assessment, stated, remarks),
        "edition": model.version,
        "digest": model.digest,
        "mode": str(assessment.mode),
        "quarter": quarter,
        "synthetic": assessment.synthetic,
        "scoring_version": SCORING_VERSION,
        "carried": carried is not assessment,
        "round": invitation and invitation.round,
        "answers": _answers(carried, model),
        "extensions": _extensions(carried, remarks),
        "ticket": stated.ticket,
    }
    if invitation and (former := invitation.raw_former_key):
        values["former"] = _tags(former, ids)
    made = Contribution(commitment="A" * 26, **values)
    token = receipt_token(store.key, made.id, made.content_digest())
    made = made.replace(commitment=commitment_of(token))
    return Anonymized(made, token, tuple(remarks), left_behind(assessment))


# --- who it is ---------------------------------------------------------------------


def _tags(key: bytes, ids: Mapping[str, str | None]) -> dict[str, str | None]:
    return {
        "org": pseudonym(key, "org", str(ids["organization"])),
        "parent": pseudonym(key, "parent", str(ids["parent"])),
        "assessor": pseudonym(key, "assessor", ids["assessor"]) if ids["assessor"] else None,
    }


def _own_ids(
    assessment: Assessment, store: KeyStore, stated: Identity, problems: list[Problem]
) -> dict[str, str | None]:
    """Ids without a round: as stated, else made with the key; a bare name is no id."""
    who = assessment.organization
    company = assessment.assessor.company or assessment.assessor.name
    known = {_folded(n) for n in (who.name, who.parent, assessment.assessor.name, company)} - {""}
    for option in ("organization", "parent", "assessor"):
        given = getattr(stated, option)
        if given is not None and (_folded(given) in known or looks_like(given)):
            message = "looks like a name or an address; give an id of a register, such as the LEI"
            problems.append(Problem(f"{option}-id", message))
    organization = stated.organization or store.local_id("organization", who.name or assessment.id)
    parent = stated.parent
    if parent is None:
        parent = store.local_id("organization", who.parent) if _has_parent(who) else organization
    assessor = stated.assessor
    if assessor is None and _is_external(assessment):
        assessor = store.local_id("assessor", company)
    return {"organization": organization, "parent": parent, "assessor": assessor}


def _registered_ids(
    assessment: Assessment, stated: Identity, problems: list[Problem]
) -> dict[str, str | None]:
    """Ids in a round, which everybody spells alike: an LEI, or a registered name and country."""
    who = assessment.organization
    organization = stated.organization or f"{who.name}/{who.region}"
    assessor = stated.assessor or ("" if _is_external(assessment) else None)
    parent = stated.parent or ("" if _has_parent(who) else organization)
    given = {"organization": organization, "parent": parent, "assessor": assessor}
    found = {}
    for option, text in given.items():
        found[option] = None if text is None else registered(text)
        if text is not None and found[option] is None:
            message = "in a round, state the LEI, or name and country such as Example Bank AG/DEU"
            problems.append(Problem(f"{option}-id", message))
    return found


def _has_parent(who: Any) -> bool:
    return bool(who.parent.strip()) and who.parent.strip() != who.name.strip()


def _is_external(assessment: Assessment) -> bool:
    by = assessment.assessor
    return by.position == "external" and bool(by.company or by.name)


def _folded(name: str) -> str:
    return re.sub(r"\W+", "", name).casefold()


# --- what it says --------------------------------------------------------------------


def _check_stated(stated: Identity, *, in_round: bool) -> list[Problem]:
    found = []
    for option in ("organization", "parent", "assessor"):
        given = getattr(stated, option)
        if given is not None and (not given.strip() or len(given) > 200 or not given.isprintable()):
            found.append(Problem(f"{option}-id", "expected an id of a register, such as the LEI"))
    for option in ("assurance", "quarter", "ticket"):
        given = getattr(stated, option)
        if given is not None and not is_allowed(option, given):
            found.append(Problem(option, expected(option)))
    if stated.ticket and not in_round:
        found.append(Problem("ticket", "belongs to a round: give its invitation as well"))
    return found


def _quarter(assessment: Assessment, stated: Identity, problems: list[Problem]) -> str:
    if stated.quarter:
        return stated.quarter
    day = assessment.date
    quarter = running_quarter(dt.date.fromisoformat(day)) if day else ""
    if not is_allowed("quarter", quarter):
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
    """Carry the answers to a published edition that all know; others would stand out."""
    version = assessment.model.version
    try:
        source = model_of(assessment.model)
    except PkimmError:
        source = None
    if version not in shipped_versions() and source is None:
        known = ", ".join(shipped_versions())
        problems.append(Problem("model.version", f"not a published edition; expected {known}"))
        return assessment, None
    target = counted_edition(source)[0] if source else shipped_model(version)
    if target.digest == assessment.model.digest:
        return assessment, target
    known_keys = {k: a for k, a in assessment.answers.items() if k in target.keys}
    n_left = len(assessment.answers) - len(known_keys)
    message = f"of another structure; contributed as {target.version} and marked"
    if n_left:
        message += f", {n_left} answer(s) that it lacks left out"
    remarks.append(Problem("model.digest", message, refused=False))
    if source is None:
        return assessment.replace(model=target.edition, answers=known_keys), target
    return carry(assessment, source, target), target


def _answers(assessment: Assessment, model: Model) -> dict[str, int | str]:
    """Answers that were given; in a self-assessment, of categories only."""
    requirements, categories = answer_codes(assessment, model)
    found = dict(zip(model.categories, categories.tolist(), strict=True))
    if assessment.mode is Mode.FULL:
        found |= dict(zip(model.requirements, requirements.tolist(), strict=True))
    return _in_words(found)


def _in_words(codes: Mapping[str, int]) -> dict[str, int | str]:
    return {key: NOT_APPLICABLE if code < 0 else code for key, code in codes.items() if code}


def _extensions(assessment: Assessment, remarks: list[Problem]) -> dict[str, Any]:
    known = axis()
    found: dict[str, Any] = {}
    for extension in assessment.extensions:
        versions = known.extension_versions.get(extension.id, ())
        if extension.version not in versions or extension.id in found:
            message = "an extension that collections do not know, or twice: left out"
            remarks.append(Problem("extensions", message, refused=False))
            continue
        codes = {
            key: -1 if answer.state is State.NOT_APPLICABLE else answer.level or 0
            for key in known.extensions[extension.id]
            if (answer := extension.answers.get(key)) is not None
        }
        found[extension.id] = {"version": extension.version, "answers": _in_words(codes)}
    return found


def left_behind(assessment: Assessment) -> dict[str, int]:
    """Count the texts of each kind that stay with the organization."""
    answers = list(assessment.answers.values())
    answers += [a for e in assessment.extensions for a in e.answers.values()]
    who, use_case, by = assessment.organization, assessment.use_case, assessment.assessor
    where, when = assessment.environment, assessment.period
    texts: dict[str, Iterable[object]] = {
        "names": [who.name, who.parent, by.name, by.company, use_case.name],
        "descriptions": (
            *(use_case.description, use_case.components, use_case.out_of_scope),
            *(where.high_level_design, where.points_of_interaction),
        ),
        "notes": [answer.notes for answer in answers],
        "evidence": [answer.evidence for answer in answers],
        "reasons": [answer.reason for answer in answers],
        "action plans": [*assessment.action_plans],
        "dates": [when.start, when.target, when.finish],
    }
    counts = {kind: sum(map(bool, found)) for kind, found in texts.items()}
    return {kind: n for kind, n in counts.items() if n}
