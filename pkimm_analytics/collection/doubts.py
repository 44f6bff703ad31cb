"""
Contributions that look careless or invented, for an analyst to decide about.

Three simple signs, chosen to name few and not tested on real data (provisional): all
answers equal; the same answers as another organization; an overall score that moves
faster than anybody improves. A sign is no proof: the decision is a person's, it is noted
in the journal, and what is set aside is no longer vouched for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.collection.contributed import Collection
from pkimm_analytics.collection.journal import about, decisions
from pkimm_analytics.collection.measures import answer_columns, scores_of
from pkimm_analytics.collection.opened import Rows
from pkimm_analytics.quarters import ordinal
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 8
"""Answers from which equal ones are a sign."""

FASTEST = 1.5
"""Levels that an overall score moves in one quarter, from which on it is a sign."""


def doubts(collection: Collection, *, purpose: str) -> pd.DataFrame:
    """
    List contributions with a sign of careless or invented data.

    Returns
    -------
    DataFrame
        ``contribution``, ``sign`` (``flat``, ``copy`` or ``jump``), ``other`` (the
        contribution that it is compared with, if any), ``quarter``, ``is_verified`` and
        ``decision`` (empty while nobody decided).

    Raises
    ------
    CollectionError
        If the purpose says nothing, or the collection is damaged.
    """
    import pandas as pd

    frame = _frame(collection.open_rows(purpose=purpose))
    found = pd.concat([_flat(frame), _copies(frame), _jumps(frame)], ignore_index=True)
    decided = decisions(collection.place)
    more = frame.set_index("contribution").loc[found["contribution"]]
    found["quarter"] = more["quarter"].to_numpy()
    found["is_verified"] = more["is_verified"].to_numpy()
    contents = zip(more.index, more["commitment"], strict=True)
    found["decision"] = [decided.get(about(*content), "") for content in contents]
    return pd.DataFrame(found)


def _frame(rows: Rows) -> pd.DataFrame:
    """Answers as codes, with the overall score."""
    import pandas as pd

    names = ["contribution", "org", "use_case", "quarter", "commitment", "is_verified"]
    frames = [
        table.to_pandas().assign(overall=scores_of(table)[OVERALL])
        for table in rows.tables([*names, *answer_columns()])
    ]
    return pd.DataFrame(pd.concat(frames[1:] or frames, ignore_index=True))


def _answers(frame: pd.DataFrame) -> Any:
    return frame[[*axis().keys]].to_numpy(np.int8)


def _signs(frame: pd.DataFrame, sign: str, chosen: Any, other: Any = None) -> pd.DataFrame:
    found: pd.DataFrame = frame.loc[chosen, ["contribution"]]
    return found.assign(sign=sign, other="" if other is None else other)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    codes = _answers(frame)
    rated = codes > 0
    highest = codes.max(axis=1, initial=0)
    lowest = np.where(rated, codes, 9).min(axis=1, initial=9)
    return _signs(frame, "flat", (rated.sum(axis=1) >= FEWEST) & (highest == lowest))


def _copies(frame: pd.DataFrame) -> pd.DataFrame:
    """Find the same answers of another organization; flat ones are a sign of their own."""
    codes = _answers(frame)
    n_rated = (codes > 0).sum(axis=1)
    varied = np.ptp(np.where(codes > 0, codes, codes.max(axis=1, keepdims=True)), axis=1) > 0
    answers = np.array([row.tobytes() for row in codes], object)
    key = frame[["org", "contribution"]].assign(answers=answers)[(n_rated >= FEWEST) & varied]
    first = key.drop_duplicates("answers").set_index("answers")
    other = first.loc[key["answers"]]
    is_other = other["org"].to_numpy() != key["org"].to_numpy()
    chosen = key.index[is_other]
    return _signs(frame, "copy", chosen, other["contribution"].to_numpy()[is_other])


def _jumps(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare each assessment of a use case with the one before it."""
    ordered = frame[["org", "use_case", "quarter", "contribution", "overall"]].dropna()
    ordered = ordered.assign(when=ordered["quarter"].map(ordinal)).sort_values("when")
    before = ordered.groupby(["org", "use_case"]).shift()
    apart = (ordered["when"] - before["when"]).clip(lower=1)
    chosen = ((ordered["overall"] - before["overall"]).abs() / apart) >= FASTEST
    return _signs(frame, "jump", chosen.index[chosen], before.loc[chosen, "contribution"])
