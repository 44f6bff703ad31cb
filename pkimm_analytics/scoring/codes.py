"""Answers of one assessment as the codes that the batch scores."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

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
    levels = {key: a.level or UNANSWERED for key, a in assessment.answers.items()}

    def codes(keys: Iterable[str]) -> Codes:
        found = [levels.get(key, UNANSWERED) for key in keys]
        if out:
            found = [
                NOT_APPLICABLE if not out.isdisjoint(_above(key)) else code
                for key, code in zip(keys, found, strict=True)
            ]
        return np.array(found, np.int8)

    return codes(model.requirements), codes(model.categories)


@lru_cache(maxsize=4096)
def _above(key: str) -> tuple[str, str, str]:
    return key, category_of(key), module_of(key)
