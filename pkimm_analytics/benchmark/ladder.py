"""
The peer ladder: from the cohort that was asked for to the nearest published one.

Dimensions are relaxed from the least important on. A cohort that keeps a more important
dimension always comes before one that does not, whatever else it keeps. A cohort **tells**
something if some level of the whole would be called above or below its middle; one of
ten to twenty organizations, whose shares are cut off early, can never do that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark.release import Benchmark
from pkimm_analytics.benchmark.verdicts import is_telling
from pkimm_analytics.disclosure.plan import ASSURANCES
from pkimm_analytics.errors import AssessmentError, BenchmarkError, Problem
from pkimm_analytics.model import is_known_edition, model_of
from pkimm_analytics.model.shipped import shipped_versions
from pkimm_analytics.organization import (
    ALL,
    ATTRIBUTES,
    PREFER_NOT_TO_SAY,
    broader_codes,
    coarsen,
    label,
)
from pkimm_analytics.tables import OVERALL

IMPORTANCE = ("sector", "size", "role", "region", "assurance", "edition")
"""Dimensions, the one that is relaxed last first; see decision 0030."""


@dataclass(frozen=True)
class Ladder:
    """
    The way to a published cohort.

    Parameters
    ----------
    asked : dict of str to str
        Cohort that was asked for.
    found : dict of str to str
        Published cohort; empty for everybody.
    relaxed : tuple of (dimension, from, to)
        What was relaxed or made coarser, in the order in which it was.
    is_published : bool
        False if the release does not even publish the measure for everybody.
    n : str
        Band of contributors with a level of the measure; empty if none is published.
    pooled : dict of str to tuple of str
        ``assurance`` and ``edition``: which kinds the figures of the cohort combine.
    tells : bool
        Whether a level can be told from the middle of the cohort at all.
    """

    asked: dict[str, str]
    found: dict[str, str]
    relaxed: tuple[tuple[str, str, str], ...]
    is_published: bool
    n: str
    pooled: dict[str, tuple[str, ...]]
    tells: bool

    def to_json(self) -> dict[str, Any]:
        """Return what was asked for, what was found, and what was relaxed."""
        return {
            "asked": self.asked,
            "found": self.found,
            "relaxed": [{"dimension": d, "from": a, "to": b} for d, a, b in self.relaxed],
            "n": self.n or None,
            "pooled": {name: list(kinds) for name, kinds in self.pooled.items()},
            "tells": self.tells,
        }


def peer_ladder(
    bench: Benchmark,
    cohort: Mapping[str, str],
    *,
    measure: str = OVERALL,
    order: Sequence[str] = IMPORTANCE,
    telling: bool = False,
) -> Ladder:
    """
    Find the published cohort that is nearest to the one asked for.

    Parameters
    ----------
    cohort : mapping of str to str
        Code by dimension; leaf codes of the profile are made coarser first.
    measure : str
        Measure that must be published.
    order : sequence of str
        Dimensions, the most important first.
    telling : bool
        Pass over cohorts that can tell nothing, if there is a broader one that can.

    Raises
    ------
    BenchmarkError
        If a dimension, code or measure is unknown.
    """
    asked = {d: str(c) for d, c in cohort.items() if c != ALL}
    if set(order) != set(IMPORTANCE):
        raise BenchmarkError(f"The order needs each of {', '.join(IMPORTANCE)} once.")
    if measure not in bench.measures:
        problem = Problem(str(measure)[:80], "not a measure of this release")
        raise BenchmarkError("The release has no such measure.", [problem])
    coarse, relaxed = _coarser(bench, asked)
    found: dict[str, str] = {}
    peers, tells = None, False
    for step in _steps(coarse, order):
        shown = bench.distribution(bench.group(step), measure)
        if shown is None or (peers is not None and not is_telling(shown)):
            continue
        found, peers, tells = step, shown, is_telling(shown)
        if tells or not telling:
            break
    relaxed += [(d, coarse[d], ALL) for d in reversed(order) if d in coarse and d not in found]
    return Ladder(
        asked=asked,
        found=found if peers else {},
        relaxed=tuple(relaxed),
        is_published=peers is not None,
        n="" if peers is None else peers.band,
        pooled=bench.pooled(found),
        tells=tells,
    )


def _coarser(
    bench: Benchmark, asked: Mapping[str, str]
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Bring a cohort to published codes; what the release does not break down by is relaxed."""
    coarse: dict[str, str] = {}
    relaxed: list[tuple[str, str, str]] = []
    problems = []
    for dimension, code in asked.items():
        if dimension not in IMPORTANCE:
            problems.append(Problem(dimension[:40], f"expected {', '.join(IMPORTANCE)}"))
            continue
        known = bench.codes(dimension) if dimension in bench.dimensions else None
        group = _code_in(known or (), dimension, published_code_of(dimension, code))
        if known is None or (
            dimension == "edition" and code in set(shipped_versions()) - set(known)
        ):
            relaxed.append((dimension, code, ALL))  # not a mistake; this release is without it
        elif code in known:
            coarse[dimension] = code
        elif group is not None and group in known:
            coarse[dimension] = group
            relaxed.append((dimension, code, group))
        else:
            expected = ", ".join(known)
            problems.append(Problem(dimension, f"not a code; expected one of {expected}"))
    if problems:
        raise BenchmarkError("There is no such cohort.", problems)
    return coarse, relaxed


def _code_in(known: Sequence[str], dimension: str, code: str | None) -> str | None:
    """Return the code, or the broader one that a release of few contributors has."""
    broader = set() if code is None else broader_codes(dimension, code)
    return next((c for c in known if c in broader), code)


def published_code_of(dimension: str, code: str) -> str | None:
    """Code under which a leaf code is published, None if it is no code at all."""
    if dimension == "assurance":
        return ASSURANCES.get(code)
    if dimension not in ATTRIBUTES:
        return code
    try:
        return coarsen(dimension, code, "group")
    except AssessmentError:
        return None


def _steps(cohort: Mapping[str, str], order: Sequence[str]) -> Iterator[dict[str, str]]:
    """Every part of a cohort, from all of it to nothing of it, by importance."""
    used = [d for d in order if d in cohort]
    for kept in product((True, False), repeat=len(used)):
        yield {d: cohort[d] for d, keep in zip(used, kept, strict=True) if keep}


def cohort_of(assessment: Assessment) -> dict[str, str]:
    """
    Return the published codes of an assessment's profile: where its ladder starts.

    What was not stated, or was not to be said, is left out; so is an edition that the
    crosswalk does not know.
    """
    found: dict[str, str] = {}
    for attribute in ATTRIBUTES:
        leaf = getattr(assessment.organization, attribute)
        if leaf is not None and leaf != PREFER_NOT_TO_SAY:
            found[attribute] = str(coarsen(attribute, leaf, "group"))
    if assessment.assurance is not None:
        found["assurance"] = ASSURANCES[str(assessment.assurance)]
    if is_known_edition(model_of(assessment.model)):
        found["edition"] = assessment.model.version
    return found


def code_label(dimension: str, code: str) -> str:
    """Words for a code of a dimension."""
    if code == ALL:
        return "all"
    if dimension in ATTRIBUTES:
        try:
            return label(dimension, code)
        except AssessmentError:
            return code
    if dimension == "assurance":
        return {"self": "self-assessed", "independent": "independently assessed"}.get(code, code)
    return f"PKIMM {code}"
