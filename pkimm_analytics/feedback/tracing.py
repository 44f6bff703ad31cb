"""
From comment to edition: what was decided about each comment, and what that changes.

The history is append-only; here it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback.decision import Decision, describe_decision
from pkimm_analytics.feedback.wording import Change

if TYPE_CHECKING:
    import pandas as pd


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
        decision), ``said`` (the decision in words), ``by``, ``at``, ``link``, ``edition``.
    """
    import pandas as pd

    wanted = (
        comments["text"].notna() | comments["kind"].notna() | comments["id"].isin(list(current))
    )
    rows = []
    for row in comments[wanted].itertuples():
        decision = current.get(str(row.id))
        state = {name: getattr(decision, name, None) for name in ("by", "at", "link", "edition")}
        rows.append(
            {
                "id": row.id,
                "round": row.round,
                "element": (decision and decision.element) or row.element,
                "kind": row.kind,
                "disposition": decision.disposition if decision else "open",
                "said": describe_decision(decision.to_json()) if decision else "open",
                **state,
            }
        )
    names = ["id", "round", "element", "kind", "disposition", "said", "by", "at", "link", "edition"]
    return pd.DataFrame(rows, columns=names, dtype=object)


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
    changes: dict[Change, None] = {}
    for id_, decision in current.items():
        if decision.disposition != "accepted" or decision.field is None or id_ not in on:
            continue
        manner = "text" if decision.field == "weight" else decision.manner or "add"
        element, phrase = decision.element or str(on[id_]), decision.phrase or ""
        changes[Change(element, decision.field, decision.value or "", manner, phrase)] = None
    whole = [(c.element, c.field) for c in changes if c.manner == "text"]
    if conflicts := sorted({place for place in whole if whole.count(place) > 1}):
        raise FeedbackError(
            "Accepted changes contradict each other. Nothing was written.",
            [
                Problem(" ".join(place), "is accepted in two ways; decide again for one of them")
                for place in conflicts
            ],
        )
    wording = [change for change in changes if change.field != "weight"]
    return wording, [change for change in changes if change.field == "weight"]
