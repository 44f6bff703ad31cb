"""
The public table: a row for every statistic of every group of the plan.

Withheld equals absent. A row that is withheld is empty but for what the plan already
says, whether nobody is in the group, too few are, or a neighbor needs the protection.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from pkimm_analytics.audit.findings import Group
from pkimm_analytics.audit.published import DIMENSIONS, LEVEL_BOUNDS
from pkimm_analytics.disclosure.plan import Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import Figures, quantile
from pkimm_analytics.tables import Column, Table, arrow_schema

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

BENCHMARK = Table(
    name="benchmark",
    description="One row for each statistic of a measure in a group of organizations. Public.",
    columns=(
        *(
            Column(name, "string", f"Code of the dimension {name}, or * for all.")
            for name in DIMENSIONS
        ),
        Column("measure", "string", "Element key of a category or requirement, or overall."),
        Column(
            "statistic",
            "string",
            "n (see column n), share_ge:L (share of organizations at level L or above), or"
            " median, p10, p25, p75, p90 of the levels, where the printed shares decide them.",
        ),
        Column("value", "float64", "Share, 0 to 1, or level.", nullable=True),
        Column(
            "qualifier",
            "string",
            "=: rounded to the nearest step; <= or >=: rounded to this value or beyond.",
            nullable=True,
        ),
        Column("step", "float64", "Rounding step of the shares.", "share", nullable=True),
        Column("n", "string", "Band of the number of organizations with a level.", nullable=True),
        Column("suppressed", "bool", "True if withheld, for whatever reason."),
        Column("as_of", "string", "Quarter of the release it was computed for.", nullable=True),
    ),
    key=(*DIMENSIONS, "measure", "statistic"),
)


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
        for measure in plan.measures(tier, family)
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
    allowed = dict(policy.quantiles)
    for name, (setting, percent) in STATISTICS.items():
        level = quantile(figures, percent) if figures.start >= allowed[setting] else None
        found[name] = _NOTHING if level is None else (float(level), "=", None, n, False)
    for bound, (share, qualifier) in zip(LEVEL_BOUNDS, figures.shares, strict=True):
        found[f"share_ge:{bound}"] = (share / 100, qualifier, step, n, False)
    for name in sorted(found):
        yield (name, *found[name])


def table_bytes(columns: Mapping[str, list[Any]]) -> bytes:
    """
    Parquet file of the table: the same bytes for the same rows.

    The Arrow table is made anew from plain values, so that nothing of what it was
    computed from can travel with it: no metadata, no index, no unused codes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(BENCHMARK)
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    table = pa.Table.from_arrays(arrays, schema=schema)
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        write_statistics=False,
        store_schema=False,
        row_group_size=max(1, table.num_rows),
    )
    return sink.getvalue()
