"""
What synthetic respondents say, and how often they say what.

The words are in ``feedback.yaml``. Numbers are chosen to look plausible.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from pkimm_analytics.yaml_text import read_yaml


@cache
def words() -> dict[str, Any]:
    """Return lists of words by name, and the forms by language."""
    path = resources.files("pkimm_analytics.synthetic") / "feedback.yaml"
    document: dict[str, Any] = read_yaml(path.read_text("utf-8"), "feedback.yaml")
    return document


ROLE_SHARES = {
    "operator": 0.36,
    "assessor": 0.24,
    "vendor": 0.18,
    "relying-party": 0.14,
    "other": 0.08,
}

KIND_SHARES = {
    "typo": 0.1,
    "unclear": 0.3,
    "missing": 0.2,
    "out-of-scope": 0.1,
    "idea": 0.3,
}

CLARITY = 3.9
RELEVANCE = 3.8
STRICTNESS = 0.5
"""Standard deviation between respondents: some are strict about everything."""
NOISE = 0.8
"""Standard deviation of one respondent between elements."""

UNCLEAR_BY = 2.2
"""How much lower the unclear requirement is rated."""

DISPUTING = 0.16
"""Share of elements whose weight a usual respondent disputes."""

RATED_SHARE = 0.3
"""Share of all elements that a respondent rates."""
WRITING_SHARE = 0.4
"""Share of respondents who write something."""

MINUTES = (95.0, 0.6)
"""Median effort of an assessment in minutes, and its spread on the logarithmic scale."""

FACTOR_LOADING = 0.65
"""Share of maturity that all requirements have in common, as a correlation."""
CATEGORY_LOADING = 0.35
COPIED = 0.93
"""Share of assessments that answer the redundant requirement like its twin."""
SKIPPED = 0.04
NOT_APPLICABLE = 0.03
