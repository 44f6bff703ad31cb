"""
The consortium's own model and extension files, checked and read.

Two generations of model files exist: ids that are numbers (1.0.0, 1.1.0) and ids
that are names (2.0.0). Named ids are element keys as they stand. Numbered ids are
translated through the shipped edition of the same version, or by name where that
is unknown, and the result says which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from pkimm_analytics.errors import ModelError, Problem
from pkimm_analytics.model.shipped import references, shipped_model, shipped_versions
from pkimm_analytics.model.structure import (
    LEVELS,
    Category,
    Extension,
    Model,
    Module,
    Overlay,
    Reference,
    Relevance,
    Requirement,
)
from pkimm_analytics.model.yaml_text import line_numbers, read_yaml
from pkimm_analytics.schemas import violations


def read_definition(text: str, name: str) -> Model | Extension:
    """
    Read a model file or an extension file, whichever it is.

    Raises
    ------
    SourceFormatError
        If the text is not YAML.
    ModelError
        If it is neither kind of file or breaks a rule; every problem is listed
        with its line.
    """
    document = read_yaml(text, name)
    if not isinstance(document, dict) or not {"modules", "extension"} & set(document):
        raise ModelError(
            f"{name} is neither a PKIMM model nor an extension. Nothing was installed.",
            [Problem(name, "expected a mapping with 'modules' or 'extension' at the top")],
        )
    kind = "extension" if "extension" in document else "model"
    found = list(violations(kind, document))
    if not found:
        found = list(_contradictions(document, kind))
    if found:
        lines = line_numbers(text)
        raise ModelError(
            f"{name} is not a valid PKIMM {kind} file: {len(found)} problem(s)."
            " Nothing was installed.",
            [Problem(_place(name, path, lines), message) for path, message in found],
        )
    return _extension(document, name) if kind == "extension" else _model(document)


def _place(name: str, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> str:
    known = path
    while known and known not in lines:
        known = known[:-1]
    field = ".".join(str(part) for part in path)
    return f"{name}, line {lines.get(known, 1)}" + (f" ({field})" if field else "")


def _contradictions(
    document: dict[str, Any], kind: str
) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Find what a schema cannot say: repeated ids, levels that are not 1 to 5 in order."""
    branches = ["relevance", "overlays"] if kind == "extension" else [None]
    for branch in branches:
        root = document[branch] if branch else document
        prefix: tuple[str | int, ...] = (branch,) if branch else ()
        modules = root.get("modules", [])
        yield from _repeated(modules, (*prefix, "modules"))
        for m, module in enumerate(modules):
            at = (*prefix, "modules", m, "categories")
            yield from _repeated(module["categories"], at)
            for c, category in enumerate(module["categories"]):
                if "levels" in category:
                    numbers = [level["number"] for level in category["levels"]]
                    if numbers != list(LEVELS):
                        yield (
                            (*at, c, "levels"),
                            f"expected levels 1 to 5 in order, found {numbers}",
                        )
                yield from _repeated(category.get("requirements", []), (*at, c, "requirements"))


def _repeated(
    items: list[dict[str, Any]], path: tuple[str | int, ...]
) -> Iterable[tuple[tuple[str | int, ...], str]]:
    counts = Counter(item["id"] for item in items)
    for index, item in enumerate(items):
        if counts[item["id"]] > 1:
            yield (*path, index, "id"), f"id {item['id']!r} is used {counts[item['id']]} times here"


def _model(document: dict[str, Any]) -> Model:
    version = document["version"]
    notes: list[str] = []
    keys = _Keys(version)
    modules = tuple(
        Module(
            id=module["id"],
            name=module["name"].strip(),
            description=module.get("description", "").strip(),
            categories=tuple(
                _category(module["id"], entry, keys) for entry in module["categories"]
            ),
        )
        for module in document["modules"]
    )
    first = document["modules"][0]["categories"][0]["levels"]
    model = Model(
        version=version,
        modules=modules,
        level_names=tuple(_level_name(level["name"]) for level in first),
        source="model file installed by the user",
        official=True,
    )
    _check_unique(model)
    if version in shipped_versions() and model.digest != shipped_model(version).digest:
        notes.append(_differences(model, shipped_model(version)))
    elif version not in shipped_versions():
        notes.append(
            f"The crosswalk does not know version {version}: elements are matched with other"
            f" editions by {keys.how()}."
        )
    return replace(model, notes=tuple(notes))


def _differences(model: Model, shipped: Model) -> str:
    added = sorted(model.keys - shipped.keys)
    missing = sorted(shipped.keys - model.keys)
    parts = [f"adds {', '.join(added)}"] if added else []
    parts += [f"lacks {', '.join(missing)}"] if missing else []
    parts = parts or ["has other weights or another order"]
    return (
        f"Not the shipped edition of {model.version}: it {' and '.join(parts)}."
        " Elements are matched with other editions by their ids; what is new has no counterpart."
    )


