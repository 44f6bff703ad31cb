"""
How figures read: scores, levels, changes, shares with their cut-offs and intervals, dates.

Each is decided here once, for every view, medium and language. Scores are cut and never
rounded, so that a shown score never contradicts a shown level; shares of a whole are
cut towards its middle, so that 99.6% is not yet 100%; ranges are rounded outward.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from pkimm_analytics.assessment import Answer
from pkimm_analytics.model import Model
from pkimm_analytics.scoring import Figure, figure_text
from pkimm_analytics.views.words import Language

if TYPE_CHECKING:
    from pkimm_analytics.benchmark.printed import Distribution

NOTHING = "–"
MINUS = "−"


class Voice:
    """
    Words, names and figures in one language.

    Parameters
    ----------
    language : Language
    model : Model, optional
        Edition whose names are used.
    """

    def __init__(self, language: Language, model: Model | None = None) -> None:
        self.language = language
        self._model = model

    @property
    def model(self) -> Model:
        """Edition whose names are used."""
        if self._model is None:
            raise LookupError("this view needs the names of an edition")
        return self._model

    # --- words --------------------------------------------------------------------

    def say(self, key: str, **values: object) -> str:
        """Words of the catalogue."""
        return self.language.word(key, **values)

    def head(self, *names: str) -> tuple[str, ...]:
        """Words of the catalogue for the columns of a table."""
        return tuple(self.say(f"column.{name}") for name in names)

    def listed(self, names: list[str]) -> str:
        """Names as a list in a sentence: ``a, b and c``."""
        if len(names) < 2:
            return "".join(names)
        return self.say("text.and", first=", ".join(names[:-1]), last=names[-1])

    def name(self, key: str) -> str:
        """Name of an element, or of the whole."""
        if key == "overall":
            return self.language.named(key, self.say("value.overall"))
        return self.language.named(key, self.model.name(key))

    def level_name(self, level: int) -> str:
        """Name of a level, which editions call differently."""
        name = self.model.level_name(level)
        return self.language.named(f"level.{name}", name)

    def code(self, dimension: str, code: str, label: str) -> str:
        """Name of a code of a profile."""
        return self.language.named(f"{dimension}.{code}", label)

    def coded(self, code: object) -> str:
        """Words for a code of the catalogue, such as a method."""
        return self.say(f"value.{code}") if code else self.say("value.not_stated")

    def day(self, text: str | None) -> str:
        """Write an ISO date; ``undated`` where there is none."""
        return self.language.day(text) if text else self.say("value.undated")

    def month(self, text: str | None) -> str:
        """Write the month of an ISO date; ``undated`` where there is none."""
        return self.language.month(text) if text else self.say("value.undated")

    # --- scores and levels ----------------------------------------------------------

    def figure(self, value: object, digits: int = 2) -> str:
        """Write a figure, cut and not rounded."""
        return self.language.number(figure_text(value, digits))

    def signed(self, value: Fraction | float | None, digits: int = 2) -> str:
        """Write a change with its sign."""
        if value is None:
            return NOTHING
        text = self.figure(abs(value), digits)
        if not any(digit in text for digit in "123456789"):
            return text
        return ("+" if value > 0 else MINUS) + text

    def gain(self, before: Fraction | None, after: Fraction | None) -> str:
        """Write the change from one score to another, as both are shown."""
        if before is None or after is None:
            return NOTHING
        return self.signed(Fraction(math.floor(100 * after) - math.floor(100 * before), 100))

    def level(self, figure: Figure) -> str:
        """Write a level with its name, and its score in brackets."""
        if figure.level is None:
            return self.say("value.no_score")
        return f"{figure.level} {self.level_name(figure.level)} ({self.figure(figure.value)})"

    def level_words(self, figure: Figure) -> str:
        """Write a level in words: ``level 3 · Advanced``, or the state."""
        if figure.level is None:
            return self.say(f"value.{figure.state}")
        return self.say("value.level_name", level=figure.level, name=self.level_name(figure.level))

    def state(self, answer: Answer) -> str:
        """State of an answer, or that it applies in part."""
        return self.say("value.partial" if answer.partial else f"value.{answer.state}")

    def rated(self, figure: Figure) -> str:
        """Questions rated, of those in scope."""
        return f"{figure.n_rated} / {figure.n_in_scope}"

    def coverage(self, figure: Figure) -> str:
        """Questions rated, as a sentence's part: ``72 of 76 questions rated (94%)``."""
        if figure.coverage is None:
            return self.say("value.nothing_in_scope")
        return self.say(
            "value.coverage",
            n=figure.n_rated,
            total=figure.n_in_scope,
            share=self.percent(figure.coverage),
        )

    # --- shares -----------------------------------------------------------------------

    def percent(self, share: float | None) -> str:
        """Write a share of a whole in whole percent: 99.6% is not yet 100%, 0.4% not 0%."""
        if share is None or math.isnan(share):
            return NOTHING
        percent = math.floor(share * 100 + 1e-9) if share > 0.5 else math.ceil(share * 100 - 1e-9)
        return self.language.percent.format(n=percent)

    def share(self, value: float | None, qualifier: str = "=") -> str:
        """
        Write a published share, with its cut-off: ``46%``, ``at most 20%``, ``at least 80%``.

        Parameters
        ----------
        value : float, optional
            0 to 1, already rounded when it was published.
        qualifier : {"=", "<=", ">="}
        """
        if value is None or math.isnan(value):
            return NOTHING
        text = self.language.percent.format(n=f"{100 * value:g}")
        if qualifier == "=":
            return text
        return self.say("share.at_most" if qualifier == "<=" else "share.at_least", share=text)

    def share_range(self, low: float, high: float) -> str:
        """Write a range of shares, rounded outward: ``46%``, ``20 to 30%``, ``at most 20%``."""
        lowest, highest = math.floor(100 * low + 1e-9), math.ceil(100 * high - 1e-9)
        top = self.language.percent.format(n=highest)
        if lowest == highest:
            return top
        if lowest <= 0:
            return self.say("share.at_most", share=top)
        if highest >= 100:
            return self.say("share.at_least", share=self.language.percent.format(n=lowest))
        return self.say("share.range", low=lowest, high=top)

    def interval(self, low: float, high: float) -> str:
        """Write an interval of shares: ``95% interval 48 to 74%``."""
        return self.say("share.interval", range=self.share_range(low, high))


def quartiles(
    peers: Distribution | None,
) -> tuple[float | None, float | None, float | None]:
    """
    Lower quartile, median and upper quartile, where there are.

    The band is as wide as what is printed leaves it; the line of an open median is left out.
    """
    found = {} if peers is None else peers.quantiles
    low, high = (found.get(name) for name in ("p25", "p75"))
    median = found.get("median")
    is_known = median is not None and median.printed.is_exact
    return (
        None if low is None else low.printed.low,
        median.printed.low if median is not None and is_known else None,
        None if high is None else high.printed.high,
    )
