"""
From comment to edition: what was decided about each comment, and what that changes.

The history is append-only; here it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback.decision import Decision, describe_decision
from pkimm_analytics.feedback.wording import Change

if TYPE_CHECKING:
    import pandas as pd

NAMES = [
    "id", "round", "element", "kind", "disposition", "said", "by", "at", "link", "edition",
    "reason", "duplicate_of",
]  # fmt: skip


def dispositions(comments: pd.DataFrame, current: Mapping[str, Decision]) -> pd.DataFrame:
    """
    State of each comment that says something in words, names a kind or was decided about.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    current : mapping of str to Decision
        Newest decision by comment; see :meth:`Feedback.current`.

    Returns
    -------
    pandas.DataFrame
        One row for each, in the order in which comments were added: ``id``, ``round``,
        ``element`` (assigned, or commented on), ``kind``, ``disposition`` (``open`` without a
        decision), ``said`` (the decision in words), then fields of the decision.
    """
    import pandas as pd

    wanted = (
        comments["text"].notna() | comments["kind"].notna() | comments["id"].isin(list(current))
    )
    rows = []
    for row in comments[wanted].itertuples():
        decision = current.get(str(row.id))
        fields = {} if decision is None else decision.to_json()
        rows.append(
            {
                **{name: fields.get(name) for name in NAMES},
                "id": row.id,
                "round": row.round,
                "element": fields.get("element") or row.element,
                "kind": row.kind,
                "disposition": fields.get("disposition", "open"),
                "said": describe_decision(fields) if fields else "open",
            }
        )
    return pd.DataFrame(rows, columns=NAMES, dtype=object)


def wanted_changes(entries: Iterable[Mapping[str, Any]], on: Mapping[str, str]) -> Iterator[Change]:
    """
    Yield the changes of texts and weights that decisions, or fields of some, are about.

    Parameters
    ----------
    entries : iterable of mapping
        Fields of decisions; `comment` is a whole id.
    on : mapping of str to str
        Element of each comment by its id.
    """
    for entry in entries:
        field, element = entry.get("field"), entry.get("element") or on.get(entry["comment"])
        if field is not None and element is not None:
            manner = "text" if field == "weight" else entry.get("manner") or "add"
            value, phrase = str(entry.get("value") or ""), entry.get("phrase") or ""
            yield Change(element, field, value, manner, phrase)


def accepted_changes(
    comments: pd.DataFrame, current: Mapping[str, Decision]
) -> tuple[list[Change], list[Change]]:
    """
    List the changes of accepted comments that are not done yet.

    Returns
    -------
    tuple of (list of Change, list of Change)
        Of wording, and of weights. The same change of several comments is one.

    Raises
    ------
    FeedbackError
        If two different weights, or two different whole texts, are accepted for one element.
    """
    on = dict(zip(comments["id"], comments["element"], strict=True))
    accepted = (d.to_json() for d in current.values() if d.disposition == "accepted")
    changes = dict.fromkeys(wanted_changes((d for d in accepted if d["comment"] in on), on))
    whole = Counter((c.element, c.field) for c in changes if c.manner == "text")
    if conflicts := sorted(place for place, n in whole.items() if n > 1):
        message = "is accepted in two ways; decide again for one of them"
        raise FeedbackError(
            "Accepted changes contradict each other. Nothing was written.",
            [Problem(" ".join(place), message) for place in conflicts],
        )
    wording = [change for change in changes if change.field != "weight"]
    return wording, [change for change in changes if change.field == "weight"]
