"""
Where an assessment stands: figures to show, what limits the next level, what is missing.

The scores come from :mod:`.scoring`; this file adds no formula of its own but one
difference: how far the whole rises if one category reaches the next level. Figures
are rounded **down** for showing, so that a score below 3 is never shown as 3.00.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pkimm_analytics.assessment import UNANSWERED, Answer, Assessment, Mode, State, rated
from pkimm_analytics.model import Extension, Model, category_of, module_of
from pkimm_analytics.organization import ATTRIBUTES
from pkimm_analytics.questionnaire import Page, Question, labels, pages, questions
from pkimm_analytics.scoring import Figure, Scores, figure_text, score

MAX_LIMITS = 5


@dataclass(frozen=True, slots=True)
class Limit:
    """
    One element that keeps the whole, or its category, below the next level.

    Parameters
    ----------
    key : str
        Category or requirement.
    value : Fraction
        Its score, below the next level of the whole.
    gain : Fraction
        By how much the score of the whole (or category) rises if it is raised to
        the next level of that whole.
    """

    key: str
    value: Fraction
    gain: Fraction


def limits(scores: Scores) -> tuple[Limit, ...]:
    """
    Categories that keep the whole below its next level, the heaviest first.

    Returns
    -------
    tuple of Limit
        Empty if nothing is scored, or the whole is at level 5.
    """
    categories = scores.model.categories
    values = {key: f.value for key, f in scores.categories.items() if f.value is not None}
    weights = {key: categories[key].weight for key in values}
    return _limits(scores.overall.value, values, weights)


def category_limits(scores: Scores, key: str) -> tuple[Limit, ...]:
    """
    Rated requirements that keep a category below its next level, the heaviest first.

    Returns
    -------
    tuple of Limit
        Empty if the category is not scored from requirements, or is at level 5.
    """
    figure, answers = scores.categories[key], scores.assessment.answers
    if figure.by_hand or not figure.n_rated or scores.assessment.mode is Mode.SELF:
        return ()
    rated_ones = {
        r.key: (Fraction(level), r.weight)
        for r in scores.model.categories[key].requirements
        if r.key in answers and (level := answers[r.key].level)
    }
    return _limits(
        figure.value,
        {k: value for k, (value, _) in rated_ones.items()},
        {k: weight for k, (_, weight) in rated_ones.items()},
    )


def _limits(
    whole: Fraction | None, values: Mapping[str, Fraction], weights: Mapping[str, int]
) -> tuple[Limit, ...]:
    if whole is None or whole >= 5:
        return ()
    aim, total = math.floor(whole) + 1, sum(weights.values())
    found = [
        Limit(key, value, (aim - value) * weights[key] / total)
        for key, value in values.items()
        if value < aim
    ]
    return tuple(sorted(found, key=lambda limit: -limit.gain))


def evidenced(assessment: Assessment) -> Assessment | None:
    """
    Return the assessment with the evidenced level wherever one was recorded.

    None if no answer has an evidenced level, so that there is nothing to compare.
    """
    changed = {
        key: rated(answer.evidenced_level, partial=answer.partial, reason=answer.reason)
        for key, answer in assessment.answers.items()
        if answer.state is State.RATED and answer.evidenced_level
    }
    if not changed:
        return None
    return assessment.replace(answers={**assessment.answers, **changed})


# --- what is missing -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something that is missing or should be looked at.

    Parameters
    ----------
    target : str
        Where to go to settle it.
    message : str
        What to do, without a word of the user's.
    required : bool
        True if the assessment cannot be locked before it is settled.
    """

    target: str
    message: str
    required: bool = False


def findings(
    assessment: Assessment, model: Model, extensions: Iterable[Extension] = ()
) -> list[Finding]:
    """List what is missing or should be looked at, what is required first."""
    laid_out = pages(model, assessment.mode, extensions)
    found = [
        *_scope_findings(assessment),
        *_answer_findings(assessment, model, questions(laid_out)),
        *(one for page in laid_out for one in _unanswered(assessment, page)),
    ]
    return sorted(found, key=lambda finding: not finding.required)


def _unanswered(assessment: Assessment, page: Page) -> Iterator[Finding]:
    """One finding for a page: most pages of a young assessment are unanswered."""
    asked = [q for q in page.questions if state_of(assessment, q.target) is State.UNANSWERED]
    if asked:
        name, total = f"{page.label} {page.title}", len(page.questions)
        yield Finding(asked[0].target, f"{name}: {len(asked)} of {total} are not answered.")


