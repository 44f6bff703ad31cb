"""
What PKIMM consists of: modules, categories, requirements, editions, extensions.

Every element has an **element key**, spelled as in model 2.0.0
(``M.key-management.key-inventory``) and the same in all editions, and a **native
id**, as its own edition numbers it (``M.6.2``). Keys are stored; native ids are
shown. Weights are whole numbers; overlaid weights are exact fractions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from pkimm_analytics.records import ClosedRecord, Digest, Version, Whole

MODULE_IDS = ("G", "M", "O", "R")
LEVELS = (1, 2, 3, 4, 5)
NOT_EVALUATED = "Not evaluated"
"""Name of level 0, which only exists where unanswered items are counted as zero."""


class Edition(ClosedRecord):
    """
    One exact structure of the model: which elements, with which ids and weights.

    The version does not identify it (two structures are called 2.0.0); the digest
    does. Wording is identified apart from it, by :attr:`Model.text_digest`, so that
    the official text and the words of this package pool as the same edition.
    """

    version: Version
    digest: Digest
    requirements: Annotated[Whole, Field(ge=0)]

    def __str__(self) -> str:
        return f"PKIMM {self.version} ({self.requirements} requirements)"


@dataclass(frozen=True, slots=True)
class Reference:
    """A standard or guide: its name and, where known, its issuer and address."""

    id: str
    title: str
    authority: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a category; `weight` is a whole number, not negative."""

    key: str
    native_id: str
    title: str
    weight: int
    guidance: str = ""
    evidence: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """One category with its five level texts, level 1 first, and its requirements."""

    key: str
    native_id: str
    name: str
    weight: int
    description: str = ""
    levels: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """One of the four modules G, M, O and R."""

    id: str
    name: str
    description: str = ""
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True)
class Model:
    """
    One edition of PKIMM with its words.

    Parameters
    ----------
    version : str
        Version string of the model, for example ``"2.0.0"``.
    modules : tuple of Module
        In the order of the model.
    level_names : tuple of str
        Names of levels 1 to 5 in this edition.
    source : str
        Where the structure comes from.
    official : bool
        True if the words are those of a file that the user installed.
    notes : tuple of str
        What a reader of this edition should know, such as how its ids were mapped.
    with_extensions : tuple of str
        Extensions, such as ``pqc 0.2.0``, that were published with it and with no other
        edition of its version.
    is_archived : bool
        True for a draft that is kept because files were made with it.
    """

    version: str
    modules: tuple[Module, ...]
    level_names: tuple[str, ...]
    source: str = ""
    official: bool = False
    notes: tuple[str, ...] = ()
    with_extensions: tuple[str, ...] = ()
    is_archived: bool = False

    @cached_property
    def categories(self) -> dict[str, Category]:
        """All categories by element key, in the order of the model."""
        return {c.key: c for m in self.modules for c in m.categories}

    @cached_property
    def requirements(self) -> dict[str, Requirement]:
        """All requirements by element key, in the order of the model."""
        return {r.key: r for c in self.categories.values() for r in c.requirements}

    @cached_property
    def keys(self) -> frozenset[str]:
        """Element keys of all modules, categories and requirements."""
        return frozenset([*(m.id for m in self.modules), *self.categories, *self.requirements])

    @cached_property
    def native(self) -> dict[str, str]:
        """Element key of every native id."""
        pairs = [(m.id, m.id) for m in self.modules]
        pairs += [(c.native_id, c.key) for c in self.categories.values()]
        pairs += [(r.native_id, r.key) for r in self.requirements.values()]
        return dict(pairs)

    @cached_property
    def edition(self) -> Edition:
        """Version, digest of the structure, and number of requirements."""
        return Edition(
            version=self.version, digest=self.digest, requirements=len(self.requirements)
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 over version, native ids, keys and weights, in the order of the model."""
        return _sha256(
            {
                "version": self.version,
                "elements": [
                    [
                        c.native_id,
                        c.key,
                        c.weight,
                        [[r.native_id, r.key, r.weight] for r in c.requirements],
                    ]
                    for c in self.categories.values()
                ],
            }
        )

    @cached_property
    def text_digest(self) -> str:
        """SHA-256 over structure and every text, so that two wordings are told apart."""
        return _sha256([self.digest, self.level_names, [asdict(m) for m in self.modules]])

    def level_name(self, level: int) -> str:
        """Name of a level in this edition; level 0 is "Not evaluated"."""
        return self.level_names[level - 1] if level else NOT_EVALUATED

    def native_id(self, key: str) -> str:
        """Native id of an element of this edition."""
        if key in self.categories:
            return self.categories[key].native_id
        if key in self.requirements:
            return self.requirements[key].native_id
        return key

    def name(self, key: str) -> str:
        """Name of a module or category, or title of a requirement."""
        if key in self.categories:
            return self.categories[key].name
        if key in self.requirements:
            return self.requirements[key].title
        return next((m.name for m in self.modules if m.id == key), key)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One change of a weight: ``override``, ``multiplier`` or ``addition`` of `value`."""

    type: str
    value: Fraction
    rationale: str = ""

    def apply(self, weight: Fraction) -> Fraction:
        """Overlaid weight; a negative result becomes 0."""
        if self.type == "override":
            result = self.value
        elif self.type == "multiplier":
            result = weight * self.value
        else:
            result = weight + self.value
        return max(result, Fraction(0))


@dataclass(frozen=True, slots=True)
class Relevance:
    """What an extension asks about one category, with a weight and five level texts."""

    key: str
    weight: int
    guidance: str = ""
    questions: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extension:
    """
    An extension such as PQC readiness: relevance questions and weight overlays.

    Parameters
    ----------
    id, name, version, description : str
        As published.
    compatibility : tuple of str
        Model versions that it was written for.
    floor_score : bool
        True if the extension reports a floor score.
    relevance : mapping of str to Relevance
        By element key of the category.
    overlays : mapping of str to Overlay
        By element key of the category or requirement.
    notes : tuple of str
        What a reader should know, such as elements that no edition at hand has.
    """

    id: str
    name: str
    version: str
    description: str = ""
    compatibility: tuple[str, ...] = ()
    floor_score: bool = False
    relevance: Mapping[str, Relevance] = field(default_factory=dict)
    overlays: Mapping[str, Overlay] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    official: bool = False
    notes: tuple[str, ...] = ()

    @cached_property
    def covered(self) -> frozenset[str]:
        """Keys of the categories that the extension says something about."""
        return frozenset([*self.relevance, *(category_of(key) for key in self.overlays)])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over id, version, relevance weights and overlays."""
        return _sha256(
            {
                "id": self.id,
                "version": self.version,
                "floor": self.floor_score,
                "relevance": {k: r.weight for k, r in sorted(self.relevance.items())},
                "overlays": {k: [o.type, str(o.value)] for k, o in sorted(self.overlays.items())},
            }
        )


def category_of(key: str) -> str:
    """Element key of the category that a category or requirement belongs to."""
    return ".".join(key.split(".")[:2])


def module_of(key: str) -> str:
    """Id of the module that an element belongs to."""
    return key.split(".", 1)[0]


def _sha256(content: Any) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
