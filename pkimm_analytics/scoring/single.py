"""Scores of assessments with their extensions: one is a batch of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import Problem, UnknownEditionError
from pkimm_analytics.model import (
    Edition,
    Model,
    is_known_edition,
    load_extension,
    model_of,
)
from pkimm_analytics.scoring.batch import BatchScores, Unanswered, score_batch
from pkimm_analytics.scoring.codes import answer_codes
from pkimm_analytics.scoring.extensions import score_extension
from pkimm_analytics.scoring.figures import ExtensionScores, Figure, Scores


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
    model = model or model_of(assessment.model)
    return _together([assessment], model, unanswered)[0]


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
    found: dict[int, Scores] = {}
    for (edition, _), places in alike.items():
        scored = _together([assessments[place] for place in places], model_of(edition), unanswered)
        found |= zip(places, scored, strict=True)
    return [found[place] for place in range(len(assessments))]


def _together(
    assessments: Sequence[Assessment], model: Model, unanswered: Unanswered
) -> list[Scores]:
    """Score assessments of one edition and one mode as one batch."""
    codes = [answer_codes(assessment, model) for assessment in assessments]
    full = assessments[0].mode is Mode.FULL
    batch = score_batch(
        model,
        requirements=np.stack([requirements for requirements, _ in codes]) if full else None,
        categories=np.stack([categories for _, categories in codes]),
        unanswered=unanswered,
    )
    known = is_known_edition(model)
    return [
        _row(assessment, model, batch, row, unanswered=unanswered, is_known=known)
        for row, assessment in enumerate(assessments)
    ]


def _row(
    assessment: Assessment,
    model: Model,
    batch: BatchScores,
    row: int,
    *,
    unanswered: Unanswered,
    is_known: bool,
) -> Scores:
    """Scores of one row of a batch, with its extensions."""
    full = assessment.mode is Mode.FULL
    figures = {
        key: Figure(
            value=ratio.fraction(row),
            state=_STATES[state],
            n_rated=n_rated,
            n_in_scope=n_in_scope,
            by_hand=full and state == 1 and not n_rated,
        )
        for (key, ratio), state, n_rated, n_in_scope in zip(
            batch.categories.items(),
            batch.states[row].tolist(),
            batch.n_rated[row].tolist(),
            batch.n_in_scope[row].tolist(),
            strict=True,
        )
    }
    extensions, problems = _extensions(assessment, model, figures)
    if not is_known:
        problems = (*problems, _by_id(model))
    return Scores(
        model=model,
        assessment=assessment,
        unanswered=unanswered,
        overall=_total(batch.overall.fraction(row), figures.values()),
        modules={
            module.id: _total(
                batch.modules[module.id].fraction(row), (figures[c.key] for c in module.categories)
            )
            for module in model.modules
        },
        categories=figures,
        extensions=extensions,
        problems=problems,
    )


def _by_id(model: Model) -> Problem:
    """Say how the elements of an edition meet those of others, where no crosswalk knows it."""
    return Problem(
        "model",
        f"The crosswalk does not know {model.edition}: its elements are matched with those of"
        " other editions by their stable ids.",
        refused=False,
    )


_STATES = {1: State.RATED, 0: State.UNANSWERED, -1: State.NOT_APPLICABLE}


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
) -> tuple[dict[str, ExtensionScores], tuple[Problem, ...]]:
    scored: dict[str, ExtensionScores] = {}
    problems = []
    for answers in assessment.extensions:
        try:
            extension = load_extension(answers.id, answers.version)
        except UnknownEditionError as error:
            problems.append(Problem(f"extensions.{answers.id}", str(error)))
            continue
        scored[answers.id] = score_extension(extension, answers, assessment, model, figures)
    return scored, tuple(problems)
