"""
Answers to maturity scores of categories, modules, the whole PKI and its extensions.

A **score** is a weighted mean of maturity levels, 1.0 to 5.0, and keeps its fraction.
A **level** is the score rounded down. A single assessment is a batch of one.
"""

from pkimm_analytics.scoring.batch import (
    NOT_APPLICABLE,
    UNANSWERED,
    BatchScores,
    Codes,
    Ratio,
    Unanswered,
    score_batch,
)
from pkimm_analytics.scoring.document import scores_to_json, tool_figures
from pkimm_analytics.scoring.extensions import score_extension
from pkimm_analytics.scoring.figures import ExtensionScores, Figure, Scores, figure_text
from pkimm_analytics.scoring.formula import category_score, exact_mean
from pkimm_analytics.scoring.lines import plain_lines
from pkimm_analytics.scoring.single import answer_codes, score, score_all

SCORING_VERSION = "1"
"""Changes whenever a published figure would change; stored beside every score."""

__all__ = [
    "NOT_APPLICABLE",
    "SCORING_VERSION",
    "UNANSWERED",
    "BatchScores",
    "Codes",
    "ExtensionScores",
    "Figure",
    "Ratio",
    "Scores",
    "Unanswered",
    "answer_codes",
    "category_score",
    "exact_mean",
    "figure_text",
    "plain_lines",
    "score",
    "score_all",
    "score_batch",
    "score_extension",
    "scores_to_json",
    "tool_figures",
]
