"""
The closed vocabulary of contributions: whatever is not in it cannot leave.

A contribution has no field for text. Each of its values is a code of a published
list, a level, a quarter, or a pseudonym of a fixed form; anything else is refused,
so that a name has no place to hide in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pkimm_analytics.model.shipped import shipped_extensions, shipped_model, shipped_versions
from pkimm_analytics.organization import ATTRIBUTES, profile_codes
from pkimm_analytics.tables import CONTRIBUTIONS, Table, contributions_table

NOT_APPLICABLE = "not_applicable"
"""What a contribution says in place of a level; what is unanswered is left out."""

PSEUDONYMS = ("contribution", "org", "parent", "use_case", "assessor", "commitment")
ASSURANCES = ("self", "formal", "third-party")
MODES = ("self", "full")

_PATTERNS = {
    **dict.fromkeys(PSEUDONYMS, "[A-Z2-7]{26}"),  # 130 bits in base32
    "replaces": "[A-Z2-7]{52}",  # 256 bits: what only a receipt holds
    "ticket": "[A-Z2-7]{5}(-[A-Z2-7]{5}){4}",  # 125 bits, in groups that can be read out
    "round": "20[0-9]{2}Q[1-4]-[A-Z2-7]{6}",
    "quarter": "20[0-9]{2}Q[1-4]",
    "scoring_version": "[1-9][0-9]{0,2}",
}
_EXPECTED = {
    **dict.fromkeys(PSEUDONYMS, "expected a pseudonym: 26 letters and digits of base32"),
    "replaces": "expected the token of a receipt",
    "ticket": "expected a ticket: five groups of five letters and digits",
    "round": "expected the id of a round, such as 2026Q4-ABCDEF",
    "quarter": "expected a quarter such as 2026Q3",
}


@dataclass(frozen=True)
class Axis:
    """
    Elements that contributions can answer.

    Parameters
    ----------
    categories, requirements : tuple of str
        Element keys of all shipped editions, those of the newest first.
    extensions : mapping of str to tuple of str
        By id of the extension: categories that any of its versions asks about.
    digests : mapping of str to str
        Version of each shipped edition by its digest.
    extension_versions : mapping of str to tuple of str
        By id of the extension.
    """

    categories: tuple[str, ...]
    requirements: tuple[str, ...]
    extensions: Mapping[str, tuple[str, ...]]
    digests: Mapping[str, str]
    extension_versions: Mapping[str, tuple[str, ...]]

    @property
    def keys(self) -> tuple[str, ...]:
        """Element keys, categories first."""
        return (*self.categories, *self.requirements)

    @property
    def relevance(self) -> tuple[str, ...]:
        """Columns of relevance answers."""
        return tuple(f"{id_}:{key}" for id_, keys in self.extensions.items() for key in keys)


@cache
def axis() -> Axis:
    """
    Elements of all shipped editions and extensions.

    Installed editions are left out: a model that somebody changed for itself would
    identify that somebody.
    """
    models = [shipped_model(version) for version in shipped_versions()][::-1]
    extensions: dict[str, dict[str, None]] = {}
    versions: dict[str, list[str]] = {}
    for extension in shipped_extensions():
        extensions.setdefault(extension.id, {}).update(dict.fromkeys(extension.relevance))
        versions.setdefault(extension.id, []).append(extension.version)
    return Axis(
        categories=tuple(dict.fromkeys(key for m in models for key in m.categories)),
        requirements=tuple(dict.fromkeys(key for m in models for key in m.requirements)),
        extensions={id_: tuple(keys) for id_, keys in extensions.items()},
        digests={m.digest: m.version for m in models},
        extension_versions={id_: tuple(found) for id_, found in versions.items()},
    )


@cache
def contributions() -> Table:
    """Describe the table of contributions with all its columns."""
    return contributions_table(axis().keys, axis().extensions)


@cache
def codes(field: str) -> frozenset[str] | None:
    """
    Every value that a field of text may hold, or None where a pattern says it.

    Profile fields take the codes of leaves and of groups.
    """
    if field in ATTRIBUTES:
        return frozenset([*profile_codes(field, "leaf"), *profile_codes(field, "group")])
    fixed = {
        "assurance": ASSURANCES,
        "mode": MODES,
        "edition": axis().digests.values(),
        "digest": axis().digests,
    }
    if field in fixed:
        return frozenset(fixed[field])
    if field in axis().extension_versions:
        return frozenset(axis().extension_versions[field])
    return None


@cache
def form(field: str) -> str:
    """Regular expression of what a field takes, for the published schema."""
    known = codes(field)
    return _PATTERNS[field] if known is None else "|".join(map(re.escape, sorted(known)))


def is_allowed(field: str, value: str) -> bool:
    """
    Return whether a text field may hold a value.

    Examples
    --------
    >>> is_allowed("sector", "finance"), is_allowed("sector", "Example Bank")
    (True, False)
    """
    known = codes(field)
    if known is not None:
        return value in known
    return field in _PATTERNS and re.fullmatch(_PATTERNS[field], value) is not None


def expected(field: str) -> str:
    """Say what a field takes, for messages that never repeat what it held."""
    known = codes(field)
    if field == "digest":
        return "expected the digest of a published edition; see: pkimm models list"
    if field in ATTRIBUTES:
        return f"expected one of {', '.join(profile_codes(field, 'group'))}, or a finer code"
    if known is not None:
        return f"expected one of {', '.join(sorted(known))}"
    return _EXPECTED.get(field, "expected a number")


def shown_path(path: Iterable[str | int]) -> str:
    """
    Place in a document, for messages: names that are not of the format could be texts.

    Examples
    --------
    >>> shown_path(["extensions", "Example Bank", "version"])
    'extensions.….version'
    """
    published = {*CONTRIBUTIONS.column_names, *axis().keys, *axis().extensions}
    published |= {"format", "answers", "extensions", "version", "ticket", "former", "replaces"}
    return ".".join(str(part) if part in published else "…" for part in path)
