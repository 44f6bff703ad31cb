"""
All attacks in one go.

``VERSION`` changes whenever an attack is added or gets sharper; manifests state it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from pkimm_analytics.audit.changes import (
    first_printed,
    known_changes,
    moved_too_early,
    release_differences,
    unmasked,
)
from pkimm_analytics.audit.complements import complements, known_numbers, residuals, trackers
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.inference import averages, coalitions, possible_numbers
from pkimm_analytics.audit.programs import programs
from pkimm_analytics.audit.rows import (
    contributions,
    extremes,
    homogeneous_groups,
    linkage,
    reason_codes,
    small_groups,
)
from pkimm_analytics.audit.truth import Rules, Truth, Vintage
from pkimm_analytics.release import Release

VERSION = "5"

Attack = Callable[[Vintage], Iterable[Finding]]

ON_TABLES: dict[str, Attack] = {
    "T1": small_groups,
    "T2": complements,
    "T3": residuals,
    "T4": trackers,
    "T5": programs,
    "T6": possible_numbers,
    "T7": averages,
    "T8": homogeneous_groups,
    "T9": extremes,
    "T10": reason_codes,
    "T15": unmasked,
}
"""Attacks on one release, by id; the truth, where it is known, tells right from wrong."""

WITH_TRUTH: dict[str, Attack] = {
    "T11": lambda one: [*known_numbers(one), *programs(one, knows_participants=True)],
    "T12": coalitions,
    "T18": linkage,
    "T19": contributions,
}
"""Attacks by somebody who knows part of the records."""

QUICKLY: dict[str, Attack] = {"T5": lambda _: (), "T11": known_numbers}
"""What stands in for the attacks that take long, as long as others still find something."""

ON_SERIES: dict[str, Callable[..., Iterable[Finding]]] = {
    "T13": moved_too_early,
    "T14": release_differences,
    "T35": known_changes,
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
    one = Vintage(release, truth, rules or Rules())
    series = [*earlier, one]
    found: list[Finding] = []
    for attacks, attacked in ((ON_TABLES, one), (WITH_TRUTH, _computed_now(series))):
        for name, attack in attacks.items() if truth is not None or attacked is one else ():
            found += (QUICKLY.get(name, attack) if quickly else attack)(attacked)
            advance()
    return found + (attack_series(series, only_newest=True) if earlier else [])


def _computed_now(series: Sequence[Vintage]) -> Vintage:
    """
    Return the newest release without the rows that are of an earlier date.

    The records of today are not those behind them.
    """
    one = series[-1]
    cells = first_printed(series)[-1]
    newest = max((cell.as_of for cell in cells.values()), default="")
    own = {key for key, cell in cells.items() if cell.as_of in ("", newest)}
    keys = zip(one.release.groups, one.release.columns["measure"], strict=True)
    older = np.array([key not in own for key in keys], bool)
    columns = {name: values.copy() for name, values in one.release.columns.items()}
    for name in {"value", "qualifier", "step", "n", "as_of"} & set(columns):
        columns[name][older] = None
    columns.setdefault("suppressed", np.zeros(len(older), object))[older] = True
    release = Release(one.release.name, one.release.dimensions, columns, one.release.manifest)
    return Vintage(release, one.truth, one.rules)


def attack_series(series: Sequence[Vintage], *, only_newest: bool = False) -> list[Finding]:
    """Run the attacks on several releases, oldest first; or only those on the newest."""
    attacks = ON_SERIES.values()
    return [found for attack in attacks for found in attack(series, only_newest=only_newest)]


def number_of_attacks() -> int:
    """How many different attacks on tables there are."""
    return len(ON_TABLES) + len(WITH_TRUTH) + len(ON_SERIES)
