"""
Scores of many assessments of one edition, from arrays of answer codes.

Rows are scored in blocks that stay in the processor's cache, in whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.model import Category, Model
from pkimm_analytics.scoring.formula import Ratio, weighted_mean

NOT_APPLICABLE = -1
UNANSWERED = 0

BLOCK = 32_768
"""Rows scored at a time, so that what is worked on stays in the processor's cache."""

Unanswered = Literal["excluded", "zero"]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class BatchScores:
    """
    Scores of many assessments of one edition.

    Parameters
    ----------
    categories, modules : mapping of str to Ratio
        By element key, in the order of the model; arrays of shape (n,).
    overall : Ratio
        Of shape (n,).
    states : ndarray of int8, shape (n, n_categories)
        1 rated, 0 unanswered, -1 not applicable.
    n_rated, n_in_scope : ndarray of int32, shape (n, n_categories)
        Questions (requirements in full assessments, otherwise the category itself).
    """

    categories: Mapping[str, Ratio]
    modules: Mapping[str, Ratio]
    overall: Ratio
    states: NDArray[np.int8]
    n_rated: NDArray[np.int32]
    n_in_scope: NDArray[np.int32]


def score_batch(
    model: Model,
    *,
    requirements: Codes | None = None,
    categories: Codes | None = None,
    unanswered: Unanswered = "excluded",
) -> BatchScores:
    """
    Score many assessments of one edition at once.

    Parameters
    ----------
    model : Model
        Edition of all rows.
    requirements : ndarray of int8, shape (n, n_requirements), optional
        1 to 5 rated, 0 unanswered, -1 not applicable; columns in the order of
        ``model.requirements``. Leave it out for self-assessments.
    categories : ndarray of int8, shape (n, n_categories), optional
        Levels given by hand, with the same codes. -1 takes the whole category out;
        a level counts only where no requirement of the category is rated.
    unanswered : {"excluded", "zero"}
        Leave unanswered items out (ours), or count them as 0 with their weight (the
        convention of the official full workbook).

    Returns
    -------
    BatchScores

    Raises
    ------
    AssessmentError
        If a shape does not fit the edition or a code is none of -1 to 5.
    """
    n = _rows(model, requirements, categories)
    shape = (len(model.categories), n)
    numerators, denominators = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    states, counts = np.zeros(shape, np.int8), np.zeros((2, *shape), np.int32)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        answers = None if requirements is None else np.ascontiguousarray(requirements[rows].T)
        by_hand = None if categories is None else np.ascontiguousarray(categories[rows].T)
        first = 0
        for column, category in enumerate(model.categories.values()):
            inside = slice(first, first := first + len(category.requirements))
            (
                numerators[column, rows],
                denominators[column, rows],
                states[column, rows],
                counts[0, column, rows],
                counts[1, column, rows],
            ) = _category(
                category,
                None if answers is None else answers[inside],
                None if by_hand is None else by_hand[column],
                unanswered,
            )
    pairs = zip(model.categories, numerators, denominators, strict=True)
    scored = {key: Ratio(numerator, denominator) for key, numerator, denominator in pairs}
    return BatchScores(scored, *_aggregates(model, scored), states.T, counts[0].T, counts[1].T)


