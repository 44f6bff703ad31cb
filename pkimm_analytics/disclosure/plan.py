"""
The table plan: which groups and measures a release has, fixed before any data.

A plan is dense. Its rows depend on the number of contributors in total and on
nothing else, so that a missing row never says that a group is small.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pkimm_analytics.disclosure.policy import checked, digest_of, read_settings
from pkimm_analytics.errors import PolicyError, Problem
from pkimm_analytics.model import MODULE_IDS
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.organization import (
    ALL,
    ATTRIBUTES,
    GRAINS,
    PREFER_NOT_TO_SAY,
    broader_codes,
    coarsen,
    hierarchy,
    profile_codes,
)
from pkimm_analytics.records import AtMost, ClosedRecord, Version, Whole
from pkimm_analytics.release import Group
from pkimm_analytics.tables import DIMENSIONS, OVERALL

ASSURANCES = {"self": "self", "formal": "independent", "third-party": "independent"}
"""Published code of each assurance."""

Family = tuple[str, ...]
"""Dimensions that a table is broken down by, in the order of ``DIMENSIONS``."""

_Dimensions = Annotated[
    tuple[Literal["sector", "size", "region", "role", "assurance", "edition"], ...], AtMost(2)
]
_Grain = Literal["group", "broad", "broadest"]
_Families = Annotated[tuple[_Dimensions, ...], AtMost(30)]


class Requirements(ClosedRecord):
    """Groups that also have requirements, each from so many contributors."""

    groups: _Families
    at_least: Annotated[Whole, Field(ge=50)]


class Grains(ClosedRecord):
    """How fine the codes of each attribute are."""

    sector: _Grain = "group"
    size: _Grain = "group"
    region: _Grain = "group"
    role: _Grain = "group"


class Tier(ClosedRecord):
    """Tables of a release that has at least `start` contributors."""

    start: Annotated[Whole, Field(ge=5, alias="from")]
    grain: Grains = Grains()
    groups: _Families
    requirements: Requirements = Requirements(groups=(), at_least=50)

    @property
    def families(self) -> tuple[Family, ...]:
        """Tables of the tier."""
        return tuple(map(_ordered, self.groups))

    @property
    def requirement_families(self) -> tuple[Family, ...]:
        """Tables that also have requirements."""
        return tuple(map(_ordered, self.requirements.groups))


def _ordered(names: Family) -> Family:
    return tuple(dimension for dimension in DIMENSIONS if dimension in names)


class Measures(ClosedRecord):
    """The edition whose element keys are the measures; some of its categories, or all."""

    edition: Version
    categories: tuple[str, ...] | None = None


class Plan(ClosedRecord):
    """A checked plan; see :func:`load_plan`. Settings are described in ``policy/plan.yaml``."""

    FORMAT = "pkimm-disclosure-plan/1"
    ERROR = PolicyError
    version: Annotated[Whole, Field(ge=1)]
    editions: Annotated[tuple[Version, ...], Field(min_length=1), AtMost(50)]
    measures: Measures
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1), AtMost(50)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise PolicyError("", problems)
        return self

    def _problems(self) -> Iterator[Problem]:
        if len(set(self.editions)) < len(self.editions):
            yield Problem("editions", "expected each once")
        if self.measures.edition not in shipped_versions():
            yield Problem("measures.edition", "expected an edition that is shipped")
        for number, tier in enumerate(self.tiers):
            families, required = tier.families, tier.requirement_families
            if families[:1] != ((),) or not set(required) <= set(families):
                yield Problem(f"tiers.{number}", "expected groups that begin with []")
            if any(len({*f}) < len(f) for f in tier.groups) or len({*families}) < len(families):
                yield Problem(f"tiers.{number}", "expected each table and dimension once")
        for number, (one, other) in enumerate(itertools.pairwise(self.tiers), 1):
            finer = [
                GRAINS.index(getattr(one.grain, d)) >= GRAINS.index(getattr(other.grain, d))
                for d in ATTRIBUTES
            ]
            if not (
                all(finer)
                and one.start < other.start
                and set(one.families) <= set(other.families)
                and set(one.requirement_families) <= set(other.requirement_families)
            ):
                yield Problem(f"tiers.{number}", "expected more of everything than before")

    @property
    def digest(self) -> str:
        """SHA-256 of the plan and of the versions of the hierarchies that it uses."""
        return digest_of(self, hierarchies=hierarchy_versions())

    @cached_property
    def codes(self) -> Mapping[str, tuple[str, ...]]:
        """Codes by dimension, at the finest grain."""
        return self.codes_of(Grains())

    def codes_of(self, grain: Grains) -> dict[str, tuple[str, ...]]:
        """Return the published codes by dimension, at some grain."""
        known = {d: profile_codes(d, getattr(grain, d)) for d in ATTRIBUTES}
        return {
            **{d: tuple(c for c in codes if c != PREFER_NOT_TO_SAY) for d, codes in known.items()},
            "assurance": tuple(dict.fromkeys(ASSURANCES.values())),
            "edition": self.editions,
        }

    def places(self, grain: Grains, dimension: str) -> list[int]:
        """
        Place among the codes at a grain of each finest code, and last of who did not say.

        -1 is in no group.
        """
        codes = self.codes_of(grain)[dimension]
        found = []
        for code in (*self.codes[dimension], None):
            names = broader_codes(dimension, code) | {code}
            found.append(next((place for place, name in enumerate(codes) if name in names), -1))
        return found

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Element keys of the categories that are measures."""
        every, chosen = tuple(self._model.categories), self.measures.categories
        return every if chosen is None else tuple(key for key in every if key in chosen)

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules, where all their categories are measures."""
        return MODULE_IDS if self.measures.categories is None else ()

    @cached_property
    def requirements(self) -> tuple[str, ...]:
        """Element keys of the requirements that are measures: those of all categories only."""
        return tuple(self._model.requirements) if self.measures.categories is None else ()

    @property
    def _model(self) -> Any:
        return shipped_model(self.measures.edition)

    def tier(self, n: int) -> Tier | None:
        """Tier of a release with `n` contributors; None if there are too few for any."""
        fit = [tier for tier in self.tiers if tier.start <= n]
        return fit[-1] if fit else None

    def groups(self, tier: Tier, family: Family) -> list[Group]:
        """Every group of a table."""
        codes = self.codes_of(tier.grain)
        return list(product(*(codes[d] if d in family else (ALL,) for d in DIMENSIONS)))

    def parts(self, tier: Tier, family: Family) -> Mapping[str, tuple[str, ...]]:
        """Measures of a table in the parts that are computed together."""
        parts = {"base": (*self.categories, OVERALL, *self.modules)}
        if family in tier.requirement_families and self.requirements:
            parts["requirements"] = self.requirements
        return parts

    @property
    def all_measures(self) -> tuple[str, ...]:
        """Every measure that some tier has."""
        return (*self.categories, OVERALL, *self.modules, *self.requirements)


def hierarchy_versions() -> dict[str, str]:
    """Versions of the coded lists behind the dimensions."""
    return {attribute: hierarchy(attribute).version for attribute in ATTRIBUTES}


def published_code(plan: Plan, dimension: str, value: str | None) -> str | None:
    """
    Code under which a contribution is published, or None if it is in no group.

    Raises
    ------
    AssessmentError
        If the value is not in the coded list.
    """
    if value is None or value in ("", PREFER_NOT_TO_SAY):
        return None
    if dimension in ATTRIBUTES:
        code = coarsen(dimension, value, "group")
    elif dimension == "assurance":
        code = ASSURANCES.get(value)
    else:
        code = value
    return code if code in plan.codes[dimension] else None


def check_plan(settings: Any) -> Plan:
    """
    Check a parsed plan.

    Raises
    ------
    PolicyError
        If anything is missing, unknown or contradicts the coded lists. All
        problems are listed.
    """
    return checked(Plan, settings, "plan")


def load_plan(path: Path | None = None) -> Plan:
    """
    Read a plan file.

    Parameters
    ----------
    path : Path, optional
        The plan of the package if left out.

    Raises
    ------
    PolicyError
        If the file cannot be read or the plan is not complete and sound.
    """
    return check_plan(read_settings(path, "plan.yaml"))
