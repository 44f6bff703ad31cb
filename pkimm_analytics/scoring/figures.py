"""What is known of a score: its exact value, its state, and how much of it was rated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.display import Shown
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Extension, Model
from pkimm_analytics.scoring.batch import Unanswered


def figure_text(value: object, digits: int = 2) -> str:
    """
    Show a figure, or a dash where there is none.

    Figures are cut, not rounded: 2.999 is level 2 and must not be read as 3.00.

    Parameters
    ----------
    value : Fraction, float or None
        A float is taken for the simple fraction that it came from.
    digits : int
        Decimals to show.

    Examples
    --------
    >>> figure_text(2.999), figure_text(Fraction(4)), figure_text(-0.126), figure_text(None)
    ('2.99', '4.00', '-0.12', '–')
    """
    if not isinstance(value, int | float | Fraction) or not math.isfinite(value):
        return "–"
    factor: int = 10**digits
    exact = Fraction(value)
    if isinstance(value, float):
        exact = exact.limit_denominator(10**9)
    cut = math.floor(abs(exact) * factor)
    sign = "-" if value < 0 and cut else ""
    fraction = f".{cut % factor:0{digits}d}" if digits else ""
    return f"{sign}{cut // factor}{fraction}"


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
        return None if self.value is None else 20 * self.value.numerator / self.value.denominator

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


@dataclass(frozen=True, repr=False)
class Scores(Shown):
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

    VIEW = "pkimm_analytics.views.scores:score_view"

    model: Model
    assessment: Assessment
    unanswered: Unanswered
    overall: Figure
    modules: Mapping[str, Figure]
    categories: Mapping[str, Figure]
    extensions: Mapping[str, ExtensionScores]
    problems: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Scores({figure_text(self.overall.value)}, level {self.overall.level},"
            f" {self.overall.n_rated} of {self.overall.n_in_scope} rated, {self.model.edition})"
        )

    def figure(self, key: str) -> Figure | None:
        """Figure of ``overall``, a module or a category; None if there is no such."""
        found = {"overall": self.overall, **self.modules, **self.categories}
        return found.get(key)
