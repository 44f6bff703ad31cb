"""
The elements that a record of the 2.0.0 generation rates.

Its keys are the stable ids of the model, and ``sourceStructure`` names every
element of the edition that it was made with: two editions are called 2.0.0. A
record that states an older version has numbers for keys, and the tool takes every
older file for one numbering, so there the data file is identified anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pkimm_analytics.errors import Problem, SourceFormatError, UnknownEditionError
from pkimm_analytics.loaders.web_tool.entry import place
from pkimm_analytics.loaders.web_tool.numbering import identify
from pkimm_analytics.model import (
    MODULE_IDS,
    Model,
    assumed_edition,
    fitting_editions,
    load_model,
)

_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")
_MAX_LISTED = 20
_ASIDE = "Kept aside, not scored"


@dataclass(frozen=True, slots=True)
class Elements:
    """
    What the keys of a record mean in an edition.

    Parameters
    ----------
    model : Model
    categories : mapping of str to str
        Element key of each key of a category.
    stated : frozenset of str
        Keys that the record names in ``sourceStructure``.
    note : str
        How the keys were read, where that is not what the record states.
    remark : Problem, optional
        That several editions fit.
    """

    model: Model
    categories: Mapping[str, str]
    stated: frozenset[str] = frozenset()
    note: str = ""
    remark: Problem | None = None

    def find(self, key: str) -> str | None:
        """Element key of a category or requirement; None if the edition lacks it."""
        if key in self.categories:
            return self.categories[key]
        if key in self.model.requirements:
            return key
        parent, _, last = key.rpartition(".")
        if parent not in self.categories:
            return None
        return self.model.native.get(f"{self.model.native_id(self.categories[parent])}.{last}")

    @property
    def lacking(self) -> list[str]:
        """Keys that the record's edition had and this one lacks."""
        return sorted(key for key in self.stated if self.find(key) is None)

    @property
    def is_complete(self) -> bool:
        """Whether the edition has all that the record's edition had."""
        return not self.lacking and not self.note


@dataclass(frozen=True, slots=True)
class Entries:
    """
    Entries of a record by element key, and the keys of those of no element.

    `extensions` has the entries of each enabled extension by its id.
    """

    categories: dict[str, Any] = field(default_factory=dict)
    requirements: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)


def find_elements(
    record: Mapping[str, Any],
    progress: Mapping[str, Any],
    requirements: Mapping[str, Any],
    name: str,
    extensions: Collection[str] = (),
) -> Elements:
    """
    Find the edition of a record and what its keys mean.

    Raises
    ------
    SourceFormatError
        If ``dataVersion`` is no version.
    UnknownEditionError
        If that version is not installed.
    """
    version = record.get("dataVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise SourceFormatError(
            f"{name} does not say which model it rates. Nothing was imported.",
            [Problem(f"{name}, dataVersion", "expected a version such as '2.0.0'")],
        )
    structure = record.get("sourceStructure")
    by_key = structure.get("byKey") if isinstance(structure, Mapping) else None
    stated = frozenset(filter(_is_base, by_key if isinstance(by_key, Mapping) else ()))
    keys = stated or [*filter(_is_base, progress), *requirements]
    try:
        fitting = fitting_editions(version, keys, complete=bool(stated), extensions=extensions)
    except UnknownEditionError as error:
        raise UnknownEditionError(
            f"{error.message} Nothing of {name} was imported.",
            [Problem(f"{name}, dataVersion", error.message)],
        ) from None
    if version.startswith("1."):
        return _by_number(load_model(version), progress, stated)
    model, remark = fitting[0], assumed_edition(fitting)
    keys_of = {c.native_id: c.key for c in model.categories.values()}
    return Elements(model, keys_of, stated, remark=remark and replace(remark, where="dataVersion"))


def _by_number(model: Model, progress: Mapping[str, Any], stated: frozenset[str]) -> Elements:
    """Elements of a record with the numbers of an older model, whichever numbers they are."""
    own = {c.native_id: c.key for c in model.categories.values()}
    names = {key: key for key in model.categories}
    numbered = {key: entry for key, entry in progress.items() if _is_base(key) and key not in names}
    numbering = identify(numbered)
    is_known = numbering is not None and numbering.by in {"keys", "texts"}
    if numbering is None or not is_known or dict(numbering.assumed.keys) == own:
        return Elements(model, own | names, stated)
    file = numbering.assumed
    note = (
        f"The file says PKIMM {model.version}, but its ratings have the numbers of {file.id}:"
        f" they were read as those, on PKIMM {file.version}."
    )
    return Elements(load_model(file.version), {**file.keys, **names}, stated, note)


def sort_entries(
    progress: Mapping[str, Any],
    requirements: Mapping[str, Any],
    elements: Elements,
    enabled: Collection[str],
    problems: list[Problem],
) -> Entries:
    """Sort the entries of both maps by what they rate; those of no element are problems."""
    entries = Entries(extensions={id_: {} for id_ in enabled})
    model = elements.model
    for part, source in (("progress", progress), ("requirementProgress", requirements)):
        for key, entry in source.items():
            target: dict[str, Any] | None
            rated: Collection[str]
            if part == "requirementProgress":
                target, element, rated = entries.requirements, key, model.requirements
            elif _is_base(key):
                target, element, rated = entries.categories, key, model.categories
            else:
                id_, _, element = key.partition(".")
                target, rated = entries.extensions.get(id_), model.categories
            found = elements.find(element)
            if found and found in rated and target is not None and found not in target:
                target[found] = entry
                continue
            entries.aside.add(key)
            where = place(part, key)
            if found not in rated:
                is_named = key in elements.stated
                lacks = f"{model.edition} has no such element. {_ASIDE}"
                problems.append(Problem(where, _other_edition(model) if is_named else lacks))
            elif target is None:
                message = f"rates an extension that is not enabled. {_ASIDE}"
                problems.append(Problem(where, message, refused=False))
            else:
                problems.append(Problem(where, f"another entry rates {found} too. {_ASIDE}"))
    return entries


def check_edition(elements: Elements, entries: Entries, problems: list[Problem]) -> None:
    """Name what the edition of the record and the one it is read with do not share."""
    model = elements.model
    if elements.remark:
        problems.append(elements.remark)
    unanswered = [key for key in elements.lacking if key not in entries.aside]
    problems += [
        Problem(place("sourceStructure", key), _other_edition(model))
        for key in unanswered[:_MAX_LISTED]
    ]
    every = (*model.categories, *model.requirements)
    lacking = [key for key in every if model.native_id(key) not in elements.stated]
    if elements.stated and lacking and not elements.note:
        message = (
            f"{model.edition} has {len(lacking)} element(s) that the file does not name, such as"
            f" {lacking[0]}: it was made with another edition"
        )
        problems.append(Problem("sourceStructure", message, refused=False))


def _other_edition(model: Model) -> str:
    return (
        f"the file was made with another edition of PKIMM {model.version} that has this element;"
        " install its file with `pkimm models add FILE` and import again"
    )


def _is_base(key: str) -> bool:
    """Whether a key belongs to the base model; those of extensions start with their id."""
    return key.partition(".")[0] in MODULE_IDS or key.count(".") != 2
