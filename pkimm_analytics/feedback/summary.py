"""
A whole round at once, for analysts: every analysis, computed once and passed on.

The summary holds no text of respondents, only ids of comments; whoever shows texts looks
them up. It is not for publication: that is :mod:`pkimm_analytics.disclosure.feedback`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.alarms import alarms
from pkimm_analytics.feedback.comment import RATINGS
from pkimm_analytics.feedback.consensus import split_opinions
from pkimm_analytics.feedback.coverage import Coverage, coverage
from pkimm_analytics.feedback.decision import Decision
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.editions import combined, editions
from pkimm_analytics.feedback.items import Answered, item_statistics
from pkimm_analytics.feedback.kinds import RATE, RATE_OF_A_KIND
from pkimm_analytics.feedback.likert import likert, weight_votes
from pkimm_analytics.feedback.rankings import ranking, round_mean
from pkimm_analytics.feedback.ratings import newest_round, of_round
from pkimm_analytics.feedback.reliability import reliability
from pkimm_analytics.feedback.respondents import flagged
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
        Edition that figures are of; comments on others count where :mod:`.editions` says.
    comments : pandas.DataFrame
        Comments of the round; with text.
    means : mapping of str to float
        Mean of each rating of the edition, in which each respondent counts once.
    clarity, relevance, votes : pandas.DataFrame
        For each element and edition.
    ranking : pandas.DataFrame
        Elements by clarity, with the effect of flagged respondents.
    n_left_out : int
        Respondents that the group left out.
    items, reliability, rescored : pandas.DataFrame, optional
        Only with assessments; `rescored` only if a chosen weight differs.
    """

    round: str
    model: Model
    comments: pd.DataFrame
    editions: pd.DataFrame
    coverage: Coverage
    flagged: pd.DataFrame
    means: Mapping[str, float]
    clarity: pd.DataFrame
    relevance: pd.DataFrame
    votes: pd.DataFrame
    ranking: pd.DataFrame
    split: pd.DataFrame
    roles: pd.DataFrame
    weights: pd.DataFrame
    alarms: pd.DataFrame
    themes: Themes
    duplicates: pd.DataFrame
    dispositions: pd.DataFrame
    n_left_out: int = 0
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
    leave_out: Collection[str] = (),
) -> Summary:
    """
    Analyze a round.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    model : Model
        Edition that figures are of.
    round_ : str, optional
        The newest round without it.
    answers : Answered, optional
        Assessments, for the quality of questions and the effect of weights.
    current : mapping of str to Decision, optional
        Newest decision by comment.
    leave_out : collection of str
        Respondents whose comments do not count.

    Raises
    ------
    FeedbackError
        If there is no comment in the round.
    """
    name = round_ or newest_round(comments)
    whole = of_round(comments, name)
    said = whole[~whole["respondent"].isin(list(leave_out))]
    if name is None or said.empty:
        raise FeedbackError("There are no comments in this round; import a form export first.")
    said = _without_split(said)
    same = combined(said, model)
    weights = chosen_weights(same, model)
    careless = flagged(said)
    return Summary(
        round=name,
        model=model,
        comments=said,
        editions=editions(said, model),
        coverage=coverage(said, model),
        flagged=careless,
        means={
            field: round_mean(said[said["edition"] == model.version], field) for field in RATINGS
        },
        clarity=likert(said, "clarity", by=["edition"]),
        relevance=likert(said, "relevance", by=["edition"]),
        votes=weight_votes(said, by=["edition"]),
        ranking=ranking(said, "clarity", doubtful=set(careless["respondent"])),
        split=split_opinions(same, "weight"),
        roles=role_differences(same),
        weights=weights,
        alarms=alarms(same, answers, weights=weights),
        themes=find_themes(said),
        duplicates=near_duplicates(said, names=model.name),
        dispositions=dispositions(whole, current or {}),
        n_left_out=int(whole["respondent"].nunique() - said["respondent"].nunique()),
        items=None if answers is None else item_statistics(answers),
        reliability=None if answers is None else reliability(answers),
        rescored=None if answers is None else _effect(answers, weights),
    )


def _without_split(said: pd.DataFrame) -> pd.DataFrame:
    """Comments in which the words of one that was split stand in its parts only."""
    is_split = said["id"].isin(said["part_of"].dropna())
    return said.assign(text=said["text"].mask(is_split), kind=said["kind"].mask(is_split))


def _effect(answers: Answered, weights: pd.DataFrame) -> pd.DataFrame | None:
    """Scores under the weights that differ for certain."""
    changed = weights[weights["differs"]]
    if changed.empty:
        return None
    chosen = dict(zip(changed["element"], map(int, changed["chosen"]), strict=True))
    return rescored(
        answers.model, chosen, requirements=answers.requirements, categories=answers.categories
    )


TABLES = (
    "editions", "alarms", "clarity", "relevance", "ranking", "split", "roles", "weights",
    "rescored", "duplicates", "dispositions", "items", "reliability",
)  # fmt: skip


def to_json(summary: Summary) -> dict[str, Any]:
    """Return the summary as a document without any text of respondents."""
    covered, themes = summary.coverage, summary.themes
    return {
        "format": FORMAT,
        "round": summary.round,
        "edition": summary.model.version,
        "coverage": {
            "respondents": covered.n_respondents,
            "comments": covered.n_comments,
            "texts": covered.n_texts,
            "left_out": summary.n_left_out,
            "roles": records(covered.roles),
            "elements": records(covered.elements),
            "silent": list(covered.silent),
            "foreign": list(covered.foreign),
        },
        "means": {field: _plain(value) for field, value in summary.means.items()},
        "flagged": records(summary.flagged.groupby("flag").size().rename("n").reset_index()),
        "alarm_rate": {"round": RATE, "kind": RATE_OF_A_KIND},
        "weight_votes": records(summary.votes),
        "themes": {
            "quality": _plain(themes.quality),
            "clearness": themes.clearness,
            "themes": records(themes.themes),
        },
        **{name: records(getattr(summary, name)) for name in TABLES},
    }


def rows_of(table: pd.DataFrame) -> list[Any]:
    """Rows of a table with its columns as attributes."""
    return list(table.itertuples())


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
