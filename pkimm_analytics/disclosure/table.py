"""
The public table: a row for every statistic of every group of the plan.

Withheld equals absent. A row that is withheld is empty but for what the plan already
says, whether nobody is in the group, too few are, or a neighbor needs the protection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkimm_analytics.disclosure.plan import Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import Figures, quantile
from pkimm_analytics.release import LEVEL_BOUNDS, Group
from pkimm_analytics.tables import BENCHMARK

Rows = tuple[tuple[Any, ...], ...]
"""Rows of one measure of one group without their key, by name of the statistic."""

STATISTICS = {
    "median": ("median", 50),
    "p10": ("deciles", 10),
    "p25": ("quartiles", 25),
    "p75": ("quartiles", 75),
    "p90": ("deciles", 90),
}
"""Derived statistic: the setting of the policy that allows it, and its percent."""

_NOTHING: tuple[Any, ...] = (None, None, None, None, True, None)
_NAMES = sorted(["n", *STATISTICS, *(f"share_ge:{level}" for level in LEVEL_BOUNDS)])
WITHHELD: Rows = tuple((name, *_NOTHING) for name in _NAMES)


def table_columns(
    plan: Plan, tier: Tier, rows: Mapping[tuple[Group, str], Rows]
) -> dict[str, list[Any]]:
    """
    Lay out a release, in the order of its key.

    Parameters
    ----------
    rows : mapping of (Group, str) to Rows
        What is printed, by group and measure. What the plan has and is not there is withheld.
    """
    keys = sorted(
        (group, measure)
        for family in tier.families
        for group in plan.groups(tier, family)
        for measures in plan.parts(tier, family).values()
        for measure in measures
    )
    lines = [
        (*group, measure, *row)
        for group, measure in keys
        for row in rows.get((group, measure), WITHHELD)
    ]
    return dict(zip(BENCHMARK.column_names, map(list, zip(*lines, strict=True)), strict=True))


def printed_rows(figures: Figures, policy: Policy, quarter: str) -> Rows:
    """Rows of a measure of a group that is computed for a quarter."""
    step, n = figures.step / 100, figures.n
    found: dict[str, tuple[Any, ...]] = {"n": (None, None, None, n, False, quarter)}
    for name, (setting, percent) in STATISTICS.items():
        is_allowed = figures.start >= getattr(policy.quantiles, setting)
        level = quantile(figures, percent) if is_allowed else None
        printed = (float(level or 0), "=", None, n, False, quarter)
        found[name] = _NOTHING if level is None else printed
    for bound, (share, qualifier) in zip(LEVEL_BOUNDS, figures.shares, strict=True):
        found[f"share_ge:{bound}"] = (share / 100, qualifier, step, n, False, quarter)
    return tuple((name, *found[name]) for name in _NAMES)
