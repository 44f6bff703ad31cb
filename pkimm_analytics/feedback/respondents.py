"""
Respondents whose answers are careless or not their own, by stated rules.

Nobody is left out in silence: a flag says which rule it is by, rankings show their
effect, and leaving somebody out is a decision of the group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pkimm_analytics.feedback.ratings import SCALES, ratings

if TYPE_CHECKING:
    import pandas as pd

LEAST_ANSWERS = 10
"""Ratings from which answers that are all alike are no chance."""
SECONDS_PER_ANSWER = 2.0
"""Seconds below which nobody has read a question; J. L. Huang et al. (2012)."""
LEAST_SHARED = 5
"""Ratings that two respondents have to share, all of them, to be one."""
LEAST_LETTERS = 40
"""Letters of a text from which the same text of two respondents is no chance."""

FLAGS = ("straight-lining", "speeding", "duplicate")
"""The same step everywhere; too fast; all ratings or a longer text are somebody else's."""


def flagged(comments: pd.DataFrame) -> pd.DataFrame:
    """
    Flag respondents.

    Returns
    -------
    pandas.DataFrame
        ``respondent``, ``flag`` (one of :data:`FLAGS`), ``n`` (ratings, or comments that
        repeat). One respondent may have several flags.

    References
    ----------
    A. W. Meade, S. B. Craig (2012), "Identifying careless responses in survey data",
    Psychological Methods 17; J. L. Huang et al. (2012), "Detecting and deterring
    insufficient effort responding to surveys", Journal of Business and Psychology 27.
    """
    import pandas as pd

    values = pd.concat(
        [ratings(comments, field).assign(field=field) for field in SCALES], ignore_index=True
    )
    rows = [*_straight(values), *_fast(comments), *_repeated(values, comments)]
    table = pd.DataFrame(rows, columns=["respondent", "flag", "n"])
    return table.drop_duplicates(["respondent", "flag"], ignore_index=True)


def _straight(values: pd.DataFrame) -> Iterator[tuple[str, str, int]]:
    stepped = values[values["field"].isin(["clarity", "relevance"])]
    for who, own in stepped.groupby("respondent"):
        if (
            len(own) >= LEAST_ANSWERS
            and own.groupby("field")["value"].agg(lambda v: v.min() == v.max()).all()
        ):
            yield str(who), "straight-lining", len(own)


def _fast(comments: pd.DataFrame) -> Iterator[tuple[str, str, int]]:
    timed = comments[comments["seconds"].notna()]
    answers = timed[list(SCALES)].notna().sum(axis=1)
    submissions = timed.assign(answers=answers).groupby(["respondent", "received", "seconds"])
    table = submissions["answers"].sum().reset_index().groupby("respondent").sum(numeric_only=True)
    for who, row in table.iterrows():
        if row["answers"] >= LEAST_ANSWERS and row["seconds"] < SECONDS_PER_ANSWER * row["answers"]:
            yield str(who), "speeding", int(row["answers"])


def _repeated(values: pd.DataFrame, comments: pd.DataFrame) -> Iterator[tuple[str, str, int]]:
    """Whoever says what somebody said before; the first one is not flagged."""
    seen: dict[object, str] = {}
    for who, own in values.groupby("respondent", sort=False):
        said = frozenset(own[["element", "field", "value"]].itertuples(index=False, name=None))
        if len(said) >= LEAST_SHARED and seen.setdefault(said, str(who)) != who:
            yield str(who), "duplicate", len(said)
    texts = comments[comments["text"].notna() & comments["part_of"].isna()]
    for row in texts.itertuples():
        plain = " ".join(str(row.text).casefold().split())
        if (
            len(plain) >= LEAST_LETTERS
            and seen.setdefault(plain, str(row.respondent)) != row.respondent
        ):
            yield str(row.respondent), "duplicate", 1
