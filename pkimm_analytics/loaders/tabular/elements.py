"""
Which element of an edition a text means: its key, its number, its title, or both.

A number means nothing without its edition, so a number beside the title of another
element is refused: the table is of another edition than was said.
"""

from __future__ import annotations

import difflib
import re
from functools import cached_property

from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.model import Model

_KEY = re.compile(r"[gmor](?:\.[a-z0-9-]{1,80}){0,2}")
_NUMBERED = re.compile(r"[gmor](?:\.[0-9]{1,9}){1,2}")
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
        keys = [*(module.id for module in self.model.modules), *self.model.categories]
        several: dict[str, list[str]] = {}
        for key in [*keys, *self.model.requirements]:
            several.setdefault(plain(self.model.name(key)), []).append(key)
        return {title: found[0] for title, found in several.items() if len(found) == 1}

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
        Element key of a text.

        Parameters
        ----------
        text : str
            Key, number or title, or number and title together.
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
        other = self.titled(title)
        if other not in {None, key}:
            raise ContradictionError(
                f"the number or key is that of {key} in {self.model.edition} and the title is"
                " another element's; is the table of another edition?"
            )

    def _unknown(self, text: str) -> str:
        """Say that there is no such element; repeats a text only if it has the form of an id."""
        if ":" in text:
            return "answers about extensions are read from JSON only"
        if text not in self._hints and len(self._hints) < MAX_HINTS:
            self._hints[text] = self._hint(text)
        hint = self._hints.get(text, "see: pkimm models show")
        if is_id_like(text):
            return f"{spelled(text)} is not in {self.model.edition}; {hint}"
        return f"means no element of {self.model.edition}; {hint}"

    def _hint(self, text: str) -> str:
        if is_numbered(text):
            return self._nearest_number(text.upper())
        names = self.model.keys if is_id_like(text) else self._by_title
        close = difflib.get_close_matches(spelled(text)[:120], sorted(names), n=1)
        close = close or difflib.get_close_matches(text[:120], sorted(names), n=1)
        if not close:
            return _EXPECTED
        return f"did you mean {self._by_title.get(close[0], close[0])}?"

    def _nearest_number(self, text: str) -> str:
        parent, _, number = text.rpartition(".")
        numbered = [name for name in self.model.native if is_numbered(name)]
        if not numbered:
            return "it has no numbers; use keys, or state the edition that the number is of"
        beside = [name for name in numbered if name.rpartition(".")[0] == parent]
        if not beside:
            return f"it has no {parent}"
        nearest = min(beside, key=lambda name: abs(int(name.rpartition(".")[2]) - int(number)))
        return f"did you mean {nearest}?"


_EXPECTED = "expected a key such as G.compliance, a number or a title"


def is_id_like(text: str) -> bool:
    """Whether a text has the form of an element key or number, known or not."""
    return _KEY.fullmatch(plain(text)) is not None


def is_numbered(text: str) -> bool:
    """Whether a text begins with a number such as ``M.6.2``, whose meaning an edition settles."""
    return re.match(_NUMBERED.pattern + r"(?![\w.-])", plain(text)) is not None


def spelled(key: str) -> str:
    """Return an element key with its usual capitals."""
    return key[:1].upper() + key[1:].lower()
