"""
One entry of the web tool's progress map: level, applicability, texts.

The tool is written in JavaScript and does not check what it reads, so a link that
was edited by hand is scored by the rules of that language: a missing applicability
is false, the text ``"3"`` is a number. Here an entry is read strictly: what is no
level from 1 to 5 is named and left unanswered, never corrected.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.model import Model

KEPT = "web_tool"
"""Field of `extra` with what the tool's format has and ours has not."""
MAX_ENTRIES = 5_000
MAX_TEXT = 100_000
MAX_DEPTH = 40

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_ELEMENT = re.compile(r"[A-Za-z][a-z0-9-]{0,39}(?:\.[A-Za-z0-9][a-z0-9-]{0,79}){1,3}")
EXTENSION_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_WORDS = {"zero", "one", "two", "three", "four", "five", "six", "n/a", "na", "none", "nan", "null"}


def kept_fields(extra: Mapping[str, Any], field: str = KEPT) -> dict[str, Any]:
    """Return what an import kept in `extra`; nothing if it is no map, as after an edit by hand."""
    value = extra.get(field)
    return dict(value) if isinstance(value, Mapping) else {}


def is_true(value: Any) -> bool:
    """Truth as JavaScript sees it: only false, null, 0 and an empty text are false."""
    return value is not None and value is not False and value != 0 and value != ""


def js_number(value: Any) -> float:
    """
    Give the number that JavaScript makes of a level; NaN where it makes none.

    Null is 0, and so is an empty text; true is 1; a numeric text is its number.
    """
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    if not isinstance(value, str):
        return math.nan
    text = value.strip()
    if not text:
        return 0.0
    return float(text) if _NUMBER.fullmatch(text) and len(text) <= 30 else math.nan


def read_level(
    entry: Mapping[str, Any], where: str, problems: list[Problem], *, required: bool
) -> int | None:
    """
    Level of an entry, 1 to 5; None if it is unanswered or not readable.

    Parameters
    ----------
    entry : mapping
        Entry of ``progress`` or ``requirementProgress``.
    where : str
        Its place, for messages.
    problems : list of Problem
        Takes what is wrong.
    required : bool
        True where an entry without a level is a problem, False where it means 0.
    """
    value = entry.get("level")
    if value is None:
        if required:
            problems.append(Problem(where, "no level; expected 1 to 5. Read as unanswered"))
        return None
    number = math.nan if isinstance(value, bool) else js_number(value)
    if number not in (0, 1, 2, 3, 4, 5):
        expected = "expected 1 to 5, or 0 for not assessed. Read as unanswered"
        problems.append(Problem(where, f"level {_value(value)}; {expected}"))
        return None
    if isinstance(value, str):
        message = f"the level is a text, not a number; read as {int(number)}"
        problems.append(Problem(where, message, refused=False))
    return int(number) or None


def aside_level(entry: Mapping[str, Any]) -> int | None:
    """Level kept by an entry that was switched off; None if there is none. Never scored."""
    value = entry.get("level")
    number = math.nan if isinstance(value, bool) else js_number(value)
    return int(number) if number in (1, 2, 3, 4, 5) else None


def label(model: Model, level: int | None, *, off: bool) -> str:
    """Label that the tool writes beside a level, such as ``3 - Advanced``."""
    if off:
        return "Not Applicable"
    return f"{level} - {model.level_name(level)}" if level else "Not Assessed"


def read_text(value: Any, where: str, problems: list[Problem]) -> str:
    """Text of a field; a number becomes text, anything else is a problem and left out."""
    if value is None or isinstance(value, str):
        text = value or ""
    elif isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
        problems.append(Problem(where, "a number; read as text", refused=False))
    else:
        problems.append(Problem(where, "expected text. Left out"))
        return ""
    if len(text) > MAX_TEXT:
        message = f"{len(text):,} characters; at most {MAX_TEXT:,}. Left out"
        problems.append(Problem(where, message))
        return ""
    return text


def read_map(document: Mapping[str, Any], field: str, name: str) -> dict[str, Any]:
    """
    Map of a document, such as ``progress``; empty if it is missing.

    Raises
    ------
    SourceFormatError
        If it is no map or has more entries than any model.
    """
    value = document.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SourceFormatError(
            f"{name} is not a file of the web tool. Nothing was imported.",
            [Problem(f"{name}, {field}", "expected a map from category or requirement to rating")],
        )
    if len(value) > MAX_ENTRIES:
        raise SourceFormatError(
            f"{name} has too many entries. Nothing was imported.",
            [Problem(f"{name}, {field}", f"{len(value):,} entries; at most {MAX_ENTRIES:,}")],
        )
    return value


def place(field: str, key: str) -> str:
    """Place of an entry for messages; a key that is no id is not repeated: it may be a name."""
    shape = EXTENSION_ID if field == "enabledExtensions" else _ELEMENT
    return f"{field}.{key}" if shape.fullmatch(key) else f"{field}, an entry whose key is no id"


def check_plain(document: Any, name: str) -> None:
    """
    Refuse what our own document could not hold.

    Raises
    ------
    SourceFormatError
        If a number is infinite or too long, a text is no text, or maps nest too deeply.
    """
    wrong = _too_deep(document) or _no_json(document)
    if wrong:
        raise SourceFormatError(
            f"{name} could not be read. Nothing was imported.", [Problem(name, wrong)]
        )


def _too_deep(document: Any) -> str | None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        for node in level:
            if isinstance(node, int) and abs(node) > 10**30:
                return "holds a number with more than 30 digits"
        if not level:
            return None
    return f"nests more than {MAX_DEPTH} levels; these files have fewer than 15"


def _no_json(document: Any) -> str | None:
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which is not a character"
    except ValueError:
        return "holds a number that is too large"
    return None


def _value(value: Any) -> str:
    """Value for a message: numbers, also in words, and nothing that could be private."""
    if isinstance(value, str):
        known = value.lower() in _WORDS or re.fullmatch(r"[0-9.+-]{1,8}", value)
        return repr(value) if known else "that is a text"
    if isinstance(value, bool | int | float):
        return repr(value) if abs(value) < 10**9 else "far off the scale"
    return "that is neither a number nor a text"