def _check_unique(model: Model) -> None:
    every = [c.key for m in model.modules for c in m.categories]
    every += [r.key for m in model.modules for c in m.categories for r in c.requirements]
    repeated = [key for key, count in Counter(every).items() if count > 1]
    if repeated:
        raise ModelError(
            "The model file names an element twice. Nothing was installed.",
            [Problem(key, "two elements end up with this key") for key in repeated],
        )


def _level_name(name: str) -> str:
    return re.sub(r"^\s*\d\s*-\s*", "", name).strip()


def _category(module: str, entry: dict[str, Any], keys: _Keys) -> Category:
    native = f"{module}.{entry['id']}"
    key = keys.find(native, entry["name"], module)
    return Category(
        key=key,
        native_id=native,
        name=entry["name"].strip(),
        weight=entry["weight"],
        description=entry.get("description", "").strip(),
        levels=tuple(level["description"].strip() for level in entry["levels"]),
        requirements=tuple(_requirement(native, key, item, keys) for item in entry["requirements"]),
    )


def _requirement(native: str, category: str, entry: dict[str, Any], keys: _Keys) -> Requirement:
    native_id = f"{native}.{entry['id']}"
    return Requirement(
        key=keys.find(native_id, entry["description"], category),
        native_id=native_id,
        title=entry["description"].strip(),
        weight=entry["weight"],
        guidance=entry.get("guidance", "").strip(),
        evidence=_evidence(entry.get("assessment", "")),
        references=_references(entry.get("references")),
    )


def _evidence(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in [text] if part.strip())


def _references(entry: list[str] | str | None) -> tuple[Reference, ...]:
    if isinstance(entry, list):
        return tuple(references().get(id_, Reference(id_, id_)) for id_ in entry)
    links = re.findall(r"\[([^\]\n]{1,300})\]\((https?://[^)\s]{1,500})\)", entry or "")
    return tuple(Reference(_slug(title), title, url=url) for title, url in links)


class _Keys:
    """Element keys for native ids, and how they were found."""

    def __init__(self, version: str) -> None:
        self._shipped = shipped_model(version) if version in shipped_versions() else None
        self._used: set[str] = set()

    def find(self, native: str, name: str, parent: str) -> str:
        local = native.rsplit(".", 1)[1]
        if not local.isdigit():
            self._used.add("their stable ids")
            return f"{parent}.{local}"
        if self._shipped is not None and native in self._shipped.native:
            return self._shipped.native[native]
        self._used.add("their names")
        for version in reversed(shipped_versions()):
            known = shipped_model(version)
            for key in known.keys:
                if key.rpartition(".")[0] == parent and _same(known.name(key), name):
                    return key
        return f"{parent}.{_slug(name)}"

    def how(self) -> str:
        return " and ".join(sorted(self._used)) or "their ids"


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "unnamed"


def _extension(document: dict[str, Any], name: str) -> Extension:
    head = document["extension"]
    translate = _Translate(head["compatibility"])
    relevance: dict[str, Relevance] = {}
    for module, category in _entries(document["relevance"]):
        key = translate(f"{module}.{category['id']}")
        relevance[key] = Relevance(
            key=key,
            weight=category["weight"],
            guidance=category.get("guidance", "").strip(),
            questions=_evidence(category.get("assessment", "")),
            levels=tuple(level["description"].strip() for level in category["levels"]),
        )
    overlays: dict[str, Overlay] = {}
    for module, category in _entries(document["overlays"]):
        native = f"{module}.{category['id']}"
        if "type" in category:
            overlays[translate(native)] = _overlay(category)
        for requirement in category.get("requirements", []):
            overlays[translate(f"{native}.{requirement['id']}")] = _overlay(requirement)
    if translate.unknown:
        raise ModelError(
            f"{name} names elements that no compatible edition has. Nothing was installed.",
            [
                Problem(name, f"{native} is in none of {', '.join(head['compatibility'])}")
                for native in translate.unknown
            ],
        )
    return Extension(
        id=head["id"],
        name=head["name"].strip(),
        version=head["version"],
        description=head.get("description", "").strip(),
        compatibility=tuple(head["compatibility"]),
        floor_score=head.get("floorScore", False),
        relevance=relevance,
        overlays=overlays,
        references=tuple(
            Reference(r["id"], r["title"], r.get("authority", ""), r.get("url", ""))
            for r in document.get("references") or []
        ),
        official=True,
    )


class _Translate:
    """Native ids of an extension file to element keys, through its compatible editions."""

    def __init__(self, versions: list[str]) -> None:
        self._models = [shipped_model(v) for v in versions if v in shipped_versions()]
        self.unknown: list[str] = []

    def __call__(self, native: str) -> str:
        for model in self._models:
            if native in model.native:
                return model.native[native]
        if any(part.isdigit() for part in native.split(".")):
            self.unknown.append(native)
        return native


def _entries(branch: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    for module in branch.get("modules", []):
        for category in module["categories"]:
            yield module["id"], category


def _overlay(entry: dict[str, Any]) -> Overlay:
    value = Fraction(str(entry[entry["type"]]))
    return Overlay(entry["type"], value, entry.get("rationale", "").strip())
