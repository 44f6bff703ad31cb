"""
Every exception and warning of the package, and the problem they report.

An error names what was wrong, where, what would be right and what happened to
the rest. Readers collect every :class:`Problem` first and raise once. Messages
never hold an organization's name, a contact or free text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing that a reader could not take as it stands.

    Parameters
    ----------
    where : str
        Place in the source: sheet and cell, row and column, field path.
    message : str
        What is wrong and what would be right.
    refused : bool
        True if something of the source was not taken over; False for a remark
        on something that was.
    """

    where: str
    message: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def to_json(self) -> dict[str, str]:
        """Return the two fields that are shown to users."""
        return {"where": self.where, "message": self.message}


class PkimmError(Exception):
    """
    Root of all errors of this package: the user's input, not a bug.

    Parameters
    ----------
    message : str
        One line: what failed and what happened to the rest.
    problems : iterable of Problem
        Every single problem, in the order of the source.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.message = message
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  {problem}" for problem in self.problems)]))


class SourceFormatError(PkimmError, ValueError):
    """A file, link or text is not what it should be; nothing of it was imported."""


class ModelError(PkimmError, ValueError):
    """A model or extension definition is not valid."""


class UnknownEditionError(PkimmError, LookupError):
    """No installed edition or extension fits."""


class SourceWarning(UserWarning):
    """Something of a source could not be taken as it stands; the rest was read."""


class AssessmentError(PkimmError, ValueError):
    """An assessment contradicts itself or its model."""


class WorkspaceError(PkimmError, OSError):
    """A workspace cannot be read or written."""


class SimulationError(PkimmError, ValueError):
    """The settings of a simulation cannot be used; nothing was simulated."""


class PolicyError(PkimmError, ValueError):
    """The disclosure policy or plan is not complete and sound; nothing is published with it."""


class DisclosureError(PkimmError, ValueError):
    """A release was refused; nothing was published."""


class ContributionError(PkimmError, ValueError):
    """An assessment cannot be contributed as it stands; nothing of it left."""


class KeyStoreError(PkimmError, ValueError):
    """The key for pseudonyms, or what is kept beside it, cannot be used."""


class CollectionError(PkimmError, OSError):
    """A collection cannot be read or written, or is damaged; what was committed is untouched."""


class FeedbackError(PkimmError, ValueError):
    """A comment or decision is not valid, or the feedback cannot be read or written."""


class BenchmarkError(PkimmError, LookupError):
    """A cohort or measure that was asked for does not exist, or has nothing to compare with."""
