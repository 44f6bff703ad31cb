"""
Alarms: what a meeting should look at first, at a stated rate of false ones.

A round asks hundreds of questions of the data, so some figures look odd by chance
alone. Here each kind of alarm has a test, the kinds share one rate between them, and
within a kind the rate is kept over all elements. If nothing is wrong with the model,
at most one round in twenty raises any alarm at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.feedback.items import (
    LEAST_PAIRS,
    Answered,
    corrected_item_total,
    redundancy,
)
from pkimm_analytics.feedback.kinds import KINDS, RATE_OF_A_KIND
from pkimm_analytics.feedback.outliers import standing_out
from pkimm_analytics.feedback.ratings import of_round, ratings
from pkimm_analytics.feedback.roles import role_differences
from pkimm_analytics.statistics import correlation_interval

if TYPE_CHECKING:
    import pandas as pd

LEAST_RATINGS = 5
"""Ratings that an element needs to raise an alarm."""
LEAST_PARTIAL = 0.3
"""Smallest correlation beyond the others that a redundant pair has."""
LOW_BELOW = 0.3
"""Discrimination below which items are marginal or poor; R. L. Ebel, D. A. Frisbie (1991)."""
SAME_ABOVE = 0.8
"""Share of assessments at one level from which an item hardly tells anybody apart."""

_COLUMNS = ["kind", "element", "other", "n", "effect", "q", "meaning"]


def alarms(
    comments: pd.DataFrame,
    answers: Answered | None = None,
    *,
    round_: str | None = None,
    weights: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    List what stands out.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    answers : Answered, optional
        Assessments, for the alarms about questions.
    round_ : str, optional
        Round to look at; all rounds without it.
    weights : pandas.DataFrame, optional
        As :func:`.chosen_weights` returns them, for the alarm that weights differ.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (one of :data:`KINDS`), ``element``, ``other`` (second element of a pair,
        or the field that roles differ in; else empty), ``n``, ``effect`` (mean
        difference on the scale, difference of shares or weights, epsilon squared, or correlation),
        ``q`` (adjusted within the kind, to be compared with :data:`RATE_OF_A_KIND`),
        ``meaning``. Smallest q first.

    Notes
    -----
    The rate is split evenly over the kinds (Bonferroni). Within a kind it is the false
    discovery rate of Benjamini and Hochberg, which for a round without any true finding
    is the chance of raising an alarm at all; ``dead`` and ``stuck`` compare the end of an
    interval, at the kind's rate divided by the number of requirements, with a limit.
    """
    import pandas as pd

    said = of_round(comments, round_)
    found = [*_of_comments(said)]
    if weights is not None:
        changed = weights[weights["differs"]]
        effect = changed["chosen"] - changed["weight"]
        found.append(changed.assign(kind="weight differs", effect=effect))
    if answers is not None and len(answers.requirements):
        found += _of_answers(answers)
    listed = pd.concat([frame for frame in found if not frame.empty] or [pd.DataFrame()])
    listed = listed.reindex(columns=_COLUMNS)
    listed["meaning"] = [KINDS[kind] for kind in listed["kind"]]
    listed["other"] = listed["other"].astype(object).where(listed["other"].notna(), "")
    return listed.sort_values(["q", "kind", "element", "other"], ignore_index=True)


def _of_comments(said: pd.DataFrame) -> list[pd.DataFrame]:
    found = []
    for kind, field in (("unclear", "clarity"), ("irrelevant", "relevance")):
        found.append(_outliers(kind, standing_out(ratings(said, field), "low")))
    votes = ratings(said, "weight")
    votes["value"] = (votes["value"] != 2).astype("int64")
    found.append(_outliers("weight disputed", standing_out(votes, "high")))
    roles = role_differences(said)
    roles = roles[roles["q"] <= RATE_OF_A_KIND]
    found.append(roles.assign(kind="roles differ", other=roles["field"], effect=roles["epsilon2"]))
    return found


def _outliers(kind: str, tested: pd.DataFrame) -> pd.DataFrame:
    alarming = (tested["q"] <= RATE_OF_A_KIND) & (tested["n"] >= LEAST_RATINGS)
    return tested.assign(kind=kind, effect=tested["shift"])[alarming]


def _of_answers(answers: Answered) -> list[pd.DataFrame]:
    pairs = redundancy(answers)
    pairs = pairs[(pairs["q"] <= RATE_OF_A_KIND) & (pairs["partial"] >= LEAST_PARTIAL)]
    pairs = pairs.assign(kind="redundant", element=pairs["one"], effect=pairs["partial"])
    applies = answers.asked & (answers.requirements >= 0)
    return [
        pairs,
        _low_discrimination(answers),
        _no_variation(answers),
        _outliers("skipped", _more_often(answers, answers.requirements == 0, applies)),
        _outliers("not applicable", _more_often(answers, answers.requirements < 0, answers.asked)),
    ]


def _more_often(
    answers: Answered, hits: NDArray[np.bool_], among: NDArray[np.bool_]
) -> pd.DataFrame:
    """Test whether something befalls a requirement more often than the others of its rows."""
    import pandas as pd

    row, column = np.nonzero(among & (hits & among).any(axis=1, keepdims=True))
    keys = np.array(list(answers.model.requirements), object)
    values = pd.DataFrame(
        {
            "respondent": row,
            "element": keys[column],
            "value": hits[row, column].astype(np.int64),
        }
    )
    return standing_out(values, "high")


def _low_discrimination(answers: Answered) -> pd.DataFrame:
    levels = np.where(answers.asked, answers.levels, np.nan)
    r, n = corrected_item_total(levels)
    level = 1 - 2 * RATE_OF_A_KIND / len(r)  # one-sided
    _, high = correlation_interval(r, n, confidence=level)
    low = (n >= LEAST_PAIRS) & (high < LOW_BELOW)
    return _listed("dead", answers, low, n, r)


def _no_variation(answers: Answered) -> pd.DataFrame:
    from scipy.stats import binom

    rated = answers.asked & (answers.requirements > 0)
    n = rated.sum(axis=0)
    at = [(rated & (answers.requirements == level)).sum(axis=0) for level in range(1, 6)]
    most = np.max(at, axis=0)
    p = np.asarray(binom.sf(most - 1, n, SAME_ABOVE))
    same = (n >= LEAST_PAIRS) & (p * 5 * len(n) <= RATE_OF_A_KIND)  # any of five levels
    return _listed("stuck", answers, same, n, most / np.maximum(n, 1))


def _listed(
    kind: str,
    answers: Answered,
    alarming: NDArray[np.bool_],
    n: NDArray[np.int64],
    effect: NDArray[np.float64],
) -> pd.DataFrame:
    import pandas as pd

    keys = np.array(list(answers.model.requirements), object)
    return pd.DataFrame(
        {
            "kind": kind,
            "element": keys[alarming],
            "n": n[alarming],
            "effect": effect[alarming],
            "q": RATE_OF_A_KIND,
        }
    )
