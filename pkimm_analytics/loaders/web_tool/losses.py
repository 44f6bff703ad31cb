"""
What the web tool's forms do not hold of an assessment, and what it shows otherwise.

What is written is read again: whatever the assessment says and the copy does not is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.loaders.losses import lost
from pkimm_analytics.loaders.web_tool.entry import stated
from pkimm_analytics.loaders.web_tool.forms import (
    read_link,
    read_yaml_export,
    write_link,
    write_yaml_export,
)
from pkimm_analytics.loaders.web_tool.generation_1 import EDITIONS
from pkimm_analytics.loaders.web_tool.generation_2 import ENTRY_TEXTS, FIELDS
from pkimm_analytics.model import NEWEST, Model, load_model, model_of
from pkimm_analytics.scoring import score, tool_figures

_CATEGORY, _REQUIREMENT = r"answers/\w\.[^./]+/", r"answers/\w\.[^./]+\.[^./]+/"
_KNOWN = (
    "dataVersion|stateSchemaVersion|enabledExtensions|actionPlans|id|meta|name|exportedAt"
    f"|lastView|lastPosition|sourceStructure|{'|'.join(FIELDS).replace('.', '/')}"
)
_ENTRY = "level|applicability|result|description|" + "|".join(ENTRY_TEXTS.values())

PHRASES = {
    # what has a place of its own in our document, or says nothing about the PKI
    rf"web_tool/({_KNOWN})(/.*)?": "",
    rf"web_tool/(progress|requirementProgress)/[^/]+/({_ENTRY})": "",
    r".*web_tool/.*": "flags, contacts, workspace and whatever else the tool's file had",
    r"id": "the id of the assessment",
    r"model/.*": "which of several editions of its version it is of",
    r"mode": "the fractions of category scores, which become levels",
    r"answers/\w/.*": "the answers to whole modules, written as answers to their categories",
    r".*/notes": "the notes",
    r".*/evidence": "the evidence",
    r".*/reason": "the reasons of what does not apply",
    r".*/partial": "the mark that an element applies only in part",
    r".*/set_aside_level": "levels set aside of elements that apply",
    rf"{_REQUIREMENT}(state|level)": "the answers to requirements",
    rf"{_CATEGORY}(state|level)": "the levels given by hand to categories whose requirements are"
    " rated",
    r".*/(flagged|flag_note|evidenced_level|consensus).*": "flags, consensus and levels that the"
    " evidence supports",
    r"extensions/\d+/.*": "the answers of extensions, or all but the first of one that comes twice",
    r"action_plans/\d+/schedule.*": "the schedule of action plans",
    r"action_plans/\d+/(responsibility|resources|comments)/.*": "the bounds between items of"
    " responsibility, resources and comments",
    r"action_plans/.*": "action plans, or those other than one for each category",
    r"organization/name": "the name of the organization",
    r"organization/(sector|size|region|role|parent)": "sector, size, region, role and parent of the"
    " organization",
    r"assessor/.*": "position and company of the assessor",
    r"assurance": "the kind of assurance",
    r"(period/.*|updated)": "the dates",
    r"(use_case|environment)/.*": "the PKI environment and what is out of scope",
    r"caveats/.*": "the caveats",
    r"synthetic": "the mark that the assessment is synthetic",
    r"source/.*": "where the assessment came from",
    r".*": "fields that the web tool's format does not know",
}
"""What is lost, by the place of it in our document; the first that fits says it."""


def dropped_by_link(assessment: Assessment) -> list[str]:
    """Say what a share link leaves out of an assessment, one phrase for each kind."""
    link = write_link(assessment, model_of(assessment.model))
    return _lost(assessment, read_link(link, "link").assessment)


def dropped_by_yaml(assessment: Assessment) -> list[str]:
    """Say what the tool's YAML file leaves out of an assessment, one phrase for each kind."""
    text = write_yaml_export(assessment, model_of(assessment.model))
    return _lost(assessment, read_yaml_export(text.encode(), "file").assessment)


def _lost(assessment: Assessment, copy: Assessment) -> list[str]:
    spelled_out = {key: stated(assessment, key) for key in assessment.answers}
    return lost(assessment.replace(answers=spelled_out), copy, PHRASES)


def shown_otherwise(assessment: Assessment, form: str) -> list[str]:
    """
    Say what the consortium's own tool makes of a ``link`` or ``yaml`` file that we write.

    Returns
    -------
    list of str
        Empty where it shows the same levels.
    """
    model = model_of(assessment.model)
    if model.version in EDITIONS:
        return [*_shown_by_1_0(assessment, model, form)]
    if model.version != NEWEST:
        return [f"the tool of today was made for PKIMM {NEWEST} and may not open {model.version}"]
    released = load_model(NEWEST)
    if model.digest != released.digest:
        return [f"the tool of today rates {released.edition} and shows the rest as unanswered"]
    return []


def _shown_by_1_0(assessment: Assessment, model: Model, form: str) -> Iterator[str]:
    if model.version != EDITIONS[0]:
        yield (
            f"no page of the consortium opens PKIMM {model.version} any more: the page of 1.0.x"
            f" knows {EDITIONS[0]} only, and the tool of today files it under wrong categories;"
            f" carry the answers to {NEWEST} first"
        )
    text = write_link(assessment, model) if form == "link" else ""
    if not text:
        return
    tool = tool_figures(score(read_link(text, "link").assessment))
    ours = score(assessment, model).overall.level
    shown = tool["overall"]["level"] if tool else ours
    if shown != (ours or 0):
        yield f"the tool 1.0.x shows level {shown}, not {ours}: it counts unanswered as level 0"
