"""
The disclosure policy: thresholds, bands, rounding; complete and sound, or refused.

A policy fails closed. Nothing has a default in code: a setting that is missing,
empty, unknown or out of range refuses the whole policy. Settings looser than the
safe ones need an override with a reason, which every manifest repeats; some limits
have none. What each setting means stands beside it in ``policy/disclosure.yaml``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, model_validator

from pkimm_analytics.audit.truth import Rules
from pkimm_analytics.errors import DisclosureError, PkimmError, PolicyError, Problem
from pkimm_analytics.files import read_limited
from pkimm_analytics.quarters import is_quarter, ordinal
from pkimm_analytics.records import AtMost, ClosedRecord, Flag, Record, Whole
from pkimm_analytics.yaml_text import read_yaml

QUANTILES = {"median": 0.5, "quartiles": 0.25, "deciles": 0.1}
"""Figures derived from the printed shares, and the part of a group on their shorter side."""

SAFE_LEAST = {
    "threshold": 10,
    "changes": 10,
    "changes_to_appear": 5,
    "tail": 5,
    "age_months": 3,
}
SAFE_MOST = {"parent_percent": 25, "assessor_percent": 50, "assessor_changes_percent": 50}
"""Safe ends of settings; beyond them an override is needed."""

Band = Annotated[Whole, Field(ge=5, le=10**9)]
Step = Annotated[Whole, Field(ge=1, le=50)]
Percent = Annotated[Whole, Field(ge=1, le=100)]
Smallest = Annotated[Whole, Field(ge=6, le=10**6)]
Reason = Annotated[str, Field(min_length=20, max_length=500)]
Role = Annotated[str, Field(min_length=3, max_length=500)]


class Coding(ClosedRecord):
    """Percent up to which shares of groups below a size are shown as "at most"."""

    below: Annotated[Whole, Field(ge=10, le=10**9)] | None
    percent: Annotated[Whole, Field(ge=2, le=40)]


class Homogeneous(ClosedRecord):
    """The same for groups of which one level holds nearly everybody."""

    from_percent: Annotated[Whole, Field(ge=50, le=85)]
    coding_percent: Annotated[Whole, Field(ge=10, le=40)]


class Quantiles(ClosedRecord):
    """Smallest group of each kind of quantile."""

    median: Smallest
    quartiles: Smallest
    deciles: Smallest


class Override(ClosedRecord):
    """Why settings may be looser than safe, and the role of who approved it."""

    reason: Reason
    approved_by: Role


class Policy(ClosedRecord):
    """A checked policy; see :func:`load_policy`. Settings are described in its file."""

    FORMAT = "pkimm-disclosure-policy/1"
    ERROR = PolicyError
    version: Annotated[Whole, Field(ge=1, le=10**6)]
    threshold: Annotated[Whole, Field(ge=5, le=1000)]
    changes: Annotated[Whole, Field(ge=3, le=1000)]
    changes_to_appear: Annotated[Whole, Field(ge=3, le=1000)]
    tail: Annotated[Whole, Field(ge=3, le=1000)]
    age_months: Annotated[Whole, Field(ge=0, le=60, multiple_of=3)]
    window_months: Annotated[Whole, Field(ge=3, le=120, multiple_of=3)]
    parent_percent: Annotated[Percent, Field(le=50)]
    assessor_percent: Percent
    assessor_changes_percent: Percent
    bands: Annotated[tuple[Band, ...], AtMost(100)]
    steps_percent: Annotated[tuple[Step, ...], AtMost(10)]
    coding: Annotated[tuple[Coding, ...], AtMost(20)]
    homogeneous: Homogeneous
    quantiles: Quantiles
    rounds: Annotated[Whole, Field(ge=1, le=20)]
    count_unverified: Flag
    override: Override | None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise PolicyError("", problems)
        return self

    def _problems(self) -> Iterator[Problem]:
        """Find what does not fit together, or is looser than safe without a reason."""
        for name in self.looser if self.override is None else ():
            yield Problem(name, "looser than safe; needs an override")
        first = 5 if self.threshold < 10 else 10
        if self.bands[:1] != (first,):
            yield Problem("bands", f"expected a first band of {first} for this threshold")
        wide = self.bands[::2]
        if not _rises(self.bands) or any(2 * a > b for a, b in itertools.pairwise(wide)):
            yield Problem("bands", "expected rising numbers, every second at least twice as large")
        if not _rises(self.steps_percent) or any(100 % step for step in self.steps_percent):
            yield Problem("steps_percent", "expected rising numbers that divide 100")
        if not self._is_coding_sound():
            yield Problem(
                "coding",
                "expected rising rules, the last with null; at least 20 percent below 20"
                " contributors, 10 below 100, and 2 from there",
            )
        for name, part in QUANTILES.items():
            if round(getattr(self.quantiles, name) * part, 9) < self.tail:
                yield Problem(f"quantiles.{name}", "leaves fewer than `tail` on one side")

    def _is_coding_sound(self) -> bool:
        ends = [rule.below or 0 for rule in self.coding]
        if ends[-1:] != [0] or not _rises([1, *ends[:-1]]):
            return False
        starts = [5, *ends[:-1]]
        needed = [20 if start < 20 else 10 if start < 100 else 2 for start in starts]
        return all(r.percent >= least for r, least in zip(self.coding, needed, strict=True))

    @property
    def looser(self) -> tuple[str, ...]:
        """Settings that are looser than safe."""
        below = [name for name, safe in SAFE_LEAST.items() if getattr(self, name) < safe]
        above = [name for name, safe in SAFE_MOST.items() if getattr(self, name) > safe]
        return (*below, *above, *(["count_unverified"] if self.count_unverified else []))

    @property
    def digest(self) -> str:
        """SHA-256 of the settings; comments and spacing do not matter."""
        return digest_of(self)

    @property
    def rules(self) -> Rules:
        """What the audit of a release tests against."""
        return Rules(
            threshold=self.threshold,
            changes=self.changes,
            changes_to_appear=self.changes_to_appear,
            tail=self.tail,
            assessor_percent=self.assessor_percent,
        )

    def window(self, quarter: str) -> range:
        """
        Quarters, counted since the year 0, that a release may use.

        Raises
        ------
        DisclosureError
            If the quarter is not written like ``2026Q3``.
        """
        if not is_quarter(quarter):
            raise DisclosureError("A quarter is written like 2026Q3. Nothing was published.")
        end = ordinal(quarter) - self.age_months // 3 + 1
        return range(end - self.window_months // 3, end)

    def band_start(self, n: int, *, wide: bool = False) -> int:
        """Lower end of the band that `n` contributors, at least the threshold, are in."""
        return max(start for start in self.bands[:: 2 if wide else 1] if start <= n)

    def band_label(self, start: int, *, wide: bool = False) -> str:
        """Band as it is printed, such as ``20-29``."""
        later = [other for other in self.bands[:: 2 if wide else 1] if other > start]
        return f"{start}-{later[0] - 1}" if later else f"{start}+"

    def step(self, n: int, coarser: int = 0) -> int | None:
        """
        Return the rounding step (percent) for a group, or None if no step is coarse enough.

        Parameters
        ----------
        n : int
            Contributors with a level.
        coarser : int
            How many steps coarser than need be.
        """
        start = self.band_start(n, wide=True)
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
        usual = next(r.percent for r in self.coding if r.below is None or n < r.below)
        if 100 * largest >= self.homogeneous.from_percent * n:
            return max(usual, self.homogeneous.coding_percent)
        return usual


def _rises(values: list[int] | tuple[int, ...]) -> bool:
    return len(values) > 0 and all(one < other for one, other in itertools.pairwise(values))


Settings = TypeVar("Settings", bound=Record)


def checked(kind: type[Settings], settings: Any, what: str) -> Settings:
    """
    Check parsed settings of a policy or a plan.

    Raises
    ------
    PolicyError
        If anything is missing, unknown or out of range. All problems are listed.
    """
    try:
        return kind.read(settings, what)
    except PolicyError as error:
        message = f"The {what} is not sound. Nothing is published."
        raise PolicyError(message, error.problems) from None


def digest_of(settings: Record, **more: Any) -> str:
    """SHA-256 of settings and of what else belongs to them."""
    text = json.dumps({**settings.to_json(), **more}, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def check_policy(settings: Any) -> Policy:
    """
    Check parsed settings.

    Raises
    ------
    PolicyError
        If any setting is missing, unknown, of the wrong kind or out of range, or
        looser than safe without an override. All problems are listed.
    """
    return checked(Policy, settings, "policy")


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
