"""
The editions and extensions that come with the package, in our own words.

Structure (ids, weights, titles) is one table for all editions,
``definitions/editions.csv``; words are kept once by element key and shared.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

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
    category_of,
    module_of,
)
from pkimm_analytics.yaml_text import read_yaml


def definitions() -> Traversable:
    """Folder of the shipped definitions."""
    return resources.files("pkimm_analytics.model") / "definitions"


@cache
def shipped_versions() -> tuple[str, ...]:
    """Versions of the shipped editions, oldest first."""
    return tuple(id_ for id_, said in _editions().items() if "archived" not in said)


@cache
def shipped_model(version: str) -> Model:
    """
    One shipped edition.

    Raises
    ------
    KeyError
        If no edition of that version is shipped.
    """
    said = _editions()[version]
    rows = [row for row in _edition_rows() if row["edition"] == version]
    own_names = said.get("level_names", {})
    return Model(
        version=said.get("archived", version),
        modules=tuple(_module(row, rows) for row in rows if row["kind"] == "module"),
        level_names=tuple(
            own_names.get(str(n), name)
            for n, name in zip(LEVELS, _read("editions.yaml")["levels"], strict=True)
        ),
        source=said["source"],
        notes=tuple(said.get("notes", ())),
        with_extensions=tuple(said.get("with_extensions", ())),
        is_archived="archived" in said,
    )


@cache
def shipped_models() -> tuple[Model, ...]:
    """Every shipped edition, oldest first; archived drafts come before what they became."""
    return tuple(shipped_model(id_) for id_ in _editions())


def _editions() -> dict[str, Any]:
    editions: dict[str, Any] = _read("editions.yaml")["editions"]
    return editions


@cache
def shipped_extensions() -> tuple[Extension, ...]:
    """Every shipped version of every shipped extension."""
    folder = definitions() / "extensions"
    files = sorted(path.name for path in folder.iterdir() if path.name.endswith(".yaml"))
    return tuple(
        _extension(content, version)
        for content in (_read(f"extensions/{name}") for name in files)
        for version in content["versions"]
    )


@cache
def references() -> dict[str, Reference]:
    """Catalog of the standards and guides that requirements point to, by id."""
    return {
        key: Reference(id=key, **entry)
        for key, entry in _read("references.yaml")["references"].items()
    }


@cache
def _edition_rows() -> list[dict[str, str]]:
    text = (definitions() / "editions.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _texts() -> dict[str, dict[str, Any]]:
    """Texts of all modules by module id."""
    folder = definitions() / "texts"
    files = sorted(path.name for path in folder.iterdir() if path.name.endswith(".yaml"))
    return {text["module"]: text for text in (_read(f"texts/{name}") for name in files)}


@cache
def _read(name: str) -> Any:
    return read_yaml((definitions() / name).read_text(encoding="utf-8"), name)


def _module(row: dict[str, str], rows: list[dict[str, str]]) -> Module:
    inside = [r for r in rows if r["kind"] == "category" and module_of(r["key"]) == row["key"]]
    return Module(
        id=row["key"],
        name=row["name"],
        description=_texts()[row["key"]]["description"],
        categories=tuple(_category(r, rows) for r in inside),
    )


def _category(row: dict[str, str], rows: list[dict[str, str]]) -> Category:
    module, slug = row["key"].split(".")
    text = _texts()[module]["categories"][slug]
    inside = [r for r in rows if r["kind"] == "requirement" and category_of(r["key"]) == row["key"]]
    return Category(
        key=row["key"],
        native_id=row["native_id"],
        name=row["name"],
        weight=int(row["weight"]),
        description=text["description"],
        levels=tuple(text["levels"][str(n)] for n in LEVELS),
        requirements=tuple(
            _requirement(r, text["requirements"][r["key"].split(".")[2]]) for r in inside
        ),
    )


def _requirement(row: dict[str, str], text: dict[str, Any]) -> Requirement:
    return Requirement(
        key=row["key"],
        native_id=row["native_id"],
        title=row["name"],
        weight=int(row["weight"]),
        guidance=text["guidance"],
        evidence=tuple(text["evidence"]),
        references=tuple(references()[key] for key in text["references"]),
    )


def _extension(content: dict[str, Any], version: dict[str, Any]) -> Extension:
    return Extension(
        id=content["id"],
        name=content["name"],
        version=version["version"],
        description=content["description"],
        compatibility=tuple(version["compatibility"]),
        floor_score=content["floor_score"],
        relevance={
            key: Relevance(
                key=key,
                weight=entry["weight"],
                guidance=entry["guidance"],
                questions=tuple(entry["questions"]),
                levels=tuple(entry["levels"][str(n)] for n in LEVELS),
            )
            for key, entry in _since(content["relevance"], version)
        },
        overlays={
            key: Overlay(entry["type"], Fraction(str(entry["value"])), entry["rationale"])
            for key, entry in _since(content["overlays"], version)
        },
        references=tuple(Reference(**entry) for entry in content["references"]),
    )


def _since(entries: dict[str, Any], version: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the entries that a version has."""
    for key, entry in entries.items():
        if entry.get("since", "") <= version["version"]:
            yield key, entry
