"""
Which assessments are about the same thing: one record, or one history.

Two documents are the same **record** if they have the same official id; the later one
is a revision of the earlier. A **history** is what was found about one use case of one
organization on different days; names decide, whatever the case of their letters. What
has no name is a history of its own. Several assessors who rate on one day rate in
parallel: that is never progress, and one of them stands for the day.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pkimm_analytics.assessment import ASSURANCE_STRENGTH, Assessment, Source, State
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import model_of


def history_key(assessment: Assessment) -> tuple[str, str]:
    """
    Return what assessments of one history have in common.

    Returns
    -------
    tuple of str
        Organization and use case, folded; the id of the record where the use case has
        no name.
    """
    use_case = fold(assessment.use_case.name) or f"record {assessment.id}"
    return fold(assessment.organization.name), use_case


def fold(name: str) -> str:
    """Return a name as it is compared: without the case of its letters and extra spaces."""
    return " ".join(name.split()).casefold()


def histories(assessments: Iterable[Assessment]) -> dict[tuple[str, str], list[Assessment]]:
    """
    Sort assessments into histories, each oldest first with one assessment for a day.

    Of parallel ratings the one stands for the day that holds a consensus, then that
    with the strongest assurance, with most answers, and stored last.
    """
    found: dict[tuple[str, str], dict[str, Assessment]] = {}
    for assessment in sorted(latest_revisions(assessments), key=_standing):
        days = found.setdefault(history_key(assessment), {})
        days[assessment.date or f"undated {assessment.id}"] = assessment
    return {
        key: sorted(days.values(), key=lambda a: (a.date or "", a.id))
        for key, days in sorted(found.items())
    }


def previous_assessment(assessment: Assessment, others: Iterable[Assessment]) -> Assessment | None:
    """Latest assessment of an earlier day in the history of this one, of a known edition."""
    key, day = history_key(assessment), assessment.date or "9999"
    earlier = [
        other
        for other in others
        if history_key(other) == key and other.id != assessment.id and (other.date or "9999") < day
    ]
    installed = [other for other in earlier if _is_installed(other)]
    return next((days[-1] for days in histories(installed).values()), None)


def latest_revisions(assessments: Iterable[Assessment]) -> list[Assessment]:
    """Each record once, as it was changed last."""
    records: dict[tuple[str | None, ...], Assessment] = {}
    for assessment in assessments:
        held = records.get(record_key(assessment))
        if held is None or not is_later(held, assessment):
            records[record_key(assessment)] = assessment
    return list(records.values())


def is_same_record(one: Assessment, other: Assessment) -> bool:
    """
    Tell whether two documents are revisions of one record.

    An id that a program made (a UUID) decides. One that people gave, such as ``1``, says
    so only together with the names and the day.
    """
    return record_key(one) == record_key(other)


def is_same_content(one: Assessment, other: Assessment) -> bool:
    """Tell whether two downloads say the same, apart from when and how they were made."""
    return _content(one) == _content(other)


def is_later(one: Assessment, other: Assessment) -> bool:
    """Tell whether a revision was changed after another."""
    return _moment(one.updated) > _moment(other.updated)


def record_key(assessment: Assessment) -> tuple[str | None, ...]:
    """Return what all revisions of one record have in common; see :func:`is_same_record`."""
    if _is_uuid(assessment.id):
        return (assessment.id,)
    return (assessment.id, *history_key(assessment), assessment.date)


def _standing(assessment: Assessment) -> tuple[Any, ...]:
    """Order parallel ratings; the last one stands for its day."""
    answers = assessment.answers.values()
    return (
        any(answer.consensus for answer in answers),
        ASSURANCE_STRENGTH.get(str(assessment.assurance), -1),
        sum(answer.state is not State.UNANSWERED for answer in answers),
        assessment.updated or "",
        assessment.id,
    )


_STAMPS = ("exportedAt", "meta")
"""Fields of the official web tool that every download makes anew."""


def _content(assessment: Assessment) -> Assessment:
    extra = dict(assessment.extra)
    if isinstance(tool := extra.get("web_tool"), dict):
        extra["web_tool"] = {name: tool[name] for name in tool if name not in _STAMPS}
    return assessment.replace(source=Source(), updated=None, extra=extra)


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_installed(assessment: Assessment) -> bool:
    try:
        model_of(assessment.model)
    except PkimmError:
        return False
    return True
