"""
What a written form does not hold of an assessment, found by reading it again.

Whatever the assessment says and the copy does not is lost, and said in a phrase for each kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pkimm_analytics.assessment import Assessment, State


def lost(assessment: Assessment, copy: Assessment, phrases: Mapping[str, str]) -> list[str]:
    """
    Say what a copy does not have.

    Parameters
    ----------
    assessment, copy : Assessment
    phrases : mapping of str to str
        What is said, by a pattern for the place in our document, such as ``.*/notes``. The
        first that fits is taken; the empty phrase is not said.
    """
    kept = dict(_leaves(copy.to_json()))
    places = [path for path, value in _leaves(assessment.to_json()) if kept.get(path) != value]
    said = dict.fromkeys(
        next(phrase for form, phrase in phrases.items() if re.fullmatch(form, place, re.DOTALL))
        for place in places
    )
    return [*filter(None, said)]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values of a document by their place; what is unanswered or empty says nothing."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inside in pairs:
            yield from _leaves(inside, f"{path}/{key}".lstrip("/"))
    elif value not in (None, "", False, str(State.UNANSWERED)) and path != "format":
        yield path, value
