"""
Kinds of alarm, and the rate of false ones that they share.

If nothing is wrong with the model, at most one round in twenty raises any alarm at all;
each kind has an equal part of that rate (Bonferroni).
"""

from __future__ import annotations

RATE = 0.05
"""Largest chance that a round in which nothing is wrong raises any alarm."""

KINDS = {
    "unclear": "rated less clear than its respondents rate elsewhere",
    "irrelevant": "rated less relevant than its respondents rate elsewhere",
    "weight disputed": "its weight is disputed more than other weights",
    "weight differs": "respondents would choose another weight",
    "roles differ": "roles rate it differently",
    "redundant": "answered like another requirement, beyond what the others explain",
    "dead": "says nearly nothing about the maturity that the others measure",
    "stuck": "nearly all assessments give the same level",
    "skipped": "left unanswered more often than other requirements",
    "not applicable": "set to not applicable more often than other requirements",
}
"""Kinds of alarm by their code, and what each means."""

RATE_OF_A_KIND = RATE / len(KINDS)
