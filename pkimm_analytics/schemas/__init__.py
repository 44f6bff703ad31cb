"""The JSON Schemas that this package publishes, and one way to check against them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_SHORT = 2_000
"""Characters of a document without its answers, up to which it is remembered."""

SCHEMAS = ("assessment", "model", "extension", "contribution", "feedback")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a published JSON Schema by name: one of :data:`SCHEMAS`."""
    path = resources.files("pkimm_analytics.schemas") / f"{name}.schema.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def violations(name: str, document: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the path and the message of every violation of a schema, one for each place."""
    seen = set()
    doubtful = document
    if name == "assessment":
        doubtful = _without_plain_answers(document)
        if _is_known(doubtful):
            return
    for error in sorted(_validator(name).iter_errors(doubtful), key=_order):
        path = tuple(error.absolute_path)
        if path not in seen:
            seen.add(path)
            yield path, _message(error)


def _without_plain_answers(document: Any) -> Any:
    """
    Leave out the answers that say state and level alone and were found sound before.

    There are few different ones, and thousands of assessments are made of them.
    """
    if not isinstance(document, dict):
        return document
    found = _fewer_answers(document)
    if isinstance(extensions := document.get("extensions"), list):
        found = {**found, "extensions": [_fewer_answers(one) for one in extensions]}
    return found


def _is_known(document: Any) -> bool:
    """Tell whether all but id and answers was found sound before, and the id is sound too."""
    if not isinstance(document, dict) or document.get("answers") != {}:
        return False
    id_ = document.get("id")
    pattern = schema("assessment")["properties"]["id"]["pattern"]
    if not isinstance(id_, str) or not re.search(pattern, id_):
        return False
    try:
        text = json.dumps({**document, "id": "x"})
    except (TypeError, ValueError, RecursionError):
        return False
    return len(text) < _SHORT and _is_sound_text(text)


@lru_cache(maxsize=256)
def _is_sound_text(text: str) -> bool:
    return not any(True for _ in _validator("assessment").iter_errors(json.loads(text)))


def _fewer_answers(holder: Any) -> Any:
    answers = holder.get("answers") if isinstance(holder, dict) else None
    limit = schema("assessment")["properties"]["answers"]["maxProperties"]
    if not isinstance(answers, dict) or len(answers) > limit:
        return holder
    return {**holder, "answers": {k: a for k, a in answers.items() if not _is_sound(k, a)}}


def _is_sound(key: Any, answer: Any) -> bool:
    if type(answer) is not dict or not answer.keys() <= {"state", "level"}:
        return False
    values = tuple(answer.items())
    plain = all(type(value) in {str, int, type(None)} for _, value in values)
    return plain and _is_sound_key(key) and _is_sound_answer(values)


@lru_cache(maxsize=4096)
def _is_sound_key(key: str) -> bool:
    return _holds({key: {"state": "unanswered"}})


@lru_cache(maxsize=256)
def _is_sound_answer(values: tuple[tuple[str, Any], ...]) -> bool:
    return _holds({"G": dict(values)})


def _holds(answers: dict[str, Any]) -> bool:
    """Tell whether the schema has nothing to say about some answers."""
    found = _validator("assessment").iter_errors({"answers": answers})
    return not any("answers" in error.absolute_path for error in found)


@cache
def _validator(name: str) -> Any:
    return _jsonschema().Draft202012Validator(schema(name))


def _jsonschema() -> Any:
    """
    Import the library late, and without its grammar of internationalized addresses.

    That grammar takes about a second to build at every start of a program, and no
    schema of ours asks for it. Where it is already loaded, nothing changes.
    """
    grammar = "rfc3987_syntax"
    blocked = grammar not in sys.modules
    if blocked:
        sys.modules[grammar] = None  # type: ignore[assignment]  # the import system's word for no
    try:
        import jsonschema
    finally:
        if blocked:
            del sys.modules[grammar]
    return jsonschema


def _order(error: Any) -> list[tuple[bool, int, str]]:
    return [
        (isinstance(part, str), part if isinstance(part, int) else 0, str(part))
        for part in error.absolute_path
    ]


def _message(error: Any) -> str:
    """Say what would be right without repeating a long or private value."""
    found = error.instance if isinstance(error.instance, bool | int | float) else None
    shown = "" if found is None else f" (found {found!r})"
    expected = error.validator_value
    match error.validator:
        case "required":
            missing = [key for key in expected if key not in error.instance]
            return f"field {', '.join(map(repr, missing))} is missing"
        case "enum":
            return f"expected one of {', '.join(map(repr, expected))}{shown}"
        case "const":
            return f"expected {expected!r}{shown}"
        case "type":
            wanted = [expected] if isinstance(expected, str) else expected
            return f"expected {' or '.join(_TYPES.get(w, w) for w in wanted)}{shown}"
        case "pattern":
            return f"text does not have the expected form {expected}"
        case "minimum" | "maximum" | "exclusiveMinimum":
            low = error.schema.get("minimum", error.schema.get("exclusiveMinimum", ""))
            return f"expected a number from {low} to {error.schema.get('maximum', '')}{shown}"
        case "minItems" | "maxItems":
            low, high = error.schema.get("minItems", 0), error.schema.get("maxItems", "any")
            return f"expected {low} to {high} entries, found {len(error.instance)}"
        case "additionalProperties":
            return "has a field that this format does not know"
        case None:
            return "this field does not belong here"
        case _:
            return f"does not meet {error.validator!r} of the schema"


_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
