"""
The public table: a row for every statistic of every group of the plan.

Withheld equals absent. A row that is withheld is empty but for what the plan already
says, whether nobody is in the group, too few are, or a neighbor needs the protection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pkimm_analytics.disclosure.plan import Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import Figures, quantile
from pkimm_analytics.release import LEVEL_BOUNDS, Group
from pkimm_analytics.tables import BENCHMARK

Block = Mapping[str, Figures]
"""What is printed about one group, by measure; a measure that is not there is withheld."""

STATISTICS = {
    "median": ("median", 50),
    "p10": ("deciles", 10),
    "p25": ("quartiles", 25),
    "p75": ("quartiles", 75),
    "p90": ("deciles", 90),
}
"""Derived statistic: the setting of the policy that allows it, and its percent."""


def table_columns(
    plan: Plan,
    tier: Tier,
    policy: Policy,
    blocks: Mapping[Group, Block],
    as_of: Mapping[Group, str],
) -> dict[str, list[Any]]:
    """
    Lay out a release, in the order of its key.

    Parameters
    ----------
    blocks : mapping of Group to Block
        What is printed. Groups of the plan that are not there are withheld.
    as_of : mapping of Group to str
        Quarter that a block was computed for.
    """
    keys = sorted(
        (group, measure)
        for family in tier.families
        for group in plan.groups(family)
        for measure in plan.measures_of(tier, family)
    )
    rows = []
    for group, measure in keys:
        figures = blocks.get(group, {}).get(measure)
        for statistic, *cells in _rows(figures, policy):
            quarter = as_of[group] if cells[-1] is False else None
            rows.append((*group, measure, statistic, *cells, quarter))
    names = BENCHMARK.column_names
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


_NOTHING: tuple[Any, ...] = (None, None, None, None, True)


def _rows(figures: Figures | None, policy: Policy) -> Iterator[tuple[Any, ...]]:
    """Statistic, value, qualifier, step, n and suppressed, in the order of their names."""
    if figures is None:
        names = ["n", *STATISTICS, *(f"share_ge:{level}" for level in LEVEL_BOUNDS)]
        for name in sorted(names):
            yield (name, *_NOTHING)
        return
    step, n = figures.step / 100, policy.band_label(figures.start)
    found: dict[str, tuple[Any, ...]] = {"n": (None, None, None, n, False)}
    for name, (setting, percent) in STATISTICS.items():
        is_allowed = figures.start >= getattr(policy.quantiles, setting)
        level = quantile(figures, percent) if is_allowed else None
        found[name] = _NOTHING if level is None else (float(level), "=", None, n, False)
    for bound, (share, qualifier) in zip(LEVEL_BOUNDS, figures.shares, strict=True):
        found[f"share_ge:{bound}"] = (share / 100, qualifier, step, n, False)
    for name in sorted(found):
        yield (name, *found[name])
