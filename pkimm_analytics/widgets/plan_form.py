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
from pkimm_analytics.views.words import Language, catalogue
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


def roadmap_of(assessment: Assessment, settings: Mapping[str, str]) -> Roadmap:
    """
    Make the plan that the fields ask for.

    Raises
    ------
    PlanningError
        If a field cannot be read, or the target is out of reach.
    """
    return plan_for(assessment, plan_wish(settings))


def plan_form(settings: Mapping[str, str], model: Model, words: Language) -> h.Element:
    """Fields from which a plan is made; what few need is folded."""
    say = words.word

    def field(name: str, **attributes: str) -> h.Element:
        return text_field(name, say(f"plan.field.{name}"), settings[name], **attributes)

    chosen = settings["locked"].split()
    boxes = (
        h.label[
            h.input(type="checkbox", name="locked", value=key, checked=key in chosen),
            f" {words.named(key, name)}",
        ]
        for module in model.modules
        for key, name in [(module.id, module.name), *((c.key, c.name) for c in module.categories)]
    )
    return h.form(".pk-card", id="plan")[
        h.div(".pk-fields")[
            field("target", inputmode="decimal", size="6"),
            field("budget", inputmode="decimal", size="6"),
            field("start", type="date"),
            field("months", inputmode="numeric", size="3"),
            field("phases", inputmode="numeric", size="3"),
            button(
                say("plan.make"),
                "make_plan",
                data_form="",
                data_busy=say("plan.making"),
                class_="pk-button pk-primary",
            ),
        ],
        h.p(".pk-soft")[say("plan.about")],
        h.details(id="pk-plan-more")[
            h.summary[say("plan.more")],
            h.div(".pk-fields")[
                field(
                    "effort",
                    size="30",
                ),
                field("capacity", inputmode="decimal", size="6"),
                field("needs", size="40"),
            ],
            h.fieldset(".pk-locks")[h.legend[say("plan.locked")], boxes],
        ],
    ]


def plan_wish(settings: Mapping[str, str]) -> Wish:
    """
    Read the fields; an effort to spend takes the place of the score to reach.

    Raises
    ------
    PlanningError
        With one problem for each field that cannot be read.
    """
    problems: list[Problem] = []

    def read(name: str, expected: str, reader: Callable[[str], T]) -> T | None:
        text = settings.get(name, "").strip()
        needed = name in required
        try:
            return reader(text) if text or needed else None
        except (PlanningError, ValueError):
            label = catalogue().word(f"plan.field.{name}")
            problems.append(Problem(label, f"expected {expected}"))
            return None

    has_budget = bool(settings.get("budget", "").strip())
    required = {"months", "" if has_budget else "target"}
    required |= set() if settings.get("capacity", "").strip() else {"phases"}
    amount, whole = "a number above 0", "a whole number from 1 to 60"
    budget = read("budget", amount, _amount)
    targets = None
    if not has_budget:
        targets = read("target", "a number from 1 to 5", _targets)
    start = read("start", "YYYY-MM-DD", _day)
    capacity = read("capacity", amount, _amount)
    months = read("months", whole, _whole)
    phases = read("phases", whole, _whole)
    four = "four numbers, such as 1,2,3,5, and G.cryptography=2 for an element"
    effort = read("effort", four, lambda text: read_effort(text.split()))
    others = "ELEMENT=OTHER, with blanks between them"
    needs = read("needs", others, lambda text: read_needs(text.split()))
    if problems:
        raise PlanningError("The plan cannot be made from this.", problems)
    locked = frozenset(settings["locked"].split())
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