def _category(
    category: Category, answers: Codes | None, hand: Codes | None, unanswered: Unanswered
) -> tuple[Any, Any, Any, Any, Any]:
    """
    Score one category of a block: from rated requirements, else from the level by hand.

    Returns
    -------
    tuple of ndarray
        Numerator, denominator, state, number of rated questions, number in scope.
    """
    if answers is None:
        assert hand is not None  # noqa: S101  # _rows has seen to it
        in_scope, rated = hand >= 0, hand > 0
        denominator = in_scope if unanswered == "zero" else rated
        return np.maximum(hand, 0), denominator, np.where(in_scope, rated, -1), rated, in_scope
    numerator, rated, applicable, n_rated, n_in_scope = _weigh(category, answers)
    denominator = applicable if unanswered == "zero" else rated
    in_scope = applicable > 0
    if hand is not None:
        use_hand = (rated == 0) & (hand > 0) & in_scope
        in_scope &= hand >= 0
        numerator = np.where(use_hand, hand, numerator)
        denominator = np.where(use_hand, 1, denominator) * in_scope
        n_rated, n_in_scope = n_rated * in_scope, n_in_scope * in_scope
    state = np.where(in_scope, (numerator > 0).view(np.int8), np.int8(NOT_APPLICABLE))
    return numerator, denominator, state, n_rated, n_in_scope


def _weigh(category: Category, answers: Codes) -> tuple[Any, Any, Any, Any, Any]:
    """Sum weight x level, the weights that are rated and that apply, and count both."""
    n = answers.shape[1]
    largest = 5 * sum(r.weight for r in category.requirements)
    kind: Any = np.uint8 if largest < 256 else np.uint16 if largest < 65_536 else np.uint32
    sums: list[NDArray[Any]] = [np.zeros(n, kind) for _ in range(3)]
    counts: list[NDArray[Any]] = [np.zeros(n, np.uint8) for _ in range(2)]
    for code, requirement in zip(answers, category.requirements, strict=True):
        weight: Any = kind(requirement.weight)
        is_rated, applies = code > 0, code >= 0
        sums[0] += np.maximum(code, 0).astype(kind) * weight
        sums[1] += is_rated * weight
        sums[2] += applies * weight
        counts[0] += is_rated
        counts[1] += applies
    return sums[0], sums[1], sums[2], counts[0], counts[1]


def _aggregates(model: Model, scored: Mapping[str, Ratio]) -> tuple[dict[str, Ratio], Ratio]:
    """
    Aggregate category scores to modules and the whole.

    The whole is no mean of modules, but its sums are theirs added up.
    """
    common, fits = _common_denominator(model)
    if not fits:
        scored = {
            key: Ratio(ratio.numerator.astype(object), ratio.denominator.astype(object))
            for key, ratio in scored.items()
        }
    modules = {}
    for module in model.modules:
        inside = module.categories
        modules[module.id] = weighted_mean(
            [scored[c.key] for c in inside], [c.weight for c in inside], common
        )
    numerator = sum(ratio.numerator for ratio in modules.values())
    denominator = sum(ratio.denominator for ratio in modules.values())
    return modules, Ratio(np.asarray(numerator), np.asarray(denominator))


@lru_cache(maxsize=64)
def _common_denominator_of(sums: tuple[int, ...], weights: int) -> tuple[int, bool]:
    common = math.lcm(*range(1, max(sums, default=1) + 1))
    return common, common * weights * 5 < 2**62


def _common_denominator(model: Model) -> tuple[int, bool]:
    """Return a number that every category denominator divides, and whether int64 holds the sums."""
    sums = tuple(sum(r.weight for r in c.requirements) for c in model.categories.values())
    return _common_denominator_of(sums, sum(c.weight for c in model.categories.values()))


def _rows(model: Model, requirements: Codes | None, categories: Codes | None) -> int:
    expected = {"requirements": len(model.requirements), "categories": len(model.categories)}
    n = None
    for name, codes in (("requirements", requirements), ("categories", categories)):
        if codes is None:
            continue
        if codes.ndim != 2 or codes.shape[1] != expected[name] or n not in (None, len(codes)):
            raise AssessmentError(
                f"{name} must have the shape (n, {expected[name]}) for {model.edition}."
            )
        if codes.size and (codes.min() < NOT_APPLICABLE or codes.max() > 5):
            raise AssessmentError(f"{name} may only hold -1, 0 and the levels 1 to 5.")
        n = len(codes)
    if n is None:
        raise AssessmentError("There are neither requirements nor categories to score.")
    return n
