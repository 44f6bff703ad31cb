"""
Fields of a web tool record that have one of our own, apart from the ratings.

Every function takes what it understands out of a map of the fields that are left.
What is of another kind than expected stays there and is written back as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pkimm_analytics.assessment import (
    Assessor,
    Assurance,
    Environment,
    Organization,
    Period,
    UseCase,
)
from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.web_tool.entry import MAX_TEXT

_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


def read_details(rest: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Take the fields that have one of our own out of those that are left."""

    def text(field: str, *, always: bool = False) -> str:
        return take_text(rest, field, "", problems, always=always)

    surroundings = rest.get("pkiEnvironment")
    around = dict(surroundings) if isinstance(surroundings, Mapping) else {}

    def environment(field: str) -> str:
        return take_text(around, field, "pkiEnvironment", problems)

    details = {
        "use_case": UseCase(
            name=text("assessmentName", always=True),
            description=text("useCaseDescription", always=True),
            components=environment("components"),
            out_of_scope=environment("outOfScopeConsiderations"),
        ),
        "environment": Environment(
            high_level_design=environment("highLevelDesign"),
            points_of_interaction=environment("pointsOfInteraction"),
        ),
        "organization": Organization(name=text("organizationName")),
        "assessor": Assessor(
            name=text("assessorName", always=True),
            position=_take_one_of(rest, "assessorPosition", ("internal", "external"), problems),
            company=text("assessorCompany"),
        ),
        "assurance": _assurance(rest, problems),
        "period": Period(
            start=_take_date(rest, "startDate", problems),
            target=_take_date(rest, "targetDate", problems),
            finish=_take_date(rest, "finishDate", problems),
        ),
        "updated": _updated(rest),
    }
    if isinstance(surroundings, Mapping):
        rest["pkiEnvironment"] = around
        if surroundings and not around:
            rest.pop("pkiEnvironment")
    return details


def _assurance(rest: dict[str, Any], problems: list[Problem]) -> Assurance | None:
    known = _take_one_of(rest, "assessmentType", tuple(a.value for a in Assurance), problems)
    return None if known is None else Assurance(known)


def _take_one_of(
    rest: dict[str, Any], field: str, codes: tuple[str, ...], problems: list[Problem]
) -> str | None:
    value = rest.get(field)
    if isinstance(value, str) and value in codes:
        rest.pop(field)
        return value
    if value not in (None, ""):
        message = f"expected {', '.join(codes)}. Kept as it is"
        problems.append(Problem(field, message, refused=False))
    return None


def _take_date(rest: dict[str, Any], field: str, problems: list[Problem]) -> str | None:
    value = rest.get(field)
    if isinstance(value, str) and _DATE.fullmatch(value):
        rest.pop(field)
        return value
    if value not in (None, ""):
        message = "expected a date as YYYY-MM-DD. Kept as it is"
        problems.append(Problem(field, message, refused=False))
    return None


def _updated(rest: Mapping[str, Any]) -> str | None:
    """Time of the last change; it stays in ``meta`` too, which the writer brings up to date."""
    meta = rest.get("meta")
    value = meta.get("updatedAt") if isinstance(meta, Mapping) else None
    usable = isinstance(value, str) and _DATE.fullmatch(value[:10]) and len(value) <= 200
    return value if usable else None


def take_text(
    rest: dict[str, Any], field: str, where: str, problems: list[Problem], *, always: bool = False
) -> str:
    """
    Take a text out of the fields that are left; what is no text stays there.

    An empty one stays too, unless the tool `always` writes that field.
    """
    value = rest.get(field)
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        if value or always:
            rest.pop(field)
        return value
    if value is not None:
        message = f"expected text of at most {MAX_TEXT:,} characters. Kept as it is"
        problems.append(Problem(f"{where}.{field}".lstrip("."), message, refused=False))
    return ""
