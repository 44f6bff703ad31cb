"""
The scoring formula: a weighted mean of exact fractions, on arrays.

Weights and levels are whole numbers, so every score is a fraction of two of them,
and rounding down is decided exactly: a mean of 3 is never 2. The formula exists
once, :func:`weighted_mean`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.errors import AssessmentError


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
        return Fraction(self.numerator.item(row), self.denominator.item(row))


def weighted_mean(values: Sequence[Ratio], weights: Sequence[Any], common: Any) -> Ratio:
    """
    Weighted mean of exact fractions, leaving out those that do not exist.

    Parameters
    ----------
    values : sequence of Ratio, each of shape (n_rows,)
    weights : sequence of int
        One of each value.
    common : int
        A number that every denominator divides; all terms are brought to it, so that
        sums stay whole numbers.

    Returns
    -------
    Ratio, of shape (n_rows,)
        Without a score in rows where no value has one.
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
    result = exact_mean(zip(level_list, weight_list, strict=True))
    return math.nan if result is None else float(result)


def exact_mean(pairs: Iterable[tuple[Fraction | int, Fraction | int]]) -> Fraction | None:
    """Apply the formula to one row of exact values and weights; weights of 0 add nothing."""
    kept = [(Fraction(value), Fraction(weight)) for value, weight in pairs if weight > 0]
    if not kept:
        return None
    common = math.lcm(*(value.denominator for value, _ in kept))
    values = [Ratio(_one(value.numerator), _one(value.denominator)) for value, _ in kept]
    return weighted_mean(values, [weight for _, weight in kept], common).fraction()


def _one(value: int) -> NDArray[Any]:
    return np.array([value], dtype=object)
