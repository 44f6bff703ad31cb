"""
The disclosure policy: thresholds, bands, rounding; complete and sound, or refused.

A policy fails closed. Nothing has a default in code: a setting that is missing,
empty, unknown or out of range refuses the whole policy. Settings looser than the
safe ones need an override with a reason, which every manifest repeats; some limits
have none.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pkimm_analytics.errors import PkimmError, PolicyError, Problem
from pkimm_analytics.files import read_limited
from pkimm_analytics.model.yaml_text import read_yaml

FORMAT = "pkimm-disclosure-policy/1"
LOWEST_THRESHOLD = 5
"""No policy publishes a group of fewer contributors."""

QUANTILES = {"median": 0.5, "quartiles": 0.25, "deciles": 0.1}
"""Figures derived from the printed shares, and the part of a group on their shorter side."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    A checked policy. Settings are described in ``policy/disclosure.yaml``.

    Build it with :func:`load_policy` or :func:`check_policy` only.
    """

    version: int
    threshold: int
    changes: int
    tail: int
    age_months: int
    window_months: int
    parent_percent: int
    assessor_percent: int
    assessor_changes_percent: int
    bands: tuple[int, ...]
    steps_percent: tuple[int, ...]
    coding: tuple[tuple[int | None, int], ...]
    homogeneous_from: int
    homogeneous_coding: int
    quantiles: tuple[tuple[str, int], ...]
    rounds: int
    looser: tuple[str, ...]
    reason: str
    approved_by: str

    @property
    def digest(self) -> str:
        """SHA-256 of the settings; comments and spacing do not matter."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def band_start(self, n: int) -> int:
        """Lower end of the band that `n` contributors, at least the threshold, are in."""
        return max(start for start in self.bands if start <= n)

    def band_label(self, start: int) -> str:
        """Band as it is printed, such as ``20-49``."""
        later = [other for other in self.bands if other > start]
        return f"{start}-{later[0] - 1}" if later else f"{start}+"

    def step(self, start: int, coarser: int = 0) -> int | None:
        """
        Return the rounding step (percent) for a band, or None if no step is coarse enough.

        Parameters
        ----------
        start : int
            Lower end of the band.
        coarser : int
            How many steps coarser than need be.
        """
        fit = [step for step in self.steps_percent if step * start >= 200]
        return fit[coarser] if coarser < len(fit) else None

    def coded_percent(self, n: int, largest: int) -> int:
        """
        Percent up to which shares are shown as "at most".

        Parameters
        ----------
        n : int
            Contributors with a level.
        largest : int
            Contributors at the level that most of them have.
        """
        usual = next(percent for below, percent in self.coding if below is None or n < below)
        if 100 * largest >= self.homogeneous_from * n:
            return max(usual, self.homogeneous_coding)
        return usual


def load_policy(path: Path | None = None) -> Policy:
    """
    Read a policy file.

    Parameters
    ----------
    path : Path, optional
        The policy of the package if left out.

    Raises
    ------
    PolicyError
        If the file cannot be read or the policy is not complete and sound.
    """
    return check_policy(read_settings(path, "disclosure.yaml"))


def read_settings(path: Path | None, shipped: str) -> Any:
    """Parse a YAML file, or a shipped one, without checking what it says."""
    try:
        if path is None:
            place = resources.files("pkimm_analytics") / "policy" / shipped
            return read_yaml(place.read_text(encoding="utf-8"), shipped)
        return read_yaml(read_limited(path).decode("utf-8"), path.name)
    except (PkimmError, UnicodeDecodeError) as error:
        problems = error.problems if isinstance(error, PkimmError) else ()
        raise PolicyError("Not a readable file. Nothing is published.", problems) from None


# --- checking ------------------------------------------------------------------------

# Setting: least and most that is possible, and the safe end.
_AT_LEAST = {
    "threshold": (LOWEST_THRESHOLD, 1000, 10),
    "changes": (3, 1000, 5),
    "tail": (3, 1000, 5),
    "age_months": (0, 60, 3),
}
_AT_MOST = {
    "parent_percent": (1, 50, 25),
    "assessor_percent": (1, 100, 50),
    "assessor_changes_percent": (1, 100, 50),
}
_PLAIN = {"version": (1, 10**6), "window_months": (3, 120), "rounds": (1, 20)}
_STRUCTURED = ("bands", "steps_percent", "coding", "homogeneous", "quantiles", "override")


def check_policy(settings: Any) -> Policy:
    """
    Check parsed settings.

    Raises
    ------
    PolicyError
        If any setting is missing, unknown, of the wrong kind or out of range, or
        looser than safe without an override. All problems are listed.
    """
    problems: list[Problem] = []
    if not isinstance(settings, Mapping):
        settings = {}
    if settings.get("format") != FORMAT:
        problems.append(Problem("format", f"expected {FORMAT}"))
    known = {"format", *_AT_LEAST, *_AT_MOST, *_PLAIN, *_STRUCTURED}
    problems += [Problem(str(k)[:40], "no such setting") for k in settings if k not in known]
    problems += [Problem(k, "missing") for k in sorted(known - set(settings))]
    for name, (low, high, *_) in (_AT_LEAST | _AT_MOST | _PLAIN).items():
        if name in settings and not _is_whole(settings[name], low, high):
            problems.append(Problem(name, f"expected a whole number, {low} to {high}"))
    for name, check in _CHECKS.items():
        if name in settings and (expected := check(settings[name])):
            problems.append(Problem(name, f"expected {expected}"))
    if not problems:
        problems = _check_together(settings)
    if problems:
        raise PolicyError("The policy is not sound. Nothing is published.", problems)
    return _build(settings)


