"""
Scores of an extension against the same answers, as the published text says.

The baseline is not touched, and extensions are never combined.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pkimm_analytics.assessment import Assessment, ExtensionAnswers, Mode, State
from pkimm_analytics.model import Category, Extension, Model
from pkimm_analytics.scoring.figures import ExtensionScores, Figure
from pkimm_analytics.scoring.formula import exact_mean


def score_extension(
    extension: Extension,
    answers: ExtensionAnswers,
    assessment: Assessment,
    model: Model,
    figures: Mapping[str, Figure],
) -> ExtensionScores:
    """
    Score one extension, as the published text says; the baseline is not touched.

    Requirement overlays change the requirement weights; the category level L that
    follows is blended with the relevance level R of weight W to
    (L x S + R x W) / (S + W), where S is the sum of all overlaid requirement weights
    of the category; category overlays change the category weights of the weighted
    mean. A category without a baseline score has none here; one without a rated
    relevance answer keeps L.

    Parameters
    ----------
    extension : Extension
    answers : ExtensionAnswers
        Relevance answers, by element key of a category.
    assessment : Assessment
        Whose requirement levels the overlays weigh anew.
    model : Model
        Its edition.
    figures : mapping of str to Figure
        Baseline figures of its categories, by element key.

    Returns
    -------
    ExtensionScores
        Score, floor and weighted baseline, exact, 1 to 5; None where nothing is rated.

    References
    ----------
    PKI Consortium, *PKI Maturity Model*, "Extensions: Scoring model".
    """
    blended: dict[str, Fraction | None] = {}
    weights: dict[str, Fraction] = {}
    for key, category in model.categories.items():
        weights[key] = _overlaid(extension, key, category.weight)
        blended[key] = _blended(extension, answers, category, assessment, figures[key])
    covered = [v for k, v in blended.items() if v is not None and k in extension.covered]
    return ExtensionScores(
        extension=extension,
        score=exact_mean((v, weights[k]) for k, v in blended.items() if v is not None),
        floor=min(covered) if extension.floor_score and covered else None,
        weighted_baseline=exact_mean(
            (f.value, weights[k]) for k, f in figures.items() if _is_rated(f) and f.value
        ),
        categories=blended,
    )


def _is_rated(figure: Figure) -> bool:
    return figure.value is not None and figure.state is State.RATED


def _blended(
    extension: Extension,
    answers: ExtensionAnswers,
    category: Category,
    assessment: Assessment,
    figure: Figure,
) -> Fraction | None:
    if figure.value is None or not _is_rated(figure):
        return None
    overlaid = {r.key: _overlaid(extension, r.key, r.weight) for r in category.requirements}
    level: Fraction | None = figure.value
    levels = {key: assessment.answer(key).level for key in overlaid}
    rated = [(n, overlaid[key]) for key, n in levels.items() if n]
    if rated and assessment.mode is Mode.FULL and not figure.by_hand:
        level = exact_mean(rated)
    if level is None:
        return None
    relevance, answer = extension.relevance.get(category.key), answers.answers.get(category.key)
    if relevance is None or answer is None or answer.level is None:
        return level
    return exact_mean([(level, sum(overlaid.values())), (answer.level, relevance.weight)]) or level


def _overlaid(extension: Extension, key: str, weight: int) -> Fraction:
    overlay = extension.overlays.get(key)
    return overlay.apply(Fraction(weight)) if overlay else Fraction(weight)
