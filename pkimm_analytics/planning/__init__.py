"""Targets, the cheapest way to them, its phases, and what an organization decided to do."""

from pkimm_analytics.planning.program import PlanningError
from pkimm_analytics.planning.solver import (
    OVERALL,
    TOP,
    Effort,
    Impact,
    Plan,
    Raise,
    Target,
    cheapest_plan,
    impacts,
    limits_next_level,
    most_for,
    planned_assessment,
    score_of,
)

__all__ = [
    "OVERALL",
    "TOP",
    "Effort",
    "Impact",
    "Plan",
    "PlanningError",
    "Raise",
    "Target",
    "cheapest_plan",
    "impacts",
    "limits_next_level",
    "most_for",
    "planned_assessment",
    "score_of",
]
