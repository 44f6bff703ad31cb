"""
What an analysis found: a table, how it was made, how sure it is, and that it is internal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pkimm_analytics.benchmark import MARK

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
"""
Organizations below which an analysis states no figure but how many there are.

Intervals of fewer cover nearly the whole scale, and a mean of three invites stories.
"""

ERROR_RATE = 0.05
"""Share of false findings among the findings that is accepted (Benjamini-Hochberg)."""

PROVISIONAL = "provisional: a definition of this software, published nowhere else"


@dataclass(frozen=True, eq=False)
class Findings:
    """
    Result of one analysis.

    Parameters
    ----------
    name, question : str
    formula : str
        What was computed, in words and symbols.
    source : str
        Where the method was published, or that it is provisional.
    n_organizations, n_assessments : int
        Independent organizations (ultimate parents) and assessments that were used.
    table : pandas.DataFrame
        Main table; NaN where too few organizations allow no figure.
    figures : mapping of str to object
        Single figures, None where there is none.
    notes : tuple of str
        What a reader has to know before he repeats a figure.
    mark : str
        Says that this did not go through disclosure control.
    """

    name: str
    question: str
    formula: str
    source: str
    n_organizations: int
    n_assessments: int
    table: pd.DataFrame = field(repr=False)
    figures: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    mark: str = MARK

    def to_json(self) -> dict[str, Any]:
        """Return a document that holds everything, with null for what does not exist."""
        rows = self.table.to_dict(orient="records")
        return {
            "format": "pkimm-analysis/1",
            "analysis": self.name,
            "mark": self.mark,
            "question": self.question,
            "formula": self.formula,
            "source": self.source,
            "n_organizations": self.n_organizations,
            "n_assessments": self.n_assessments,
            "figures": {name: plain(value) for name, value in self.figures.items()},
            "notes": list(self.notes),
            "table": [{str(k): plain(v) for k, v in row.items()} for row in rows],
        }


def plain(value: Any) -> Any:
    """Value as JSON knows it; what is not a number becomes null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def difference_interval(differences: ArrayLike) -> tuple[float, float, float]:
    """
    Mean of differences of scores or levels of the same organizations, with its 95 % interval.

    Parameters
    ----------
    differences : array_like, shape (n_organizations,)
        One of each independent organization.

    Returns
    -------
    tuple of float
        Mean, lower and upper limit; all NaN with fewer than :data:`FEWEST`.

    Notes
    -----
    Student's interval. Where all differences are equal it would have no width; then up
    to a share of :math:`1 - 0.025^{1/n}` of all organizations may differ by a level and
    none of them was seen (the rule of three).

    References
    ----------
    "Student", "The probable error of a mean", 1908. J. A. Hanley and A. Lippman-Hand,
    "If nothing goes wrong, is everything all right?", 1983.
    """
    from scipy.stats import t as student

    found = np.asarray(differences, float)
    n = len(found)
    if n < FEWEST:
        return math.nan, math.nan, math.nan
    tail = 0.025
    half = float(student.ppf(1 - tail, n - 1) * found.std(ddof=1) / math.sqrt(n))
    if np.ptp(found) < 1e-9:
        half = 1 - tail ** (1 / n)
    mean = float(found.mean())
    return mean, mean - half, mean + half


def adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """
    Adjust p-values for how many there are; NaN stays NaN and counts as no test.

    References
    ----------
    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", 1995.

    Examples
    --------
    >>> adjusted([0.01, 0.04, float("nan")]).tolist()
    [0.02, 0.04, nan]
    """
    from scipy.stats import false_discovery_control

    found = np.asarray(p_values, float)
    known = ~np.isnan(found)
    out = np.full(found.shape, np.nan)
    if known.any():
        out[known] = false_discovery_control(found[known])
    return out
