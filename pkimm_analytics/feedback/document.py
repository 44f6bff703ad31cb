"""
Comments as one JSON document, ``pkimm-feedback/1``: what is submitted and passed on.

The document holds comments and nothing else; contacts and decisions never travel in
it. ``pkimm schema feedback`` prints its JSON Schema, which is made from the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pkimm_analytics.errors import FeedbackError, PkimmError, Problem, SourceFormatError
from pkimm_analytics.feedback.comment import Comment, comment_of
from pkimm_analytics.files import read_json
from pkimm_analytics.records import ClosedRecord

FORMAT = "pkimm-feedback/1"


class Comments(ClosedRecord):
    """Comments of respondents; nobody is named, and contacts never travel here."""

    FORMAT: ClassVar[str] = FORMAT
    ERROR: ClassVar[type[PkimmError]] = FeedbackError
    comments: tuple[Comment, ...]


def dumps(comments: Iterable[Comment]) -> bytes:
    """Return a document of comments as UTF-8 JSON, in the order given."""
    return Comments(comments=tuple(comments)).dumps()


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
    is_ours = isinstance(document, dict) and document.get("format") == FORMAT
    entries = document.get("comments", document.get("remarks")) if is_ours else None
    if not isinstance(entries, list):
        raise SourceFormatError(
            f"{name} is not a {FORMAT} document. Nothing was imported.",
            [Problem(name, f"expected the fields format ({FORMAT}) and comments (a list)")],
        )
    problems = [
        Problem(str(field)[:40], "is no field of this document")
        for field in document
        if field not in {"format", "comments", "remarks"}
    ]
    comments = []
    for number, entry in enumerate(entries):
        try:
            comments.append(comment_of(entry))
        except FeedbackError as error:
            problems += [
                Problem(".".join(filter(None, ("comments", str(number), p.where))), p.message)
                for p in error.problems
            ]
    return comments, problems
