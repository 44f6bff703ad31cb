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
    find_model,
    fitting_editions,
)

_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")
_MAX_LISTED = 20


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
    Entries of a record by element key; `aside` those of no element, by field and tool's key.

    `extensions` has the entries of each enabled extension by its id.
    """

    categories: dict[str, Any] = field(default_factory=dict)
    requirements: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    aside: dict[str, dict[str, Any]] = field(default_factory=dict)


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
    stated = _stated(record)
    answered = [*(key for key in progress if _is_base(key)), *requirements]
    try:
        model = find_model(version, ())
        if version.startswith("1."):
            return _by_number(model, progress, stated)
        fitting = fitting_editions(
            version, stated or answered, complete=bool(stated), extensions=extensions
        )
    except UnknownEditionError as error:
        message = f"{error.message} Nothing of {name} was imported."
        raise UnknownEditionError(
            message, [Problem(f"{name}, dataVersion", error.message)]
        ) from None
    keys = {c.native_id: c.key for c in fitting[0].categories.values()}
    return Elements(fitting[0], keys, stated, remark=assumed_edition(fitting))


def _by_number(model: Model, progress: Mapping[str, Any], stated: frozenset[str]) -> Elements:
    """Elements of a record with the numbers of an older model, whichever numbers they are."""
    own = {c.native_id: c.key for c in model.categories.values()}
    names = {key: key for key in model.categories}
    numbered = {key: entry for key, entry in progress.items() if _is_base(key) and key not in names}
    numbering = identify(numbered)
    if numbering is None or numbering.by not in {"keys", "texts"}:
        return Elements(model, own | names, stated)
    file = numbering.assumed
    if dict(file.keys) == own:
        return Elements(model, own | names, stated)
    note = (
        f"The file says PKIMM {model.version}, but its ratings have the numbers of {file.id}:"
        f" they were read as those, on PKIMM {file.version}."
    )
    actual = find_model(file.version, ())
    return Elements(actual, {**file.keys, **names}, stated, note)


def sort_entries(
    progress: Mapping[str, Any],
    requirements: Mapping[str, Any],
    elements: Elements,
    enabled: Collection[str],
    problems: list[Problem],
) -> Entries:
    """Sort the entries of both maps by what they rate; those of no element are problems."""
    entries = Entries(extensions={id_: {} for id_ in enabled})
    for part, source in (("progress", progress), ("requirementProgress", requirements)):
        for key, entry in source.items():
            target, element = _slot(part, key, elements, entries)
            if target is not None and element is not None and element not in target:
                target[element] = entry
            else:
                entries.aside.setdefault(part, {})[key] = entry
                problems.append(_refusal(place(part, key), key, target, element, elements))
    return entries


def check_edition(elements: Elements, entries: Entries, problems: list[Problem]) -> None:
    """Name what the edition of the record and the one it is read with do not share."""
    model = elements.model
    if elements.remark:
        problems.append(replace(elements.remark, where="dataVersion"))
    answered = {key for part in entries.aside.values() for key in part}
    unanswered = [key for key in elements.lacking if key not in answered]
    problems += [
        Problem(place("sourceStructure", key), _other_edition(model))
        for key in unanswered[:_MAX_LISTED]
    ]
    lacking = [
        key
        for key in (*model.categories, *model.requirements)
        if model.native_id(key) not in elements.stated
    ]
    if elements.stated and lacking and not elements.note:
        message = (
            f"{model.edition} has {len(lacking)} element(s) that the file does not name, such as"
            f" {lacking[0]}: it was made with another edition"
        )
        problems.append(Problem("sourceStructure", message, refused=False))


def source_structure(model: Model) -> dict[str, Any]:
    """Return the field ``sourceStructure`` that the tool writes for an edition."""
    by_key = {}
    for module in model.modules:
        for category in module.categories:
            names = {"moduleId": module.id, "categoryName": category.name}
            by_key[category.native_id] = names
            for requirement in category.requirements:
                by_key[requirement.native_id] = {**names, "requirementName": requirement.title}
    return {"byKey": by_key}


def _slot(
    part: str, key: str, elements: Elements, entries: Entries
) -> tuple[dict[str, Any] | None, str | None]:
    """Map that an entry belongs in, None if its extension is not enabled, and its element."""
    model = elements.model
    if part == "requirementProgress":
        element = elements.find(key)
        return entries.requirements, element if element in model.requirements else None
    if _is_base(key):
        element = elements.find(key)
        return entries.categories, element if element in model.categories else None
    extension, _, rest = key.partition(".")
    element = elements.find(rest)
    return entries.extensions.get(extension), element if element in model.categories else None


def _refusal(
    where: str, key: str, target: dict[str, Any] | None, element: str | None, elements: Elements
) -> Problem:
    kept = "Kept aside, not scored"
    if element is not None and target is None:
        return Problem(where, f"rates an extension that is not enabled. {kept}", refused=False)
    if element is not None:
        return Problem(where, f"another entry rates {element} too. {kept}")
    if key in elements.stated:
        return Problem(where, _other_edition(elements.model))
    return Problem(where, f"{elements.model.edition} has no such element. {kept}")


def _other_edition(model: Model) -> str:
    return (
        f"the file was made with another edition of PKIMM {model.version} that has this element;"
        " install its file with `pkimm models add FILE` and import again"
    )


def _stated(record: Mapping[str, Any]) -> frozenset[str]:
    structure = record.get("sourceStructure")
    by_key = structure.get("byKey") if isinstance(structure, Mapping) else None
    return frozenset(filter(_is_base, by_key if isinstance(by_key, Mapping) else ()))


def _is_base(key: str) -> bool:
    """Whether a key belongs to the base model; those of extensions start with their id."""
    return key.partition(".")[0] in MODULE_IDS or key.count(".") != 2
