"""
The own assessment, scored so that it compares: in the edition of the peers' figures.

Peers' answers are counted by element key, so shared categories and requirements
compare; figures that rest on many of them, such as the overall, are computed again
over what both editions have. What limits that, the crosswalk says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pkimm_analytics.assessment import Assessment, Mode, carry, not_applicable
from pkimm_analytics.coverage import weighted_coverage
from pkimm_analytics.model import Model, comparability, mapping_note, model_of
from pkimm_analytics.scoring import Scores, answer_codes, score
from pkimm_analytics.tables import OVERALL


@dataclass(frozen=True)
class OwnFigures:
    """Scores of an assessment by measure, and how much of each is rated by weight."""

    scores: Mapping[str, Fraction]
    coverage: Mapping[str, float]


def own_figures(
    assessment: Assessment, edition: Model, shared: frozenset[str] | None = None
) -> OwnFigures:
    """
    Every score of an assessment in another edition, by measure.

    Answers are carried over by element key; what the edition lacks is dropped, what it
    adds is left out, and nothing is estimated. Extensions are scored in their own way.

    Parameters
    ----------
    edition : Model
        Edition whose weights are used.
    shared : frozenset of str, optional
        Elements to score; all of the edition if left out.

    Raises
    ------
    UnknownEditionError
        If the edition of the assessment is not installed.
    """
    own = model_of(assessment.model)
    carried = carry(assessment, own, edition)
    # What only the peers' edition asks is no gap of this assessment.
    outside = edition.keys - (own.keys if shared is None else shared)
    out = {key: not_applicable() for key in outside}
    asked = carried.replace(answers={**carried.answers, **out})
    scores = score(asked, edition)
    coverage = {key: float(share) for key, share in weighted_coverage(scores).items()}
    return OwnFigures(measured(score(carried, edition) if shared is None else scores), coverage)


def measured(scores: Scores) -> dict[str, Fraction]:
    """Every score that there is, by measure; requirements of full assessments only."""
    figures = {OVERALL: scores.overall, **scores.modules, **scores.categories}
    found = {key: f.value for key, f in figures.items() if f.value is not None}
    if scores.assessment.mode is Mode.FULL:
        codes, _ = answer_codes(scores.assessment, scores.model)
        levels = zip(scores.model.requirements, codes.tolist(), strict=True)
        found |= {key: Fraction(level) for key, level in levels if level > 0}
    return found | {k: e.score for k, e in scores.extensions.items() if e.score is not None}


def measure_note(measure: str, own: Model, edition: Model, *, mixes: bool) -> str:
    """
    Say what limits the comparison of a measure between editions; empty if nothing does.

    Parameters
    ----------
    mixes : bool
        Whether the peers' figures combine several editions.
    """
    if own.digest == edition.digest and not mixes:
        return ""
    parts = []
    if measure != OVERALL and measure not in own.keys:
        parts.append(f"PKIMM {own.version} does not have it.")
    comparable, why = comparability(measure, *(() if mixes else (own, edition)))
    if comparable != "yes":
        parts.append(why)
    if measure == OVERALL and own.digest != edition.digest:
        missing = [edition.name(k) for k in edition.categories if k not in own.keys]
        if missing:
            parts.append(f"Computed without {', '.join(missing)}.")
    return " ".join(parts)


def edition_notes(own: Model, edition: Model) -> list[str]:
    """Say that scores were computed again in another edition, and how its elements were met."""
    if own.digest == edition.digest:
        return []
    shared = sum(key in own.keys for key in edition.categories)
    again = f"To compare, your answers are scored again with PKIMM {edition.version}"
    notes = [f"You assessed {own.edition}. {again}, over the {shared} categories that both have."]
    unknown = mapping_note(own, edition)
    return [*notes, unknown] if unknown else notes
