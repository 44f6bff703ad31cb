"""
Which elements a text means: by key, number, name, or several of these together.

A number means nothing without its edition, so a number beside the name of another
element is refused: the form was about another edition than was said.
"""

from __future__ import annotations

import difflib
import re
from functools import cached_property

from pkimm_analytics.feedback import MODEL
from pkimm_analytics.loaders.feedback.words import fold, folded, has_any, listed, value_of
from pkimm_analytics.model import Model

_KEY = re.compile(r"\b[GMOR](?:\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*){1,2}(?![\w.-])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])[GMOR](?:\.\d{1,2}){1,2}(?![\w]|\.\d)", re.IGNORECASE)

CLOSE = 0.9
"""Likeness of two names from which one is taken for the other, misspelled."""

LONGEST = 4_000
"""Characters of a cell that are looked at."""


class Elements:
    """
    The elements of one edition, found by what people write.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._seen: dict[str, tuple[tuple[str, ...], str]] = {}

    @cached_property
    def _names(self) -> dict[str, str]:
        """Element key by folded name, for names that only one element has."""
        keys = [*(m.id for m in self.model.modules), *self.model.categories]
        keys += list(self.model.requirements)
        by_name: dict[str, list[str]] = {}
        for key in keys:
            by_name.setdefault(fold(self.model.name(key)), []).append(key)
        return {name: several[0] for name, several in by_name.items() if len(several) == 1}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the names, folded."""
        return frozenset(word for name in self._names for word in name.split())

    @cached_property
    def _long_names(self) -> list[tuple[str, str]]:
        """Names of two words and more, the longest first: safe to find inside a text."""
        several = [(name, key) for name, key in self._names.items() if " " in name]
        return sorted(several, key=lambda pair: -len(pair[0]))

    def stated(self, text: str) -> tuple[str, ...]:
        """Elements whose key or number stands in a text, in its order; others are left out."""
        marks = [*_KEY.finditer(text), *_NUMBER.finditer(text)]
        keys = (self._of_mark(m[0]) for m in sorted(marks, key=lambda m: m.start()))
        return tuple(dict.fromkeys(key for key in keys if key is not None))

    def _of_mark(self, mark: str) -> str | None:
        key = mark[:1].upper() + mark[1:].lower()
        return key if key in self.model.keys else self.model.native.get(mark.upper())

    def named(self, text: str) -> str | None:
        """Element whose name a text is or holds, the longest name first."""
        plain = fold(text)
        if plain in self._names:
            return self._names[plain]
        padded = f" {plain} "
        return next((key for name, key in self._long_names if f" {name} " in padded), None)

    def of_question(self, header: str) -> str | None:
        """Element that a question is about; ``model`` for one that is about everything."""
        stated = self.stated(header)
        found = stated[0] if len(stated) == 1 else self.named(header)
        if found is None and (inside := re.search(r"\[([^\]]+)\]\s*$", header)):
            found = self.find(inside[1])[0]
        return found or (MODEL if has_any(header, listed("general")) else None)

    def find(self, text: str) -> tuple[str | None, str]:
        """
        Find the one element that a text means.

        Returns
        -------
        tuple of (str or None, str)
            The element key, ``model`` or ``process``; or None and what would be right.
        """
        keys, reason = self._found(text)
        if len(keys) > 1:
            return None, "names several elements; expected one"
        return (keys[0], "") if keys else (None, reason)

    def find_all(self, text: str) -> tuple[tuple[str, ...], str]:
        """
        Find every element that an answer names, as boxes that are ticked give a list.

        Returns
        -------
        tuple of (tuple of str, str)
            Element keys, and what is wrong with the rest, if anything is.
        """
        keys, reason = self._found(text)
        parts = [part for part in re.split(r"[;\n|]|,", text) if part.strip()]
        if "another edition" in reason or len(parts) < 2 or self._is_name(text):
            return keys, reason
        return self._of_parts(parts)

    def _of_parts(self, parts: list[str]) -> tuple[tuple[str, ...], str]:
        """Find the element of each part; a name that has a comma itself is joined again."""
        keys: dict[str, None] = {}
        unknown, at = [], 0
        while at < len(parts):
            for end in range(len(parts), at, -1):
                found, reason = self._found(", ".join(p.strip() for p in parts[at:end]))
                whole = self._is_name(", ".join(p.strip() for p in parts[at:end]))
                if found and (whole or end == at + 1):
                    keys |= dict.fromkeys(found)
                    break
            else:
                end = at + 1
                if "another edition" in reason:
                    return (), reason
                unknown.append(end)
            at = end
        listed_ = ", ".join(map(str, unknown))
        return tuple(keys), f"part {listed_} of the list names no element" if unknown else ""

    def _is_name(self, text: str) -> bool:
        """Whether a text is one name and nothing else, with or without its key or number."""
        name = fold(_KEY.sub(" ", _NUMBER.sub(" ", text)))
        return name in self._names or any(
            name == fold(self.model.name(key)) for key in self.stated(text)
        )

    def _found(self, text: str) -> tuple[tuple[str, ...], str]:
        text = text.strip()[:LONGEST]
        if text not in self._seen:  # a form repeats its choices
            self._seen[text] = self._search(text)
        return self._seen[text]

    def _search(self, text: str) -> tuple[tuple[str, ...], str]:
        if text.upper() in {m.id for m in self.model.modules}:
            return (text.upper(),), ""
        if whole := value_of("element", text):
            return (whole,), ""
        stated = self.stated(text)
        rest = _KEY.sub(" ", _NUMBER.sub(" ", text))
        named = self.named(rest)
        if stated:
            above = {key.rsplit(".", n)[0] for key in stated for n in (0, 1, 2)}
            if named is not None and named not in above and _NUMBER.search(text):
                return (), (
                    f"the number is {stated[0]} in {self.model.edition} and the name is another"
                    " element's; was the form about another edition?"
                )
            return stated, ""
        if named is None and not _NUMBER.search(text) and len(text) <= 200:
            words = " ".join(w for w in fold(text).split() if w not in folded("joining"))
            close = difflib.get_close_matches(words, self._names, n=1, cutoff=CLOSE)
            named = self._names[close[0]] if close else None
        if named is not None:
            return (named,), ""
        return (), (
            f"names no element of {self.model.edition}; expected a key such as"
            " M.key-management, a number or a name, model or process"
        )
