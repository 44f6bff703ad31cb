"""
What respondents thought of the model and the process, and what the figures say.

Everything here takes the table ``remarks`` (and assessments, for the quality of
questions) and returns tidy tables for analysts. What may be published of it comes from
:mod:`.public` alone.
"""

from pkimm_analytics.feedback.alarms import KINDS, RATE, RATE_OF_A_KIND, alarms
from pkimm_analytics.feedback.changes import changes
from pkimm_analytics.feedback.consensus import agreement_a, consensus, split_opinions
from pkimm_analytics.feedback.coverage import Coverage, coverage
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.items import (
    Answered,
    answered,
    item_statistics,
    newest_of_each,
    redundancy,
)
from pkimm_analytics.feedback.likert import likert, weight_votes, wilson
from pkimm_analytics.feedback.outliers import standing_out
from pkimm_analytics.feedback.ratings import SCALES, newest_round, of_round, ratings
from pkimm_analytics.feedback.reliability import reliability
from pkimm_analytics.feedback.roles import role_differences
from pkimm_analytics.feedback.themes import Themes, find_themes
from pkimm_analytics.feedback.weights import chosen_weights, rescored, with_weights

__all__ = [
    "KINDS",
    "RATE",
    "RATE_OF_A_KIND",
    "SCALES",
    "Answered",
    "Coverage",
    "Themes",
    "agreement_a",
    "alarms",
    "answered",
    "changes",
    "chosen_weights",
    "consensus",
    "coverage",
    "find_themes",
    "item_statistics",
    "likert",
    "near_duplicates",
    "newest_of_each",
    "newest_round",
    "of_round",
    "ratings",
    "redundancy",
    "reliability",
    "rescored",
    "role_differences",
    "split_opinions",
    "standing_out",
    "weight_votes",
    "wilson",
    "with_weights",
]
