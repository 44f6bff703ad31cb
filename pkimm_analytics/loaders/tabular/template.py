"""
The table template: its columns and properties, and how a cell keeps text exact.

One template serves CSV, data frames and our own xlsx. In the **long** layout a row
is one answer or one property; in the **wide** layout a row is one assessment. Names
of properties are the paths of the canonical document, such as ``organization.sector``.
Two things make a round trip exact. A text that a spreadsheet would take for a formula
gets an apostrophe in CSV, and a character that a table cannot hold is written as
spreadsheets themselves do, ``_x0007_``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

Kind = Literal["text", "code", "flag", "json"]
Layout = Literal["long", "wide"]

STATED = ("model_version", "model_digest", "mode")
"""Columns that say how all answers of an assessment are to be read."""

ANSWER = ("state", "level", "partial", "reason", "notes", "evidence", "set_aside_level")
"""Columns of one answer."""

LONG = ("assessment", *STATED, "element", "native_id", "name", *ANSWER, "value")
"""Columns that every long table of ours has."""

RARE = ("extra", "part")
"""Columns that a long table of ours has where it needs them."""

SHOWN = ("name", "weight", "level_name", "meaning")
"""Columns for the eye, which no reader looks at."""

LONG_TEXT = ("reason", "notes", "evidence", "extra", "value")
"""Columns whose text may go on in further rows, numbered by `part`."""

SECTIONS = ("use_case", "organization", "assessor", "period", "environment", "source")
"""Parts of the canonical document whose fields are properties of the template."""

PROPERTIES: dict[str, tuple[Kind, str]] = {
    "use_case.name": ("text", "The PKI use case that is assessed"),
    "use_case.description": ("text", "What it is for"),
    "use_case.components": ("text", "Systems and services that belong to it"),
    "use_case.out_of_scope": ("text", "What was left out on purpose"),
    "organization.name": ("text", "Whose PKI it is"),
    "organization.parent": ("text", "The group it belongs to"),
    "organization.sector": ("code", "Code of the sector"),
    "organization.size": ("code", "Code of the size class"),
    "organization.region": ("code", "Code of the region"),
    "organization.role": ("code", "Code of the role in PKI"),
    "assessor.name": ("text", "Who assessed"),
    "assessor.position": ("code", "internal or external"),
    "assessor.company": ("text", "Company of the assessor"),
    "assurance": ("code", "self, formal or third-party"),
    "period.start": ("code", "First day, as 2026-01-31"),
    "period.target": ("code", "Day it should be finished"),
    "period.finish": ("code", "Day it was finished; empty while it runs"),
    "environment.high_level_design": ("text", "The PKI around the use case"),
    "environment.points_of_interaction": ("text", "Where others meet this PKI"),
    "synthetic": ("flag", "true for invented data"),
    "updated": ("code", "Time of the last change, ISO 8601"),
    "source.kind": ("text", "Kind of the first source"),
    "source.detail": ("text", "More on the first source"),
    "source.digest": ("code", "SHA-256 of the first source"),
    "action_plans": ("json", "Action plans, as JSON"),
    "caveats": ("json", "What a reader of the scores has to know, as JSON"),
    "extensions": ("json", "Extensions that a table cannot tell apart, as JSON"),
    **{f"{section}.extra": ("json", "Further fields, as JSON") for section in SECTIONS},
    "extra": ("json", "Further fields, as JSON"),
}
"""Kind and meaning of every property, in the order in which they are written."""

PROFILE = (
    "use_case.name",
    "organization.sector",
    "organization.size",
    "organization.region",
    "organization.role",
    "assurance",
    "period.finish",
)
"""Properties that are offered to fill in even where nothing is known yet."""

MAX_CELL = 30_000
"""Longest text of a cell in UTF-16 units; spreadsheets cut off after 32,767."""

_EXTENSION_PROPERTY = re.compile(r"extensions\.([a-z][a-z0-9-]{0,39})\.(version|digest|extra)")
_ELEMENT = re.compile(
    r"(?:[a-z][a-z0-9-]{0,39}:)?[GMOR](?:\.[A-Za-z0-9-]{1,80}){0,2}", re.IGNORECASE
)
_NUMBERED = re.compile(r"[GMOR](?:\.[0-9]{1,9}){1,2}", re.IGNORECASE)

_NO_CELL_HOLDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4})")
_HELD_AS = re.compile(r"_x(00[01][0-9A-F]|005F|FFF[EF])_")
_FORMULA = r"(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])"
_LOOKS_LIKE_FORMULA = re.compile(rf"'*{_FORMULA}")
_PROTECTED = re.compile(rf"'+{_FORMULA}")


def property_kind(name: str) -> Kind | None:
    """Return the kind of a property of the template, None if it has no such property."""
    if name in PROPERTIES:
        return PROPERTIES[name][0]
    match = _EXTENSION_PROPERTY.fullmatch(name)
    if match is None:
        return None
    return "json" if match[2] == "extra" else "code"


def split_extension_property(name: str) -> tuple[str, str] | None:
    """Split ``extensions.pqc.version`` into extension and field; None for other names."""
    match = _EXTENSION_PROPERTY.fullmatch(name)
    return (match[1], match[2]) if match else None


def is_element_like(text: str) -> bool:
    """Return whether a text has the form of an element key or native id, known or not."""
    return _ELEMENT.fullmatch(text) is not None


def is_numbered(text: str) -> bool:
    """Return whether a text has the form of a native id such as ``M.6.2``."""
    return _NUMBERED.fullmatch(text) is not None


def spelled(key: str) -> str:
    """Return an element key, also one of an extension, with its usual capitals."""
    extension, colon, name = key.rpartition(":")
    return extension.lower() + colon + name[:1].upper() + name[1:].lower()


def is_plain(name: str, value: object) -> bool:
    """Return whether a property survives as the bare text of a cell."""
    kind = property_kind(name)
    if not isinstance(value, str) or not value or kind not in {"text", "code"}:
        return False
    return kind == "text" or value == value.strip()


def hold(text: str) -> str:
    """Write the characters that no cell can hold as ``_xHHHH_``; :func:`release` undoes it."""
    return _NO_CELL_HOLDS.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def release(text: str) -> str:
    """Read ``_xHHHH_`` back."""
    return _HELD_AS.sub(lambda match: chr(int(match[1], 16)), text)


def to_csv_text(text: str) -> str:
    """Return text for a CSV cell: nothing that a spreadsheet would take for a formula."""
    held = hold(text)
    return f"'{held}" if _LOOKS_LIKE_FORMULA.match(held) else held


def from_csv_text(text: str) -> str:
    """Return the text that :func:`to_csv_text` was given."""
    return release(text[1:] if _PROTECTED.match(text) else text)


def to_xlsx_text(text: str) -> str:
    """Return text for an xlsx cell; XML would turn a carriage return into a line feed."""
    return hold(text).replace("\r", "_x000D_")


def fits_one_cell(text: str, encode: Callable[[str], str]) -> bool:
    """Return whether a spreadsheet keeps all of a text in one cell once it is encoded."""
    return len(text) < MAX_CELL // 8 or _length(encode(text)) <= MAX_CELL


def pieces(text: str, encode: Callable[[str], str]) -> list[str]:
    """Cut a text so that each piece fits one cell."""
    size = MAX_CELL // 2 if encode(text) == text else MAX_CELL // 8
    return [text[start : start + size] for start in range(0, len(text), size)]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
