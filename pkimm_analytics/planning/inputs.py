"""
What somebody writes to ask for a plan: targets, efforts, dependencies.

The command line and the dashboard read them in the same words, and say the same where
something is written otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from pkimm_analytics.planning.program import PlanningError
from pkimm_analytics.planning.roadmap import is_day
from pkimm_analytics.planning.solver import OVERALL, Effort, Target


def read_target(text: str) -> Target:
    """
    Read ``4``, ``ELEMENT=4`` or ``ELEMENT=4@2027-06-30``.

    Raises
    ------
    PlanningError
        If it is written otherwise.

    Examples
    --------
    >>> read_target("M=3.5@2027-06-30")
    Target(element='M', score=Fraction(7, 2), date='2027-06-30')
    """
    element, _, rest = text.rpartition("=")
    value, _, day = rest.partition("@")
    try:
        wanted = Fraction(value.strip().replace(",", "."))
    except (ValueError, ZeroDivisionError):
        wanted = Fraction(0)
    if not 1 <= wanted <= 5 or (day and not is_day(day)):
        raise PlanningError(
            f"Target {text}: expected a number from 1 to 5, or ELEMENT=NUMBER, and @YYYY-MM-DD"
            " behind it if it has a date."
        )
    return Target(element.strip() or OVERALL, wanted, day or None)


def read_needs(texts: Iterable[str]) -> dict[str, list[str]]:
    """
    Read ``ELEMENT=OTHER``: raised only as far as the other one.

    Raises
    ------
    PlanningError
        If it is written otherwise.

    Examples
    --------
    >>> read_needs(["G.cryptography=R.awareness"])
    {'G.cryptography': ['R.awareness']}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        element, _, base = (part.strip() for part in text.partition("="))
        if not element or not base:
            raise PlanningError(f"Need {text}: expected ELEMENT=OTHER, two element keys.")
        found.setdefault(element, []).append(base)
    return found


def read_effort(texts: Iterable[str]) -> Effort:
    """
    Read the efforts of the steps from level 1 to 5, and factors of single elements.

    Raises
    ------
    PlanningError
        If one is neither four numbers from 0 up nor ``ELEMENT=FACTOR``.

    Examples
    --------
    >>> read_effort(["1,2,3,5", "G.cryptography=2"])
    Effort(by_level=(1.0, 2.0, 3.0, 5.0), factors={'G.cryptography': 2.0})
    """
    by_level, factors = Effort().by_level, {}
    for text in texts:
        element, _, numbers = text.rpartition("=")
        try:
            found = [float(part) for part in numbers.split(",")]
        except ValueError:
            found = []
        if len(found) != (1 if element else 4) or not all(0 <= n < math.inf for n in found):
            raise PlanningError(
                f"Effort {text}: expected four numbers from 0 up, such as 1,2,3,5, or a factor of"
                " an element, such as G.cryptography=2."
            )
        if element:
            factors[element.strip()] = found[0]
        else:
            one, two, three, four = found
            by_level = (one, two, three, four)
    return Effort(by_level, factors)


def read_amount(text: str, what: str) -> float:
    """
    Read an effort above 0, such as ``20`` or ``7,5``.

    Raises
    ------
    PlanningError
        If it is written otherwise.
    """
    try:
        amount = float(text.replace(",", "."))
    except ValueError:
        amount = 0.0
    if not 0 < amount < math.inf:
        raise PlanningError(f"{what}: expected a number above 0.")
    return amount
