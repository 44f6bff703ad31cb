"""
What an attack reports: which rows, and what they give away.

A finding is private. It may name a group and what its members have in common, so
it goes to the working group and never into a release.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pkimm_analytics.organization import ALL
from pkimm_analytics.release import Group


def group_name(group: Group) -> str:
    """Codes of a group for people."""
    return ", ".join(code for code in group if code != ALL) or "all"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that a published file gives away.

    Parameters
    ----------
    attack : str
        Id of the attack, ``T1`` to ``T35``.
    learned : str
        What could be narrowed down, and to what.
    groups : tuple of Group
        Groups whose rows were used, or that it is about. Empty for files.
    measure : str
        Element key or ``overall``; empty if it is not about one measure.
    where : str
        File and place inside it, for artifacts.
    """

    attack: str
    learned: str
    groups: tuple[Group, ...] = ()
    measure: str = ""
    where: str = ""

    def __str__(self) -> str:
        names = "; ".join(map(group_name, self.groups))
        place = " / ".join(part for part in (self.where, names, self.measure) if part)
        return f"{self.attack}  {place}{': ' if place else ''}{self.learned}"

    def to_json(self) -> dict[str, object]:
        """Return the fields as a JSON object."""
        return asdict(self) | {"groups": [list(group) for group in self.groups]}