def _scope_findings(assessment: Assessment) -> Iterator[Finding]:
    if not assessment.use_case.name.strip():
        yield Finding("use_case", "Name the use case that was assessed.", required=True)
    if not assessment.assessor.name.strip():
        yield Finding("assessor", "Say who assessed.")
    if assessment.assurance is None:
        yield Finding("assessment", "Say how it was assessed: by yourselves or formally.")
    for name in ATTRIBUTES:
        if getattr(assessment.organization, name) is None:
            message = f"Choose the {name} of the organization, or “prefer not to say”."
            yield Finding("organization", message)
    start, finish = assessment.period.start, assessment.period.finish
    if start and finish and finish < start:
        yield Finding("period", "The assessment finishes before it starts.", required=True)


def _answer_findings(
    assessment: Assessment, model: Model, asked: Mapping[str, Question]
) -> Iterator[Finding]:
    names = labels(model) | {q.target: q.label for q in asked.values()}
    for target, label in names.items():
        answer = answer_of(assessment, target)
        if answer.state is State.NOT_APPLICABLE and not answer.reason.strip():
            yield Finding(target, f"{label}: say why it is not applicable.", required=True)
        if answer.partial and not answer.reason.strip():
            yield Finding(target, f"{label}: say why it applies only in part.", required=True)
        if answer.flagged:
            yield Finding(target, f"{label} is flagged for another look.")
        shown = answer.evidenced_level
        if answer.level and shown and shown < answer.level:
            message = f"{label}: level {answer.level} is claimed, level {shown} is evidenced."
            yield Finding(target, message)


def answer_of(assessment: Assessment, target: str) -> Answer:
    """Answer at a target; unanswered if there is none."""
    extension, _, key = target.rpartition(":")
    if not extension:
        return assessment.answer(key)
    found = next((e for e in assessment.extensions if e.id == extension), None)
    return found.answers.get(key, UNANSWERED) if found else UNANSWERED


def state_of(assessment: Assessment, target: str) -> State:
    """State of a question; what lies in a part that does not apply does not apply."""
    key = target.rpartition(":")[2]
    for above in (module_of(key), category_of(key)):
        if assessment.answer(above).state is State.NOT_APPLICABLE:
            return State.NOT_APPLICABLE
    return answer_of(assessment, target).state


# --- figures to show --------------------------------------------------------------------


def standing(assessment: Assessment, model: Model) -> dict[str, Any]:
    """
    Everything that the questionnaire shows beside the questions, as plain data.

    Returns
    -------
    dict
        ``overall``, ``modules``, ``categories`` and ``extensions`` with ``score``,
        its ``text``, ``level``, ``name``, ``percentage``, ``coverage``, ``rated``
        and ``in_scope``; ``limits`` with what keeps the whole below the next level;
        ``summary``, one sentence for those who do not see the chart.
    """
    scores = score(assessment, model)
    short = labels(model)
    proven = evidenced(assessment)
    modules = {key: _shown(model, f) for key, f in scores.modules.items()}
    return {
        "overall": _shown(model, scores.overall),
        "modules": modules,
        "categories": {
            key: _shown(model, f)
            | {"limits": [short[one.key] for one in category_limits(scores, key)]}
            for key, f in scores.categories.items()
        },
        "extensions": {
            id_: {
                "name": e.extension.name,
                "text": figure_text(e.score),
                "floor": figure_text(e.floor),
            }
            for id_, e in scores.extensions.items()
        },
        "limits": [
            {
                "key": limit.key,
                "label": short[limit.key],
                "name": model.name(limit.key),
                "text": figure_text(limit.value),
                "gain": figure_text(limit.gain),
            }
            for limit in limits(scores)[:MAX_LIMITS]
        ],
        "next": _next_sentence(model, scores),
        "evidenced": figure_text(score(proven, model).overall.value) if proven else None,
        "summary": _summary(model, scores),
    }


def _shown(model: Model, figure: Figure) -> dict[str, Any]:
    return {
        "state": str(figure.state),
        "score": figure.score,
        "text": figure_text(figure.value),
        "level": figure.level,
        "name": None if figure.level is None else model.level_name(figure.level),
        "percentage": None if figure.value is None else figure_text(figure.value * 20),
        "coverage": None if figure.coverage is None else math.floor(figure.coverage * 100),
        "rated": figure.n_rated,
        "in_scope": figure.n_in_scope,
    }


def _next_sentence(model: Model, scores: Scores) -> str:
    figure = scores.overall
    if figure.value is None or figure.level is None:
        return "Nothing is rated yet."
    if figure.level >= 5:
        return "The highest level is reached."
    aim = figure.level + 1
    missing = figure_text(aim - figure.value)
    return f"{missing} below level {aim} ({model.level_name(aim)}). What holds it back most:"


def _summary(model: Model, scores: Scores) -> str:
    def said(name: str, figure: Figure) -> str:
        state = str(figure.state).replace("_", " ")
        return f"{name} {figure_text(figure.value) if figure.value is not None else state}"

    parts = [said("Overall", scores.overall)]
    parts += [said(model.name(key), f) for key, f in scores.categories.items()]
    return "; ".join(parts) + "."
