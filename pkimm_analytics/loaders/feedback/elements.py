"""
Which element a text means: a key, a number, a name, or several of these together.

A number means nothing without its edition, so a number beside the name of another
element is refused: the form was about another edition than was said.
"""

from __future__ import annotations

import difflib
import re
from functools import cached_property

from pkimm_analytics.loaders.feedback.words import fold, value_of
from pkimm_analytics.model import Model

_KEY = re.compile(r"\b[GMOR](?:\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*){1,2}(?![\w.-])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])[GMOR](?:\.\d{1,2}){1,2}(?![\w]|\.\d)", re.IGNORECASE)

CLOSE = 0.9
"""Likeness of two names from which one is taken for the other, misspelled."""


LONGEST = 500
"""Characters of a cell that are looked at; no name of an element has as many."""


class Elements:
    """
    The elements of one edition, found by what people write.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._found: dict[str, tuple[str | None, str]] = {}

    @cached_property
    def _names(self) -> dict[str, str]:
        """Element key by folded name, for names that only one element has."""
        keys = [*(m.id for m in self.model.modules), *self.model.categories]
        keys += list(self.model.requirements)
        found: dict[str, list[str]] = {}
        for key in keys:
            found.setdefault(fold(self.model.name(key)), []).append(key)
        return {name: several[0] for name, several in found.items() if len(several) == 1}

    @cached_property
    def _long_names(self) -> list[tuple[str, str]]:
        """Names of two words and more, the longest first: safe to find inside a text."""
        several = [(name, key) for name, key in self._names.items() if " " in name]
        return sorted(several, key=lambda pair: -len(pair[0]))

    def stated(self, text: str) -> set[str]:
        """Elements whose key or number stands in a text; unknown ones are left out."""
        keys = {match[0][:1].upper() + match[0][1:].lower() for match in _KEY.finditer(text)}
        numbers = {match[0].upper() for match in _NUMBER.finditer(text)}
        found = {key for key in keys if key in self.model.keys}
        return found | {self.model.native[n] for n in numbers if n in self.model.native}

    def named(self, text: str) -> str | None:
        """Element whose name a text is or holds, the longest name first."""
        folded = fold(text)
        if folded in self._names:
            return self._names[folded]
        padded = f" {folded} "
        return next((key for name, key in self._long_names if f" {name} " in padded), None)

    def find(self, text: str) -> tuple[str | None, str]:
        """
        Find the one element that a cell means.

        Returns
        -------
        tuple of (str or None, str)
            The element key, ``model`` or ``process``; or None and what would be right.
        """
        text = text.strip()[:LONGEST]
        if text not in self._found:  # a form repeats its choices
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> tuple[str | None, str]:
        module = text.upper()
        if module in {m.id for m in self.model.modules}:
            return module, ""
        whole = value_of("element", text)
        if whole is not None:
            return whole, ""
        stated = self.stated(text)
        rest = _KEY.sub(" ", _NUMBER.sub(" ", text))
        named = self.named(rest)
        if len(stated) == 1:
            (key,) = stated
            if named is not None and named != key and _NUMBER.search(text):
                return None, (
                    f"the number is {key} in {self.model.edition} and the name is another"
                    " element's; was the form about another edition?"
                )
            return key, ""
        if not stated and named is not None:
            return named, ""
        if not stated and not _NUMBER.search(text):
            close = difflib.get_close_matches(fold(text)[:200], self._names, n=1, cutoff=CLOSE)
            if close:
                return self._names[close[0]], ""
        return None, (
            f"names no element of {self.model.edition}; expected a key such as"
            " M.key-management, a number or a name, model or process"
        )
