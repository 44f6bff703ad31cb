"""
The words that readers meet: one catalogue for each language, and how dates and numbers read.

A translation is one more file in ``languages/`` with the same keys; a test compares
them. Names of the model (modules, categories, levels) come from the model, unless a
translation gives its own; titles of requirements and texts of levels always do. A word
with a plural is written as ``{one: "{n} step", other: "{n} steps"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.yaml_text import read_yaml

DEFAULT_LANGUAGE = "en"


class LanguageError(PkimmError, LookupError):
    """There is no such language, or a catalogue lacks a word."""


@dataclass(frozen=True)
class Language:
    """
    One catalogue.

    Parameters
    ----------
    code : str
        Such as ``de``, as in the ``lang`` attribute of HTML.
    name : str
        Its own name for itself.
    date : str
        How a date is written, with ``{day}``, ``{month}`` and ``{year}``.
    decimal : str
        Mark before the fraction of a number.
    months : tuple of str
    words : mapping of str to str, or to a mapping with ``one`` and ``other``
        By key; words in braces are put in.
    names : mapping of str to str
        Names for elements, levels and codes of profiles, where the model's are not used.
    percent : str
        How a percentage is written, with ``{n}``.
    """

    code: str
    name: str
    date: str
    decimal: str
    months: tuple[str, ...]
    words: Mapping[str, str | Mapping[str, str]]
    names: Mapping[str, str]
    percent: str = "{n}%"

    def word(self, key: str, **values: object) -> str:
        """Words for a key, with values put in; a plural goes by the value ``n``."""
        text = self.words[key]
        if not isinstance(text, str):
            text = text["one" if values.get("n") == 1 else "other"]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there are words for a key."""
        return key in self.words

    def named(self, key: str, otherwise: str) -> str:
        """Return the translated name of something, or the one that it has in the model."""
        return self.names.get(key, otherwise)

    def number(self, text: str) -> str:
        """Write a figure, such as ``3.08`` or ``–``, with this language's decimal mark."""
        return text.replace(".", self.decimal)

    def month(self, text: str) -> str:
        """Write the month and year of an ISO date; text that is no date stays as it is."""
        try:
            parsed = date.fromisoformat(text[:10])
        except ValueError:
            return text
        return f"{self.months[parsed.month - 1][:3]} {parsed.year}"

    def day(self, text: str | None) -> str:
        """Write an ISO date; text that is no date stays as it is."""
        if not text:
            return self.word("value.not_stated")
        try:
            parsed = date.fromisoformat(text[:10])
        except ValueError:
            return text
        month = self.months[parsed.month - 1]
        return self.date.format(day=parsed.day, month=month, year=parsed.year)


@cache
def languages() -> Mapping[str, str]:
    """Return the code of each language with its own name, English first."""
    folder = resources.files("pkimm_analytics.views") / "languages"
    codes = sorted(one.name.removesuffix(".yaml") for one in folder.iterdir())
    codes.sort(key=lambda code: code != DEFAULT_LANGUAGE)
    return {code: _read(code).name for code in codes}


def catalogue(code: str = DEFAULT_LANGUAGE) -> Language:
    """
    Return a catalogue.

    Raises
    ------
    LanguageError
        If there is no catalogue of that language.
    """
    if code not in languages():
        known = ", ".join(f"{one} ({name})" for one, name in languages().items())
        raise LanguageError(f"There are no words in that language. Known: {known}.")
    return _read(code)


@cache
def _read(code: str) -> Language:
    place = resources.files("pkimm_analytics.views") / "languages" / f"{code}.yaml"
    found = read_yaml(place.read_text(encoding="utf-8"), place.name)
    return Language(code=code, months=tuple(found.pop("months")), **found)