def _build(settings: Mapping[str, Any]) -> Policy:
    override = settings["override"] or {}
    plain = {name: settings[name] for name in (*_AT_LEAST, *_AT_MOST, *_PLAIN)}
    return Policy(
        **plain,
        bands=tuple(settings["bands"]),
        steps_percent=tuple(settings["steps_percent"]),
        coding=tuple((rule["below"], rule["percent"]) for rule in settings["coding"]),
        homogeneous_from=settings["homogeneous"]["from_percent"],
        homogeneous_coding=settings["homogeneous"]["coding_percent"],
        quantiles=tuple((name, settings["quantiles"][name]) for name in QUANTILES),
        looser=tuple(_looser(settings)),
        reason=override.get("reason", ""),
        approved_by=override.get("approved_by", ""),
    )


def _looser(settings: Mapping[str, Any]) -> list[str]:
    found = [name for name, (_, _, safe) in _AT_LEAST.items() if settings[name] < safe]
    return found + [name for name, (_, _, safe) in _AT_MOST.items() if settings[name] > safe]


def _check_together(settings: Mapping[str, Any]) -> list[Problem]:
    problems = []
    looser = _looser(settings)
    if looser and not settings["override"]:
        problems = [Problem(name, "looser than safe; needs an override") for name in looser]
    for name in ("age_months", "window_months"):
        if settings[name] % 3:
            problems.append(Problem(name, "expected a multiple of 3"))
    first = 5 if settings["threshold"] < 10 else 10
    if settings["bands"][0] != first:
        problems.append(Problem("bands", f"expected a first band of {first} for this threshold"))
    for name, part in QUANTILES.items():
        if round(settings["quantiles"][name] * part, 9) < settings["tail"]:
            problems.append(Problem(f"quantiles.{name}", "leaves fewer than `tail` on one side"))
    return problems


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_rising(values: Any, low: int, high: int, most: int) -> bool:
    return (
        isinstance(values, list)
        and 1 <= len(values) <= most
        and all(_is_whole(value, low, high) for value in values)
        and all(one < other for one, other in itertools.pairwise(values))
    )


def _check_bands(bands: Any) -> str | None:
    if _is_rising(bands, 5, 10**9, 60) and all(
        2 * one <= other for one, other in itertools.pairwise(bands)
    ):
        return None
    return "rising whole numbers from 5, each at least twice the one before"


def _check_steps(steps: Any) -> str | None:
    if _is_rising(steps, 1, 50, 10) and all(100 % step == 0 for step in steps):
        return None
    return "rising whole numbers from 1 to 50 that divide 100"


def _check_coding(rules: Any) -> str | None:
    expected = "rules {below: number or null, percent: 2 to 40}, rising, the last with null;"
    expected += " at least 20 percent below 20 contributors, 10 below 100, and 2 from there"
    if not (isinstance(rules, list) and 1 <= len(rules) <= 20):
        return expected
    if not all(isinstance(rule, Mapping) and set(rule) == {"below", "percent"} for rule in rules):
        return expected
    ends = [rule["below"] for rule in rules]
    if ends[-1] is not None or not (ends[:-1] == [] or _is_rising(ends[:-1], 10, 10**9, 19)):
        return expected
    if not all(_is_whole(rule["percent"], 2, 40) for rule in rules):
        return expected
    starts = [5, *ends[:-1]]
    for start, rule in zip(starts, rules, strict=True):
        needed = 20 if start < 20 else 10 if start < 100 else 2
        if rule["percent"] < needed:
            return expected
    return None


def _check_homogeneous(rule: Any) -> str | None:
    if (
        isinstance(rule, Mapping)
        and set(rule) == {"from_percent", "coding_percent"}
        and _is_whole(rule["from_percent"], 50, 85)
        and _is_whole(rule["coding_percent"], 10, 40)
    ):
        return None
    return "{from_percent: 50 to 85, coding_percent: 10 to 40}"


def _check_quantiles(rule: Any) -> str | None:
    if (
        isinstance(rule, Mapping)
        and set(rule) == set(QUANTILES)
        and all(_is_whole(n, 6, 10**6) for n in rule.values())
    ):
        return None
    return "{median: n, quartiles: n, deciles: n} with whole numbers"


def _check_override(rule: Any) -> str | None:
    if rule is None:
        return None
    if (
        isinstance(rule, Mapping)
        and set(rule) == {"reason", "approved_by"}
        and all(isinstance(t, str) and 3 <= len(t.strip()) <= 500 for t in rule.values())
        and len(rule["reason"].strip()) >= 20
    ):
        return None
    return "null, or {reason: 20 to 500 characters, approved_by: a role}"


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "bands": _check_bands,
    "steps_percent": _check_steps,
    "coding": _check_coding,
    "homogeneous": _check_homogeneous,
    "quantiles": _check_quantiles,
    "override": _check_override,
}
