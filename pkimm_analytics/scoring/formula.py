"""
The scoring formula: a weighted mean of maturity levels, exact.

Weights and levels are whole numbers, so every score is a fraction of two of them,
and rounding down is decided exactly: a mean of 3 is never 2. What is written here
for one mean, :mod:`.batch` computes for many assessments at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from pkimm_analytics.errors import AssessmentError


def exact_mean(pairs: Iterable[tuple[Fraction | int, Fraction | int]]) -> Fraction | None:
    """Weighted mean of pairs of value and weight; None if the weights add up to nothing."""
    kept = [(value, weight) for value, weight in pairs if weight > 0]
    total = sum((Fraction(weight) for _, weight in kept), Fraction(0))
    if not total:
        return None
    return sum((Fraction(value) * weight for value, weight in kept), Fraction(0)) / total


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
