"""
What a cell of a table or workbook means: a level, a day, yes or no.

People write a level in many ways ("3", "3 - Advanced", "Advanced", "N.A."). What has one
meaning is read; everything else is refused with what would have been right. A message
repeats a cell only where it cannot be a name that has slipped into the wrong column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources

from pkimm_analytics.assessment import State
from pkimm_analytics.loaders.sentences import sentence
from pkimm_analytics.loaders.sheets import Fault, Value, text_of
from pkimm_analytics.yaml_text import read_yaml

YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_NUMBER = r"(?P<number>[1-5])(?:[.,]0{1,9})?"
_NAME = r"(?P<name>[^\W\d_][^\d_]{0,40}?)"
_WORD = r"(?:(?:maturity )?level|reifegrad|stufe|l)? ?"
_LEVELS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_WORD}{_NUMBER}(?: ?[-:=.)(\[/,]{{0,2}} ?{_NAME}[)\]]?)?",
        rf"{_NAME} ?[-:=(\[/,]{{1,2}} ?{_WORD}{_NUMBER}[)\]]?",
        rf"{_NAME}",
    )
)
_FILE = resources.files("pkimm_analytics.loaders") / "cells.yaml"
_WORDS = read_yaml(_FILE.read_text(encoding="utf-8"), _FILE.name)
_NOT_APPLICABLE = frozenset(_WORDS["not_applicable"])
_NO_ANSWER = frozenset(_WORDS["no_answer"])
_HARMLESS = frozenset({*_WORDS["harmless"], *_NOT_APPLICABLE, *_NO_ANSWER})
"""What a message may repeat: a cell may hold a name that has slipped into it."""

OFFICIAL_LEVELS = ("Initial", "Basic", "Advanced", "Managed", "Optimized")


def read_level(value: Value, names: Sequence[str] = OFFICIAL_LEVELS) -> int | State | None:
    """
    Read a level.

    Parameters
    ----------
    value : Value
    names : sequence of str
        Names of the five levels in the edition; those of the first one are known as well.

    Returns
    -------
    int, State.NOT_APPLICABLE or None
        The level, 1 to 5; not applicable; or unanswered.

    Raises
    ------
    ValueError
        If it is anything else; the message says what stands there and what is expected.

    Examples
    --------
    >>> [read_level(text) for text in ("3.0", "3 - Advanced", "managed", "N.A.", " ")]
    [3, 3, 4, <State.NOT_APPLICABLE: 'not_applicable'>, None]
    """
    if isinstance(value, str):
        return _level_text(value, tuple(names))
    if type(value) in {int, float} and value in {1, 2, 3, 4, 5}:
        return int(value)  # type: ignore[arg-type]
    raise ValueError(_no_level(value))


@lru_cache(maxsize=4096)
def _level_text(text: str, names: tuple[str, ...]) -> int | State | None:
    word = plain(text)
    if not word or word in _NO_ANSWER:
        return None
    if word in _NOT_APPLICABLE:
        return State.NOT_APPLICABLE
    by_name = {
        plain(name): level
        for known in (OFFICIAL_LEVELS, names)
        for level, name in enumerate(known, 1)
    }
    for pattern in _LEVELS:
        match = pattern.fullmatch(word)
        if match is None:
            continue
        said = match.groupdict()
        number = int(said["number"]) if said.get("number") else None
        name = (said.get("name") or "").strip()
        named = by_name.get(name)
        if name and named is None:
            continue
        if number and named and number != named:
            raise ValueError(sentence("number-and-name", number=number, name=name))
        return number or named
    raise ValueError(_no_level(text))


def _no_level(value: Value) -> str:
    if isinstance(value, date | time | timedelta):
        return sentence("day-for-level", what=shown(value))
    what = shown(value)
    return sentence("no-level", what=what if isinstance(value, Fault) else f"level {what}")


def shown(value: Value) -> str:
    """Show what stands in a cell, unless it may be private text."""
    if isinstance(value, Fault):
        return str(value)
    if isinstance(value, date | time | timedelta):
        return f"the day or time {text_of(value)}"
    text = text_of(value).strip()
    if not text:
        return "(empty)"
    if re.fullmatch(r"[-+]?[0-9.,]{1,12}", text) or text.lower() in _HARMLESS:
        return repr(text)
    return f"a text of {len(text):,} characters"


def plain(text: str) -> str:
    """
    Text for comparison: lower case, single plain blanks, plain hyphens and apostrophes.

    Examples
    --------
    >>> plain("Assessor\u2019s\u00a0 Position"), plain("3 \u2013 Advanced")
    ("assessor's position", '3 - advanced')
    """
    return " ".join(text.translate(_PLAIN).split()).casefold()


_PLAIN: dict[int, str] = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'"),
    **dict.fromkeys(map(ord, "\u200b\ufeff\u00ad"), ""),
}


# --- days --------------------------------------------------------------------------------

_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d. %m. %Y", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y")


def read_day(value: Value, *, is_1904: bool | None = None) -> str | None:
    """
    Read a day as ``YYYY-MM-DD``; None if the cell is empty.

    Parameters
    ----------
    value : Value
        In a text with slashes the order of day and month must be plain from the numbers.
    is_1904 : bool, optional
        For cells of a workbook: whether numbers that are days count from 1904. Without
        it a number is no day.

    Raises
    ------
    ValueError
        If it is no day of the calendar; the message says what was expected.

    Examples
    --------
    >>> read_day("31.3.2026"), read_day("3/31/2026")
    ('2026-03-31', '2026-03-31')
    >>> read_day("2026-02-30")
    Traceback (most recent call last):
    ValueError: there is no such day; expected one such as 2026-01-31
    """
    if isinstance(value, str) and not value.strip():
        return None
    found = _day(value, is_1904=is_1904)
    if found and 1990 <= found.year <= 2200:
        return found.isoformat()
    is_like = isinstance(value, str) and re.match(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", value.strip())
    if is_like and re.match(r"(0?[1-9]|1[012])/(0?[1-9]|1[012])/\d{4}", text_of(value).strip()):
        raise ValueError(sentence("two-days"))
    what = "there is no such day" if is_like else shown(value)
    raise ValueError(sentence("no-day", what=what))


def _day(value: Value, *, is_1904: bool | None) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and is_1904 is not None and 0 < value < 100_000:
        start = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
        return start + timedelta(days=int(value))
    if not isinstance(value, str):
        return None
    text = " ".join(value.translate(_PLAIN).split())
    text = text[:10] if re.match(r"\d{4}-\d\d-\d\d[T ]", text) else text
    formats: Sequence[str] = _FORMATS
    slashes = re.fullmatch(r"(\d{1,2})/(\d{1,2})/\d{4}", text)
    if slashes:
        first, second = int(slashes[1]), int(slashes[2])
        if first <= 12 and second <= 12 and first != second:
            return None
        formats = ("%d/%m/%Y",) if first > 12 else ("%m/%d/%Y",)
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
