"""Answers of one assessment as the codes that the batch scores."""

from __future__ import annotations

import numpy as np

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.model import Model, category_of, module_of
from pkimm_analytics.scoring.batch import NOT_APPLICABLE, UNANSWERED, Codes


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
