"""
The sheet ActionPlans of the full workbook: a required level for each category, and texts.

The texts stand in 15 boxes whose titles are formulas. Box n belongs to the n-th
category, in the order of the sheet, that has an achieved and a required level; texts
stay in their box when that order changes, so the assignment is worked out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkimm_analytics.assessment import PLAN_PARTS, ActionPlan
from pkimm_analytics.loaders.sentences import Problems
from pkimm_analytics.loaders.sheets import is_empty
from pkimm_analytics.loaders.workbook.pages import Page, Pages
from pkimm_analytics.loaders.workbook.words import full_entry


def read_plans(
    pages: Pages, keys: Mapping[str, str], levels: Mapping[str, int], problems: Problems
) -> tuple[ActionPlan, ...]:
    """
    Read the action plans.

    Parameters
    ----------
    keys : mapping of str to str
        Element keys of the categories by code, in the order of the workbook.
    levels : mapping of str to int
        Level that the workbook shows for each category.
    """
    page = pages.find("actionplans", lambda page: page.find("required level"))
    if page is None:
        return ()
    required = _required_levels(page, keys, problems)
    boxes = _boxes(page, problems)
    with_box = [key for key in required if levels.get(key, 0) >= 1]
    texts = dict(zip(with_box, (parts for _, parts in boxes), strict=False))
    for where, parts in boxes[len(with_box) :]:
        if parts:
            problems.refuse(where, "box-without-category")
    return tuple(
        ActionPlan(element=key, target_level=level, **texts.get(key, {}))
        for key, level in required.items()
    )


def _required_levels(page: Page, keys: Mapping[str, str], problems: Problems) -> dict[str, int]:
    """Return the required levels by category, in the order of the workbook."""
    header, column = page.find("required level")[0]
    achieved = [c for row, c in page.find("achieved level") if row == header]
    rows = _category_rows(page, header, achieved[0] if achieved else column - 2)[: len(keys)]
    if len(rows) < len(keys):
        if any(not is_empty(page.at(row, column)) for row in rows):
            place = page.where(header, column)
            problems.refuse(place, "rows-of-plans", n=len(rows), expected=len(keys))
        return {}
    found = {}
    for row, key in zip(rows, keys.values(), strict=True):
        entry = full_entry(page.at(row, column))
        entry.say(page.where(row, column), problems)
        if isinstance(entry.level, int):
            found[key] = entry.level
    return found


def _category_rows(page: Page, header: int, achieved: int) -> list[int]:
    """
    Rows of the categories, in the order of the workbook; the first box may follow.

    They have both a title and an achieved level; rows of modules have a title only,
    and the numbers below the header have none.
    """
    end = min((row for row, _ in page.find(PLAN_PARTS[0])), default=header + 40)
    return [
        row
        for row, cells in page.cells.items()
        if header < row < end and achieved in cells and any(column < achieved for column in cells)
    ]


def _boxes(page: Page, problems: Problems) -> list[tuple[str, dict[str, Any]]]:
    """Place and texts of each box, in order."""
    boxes = []
    column = min((column for _, column in page.find(PLAN_PARTS[0])), default=0)
    starts = [row for row, place in page.find(PLAN_PARTS[0]) if place == column]
    for start, end in zip(starts, [*starts[1:], starts[-1] + 12] if starts else [], strict=True):
        parts: dict[str, Any] = {}
        for row in range(start, end):
            label = page.words(row, column)
            if label in PLAN_PARTS and label not in parts:
                text = page.text(*page.beside(row, column), problems)
                parts |= {label: (text,)} if text else {}
        boxes.append((page.where(start, column), parts))
    return boxes
