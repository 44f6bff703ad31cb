"""
How one report speaks: figures, names and states of one assessment in one language.
"""

from __future__ import annotations

from fractions import Fraction

from pkimm_analytics.assessment import Answer
from pkimm_analytics.reports.words import Language
from pkimm_analytics.scoring import Figure, Scores, figure_text

NOTHING = "–"


class Voice:
    """Words, names and figures of one assessment in one language."""

    def __init__(self, scores: Scores, language: Language) -> None:
        self.scores, self.language = scores, language
        self.assessment, self.model = scores.assessment, scores.model

    def say(self, key: str, **values: object) -> str:
        """Words of the catalogue."""
        return self.language.word(key, **values)

    def head(self, *names: str) -> tuple[str, ...]:
        """Words of the catalogue for the columns of a table."""
        return tuple(self.say(f"column.{name}") for name in names)

    def name(self, key: str) -> str:
        """Name of an element."""
        return self.language.named(key, self.model.name(key))

    def level_name(self, level: int) -> str:
        """Name of a level, which editions call differently."""
        name = self.model.level_name(level)
        return self.language.named(f"level.{name}", name)

    def level(self, figure: Figure) -> str:
        """Write a level with its name, and its score in brackets."""
        if figure.level is None:
            return self.say("value.no_score")
        return f"{figure.level} {self.level_name(figure.level)} ({self.figure(figure.value)})"

    def figure(self, value: object, digits: int = 2) -> str:
        """Write a figure, cut and not rounded."""
        return self.language.number(figure_text(value, digits))

    def signed(self, value: Fraction | None, digits: int = 2) -> str:
        """Write a change with its sign."""
        if value is None:
            return NOTHING
        return ("+" if value > 0 else "") + self.figure(value, digits)

    def state(self, answer: Answer) -> str:
        """State of an answer, or that it applies in part."""
        return self.say("value.partial" if answer.partial else f"value.{answer.state}")

    def coded(self, code: object) -> str:
        """Words for a code of the catalogue, such as a method."""
        return self.say(f"value.{code}") if code else self.say("value.not_stated")

    def rated(self, figure: Figure) -> str:
        """Questions rated, of those in scope."""
        return f"{figure.n_rated} / {figure.n_in_scope}"
