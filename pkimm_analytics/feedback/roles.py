"""Groups that rate an element otherwise: roles beside each other, rounds after each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.feedback.ratings import OF_ELEMENTS, of_round, ratings
from pkimm_analytics.model import Model, differences
from pkimm_analytics.statistics import adjusted

if TYPE_CHECKING:
    import pandas as pd

LEAST_RATINGS = 5
"""Ratings that a group needs to be compared; below, the test's distribution does not hold."""


def role_differences(comments: pd.DataFrame, fields: Sequence[str] = OF_ELEMENTS) -> pd.DataFrame:
    """
    Compare the roles for each element and rating.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``. Respondents without a role are left out, and so are roles
        with fewer than :data:`LEAST_RATINGS` ratings of an element.
    fields : sequence of str
        Ratings to compare.

    Returns
    -------
    pandas.DataFrame
        One row for each element and field that two roles or more rated: ``element``,
        ``field``, ``n``, ``n_roles``, ``h`` (Kruskal-Wallis, corrected for ties), ``p``,
        ``q`` (Benjamini-Hochberg over all rows), ``epsilon2`` (0 to 1: how much of the
        ranks the role explains), ``lowest`` and ``highest`` (roles by mean rank).
        Smallest q first.

    References
    ----------
    W. H. Kruskal, W. A. Wallis (1952), "Use of ranks in one-criterion variance
    analysis", Journal of the American Statistical Association 47; epsilon squared: M.
    Tomczak, E. Tomczak (2014), "The need to report effect size estimates revisited",
    Trends in Sport Sciences 21.
    """
    rows = []
    for field, element, values in _compared(comments, fields, "role"):
        h, p = _kruskal(values, "role")
        ranks = values["value"].rank().groupby(values["role"]).mean()
        rows.append(
            {
                "element": element,
                "field": field,
                "n": len(values),
                "n_roles": len(ranks),
                "h": h,
                "p": p,
                "epsilon2": h / (len(values) - 1),
                "lowest": ranks.idxmin(),
                "highest": ranks.idxmax(),
            }
        )
    names = ["element", "field", "n", "n_roles", "h", "p", "epsilon2", "lowest", "highest"]
    return _adjusted(rows, names)


def changes(
    comments: pd.DataFrame,
    before: str,
    after: str,
    *,
    models: tuple[Model, Model] | None = None,
) -> pd.DataFrame:
    """
    Compare the ratings of two rounds, which have other respondents.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments`` with both rounds.
    before, after : str
        The rounds.
    models : tuple of (Model, Model), optional
        Editions of the rounds; with them, what changed in the model is named.

    Returns
    -------
    pandas.DataFrame
        One row for each element and rating that both rounds rated often enough:
        ``element``, ``field``, ``n_before``, ``n_after``, ``mean_before``,
        ``mean_after``, ``superiority`` (chance that a rating of the later round is
        higher, ties counting half), ``p`` (Wilcoxon-Mann-Whitney, two-sided, corrected
        for ties), ``q`` (Benjamini-Hochberg over all rows), ``model_changes`` (words
        such as ``reworded``; empty where the model did not change or no models were
        given). Smallest q first.

    Notes
    -----
    With two groups the Kruskal-Wallis test is the two-sided Wilcoxon test.
    """
    import pandas as pd

    changed: dict[str, list[str]] = {}
    for difference in differences(*models) if models else ():
        changed.setdefault(difference.key, []).append(difference.change)
    both = pd.concat([of_round(comments, before), of_round(comments, after)])
    rows = []
    for field, element, values in _compared(both, OF_ELEMENTS, "round"):
        n, mean = (values.groupby("round")["value"].agg(how) for how in ("size", "mean"))
        if len(n) < 2:
            continue
        rank = values["value"].rank().groupby(values["round"]).mean()[after]
        rows.append(
            {
                "element": element,
                "field": field,
                "n_before": int(n[before]),
                "n_after": int(n[after]),
                "mean_before": float(mean[before]),
                "mean_after": float(mean[after]),
                "superiority": float((rank - (n[after] + 1) / 2) / n[before]),
                "p": _kruskal(values, "round")[1],
                "model_changes": ", ".join(changed.get(element, ())),
            }
        )
    names = ["element", "field", "n_before", "n_after", "mean_before", "mean_after"]
    return _adjusted(rows, [*names, "superiority", "p", "model_changes"])


def _compared(
    comments: pd.DataFrame, fields: Sequence[str], by: str
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield the ratings of each field and element whose groups are large enough."""
    for field in fields:
        values = ratings(comments, field)
        for element, own in values[values[by].notna()].groupby("element"):
            large = own.groupby(by)["value"].transform("size") >= LEAST_RATINGS
            if len(own[large][by].unique()) > 1:
                yield field, str(element), own[large]


def _kruskal(values: pd.DataFrame, by: str) -> tuple[float, float]:
    from scipy.stats import kruskal

    if values["value"].min() == values["value"].max():
        return 0.0, 1.0
    found: Any = kruskal(*(group["value"] for _, group in values.groupby(by)))
    return float(found.statistic), float(found.pvalue)


def _adjusted(rows: list[dict[str, Any]], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows, columns=names)
    place = names.index("p") + 1
    table.insert(place, "q", adjusted(table["p"].to_numpy(float), "discoveries"))
    return table.sort_values(["q", "element", "field"], ignore_index=True)
