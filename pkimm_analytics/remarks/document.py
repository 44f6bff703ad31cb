"""
Remarks as one JSON document, ``pkimm-feedback/1``: what is handed in and passed on.

The document holds remarks and nothing else; contacts and decisions never travel in
it. ``pkimm schema feedback`` prints its JSON Schema, which says the same as the
checks here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem, SourceFormatError
from pkimm_analytics.files import read_json
from pkimm_analytics.remarks.remark import Remark, remark_of

FORMAT = "pkimm-feedback/1"


def dumps(remarks: Iterable[Remark]) -> bytes:
    """Return a document of remarks as UTF-8 JSON, in the order given."""
    document = {"format": FORMAT, "remarks": [remark.to_json() for remark in remarks]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def read_remarks(content: bytes, name: str = "feedback") -> tuple[Sequence[Remark], list[Problem]]:
    """
    Read the valid remarks of a document, and a problem for each value that is not.

    Raises
    ------
    SourceFormatError
        If it is not JSON or not such a document at all.
    """
    document = read_json(content, name)
    entries = document.get("remarks") if isinstance(document, dict) else None
    if not isinstance(entries, list) or document.get("format") != FORMAT:
        raise SourceFormatError(
            f"{name} is not a {FORMAT} document. Nothing was imported.",
            [Problem(name, f"expected the fields format ({FORMAT}) and remarks (a list)")],
        )
    problems = [
        Problem(str(field)[:40], "is no field of this document")
        for field in document
        if field not in {"format", "remarks"}
    ]
    remarks = []
    for number, entry in enumerate(entries):
        try:
            remarks.append(_remark(entry))
        except FeedbackError as error:
            problems += [
                Problem(".".join(["remarks", str(number), p.where]).rstrip("."), p.message)
                for p in error.problems
            ]
    return remarks, problems


def _remark(entry: Any) -> Remark:
    if not isinstance(entry, dict):
        raise FeedbackError("", [Problem("", "expected a mapping")])
    return remark_of(entry)
