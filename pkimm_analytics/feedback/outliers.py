"""
Which elements stand out from the rest, with a stated error rate.

Some respondents are strict about everything, and everybody rates other elements. So
the question is never whether a mean is low, but whether an element is rated lower than
its respondents rate elsewhere. Under "nothing stands out", a respondent's ratings
could as well have been given to their elements in any other order; that gives the
exact distribution of the sum of an element's ratings, and a p-value that does not lean
on any model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.statistics import adjusted

if TYPE_CHECKING:
    import pandas as pd

Tail = Literal["low", "high"]

EXACT_UP_TO = 400
"""Ratings of one element up to which its distribution is computed exactly."""


def standing_out(values: pd.DataFrame, tail: Tail) -> pd.DataFrame:
    """
    Test for each element whether it is rated lower, or higher, than the others.

    Parameters
    ----------
    values : pandas.DataFrame
        Columns ``respondent``, ``element`` and ``value`` (whole numbers), one row for
        each pair. Who rated a single element says nothing here and is left out.
    tail : {"low", "high"}
        Which side is looked for.

    Returns
    -------
    pandas.DataFrame
        One row for each element: ``element``, ``n`` (respondents who count), ``shift``
        (mean difference from the respondents' own means), ``p`` (one-sided) and ``q``
        (Benjamini-Hochberg; below a rate, the expected share of false findings among
        all findings is at most that rate).

    Notes
    -----
    Ratings are exchangeable within respondents, not between them: blocks of a
    randomized block design. For more than :data:`EXACT_UP_TO` ratings the sum is taken
    as normal, with a correction for steps.

    References
    ----------
    E. S. Edgington, P. Onghena (2007), *Randomization Tests*, chapter 6; Y. Benjamini,
    Y. Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal
    Statistical Society B 57.
    """
    import pandas as pd

    sizes = values.groupby("respondent")["value"].transform("size")
    kept = values[(sizes > 1).to_numpy()]
    elements, names = pd.factorize(kept["element"], sort=True)
    who, _ = pd.factorize(kept["respondent"])
    x = kept["value"].to_numpy(np.int64)
    n = np.bincount(elements, minlength=len(names))
    mean = _means(who, x)
    shift = np.bincount(elements, x - mean, minlength=len(names)) / np.maximum(n, 1)
    p = _p_values(elements, who, x if tail == "high" else -x, len(names))
    found = pd.DataFrame({"element": names, "n": n, "shift": shift, "p": p})
    found["q"] = adjusted(p, "discoveries")
    return found


def _means(who: NDArray[np.intp], x: NDArray[np.int64]) -> NDArray[np.float64]:
    total, n = np.bincount(who, x), np.bincount(who)
    return np.asarray((total / np.maximum(n, 1))[who])


def _p_values(
    elements: NDArray[np.intp], who: NDArray[np.intp], x: NDArray[np.int64], n_elements: int
) -> NDArray[np.float64]:
    """Chance that the sum of an element's ratings is at least what it is."""
    if not len(x):
        return np.ones(n_elements)
    x = x - x.min()
    n = np.bincount(elements, minlength=n_elements)
    p = _normal(elements, who, x, n_elements)
    small = np.flatnonzero((n > 0) & (n <= EXACT_UP_TO))
    if len(small):
        p[small] = _exact(elements, who, x, small)
    return np.asarray(np.clip(p, 0.0, 1.0))


def _normal(
    elements: NDArray[np.intp], who: NDArray[np.intp], x: NDArray[np.int64], n_elements: int
) -> NDArray[np.float64]:
    from scipy.stats import norm

    mean = _means(who, x)
    spread = _means(who, x**2) - mean**2
    excess = np.bincount(elements, x - mean, minlength=n_elements)
    variance = np.bincount(elements, spread, minlength=n_elements)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (excess - 0.5) / np.sqrt(variance)
    return np.asarray(np.where(variance > 1e-12, norm.sf(z), 1.0))


def _exact(
    elements: NDArray[np.intp],
    who: NDArray[np.intp],
    x: NDArray[np.int64],
    wanted: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Convolve the respondents' own distributions, for all wanted elements at once."""
    top = int(x.max())
    row_of = np.full(int(elements.max()) + 1, -1)
    row_of[wanted] = np.arange(len(wanted))
    n = np.bincount(elements, minlength=len(row_of))[wanted]
    chances = np.zeros((len(wanted), top * int(n.max()) + 1))
    chances[:, 0] = 1.0
    order = np.argsort(who, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(who[order]) > 0])
    for block in np.split(order, starts[1:]):
        rows = row_of[elements[block]]
        rows = rows[rows >= 0]
        own = np.bincount(x[block], minlength=top + 1) / len(block)
        before = chances[rows]
        after = own[0] * before
        for step in np.flatnonzero(own[1:]) + 1:
            after[:, step:] += own[step] * before[:, :-step]
        chances[rows] = after
    total = np.bincount(elements, x, minlength=len(row_of)).astype(np.int64)[wanted]
    tails = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(tails[np.arange(len(wanted)), total])
