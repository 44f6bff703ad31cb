"""
All attacks in one go, with the rules that they test against.

``VERSION`` changes whenever an attack is added or gets sharper; manifests state it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pkimm_analytics.audit.changes import (
    Vintage,
    first_printed,
    known_changes,
    moved_too_early,
    release_differences,
    unmasked,
)
from pkimm_analytics.audit.coalitions import coalitions
from pkimm_analytics.audit.complements import complements, known_numbers, residuals, trackers
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.homogeneity import homogeneous_groups
from pkimm_analytics.audit.precision import averages, possible_numbers
from pkimm_analytics.audit.programs import programs
from pkimm_analytics.audit.rows import contributions, extremes, linkage, reason_codes, small_groups
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.release import Release

VERSION = "5"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a release promises. The safe values are the defaults."""

    threshold: int = 10
    changes: int = 10
    changes_to_appear: int = 5
    tail: int = 5
    assessor_percent: int = 50


Attack = Callable[[Release, Rules, "Truth | None"], list[Finding]]

ON_TABLES: dict[str, tuple[str, Attack]] = {
    "T1": ("small groups", lambda p, r, _: small_groups(p, r.threshold)),
    "T2": ("complements of linked tables", lambda p, r, t: complements(p, r.threshold, t)),
    "T3": ("residuals", lambda p, r, t: residuals(p, r.threshold, t)),
    "T4": ("trackers", lambda p, r, t: trackers(p, r.threshold, t)),
    "T5": ("linear programs", lambda p, r, t: programs(p, r.threshold, t)),
    "T6": ("possible numbers", lambda p, _, t: possible_numbers(p, t)),
    "T7": ("averaging", lambda p, _, t: averages(p, t)),
    "T8": ("homogeneity", lambda p, *_: homogeneous_groups(p)),
    "T9": ("extremes and tails", lambda p, r, _: extremes(p, r.tail)),
    "T10": ("row presence and reasons", lambda p, *_: reason_codes(p)),
    "T15": ("frozen rows unmasked", lambda p, *_: unmasked(p)),
}
"""Attacks on one release, by id; the truth, where it is known, tells right from wrong."""

WITH_TRUTH: dict[str, tuple[str, Callable[[Release, Rules, Truth], list[Finding]]]] = {
    "T11": (
        "list of participants",
        lambda p, r, t: [
            *known_numbers(p, r.threshold, t),
            *programs(p, r.threshold, t, knows_participants=True),
        ],
    ),
    "T12": ("coalitions", lambda p, _, t: coalitions(p, t)),
    "T18": ("linkage", lambda p, r, t: linkage(p, t, r.threshold)),
    "T19": (
        "contributions",
        lambda p, r, t: contributions(p, t, r.threshold, r.assessor_percent),
    ),
}
"""Attacks by somebody who knows part of the records."""

QUICKLY: dict[str, Callable[[Release, Rules, Truth], list[Finding]]] = {
    "T5": lambda *_: [],
    "T11": lambda p, r, t: known_numbers(p, r.threshold, t),
}
"""What stands in for the attacks that take long, as long as others still find something."""

ON_SERIES = {
    "T13": "rows that moved too early",
    "T14": "differences between releases",
    "T35": "who changed is known",
}
"""Attacks on successive releases."""


def attack_release(
    release: Release,
    *,
    rules: Rules | None = None,
    truth: Truth | None = None,
    earlier: Sequence[Vintage] = (),
    quickly: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> list[Finding]:
    """
    Run all attacks on a release, together with those before it.

    Parameters
    ----------
    release : Release
    rules : Rules, optional
        The safe ones if left out.
    truth : Truth, optional
        Records behind the release. With them, more attackers can be played, and wrong
        conclusions are left out.
    earlier : sequence of Vintage
        Earlier releases, of whatever series, oldest first.
    quickly : bool
        Leave the linear programs out. What is found is found; the rest is not proven.
    advance : callable, optional
        Called after each attack.

    Returns
    -------
    list of Finding
        Empty if nothing could be learned.
    """
    rules = rules or Rules()
    series = [*earlier, Vintage(release, truth)]
    found: list[Finding] = []
    for name, (_, attack) in ON_TABLES.items():
        if not (quickly and name in QUICKLY):
            found += attack(release, rules, truth)
            advance()
    if truth is not None:
        own = _computed_now(series)
        for name, (_, informed) in WITH_TRUTH.items():
            chosen = QUICKLY.get(name, informed) if quickly else informed
            found += chosen(own, rules, truth)
            advance()
    return found + (attack_series(series, rules, only_newest=True) if earlier else [])


def _computed_now(series: Sequence[Vintage]) -> Release:
    """
    Return the newest release without the rows that are of an earlier date.

    The records of today are not those behind them.
    """
    release = series[-1].release
    cells = first_printed(series)[-1]
    newest = max((cell.as_of for cell in cells.values()), default="")
    own = {key for key, cell in cells.items() if cell.as_of in ("", newest)}
    keys = zip(release.groups, release.columns["measure"], strict=True)
    older = np.array([key not in own for key in keys], bool)
    columns = {name: values.copy() for name, values in release.columns.items()}
    for name in ("value", "qualifier", "step", "n", "as_of"):
        if name in columns:
            columns[name][older] = None
    columns.setdefault("suppressed", np.zeros(len(older), object))[older] = True
    return Release(release.name, release.dimensions, columns, release.manifest)


def attack_series(
    series: Sequence[Vintage], rules: Rules | None = None, *, only_newest: bool = False
) -> list[Finding]:
    """Run the attacks on several releases, oldest first; or only those on the newest."""
    rules = rules or Rules()
    few = rules.changes, rules.changes_to_appear
    return [
        *moved_too_early(series, *few, only_newest=only_newest),
        *release_differences(series, rules.changes, only_newest=only_newest),
        *known_changes(series, only_newest=only_newest),
    ]


def number_of_attacks() -> int:
    """How many different attacks on tables there are."""
    return len(ON_TABLES) + len(WITH_TRUTH) + len(ON_SERIES)
