"""
Several assessors who rated the same questions: where they differ, and how much.

Two figures say how well they agree beyond chance, both on the levels 1 to 5, whose
order counts: **weighted kappa** (quadratic weights) for each pair of assessors, and
**Krippendorff's alpha** (ordinal) for all of them, which copes with questions that
not everybody rated. 1 is full agreement, 0 what chance gives. Neither is defined
where nothing varies; then there is None, never 1.

The figures come from scikit-learn and krippendorff, which the extra ``agreement``
installs; the list of differences needs neither.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.missing import answer_of, state_of
from pkimm_analytics.model import LEVELS

STATE_DIFFERENCE = 5
"""Rank of "applies" against "does not apply": larger than any difference of levels."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What one assessor said: the state, and the level if it is rated."""

    state: State
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """
    One question and what each assessor said, in the order of the assessors.

    Parameters
    ----------
    spread : int
        Highest minus lowest level, or :data:`STATE_DIFFERENCE` if the assessors
        disagree on whether it applies. Unanswered is no opinion.
    """

    target: str
    ratings: tuple[Rating, ...]
    spread: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    How well assessors agree.

    Parameters
    ----------
    kappas : mapping of (int, int) to float or None
        Weighted kappa of each pair of assessors, by their positions.
    alpha : float, optional
        Krippendorff's alpha of all assessors.
    n_compared : int
        Questions that at least two of them rated.
    n_equal : int
        Those among them that all raters gave the same level.
    """

    kappas: Mapping[tuple[int, int], float | None]
    alpha: float | None
    n_compared: int
    n_equal: int


def is_available() -> bool:
    """Whether the libraries that compute the figures are installed."""
    return all(importlib.util.find_spec(name) for name in ("sklearn", "krippendorff"))


def merge(assessments: Sequence[Assessment], targets: Iterable[str]) -> list[Compared]:
    """
    Lay the answers of several assessors side by side, the largest differences first.

    Parameters
    ----------
    assessments : sequence of Assessment
        One of each assessor, of one edition and one mode.
    targets : iterable of str
        Questions to compare; equal differences stay in this order.

    Raises
    ------
    AssessmentError
        If there are fewer than two, or they answer different questions.
    """
    _check(assessments)
    compared = [_compared(assessments, target) for target in targets]
    return sorted(compared, key=lambda one: -one.spread)


def agreement(compared: Iterable[Compared]) -> Agreement:
    """
    Compute how well the assessors of a merged list agree.

    Raises
    ------
    AssessmentError
        If the libraries of the extra ``agreement`` are not installed.

    References
    ----------
    J. Cohen (1968), "Weighted kappa", Psychological Bulletin 70;
    K. Krippendorff (2019), *Content Analysis*, chapter 12.
    """
    if not is_available():
        raise AssessmentError(
            "Agreement needs two more libraries: pip install 'pkimm-analytics[agreement]'"
        )
    rows = [[rating.level for rating in one.ratings] for one in compared]
    n = len(rows[0]) if rows else 0
    several = [kept for row in rows if len(kept := [v for v in row if v is not None]) > 1]
    return Agreement(
        kappas={
            (a, b): weighted_kappa([row[a] for row in rows], [row[b] for row in rows])
            for a, b in itertools.combinations(range(n), 2)
        },
        alpha=krippendorff_alpha([[row[rater] for row in rows] for rater in range(n)]),
        n_compared=len(several),
        n_equal=sum(len(set(levels)) == 1 for levels in several),
    )


def weighted_kappa(one: Sequence[int | None], other: Sequence[int | None]) -> float | None:
    """
    Cohen's kappa with quadratic weights, over the questions that both rated.

    Parameters
    ----------
    one, other : sequence of int or None
        Levels 1 to 5 in the same order of questions; None where not rated.

    Returns
    -------
    float or None
        At most 1; 0 is what chance gives. None if it is not defined, because there
        are fewer than two common questions or no variation at all.

    Examples
    --------
    >>> weighted_kappa([1, 2, 3, 4], [1, 2, 3, 5])
    0.92...
    """
    from sklearn.metrics import cohen_kappa_score

    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    if len(both) < 2 or len({level for pair in both for level in pair}) < 2:
        return None
    firsts, seconds = zip(*both, strict=True)
    value = float(cohen_kappa_score(firsts, seconds, labels=list(LEVELS), weights="quadratic"))
    return None if math.isnan(value) else value


def krippendorff_alpha(ratings: Sequence[Sequence[int | None]]) -> float | None:
    """
    Krippendorff's alpha for ordinal ratings.

    Parameters
    ----------
    ratings : sequence of sequence of int or None, shape (n_assessors, n_questions)
        Levels 1 to 5; None where not rated.

    Returns
    -------
    float or None
        At most 1; 0 is what chance gives. None if it is not defined, because no
        question has two ratings or all of them are the same level.
    """
    import krippendorff

    columns = [
        kept
        for column in zip(*ratings, strict=True)
        if len(kept := [level for level in column if level is not None]) > 1
    ]
    if len({level for column in columns for level in column}) < 2:
        return None
    counts = [[column.count(level) for level in LEVELS] for column in columns]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value = float(
            krippendorff.alpha(
                value_counts=counts, value_domain=list(LEVELS), level_of_measurement="ordinal"
            )
        )
    return None if math.isnan(value) else value


def _check(assessments: Sequence[Assessment]) -> None:
    if len(assessments) < 2:
        raise AssessmentError("Choose at least two assessments to compare.")
    first = assessments[0]
    if any((a.model, a.mode) != (first.model, first.mode) for a in assessments):
        raise AssessmentError(
            "These assessments answer different questions: compare those of one edition and"
            " one kind, self or full."
        )


def _compared(assessments: Sequence[Assessment], target: str) -> Compared:
    ratings = tuple(_rating(assessment, target) for assessment in assessments)
    opinions = {r.state for r in ratings} - {State.UNANSWERED}
    levels = [r.level for r in ratings if r.level is not None]
    spread = max(levels) - min(levels) if levels else 0
    return Compared(target, ratings, STATE_DIFFERENCE if len(opinions) > 1 else spread)


def _rating(assessment: Assessment, target: str) -> Rating:
    state = state_of(assessment, target)
    level = answer_of(assessment, target).level if state is State.RATED else None
    return Rating(state, level)
