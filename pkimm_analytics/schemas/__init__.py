"""
JSON Schemas of documents that are not records yet, and one way to check against them.

Records publish the schema that follows from their class: :meth:`.Record.json_schema`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

SCHEMAS = ("feedback",)


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a published JSON Schema by name: one of :data:`SCHEMAS`."""
    path = resources.files("pkimm_analytics.schemas") / f"{name}.schema.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def violations(name: str, document: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the path and the message of every violation of a schema, one for each place."""
    seen = set()
    for error in sorted(_validator(name).iter_errors(document), key=_order):
        path = tuple(error.absolute_path)
        if path not in seen:
            seen.add(path)
            yield path, _message(error)


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
