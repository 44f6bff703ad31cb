"""
Maturity scores of categories, modules, the whole PKI and its extensions.

A **score** is a weighted mean of maturity levels, 1.0 to 5.0, and keeps its
fraction. A **level** is the score rounded down, decided in exact arithmetic:
weights and levels are whole numbers, so every score is a fraction of two of them
and a mean of exactly 3 is never 2. The formula exists once, :func:`_mean`, on
arrays: a single assessment is a batch of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.assessment import Answer, Assessment, ExtensionAnswers, Mode, State
from pkimm_analytics.errors import AssessmentError, Problem, UnknownEditionError
from pkimm_analytics.model import (
    Category,
    Extension,
    Model,
    category_of,
    load_extension,
    model_of,
    module_of,
)

SCORING_VERSION = "1"
"""Changes whenever a published figure would change; stored beside every score."""

NOT_APPLICABLE = -1
UNANSWERED = 0

BLOCK = 32_768
"""Rows scored at a time, so that what is worked on stays in the processor's cache."""

Unanswered = Literal["excluded", "zero"]
Codes = NDArray[np.int8]


# --- the formula -----------------------------------------------------------------


@dataclass(frozen=True)
class Ratio:
    """
    Exact scores as fractions, one per row.

    Parameters
    ----------
    numerator, denominator : ndarray of int64 or object
        Of equal shape. A denominator of 0 means that there is nothing to score.
    """

    numerator: NDArray[Any]
    denominator: NDArray[Any]

    @cached_property
    def has_score(self) -> NDArray[np.bool_]:
        """Whether there is a score."""
        return np.asarray(self.denominator > 0)

    @cached_property
    def score(self) -> NDArray[np.float64]:
        """Scores; NaN where there is nothing to score."""
        if self.numerator.dtype == object:
            return np.array(
                [
                    np.nan if (f := self.fraction(row)) is None else float(f)
                    for row in range(len(self.numerator))
                ]
            )
        out = np.full(self.numerator.shape, np.nan)
        np.divide(self.numerator, self.denominator, out=out, where=self.has_score)
        return out

    @cached_property
    def level(self) -> NDArray[np.int8]:
        """Scores rounded down, exactly; 0 where there is nothing to score."""
        safe = np.where(self.has_score, self.denominator, 1)
        return np.where(self.has_score, self.numerator // safe, 0).astype(np.int8)

    def fraction(self, row: int = 0) -> Fraction | None:
        """Exact score of one row, None where there is nothing to score."""
        if not self.has_score[row]:
            return None
        return Fraction(self.numerator[row]) / Fraction(self.denominator[row])


def _mean(values: Sequence[Ratio], weights: Sequence[Any], common: Any) -> Ratio:
    """
    Weighted mean of exact fractions, leaving out those that do not exist.

    `common` is a number that every denominator divides; all terms are brought to it,
    so that sums stay whole numbers.
    """
    kind: Any = object if values[0].denominator.dtype == object else np.int64
    numerator: Any = 0
    total: Any = 0
    for value, weight in zip(values, weights, strict=True):
        numerator = numerator + value.numerator * _factors(value, common) * weight
        total = total + value.has_score.astype(kind) * weight
    return Ratio(np.asarray(numerator), np.asarray(total) * common)


def _factors(value: Ratio, common: Any) -> NDArray[Any]:
    """Bring each row to the common denominator; 0 where there is nothing to score."""
    if value.denominator.dtype == object:
        return np.array([common // d if d > 0 else 0 for d in value.denominator], dtype=object)
    largest = int(value.denominator.max(initial=0))
    table = np.array([0, *(common // d for d in range(1, largest + 1))], dtype=np.int64)
    factors: NDArray[Any] = table[value.denominator]
    return factors


def category_score(levels: ArrayLike, weights: ArrayLike) -> float:
    r"""
    Score one category from the levels of its requirements.

    Parameters
    ----------
    levels : array_like of int, shape (n_requirements,)
        Maturity level reached by each requirement, 1 to 5. Leave out the
        requirements that do not apply or were not answered: they add neither level
        nor weight.
    weights : array_like of float, shape (n_requirements,)
        Weight of each requirement in the edition that was assessed, positive.

    Returns
    -------
    float
        Weighted mean level, 1.0 to 5.0. NaN if no requirement is rated, because
        "nothing to score" is not a low score.

    Raises
    ------
    AssessmentError
        If the lengths differ, a level is off the scale, or a weight is not positive.

    Notes
    -----
    .. math:: S = \frac{\sum_i w_i \, l_i}{\sum_i w_i}

    References
    ----------
    PKI Consortium, *PKI Maturity Model*, "Evaluation"; the example is step 2 of the
    worked example in "Extensions: Scoring model".

    Examples
    --------
    >>> round(category_score([4, 3, 4], weights=[4.5, 2, 1]), 2)
    3.73
    """
    level_list = [Fraction(str(level)) for level in np.asarray(levels).tolist()]
    weight_list = [Fraction(str(weight)) for weight in np.asarray(weights).tolist()]
    if len(level_list) != len(weight_list):
        raise AssessmentError("There must be one weight for each level.")
    if any(level not in (1, 2, 3, 4, 5) for level in level_list):
        raise AssessmentError("Every level must be a whole number from 1 to 5.")
    if any(weight <= 0 for weight in weight_list):
        raise AssessmentError("Every weight must be positive.")
    result = _exact_mean(zip(level_list, weight_list, strict=True))
    return math.nan if result is None else float(result)


def _exact_mean(pairs: Iterable[tuple[Fraction | int, Fraction | int]]) -> Fraction | None:
    """Apply the formula to one row of exact values and weights; weights of 0 add nothing."""
    kept = [(Fraction(value), Fraction(weight)) for value, weight in pairs if weight > 0]
    if not kept:
        return None
    common = math.lcm(*(value.denominator for value, _ in kept))
    values = [Ratio(_one(value.numerator), _one(value.denominator)) for value, _ in kept]
    return _mean(values, [weight for _, weight in kept], common).fraction()


def _one(value: int) -> NDArray[Any]:
    return np.array([value], dtype=object)


# --- many assessments of one edition ---------------------------------------------


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
    """Aggregate category scores to modules and the whole; the whole is no mean of modules."""
    common, fits = _common_denominator(model)
    if not fits:
        scored = {
            key: Ratio(ratio.numerator.astype(object), ratio.denominator.astype(object))
            for key, ratio in scored.items()
        }
    modules = {}
    for module in model.modules:
        inside = module.categories
        modules[module.id] = _mean(
            [scored[c.key] for c in inside], [c.weight for c in inside], common
        )
    every = list(model.categories.values())
    return modules, _mean([scored[c.key] for c in every], [c.weight for c in every], common)


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


# --- one assessment --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """
    Score of one element.

    Parameters
    ----------
    value : Fraction, optional
        Exact score; None if there is nothing to score.
    state : State
        Rated, unanswered or not applicable.
    n_rated, n_in_scope : int
        Questions that were rated, and that apply.
    by_hand : bool
        True for a category of a full assessment that takes its level from a rating
        of the category itself, because none of its requirements is rated.
    """

    value: Fraction | None
    state: State
    n_rated: int
    n_in_scope: int
    by_hand: bool = False

    @property
    def score(self) -> float | None:
        """Score as a number, None if there is nothing to score."""
        return None if self.value is None else float(self.value)

    @property
    def level(self) -> int | None:
        """Score rounded down, exactly."""
        return None if self.value is None else math.floor(self.value)

    @property
    def percentage(self) -> float | None:
        """100 x score / 5: our definition, for the methodology asks for one without giving it."""
        return None if self.value is None else float(self.value * 20)

    @property
    def progress(self) -> float | None:
        """Share of the way from this level to the next, 0 to 1; 1 at level 5."""
        if self.value is None or self.level is None:
            return None
        return 1.0 if self.level >= 5 else float(self.value - self.level)

    @property
    def coverage(self) -> float | None:
        """Share of the questions in scope that are rated, 0 to 1; None if none is in scope."""
        return self.n_rated / self.n_in_scope if self.n_in_scope else None


@dataclass(frozen=True, slots=True)
class ExtensionScores:
    """
    Scores of one extension against one assessment.

    Parameters
    ----------
    score, floor, weighted_baseline : Fraction, optional
        Progress score, lowest score among the covered categories, and the baseline
        weighted by the overlaid category weights.
    categories : mapping of str to Fraction or None
        Blended score of every category of the model, by element key.
    """

    extension: Extension
    score: Fraction | None
    floor: Fraction | None
    weighted_baseline: Fraction | None
    categories: Mapping[str, Fraction | None]


@dataclass(frozen=True)
class Scores:
    """
    Everything that one assessment scores.

    Parameters
    ----------
    overall : Figure
    modules, categories : mapping of str to Figure
        By element key, in the order of the model.
    extensions : mapping of str to ExtensionScores
        By id of the extension.
    problems : tuple of Problem
        What could not be scored, such as an extension that is not installed.
    """

    model: Model
    assessment: Assessment
    unanswered: Unanswered
    overall: Figure
    modules: Mapping[str, Figure]
    categories: Mapping[str, Figure]
    extensions: Mapping[str, ExtensionScores]
    problems: tuple[Problem, ...] = ()


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

    def code(key: str) -> int:
        answer = assessment.answer(key)
        if out & {key, category_of(key), module_of(key)}:
            return NOT_APPLICABLE
        return answer.level or UNANSWERED

    return (
        np.array([code(key) for key in model.requirements], np.int8),
        np.array([code(key) for key in model.categories], np.int8),
    )


# --- extensions ------------------------------------------------------------------


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

    References
    ----------
    PKI Consortium, *PKI Maturity Model*, "Extensions: Scoring model".
    """
    requirements, _ = answer_codes(assessment, model)
    codes = dict(zip(model.requirements, requirements.tolist(), strict=True))
    blended: dict[str, Fraction | None] = {}
    weights: dict[str, Fraction] = {}
    for key, category in model.categories.items():
        weights[key] = _overlaid(extension, key, category.weight)
        blended[key] = _blended(extension, answers.answers, category, codes, figures[key])
    covered = [v for k, v in blended.items() if v is not None and k in extension.covered]
    return ExtensionScores(
        extension=extension,
        score=_exact_mean((v, weights[k]) for k, v in blended.items() if v is not None),
        floor=min(covered) if extension.floor_score and covered else None,
        weighted_baseline=_exact_mean(
            (f.value, weights[k])
            for k, f in figures.items()
            if f.value is not None and f.state is State.RATED
        ),
        categories=blended,
    )


def _blended(
    extension: Extension,
    answers: Mapping[str, Answer],
    category: Category,
    codes: Mapping[str, int],
    figure: Figure,
) -> Fraction | None:
    if figure.value is None or figure.state is not State.RATED:
        return None
    overlaid = {r.key: _overlaid(extension, r.key, r.weight) for r in category.requirements}
    level: Fraction | None = figure.value
    if figure.n_rated and not figure.by_hand:
        rated = [(codes[key], weight) for key, weight in overlaid.items() if codes[key] > 0]
        level = _exact_mean((code, weight) for code, weight in rated) if rated else figure.value
    if level is None:
        return None
    relevance = extension.relevance.get(category.key)
    answer = answers.get(category.key)
    if relevance is None or answer is None or answer.level is None:
        return level
    return _exact_mean([(level, sum(overlaid.values())), (answer.level, relevance.weight)]) or level


def _overlaid(extension: Extension, key: str, weight: int) -> Fraction:
    overlay = extension.overlays.get(key)
    return overlay.apply(Fraction(weight)) if overlay else Fraction(weight)


# --- the document that `pkimm score --json` prints -------------------------------


def scores_to_json(scores: Scores, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """
    Return scores as the document ``pkimm-scores/1``; None where there is nothing.

    Parameters
    ----------
    scores : Scores
    problems : sequence of Problem
        Further problems, such as those of the loader.
    """
    assessment, model = scores.assessment, scores.model
    caveats = [Problem("assessment", c.message, refused=False) for c in assessment.caveats]
    seen = dict.fromkeys([*problems, *scores.problems, *caveats])
    return {
        "format": "pkimm-scores/1",
        "source": {"kind": assessment.source.kind, "detail": assessment.source.detail},
        "model": {
            "version": model.version,
            "digest": model.digest,
            "requirements": len(model.requirements),
        },
        "mode": str(assessment.mode),
        "overall": _figure(model, scores.overall),
        "modules": {key: _figure(model, figure) for key, figure in scores.modules.items()},
        "categories": {
            key: {"native_id": model.native_id(key), "state": str(f.state), **_figure(model, f)}
            for key, f in scores.categories.items()
        },
        "extensions": {key: _extension(model, e) for key, e in scores.extensions.items()},
        "tool": tool_figures(scores),
        "problems": [problem.to_json() for problem in seen],
    }


def _figure(model: Model, figure: Figure) -> dict[str, Any]:
    return {
        "score": figure.score,
        "level": figure.level,
        "name": None if figure.level is None else model.level_name(figure.level),
        "percentage": figure.percentage,
        "coverage": figure.coverage,
    }


def _extension(model: Model, scores: ExtensionScores) -> dict[str, Any]:
    def number(value: Fraction | None) -> float | None:
        return None if value is None else float(value)

    return {
        "version": scores.extension.version,
        "score": number(scores.score),
        "floor": number(scores.floor),
        "weighted_baseline": number(scores.weighted_baseline),
        "categories": {
            key: {
                "native_id": model.native_id(key),
                "score": number(value),
                "level": None if value is None else math.floor(value),
                "name": None if value is None else model.level_name(math.floor(value)),
            }
            for key, value in scores.categories.items()
        },
    }


def tool_figures(scores: Scores) -> dict[str, Any] | None:
    """
    Figures of the source's own tool, and why they differ from ours.

    Returns
    -------
    dict or None
        ``overall`` and ``modules`` as the source carried them, ``differs_because``
        with the reasons that explain a difference; empty where there is none.
    """
    tool = scores.assessment.source.tool
    if not tool:
        return None
    modules = tool.get("modules", {})
    pairs = [(tool.get("overall", {}), scores.overall)]
    pairs += [(modules[key], figure) for key, figure in scores.modules.items() if key in modules]
    reasons = [
        reason["message"]
        for reason in tool.get("reasons", [])
        if not (reason.get("code") == "unanswered-zero" and scores.unanswered == "zero")
    ]
    differs = any(_differs(shown, figure) for shown, figure in pairs)
    unexplained = ["The figure in the source was not computed from the answers in it."]
    return {
        "overall": tool.get("overall"),
        "modules": modules,
        "differs_because": (reasons or unexplained) if differs else [],
    }


def _differs(shown: Mapping[str, Any], figure: Figure) -> bool:
    value, level = shown.get("value"), shown.get("level")
    if value is not None:
        return figure.score is None or abs(value - figure.score) > 1e-9 or level != figure.level
    return (level or None) != (figure.level or None)
