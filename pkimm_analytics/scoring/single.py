"""Scores of assessments with their extensions: one is a batch of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import Problem, UnknownEditionError
from pkimm_analytics.model import (
    Edition,
    Model,
    category_of,
    load_extension,
    mapping_note,
    model_of,
    module_of,
)
from pkimm_analytics.scoring.batch import (
    NOT_APPLICABLE,
    UNANSWERED,
    BatchScores,
    Codes,
    Unanswered,
    score_batch,
)
from pkimm_analytics.scoring.extensions import score_extension
from pkimm_analytics.scoring.figures import ExtensionScores, Figure, Scores

STATES = {1: State.RATED, 0: State.UNANSWERED, -1: State.NOT_APPLICABLE}


def score(
    assessment: Assessment, model: Model | None = None, *, unanswered: Unanswered = "excluded"
) -> Scores:
    """
    Score one assessment.

    Parameters
    ----------
    assessment : Assessment
    model : Model, optional
        Its edition, if it is already at hand.
    unanswered : {"excluded", "zero"}
        As in :func:`score_batch`.

    Raises
    ------
    UnknownEditionError
        If the edition is not installed.
    """
    return next(_together([assessment], model or model_of(assessment.model), unanswered))


def score_all(
    assessments: Sequence[Assessment], *, unanswered: Unanswered = "excluded"
) -> list[Scores]:
    """
    Score many assessments, those of one edition and mode together.

    Parameters
    ----------
    assessments : sequence of Assessment
        Of any editions and modes.
    unanswered : {"excluded", "zero"}
        As in :func:`score_batch`.

    Returns
    -------
    list of Scores
        In the order of `assessments`; the same as :func:`score` of each.

    Raises
    ------
    UnknownEditionError
        If an edition is not installed.
    """
    alike: dict[tuple[Edition, Mode], list[int]] = {}
    for place, assessment in enumerate(assessments):
        alike.setdefault((assessment.model, assessment.mode), []).append(place)
    scored: dict[int, Scores] = {}
    for (edition, _), places in alike.items():
        some = _together([assessments[place] for place in places], model_of(edition), unanswered)
        scored.update(zip(places, some, strict=True))
    return [scored[place] for place in range(len(assessments))]


def answer_codes(assessment: Assessment, model: Model) -> tuple[Codes, Codes]:
    """
    Answers of one assessment as codes: requirements and categories of its edition.

    A module or category that does not apply takes everything below it out.

    Returns
    -------
    tuple of ndarray of int8
        Shapes (n_requirements,) and (n_categories,): 1 to 5, 0 unanswered, -1 not
        applicable.
    """
    out = {key for key, a in assessment.answers.items() if a.state is State.NOT_APPLICABLE}
    levels = {key: a.level or UNANSWERED for key, a in assessment.answers.items()}

    def codes(keys: Iterable[str]) -> Codes:
        every = (
            NOT_APPLICABLE if out and not out.isdisjoint(_above(key)) else levels.get(key, 0)
            for key in keys
        )
        return np.fromiter(every, np.int8)

    return codes(model.requirements), codes(model.categories)


@lru_cache(maxsize=4096)
def _above(key: str) -> tuple[str, str, str]:
    return key, category_of(key), module_of(key)


def _together(
    assessments: Sequence[Assessment], model: Model, unanswered: Unanswered
) -> Iterator[Scores]:
    """Score assessments of one edition and one mode as one batch."""
    codes = [answer_codes(assessment, model) for assessment in assessments]
    full = assessments[0].mode is Mode.FULL
    batch = score_batch(
        model,
        requirements=np.stack([requirements for requirements, _ in codes]) if full else None,
        categories=np.stack([categories for _, categories in codes]),
        unanswered=unanswered,
    )
    note = mapping_note(model, model)
    remarks = [Problem("model", note, refused=False)] if note else []
    for row, assessment in enumerate(assessments):
        figures = _figures(batch, row, full=full)
        extensions, problems = _extensions(assessment, model, figures)
        yield Scores(
            model=model,
            assessment=assessment,
            unanswered=unanswered,
            overall=_total(batch.overall.fraction(row), figures.values()),
            modules={
                m.id: _total(
                    batch.modules[m.id].fraction(row), (figures[c.key] for c in m.categories)
                )
                for m in model.modules
            },
            categories=figures,
            extensions=extensions,
            problems=(*problems, *remarks),
        )


def _figures(batch: BatchScores, row: int, *, full: bool) -> dict[str, Figure]:
    counts = (batch.states[row], batch.n_rated[row], batch.n_in_scope[row])
    return {
        key: Figure(
            value=ratio.fraction(row),
            state=STATES[state],
            n_rated=n_rated,
            n_in_scope=n_in_scope,
            by_hand=full and state == 1 and not n_rated,
        )
        for (key, ratio), state, n_rated, n_in_scope in zip(
            batch.categories.items(), *(count.tolist() for count in counts), strict=True
        )
    }


def _total(value: Fraction | None, inside: Iterable[Figure]) -> Figure:
    figures = list(inside)
    states = {figure.state for figure in figures}
    state = next((s for s in (State.RATED, State.UNANSWERED) if s in states), State.NOT_APPLICABLE)
    return Figure(
        value=value,
        state=state,
        n_rated=sum(f.n_rated for f in figures),
        n_in_scope=sum(f.n_in_scope for f in figures),
    )


def _extensions(
    assessment: Assessment, model: Model, figures: Mapping[str, Figure]
) -> tuple[dict[str, ExtensionScores], list[Problem]]:
    scored: dict[str, ExtensionScores] = {}
    problems = []
    for answers in assessment.extensions:
        try:
            extension = load_extension(answers.id, answers.version)
        except UnknownEditionError as error:
            problems.append(Problem(f"extensions.{answers.id}", str(error)))
            continue
        scored[answers.id] = score_extension(extension, answers, assessment, model, figures)
    return scored, problems
