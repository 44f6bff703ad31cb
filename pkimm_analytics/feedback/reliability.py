"""
Reliability of categories and modules: whether their requirements measure one thing.

**Alpha** is a lower bound that holds if all items load alike; **omega** allows each
its own loading on one common factor. Both come from well-kept libraries: alpha from
pingouin, the loadings behind omega from statsmodels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.feedback.items import LEAST_PAIRS, Answered

if TYPE_CHECKING:
    import pandas as pd


FIGURES = ("n", "n_items", "alpha", "alpha_from", "alpha_to", "omega")


def reliability(answers: Answered) -> pd.DataFrame:
    """
    Compute alpha and omega of every module and category, and of the whole.

    Returns
    -------
    pandas.DataFrame
        One row for each: ``element`` (``overall`` first), then what
        :func:`reliability_of` returns. Null where not defined.
    """
    import pandas as pd

    keys = list(answers.model.requirements)
    levels = pd.DataFrame(np.where(answers.asked, answers.levels, np.nan), columns=keys)
    groups = {"overall": keys}
    for above in (*(module.id for module in answers.model.modules), *answers.model.categories):
        groups[above] = [key for key in keys if key.startswith(f"{above}.")]
    rows = [{"element": key, **reliability_of(levels[own])} for key, own in groups.items()]
    frame = pd.DataFrame(rows, columns=["element", *FIGURES])
    return frame.astype(dict.fromkeys(FIGURES[2:], "float64"))


def reliability_of(items: pd.DataFrame) -> dict[str, Any]:
    """
    Compute alpha and omega of items.

    Parameters
    ----------
    items : pandas.DataFrame
        One row for each assessment, one column for each item; NaN where not rated. Rows
        that lack an item and items without variation are left out.

    Returns
    -------
    dict
        ``n`` and ``n_items`` (complete assessments, and items that vary), ``alpha``
        (Cronbach) with its 95 percent interval ``alpha_from`` and ``alpha_to`` (Feldt), and
        ``omega`` (McDonald's total of one factor; None for fewer than three items, or
        where the factor cannot be estimated). What is not defined is left out.

    References
    ----------
    L. J. Cronbach (1951), "Coefficient alpha and the internal structure of tests",
    Psychometrika 16; R. P. McDonald (1999), *Test Theory*, chapter 6.
    """
    complete = items.dropna()
    varying = complete.loc[:, complete.max() > complete.min()]
    n, n_items = varying.shape
    if n_items < 2 or n < LEAST_PAIRS:
        return {"n": n, "n_items": n_items}
    alpha, (low, high) = _alpha(varying)
    figures = (n, n_items, alpha, low, high, omega_total(varying))
    return dict(zip(FIGURES, figures, strict=True))


def _alpha(items: pd.DataFrame) -> tuple[float, tuple[float, float]]:
    import pingouin  # imported late: it takes seconds

    alpha, interval = pingouin.cronbach_alpha(items)
    return float(alpha), (float(interval[0]), float(interval[1]))


def omega_total(items: pd.DataFrame) -> float | None:
    r"""
    McDonald's omega total of one factor.

    Parameters
    ----------
    items : pandas.DataFrame
        Complete and varying.

    Returns
    -------
    float or None
        None for fewer than three items, which do not identify a factor, and where the
        factor cannot be estimated.

    Notes
    -----
    .. math:: \frac{(\sum_i \lambda_i)^2}{(\sum_i \lambda_i)^2 + \sum_i \psi_i}

    with the loadings of the items in their own units, so that it is the reliability of
    their sum. The loadings are of maximum likelihood.
    """
    if items.shape[1] < 3:
        return None
    spread = items.std(ddof=1).to_numpy()
    loadings = one_factor(items.corr().to_numpy(), len(items))
    if loadings is None:
        return None
    common = float((loadings * spread).sum()) ** 2
    own = float(((1 - loadings**2) * spread**2).sum())
    return common / (common + own)


def one_factor(correlations: Any, n: int) -> Any:
    """
    Estimate the loadings of one factor by maximum likelihood, None if that fails.

    Parameters
    ----------
    correlations : ndarray, shape (n_items, n_items)
    n : int
        Assessments behind them.
    """
    import warnings

    from statsmodels.multivariate.factor import Factor

    values, vectors = np.linalg.eigh(correlations)
    first = np.clip(np.sqrt(values[-1]) * np.abs(vectors[:, -1]), 0.05, 0.95)
    start = (first[:, None], 1 - first**2)  # the first principal component; no chance in it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a fit that did not converge is no estimate
            model = Factor(corr=correlations, n_factor=1, method="ml", nobs=n)
            fitted = model.fit(start=start)
    except (np.linalg.LinAlgError, ValueError, Warning):
        return None
    loadings = fitted.loadings[:, 0]
    return None if np.isnan(loadings).any() or (np.abs(loadings) > 1).any() else loadings
