"""
Several use cases and organizations at a glance: where each stands and what holds it back.

It is for a group that follows all its PKIs, and for assessors who follow many
organizations. It stays where the assessments are: nothing in it is anonymous.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.history import histories
from pkimm_analytics.model import model_of
from pkimm_analytics.overview import workspace_table
from pkimm_analytics.planning import limits_next_level
from pkimm_analytics.progress.bridge import compare

if TYPE_CHECKING:
    import pandas as pd

MOST_LIMITS = 3


def portfolio_table(assessments: Iterable[Assessment]) -> pd.DataFrame:
    """
    Tabulate the latest assessment of each use case.

    Parameters
    ----------
    assessments : iterable of Assessment
        Of any organizations, in any order.

    Returns
    -------
    DataFrame
        One row for each use case, by group (parent organization), organization and
        name: ``group, organization, use_case, n_assessments, date, edition, mode,
        assurance, score, level, level_name, percentage, coverage``, then ``previous``
        (date), ``change`` and ``like_for_like`` since then, ``next_level`` and
        ``limits`` (names of what holds it back most), and ``problem`` where there is
        no score.
    """
    import pandas as pd

    rows = [_row(found) for found in histories(assessments).values()]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    frame = frame.astype(dict.fromkeys(("change", "like_for_like", "score"), "Float64"))
    frame = frame.astype({"next_level": "Int64", "level": "Int64"})
    order = ["group", "organization", "use_case"]
    return frame.sort_values(order, kind="stable", ignore_index=True)


_COLUMNS = [
    *("group", "organization", "use_case", "n_assessments", "date", "edition", "mode"),
    *("assurance", "score", "level", "level_name", "percentage", "coverage"),
    *("previous", "change", "like_for_like", "next_level", "limits", "problem"),
]


def _row(found: Sequence[Assessment]) -> dict[str, Any]:
    import pandas as pd

    latest = found[-1]
    table = workspace_table([latest])
    row: Any = table.drop(columns=["id", "synthetic"]).to_dict("records")[0]
    row |= {"group": latest.organization.parent, "n_assessments": len(found), "limits": ""}
    if row["problem"]:
        return dict(row)
    level, limiting = limits_next_level(latest) if pd.notna(row["score"]) else (None, [])
    row["next_level"] = level
    model = model_of(latest.model)
    row["limits"] = ", ".join(model.name(impact.key) for impact in limiting[:MOST_LIMITS])
    return dict(row) | (_since(found[-2], latest) if len(found) > 1 else {})


def _since(before: Assessment, after: Assessment) -> dict[str, Any]:
    try:
        step = compare(before, after)
    except PkimmError:
        return {"previous": before.date}  # of an edition that is not installed
    older, newer = (side.overall.value for side in step.like_for_like)
    return {
        "previous": before.date,
        "change": None if step.overall.change is None else float(step.overall.change),
        "like_for_like": None if older is None or newer is None else float(newer - older),
    }


def portfolio_sentence(table: pd.DataFrame) -> str:
    """
    Say in one sentence what a portfolio shows.

    It counts use cases and averages nothing: scores of different editions and
    assurances are not pooled.
    """
    scored = table["score"].notna()
    up, down = (table["like_for_like"] > 0).sum(), (table["like_for_like"] < 0).sum()
    cases = f"{len(table)} use case{'' if len(table) == 1 else 's'}"
    organizations = table["organization"].nunique()
    return (
        f"{cases} of {organizations} organization{'' if organizations == 1 else 's'}, "
        f"{int(scored.sum())} with a score; like for like {int(up)} rose and {int(down)} fell"
        " since the assessment before."
    )
