"""
Action plans of the web tool's 2.0.0 generation, read and written.

A plan of the tool has lists of items with ids and marks where ours has texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pkimm_analytics.assessment import ActionPlan
from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.web_tool.entry import MAX_TEXT, place

MAX_ITEMS = 1_000

TEXTS = ("responsibility", "resources", "comments")
PARTS = ("objectives", "outputs", "tasks", *TEXTS, "schedule")
"""Parts of a plan that have the same name in the tool's plan and in ours."""
_ORDER = [
    *("targetLevel", "objectives", "outputs", "tasks", "responsibility", "targetDate"),
    *("resources", "comments"),
]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_plans(
    raw: Any, element: Callable[[str], str | None], problems: list[Problem]
) -> tuple[ActionPlan, ...]:
    """
    Read the field ``actionPlans``.

    Parameters
    ----------
    raw : object
        The field as it stands; None if there is none.
    element : callable
        Gives the element key of a key of the tool, None if the edition lacks it.
    problems : list of Problem
        Takes what is wrong.
    """
    if raw is None:
        return ()
    categories = raw.get("categories", {}) if isinstance(raw, Mapping) else None
    if not isinstance(categories, Mapping) or len(categories) > MAX_ITEMS:
        problems.append(Problem("actionPlans", "expected a map of categories. Kept as it is"))
        return ()
    plans = []
    for key, plan in categories.items():
        where = place("actionPlans", key)
        found = element(key)
        if found is None or not isinstance(plan, Mapping):
            message = "is no plan" if found else "the edition has no such element"
            problems.append(Problem(where, f"{message}. Kept aside"))
        else:
            plans.append(_read_plan(found, plan, where, problems))
    return tuple(plans)


def _read_plan(
    element: str, plan: Mapping[str, Any], where: str, problems: list[Problem]
) -> ActionPlan:
    fields = dict(plan)
    schedule = fields.get("schedule")
    if isinstance(schedule, str) and _DATE.fullmatch(schedule) and not fields.get("targetDate"):
        fields["targetDate"] = fields.pop("schedule")
    texts = {part: _texts_of(fields.get(part)) for part in PARTS}
    problems += [
        Problem(f"{where}.{part}", "expected texts. Kept as it is")
        for part, found in texts.items()
        if found is None
    ]
    level, date = fields.get("targetLevel"), fields.get("targetDate")
    is_level = type(level) is int and 1 <= level <= 5
    if level is not None and not is_level:
        problems.append(Problem(f"{where}.targetLevel", "expected 1 to 5. Kept as it is"))
    return ActionPlan(
        element=element,
        target_level=level if is_level else None,
        target_date=date if isinstance(date, str) and 0 < len(date) <= 200 else None,
        **{part: found or () for part, found in texts.items()},  # type: ignore[arg-type]
    )


def _texts_of(value: Any) -> tuple[str, ...] | None:
    """Texts of a part: one text, or a list of texts or items; None if it is neither."""
    if value is None or value == "":
        return ()
    items = value if isinstance(value, list) else [value]
    texts = [
        item.get("text", item.get("label")) if isinstance(item, Mapping) else item for item in items
    ]
    if len(texts) > MAX_ITEMS or any(not isinstance(t, str) or len(t) > MAX_TEXT for t in texts):
        return None
    return tuple(texts)


def write_plan(plan: ActionPlan) -> dict[str, Any]:
    """Write one plan in the tool's form, which has no schedule and one text for some parts."""
    fields = {"targetLevel": plan.target_level, "targetDate": plan.target_date}
    texts = {part: getattr(plan, part) for part in PARTS if part != "schedule"}
    fields |= {part: _written(part, some) for part, some in texts.items() if some}
    return {key: fields[key] for key in _ORDER if fields.get(key)}


def _written(part: str, texts: tuple[str, ...]) -> Any:
    numbered = list(enumerate(texts, 1))
    if part == "tasks":
        return [{"itemId": f"t{n}", "label": text, "done": False} for n, text in numbered]
    if part in TEXTS:
        return "\n".join(texts)
    letter = {"objectives": "o", "outputs": "p"}[part]
    return [{"id": f"{letter}{n}", "text": text} for n, text in numbered]
