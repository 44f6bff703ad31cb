"""
Accepted comments as GitHub issues, ready to paste: one Markdown text for each.

Duplicates stand in the issue of the comment that they repeat. What respondents wrote is
quoted and escaped, so it is shown and never interpreted: no mention calls anybody, no
number links anywhere, no HTML is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkimm_analytics.feedback import Decision
from pkimm_analytics.feedback.personal import masked
from pkimm_analytics.model import Model
from pkimm_analytics.render.markdown import escape

if TYPE_CHECKING:
    import pandas as pd

LABELS = {
    "typo": "typo",
    "unclear": "clarity",
    "missing": "gap",
    "weight": "weight",
    "out-of-scope": "scope",
    "idea": "enhancement",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """
    One issue.

    Parameters
    ----------
    comment : str
        Id of the accepted comment.
    title, body : str
        Plain text, and Markdown.
    labels : tuple of str
    link : str
        Address of the issue where there already is one; else empty.
    """

    comment: str
    title: str
    body: str
    labels: tuple[str, ...]
    link: str = ""

    @property
    def file_name(self) -> str:
        """Name of a file for it, by the id of its comment."""
        return f"{self.comment[:8]}.md"

    def to_markdown(self) -> str:
        """Title as a heading, then the body."""
        return f"# {escape(self.title)}\n\n{self.body}"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a document."""
        return {
            "comment": self.comment,
            "title": self.title,
            "body": self.body,
            "labels": list(self.labels),
            "link": self.link or None,
        }


def issues(comments: pd.DataFrame, current: Mapping[str, Decision], model: Model) -> list[Issue]:
    """
    Write an issue for each accepted comment, in the order in which comments were added.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    current : mapping of str to Decision
        Newest decision by comment.
    model : Model
        Edition whose names are used.
    """
    repeated: dict[str, list[str]] = {}
    for id_, decision in current.items():
        if decision.disposition == "duplicate" and decision.duplicate_of is not None:
            repeated.setdefault(_original(decision.duplicate_of, current), []).append(id_)
    rows = {str(row.id): row for row in comments.itertuples()}
    return [
        _issue(row, current[id_], [rows[other] for other in repeated.get(id_, ())], model)
        for id_, row in rows.items()
        if id_ in current and current[id_].disposition == "accepted"
    ]


def _original(id_: str, current: Mapping[str, Decision]) -> str:
    """Follow duplicates to the comment that is none; there are no circles."""
    decision = current.get(id_)
    while decision is not None and decision.duplicate_of is not None:
        id_ = decision.duplicate_of
        decision = current.get(id_)
    return id_


def _issue(row: Any, decision: Decision, repeats: list[Any], model: Model) -> Issue:
    element = decision.element or str(row.element)
    kind = row.kind if isinstance(row.kind, str) else "comment"
    labels = ["feedback", *([LABELS[kind]] if kind in LABELS else [])]
    facts = [
        ("Element", f"`{element}`"),
        ("Edition", f"PKIMM {row.edition}"),
        ("Round", escape(str(row.round))),
        ("Comment", f"`{str(row.id)[:8]}`"),
        ("Said by", f"{1 + len(repeats)} respondent(s)"),
    ]
    if decision.reason:
        facts.append(("Decision", _one_line(decision.reason)))
    parts = ["\n".join(f"- **{label}**: {value}" for label, value in facts)]
    for title, said in (("Comment", [row]), ("In other words", repeats)):
        quotes = [_quote(one.text) for one in said if isinstance(one.text, str)]
        if quotes:
            parts.append("\n\n".join([f"## {title}", *quotes]))
    if decision.field is not None and decision.value is not None:
        manner = "text" if decision.field == "weight" else decision.manner or "add"
        what = f"{_MANNERS[manner]} `{decision.field}` of `{element}`:\n\n{_quote(decision.value)}"
        phrase = f"\n\nIt replaces:\n\n{_quote(decision.phrase)}" if decision.phrase else ""
        parts.append(f"## Proposed change\n\n{what}{phrase}")
    return Issue(
        comment=str(row.id),
        title=f"{model.name(element)}: {_TITLES.get(kind, 'comment')}",
        body="\n\n".join(parts) + "\n",
        labels=tuple(labels),
        link=decision.link or "",
    )


_MANNERS = {"add": "To be added to", "phrase": "New words in", "text": "New"}
_TITLES = {
    "typo": "correct a typo",
    "unclear": "make it clearer",
    "missing": "add what is missing",
    "weight": "reconsider the weight",
    "out-of-scope": "reconsider the scope",
    "idea": "idea of a respondent",
}


def _quote(text: str) -> str:
    # A character of no width keeps a mention from calling anybody, also in plain text.
    safe = re.sub(r"@(?=\w)", "@\u200b", masked(text))
    return "\n".join(f"> {line}".rstrip() for line in escape(safe).split("\n"))


def _one_line(text: str) -> str:
    return escape(" ".join(text.split()))
