"""
The form of a plan: its fields, what is proposed, and what was written into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import htpy as h

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model
from pkimm_analytics.planning import Effort, PlanningError, Target, cheapest_plan
from pkimm_analytics.planning.inputs import read_effort, read_needs, read_target
from pkimm_analytics.planning.roadmap import Calendar, Roadmap, is_day, roadmap
from pkimm_analytics.scoring import Scores
from pkimm_analytics.widgets.page import button, text_field

EFFORT = "1,2,3,5"


@dataclass(frozen=True)
class PlanWish:
    """What a plan is made of, besides the assessment."""

    targets: tuple[Target, ...]
    when: Calendar
    effort: Effort
    needs: Mapping[str, list[str]]


def first_settings(scores: Scores) -> dict[str, str]:
    """Propose the next level, in four phases from today on."""
    return {
        "target": str(min((scores.overall.level or 0) + 1, 5)),
        "start": date.today().isoformat(),  # noqa: DTZ011  # the day where the user is
        "months": "3",
        "phases": "4",
        "capacity": "",
        "effort": EFFORT,
        "needs": "",
        "locked": "",
    }


def roadmap_of(
    assessment: Assessment, settings: Mapping[str, str], locked: frozenset[str]
) -> Roadmap:
    """
    Make the plan that the fields ask for.

    Raises
    ------
    PlanningError
        If a field cannot be read, or the target is out of reach.
    """
    wish = plan_wish(settings)
    effort, needs, targets = wish.effort, wish.needs, wish.targets
    plan = cheapest_plan(assessment, targets, effort=effort, needs=needs, locked=locked)
    return roadmap(assessment, plan, when=wish.when, effort=effort, needs=needs, targets=targets)


def plan_form(settings: Mapping[str, str], model: Model) -> h.Element:
    """Fields from which a plan is made; what few need is folded."""

    def field(name: str, label: str, **attributes: str) -> h.Element:
        return text_field(name, label, settings[name], **attributes)

    chosen = settings["locked"].split()
    boxes = (
        h.label[
            h.input(type="checkbox", name="locked", value=key, checked=key in chosen), f" {name}"
        ]
        for module in model.modules
        for key, name in [(module.id, module.name), *((c.key, c.name) for c in module.categories)]
    )
    return h.form(".pk-card", id="plan")[
        h.div(".pk-fields")[
            field("target", "Overall score to reach", inputmode="decimal", size="6"),
            field("start", "First day", type="date"),
            field("months", "Months in a phase", inputmode="numeric", size="3"),
            field("phases", "Phases", inputmode="numeric", size="3"),
            button(
                "Make a plan",
                "make_plan",
                data_form="",
                data_busy="Planning …",
                class_="pk-button pk-primary",
            ),
        ],
        h.p(".pk-soft")[
            "The cheapest set of steps that reaches the target. Higher steps cost more; these"
            " efforts are ours and provisional."
        ],
        h.details(id="pk-plan-more")[
            h.summary["Effort, prerequisites, what stays as it is"],
            h.div(".pk-fields")[
                field("effort", "Effort of each step, from level 1 to 5", size="12"),
                field("capacity", "Effort that fits into a phase", inputmode="decimal", size="6"),
                field("needs", "Prerequisites, such as G.cryptography=R.awareness", size="40"),
            ],
            h.fieldset(".pk-locks")[h.legend["Leave as it is"], boxes],
        ],
    ]


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
