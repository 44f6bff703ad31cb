"""
From claims about properties to the fields of the document.

A property is claimed once, or several times alike; where claims differ none is taken.
Fields that the template has no property for stand as JSON under ``extra`` and cannot
overwrite what has a cell of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pkimm_analytics.errors import Problem, UnknownEditionError
from pkimm_analytics.loaders.tabular.answers import (
    YES_NO,
    CellError,
    Document,
    Path,
    check_new,
    read_cell_json,
    read_object,
)
from pkimm_analytics.loaders.tabular.rows import Claim, as_text
from pkimm_analytics.loaders.tabular.template import (
    PROPERTIES,
    SECTIONS,
    STATED,
    property_kind,
    split_extension_property,
)
from pkimm_analytics.model import Model, load_extension

_CHOICES = {"assurance", "assessor.position"}
_NOT_BY_EXTRA = {"format", "id", "model", "mode", "answers", "extensions", *SECTIONS}


# --- properties ------------------------------------------------------------------


def add_properties(
    claims: Mapping[str, list[Claim]],
    document: Document,
    problems: list[Problem],
    places: dict[Path, str],
) -> None:
    """Put all properties into the document; rest fields come last and overwrite nothing."""
    ordered = sorted(claims, key=lambda name: [*PROPERTIES, name].index(name))
    for name in ordered:
        if name in STATED or split_extension_property(name):
            continue
        claim = one_claim(name, claims[name], problems)
        if claim is None:
            continue
        path = tuple(name.split("."))
        try:
            value = _property_value(name, claim)
            if path[-1] == "extra":
                _add_rest(document, path[:-1], value, claim.where, places)
            else:
                target = document.setdefault(path[0], {}) if len(path) > 1 else document
                target[path[-1]] = value
                places[path] = claim.where
        except CellError as error:
            problems.append(error.problem)


def one_claim(name: str, claims: Sequence[Claim], problems: list[Problem]) -> Claim | None:
    """Return what is claimed once, or several times alike; None where claims differ."""
    if not claims:
        return None
    first = claims[0]
    for claim in claims[1:]:
        if as_text(claim.value) != as_text(first.value):
            message = f"{name} is something else in {first.where}; expected one value; left out"
            problems.append(Problem(claim.where, message))
            return None
        if claim.is_row and first.is_row:
            message = f"repeats {name} of {first.where}; read once"
            problems.append(Problem(claim.where, message, refused=False))
    return first


def _property_value(name: str, claim: Claim) -> Any:
    text = as_text(claim.value)
    match property_kind(name):
        case "text":
            return text
        case "flag":
            if text.strip().lower() in YES_NO:
                return YES_NO[text.strip().lower()]
            raise CellError(claim.where, f"{name}: expected true or false; left out")
        case "json" if name.endswith("extra"):
            return read_object(text, claim.where)
        case "json":
            value = read_cell_json(text, claim.where)
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise CellError(claim.where, "expected a JSON list of objects; left out")
            return value
        case _:
            return text.strip().lower() if name in _CHOICES else text.strip()


def _add_rest(
    document: Document,
    path: Path,
    rest: Mapping[str, Any],
    where: str,
    places: dict[Path, str],
) -> None:
    """Add fields that the template has no column for to a part of the document."""
    target = document.setdefault(path[0], {}) if path else document
    check_new(rest, {*target, *(() if path else _NOT_BY_EXTRA)}, where)
    target.update(rest)
    for name in rest:
        places[(*path, name)] = where


# --- extensions ------------------------------------------------------------------


def add_extensions(
    answers: Mapping[str, Document],
    claims: Mapping[str, list[Claim]],
    document: Document,
    model: Model,
    problems: list[Problem],
    places: dict[Path, str],
) -> None:
    """Add the extensions, in the order in which the table names them."""
    fields: dict[str, dict[str, Claim]] = {}
    for name, found in claims.items():
        split = split_extension_property(name)
        claim = one_claim(name, found, problems) if split else None
        if split and claim:
            fields.setdefault(split[0], {})[split[1]] = claim
    listed = []
    for id_ in dict.fromkeys([*fields, *answers]):
        try:
            listed.append(
                _extension(id_, fields.get(id_, {}), answers.get(id_, {}), model, problems, places)
            )
        except CellError as error:
            problems.append(error.problem)
    if listed:
        document["extensions"] = [*document.get("extensions", []), *listed]


def _extension(
    id_: str,
    fields: Mapping[str, Claim],
    answers: Document,
    model: Model,
    problems: list[Problem],
    places: Mapping[Path, str],
) -> Document:
    spots = [claim.where for claim in fields.values()]
    spots += [place for path, place in places.items() if path[0] == f"extensions.{id_}"]
    where = spots[0] if spots else ""
    document: Document = {"id": id_, "answers": answers}
    for name in ("version", "digest"):
        if name in fields:
            document[name] = as_text(fields[name].value).strip()
    if "extra" in fields:
        rest = read_object(as_text(fields["extra"].value), where)
        check_new(rest, document, where)
        document |= rest
    if "version" not in document:
        try:
            document["version"] = load_extension(id_, model=model.version).version
        except UnknownEditionError:
            message = (
                f"no version of this extension is installed for PKIMM {model.version}; expected"
                f" extensions.{id_}.version; its answers were left out"
            )
            raise CellError(where, message) from None
        message = f"extensions.{id_}.version is not stated; read as {document['version']}"
        problems.append(Problem(where, message, refused=False))
    return document
