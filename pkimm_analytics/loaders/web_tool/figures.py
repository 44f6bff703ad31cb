"""
The figures that the web tool's 2.0.0 generation shows for what it wrote.

Kept beside our own so that a user can see why two numbers differ: its extension scores
depart from the published text. It adds binary fractions in the order of the model, and
so does this file; :mod:`pkimm_analytics.scoring` is exact.

References
----------
PKI Consortium, PKI Maturity Model, self-assessment tool; the rules were observed on
its own functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pkimm_analytics.loaders.web_tool.entry import is_odd, js_number
from pkimm_analytics.model import Category, Extension, Model

Ratings = Mapping[str, Any]

MAX_SHOWN = 5

REASONS = {
    "odd-level": "The web tool calculates with levels that are no whole numbers from 0 to 5;"
    " here they are refused.",
    "binary-fractions": "The web tool adds binary fractions, which can fall short of a whole"
    " level by a hair; here levels are decided exactly.",
    "rated-weights-only": "For the blend with relevance, the web tool weighs a category by its"
    " rated requirements; the published text, which is followed here, by all of them.",
    "floor-over-all": "The web tool takes the floor score over all categories; the published"
    " text over those that the extension covers.",
}


@dataclass(frozen=True, slots=True)
class Rated:
    """Entries of a file by element key, as they stand, and the edition that they rate."""

    model: Model
    categories: Ratings
    requirements: Ratings

    def baseline(self, category: Category) -> float:
        """Raw level of a category: -1 not applicable, 0 not assessed."""
        entry = self.categories.get(category.key)
        own = [self.requirements.get(r.key) for r in category.requirements]
        if _is_off(entry) or (own and all(map(_is_off, own))):
            return -1.0
        levels = self.levels(category)
        if levels:
            weights = {r.key: r.weight for r in category.requirements}
            return _mean((level, weights[key]) for key, level in levels.items())
        level = js_number(_level(entry))
        return level if math.isfinite(level) else 0.0

    def levels(self, category: Category) -> dict[str, float]:
        """Levels of the requirements that are in scope and above 0."""
        entries = {r.key: self.requirements.get(r.key) for r in category.requirements}
        levels = {key: js_number(_level(e)) for key, e in entries.items() if not _is_off(e)}
        return {key: n for key, n in levels.items() if math.isfinite(n) and n > 0}


def shown_figures(rated: Rated) -> dict[str, Any]:
    """
    Scores that the tool shows.

    Returns
    -------
    dict
        ``overall`` and ``modules`` with ``level`` (at most 5) and ``value``, 0 where
        nothing is rated; ``reasons`` why ours may differ.
    """
    sums = {
        module.id: _sums((rated.baseline(c), c.weight) for c in module.categories)
        for module in rated.model.modules
    }
    total, weights = (sum(part) for part in zip(*sums.values(), strict=True))
    overall = _shown(_quotient(total, weights))
    modules = {id_: _shown(_quotient(*both)) for id_, both in sums.items()}
    entries = [*rated.categories.values(), *rated.requirements.values()]
    codes = []
    if any(is_odd(_level(entry)) for entry in entries):
        codes = ["odd-level"]
    elif any(map(_falls_short, [overall, *modules.values()])):
        codes = ["binary-fractions"]
    return {"overall": overall, "modules": modules, "reasons": _reasons(codes)}


def extension_figures(extension: Extension, rated: Rated, relevance: Ratings) -> dict[str, Any]:
    """
    Scores that the tool shows for one extension.

    Parameters
    ----------
    extension : Extension
    rated : Rated
    relevance : mapping
        Entries of the extension by element key.

    Returns
    -------
    dict
        ``overall``, ``weighted`` and ``floor`` (None if the extension has none) with
        ``level`` and ``value``; ``categories`` with the blended levels; ``reasons``
        why ours may differ.
    """
    categories = rated.model.categories
    weights = {key: _overlaid(extension, key, c.weight) for key, c in categories.items()}
    baseline = {key: rated.baseline(category) for key, category in categories.items()}
    blends = {
        key: _blended(extension, c, rated, relevance.get(key)) for key, c in categories.items()
    }
    blended = {key: level for key, (level, _) in blends.items()}
    floor = min((level for level in blended.values() if level > 0), default=0.0)
    covered = [level for key, level in blended.items() if level > 0 and key in extension.covered]
    codes = [code for _, found in blends.values() for code in found]
    if extension.floor_score and floor != min(covered, default=0.0):
        codes.append("floor-over-all")

    def mean(levels: Mapping[str, float]) -> dict[str, Any]:
        return _shown(_quotient(*_sums((levels[key], weights[key]) for key in categories)))

    return {
        "version": extension.version,
        "overall": mean(blended),
        "floor": _shown(floor) if extension.floor_score else None,
        "weighted": mean(baseline),
        "categories": blended,
        "reasons": _reasons(codes),
    }


def _blended(
    extension: Extension, category: Category, rated: Rated, answer: Any
) -> tuple[float, list[str]]:
    """Blended level of a category, and the codes of what departs from the published text."""
    baseline = rated.baseline(category)
    if baseline <= 0:
        return baseline, []
    weights = {r.key: _overlaid(extension, r.key, r.weight) for r in category.requirements}
    levels = rated.levels(category)
    used = sum(weights[key] for key in levels)
    level = _mean((n, weights[key]) for key, n in levels.items()) if used else baseline
    relevance = extension.relevance.get(category.key)
    answered = math.nan if _is_off(answer) else js_number(_level(answer))
    if relevance is None or not answered > 0:
        return level, []
    every = sum(weights.values())
    weight = used if levels else every
    blend = _mean([(level, weight), (answered, relevance.weight)])
    return blend, ["rated-weights-only"] if weight != every else []


def _overlaid(extension: Extension, key: str, weight: int) -> float:
    overlay = extension.overlays.get(key)
    return float(overlay.apply(Fraction(weight))) if overlay else float(weight)


def _mean(pairs: Iterable[tuple[float, float]]) -> float:
    return _quotient(*_sums(pairs, above=-math.inf))


def _sums(pairs: Iterable[tuple[float, float]], above: float = 0) -> tuple[float, float]:
    """Add up value x weight and weight of the values above a bound, in order."""
    total = weights = 0.0
    for value, weight in pairs:
        if value > above or math.isnan(value):
            total += value * weight
            weights += weight
    return total, weights


def _quotient(total: float, weights: float) -> float:
    return total / weights if weights else 0.0


def _shown(value: float) -> dict[str, Any]:
    is_number = math.isfinite(value) and abs(value) < 1e9
    return {"level": min(math.floor(value), MAX_SHOWN) if is_number else None, "value": value}


def _falls_short(figure: Mapping[str, Any]) -> bool:
    """Whether a figure is less than a whole level by no more than binary fractions miss."""
    level, value = figure["level"], figure["value"]
    return level is not None and level < math.floor(value + 1e-9) <= MAX_SHOWN


def _reasons(codes: Iterable[str]) -> list[dict[str, str]]:
    """Return reasons why the tool's figures may differ, as they are kept with the source."""
    return [{"code": code, "message": REASONS[code]} for code in dict.fromkeys(codes)]


def _level(entry: Any) -> Any:
    return entry.get("level", 0) if isinstance(entry, Mapping) else 0


def _is_off(entry: Any) -> bool:
    return isinstance(entry, Mapping) and entry.get("applicability") is False
