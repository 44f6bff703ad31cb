"""
Scales of ratings: from what a form asks to 1 (least) to 5 (most).

A form may count from 0 to 10, let 1 be best, or ask how difficult something is to
understand. What its question says is used; what nobody can know from it is asked for in
the column map. A rating is never bent: a fraction, a percentage or "3-4" is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pkimm_analytics.loaders.feedback.words import fold, has_any, listed, step_of

_RANGE = re.compile(
    r"(?<![\w.])([01])\s*(?:-|–|—|to|bis|à|a|al|tot|t/m|\.{2,3}|…|/)\s*(\d{1,3})(?![\w%])",
    re.IGNORECASE,
)
_OUT_OF = re.compile(r"(?:/|out of|von|sur|sobre|su|van)\s*(5|7|10|100)\b", re.IGNORECASE)
_AFTER = re.compile(r"(?<!\d)(\d{1,3})\s*(?:[=:–—-]|\()?\s*([^\W\d_][^\d=;()\[\]]{1,60})")
_BEFORE = re.compile(r"([^\W\d_][^\d,;()\[\]=]{1,60}?)\s*\((\d{1,3})\)")
_NUMBER = re.compile(
    r"(\d{1,4})(?:[.,]0+)?(?:\s*(?:/|out of|of|von|sur|sobre|de|su|van)\s*(\d{1,4}))?"
    r"(?![\w.,%])\s*(.*)",
    re.DOTALL,
)

UNKNOWN_RANGE = (
    "holds numbers off the scale of 1 to 5, and the question does not say which scale it is; the"
    " column was left out. Say scale: [0, 10], or what it is, in the column map"
)
UNKNOWN_WAY = (
    "it cannot be told whether more is better; the column was left out. Say reverse: true or"
    " reverse: false in the column map"
)


@dataclass(frozen=True)
class Scale:
    """
    What the numbers and words of a column stand for.

    Parameters
    ----------
    low, high : int
        Ends of the scale as the form counts.
    reverse : bool
        Whether the lowest number is the most.
    words : mapping of str to int
        Steps of folded words, 1 to 5, where the form has its own; they are final.
    name : str
        Field that is rated.
    is_upside_down : bool
        Whether the question asks for the opposite of the field, so that agreeing is little.
    """

    low: int = 1
    high: int = 5
    reverse: bool = False
    words: Mapping[str, int] = field(default_factory=dict)
    name: str = "clarity"
    is_upside_down: bool = False

    @property
    def is_usual(self) -> bool:
        """Whether nothing has to be said about it."""
        return (self.low, self.high, self.reverse) == (1, 5, False)

    def read(self, text: str) -> tuple[int | None, str]:
        """
        Step of a cell, 1 to 5, or None and why there is none.

        Examples
        --------
        >>> Scale(0, 10).read("8"), Scale(reverse=True).read("1 - very clear")[0]
        ((4, ''), 5)
        >>> [Scale().read(text)[0] for text in ("not very clear", "pas du tout clair", "agree")]
        [2, 1, 4]
        """
        stripped = text.strip()
        own = self.words.get(fold(stripped))
        if own is not None:
            return own, ""
        if stripped and set(stripped) <= {"★", "☆", "⭐", "\ufe0f"}:
            return self._step(stripped.count("★") + stripped.count("⭐"))
        if match := _NUMBER.fullmatch(stripped):
            if re.match(r"(?:-|–|—|to|bis|à|or)\s*\d", match[3]):
                return None, "a range of ratings; expected one of them"
            if match[2] and int(match[2]) != self.high:
                return None, f"a rating out of {match[2]}; expected one out of {self.high}"
            return self._step(int(match[1]))
        if stripped.endswith("%"):
            return None, "a percentage; expected a rating"
        step = self._worded(stripped)
        return step, "" if step else f"expected a rating from {self.low} to {self.high}"

    def _worded(self, text: str) -> int | None:
        """Step of words: those that name the quality are final, others answer the question."""
        step = step_of(text)
        against, toward = _qualities(text, self.name)
        if against == toward:
            return 6 - step if step and self.is_upside_down else step
        is_least, is_low = has_any(text, listed("not_at_all")), has_any(text, listed("negation"))
        strong = is_least or (not is_low and has_any(text, listed("fully")))
        strength = abs(step - 3) if step else 1 + strong
        return 3 + strength * (1 if toward != (is_low or is_least) else -1)

    def _step(self, number: int) -> tuple[int | None, str]:
        if not self.low <= number <= self.high:
            return None, f"expected a rating from {self.low} to {self.high}"
        share = (number - self.low) / (self.high - self.low)
        return int(1 + 4 * (1 - share if self.reverse else share) + 0.5), ""


def scale_of(header: str, name: str, cells: Sequence[str]) -> tuple[Scale, str]:
    """
    Find the scale of a column from its question and its answers.

    Parameters
    ----------
    header : str
        Question.
    name : str
        Field: ``clarity``, ``relevance``, ``difficulty`` or ``usefulness``.
    cells : sequence of str

    Returns
    -------
    tuple of (Scale, str)
        The scale, and what cannot be known; then the column map has to say it.
    """
    anchors = {**_anchors(" ".join(sorted(set(cells)))), **_anchors(header)}
    ends = sorted(anchors)
    numbers = [int(m[1]) for cell in cells if (m := _NUMBER.fullmatch(cell.strip()))]
    if (match := _RANGE.search(header)) and int(match[2]) > 2:
        low, high = int(match[1]), int(match[2])
    elif len(ends) > 1 and ends[0] in {0, 1} and ends[-1] > 2:
        low, high = ends[0], ends[-1]
    elif match := _OUT_OF.search(header):
        low, high = min([1, *numbers]), int(match[1])
    else:
        low, high = 1, 5
        off = sum(not 1 <= number <= 5 for number in numbers)
        if off > max(1, len(numbers) // 10) or off * 10 > len(numbers):  # more than a slip
            return Scale(reverse=bool(_is_reversed(header, name, "", ""))), UNKNOWN_RANGE
    reverse = _is_reversed(header, name, anchors.get(low, ""), anchors.get(high, ""))
    return Scale(low, high, bool(reverse)), UNKNOWN_WAY if reverse is None else ""


def _anchors(text: str) -> dict[int, str]:
    """Phrases that a text gives to numbers: ``1 = very clear``, ``very clear (1)``."""
    before = {int(m[2]): m[1] for m in _BEFORE.finditer(text)}
    if len(before) > 1:
        return before
    after: dict[int, str] = {}
    for match in _AFTER.finditer(text):
        phrase = re.sub(r"^(?:to|bis|à|a|tot)\s+", "", match[2].strip(" -–—,"))
        if len(phrase) > 2:
            after.setdefault(int(match[1]), phrase.split(",")[0])
    return after if len(after) > 1 else {}


def asks_upside_down(header: str, name: str) -> bool:
    """Whether more means less of a field, as in "How difficult is it to understand?"."""
    against, toward = _qualities(re.split(r"[(\[]|\d", header)[0], name)
    return against and not toward


def _is_reversed(header: str, name: str, low: str, high: str) -> bool | None:
    """Tell whether the low end is the most; None where the ends do not say."""
    upside_down = asks_upside_down(header, name)
    if not low or not high:
        return upside_down
    (from_, absolute), (to, other) = _way(low, name), _way(high, name)
    if from_ == to:
        return None
    return (from_ > to) != (upside_down and not (absolute or other))


def _way(phrase: str, name: str) -> tuple[int, bool]:
    """Which way a phrase points, 1 or -1, and whether it names the quality itself."""
    against, toward = _qualities(phrase, name)
    way = -1 if against else 1
    return (-way if has_any(phrase, listed("negation")) else way), against or toward


def _qualities(text: str, name: str) -> tuple[bool, bool]:
    """Whether a text names the opposite of a field, and the field."""
    against, toward = has_any(text, listed("against")), has_any(text, listed("toward"))
    return (toward, against) if name == "difficulty" else (against, toward)
