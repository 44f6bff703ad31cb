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

from pkimm_analytics.model.shipped import definitions, shipped_model, shipped_versions
from pkimm_analytics.model.structure import Model


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


def comparability(key: str) -> tuple[str, str]:
    """
    Whether figures of an element compare between editions, and why not.

    Returns
    -------
    tuple of str
        ``yes``, ``with care`` or ``no``, and an explanation (empty for ``yes``).
    """
    row = _table().get(key)
    return (row["comparable"], row["note"]) if row else ("yes", "")


def is_known_edition(model: Model) -> bool:
    """Return whether the crosswalk was made with this very structure."""
    return (
        model.version in shipped_versions() and shipped_model(model.version).digest == model.digest
    )


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
    note = comparability(key)[1]
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
