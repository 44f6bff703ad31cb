"""
A whole round at once, for analysts: every analysis, computed once and passed on.

The summary holds no text of respondents, only ids of comments; whoever shows texts looks
them up. It is not for publication: that is :mod:`.public`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.alarms import RATE, RATE_OF_A_KIND, alarms
from pkimm_analytics.feedback.consensus import split_opinions
from pkimm_analytics.feedback.coverage import Coverage, coverage
from pkimm_analytics.feedback.decision import Decision
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.items import Answered, item_statistics
from pkimm_analytics.feedback.likert import likert, weight_votes
from pkimm_analytics.feedback.ratings import newest_round, of_round
from pkimm_analytics.feedback.reliability import reliability
from pkimm_analytics.feedback.roles import role_differences
from pkimm_analytics.feedback.themes import Themes, find_themes
from pkimm_analytics.feedback.tracing import dispositions
from pkimm_analytics.feedback.weights import chosen_weights, rescored
from pkimm_analytics.model import Model

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "pkimm-feedback-summary/1"


@dataclass(frozen=True)
class Summary:
    """
    Everything about one round; tables as the analyses describe them.

    Parameters
    ----------
    round : str
    model : Model
    comments : pandas.DataFrame
        Comments of the round; with text.
    items, reliability, rescored : pandas.DataFrame, optional
        Only with assessments; `rescored` only if a chosen weight differs.
    """

    round: str
    model: Model
    comments: pd.DataFrame
    coverage: Coverage
    clarity: pd.DataFrame
    relevance: pd.DataFrame
    votes: pd.DataFrame
    split: pd.DataFrame
    roles: pd.DataFrame
    weights: pd.DataFrame
    alarms: pd.DataFrame
    themes: Themes
    duplicates: pd.DataFrame
    dispositions: pd.DataFrame
    items: pd.DataFrame | None = None
    reliability: pd.DataFrame | None = None
    rescored: pd.DataFrame | None = None


def summarize(
    comments: pd.DataFrame,
    model: Model,
    *,
    round_: str | None = None,
    answers: Answered | None = None,
    current: Mapping[str, Decision] | None = None,
) -> Summary:
    """
    Analyze a round.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    model : Model
        Edition that the round was about.
    round_ : str, optional
        The newest round without it.
    answers : Answered, optional
        Assessments, for the quality of questions and the effect of weights.
    current : mapping of str to Decision, optional
        Newest decision by comment.

    Raises
    ------
    FeedbackError
        If there is no comment in the round.
    """
    name = round_ or newest_round(comments)
    said = of_round(comments, name)
    if name is None or said.empty:
        raise FeedbackError("There are no comments in this round; import a form export first.")
    weights = chosen_weights(said, model)
    return Summary(
        round=name,
        model=model,
        comments=said,
        coverage=coverage(said, model),
        clarity=likert(said, "clarity"),
        relevance=likert(said, "relevance"),
        votes=weight_votes(said),
        split=split_opinions(said, "weight"),
        roles=role_differences(said),
        weights=weights,
        alarms=alarms(said, answers),
        themes=find_themes(said),
        duplicates=near_duplicates(said, names=model.name),
        dispositions=dispositions(said, current or {}),
        items=None if answers is None else item_statistics(answers),
        reliability=None if answers is None else reliability(answers),
        rescored=None if answers is None else _effect(answers, weights),
    )


def _effect(answers: Answered, weights: pd.DataFrame) -> pd.DataFrame | None:
    """Scores under the weights that differ for certain."""
    changed = weights[weights["differs"]]
    if changed.empty:
        return None
    chosen = {str(r.element): int(str(r.chosen)) for r in changed.itertuples()}
    return rescored(
        answers.model,
        chosen,
        requirements=answers.requirements,
        categories=answers.categories,
    )


def to_json(summary: Summary) -> dict[str, Any]:
    """Return the summary as a document without any text of respondents."""
    covered = summary.coverage
    return {
        "format": FORMAT,
        "round": summary.round,
        "edition": summary.model.version,
        "coverage": {
            "respondents": covered.n_respondents,
            "comments": covered.n_comments,
            "texts": covered.n_texts,
            "roles": records(covered.roles),
            "elements": records(covered.elements),
            "silent": list(covered.silent),
            "foreign": list(covered.foreign),
        },
        "alarm_rate": {"round": RATE, "kind": RATE_OF_A_KIND},
        "alarms": records(summary.alarms),
        "clarity": records(summary.clarity),
        "relevance": records(summary.relevance),
        "weight_votes": records(summary.votes),
        "split": records(summary.split),
        "roles": records(summary.roles),
        "weights": records(summary.weights),
        "rescored": records(summary.rescored),
        "themes": {
            "quality": _plain(summary.themes.quality),
            "themes": records(summary.themes.themes),
        },
        "duplicates": records(summary.duplicates),
        "dispositions": records(summary.dispositions),
        "items": records(summary.items),
        "reliability": records(summary.reliability),
    }


def records(table: pd.DataFrame | None) -> list[dict[str, Any]] | None:
    """Rows of a table as plain values; a missing value is None, a missing table too."""
    if table is None:
        return None
    rows = table.astype(object).to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    import pandas as pd

    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if value is None or value is pd.NA:
        return None
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
