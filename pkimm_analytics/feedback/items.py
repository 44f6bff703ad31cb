"""
Question quality, from assessments themselves: whether each requirement does its work.

A question that is often skipped, that everybody answers alike, that says nothing
about the rest, or that says the same as another one, is a question to look at. These
are the figures of classical item analysis, for whole levels 1 to 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import Assessment, Mode, carry
from pkimm_analytics.model import Model, category_of, model_of
from pkimm_analytics.scoring import Codes, answer_codes
from pkimm_analytics.statistics import adjusted, correlation_interval

if TYPE_CHECKING:
    import pandas as pd

LEAST_PAIRS = 30
"""Assessments that a correlation needs; fewer say too little about two questions."""


@dataclass(frozen=True)
class Answered:
    """
    Answers of many assessments to the questions of one edition.

    Parameters
    ----------
    model : Model
        Edition whose questions are the columns.
    requirements : ndarray of int8, shape (n, n_requirements)
        1 to 5 rated, 0 unanswered, -1 not applicable.
    categories : ndarray of int8, shape (n, n_categories)
        Levels given by hand, with the same codes.
    asked : ndarray of bool, shape (n, n_requirements)
        Whether the assessment's own edition has the requirement, and it answers
        requirements at all.
    minutes : ndarray of float, shape (n, n_requirements)
        Time spent, where the assessment carries it; NaN elsewhere.
    """

    model: Model
    requirements: Codes
    categories: Codes
    asked: NDArray[np.bool_]
    minutes: NDArray[np.float64]

    @property
    def levels(self) -> NDArray[np.float64]:
        """Levels of the requirements, NaN where not rated."""
        return np.where(self.requirements > 0, self.requirements, np.nan)


def answered(assessments: Iterable[Assessment], model: Model) -> Answered:
    """
    Lay assessments of any edition beside each other, by the questions of one edition.

    Parameters
    ----------
    assessments : iterable of Assessment
        Equal element keys are equal questions.
    model : Model
    """
    rows = [_row(assessment, model) for assessment in assessments]
    shapes = [len(model.requirements), len(model.categories)]
    shapes += [len(model.requirements)] * 2
    kinds: list[Any] = [np.int8, np.int8, np.bool_, np.float64]
    stacked = [
        np.array([row[part] for row in rows], kind).reshape(len(rows), size)
        for part, (size, kind) in enumerate(zip(shapes, kinds, strict=True))
    ]
    return Answered(model, *stacked)


def newest_of_each(assessments: Iterable[Assessment]) -> list[Assessment]:
    """
    Keep the newest assessment of each use case, so that nobody counts twice.

    Assessments that name neither their organization nor their use case are all kept:
    they may be of different ones.
    """
    kept: dict[tuple[str, str], Assessment] = {}
    for assessment in sorted(assessments, key=lambda a: (a.date or "", a.id)):
        names = assessment.organization.name, assessment.use_case.name
        kept[names if any(names) else ("", assessment.id)] = assessment
    return list(kept.values())


def _row(assessment: Assessment, model: Model) -> tuple[Any, Any, Any, Any]:
    own = model_of(assessment.model)
    carried = carry(assessment, own, model)
    requirements, categories = answer_codes(carried, model)
    is_full = assessment.mode is Mode.FULL
    asked = [is_full and key in own.requirements for key in model.requirements]
    minutes = [_minutes(carried, key) for key in model.requirements]
    return requirements, categories, asked, minutes


def _minutes(assessment: Assessment, key: str) -> float:
    """Time that an answer carries in its field ``minutes``; most sources have none."""
    value = assessment.answer(key).extra.get("minutes")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return np.nan
    return float(value)


def item_statistics(answers: Answered) -> pd.DataFrame:
    """
    Figures of each requirement as a question.

    Returns
    -------
    pandas.DataFrame
        One row for each requirement, in the order of the model: ``element``,
        ``n_asked``, ``n_rated``, ``skipped_share`` (unanswered among those to which it
        applies), ``not_applicable_share``, ``floor_share`` (level 1), ``ceiling_share``
        (level 5), ``mode_share`` (the most frequent level), ``difficulty`` (0: everybody
        at level 5, 1: everybody at level 1), ``discrimination`` (correlation with the
        mean of all other requirements, which leaves the item itself out) with its 95
        percent interval ``discrimination_from`` and ``_to``, ``n_pairs`` behind it, and
        ``minutes`` (median). Null where there is nothing to compute from.

    References
    ----------
    R. L. Ebel, D. A. Frisbie (1991), *Essentials of Educational Measurement*, chapter
    13; interval of a correlation: R. A. Fisher (1921).
    """
    import pandas as pd

    codes, asked, levels = answers.requirements, answers.asked, answers.levels
    levels = np.where(asked, levels, np.nan)
    n_asked = asked.sum(axis=0)
    out = (asked & (codes < 0)).sum(axis=0)
    rated = (asked & (codes > 0)).sum(axis=0)
    at = np.stack([(asked & (codes == level)).sum(axis=0) for level in range(1, 6)])
    discrimination, n_pairs = corrected_item_total(levels)
    low, high = correlation_interval(discrimination, n_pairs)
    total = (at * np.arange(1, 6)[:, None]).sum(axis=0)
    return pd.DataFrame(
        {
            "element": list(answers.model.requirements),
            "n_asked": n_asked,
            "n_rated": rated,
            "skipped_share": _share(n_asked - out - rated, n_asked - out),
            "not_applicable_share": _share(out, n_asked),
            "floor_share": _share(at[0], rated),
            "ceiling_share": _share(at[4], rated),
            "mode_share": _share(at.max(axis=0), rated),
            "difficulty": (5 - _share(total, rated)) / 4,
            "discrimination": discrimination,
            "discrimination_from": low,
            "discrimination_to": high,
            "n_pairs": n_pairs,
            "minutes": _median(answers.minutes),
        }
    )


def corrected_item_total(
    levels: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """
    Correlate each item with the mean of the others.

    Parameters
    ----------
    levels : ndarray, shape (n, n_items)
        NaN where not rated. The mean is over the other items that are rated.

    Returns
    -------
    tuple of ndarray
        Correlation (NaN for fewer than :data:`LEAST_PAIRS` assessments or no variation)
        and the number of assessments behind it.
    """
    import pandas as pd

    items = pd.DataFrame(levels)
    rated, total = items.notna(), items.sum(axis=1)
    others = rated.sum(axis=1).to_numpy()[:, None] - rated.to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (total.to_numpy()[:, None] - items.fillna(0).to_numpy()) / others
        rest = pd.DataFrame(np.where(others > 0, rest, np.nan)).where(rated)
        r = items.corrwith(rest).to_numpy(float)
    n = rest.notna().sum().to_numpy()
    return np.where(n >= LEAST_PAIRS, r, np.nan), n


# --- redundancy ----------------------------------------------------------------------


def redundancy(answers: Answered) -> pd.DataFrame:
    """
    Look for pairs of requirements that say the same.

    Mature organizations are high on everything, so all items correlate. What counts is
    the correlation that is left when the mean of all other items is taken out. It is
    compared with what is left between the other pairs of its kind (of one category, or
    of two), because neighbors have more in common.

    Returns
    -------
    pandas.DataFrame
        One row for each pair with enough common assessments: ``one``, ``other``,
        ``same_category``, ``n``, ``r`` (correlation), ``partial`` (with the others taken
        out), ``z`` (its distance from the usual pair of its kind, in robust standard
        deviations), ``p`` (one-sided), ``q`` (Benjamini-Hochberg over all pairs).
        Largest z first.

    References
    ----------
    The comparison with the bulk of all pairs: B. Efron (2004), "Large-scale simultaneous
    hypothesis testing: the choice of a null hypothesis", Journal of the American
    Statistical Association 99.
    """
    import pandas as pd
    from scipy.stats import norm

    levels = np.where(answers.asked, answers.levels, np.nan)
    items = pd.DataFrame(levels)
    r = items.corr().to_numpy()
    has = items.notna().to_numpy(float)
    n = np.rint(has.T @ has).astype(int)
    partial = partial_correlations(r)
    keys = list(answers.model.requirements)
    i, j = np.triu_indices(len(keys), 1)
    usable = (n[i, j] >= LEAST_PAIRS) & ~np.isnan(partial[i, j])
    i, j = i[usable], j[usable]
    category = np.array([category_of(key) for key in keys], object)
    same = category[i] == category[j]
    fisher = np.arctanh(np.clip(partial[i, j], -1 + 1e-9, 1 - 1e-9))
    theory = 1 / np.sqrt(np.maximum(n[i, j] - 4, 1))
    z = np.zeros(len(i))
    for kind in (same, ~same):
        if kind.any():
            middle = float(np.median(fisher[kind]))
            robust = 1.4826 * float(np.median(np.abs(fisher[kind] - middle)))
            z[kind] = (fisher[kind] - middle) / np.maximum(robust, theory[kind])
    p = norm.sf(z)
    found = pd.DataFrame(
        {
            "one": [keys[a] for a in i],
            "other": [keys[b] for b in j],
            "same_category": same.astype(bool),
            "n": n[i, j],
            "r": r[i, j],
            "partial": partial[i, j],
            "z": z,
            "p": p,
            "q": adjusted(p, "discoveries"),
        }
    )
    return found.sort_values(["z", "one", "other"], ascending=[False, True, True]).reset_index(
        drop=True
    )


def partial_correlations(r: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Take the mean of all other items out of each pair's correlation.

    Parameters
    ----------
    r : ndarray, shape (n_items, n_items)
        Correlations. Items that do not vary (NaN) are left out of the mean.

    Returns
    -------
    ndarray
        Partial correlations given the sum of the other standardized items; NaN where
        that does not vary or an item does not.
    """
    alive = ~np.isnan(np.diag(r))
    known = np.where(np.isnan(r) | ~alive | ~alive[:, None], 0.0, r)
    with_total = known.sum(axis=1)
    total = known.sum()
    a = with_total[:, None] - 1 - known  # covariance of item i with the rest of pair (i, j)
    rest = total - 2 * with_total[:, None] - 2 * with_total + 2 + 2 * known
    with np.errstate(invalid="ignore", divide="ignore"):
        one = a / np.sqrt(rest)
        other = one.T
        partial = (known - one * other) / np.sqrt((1 - one**2) * (1 - other**2))
    partial[~alive] = np.nan
    partial[:, ~alive] = np.nan
    return np.asarray(partial)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _median(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    import pandas as pd

    return pd.DataFrame(minutes).median().to_numpy(float)
