"""
Which element of an edition a text means: its key, its number, its title, or both.

A number means nothing without its edition, so a number beside the title of another
element is refused: the table is of another edition than was said.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from functools import cached_property, lru_cache

from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.sentences import sentence
from pkimm_analytics.model import Model

_KEY = re.compile(r"[gmor](?:\.[a-z0-9-]{1,80}){0,2}")
_NUMBERED = re.compile(r"[gmor](?:\.[0-9]{1,9}){1,2}(?![\w.-])")
_BEFORE_TITLE = re.compile(r"([gmor](?:\.[a-z0-9-]{1,80}){0,2})\.?(?: ?[-:|)] ?| )(\S.{0,400})")
MAX_HINTS = 200
MAX_TITLE = 400
"""Characters of a text that may mean an element."""


class ContradictionError(ValueError):
    """Number and title are of different elements."""


class Elements:
    """
    The elements of one edition, in any spelling that has one meaning.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._found: dict[str, str | None] = {}
        self._hints: dict[str, str] = {}
        self._by_id = {name.lower(): key for name, key in model.native.items()}
        self._by_id |= {key.lower(): key for key in model.keys}

    @cached_property
    def _by_title(self) -> dict[str, str]:
        """Element key by title, for titles that only one element has."""
        keys = [m.id for m in self.model.modules]
        keys += [*self.model.categories, *self.model.requirements]
        titles = {key: plain(self.model.name(key)) for key in keys}
        n = Counter(titles.values())
        return {title: key for key, title in titles.items() if n[title] == 1}

    def titled(self, text: str) -> str | None:
        """Element of a title, None if there is none or several have it."""
        return self._by_title.get(plain(text))

    def has(self, text: str) -> bool:
        """Whether a text means one element."""
        try:
            return self._lookup(text) is not None
        except ContradictionError:
            return False

    def find(self, text: str, title: str = "") -> str:
        """
        Element key of a key, number or title, or of number and title together.

        Parameters
        ----------
        text : str
        title : str
            What stands in another column as its title.

        Raises
        ------
        ValueError
            If it means none, or two different ones; the message says what would be right.
        """
        key = self._lookup(text)
        if key is None:
            raise ValueError(self._unknown(plain(text[:MAX_TITLE])))
        if title:
            self._compare(key, title)
        return key

    def _lookup(self, text: str) -> str | None:
        if text not in self._found:  # a table repeats its elements
            self._found[text] = self._search(plain(text[: 2 * MAX_TITLE]))
        return self._found[text]

    def _search(self, text: str) -> str | None:
        if len(text) > MAX_TITLE:
            return None
        key = self._by_id.get(text.removesuffix("."))
        if key is not None:
            return key
        parted = _BEFORE_TITLE.fullmatch(text)
        if parted and parted[1] in self._by_id:
            key = self._by_id[parted[1]]
            self._compare(key, parted[2])
            if "." in key or self.titled(parted[2]) == key:  # a letter alone is no number
                return key
        return None if parted and "." in parted[1] else self._by_title.get(text)

    def _compare(self, key: str, title: str) -> None:
        if self.titled(title) not in {None, key}:
            raise ContradictionError(
                sentence("number-of-another", key=key, edition=self.model.edition)
            )

    def _unknown(self, text: str) -> str:
        """Say that there is no such element; repeats a text only if it has the form of an id."""
        if ":" in text:
            return sentence("extension-in-table")
        if text not in self._hints and len(self._hints) < MAX_HINTS:
            self._hints[text] = self._hint(text)
        hint = self._hints.get(text, "see: pkimm models show")
        code = "unknown-id" if is_id_like(text) else "unknown-element"
        return sentence(code, text=spelled(text), edition=self.model.edition, hint=hint)

    def _hint(self, text: str) -> str:
        if numbered := _NUMBERED.match(text):
            return self._nearest_number(numbered[0].upper())
        names = sorted(self.model.keys if is_id_like(text) else self._by_title)
        for written in (spelled(text), text):
            for close in difflib.get_close_matches(written[:120], names, n=1):
                return f"did you mean {self._by_title.get(close, close)}?"
        return sentence("expected-element")

    def _nearest_number(self, text: str) -> str:
        parent, _, number = text.rpartition(".")
        numbered = [name for name in self.model.native if is_numbered(name)]
        if not numbered:
            return sentence("no-numbers")
        beside = [name for name in numbered if name.rpartition(".")[0] == parent]
        if not beside:
            return f"it has no {parent}"
        nearest = min(beside, key=lambda name: abs(int(name.rpartition(".")[2]) - int(number)))
        return f"did you mean {nearest}?"


def is_id_like(text: str) -> bool:
    """Whether a text has the form of an element key or number, known or not."""
    return _KEY.fullmatch(plain(text)) is not None


@lru_cache(maxsize=4096)
def is_numbered(text: str) -> bool:
    """Whether a text begins with a number such as ``M.6.2``, whose meaning an edition settles."""
    return _NUMBERED.match(plain(text)) is not None


def spelled(key: str) -> str:
    """Return an element key with its usual capitals."""
    return key[:1].upper() + key[1:].lower()
