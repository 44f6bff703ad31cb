"""
What may be published of a round: coarse shares of groups that are large enough.

Everything here has passed the disclosure policy of the benchmark: a figure of fewer
respondents than its threshold is withheld, numbers of respondents are bands, shares are
rounded to a grid too coarse to count anybody and cut off near 0 and 100 percent. Free
text, roles in combination, minutes and ids are never in it. The table is dense: what is
withheld for being small looks like what nobody rated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import print_shares
from pkimm_analytics.feedback import MODEL, PROCESS, ROLES
from pkimm_analytics.feedback.ratings import OF_ELEMENTS, SCALES, level_counts, of_round, ratings
from pkimm_analytics.model import Model

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "pkimm-feedback-public/1"
PROCESS_FIELDS = ("difficulty", "usefulness")


def public_summary(
    comments: pd.DataFrame, model: Model, policy: Policy, round_: str
) -> dict[str, Any]:
    """
    Summarize one closed round for everybody.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    model : Model
        Edition whose elements are listed.
    policy : Policy
        Thresholds, bands and rounding.
    round_ : str
        Round. Publish it once, after it has closed: two versions of it could be
        subtracted.

    Returns
    -------
    dict
        ``format``, ``round``, ``edition``, ``threshold``, ``policy`` (digest),
        ``respondents`` (band or null), ``roles`` (band or null each), and ``elements``: for
        each element and rating ``null`` where withheld, else ``n`` (band), ``step`` (percent)
        and ``at_least``: for each step of the scale from 2 the percent of respondents there
        or above, with ``=``, ``<=`` or ``>=``. For ``weight`` the steps are too low, right, too
        high.
    """
    said = of_round(comments, round_)
    people = said.drop_duplicates("respondent")
    roles = said[said["role"].notna()].drop_duplicates("respondent", keep="last")["role"]
    return {
        "format": FORMAT,
        "round": round_,
        "edition": model.version,
        "threshold": policy.threshold,
        "policy": policy.digest,
        "respondents": _band(len(people), policy),
        "roles": {role: _band(int((roles == role).sum()), policy) for role in ROLES},
        "elements": _elements(said, model, policy),
    }


def _elements(said: pd.DataFrame, model: Model, policy: Policy) -> dict[str, dict[str, Any]]:
    keys = [*(m.id for m in model.modules), *model.categories, *model.requirements, MODEL]
    elements: dict[str, dict[str, Any]] = {key: dict.fromkeys(OF_ELEMENTS) for key in keys}
    elements[PROCESS] = dict.fromkeys(PROCESS_FIELDS)
    for field in (*OF_ELEMENTS, *PROCESS_FIELDS):
        counted = level_counts(ratings(said, field), ["element"], SCALES[field])
        for element, counts in counted.iterrows():
            if field in elements.get(str(element), {}):
                elements[str(element)][field] = _figure(counts.to_numpy(np.int64), policy)
    return elements


def _figure(counts: NDArray[np.int64], policy: Policy) -> dict[str, Any] | None:
    n = int(counts.sum())
    if n < policy.threshold:
        return None
    padded = np.zeros(5, np.int64)
    padded[: len(counts)] = counts
    figures = print_shares(padded, policy)
    if figures is None:
        return None
    return {
        "n": figures.n,
        "step": figures.step,
        "at_least": [
            {"percent": percent, "qualifier": qualifier}
            for percent, qualifier in figures.shares[: len(counts) - 1]
        ],
    }


def _band(n: int, policy: Policy) -> str | None:
    return policy.band_label(policy.band_start(n)) if n >= policy.threshold else None
