"""
Comments as one JSON document, ``pkimm-feedback/1``: what is handed in and passed on.

The document holds comments and nothing else; contacts and decisions never travel in
it. ``pkimm schema feedback`` prints its JSON Schema, which says the same as the
checks here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem, SourceFormatError
from pkimm_analytics.feedback.comment import Comment, comment_of
from pkimm_analytics.files import read_json

FORMAT = "pkimm-feedback/1"


def dumps(comments: Iterable[Comment]) -> bytes:
    """Return a document of comments as UTF-8 JSON, in the order given."""
    document = {"format": FORMAT, "comments": [comment.to_json() for comment in comments]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def read_comments(
    content: bytes, name: str = "feedback"
) -> tuple[Sequence[Comment], list[Problem]]:
    """
    Read the valid comments of a document, and a problem for each value that is not.

    Raises
    ------
    SourceFormatError
        If it is not JSON or not such a document at all.
    """
    document = read_json(content, name)
    entries = document.get("comments") if isinstance(document, dict) else None
    if not isinstance(entries, list) or document.get("format") != FORMAT:
        raise SourceFormatError(
            f"{name} is not a {FORMAT} document. Nothing was imported.",
            [Problem(name, f"expected the fields format ({FORMAT}) and comments (a list)")],
        )
    problems = [
        Problem(str(field)[:40], "is no field of this document")
        for field in document
        if field not in {"format", "comments"}
    ]
    comments = []
    for number, entry in enumerate(entries):
        try:
            comments.append(_comment(entry))
        except FeedbackError as error:
            problems += [
                Problem(".".join(["comments", str(number), p.where]).rstrip("."), p.message)
                for p in error.problems
            ]
    return comments, problems


def _comment(entry: Any) -> Comment:
    if not isinstance(entry, dict):
        raise FeedbackError("", [Problem("", "expected a mapping")])
    return comment_of(entry)
