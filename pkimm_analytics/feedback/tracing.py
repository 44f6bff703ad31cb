"""
From comment to edition: what was decided about each comment, and what to decide next.

The history is append-only; here it is read. A proposal is only ever a proposal: it says
what the figures suggest and why, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

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

    known = list(current)
    wanted = comments["text"].notna() | comments["kind"].notna() | comments["id"].isin(known)
    rows = []
    for row in comments[wanted].itertuples():
        decision = current.get(str(row.id))
        rows.append(
            {
                "id": row.id,
                "round": row.round,
                "element": (decision and decision.element) or row.element,
                "kind": row.kind,
                "disposition": decision.disposition if decision else "open",
                "said": describe_decision(decision.to_json()) if decision else "open",
                "by": decision.by if decision else None,
                "at": decision.at if decision else None,
                "link": decision.link if decision else None,
                "edition": decision.edition if decision else None,
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
    """
    on = dict(zip(comments["id"], comments["element"], strict=True))
    wording: dict[Change, None] = {}
    weights: dict[Change, None] = {}
    for id_, decision in current.items():
        if decision.disposition != "accepted" or decision.field is None or id_ not in on:
            continue
        change = Change(decision.element or str(on[id_]), decision.field, decision.value or "")
        (weights if decision.field == "weight" else wording)[change] = None
    return list(wording), list(weights)


def proposed_decisions(
    comments: pd.DataFrame,
    current: Mapping[str, Decision],
    *,
    alarms: pd.DataFrame,
    duplicates: pd.DataFrame,
    weights: pd.DataFrame,
) -> pd.DataFrame:
    """
    Propose what to decide, from what the analyses found.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    current : mapping of str to Decision
        Comments that were decided about are left alone.
    alarms, duplicates, weights : pandas.DataFrame
        As :func:`.alarms`, :func:`.near_duplicates` and :func:`.chosen_weights` return them.

    Returns
    -------
    pandas.DataFrame
        ``element``, ``comment`` (id; empty where it is about no single comment),
        ``proposal`` (a sentence), ``because`` (the figure behind it). Alarms first.
    """
    import pandas as pd

    rows = [
        (str(alarm.element), "", _ANSWERS[str(alarm.kind)], _because(alarm))
        for alarm in alarms.itertuples()
    ]
    rows += [
        (
            str(weight.element),
            "",
            f"Discuss weight {weight.chosen} instead of {weight.weight}.",
            f"Median choice of {weight.n}, 95 % from {weight.chosen_from} to {weight.chosen_to}.",
        )
        for weight in weights[weights["differs"]].itertuples()
    ]
    for _, group in duplicates.groupby("group", sort=True):
        first = str(group["id"].iloc[0])[:8]
        rows += [
            (
                str(row.element),
                str(row.id),
                f"Duplicate of {first}?",
                f"{row.similarity:.2f} alike.",
            )
            for row in group.iloc[1:].itertuples()
            if row.id not in current
        ]
    typos = comments[(comments["kind"] == "typo") & comments["text"].notna()]
    rows += [
        (str(row.element), str(row.id), "Correct the typo.", "The respondent called it a typo.")
        for row in typos.itertuples()
        if row.id not in current
    ]
    return pd.DataFrame(rows, columns=["element", "comment", "proposal", "because"])


_ANSWERS = {
    "unclear": "Reword it.",
    "irrelevant": "Ask why it is in the model, or explain why it matters.",
    "weight disputed": "Discuss its weight.",
    "roles differ": "Hear the role that rates it lowest.",
    "redundant": "Merge the two, or say how they differ.",
    "dead": "Reword it so that it tells organizations apart, or drop it.",
    "stuck": "Spread its levels, or drop it.",
    "skipped": "Find out why it is left unanswered.",
    "not applicable": "State where it applies.",
}


def _because(alarm: object) -> str:
    """Say an alarm: meaning, size and number behind it."""
    kind, other = str(getattr(alarm, "kind", "")), str(getattr(alarm, "other", ""))
    effect, n = float(getattr(alarm, "effect", 0.0)), int(getattr(alarm, "n", 0))
    meaning = str(getattr(alarm, "meaning", ""))
    with_ = f" ({other})" if other else ""
    unit = _UNITS[kind]
    return f"{meaning[:1].upper()}{meaning[1:]}{with_}: {unit} {effect:.2f}, n = {n}."


_UNITS = {
    "unclear": "mean difference",
    "irrelevant": "mean difference",
    "weight disputed": "difference of shares",
    "roles differ": "epsilon squared",
    "redundant": "correlation beyond the others",
    "dead": "discrimination",
    "stuck": "share at one level",
    "skipped": "difference of shares",
    "not applicable": "difference of shares",
}
