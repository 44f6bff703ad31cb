"""
The sentence beside each chart of a benchmark: what a reader should take from it.

A sentence states printed figures with their intervals, and says where two of them
cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pkimm_analytics.benchmark.comparison import percent
from pkimm_analytics.benchmark.ladder import code_label
from pkimm_analytics.benchmark.panels import at_or_above, qualified, share_words
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import LEVEL_BOUNDS, Interval
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "Nothing is published here: too few organizations, or another group needs protection."


def cohort_words(cohort: Mapping[str, str]) -> str:
    """Words for a cohort."""
    parts = [f"{d}: {code_label(d, c)}" for d, c in cohort.items() if c != ALL]
    return "; ".join(parts) or "all organizations"


def level_sentence(table: pd.DataFrame, level: int) -> str:
    """
    Say the overall share at a level or above, and the strongest and weakest measure.

    Parameters
    ----------
    table : DataFrame
        As :func:`.panels.level_table` returns it.
    level : int
        2 to 5.
    """
    shown = table[table["is_published"]]
    if shown.empty:
        return NOTHING
    first = shown.iloc[0].to_dict()
    name = f"at_least_{level}"
    text = f"{first['name']}: {share_words(first, name)} of {first['n']} organizations are"
    text += f" {at_or_above(level)}."
    others = shown[(shown["measure"] != OVERALL) & (shown["measure"] != first["measure"])]
    if len(others) < 2:
        return text
    ordered = others.sort_values(name, ascending=False, kind="stable")
    top, bottom = ordered.iloc[0], ordered.iloc[-1]
    most, least = (qualified(row[name], row[f"{name}_qualifier"]) for row in (top, bottom))
    text += f" Most often there is {top['name']} ({most}), least often {bottom['name']} ({least})"
    alike = _overlap(top[f"{name}_low"], bottom[f"{name}_high"])
    return f"{text}; the two are not distinguishable." if alike else f"{text}."


def step_sentence(table: pd.DataFrame, name: str) -> str:
    """
    Say the shares of the first group step by step, and whether a second one differs.

    Parameters
    ----------
    table : DataFrame
        As :func:`.panels.step_table` returns it.
    name : str
        Name of the measure.
    """
    if table.empty:
        return NOTHING
    groups = list(dict.fromkeys(table["group"]))
    first = table[table["group"] == groups[0]].set_index("level")
    shares = ", ".join(
        f"{qualified(first['share'][lv], first['qualifier'][lv])} at {lv}" for lv in LEVEL_BOUNDS
    )
    text = f"{name}, {groups[0]}: {shares} or above; everybody is at 1 or above."
    if len(groups) < 2:
        return text
    second = table[table["group"] == groups[1]].set_index("level")
    apart = [
        level
        for level in LEVEL_BOUNDS
        if first["low"][level] > second["high"][level]
        or second["low"][level] > first["high"][level]
    ]
    if not apart:
        return f"{text} The two groups are not distinguishable: their intervals overlap everywhere."
    where = " and ".join(map(str, apart))
    return f"{text} The two groups differ beyond their intervals at level {where}."


def quartile_sentence(table: pd.DataFrame) -> str:
    """
    Say how the medians are spread; ``table`` as :func:`.panels.quartile_table` returns it.
    """
    shown = table[table["median"].notna()]
    if shown.empty:
        return "No median is printed: the group is too small, or the shares do not decide it."
    counts = shown["median"].astype(int).value_counts().sort_index()
    parts = ", ".join(f"level {level} in {n}" for level, n in counts.items())
    text = f"The median organization is at {parts} of {len(shown)} measures."
    n_open = int((table["is_published"] & table["median"].isna()).sum())
    if n_open:
        text += f" In {n_open} more the printed shares leave its level open."
    if shown["p25"].isna().all():
        return f"{text} Quartiles need a larger group."
    wide = shown[(shown["p75"] - shown["p25"]) >= 2]["name"]
    if len(wide):
        text += f" Organizations differ most in {_listed(wide.tolist()[:3])}."
    return text


def base_sentence(dimension: str, asked: Mapping[str, str], used: Mapping[str, str]) -> str:
    """
    Say which organizations the groups of a dimension divide, where not all of them.

    Parameters
    ----------
    asked, used : mapping of str to str
        Peer group, and what of it :func:`.panels.group_base` left.
    """
    narrowed = {d: c for d, c in asked.items() if d != dimension}
    if used:
        return f"Groups of {cohort_words(used)}."
    if not narrowed:
        return ""
    return (
        f"These are groups of all organizations, not of {cohort_words(narrowed)}:"
        f" the release has no tables of {' and '.join([*narrowed, dimension])} together."
    )


def group_sentence(table: pd.DataFrame, level: int, base: str = "") -> str:
    """
    Say which group has the largest and smallest share of the first measure.

    Parameters
    ----------
    table : DataFrame
        As :func:`.panels.group_table` returns it.
    level : int
        2 to 5.
    base : str
        Which organizations the groups divide: :func:`base_sentence`, which goes first.
    """
    if table.empty:
        return NOTHING
    before = f"{base} " if base else ""
    measure = table["measure"].iloc[0]
    groups = table[(table["measure"] == measure) & (table["group"] != ALL)]
    shown = groups[groups["is_published"]].sort_values("share", ascending=False, kind="stable")
    hidden = len(groups) - len(shown)
    withheld = f" {hidden} of {len(groups)} groups are withheld." if hidden else ""
    if len(shown) < 2:
        few = "Fewer than two of these groups are published, so that none can be compared."
        return f"{before}{few}{withheld}"
    top, bottom = shown.iloc[0], shown.iloc[-1]
    text = (
        f"{top['name']} {at_or_above(level)}: from {_share(bottom)} ({bottom['group_name']})"
        f" to {_share(top)} ({top['group_name']})"
    )
    alike = _overlap(top["low"], bottom["high"])
    ending = "; even these two are not distinguishable." if alike else "."
    return before + text + ending + withheld


def gap_sentence(table: pd.DataFrame, level: int) -> str:
    """
    Say where the largest gap is; ``table`` as :func:`.panels.gap_table` returns it.
    """
    if table.empty:
        return NOTHING
    first = table.iloc[0]
    interval = percent(Interval(first["low"], first["high"]))
    text = (
        f"The largest gap: {first['name']}, where {_share(first)}"
        f" (95% interval {interval}) are below level {level}."
    )
    alike = [row.name_ for row in _named(table.iloc[1:]) if row.high >= first["low"]]
    if alike:
        names = alike if len(alike) < 4 else [*alike[:3], f"{len(alike) - 3} more"]
        text += f" Not distinguishable from it: {_listed(names)}."
    return text


def trend_sentence(table: pd.DataFrame, level: int) -> str:
    """
    Say how a share moved, and whether beyond its interval.

    Parameters
    ----------
    table : DataFrame
        As :func:`.panels.trend_table` returns it.
    level : int
        2 to 5.
    """
    rows = table[table["level"] == level]
    if rows.empty:
        return NOTHING
    first, last = rows.iloc[0], rows.iloc[-1]
    if len(rows) == 1:
        return (
            f"There is one computation so far, as of {first['as_of']}: {_share(first)}"
            f" {at_or_above(level)}. A figure is computed anew once enough organizations changed."
        )
    text = (
        f"From {first['as_of']} to {last['as_of']} the share {at_or_above(level)} went from"
        f" {_share(first)} to {_share(last)}"
    )
    apart = first["low"] > last["high"] or last["low"] > first["high"]
    ending = "." if apart else "; this is not distinguishable from no change."
    return f"{text}{ending} Who contributes may have changed as well."


def _share(row: pd.Series) -> str:
    return qualified(row["share"], row["qualifier"])


def _overlap(low: float, high: float) -> bool:
    """Whether the larger of two figures reaches down to the smaller one."""
    return bool(low <= high)


def _named(table: pd.DataFrame) -> list[Any]:
    return list(table.rename(columns={"name": "name_"}).itertuples(index=False, name="Row"))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
