"""
The table plan: which groups and measures a release has, fixed before any data.

A plan is dense. Its rows depend on the number of contributors in total and on
nothing else, so that a missing row never says that a group is small.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pkimm_analytics.disclosure.policy import read_settings
from pkimm_analytics.errors import PolicyError, Problem
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.organization import (
    ALL,
    ATTRIBUTES,
    PREFER_NOT_TO_SAY,
    coarsen,
    hierarchy,
    profile_codes,
)
from pkimm_analytics.release import Group
from pkimm_analytics.tables import DIMENSIONS, OVERALL

FORMAT = "pkimm-disclosure-plan/1"
ASSURANCES = {"self": "self", "formal": "independent", "third-party": "independent"}
"""Published code of each assurance."""

Family = tuple[str, ...]
"""Dimensions that a table is broken down by, in the order of ``DIMENSIONS``."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Tables of a release that has at least `start` contributors."""

    start: int
    families: tuple[Family, ...]
    requirement_families: tuple[Family, ...]
    requirements_from: int


@dataclass(frozen=True)
class Plan:
    """
    A checked plan. Build it with :func:`load_plan` or :func:`check_plan` only.

    Parameters
    ----------
    version : int
    codes : mapping of str to tuple of str
        Published codes by dimension.
    edition : str
        Edition whose element keys are the measures.
    categories, requirements : tuple of str
        Element keys.
    tiers : tuple of Tier
        Smallest first.
    """

    version: int
    codes: Mapping[str, tuple[str, ...]]
    edition: str
    categories: tuple[str, ...]
    requirements: tuple[str, ...]
    tiers: tuple[Tier, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the plan and of the versions of the hierarchies that it uses."""
        document = {
            "version": self.version,
            "codes": {name: list(codes) for name, codes in self.codes.items()},
            "edition": self.edition,
            "measures": [*self.categories, *self.requirements],
            "tiers": [
                [t.start, t.families, t.requirement_families, t.requirements_from]
                for t in self.tiers
            ],
            "hierarchies": hierarchy_versions(),
        }
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def tier(self, n: int) -> Tier | None:
        """Tier of a release with `n` contributors; None if there are too few for any."""
        fit = [tier for tier in self.tiers if tier.start <= n]
        return fit[-1] if fit else None

    def groups(self, family: Family) -> list[Group]:
        """Every group of a table."""
        choices = [self.codes[d] if d in family else (ALL,) for d in DIMENSIONS]
        return list(product(*choices))

    def measures(self, tier: Tier, family: Family) -> tuple[str, ...]:
        """Measures of a table."""
        base = (*self.categories, OVERALL)
        return (*base, *self.requirements) if family in tier.requirement_families else base

    @property
    def all_measures(self) -> tuple[str, ...]:
        """Every measure that some tier has."""
        return (*self.categories, OVERALL, *self.requirements)


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


def check_plan(settings: Any) -> Plan:
    """
    Check a parsed plan.

    Raises
    ------
    PolicyError
        If anything is missing, unknown or contradicts the coded lists. All
        problems are listed.
    """
    problems: list[Problem] = []
    expected = {"format", "version", "dimensions", "measures", "tiers"}
    if not isinstance(settings, Mapping) or set(settings) != expected:
        problems.append(Problem("", f"expected the settings {', '.join(sorted(expected))}"))
        raise PolicyError("The plan is not sound. Nothing is published.", problems)
    if settings["format"] != FORMAT:
        problems.append(Problem("format", f"expected {FORMAT}"))
    version = settings["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        problems.append(Problem("version", "expected a whole number from 1"))
    codes = _check_codes(settings["dimensions"], problems)
    edition, categories, requirements = _check_measures(settings["measures"], problems)
    tiers = _check_tiers(settings["tiers"], problems)
    if problems:
        raise PolicyError("The plan is not sound. Nothing is published.", problems)
    return Plan(version, codes, edition, categories, requirements, tiers)


def _check_codes(settings: Any, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    if not isinstance(settings, Mapping) or set(settings) != set(DIMENSIONS):
        problems.append(Problem("dimensions", f"expected {', '.join(DIMENSIONS)}"))
        return {}
    codes: dict[str, tuple[str, ...]] = {}
    for name in DIMENSIONS:
        values = settings[name]
        if not isinstance(values, list) or not values or not all(map(_is_code, values)):
            problems.append(Problem(f"dimensions.{name}", "expected a list of codes"))
            continue
        if len(set(values)) < len(values):
            problems.append(Problem(f"dimensions.{name}", "expected each code once"))
        known = _known_codes(name)
        if known is not None and set(values) != known:
            expected = ", ".join(sorted(known))
            problems.append(Problem(f"dimensions.{name}", f"expected exactly {expected}"))
        codes[name] = tuple(values)
    return codes


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 60 and value not in (ALL, PREFER_NOT_TO_SAY)


def _known_codes(dimension: str) -> set[str] | None:
    if dimension in ATTRIBUTES:
        return set(profile_codes(dimension, "group")) - {PREFER_NOT_TO_SAY}
    return set(ASSURANCES.values()) if dimension == "assurance" else None


def _check_measures(
    settings: Any, problems: list[Problem]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    edition = settings.get("edition") if isinstance(settings, Mapping) else None
    if not isinstance(edition, str) or set(settings) != {"edition"}:
        problems.append(Problem("measures", "expected {edition: version}"))
        return "", (), ()
    try:
        model = shipped_model(edition)
    except KeyError:
        problems.append(Problem("measures.edition", "expected an edition that is shipped"))
        return "", (), ()
    return edition, tuple(model.categories), tuple(model.requirements)


def _check_tiers(settings: Any, problems: list[Problem]) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    if not isinstance(settings, list) or not settings:
        problems.append(Problem("tiers", "expected a list"))
        return ()
    for index, rule in enumerate(settings):
        tier = _check_tier(rule)
        if tier is None:
            expected = "expected {from: number from 5, groups: lists of dimensions, beginning with"
            expected += " [], requirements: optional {groups, at_least: number from 50}}"
            problems.append(Problem(f"tiers[{index}]", expected))
            continue
        if tiers and not (
            tiers[-1].start < tier.start
            and set(tiers[-1].families) <= set(tier.families)
            and set(tiers[-1].requirement_families) <= set(tier.requirement_families)
        ):
            problems.append(Problem(f"tiers[{index}]", "expected more of everything than before"))
        tiers.append(tier)
    return tuple(tiers)


def _check_tier(rule: Any) -> Tier | None:
    if not isinstance(rule, Mapping) or not {"from", "groups"} <= set(rule):
        return None
    if set(rule) - {"from", "groups", "requirements"}:
        return None
    start, families = rule["from"], _families(rule["groups"])
    requirements = rule.get("requirements", {"groups": [], "at_least": 50})
    if not isinstance(requirements, Mapping) or set(requirements) != {"groups", "at_least"}:
        return None
    required, least = _families(requirements["groups"]), requirements["at_least"]
    numbers = all(isinstance(n, int) and not isinstance(n, bool) for n in (start, least))
    if not numbers or start < 5 or least < 50 or families is None or required is None:
        return None
    if families[:1] != ((),) or not set(required) <= set(families):
        return None
    return Tier(start, families, required, least)


def _families(value: Any) -> tuple[Family, ...] | None:
    if not isinstance(value, list):
        return None
    families = []
    for names in value:
        if not isinstance(names, list) or not all(name in DIMENSIONS for name in names):
            return None
        families.append(tuple(d for d in DIMENSIONS if d in names))
        if len(families[-1]) != len(names) or len(names) > 2:
            return None
    return tuple(families) if len(set(families)) == len(families) else None
