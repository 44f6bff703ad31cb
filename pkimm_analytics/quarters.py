"""
Quarters, written ``2026Q3``: the only dates that leave an organization.

As a whole number, quarters since the year 0, they can be subtracted.
"""

from __future__ import annotations

import datetime as dt
import re

_WRITTEN = re.compile(r"[0-9]{4}Q[1-4]")


def is_quarter(text: str) -> bool:
    """Whether a text is a quarter."""
    return _WRITTEN.fullmatch(text) is not None


def ordinal(quarter: str) -> int:
    """
    Quarters since the year 0.

    Raises
    ------
    ValueError
        If it is no quarter; see :func:`is_quarter`.
    """
    if not is_quarter(quarter):
        raise ValueError("A quarter is written like 2026Q3.")
    return int(quarter[:4]) * 4 + int(quarter[5]) - 1


def spelled(number: int) -> str:
    """
    Quarter as text.

    Examples
    --------
    >>> spelled(ordinal("2026Q4") + 1)
    '2027Q1'
    """
    return f"{number // 4:04d}Q{number % 4 + 1}"


def running_quarter(day: dt.date | None = None) -> str:
    """Quarter that a day is in, in UTC today if none is given."""
    day = day or dt.datetime.now(dt.UTC).date()
    return spelled(day.year * 4 + (day.month - 1) // 3)


def last_quarter(day: dt.date | None = None) -> str:
    """Quarter that ended last before a day, in UTC today if none is given."""
    return spelled(ordinal(running_quarter(day)) - 1)
