"""
What the web tool's forms cannot hold of an assessment, in words for the user.

A link holds ratings and three texts. The YAML export of the 2.0.0 generation holds
nearly everything, that of 1.0.x no more than a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pkimm_analytics.assessment import Answer, Assessment, Mode, Organization, Source, State
from pkimm_analytics.loaders.web_tool.entry import KEPT, kept_fields
from pkimm_analytics.loaders.web_tool.generation_2 import ASIDE
from pkimm_analytics.loaders.web_tool.plans import plan_losses
from pkimm_analytics.loaders.web_tool.records import is_first_generation
from pkimm_analytics.model import category_of


def dropped_by_link(assessment: Assessment) -> list[str]:
    """Say what a share link leaves out of an assessment, one phrase for each kind."""
    return list(dict.fromkeys(_losses(assessment, "link")))


def dropped_by_yaml(assessment: Assessment) -> list[str]:
    """Say what the tool's YAML file leaves out of an assessment, one phrase for each kind."""
    return list(dict.fromkeys(_losses(assessment, "yaml")))


def _losses(assessment: Assessment, form: str) -> Iterator[str]:
    first = is_first_generation(assessment)
    export = form == "yaml" and not first
    yield from _lost_answers(assessment, first=first)
    yield from _lost_extensions(assessment, first=first)
    if export:
        yield from plan_losses(assessment.action_plans)
    else:
        yield from _lost_beside_ratings(assessment, first=first)
        yield from _lost_details(assessment)
    if assessment.organization.replace(name="", extra={}) != Organization():
        yield "sector, size, region, role and parent of the organization"
    if assessment.caveats:
        yield "the caveats"
    if assessment.synthetic:
        yield "the mark that the assessment is synthetic"
    if assessment.source != Source():
        yield "where the assessment came from"
    if any(set(extra) - {KEPT, ASIDE} for extra in _extras(assessment)):
        yield "fields that the web tool's format does not know"


def _lost_answers(assessment: Assessment, *, first: bool) -> Iterator[str]:
    requirements = any(key.count(".") == 2 for key in assessment.answers)
    if requirements and (first or assessment.mode is not Mode.FULL):
        yield "the answers to requirements"
    if any("." not in key for key in assessment.answers):
        yield "the answers to whole modules, written as answers to their categories"
    if any(answer.partial for answer in _every(assessment)):
        yield "the mark that an element applies only in part"
    off = State.NOT_APPLICABLE
    if any(a.set_aside_level and a.state is not off for a in _every(assessment)):
        yield "levels set aside of elements that apply"


def _lost_extensions(assessment: Assessment, *, first: bool) -> Iterator[str]:
    ids = [extension.id for extension in assessment.extensions]
    if ids and first:
        yield "the answers of extensions"
    elif len(set(ids)) < len(ids):
        yield "all but the first answers of an extension that comes twice"


def _lost_beside_ratings(assessment: Assessment, *, first: bool) -> Iterator[str]:
    """Say what is lost where only levels and applicability are written."""
    full = assessment.mode is Mode.FULL
    if first and full:
        yield "the fractions of category scores, which become levels"
    elif full and _overruled(assessment):
        yield "the levels given by hand to categories whose requirements are rated"
    for part, words in _TEXTS.items():
        if any(getattr(answer, part) for answer in _every(assessment)):
            yield words
    kept = [kept_fields(extra) for extra in _extras(assessment)]
    if ASIDE in assessment.extra or any(set(fields) - _TRIVIAL for fields in kept):
        yield "flags, contacts, workspace and whatever else the web tool's file had"


_TEXTS = {
    "reason": "the reasons of what does not apply",
    "notes": "the notes",
    "evidence": "the evidence",
}
_TRIVIAL = {
    "exportedAt",
    "label",
    "lastPosition",
    "lastView",
    "meta",
    "name",
    "sourceStructure",
}
"""Fields of the tool that say nothing about the PKI."""


def _overruled(assessment: Assessment) -> bool:
    rated = {key for key, answer in assessment.answers.items() if answer.level is not None}
    return any(key.count(".") == 2 and category_of(key) in rated for key in rated)


def _lost_details(assessment: Assessment) -> Iterator[str]:
    yield "the id of the assessment"
    blank = Assessment(model=assessment.model)
    if assessment.action_plans:
        yield "the action plans"
    if assessment.organization.name:
        yield "the name of the organization"
    if assessment.assessor.replace(name="", extra={}) != blank.assessor:
        yield "position and company of the assessor"
    if assessment.assurance is not None:
        yield "the kind of assurance"
    if assessment.period.replace(extra={}) != blank.period or assessment.updated:
        yield "the dates"
    scope = assessment.use_case.replace(name="", description="", extra={})
    surroundings = assessment.environment.replace(extra={})
    if scope != blank.use_case or surroundings != blank.environment:
        yield "the PKI environment and what is out of scope"


def _every(assessment: Assessment) -> Iterator[Answer]:
    yield from assessment.answers.values()
    for extension in assessment.extensions:
        yield from extension.answers.values()


def _extras(assessment: Assessment) -> Iterator[Mapping[str, Any]]:
    """Yield the unknown fields of every part that is written."""
    parts: list[Any] = [assessment, assessment.use_case, assessment.organization]
    parts += [assessment.assessor, assessment.period, assessment.environment]
    parts += [*assessment.extensions, *assessment.action_plans, *_every(assessment)]
    yield from (part.extra for part in parts)
