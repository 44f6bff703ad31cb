"""
The figures that the web tool itself shows for what it wrote.

Kept beside our own so that a user can see why two numbers differ. The tool's rules
are not ours: 1.0.x counts level 0 with its weight, and the extension scores of the
2.0.0 generation depart from the published text. It adds binary fractions in the
order of the model, and so does this file; :mod:`pkimm_analytics.scoring` is exact.

References
----------
PKI Consortium, PKI Maturity Model, self-assessment tool; the rules were observed on
its own functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from pkimm_analytics.loaders.web_tool.entry import is_true, js_number
from pkimm_analytics.model import Category, Extension, Model, module_of

Entries = Mapping[str, Any]
Numeric = Callable[[Any], Any]

MAX_SHOWN = 5

REASONS = {
    "level-zero-counts": "The web tool 1.0.x counts level 0 as zero, with its weight; here a"
    " category at level 0 is unanswered and left out.",
    "odd-level": "The web tool calculates with levels that are no whole numbers from 0 to 5;"
    " here they are refused.",
    "read-elsewhere": "The web tool goes by the number of a category; here an entry whose"
    " description is that of another category counts there, or not at all if that is unclear.",
    "binary-fractions": "The web tool adds binary fractions, which can fall short of a whole"
    " level by a hair; here levels are decided exactly.",
    "rated-weights-only": "For the blend with relevance, the web tool weighs a category by its"
    " rated requirements; the published text, which is followed here, by all of them.",
    "floor-over-all": "The web tool takes the floor score over all categories; the published"
    " text over those that the extension covers.",
}


def reasons(codes: Iterable[str]) -> list[dict[str, str]]:
    """Return reasons why the tool's figures may differ, as they are kept with the source."""
    return [{"code": code, "message": REASONS[code]} for code in dict.fromkeys(codes)]


# --- 1.0.x -----------------------------------------------------------------------


def figures_1(progress: Entries, keys: Mapping[str, str], model: Model) -> dict[str, Any]:
    """
    Levels that 1.0.x shows: the mean of all applicable categories, rounded down.

    Parameters
    ----------
    progress : mapping
        Entries by the tool's key.
    keys : mapping of str to str
        Element key of each key of the data file.
    model : Model
        Edition with the weights of the data file.

    Returns
    -------
    dict
        ``overall`` and ``modules`` with ``level`` and ``value``. The value is None,
        because this tool shows levels only. The level is 0 where nothing applies and
        None where the tool shows no number.
    """
    pairs = {
        key: (js_number(progress[tool_key].get("level", math.nan)), model.categories[key].weight)
        for tool_key, key in keys.items()
        if counted_1(progress.get(tool_key))
    }
    shown = {m.id: [p for key, p in pairs.items() if module_of(key) == m.id] for m in model.modules}
    return {
        "overall": {"level": _floor(_mean(pairs.values())), "value": None},
        "modules": {
            id_: {"level": _floor(_mean(inside)), "value": None} for id_, inside in shown.items()
        },
    }


def counted_1(entry: Any) -> bool:
    """Whether 1.0.x counts an entry of its data file."""
    return isinstance(entry, Mapping) and is_true(entry.get("applicability"))


def codes_1(progress: Entries, keys: Iterable[str]) -> set[str]:
    """Codes of the reasons that lie in the levels of the entries that 1.0.x counts."""
    levels = [
        js_number(progress[key].get("level", math.nan))
        for key in keys
        if counted_1(progress.get(key))
    ]
    found = {"level-zero-counts"} if 0 in levels else set()
    return found | ({"odd-level"} if any(map(_is_odd, levels)) else set())


# --- 2.0.0 generation ------------------------------------------------------------


def figures_2(model: Model, categories: Entries, requirements: Entries) -> dict[str, Any]:
    """
    Scores that the 2.0.0 generation shows.

    Parameters
    ----------
    model : Model
    categories, requirements : mapping
        Entries of the file by element key, as they stand.

    Returns
    -------
    dict
        ``overall`` and ``modules`` with ``level`` (at most 5) and ``value``, 0 where
        nothing is rated; ``reasons`` why ours may differ.
    """
    shown = _figures_2(model, categories, requirements, float)
    levels = [js_number(_level(entry)) for entry in [*categories.values(), *requirements.values()]]
    codes = ["odd-level"] if any(map(_is_odd, levels)) else []
    if not codes:
        exact = _figures_2(model, categories, requirements, Fraction)
        codes = ["binary-fractions"] if _levels(exact) != _levels(shown) else []
    return {**shown, "reasons": reasons(codes)}


def _figures_2(
    model: Model, categories: Entries, requirements: Entries, numeric: Numeric
) -> dict[str, Any]:
    raw = {
        key: (_baseline(category, categories, requirements, numeric), category.weight)
        for key, category in model.categories.items()
    }
    sums = {
        module.id: _sums([raw[c.key] for c in module.categories], above=0)
        for module in model.modules
    }
    total, weights = (sum(part) for part in zip(*sums.values(), strict=True))
    return {
        "overall": _shown(_quotient(total, weights)),
        "modules": {id_: _shown(_quotient(*both)) for id_, both in sums.items()},
    }


