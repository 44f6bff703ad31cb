"""
The fields of the plan's form: what is proposed, and what was written into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import Problem
from pkimm_analytics.planning import Effort, PlanningError, Target
from pkimm_analytics.planning.inputs import read_effort, read_needs, read_target
from pkimm_analytics.planning.roadmap import Calendar, is_day
from pkimm_analytics.scoring import score

FIELDS = ("target", "start", "months", "phases", "capacity", "effort", "needs")
EFFORT = "1,2,3,5"


@dataclass(frozen=True)
class PlanWish:
    """What a plan is made of, besides the assessment."""

    targets: tuple[Target, ...]
    when: Calendar
    effort: Effort
    needs: Mapping[str, list[str]]


def first_settings(assessment: Assessment) -> dict[str, str]:
    """Propose the next level, in four phases from the day after the assessment."""
    level = score(assessment).overall.level
    day = assessment.date or ""
    start = (date.fromisoformat(day) + timedelta(days=1)).isoformat() if is_day(day) else ""
    return {
        "target": str(min((level or 0) + 1, 5)),
        "start": start,
        "months": "3",
        "phases": "4",
        "capacity": "",
        "effort": EFFORT,
        "needs": "",
    }


def plan_wish(settings: Mapping[str, str]) -> PlanWish:
    """
    Read the fields.

    Raises
    ------
    PlanningError
        With one problem for each field that cannot be read.
    """
    problems: list[Problem] = []
    targets: tuple[Target, ...] = ()
    try:
        targets = tuple(map(read_target, settings["target"].split() or [""]))
    except PlanningError:
        problems.append(Problem("Overall score to reach", "expected a number from 1 to 5"))
    if settings["start"] and not is_day(settings["start"]):
        problems.append(Problem("First day", "expected YYYY-MM-DD"))
    capacity = _capacity(settings["capacity"], problems)
    months = _whole("Months in a phase", settings["months"], problems)
    phases = None
    if settings["phases"] or capacity is None:
        phases = _whole("Phases", settings["phases"], problems)
    effort, needs = Effort(), {}
    try:
        effort = read_effort(settings["effort"] or EFFORT)
    except PlanningError:
        problems.append(Problem("Effort of each step", "expected four numbers, such as 1,2,3,5"))
    try:
        needs = read_needs(filter(None, settings["needs"].replace(",", " ").split()))
    except PlanningError:
        problems.append(Problem("Dependencies", "expected ELEMENT=OTHER, with blanks between them"))
    if problems:
        raise PlanningError("The plan cannot be made from this.", problems)
    when = Calendar(settings["start"] or None, months, phases, capacity)
    return PlanWish(targets, when, effort, needs)


def _whole(label: str, text: str, problems: list[Problem]) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 60:
        return int(text)
    problems.append(Problem(label, "expected a whole number from 1 to 60"))
    return 1


def _capacity(text: str, problems: list[Problem]) -> float | None:
    if not text:
        return None
    try:
        capacity = float(text.replace(",", "."))
    except ValueError:
        capacity = 0.0
    if not 0 < capacity < float("inf"):
        problems.append(Problem("Effort that fits into a phase", "expected a number above 0"))
    return capacity
