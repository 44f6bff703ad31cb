"""
How the elements of one edition relate to those of another.

Element keys are the same in all editions, so carrying answers means keeping the
keys that both have. What the other edition lacks is dropped and named; what it
adds stays unanswered. The table ``definitions/crosswalk.csv`` says where equal
keys do not make figures comparable.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Any

from pkimm_analytics.model.shipped import (
    definitions,
    shipped_models,
)
from pkimm_analytics.model.structure import Model, category_of


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One difference between two editions.

    Parameters
    ----------
    key : str
        Element key.
    change : str
        ``added``, ``removed``, ``renumbered``, ``renamed``, ``reweighted`` or
        ``reworded``.
    before, after : str
        Native id, name or weight in either edition; empty where it has none.
    note : str
        What that means for comparisons, where known.
    """

    key: str
    change: str
    before: str
    after: str
    note: str = ""


def differences(one: Model, other: Model) -> list[Difference]:
    """List what changed from one edition to another, in the order of the model."""
    order = [*_keys(one), *(key for key in _keys(other) if key not in one.keys)]
    return [d for key in order for d in _compare(key, one, other)]


def shared_keys(one: Model, other: Model) -> frozenset[str]:
    """Element keys that both editions have: the base of a like-for-like comparison."""
    return one.keys & other.keys


def comparability(
    key: str, one: Model | None = None, other: Model | None = None
) -> tuple[str, str]:
    """
    Whether figures of an element compare between editions, and why not.

    Parameters
    ----------
    key : str
    one, other : Model, optional
        The editions, if they are known; without them, what holds between any two.

    Returns
    -------
    tuple of str
        ``yes``, ``with care`` or ``no``, and an explanation (empty for ``yes``).
    """
    row = _table().get(key)
    if row is None or (one and other and _weights(one, key) == _weights(other, key)):
        return "yes", ""
    return row["comparable"], row["note"]


def is_known_edition(model: Model) -> bool:
    """Return whether the crosswalk was made with this very structure."""
    return model.digest in {edition.digest for edition in shipped_models()}


def counted_edition(model: Model) -> tuple[Model, frozenset[str]]:
    """
    Find the shipped edition that answers of any edition are counted under.

    Answers of an archived draft count as the released edition of their version, those of
    an edition that is not shipped as the one with which it shares the most elements.

    Returns
    -------
    Model
        The edition itself if it is a shipped one.
    frozenset of str
        Keys that both have; all others are left out.
    """
    shipped = [m for m in reversed(shipped_models()) if not m.is_archived]
    same = [m for m in shipped if m.digest == model.digest or m.version == model.version]
    best = max(same or shipped, key=lambda m: (m.digest == model.digest, len(m.keys & model.keys)))
    return best, shared_keys(best, model)


def mapping_note(source: Model, target: Model) -> str | None:
    """Say how elements were matched, if an edition is not one the crosswalk was made with."""
    unknown = [m for m in (source, target) if not is_known_edition(m)]
    if not unknown:
        return None
    names = " and ".join(dict.fromkeys(str(m.edition) for m in unknown))
    return f"The crosswalk does not know {names}: elements were matched by their stable ids."


def _keys(model: Model) -> list[str]:
    return [*model.categories, *model.requirements]


def _compare(key: str, one: Model, other: Model) -> list[Difference]:
    note = comparability(key, one, other)[1]
    if key not in other.keys:
        return [Difference(key, "removed", one.native_id(key), "", note)]
    if key not in one.keys:
        return [Difference(key, "added", "", other.native_id(key), note)]
    ids = one.native_id(key), other.native_id(key)
    weights = str(_weight(one, key)), str(_weight(other, key))
    pairs: list[tuple[str, tuple[Any, Any], tuple[str, str], str]]
    pairs = [("renumbered", ids, ids, ""), ("reweighted", weights, weights, note)]
    if one.official == other.official:  # our words against the official ones are no change
        names = one.name(key), other.name(key)
        pairs += [("renamed", names, names, "")]
        pairs += [("reworded", (_words(one, key), _words(other, key)), ids, "")]
    return [
        Difference(key, change, *shown, note)
        for change, (before, after), shown, note in pairs
        if before != after
    ]


def _weight(model: Model, key: str) -> int:
    return (model.categories.get(key) or model.requirements[key]).weight


def _weights(model: Model, key: str) -> list[tuple[str, int]]:
    """Weights that a figure of an element rests on."""
    inside = (k for k in model.requirements if k == key or category_of(k) == key)
    own = (k for k in [key] if k in model.categories)
    return [(k, _weight(model, k)) for k in (*own, *inside)]


def _words(model: Model, key: str) -> tuple[str, ...]:
    if key in model.categories:
        category = model.categories[key]
        return _squeezed(category.description, *category.levels)
    requirement = model.requirements[key]
    return _squeezed(requirement.guidance, *requirement.evidence)


def _squeezed(*texts: str) -> tuple[str, ...]:
    return tuple(" ".join(text.split()) for text in texts)


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (definitions() / "crosswalk.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}
