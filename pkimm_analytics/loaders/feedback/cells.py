"""Cells of a form to values: moments, minutes, whole numbers, texts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Literal

from pkimm_analytics.feedback.comment import MAX_TEXT, NO_TEXT
from pkimm_analytics.loaders.feedback.words import fold, listed

Order = Literal["iso", "dmy", "mdy", "any"]

UNITS = {"seconds": 1 / 60, "minutes": 1.0, "hours": 60.0}
NO_UNIT = "no unit; say unit: minutes, hours or seconds in the column map"

_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_PARTS = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(
    r"(\d{1,2})/([A-Za-z]{3})/(\d{4}|\d{2})(?!\d)|([A-Za-z]{3})[a-z]*\.? (\d{1,2}), (\d{4})"
)
_CLOCK = re.compile(r"\D{0,3}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap])?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def moment_of(text: str, order: Order) -> dt.datetime | None:
    """
    Day, and time if there is one, that a cell begins with; None if there is none.

    Parameters
    ----------
    text : str
    order : {"iso", "dmy", "mdy", "any"}
        Order of day and month where the year stands last; ``any`` takes whichever is a
        day of the calendar, to tell days from other texts.

    Examples
    --------
    >>> moment_of("2026/11/25 1:02:11 PM GMT+1", "iso"), moment_of("25.11.26 13:02", "dmy")
    (datetime.datetime(2026, 11, 25, 13, 2, 11), datetime.datetime(2026, 11, 25, 13, 2))
    """
    text = text.strip()
    match = _ISO.match(text) or _PARTS.match(text) or _NAMED.match(text)
    day = None if match is None else _day_of(match, order)
    clock = _CLOCK.match(text, match.end()) if match and day else None
    if clock and int(clock[1]) < 24 and int(clock[2]) < 60 and day:
        half = (clock[4] or "").lower()
        hour = int(clock[1]) % 12 + (12 if half == "p" else 0) if half else int(clock[1])
        return day.replace(hour=hour, minute=int(clock[2]), second=min(int(clock[3] or 0), 59))
    return day


def day_of(text: str, order: Order) -> str | None:
    """Day that a cell begins with, ``YYYY-MM-DD``; None if there is none."""
    moment = moment_of(text, order)
    return None if moment is None else moment.date().isoformat()


def _day_of(match: re.Match[str], order: Order) -> dt.datetime | None:
    if match.re is _ISO:
        return _day(match[1], match[2], match[3])
    if match.re is _NAMED:
        day, month, year = match.group(1, 2, 3) if match[1] else match.group(5, 4, 6)
        name = month.lower()[:3]
        return _day(year, _MONTHS.index(name) + 1, day) if name in _MONTHS else None
    first, second, year = match[1], match[3], match[4]
    if order == "mdy":
        return _day(year, first, second)
    if order == "dmy":
        return _day(year, second, first)
    return (_day(year, second, first) or _day(year, first, second)) if order == "any" else None


def _day(year: str, month: str | int, day: str) -> dt.datetime | None:
    try:
        full = int(year) + (2000 if len(year) < 3 else 0)
        return dt.datetime(full, int(month), int(day))  # noqa: DTZ001  # forms name no zone
    except ValueError:
        return None


def day_order(texts: Sequence[str]) -> tuple[Order, bool]:
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


def minutes_of(text: str, factor: float | None) -> tuple[int | None, str]:
    """
    Minutes of a cell, or None and why there are none.

    Parameters
    ----------
    factor : float, optional
        Minutes of one of the question's units; None if it names none.

    Examples
    --------
    >>> [minutes_of(t, 1.0)[0] for t in ("45 min", "1,5 h", "1:30", "2 h 5 min", "90")]
    [45, 90, 90, 125, 90]
    >>> minutes_of("3", 60.0)[0], minutes_of("960 s", None)[0]
    (180, 16)
    """
    text = text.strip().casefold()
    if match := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::00)?", text):
        return int(match[1]) * 60 + int(match[2]), ""
    if re.search(r"\d\s*(?:-|–|—|to|bis|à)\s*\d", text) or "%" in text:
        return None, "a range or percentage; expected one number"
    total = 0.0
    for number, word in re.findall(r"(\d{1,6}(?:[.,]\d{1,2})?)\s*([^\W\d]*'?)\.?\s*", text):
        unit = _unit(word.strip("'")) if word else (1.0 if total else factor)
        if unit is None:
            return None, NO_UNIT if not word else "expected minutes, such as 45, 1:30 or 2 h"
        total += float(number.replace(",", ".")) * unit
    is_whole = re.fullmatch(r"(?:\d{1,6}(?:[.,]\d{1,2})?\s*[^\W\d]*[.']?\s*){1,3}", text)
    return (round(total), "") if is_whole else (None, "expected minutes, such as 45, 1:30 or 2 h")


def _unit(word: str) -> float | None:
    if word in {"m", "s", ""}:
        return {"m": 1.0, "s": 1 / 60, "": 1.0}[word]
    units = listed("units").items()
    return next((float(f) for f, words in units if fold(word) in map(fold, words)), None)


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
