"""
How much of a score is rated, by weight.

Counting questions, one of 76 is 1%; by weight, it is what it adds to the score. An
overall score that rests on one category is no score of the whole.
"""

from __future__ import annotations

from fractions import Fraction

from pkimm_analytics.assessment import Mode, State
from pkimm_analytics.scoring.figures import Scores
from pkimm_analytics.scoring.single import answer_codes

LEAST_COVERAGE = 0.8
"""Share, by weight, that must be rated for a comparison, where a release states no other."""


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
