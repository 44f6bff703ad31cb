"""
Where a group of organizations is stronger or weaker, and what separates levels.

Two questions are often confused: is a group more mature in a category, and is the
category a strength *of the group*, measured against its own mean? A mature group is above
the others nearly everywhere; its strengths are where it is so most. And a category is part
of the overall score, so that even unrelated categories would separate levels: each is
compared between organizations whose level follows from **all other** categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.analyses.findings import FEWEST, Findings, check_choice, latest, said
from pkimm_analytics.benchmark.evidence import Floats
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model import NEWEST
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.statistics import ERROR_RATE, adjusted, group_test, superiority
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = ("sector", "size", "region", "role", "assurance")


def peer_profile(
    evidence: pd.DataFrame,
    *,
    by: str = "sector",
    edition: str | None = None,
    assurance: str | None = None,
) -> Findings:
    """
    Compare each group of a dimension with everybody outside of it.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`.read_evidence` returns it.
    by : {"sector", "size", "region", "role", "assurance"}
    edition : str, optional
        Default: the newest; categories of different editions are not compared.
    assurance : str, optional
        Default: all kinds.

    Returns
    -------
    Findings
        One row for each group and measure: ``n`` inside and ``n_others``; ``difference``
        of the means with ``low``, ``high`` (95%, Welch) and ``q``; for categories also
        ``relative``, the difference after each organization's own mean of categories
        was taken off, with ``relative_low``, ``relative_high`` and ``relative_q``; and
        ``is_strength`` or ``is_weakness`` where ``relative_q`` is at most 0.05.

    Raises
    ------
    CollectionError
        If there is no such dimension, edition or assurance.

    Notes
    -----
    q is that of :func:`.group_test`, adjusted for all measures of a group and multiplied by
    the number of groups, so that anything of the table is marked by chance in at most 5% of
    cases.

    References
    ----------
    B. L. Welch, "The generalization of 'Student's' problem when several different
    population variances are involved", 1947. P. H. Westfall and S. S. Young, 1993. R. B.
    Cattell on ipsative measures, 1944.
    """
    import pandas as pd

    check_choice(by, DIMENSIONS, "a dimension")
    version = edition or NEWEST
    rows = latest(evidence, edition=version, assurance=assurance)
    names = [OVERALL, *shipped_model(version).categories]
    plain = rows[names]
    relative = plain[names[1:]].sub(plain[names[1:]].mean(axis=1), axis=0)
    values = np.hstack([plain.to_numpy(float), relative.to_numpy(float)])
    groups = sorted(rows[by].dropna().unique())
    found: list[dict[str, Any]] = []
    for group in groups:
        inside = (rows[by] == group).to_numpy()
        sizes = [(~np.isnan(values[side])).sum(axis=0) for side in (inside, ~inside)]
        enough = np.where(np.minimum(*sizes) >= FEWEST, values, np.nan)
        q = np.minimum(group_test(enough, inside) * len(groups), 1.0)
        for place, name in enumerate(names):
            ends = _welch(enough[inside, place], enough[~inside, place])
            row = {"group": group, "measure": name}
            row |= {"n": sizes[0][place], "n_others": sizes[1][place]}
            row |= dict(zip(("difference", "low", "high"), ends, strict=True)) | {"q": q[place]}
            column = len(names) + place - 1
            own = (
                _welch(enough[inside, column], enough[~inside, column]) if place else (np.nan,) * 3
            )
            row |= dict(zip(("relative", "relative_low", "relative_high"), own, strict=True))
            found.append(row | {"relative_q": q[column] if place else np.nan})
    columns = ["group", "measure", "n", "n_others", "difference", "low", "high", "q"]
    columns += ["relative", "relative_low", "relative_high", "relative_q"]
    table = pd.DataFrame(found, columns=columns)
    clear = table["relative_q"] <= ERROR_RATE
    table["is_strength"] = clear & (table["relative"] > 0)
    table["is_weakness"] = clear & (table["relative"] < 0)
    n_unknown = int(rows[by].isna().sum())
    return Findings(
        name="peer-profile",
        question=f"Where is each group of {by} stronger or weaker than all others?",
        formula=(
            "difference = mean of the group - mean of all others; relative = the same after"
            " taking each organization's mean over its categories off"
        ),
        source="Welch 1947; Westfall and Young 1993; relative: ipsative scores, Cattell 1944",
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=table,
        figures={"edition": version, "by": by},
        notes=(
            f"{n_unknown} organization(s) did not state their {by}; they count among the others.",
            f"Assurance: {said(rows, 'assurance')}; groups may differ in it.",
            "Relative differences of a group add up to about 0: not everything can be a strength.",
        ),
    )


def _welch(inside: Floats, others: Floats) -> tuple[float, float, float]:
    """Difference of means and its interval; NaN with too few or nothing that varies."""
    from scipy.special import stdtrit

    one, other = inside[~np.isnan(inside)], others[~np.isnan(others)]
    if not len(one) or not len(other):
        return np.nan, np.nan, np.nan
    difference = float(one.mean() - other.mean())
    noise = np.array([side.var(ddof=1) / len(side) for side in (one, other)])
    if noise.sum() < 1e-12:
        return difference, np.nan, np.nan
    freedom = noise.sum() ** 2 / (noise**2 / (len(one) - 1, len(other) - 1)).sum()
    half = float(stdtrit(freedom, 0.975) * np.sqrt(noise.sum()))
    return difference, difference - half, difference + half


def level_steps(
    evidence: pd.DataFrame,
    *,
    lower: int = 3,
    edition: str | None = None,
    assurance: str | None = None,
) -> Findings:
    r"""
    Compare categories between organizations at two neighboring levels.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`.read_evidence` returns it.
    lower : int
        The lower of the two levels, 1 to 4.
    edition : str, optional
        Default: the newest.
    assurance : str, optional
        Default: all kinds.

    Returns
    -------
    Findings
        One row for each category, the strongest separation first: ``n_lower``,
        ``n_upper``, ``mean_lower``, ``mean_upper``, ``delta`` (Cliff's delta, -1 to 1:
        0 does not separate) with ``low`` and ``high`` (95%), ``q``, ``is_found``.

    Raises
    ------
    CollectionError
        If there is no such level, edition or assurance.

    Notes
    -----
    :math:`\delta = P(X_{upper} > X_{lower}) - P(X_{upper} < X_{lower})`; its interval is that
    of :func:`.superiority`. Labels of the two levels are permuted for each category; q is
    adjusted after Holm.

    References
    ----------
    N. Cliff, 1993; R. G. Newcombe, 2006; S. Holm, 1979. Leaving the category out of its
    level follows the corrected item-total correlation.
    """
    import pandas as pd

    if lower not in (1, 2, 3, 4):
        raise CollectionError("Expected a lower level from 1 to 4.")
    version = edition or NEWEST
    rows = latest(evidence, edition=version, assurance=assurance)
    categories = shipped_model(version).categories
    scores = rows[[*categories]].to_numpy(float)
    weights = np.array([category.weight for category in categories.values()], float)
    found = [
        {
            "category": name,
            **_step(scores[:, place], _level_of_others(scores, weights, place), lower),
        }
        for place, name in enumerate(categories)
    ]
    table = pd.DataFrame(found)
    table["q"] = adjusted(table.pop("p"))
    table["is_found"] = table["q"] <= ERROR_RATE
    table = table.sort_values("delta", ascending=False, na_position="last").reset_index(drop=True)
    return Findings(
        name="level-steps",
        question=f"What separates organizations at level {lower} from those at {lower + 1}?",
        formula="Cliff's delta of each category; the level is that of all other categories",
        source="Cliff 1993; Newcombe 2006; Holm 1979",
        n_organizations=len(rows),
        n_assessments=len(rows),
        table=table,
        figures={"edition": version, "lower": lower, "upper": lower + 1},
        notes=(
            f"Assurance: {said(rows, 'assurance')}.",
            (
                "Categories that separate go together with maturity; improving them need not"
                " improve the rest."
            ),
        ),
    )


def _level_of_others(scores: Floats, weights: Floats, place: int) -> Floats:
    """Level of each organization without one category; 0 where nothing else has a score."""
    has = ~np.isnan(scores)
    has[:, place] = False
    total = has @ weights
    mean = np.where(has, scores, 0.0) @ weights / np.maximum(total, 1e-9)
    return np.asarray(np.floor(mean + 1e-9) * (total > 0))


def _step(own: Floats, level: Floats, lower: int) -> dict[str, Any]:
    chosen = ~np.isnan(own) & np.isin(level, (lower, lower + 1))
    own, is_upper = own[chosen], level[chosen] == lower + 1
    below, above = own[~is_upper], own[is_upper]
    row: dict[str, Any] = {"n_lower": len(below), "n_upper": len(above)}
    if min(row.values()) < FEWEST:
        return row | dict.fromkeys(
            ("mean_lower", "mean_upper", "delta", "low", "high", "p"), np.nan
        )
    share, low, high = superiority(below, above)
    p = group_test(own, is_upper)[0]
    row |= {"mean_lower": float(below.mean()), "mean_upper": float(above.mean())}
    row |= {"delta": 2 * share - 1, "low": 2 * low - 1, "high": 2 * high - 1}
    return row | {"p": 1.0 if np.isnan(p) else p}
