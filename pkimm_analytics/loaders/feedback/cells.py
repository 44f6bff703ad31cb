"""Cells of a form to values: days, minutes, whole numbers, texts."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from pkimm_analytics.feedback.comment import MAX_TEXT, NO_TEXT

Order = Literal["iso", "dmy", "mdy", "any"]

_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_PARTS = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)")


def day_of(text: str, order: Order) -> str | None:
    """
    Day that a cell begins with, ``YYYY-MM-DD``; None if there is none.

    Parameters
    ----------
    text : str
    order : {"iso", "dmy", "mdy", "any"}
        Order of day and month where the year stands last; ``any`` takes whichever is a
        day of the calendar, to tell days from other texts.

    Examples
    --------
    >>> day_of("2026/11/25 1:02:11 PM GMT+1", "iso"), day_of("25.11.2026 13:02", "dmy")
    ('2026-11-25', '2026-11-25')
    """
    text = text.strip()
    match = _ISO.match(text)
    if match:
        return _day(int(match[1]), int(match[2]), int(match[3]))
    match = _PARTS.match(text)
    if not match or order == "iso":
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    year += 2000 if year < 100 else 0
    if order == "any":
        return _day(year, second, first) or _day(year, first, second)
    month, day = (second, first) if order == "dmy" else (first, second)
    return _day(year, month, day)


def day_order(texts: list[str]) -> tuple[Order, bool]:
    """
    Order of day and month in a column, and whether that is certain.

    A number above 12 decides; dots stand between day and month in this order. Otherwise
    the month is taken to stand first, as the largest form tools write it.
    """
    matches = [match for text in texts if (match := _PARTS.match(text.strip()))]
    if not matches:
        return "iso", True
    if any(int(match[1]) > 12 for match in matches):
        return "dmy", True
    if any(int(match[3]) > 12 for match in matches):
        return "mdy", True
    return ("dmy", True) if matches[0][2] == "." else ("mdy", False)


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def whole_of(text: str) -> int | None:
    """
    Whole number of a cell, None if it is none.

    Examples
    --------
    >>> whole_of("5.0"), whole_of("five")
    (5, None)
    """
    match = re.fullmatch(r"\s*(\d{1,6})(?:[.,]0+)?\s*", text)
    return int(match[1]) if match else None


def minutes_of(text: str) -> int | None:
    """
    Minutes of a cell: a number, or hours and minutes.

    Examples
    --------
    >>> minutes_of("45 min"), minutes_of("1,5 h"), minutes_of("1:30"), minutes_of("2 h 5 min")
    (45, 90, 90, 125)
    """
    text = text.strip().casefold()
    if match := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::00)?", text):
        return int(match[1]) * 60 + int(match[2])
    hours, number = r"h|hrs?|hours?|std|stunden?|heures?|horas?|ore|uur", r"\d{1,5}(?:[.,]\d{1,2})?"
    minutes = r"m|mins?|minutes?|minuten?|minutos?|minuti|'"
    if match := re.fullmatch(
        rf"({number})\s*(?:{hours})\.?(?:\s*(\d{{1,2}})\s*(?:{minutes})?)?", text
    ):
        return round(60 * _number(match[1])) + int(match[2] or 0)
    if match := re.fullmatch(rf"({number})\s*(?:(?:{minutes})\.?)?", text):
        return round(_number(match[1]))
    return None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def clean_text(text: str) -> tuple[str | None, str]:
    """
    Text of a comment, or None and why it was left out.

    Line ends become one kind; characters that no text has become blanks.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = NO_TEXT.sub(" ", plain).strip()
    if len(plain) > MAX_TEXT:
        return None, f"{len(plain):,} characters; expected at most {MAX_TEXT:,}; left out"
    return plain or None, ""
