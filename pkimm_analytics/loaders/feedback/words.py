"""
Words of forms in the languages that they come in; the lists themselves are in ``words.yaml``.

Beginnings of words are enough in a question ("verständlich" is found by "verstandl");
answers are compared whole. Everything is folded first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from pkimm_analytics.yaml_text import read_yaml


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """
    Text as it is compared: no capitals, accents and punctuation, single blanks.

    Examples
    --------
    >>> fold("Wie VERSTÄNDLICH ist es? (1–5)")
    'wie verstandlich ist es 1 5'
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))


@cache
def listed(name: str) -> Any:
    """Return one list of ``words.yaml``."""
    return _document()[name]


@cache
def _document() -> Any:
    path = resources.files("pkimm_analytics.loaders.feedback") / "words.yaml"
    return read_yaml(path.read_text("utf-8"), "words.yaml")


@cache
def folded(name: str) -> frozenset[str]:
    """Return a list of words, folded."""
    return frozenset(map(fold, listed(name)))


@cache
def _codes(name: str, field: str) -> dict[str, str]:
    groups = listed(name)[field] if field else listed(name)
    words = ((word, code) for code, several in groups.items() for word in (code, *several))
    return {(word if word[0:1] in "_#" else fold(word)): code for word, code in words}


def value_of(field: str, text: str) -> str | None:
    """Code of a chosen value, None if the word is unknown."""
    return _codes("values", field).get(fold(text))


def step_of(text: str) -> int | None:
    """Step that a word stands for, 1 (least) to 5 (most); None if it is unknown."""
    code = _codes("steps", "").get(fold(text))
    return None if code is None else int(code)


def is_ticked(text: str) -> bool | None:
    """Whether a box is ticked; None where a cell says neither."""
    code = _codes("ticked", "").get(fold(text))
    return None if code is None else code == "yes"


def says_nothing(text: str) -> bool:
    """Whether an answer says that there is none; stars and smileys say something."""
    plain = fold(text)
    return plain in folded("nothing") and bool(plain or not text.strip(" \t\n-–—./?_…*"))


def system_field(header: str) -> str | None:
    """Field of a column that a form tool adds itself, by its whole header."""
    plain = header.strip().casefold()
    return _codes("system", "").get(plain if plain[:1] in {"_", "#"} else fold(header))


def tool_of(header: Sequence[str]) -> str:
    """Name of the tool that an export is of; ``table`` if its header is of none that is known."""
    words = set(map(fold, header))
    tools = listed("tools").items()
    found = (name for name, marks in tools if any(words.issuperset(mark) for mark in marks))
    return next(found, "table")


@lru_cache(maxsize=4096)
def header_score(field: str, header: str) -> float:
    """
    Tell how much the words of a header speak for a field.

    Returns
    -------
    float
        0 for nothing; the length in letters of the best phrase that begins somewhere at
        the start of a word; phrases without letters of a word, as Chinese has, count
        four times.
    """
    text = f" {fold(header)}"
    best = 0.0
    for word in listed("headers")[field]:
        is_wide = not word.isascii()
        at = text.find(fold(word) if is_wide else f" {word}")
        if at >= 0 and (len(word) > 3 or is_wide or f" {word} " in f"{text} "):
            best = max(best, len(word) * (4.0 if is_wide else 1.0))
    return best


def has_any(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words or phrases stands in a text."""
    padded = f" {fold(text)} "
    return any(f" {fold(word)} " in padded for word in words)


def unit_in(header: str) -> float | None:
    """Factor to minutes of the unit that a question names; None if it names none or several."""
    found = {float(factor) for factor, words in listed("units").items() if has_any(header, words)}
    return found.pop() if len(found) == 1 else None
