"""
One entry of the web tool's progress map: level, applicability, texts.

The tool is written in JavaScript and does not check what it reads, so a link that
was edited by hand is scored by the rules of that language: a missing applicability
is false, the text ``"3"`` is a number. Here an entry is read strictly: what is no
level from 1 to 5 is named and left unanswered, never corrected.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    State,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.model import Model, module_of

KEPT = "web_tool"
"""Field of `extra` with what the tool's format has and ours has not."""
MAX_ENTRIES = 5_000
MAX_TEXT = 100_000
EXTENSION_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_ELEMENT = re.compile(r"[A-Za-z][a-z0-9-]{0,39}(?:\.[A-Za-z0-9][a-z0-9-]{0,79}){1,3}")
_HARMLESS = re.compile(
    r"[0-9.+-]{1,8}|zero|one|two|three|four|five|six|n/a|na|none|nan|null", re.IGNORECASE
)
"""Texts that a message may repeat, because they cannot be private."""


def kept_fields(extra: Mapping[str, Any], field: str = KEPT) -> dict[str, Any]:
    """Return what an import kept in `extra`; nothing if it is no map, as after an edit by hand."""
    value = extra.get(field)
    return dict(value) if isinstance(value, Mapping) else {}


def is_true(value: Any) -> bool:
    """Truth as JavaScript sees it: only false, null, 0 and an empty text are false."""
    return value is not None and value is not False and value != 0 and value != ""


def js_number(value: Any) -> float:
    """Give the number that JavaScript makes of a level; NaN where it makes none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    text = value.strip() if isinstance(value, str) else ""
    return float(text) if _NUMBER.fullmatch(text) and len(text) <= 30 else math.nan


def is_odd(value: Any) -> bool:
    """Whether a level is none of those that the tool writes."""
    return isinstance(value, bool) or js_number(value) not in (0, 1, 2, 3, 4, 5)


def _read_level(
    entry: Mapping[str, Any], where: str, problems: list[Problem], *, required: bool = False
) -> int | None:
    """
    Level of an entry, 1 to 5; None if it is unanswered or, with a problem, not readable.

    An entry without a level is unanswered, or a problem where one is `required`.
    """
    value = entry.get("level")
    if value is None and not required:
        return None
    if value is None or is_odd(value):
        expected = "expected 1 to 5, or 0 for not assessed. Read as unanswered"
        problems.append(Problem(where, f"level {_value(value)}; {expected}"))
        return None
    number = js_number(value)
    if isinstance(value, str):
        message = f"the level is a text, not a number; read as {int(number)}"
        problems.append(Problem(where, message, refused=False))
    return int(number) or None


def _aside_level(entry: Mapping[str, Any]) -> int | None:
    """Level kept by an entry that was switched off; None if there is none. Never scored."""
    value = entry.get("level")
    return None if is_odd(value) else int(js_number(value)) or None


def read_answer(
    entry: Any, where: str, problems: list[Problem], *, generation: Literal[1, 2]
) -> Answer:
    """
    Level and applicability of an entry.

    1.0.x takes what JavaScript calls false for not applicable, also where it is missing, and
    writes a level always; the 2.0.0 generation takes only ``false`` for it.
    """
    if not isinstance(entry, Mapping):
        message = "expected a rating with level and applicability. Read as unanswered"
        problems.append(Problem(where, message))
        return UNANSWERED
    is_first = generation == 1
    applicability = entry.get("applicability", None if is_first else True)
    is_off = not is_true(applicability) if is_first else applicability is False
    if not isinstance(applicability, bool):
        meaning = "not applicable" if is_off else "applicable"
        message = f"applicability is neither true nor false; read as {meaning}, as the tool does"
        problems.append(Problem(where, message, refused=False))
    if is_off:
        return not_applicable(set_aside_level=_aside_level(entry))
    level = _read_level(entry, where, problems, required=is_first)
    return UNANSWERED if level is None else rated(level)


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
    if isinstance(value, dict) and len(value) <= MAX_ENTRIES:
        return value
    reason = "expected a map from category or requirement to rating"
    if isinstance(value, dict):
        reason = f"{len(value):,} entries; at most {MAX_ENTRIES:,}"
    raise SourceFormatError(
        f"{name} is not a file of the web tool. Nothing was imported.",
        [Problem(f"{name}, {field}", reason)],
    )


def place(field: str, key: str) -> str:
    """Place of an entry for messages; a key that is no id is not repeated: it may be a name."""
    shape = EXTENSION_ID if field == "enabledExtensions" else _ELEMENT
    return f"{field}.{key}" if shape.fullmatch(key) else f"{field}, an entry whose key is no id"


def _value(value: Any) -> str:
    """Value for a message: numbers, also in words, and nothing that could be private."""
    if isinstance(value, str):
        return repr(value) if _HARMLESS.fullmatch(value) else "that is a text"
    if isinstance(value, bool | int | float):
        return repr(value) if abs(value) < 10**9 else "far off the scale"
    return "that is neither a number nor a text"


# --- what both generations write ---------------------------------------------------------


def texts(assessment: Assessment) -> dict[str, str]:
    """Write the three texts that every form of the tool has."""
    return {
        "assessmentName": assessment.use_case.name,
        "assessorName": assessment.assessor.name,
        "useCaseDescription": assessment.use_case.description,
    }


def stated(assessment: Assessment, key: str) -> Answer:
    """Answer to a category or requirement as the tool can state it: modules are spelled out."""
    answer = assessment.answer(key)
    module = assessment.answer(module_of(key))
    if module.state is not State.NOT_APPLICABLE or key.count(".") != 1:
        return answer
    return answer.replace(
        state=State.NOT_APPLICABLE,
        level=None,
        set_aside_level=answer.level or answer.set_aside_level,
        reason=answer.reason or module.reason,
    )


def written_level(answer: Answer) -> dict[str, Any]:
    """Write the two fields of an entry that count."""
    is_off = answer.state is State.NOT_APPLICABLE
    level = (answer.set_aside_level if is_off else answer.level) or 0
    return {"level": level, "applicability": not is_off}


def label(model: Model, level: int, *, off: bool) -> str:
    """Label that the tool writes beside a level, such as ``3 - Advanced``."""
    if off:
        return "Not Applicable"
    return f"{level} - {model.level_name(level)}" if level else "Not Assessed"


def official_text(model: Model, key: str, level: int) -> str:
    """Official text of a level where the user installed the official words, else nothing."""
    levels = model.categories[key].levels
    return levels[level - 1] if model.official and 0 < level <= len(levels) else ""
