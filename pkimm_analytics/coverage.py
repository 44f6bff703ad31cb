"""
How much of an assessment has to be rated before others rely on it.

One setting, in ``policy/coverage.yaml``, holds for attestations, for counting and for
comparing. Coverage is the part of the questions in scope that is rated; what does not
apply is in no scope. By weight it says how much of the score rests on them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import Field

from pkimm_analytics.assessment import Mode, State
from pkimm_analytics.errors import PolicyError, Problem
from pkimm_analytics.records import ClosedRecord, Whole
from pkimm_analytics.scoring import Figure, Scores, answer_codes
from pkimm_analytics.yaml_text import read_yaml


class CoveragePolicy(ClosedRecord):
    """The setting; a policy that is not sound refuses what depends on it."""

    FORMAT = "pkimm-coverage-policy/1"
    ERROR = PolicyError

    least_coverage_percent: Annotated[Whole, Field(ge=0, le=100)]


@cache
def least_coverage() -> int:
    """Percent of the questions in scope that have to be rated."""
    place = resources.files("pkimm_analytics") / "policy" / "coverage.yaml"
    settings = read_yaml(place.read_text(encoding="utf-8"), place.name)
    return CoveragePolicy.read(settings, place.name).least_coverage_percent


def is_covered(figure: Figure) -> bool:
    """
    Tell whether enough of a figure's questions are rated.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from pkimm_analytics.assessment import State
    >>> [is_covered(Figure(Fraction(3), State.RATED, n, 16)) for n in (12, 13)]
    [False, True]
    """
    return 100 * figure.n_rated >= least_coverage() * figure.n_in_scope


def weighted_coverage(scores: Scores) -> dict[str, Fraction]:
    """
    Share of the weight in scope that is rated, by element key and for ``overall``.

    Elements of which nothing is in scope are left out.
    """
    model, assessment = scores.model, scores.assessment
    codes = dict(zip(model.requirements, answer_codes(assessment, model)[0].tolist(), strict=True))
    found: dict[str, Fraction] = {}
    for key, category in model.categories.items():
        figure = scores.categories[key]
        if figure.state is State.NOT_APPLICABLE:
            continue
        applicable = [r for r in category.requirements if codes[r.key] >= 0]
        total = sum(r.weight for r in applicable)
        if assessment.mode is Mode.SELF or figure.by_hand or not total:
            found[key] = Fraction(figure.state is State.RATED)
        else:
            found[key] = Fraction(sum(r.weight for r in applicable if codes[r.key] > 0), total)
    parts = {"overall": list(model.categories.values())}
    parts |= {module.id: list(module.categories) for module in model.modules}
    for name, categories in parts.items():
        counted = [category for category in categories if category.key in found]
        weight = sum(category.weight for category in counted)
        if weight:
            covered = sum(
                (category.weight * found[category.key] for category in counted), Fraction(0)
            )
            found[name] = covered / weight
    return found


def missing(scores: Scores) -> list[Problem]:
    """List the categories in which questions in scope are not rated, with their numbers."""
    return [
        Problem(
            f"{scores.model.native_id(key)} {scores.model.name(key)}",
            f"{figure.n_rated} of {figure.n_in_scope} questions are rated",
        )
        for key, figure in scores.categories.items()
        if figure.n_rated < figure.n_in_scope
    ]
