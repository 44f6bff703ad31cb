"""
The form of a plan: its fields, what is proposed, and what was written into them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

import htpy as h

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model
from pkimm_analytics.planning import Effort, PlanningError, Target
from pkimm_analytics.planning.inputs import read_amount, read_effort, read_needs, read_target
from pkimm_analytics.planning.roadmap import Calendar, Roadmap, Wish, is_day, plan_for
from pkimm_analytics.scoring import Scores
from pkimm_analytics.widgets.page import button, text_field

EFFORT = "1,2,3,5"
T = TypeVar("T")


def first_settings(scores: Scores) -> dict[str, str]:
    """Propose the next level, in four phases from today on."""
    return {
        "target": str(min((scores.overall.level or 0) + 1, 5)),
        "budget": "",
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
    return plan_for(assessment, plan_wish(settings, locked))


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
            field("budget", "or the most for an effort of", inputmode="decimal", size="6"),
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
                field(
                    "effort",
                    "Effort of each step from level 1 to 5, of an element as G=2",
                    size="30",
                ),
                field("capacity", "Effort that fits into a phase", inputmode="decimal", size="6"),
                field("needs", "Prerequisites, such as G.cryptography=R.awareness", size="40"),
            ],
            h.fieldset(".pk-locks")[h.legend["Leave as it is"], boxes],
        ],
    ]


def plan_wish(settings: Mapping[str, str], locked: frozenset[str]) -> Wish:
    """
    Read the fields; an effort to spend takes the place of the score to reach.

    Raises
    ------
    PlanningError
        With one problem for each field that cannot be read.
    """
    problems: list[Problem] = []

    def read(name: str, where: str, expected: str, reader: Callable[[str], T]) -> T | None:
        text = settings.get(name, "").strip()
        needed = name in required
        try:
            return reader(text) if text or needed else None
        except (PlanningError, ValueError):
            problems.append(Problem(where, f"expected {expected}"))
            return None

    has_budget = bool(settings.get("budget", "").strip())
    required = {"months", "" if has_budget else "target"}
    required |= set() if settings.get("capacity", "").strip() else {"phases"}
    amount, whole = "a number above 0", "a whole number from 1 to 60"
    budget = read("budget", "The most for an effort of", amount, _amount)
    targets = None
    if not has_budget:
        targets = read("target", "Overall score to reach", "a number from 1 to 5", _targets)
    start = read("start", "First day", "YYYY-MM-DD", _day)
    capacity = read("capacity", "Effort that fits into a phase", amount, _amount)
    months = read("months", "Months in a phase", whole, _whole)
    phases = read("phases", "Phases", whole, _whole)
    four = "four numbers, such as 1,2,3,5, and G.cryptography=2 for an element"
    effort = read("effort", "Effort of each step", four, lambda text: read_effort(text.split()))
    others = "ELEMENT=OTHER, with blanks between them"
    needs = read("needs", "Prerequisites", others, lambda text: read_needs(text.split()))
    if problems:
        raise PlanningError("The plan cannot be made from this.", problems)
    when = Calendar(start, months or 1, phases, capacity)
    return Wish(targets or (), budget, when, effort or Effort(), needs or {}, locked)


def _targets(text: str) -> list[Target]:
    return [read_target(part) for part in text.split() or [""]]


def _amount(text: str) -> float:
    return read_amount(text, "")


def _day(text: str) -> str:
    if not is_day(text):
        raise PlanningError(text)
    return text


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 60):
        raise PlanningError(text)
    return int(text)
