"""
All attacks in one go, with the rules that they test against.

``VERSION`` changes whenever an attack is added or gets sharper; manifests state it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pkimm_analytics.audit.coalitions import coalitions
from pkimm_analytics.audit.complements import complements, known_numbers, residuals, trackers
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.homogeneity import homogeneous_groups
from pkimm_analytics.audit.precision import averages, possible_numbers
from pkimm_analytics.audit.programs import programs
from pkimm_analytics.audit.rows import contributions, extremes, linkage, reason_codes, small_groups
from pkimm_analytics.audit.successive import (
    Vintage,
    moved_too_early,
    release_differences,
    rewritten,
    unmasked,
)
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.release import Release

VERSION = "4"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a release promises. The safe values are the defaults."""

    threshold: int = 10
    changes: int = 5
    tail: int = 5
    assessor_percent: int = 50


Attack = Callable[[Release, Rules, "Truth | None"], list[Finding]]

ON_TABLES: dict[str, tuple[str, Attack]] = {
    "T1": ("small groups", lambda p, r, t: small_groups(p, r.threshold, t)),
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

JUDGED_BY_TRUTH = ("T1", "T12", "T18", "T19")
"""Attacks that compare rows with the truth, which must be of the rows' own date."""

ON_SERIES = {"T13": "rows that moved too early", "T14": "differences between releases"}
"""Attacks on successive releases."""


def attack_release(
    release: Release,
    *,
    rules: Rules | None = None,
    truth: Truth | None = None,
    earlier: Sequence[Release] = (),
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
    earlier : sequence of Release
        Earlier releases of the series, oldest first.
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
    found: list[Finding] = []
    for name, (_, attack) in ON_TABLES.items():
        if not (quickly and name in QUICKLY):
            found += attack(release, rules, truth)
            advance()
    if truth is not None:
        for name, (_, informed) in WITH_TRUTH.items():
            chosen = QUICKLY.get(name, informed) if quickly else informed
            found += chosen(release, rules, truth)
            advance()
        found = [f for f in found if f.attack not in JUDGED_BY_TRUTH or _is_newest(f, release)]
    if earlier:
        series = [*(Vintage(one) for one in earlier), Vintage(release, truth)]
        found += rewritten([*earlier, release], only_newest=True)
        found += release_differences(series, rules.changes, only_newest=True)
    return found


def _is_newest(finding: Finding, release: Release) -> bool:
    """Whether it is about rows of the newest date: the truth is that of no other."""
    dates = {key: cell.as_of for key, cell in release.cells.items() if cell.as_of}
    own = {dates.get((group, finding.measure)) for group in finding.groups} - {None}
    return not own or max(dates.values()) in own


def attack_series(series: Sequence[Vintage], rules: Rules | None = None) -> list[Finding]:
    """Run the attacks on successive releases, oldest first."""
    rules = rules or Rules()
    return [
        *moved_too_early(series, rules.changes),
        *release_differences(series, rules.changes),
    ]


def number_of_attacks() -> int:
    """How many different attacks on tables there are."""
    return len(ON_TABLES) + len(WITH_TRUTH) + len(ON_SERIES)
