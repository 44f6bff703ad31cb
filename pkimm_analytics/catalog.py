"""
What a workspace has: a list to choose from, and what came before an assessment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkimm_analytics.assessment import Assessment, State, carry
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.files import read_limited
from pkimm_analytics.model import model_of
from pkimm_analytics.workspace import Workspace

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list of assessments shows of one; read without checking the whole file."""

    id: str
    mode: str
    use_case: str
    organization: str
    assessor: str
    version: str
    updated: str
    n_answers: int
    is_locked: bool


def summaries(workspace: Workspace) -> list[Summary]:
    """
    List the assessments of a workspace that were stored last, newest first.

    Files that are not readable are left out; ``pkimm import`` names them.
    """
    newest = sorted(workspace.files(), key=_modified, reverse=True)[:MOST_LISTED]
    return [found for path in newest if (found := _summary(path)) is not None]


def _summary(path: Path) -> Summary | None:
    try:
        document = json.loads(read_limited(path))
        answers = document["answers"].values()
        return Summary(
            id=str(document["id"]),
            mode=str(document["mode"]),
            use_case=str(document.get("use_case", {}).get("name", "")),
            organization=str(document.get("organization", {}).get("name", "")),
            assessor=str(document.get("assessor", {}).get("name", "")),
            version=str(document["model"]["version"]),
            updated=str(document.get("updated") or ""),
            n_answers=sum(a["state"] != State.UNANSWERED for a in answers),
            is_locked=bool(document.get("locked")),
        )
    except (PkimmError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def summary_document(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain data."""
    return {name: getattr(summary, name) for name in Summary.__slots__}


def earlier_assessment(workspace: Workspace, assessment: Assessment) -> Assessment | None:
    """
    Latest earlier assessment of the same use case, as it was made.

    The use case and the organization are the same if their names are, whatever the
    case of the letters. None if there is none of an edition that is installed, or the
    use case has no name yet.
    """
    name = _name(assessment.use_case.name)
    if not name:
        return None
    fitting = [
        stored.assessment
        for stored in workspace.stored(problems=[])
        if stored.assessment.id != assessment.id
        and _name(stored.assessment.use_case.name) == name
        and _name(stored.assessment.organization.name) == _name(assessment.organization.name)
        and (stored.assessment.date or "") <= (assessment.date or "9999")
    ]
    return next((one for one in reversed(fitting) if _is_installed(one)), None)


def previous_assessment(workspace: Workspace, assessment: Assessment) -> Assessment | None:
    """Carry the :func:`earlier_assessment` to the edition of this one."""
    earlier = earlier_assessment(workspace, assessment)
    if earlier is None:
        return None
    return carry(earlier, model_of(earlier.model), model_of(assessment.model))


def _is_installed(assessment: Assessment) -> bool:
    try:
        model_of(assessment.model)
    except PkimmError:
        return False
    return True


def _name(text: str) -> str:
    return " ".join(text.split()).casefold()


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
