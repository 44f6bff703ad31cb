"""What is missing from an assessment, or should be looked at before others rely on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pkimm_analytics.assessment import UNANSWERED, Answer, Assessment, State
from pkimm_analytics.model import Extension, Model, category_of, module_of
from pkimm_analytics.organization import ATTRIBUTES
from pkimm_analytics.questionnaire import Page, Question, labels, pages, questions


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