def extension_figures(
    extension: Extension,
    model: Model,
    categories: Entries,
    requirements: Entries,
    relevance: Entries,
) -> dict[str, Any]:
    """
    Scores that the 2.0.0 generation shows for one extension.

    Parameters
    ----------
    extension : Extension
    model : Model
    categories, requirements, relevance : mapping
        Entries of the file by element key; `relevance` those of the extension.

    Returns
    -------
    dict
        ``overall``, ``weighted`` and ``floor`` (None if the extension has none) with
        ``level`` and ``value``; ``categories`` with the blended levels; ``reasons``
        why ours may differ.
    """
    blended: dict[str, float] = {}
    baseline: dict[str, float] = {}
    weights: dict[str, float] = {}
    codes: list[str] = []
    for key, category in model.categories.items():
        baseline[key] = _baseline(category, categories, requirements, float)
        weights[key] = _overlaid(extension, key, category.weight)
        blended[key], found = _blended(
            extension, category, baseline[key], requirements, relevance.get(key)
        )
        codes += found
    floor = min((value for value in blended.values() if value > 0), default=0.0)
    covered = [value for key, value in blended.items() if value > 0 and key in extension.covered]
    if extension.floor_score and floor != min(covered, default=0.0):
        codes.append("floor-over-all")
    weigh = [(blended[key], weights[key]) for key in blended]
    return {
        "version": extension.version,
        "overall": _shown(_mean(weigh, above=0)),
        "floor": _shown(floor) if extension.floor_score else None,
        "weighted": _shown(_mean([(baseline[key], weights[key]) for key in blended], above=0)),
        "categories": blended,
        "reasons": reasons(codes),
    }


def _baseline(
    category: Category, categories: Entries, requirements: Entries, numeric: Numeric
) -> Any:
    """Raw level of a category: -1 not applicable, 0 not assessed."""
    entry = categories.get(category.key)
    own = [requirements.get(r.key) for r in category.requirements]
    if _is_off(entry) or (own and all(map(_is_off, own))):
        return numeric(-1)
    rated = _rated(category, requirements)
    if rated:
        return _mean([(numeric(level), weight) for level, weight in rated.values()])
    level = js_number(_level(entry))
    return numeric(level) if math.isfinite(level) else numeric(0)


def _rated(category: Category, requirements: Entries) -> dict[str, tuple[float, int]]:
    """Level and weight of the requirements that are in scope and above 0."""
    found = {}
    for requirement in category.requirements:
        entry = requirements.get(requirement.key)
        level = js_number(_level(entry))
        if not _is_off(entry) and math.isfinite(level) and level > 0:
            found[requirement.key] = (level, requirement.weight)
    return found


def _blended(
    extension: Extension, category: Category, baseline: float, requirements: Entries, answer: Any
) -> tuple[float, list[str]]:
    """Blended level of a category, and the codes of what departs from the published text."""
    if baseline <= 0:
        return baseline, []
    sums = {r.key: _overlaid(extension, r.key, r.weight) for r in category.requirements}
    rated = _rated(category, requirements)
    level = baseline
    if rated and sum(sums[key] for key in rated):
        level = _mean([(value, sums[key]) for key, (value, _) in rated.items()])
    relevance = extension.relevance.get(category.key)
    answered = math.nan if _is_off(answer) else js_number(_level(answer))
    if relevance is None or not answered > 0:
        return level, []
    every = sum(sums.values())
    used = sum(sums[key] for key in rated) if rated else every
    blend = _mean([(level, used), (answered, relevance.weight)])
    return blend, ["rated-weights-only"] if used != every else []


def _overlaid(extension: Extension, key: str, weight: int) -> float:
    overlay = extension.overlays.get(key)
    return float(overlay.apply(Fraction(weight))) if overlay else float(weight)


# --- arithmetic ------------------------------------------------------------------


def _mean(pairs: Iterable[tuple[Any, Any]], above: float = -math.inf) -> Any:
    """Weighted mean of the values above a bound, added up in order; 0 without weight."""
    return _quotient(*_sums(pairs, above))


def _sums(pairs: Iterable[tuple[Any, Any]], above: float) -> tuple[Any, Any]:
    """Sum of value x weight and of weight, of the values above a bound."""
    total: Any = 0
    weights: Any = 0
    for value, weight in pairs:
        if value > above or math.isnan(value):
            total += value * weight
            weights += weight
    return total, weights


def _quotient(total: Any, weights: Any) -> Any:
    return total / weights if weights else 0.0


def _floor(value: Any) -> int | None:
    return math.floor(value) if math.isfinite(value) and abs(value) < 1e9 else None


def _shown(value: Any) -> dict[str, Any]:
    level = _floor(value)
    return {"level": None if level is None else min(level, MAX_SHOWN), "value": float(value)}


def _levels(figures: Mapping[str, Any]) -> list[Any]:
    return [figures["overall"]["level"], *(m["level"] for m in figures["modules"].values())]


def _level(entry: Any) -> Any:
    return entry.get("level", 0) if isinstance(entry, Mapping) else 0


def _is_off(entry: Any) -> bool:
    return isinstance(entry, Mapping) and entry.get("applicability") is False


def _is_odd(level: float) -> bool:
    return level not in (0, 1, 2, 3, 4, 5)
