"""
A first release of a collection, in its steps, and the same shares in plain pandas.

Pandas computes what is printed before it is rounded, for every group of the plan, and
protects nothing. The two agree to within the rounding of the release.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pandas as pd

from pkimm_analytics.disclosure import (
    Candidate,
    load_plan,
    load_policy,
    make_release,
    making,
    open_contributions,
    publish,
)
from pkimm_analytics.disclosure.plan import Family, published_code
from pkimm_analytics.model import MODULE_IDS
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.tables import OVERALL

QUARTER = "2026Q4"
COUNTED = ("2024Q4", "2026Q3")
"""First and last quarter that are recent and old enough for it."""

PROFILE = ["sector", "size", "region", "role", "assurance", "edition"]


def candidate(folder: Path) -> Candidate:
    """Read the records, count, round, withhold; every audit says that all is well."""
    with mock.patch.object(making, "attack_release", return_value=[]):
        return make_release(
            open_contributions(folder / "collection"),
            quarter=QUARTER,
            policy=load_policy(),
            plan=load_plan(),
        )


def whole(folder: Path) -> str:
    """Make, attack and write the release; return how much of it were attacks."""
    plan = load_plan()
    with _timed_attacks() as seconds:
        publish(
            open_contributions(folder / "collection"),
            out=folder / "releases",
            private=folder / "private",
            quarter=QUARTER,
            policy=load_policy(),
            plan=plan,
        )
    return f"of which {sum(seconds):.2f} s CPU in {len(seconds)} audits"


@contextmanager
def _timed_attacks() -> Iterator[list[float]]:
    seconds: list[float] = []
    attack = making.attack_release

    def timed(*arguments: object, **options: object) -> object:
        started = time.process_time()
        try:
            return attack(*arguments, **options)  # type: ignore[arg-type]  # handed on as they are
        finally:
            seconds.append(time.process_time() - started)

    with mock.patch.object(making, "attack_release", timed):
        yield seconds


# --- plain pandas -----------------------------------------------------------------------


def in_pandas(folder: Path) -> dict[Family, list[pd.DataFrame]]:
    """Shares at levels 2 to 5 or above, of all measures in all tables of a large release."""
    plan, requirements = load_plan(), list(shipped_model("2.0.0").requirements)
    frame = pd.read_parquet(
        folder / "plain.parquet", columns=["parent", "quarter", *PROFILE, *requirements]
    )
    frame = frame[frame["quarter"].between(*COUNTED)]
    frame = frame.sort_values("quarter", ascending=False).drop_duplicates("parent")
    for name in PROFILE:
        codes = {v: published_code(plan, name, v) for v in frame[name].unique()}
        frame[name] = frame[name].map(codes).astype("category")
    levels = _levels(frame[requirements])
    tier, found = plan.tiers[-1], {}
    for family in tier.families:
        every = (m for part in plan.parts(tier, family).values() for m in part)
        measures = [m for m in every if m not in MODULE_IDS]
        by = [frame[name] for name in family] or [pd.Series(0, frame.index)]
        n = (levels[measures] > 0).groupby(by, observed=True).sum()
        found[family] = [
            (levels[measures] >= level).groupby(by, observed=True).sum() / n
            for level in (2, 3, 4, 5)
        ]
    return found


def _levels(answers: pd.DataFrame) -> pd.DataFrame:
    """Add the levels of categories and of the whole to those of requirements."""
    scores, columns = {}, {}
    categories = shipped_model("2.0.0").categories
    for key, category in categories.items():
        points, weight = 0.0, 0
        for requirement in category.requirements:
            level = answers[requirement.key]
            points = points + level.clip(lower=0) * float(requirement.weight)
            weight = weight + (level > 0) * requirement.weight
        scores[key] = points / weight
        columns[key] = scores[key]
    table = pd.DataFrame(scores)
    weights = pd.Series({key: float(c.weight) for key, c in categories.items()})
    columns[OVERALL] = (table * weights).sum(axis=1) / (table.notna() * weights).sum(axis=1)
    floors = {key: (column + 1e-9).fillna(0).astype("int8") for key, column in columns.items()}
    return pd.concat([pd.DataFrame(floors), answers], axis=1)


def check_agreement(folder: Path) -> int:
    """Compare every share that is printed as rounded; return how many there are."""
    ours, theirs, n = candidate(folder), in_pandas(folder), 0
    for (group, measure), cell in ours.published.cells.items():
        if cell.withheld or measure in MODULE_IDS:
            continue
        family = tuple(name for name, code in zip(PROFILE, group, strict=True) if code != "*")
        place = [code for code in group if code != "*"] or [0]
        for table, interval in zip(theirs[family], cell.shares.values(), strict=True):
            share = table.loc[place[0] if len(place) == 1 else tuple(place), measure]
            assert interval.low - 1e-8 <= share <= interval.high + 1e-8, (group, measure)
            n += 1
    return n
