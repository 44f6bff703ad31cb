"""Scores of one assessment: a batch of one, with its extensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import Problem, UnknownEditionError
from pkimm_analytics.model import Model, is_known_edition, load_extension, model_of, module_of
from pkimm_analytics.scoring.batch import (
    Unanswered,
    score_batch,
)
from pkimm_analytics.scoring.codes import answer_codes
from pkimm_analytics.scoring.extensions import score_extension
from pkimm_analytics.scoring.figures import ExtensionScores, Figure, Scores
from pkimm_analytics.scoring.formula import Ratio


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
    requirements, categories = answer_codes(assessment, model)
    full = assessment.mode is Mode.FULL
    batch = score_batch(
        model,
        requirements=requirements[None, :] if full else None,
        categories=categories[None, :],
        unanswered=unanswered,
    )
    figures = {
        key: Figure(
            value=ratio.fraction(),
            state=_STATES[int(batch.states[0, column])],
            n_rated=int(batch.n_rated[0, column]),
            n_in_scope=int(batch.n_in_scope[0, column]),
            by_hand=full and bool(batch.states[0, column] == 1 and not batch.n_rated[0, column]),
        )
        for column, (key, ratio) in enumerate(batch.categories.items())
    }
    extensions, problems = _extensions(assessment, model, figures)
    if not is_known_edition(model):
        problems = (*problems, _by_id(model))
    return Scores(
        model=model,
        assessment=assessment,
        unanswered=unanswered,
        overall=_total(batch.overall, figures.values()),
        modules={
            id_: _total(ratio, (f for key, f in figures.items() if module_of(key) == id_))
            for id_, ratio in batch.modules.items()
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


def _total(ratio: Ratio, inside: Iterable[Figure]) -> Figure:
    figures = list(inside)
    states = {figure.state for figure in figures}
    state = next((s for s in (State.RATED, State.UNANSWERED) if s in states), State.NOT_APPLICABLE)
    return Figure(
        value=ratio.fraction(),
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
