"""What every loader gives back: an assessment and what there is to say about it."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import Problem

ASSESSMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""An id that a source may give its assessment; it becomes part of a file's name."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    One assessment that was read, with the problems found on the way.

    Parameters
    ----------
    assessment : Assessment
    problems : tuple of Problem
        Refused problems name what was left out; remarks name what was taken over
        with a change or under an assumption.
    """

    assessment: Assessment
    problems: tuple[Problem, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether something of the source was refused."""
        return any(problem.refused for problem in self.problems)


MAX_PROBLEMS = 200
"""Most problems that are listed one by one."""


def capped(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the first problems and, if there are too many, how many more there are."""
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    rest = problems[MAX_PROBLEMS:]
    more = Problem("", f"and {len(rest):,} more", refused=any(p.refused for p in rest))
    return (*problems[:MAX_PROBLEMS], more)


def content_digest(content: bytes) -> str:
    """SHA-256 of a source, as it is kept with the assessment."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def content_id(content: bytes, part: str = "") -> str:
    """
    Id of an assessment whose source has none: the same source always gets the same id.

    `part` tells several assessments of one source apart.
    """
    digest = hashlib.sha256(b"pkimm/assessment/v1\0" + part.encode() + b"\0" + content).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))
