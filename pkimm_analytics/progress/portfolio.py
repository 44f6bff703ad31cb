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
from pkimm_analytics.planning import limits_next_level
from pkimm_analytics.progress.bridge import compare
from pkimm_analytics.scoring import score

if TYPE_CHECKING:
    import pandas as pd

MOST_LIMITS = 3
MODE_WORDS = {"self": "self-assessment", "full": "full assessment"}
ASSURANCE_WORDS = {"self": "self-assessed", "formal": "formal", "third-party": "third party"}


def usable(history: Iterable[Assessment]) -> list[Assessment]:
    """Leave out the assessments that cannot be scored, such as of an unknown edition."""
    return [assessment for assessment in history if _can_be_scored(assessment)]


def _can_be_scored(assessment: Assessment) -> bool:
    try:
        score(assessment)
    except PkimmError:
        return False
    return True


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
    latest = found[-1]
    row: dict[str, Any] = {
        "group": latest.organization.parent,
        "organization": latest.organization.name,
        "use_case": latest.use_case.name,
        "n_assessments": len(found),
        "date": latest.date,
        "edition": str(latest.model),
        "mode": MODE_WORDS[latest.mode],
        "assurance": ASSURANCE_WORDS.get(latest.assurance or "", ""),
        "limits": "",
        "level_name": "",
        "problem": "",
    }
    try:
        scores = score(latest)
    except PkimmError as error:
        return row | {"problem": error.message}
    overall, model = scores.overall, scores.model
    for name in ("score", "level", "percentage", "coverage"):
        row[name] = getattr(overall, name)
    if overall.level is not None:
        row["next_level"], limiting = limits_next_level(latest)
        row["level_name"] = model.level_name(overall.level)
        row["limits"] = ", ".join(model.name(impact.key) for impact in limiting[:MOST_LIMITS])
    return row | (_since(found[-2], latest) if len(found) > 1 else {})


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
