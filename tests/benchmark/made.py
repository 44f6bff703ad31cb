"""
Releases made of given counts, so that a test knows the truth behind every printed row.

They are protected and written as real ones are, but not attacked, which takes long.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pkimm_analytics.disclosure import load_plan, load_policy
from pkimm_analytics.disclosure.manifest import manifest
from pkimm_analytics.disclosure.protect import print_shares
from pkimm_analytics.disclosure.table import printed_rows, table_columns
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import MANIFEST_FILE, TABLE_FILE, Release, release_id, table_bytes

PLAN, POLICY = load_plan(), load_policy()
EVERYBODY = (ALL,) * 6


def group(**codes: str) -> tuple[str, ...]:
    """Row key of a cohort."""
    names = ("sector", "size", "region", "role", "assurance", "edition")
    return tuple(codes.get(name, ALL) for name in names)


def columns_of(
    counts: Mapping[tuple[str, ...], Mapping[str, object]],
    *,
    tier: int = 500,
    quarter: str = "2026Q3",
):
    """Columns of a release: what is printed of counts of levels 1 to 5."""
    rows = {
        (key, measure): printed_rows(figures, POLICY, quarter)
        for key, found in counts.items()
        for measure, levels in found.items()
        if np.sum(levels) >= POLICY.threshold
        and (figures := print_shares(np.asarray(levels), POLICY)) is not None
    }
    return table_columns(PLAN, PLAN.tier(tier), rows)


def made_release(
    folder: Path,
    counts: Mapping[tuple[str, ...], Mapping[str, object]],
    *,
    tier: int = 500,
    quarter: str = "2026Q3",
    synthetic: bool = False,
) -> Path:
    """Write a release of given counts; returns its folder."""
    columns = columns_of(counts, tier=tier, quarter=quarter)
    table = table_bytes(columns)
    place = folder / release_id(quarter, table)
    place.mkdir(parents=True)
    content = manifest(
        quarter=quarter,
        policy=POLICY,
        plan=PLAN,
        tier=PLAN.tier(tier).start,
        release=Release.from_columns(place.name, columns),
        previous=None,
        files={TABLE_FILE: table},
        synthetic=synthetic,
    )
    (place / TABLE_FILE).write_bytes(table)
    (place / MANIFEST_FILE).write_bytes(content)
    return place
