"""
What a meeting should look at first: findings, surest first, with the comments behind them.

A finding is an alarm, a comment that several respondents make in other words,
respondents whose answers are careless, or editions that one round mixes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkimm_analytics.feedback.summary import Summary, rows_of

if TYPE_CHECKING:
    import pandas as pd

LEAST_AGAIN = 3
"""Respondents who have to say the same in other words to make a finding of it."""
MOST_COMMENTS = 5
"""Comments that are shown behind a finding; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One finding.

    Parameters
    ----------
    kind : str
        Kind of alarm (:data:`.kinds.KINDS`), ``said again``, ``careless`` or ``editions``.
    element : str
        Element key; empty for a finding about the round.
    other : str
        Second element of a pair, field in which roles differ, flag of respondents, or
        edition.
    n : int
        Respondents or assessments behind it.
    effect : float, optional
        As :func:`.alarms` says.
    change : tuple of (int, int), optional
        Weight of the model, and the one that respondents would choose.
    comments : tuple of str
        Ids of comments with text that speak of it.
    """

    kind: str
    element: str
    other: str = ""
    n: int = 0
    effect: float | None = None
    change: tuple[int, int] | None = None
    comments: tuple[str, ...] = ()


def findings(summary: Summary) -> list[Finding]:
    """List the findings of a round: alarms by their q, repeated comments, then the round."""
    return [*_alarms(summary), *_repeated(summary), *_about_the_round(summary)]


def _alarms(summary: Summary) -> Iterator[Finding]:
    chosen: Any = summary.weights.set_index("element")
    texts = summary.comments[summary.comments["text"].notna()]
    for alarm in rows_of(summary.alarms):
        element, kind = str(alarm.element), str(alarm.kind)
        change = None
        if kind == "weight differs":
            change = int(chosen.loc[element, "weight"]), int(chosen.loc[element, "chosen"])
        yield Finding(
            kind, element, str(alarm.other), int(alarm.n), float(alarm.effect), change,
            _speaking(texts, element, kind),
        )  # fmt: skip


def _speaking(texts: pd.DataFrame, element: str, kind: str) -> tuple[str, ...]:
    """Comments on an element, those of the kind of the finding first."""
    own = texts[texts["element"] == element]
    first = own["kind"].isin({"weight"} if "weight" in kind else {"unclear", "missing"})
    return tuple(own["id"][first]) + tuple(own["id"][~first])


def _repeated(summary: Summary) -> Iterator[Finding]:
    who = summary.comments.set_index("id")["respondent"]
    for _, group in summary.duplicates.groupby("group", sort=True):
        ids = tuple(group["id"])
        n = len(set(who[list(ids)]))
        if n >= LEAST_AGAIN:
            yield Finding("said again", str(group["element"].mode()[0]), n=n, comments=ids)


def _about_the_round(summary: Summary) -> Iterator[Finding]:
    for flag, group in summary.flagged.groupby("flag"):
        yield Finding("careless", "", str(flag), len(group))
    for edition in rows_of(summary.editions):
        if str(edition.edition) != summary.model.version:
            yield Finding("editions", "", str(edition.edition), int(edition.n_respondents))
