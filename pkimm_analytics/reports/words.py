"""
The words of the reports, in one place for each language, and how dates are written.

A translation is one more entry of :data:`WORDS` with the same keys; a test compares
them. Words of the model (names, level texts) come from the model, not from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

DEFAULT_LANGUAGE = "en"
LANGUAGES: Mapping[str, str] = {"en": "English"}
"""Languages that reports are written in, each by its own name."""

_ENGLISH = {
    "title.self": "Self-assessment report",
    "title.assessment": "Assessment report",
    "title.detailed": "Detailed assessment report",
    "title.attestation": "Attestation of PKI maturity",
    "section.summary": "Summary",
    "section.facts": "About this assessment",
    "section.levels": "Levels of modules and categories",
    "section.scope": "Use case and scope",
    "section.recommendation": "Towards the next level",
    "section.details": "Categories and requirements",
    "section.comparison": "Compared with the previous assessment",
    "section.plans": "Action plans",
    "section.caveats": "What to know when reading these figures",
    "section.extensions": "Extensions",
    "section.reading": "How to read this report",
    "fact.date": "Date of the assessment",
    "fact.period": "Period of the assessment",
    "fact.assessor": "Assessor",
    "fact.method": "Method and how far it can be trusted",
    "fact.model": "Model and version",
    "fact.digest": "Digest of the edition",
    "fact.organization": "Organization",
    "fact.use_case": "Use case",
    "fact.scope": "Scope",
    "fact.sampling": "Sampling",
    "fact.coverage": "Questions rated",
    "fact.overall": "Overall level",
    "fact.description": "What this level means",
    "scope.description": "Description",
    "scope.components": "Components",
    "scope.out_of_scope": "Out of scope",
    "scope.high_level_design": "High-level design",
    "scope.points_of_interaction": "Points of interaction",
    "scope.applicability": "Applicability",
    "scope.everything": "Every category and requirement applies.",
    "column.element": "Element",
    "column.name": "Name",
    "column.score": "Score",
    "column.level": "Level",
    "column.percentage": "Percent of 5",
    "column.coverage": "Rated",
    "column.state": "State",
    "column.reason": "Reason",
    "column.evidence": "Evidence",
    "column.notes": "Notes",
    "column.requirement": "Requirement",
    "column.before": "Before",
    "column.after": "Now",
    "column.change": "Change",
    "column.cause": "Reason for the change",
    "column.gain": "Gain of one level",
    "value.not_stated": "Not stated",
    "value.internal": "Internal",
    "value.external": "External",
    "value.self": "Self-assessment (low)",
    "value.formal": "Formal assessment (medium)",
    "value.third-party": "Independent third party (high)",
    "value.rated": "rated",
    "value.unanswered": "unanswered",
    "value.not_applicable": "not applicable",
    "value.partial": "applies in part",
    "value.absent": "not in this edition",
    "value.no_score": "no score",
    "value.running": "still running",
    "value.synthetic": "Invented data: this assessment describes no real organization.",
    "cause.edition": "another edition of the model",
    "cause.scope": "scope and applicability",
    "cause.coverage": "rated on one side only",
    "cause.assurance": "another method, same evidence",
    "cause.answers": "levels that changed",
    "plan.target_level": "Target level",
    "plan.target_date": "Target date",
    "plan.objectives": "Objectives",
    "plan.responsibility": "Responsibility",
    "plan.schedule": "Schedule",
    "plan.resources": "Resources",
    "plan.outputs": "Outputs",
    "plan.tasks": "Tasks",
    "plan.comments": "Comments",
    "text.next_level": (
        "One level more in the elements below adds most to the overall score; level {level}"
        " is reached at {level}.00."
    ),
    "text.top": "The highest level is reached; what remains is to keep it.",
    "text.comparison": (
        "The overall score moved by {change}. Over what both editions ask it went from"
        " {before} to {after}."
    ),
    "text.reading": (
        "A score is a weighted mean of levels from 1 to 5 and keeps its fraction. A level is"
        " the score rounded down. Items that do not apply or were not answered count neither"
        " way; the share of rated questions stands beside every figure."
    ),
    "text.chart": "Score of each category on the scale from 1 to 5.",
    "text.radar": "Categories around the circle, level 5 at the rim.",
    "text.sampling": "Evidence was recorded for {n} of {total} rated questions.",
    "overall.1": (
        "Work with certificates and keys depends on individuals. Problems are met when they"
        " show, and nobody can say in advance how an incident would end."
    ),
    "overall.2": (
        "First rules exist and are applied case by case. What works in one project may be"
        " missing in the next, and many controls act after the fact."
    ),
    "overall.3": (
        "Common standards of the organization are written down, approved and followed; most"
        " controls act before something goes wrong."
    ),
    "overall.4": (
        "Operation is measured against goals. Deviations are noticed, owned and corrected on"
        " the basis of figures."
    ),
    "overall.5": (
        "Improvement is part of the daily work, and changes in technology and threats are"
        " prepared for before they arrive."
    ),
}

WORDS: Mapping[str, Mapping[str, str]] = {"en": _ENGLISH}


def word(key: str, language: str = DEFAULT_LANGUAGE, **values: object) -> str:
    """Words of a report in a language, English where it has none."""
    text = WORDS.get(language, _ENGLISH).get(key, _ENGLISH[key])
    return text.format(**values) if values else text


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def day(text: str | None, language: str = DEFAULT_LANGUAGE) -> str:
    """Write an ISO date the way a language does; text that is no date stays as it is."""
    if not text:
        return word("value.not_stated", language)
    try:
        parsed = date.fromisoformat(text[:10])
    except ValueError:
        return text
    if language == "en":
        return f"{parsed.day} {_MONTHS[parsed.month - 1]} {parsed.year}"
    return parsed.isoformat()
