"""
How many examples a property is tried on: few at work, more in CI, many by `make thorough`.

A property says how many suit CI; the profile scales that.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

CI = 100
"""Examples of the profile that the counts of properties are written for."""

# A busy machine is slow now and then, which is no defect. CI tries the same examples
# every time, so that a failure there can be repeated.
settings.register_profile("quick", deadline=None, max_examples=CI // 4)
settings.register_profile("ci", deadline=None, max_examples=CI, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=20 * CI)


def load_profile() -> None:
    """
    Take the profile of the place; pytest's --hypothesis-profile has precedence.
    """
    settings.load_profile("ci" if os.environ.get("CI") else "quick")


def how_many(in_ci: int, at_least: int = 5) -> int:
    """
    Return a number of examples, scaled to the profile.
    """
    return max(at_least, in_ci * settings().max_examples // CI)


def examples(in_ci: int, at_least: int = 5, **others: Any) -> settings:
    """
    Return Hypothesis' settings for a property that CI tries `in_ci` times.
    """
    return settings(max_examples=how_many(in_ci, at_least), **others)
