"""
Action plans of the web tool's 2.0.0 generation, read and written.

A plan of the tool has lists of items with ids and marks where ours has texts. The
texts become ours; what they came from is kept beside them and written back as long
as the texts are still the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pkimm_analytics.assessment import ActionPlan
from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.web_tool.entry import KEPT, MAX_TEXT, kept_fields, place
from pkimm_analytics.model import Model

MAX_ITEMS = 1_000

LISTS = ("objectives", "outputs", "tasks")
TEXTS = ("responsibility", "resources", "comments")
PARTS = (*LISTS, *TEXTS, "schedule")
"""Parts of a plan that have the same name in the tool's plan and in ours."""

_FIELDS = (
    "targetLevel",
    *LISTS,
    "responsibility",
    "responsiblePocId",
    "targetDate",
    "resources",
    "comments",
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_plans(
    raw: Any, element: Callable[[str], str | None], model: Model, problems: list[Problem]
) -> tuple[tuple[ActionPlan, ...], dict[str, Any]]:
    """
    Read the field ``actionPlans``.

    Parameters
    ----------
    raw : object
        The field as it stands; None if there is none.
    element : callable
        Gives the element key of a key of the tool, None if the edition lacks it.
    model : Model
    problems : list of Problem
        Takes what is wrong.

    Returns
    -------
    tuple of ActionPlan
    dict
        What of the field did not become a plan.
    """
    if raw is None:
        return (), {}
    categories = raw.get("categories", {}) if isinstance(raw, Mapping) else None
    if not isinstance(categories, Mapping) or len(categories) > MAX_ITEMS:
        problems.append(Problem("actionPlans", "expected a map of categories. Kept as it is"))
        return (), {"actionPlans": raw}
    plans = []
    aside = {}
    for key, plan in categories.items():
        where = place("actionPlans", key)
        found = element(key)
        if found is None or not isinstance(plan, Mapping):
            message = "is no plan" if found else f"{model.edition} has no such element"
            problems.append(Problem(where, f"{message}. Kept aside"))
            aside[key] = plan
        else:
            plans.append(_read_plan(found, plan, where, problems))
    rest = {key: value for key, value in raw.items() if key != "categories"}
    left = rest | ({"categories": aside} if aside else {})
    return tuple(plans), {"actionPlans": left} if left or not plans else {}


def _read_plan(
    element: str, plan: Mapping[str, Any], where: str, problems: list[Problem]
) -> ActionPlan:
    rest = dict(plan)
    parts: dict[str, tuple[str, ...]] = {}
    date = rest.get("targetDate")
    if _is_date(rest.get("schedule")) and not date:
        date = rest.pop("schedule")
    for part in PARTS:
        texts = texts_of(rest.get(part))
        if texts is None:
            problems.append(Problem(f"{where}.{part}", "expected texts. Kept as it is"))
            continue
        parts[part] = texts
        if texts and rest[part] == write_part(part, texts):
            rest.pop(part)
    level = rest.get("targetLevel")
    target = level if type(level) is int and 1 <= level <= 5 else None
    if target is None and level is not None:
        problems.append(Problem(f"{where}.targetLevel", "expected 1 to 5. Kept as it is"))
    if target is not None:
        rest.pop("targetLevel")
    known = date if isinstance(date, str) and 0 < len(date) <= 200 else None
    if known is not None:
        rest.pop("targetDate", None)
    return ActionPlan(
        element=element,
        target_level=target,
        target_date=known,
        **parts,
        extra={KEPT: rest} if rest else {},
    )


def texts_of(value: Any) -> tuple[str, ...] | None:
    """Texts of a part: one text, or a list of texts or items; None if it is neither."""
    if value is None or value == "":
        return ()
    items = value if isinstance(value, list) else [value]
    texts = [_text_of(item) for item in items]
    if len(texts) > MAX_ITEMS or any(text is None or len(text) > MAX_TEXT for text in texts):
        return None
    return tuple(text for text in texts if text is not None)


def _text_of(item: Any) -> str | None:
    if isinstance(item, Mapping):
        item = item.get("text", item.get("label"))
    return item if isinstance(item, str) else None


def write_part(part: str, texts: tuple[str, ...]) -> Any:
    """Write the texts of a part in the tool's form."""
    if part == "tasks":
        return [
            {"itemId": f"t{number}", "label": text, "done": False}
            for number, text in enumerate(texts, 1)
        ]
    if part in LISTS:
        letter = "o" if part == "objectives" else "p"
        return [{"id": f"{letter}{number}", "text": text} for number, text in enumerate(texts, 1)]
    return "\n".join(texts)


def write_plan(plan: ActionPlan) -> dict[str, Any]:
    """Write one plan in the tool's form; see :func:`plan_losses` for what that leaves out."""
    kept = kept_fields(plan.extra)
    written: dict[str, Any] = {}
    if plan.target_level is not None:
        written["targetLevel"] = plan.target_level
    if plan.target_date:
        written["targetDate"] = plan.target_date
    for part in PARTS:
        texts = getattr(plan, part)
        raw = kept.pop(part, None)
        if raw is not None and (texts_of(raw) or ()) == texts:
            written[part] = raw
        elif texts and part != "schedule":
            written[part] = write_part(part, texts)
    every = {**kept, **written}
    return {key: every[key] for key in sorted(every, key=_order)}


def plan_losses(plans: Iterable[ActionPlan]) -> list[str]:
    """Say what the tool's plans cannot hold of these."""
    found = []
    seen: set[str] = set()
    for plan in plans:
        kept = kept_fields(plan.extra)
        if plan.element.count(".") != 1 or plan.element in seen:
            found.append("action plans other than one for each category")
        seen.add(plan.element)
        if plan.schedule and texts_of(kept.get("schedule")) != plan.schedule:
            found.append("the schedule of action plans")
        if any(len(getattr(plan, part)) > 1 and part not in kept for part in TEXTS):
            found.append("the bounds between items of responsibility, resources and comments")
    return list(dict.fromkeys(found))


def _order(field: str) -> int:
    return _FIELDS.index(field) if field in _FIELDS else len(_FIELDS)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None
