"""
Peers: which group, how its levels are spread, where an assessment stands in it, and since when.

The group is named with every figure. What is printed as a range is said as a range, and
where a group is too small to tell anything, that is said, with the broader group beside
it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark.comparison import ABSENT, Comparison, Position
from pkimm_analytics.benchmark.internal import Internal
from pkimm_analytics.benchmark.ladder import Ladder, code_label, peer_ladder
from pkimm_analytics.benchmark.printed import Distribution
from pkimm_analytics.benchmark.release import Benchmark
from pkimm_analytics.benchmark.verdicts import ABOVE, ALIKE, BELOW
from pkimm_analytics.context import Context
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import LEVEL_BOUNDS
from pkimm_analytics.tables import OVERALL
from pkimm_analytics.views.figures import NOTHING, Voice, quartiles
from pkimm_analytics.views.view import (
    Block,
    Cell,
    Chart,
    Facts,
    Items,
    Mark,
    Table,
    Text,
    View,
)
from pkimm_analytics.views.words import catalogue

if TYPE_CHECKING:
    import pandas as pd

HEADLINE = ("overall", "module", "category")
"""Kinds of measures that are shown unless requirements are asked for."""


def english(bench: Benchmark | None = None) -> Voice:
    """Words for a release, in the default language."""
    return Voice(catalogue(), None if bench is None else bench.edition)


# --- the group --------------------------------------------------------------------------


def cohort_text(cohort: Mapping[str, str], voice: Voice | None = None) -> str:
    """
    Name a group.

    Examples
    --------
    >>> cohort_text({"sector": "finance"}), cohort_text({})
    ('sector: Finance and insurance', 'all organizations')
    """
    voice = voice or english()
    parts = [
        f"{voice.say(f'dimension.{dimension}')}: {code_text(dimension, code, voice)}"
        for dimension, code in cohort.items()
        if code != ALL
    ]
    return "; ".join(parts) or voice.say("value.everybody")


def code_text(dimension: str, code: str, voice: Voice) -> str:
    """Name the code of a dimension."""
    if code == ALL:
        return voice.say("value.any")
    if dimension == "assurance" and code in {"self", "independent"}:
        return voice.say(f"dimension.{code}")
    return voice.language.named(f"{dimension}.{code}", code_label(dimension, code))


def group_sentence(bench: Benchmark, ladder: Ladder, voice: Voice | None = None) -> str:
    """Say which group it is, of how many, what was relaxed, and what its figures combine."""
    voice = voice or english(bench)
    if not ladder.is_published:
        return voice.say("peers.none", release=bench.id, threshold=bench.threshold)
    parts = [voice.say("peers.group", group=cohort_text(ladder.found, voice), n=ladder.n)]
    gone = [voice.say(f"dimension.{d}") for d, _, to in ladder.relaxed if to == ALL]
    if gone:
        parts.append(voice.say("peers.broader", dimensions=voice.listed(gone)))
    if not ladder.tells:
        parts.append(voice.say("peers.tells_nothing"))
    return " ".join([*parts, *combined(ladder.pooled, voice)])


def combined(kinds: Mapping[str, Sequence[str]], voice: Voice | None = None) -> list[str]:
    """Say what figures combine, as :meth:`.Benchmark.pooled` has it; nothing if one kind only."""
    voice = voice or english()
    found = []
    if len(kinds["assurance"]) > 1:
        found.append(voice.say("peers.combined_assurance"))
    if len(kinds["edition"]) > 1:
        found.append(
            voice.say("peers.combined_editions", editions=voice.listed([*kinds["edition"]]))
        )
    return found


# --- figures ----------------------------------------------------------------------------


def levels_text(low: float, high: float, voice: Voice) -> str:
    """Write a level, or those that are left: ``2``, ``2 or 3``, ``1 to 3``."""
    if low == high:
        return f"{low:.0f}"
    key = "levels.or" if high - low == 1 else "levels.range"
    return voice.say(key, low=f"{low:.0f}", high=f"{high:.0f}")


def quantile_text(peers: Distribution | None, name: str, voice: Voice) -> str:
    """Level of a quantile, or those that the printed shares leave open; never NaN."""
    if peers is None:
        return voice.say("value.withheld")
    found = peers.quantiles.get(name)
    return NOTHING if found is None else levels_text(found.printed.low, found.printed.high, voice)


def middle_half_text(peers: Distribution | None, voice: Voice) -> str:
    """Levels from the lower to the upper quartile."""
    if peers is None or not {"p25", "p75"} <= set(peers.quantiles):
        return NOTHING
    low, high = peers.quantiles["p25"].printed.low, peers.quantiles["p75"].printed.high
    return levels_text(low, high, voice) if low == high else _levels(low, high, voice)


def _levels(low: float, high: float, voice: Voice) -> str:
    return voice.say("levels.range", low=f"{low:.0f}", high=f"{high:.0f}")


def rank_text(one: Position, voice: Voice) -> str:
    """Percentile rank as the range that is printed, with its 95% interval."""
    if one.rank is None:
        return NOTHING
    (low, high), (least, most) = (
        (int(ends.low + 1e-9), -int(-ends.high + 1e-9))
        for ends in (one.rank.printed, one.rank.interval)
    )
    value = str(low) if low == high else voice.say("levels.range", low=low, high=high)
    return voice.say("peers.rank_value", rank=value, low=least, high=most)


def position_sentence(one: Position, voice: Voice) -> str:
    """
    Say where one stands: shares below, at and above the own level, and what can be told.

    It is the one sentence of position, of every medium.
    """
    if one.peers is None or one.level is None or one.below is None or one.at_or_below is None:
        return voice.say(_STATES[one.verdict], name=voice.language.named(one.measure, one.name))
    at = one.peers.levels[one.level].printed
    return voice.say(
        "peers.position",
        below=voice.share_range(one.below.low, one.below.high),
        at=voice.share_range(at.low, at.high),
        above=voice.share_range(1 - one.at_or_below.high, 1 - one.at_or_below.low),
        verdict=voice.say(_STATES[one.verdict]),
    )


_STATES = {
    ABOVE: "peers.above",
    BELOW: "peers.below",
    ALIKE: "peers.alike",
    "withheld": "peers.withheld",
    "not in the release": "peers.absent",
    "no score of your own": "peers.unscored",
    "too little rated": "peers.sparse",
}


def verdict_text(one: Position, voice: Voice) -> str:
    """Name the verdict of a table's row."""
    return voice.say(_STATES[one.verdict] + "_short")


# --- an assessment among its peers --------------------------------------------------------


def among_peers(found: Comparison, voice: Voice, *, requirements: bool = False) -> Iterator[Block]:
    """Say where the assessment stands among the peers of a release, and how sure that is."""
    yield Text(group_sentence(found.bench, found.ladder, voice))
    if not found.ladder.is_published:
        return
    yield Text(position_sentence(found[OVERALL], voice))
    rank = found[OVERALL]
    if rank.rank is not None:
        yield Text(voice.say("peers.rank", rank=rank_text(rank, voice)), "soft")
    if found.beside is not None:
        yield from _beside(found.beside, voice)
    yield peer_chart(found, voice)
    yield position_table(found, voice, requirements=requirements)
    summary = list(_stands_out(found, voice))
    if summary:
        yield Items(tuple(summary))
    notes = [
        *found.notes,
        *(f"{voice.language.named(p.measure, p.name)}: {p.note}" for p in _noted(found)),
    ]
    if notes:
        yield Items(tuple(notes))
    yield Text(voice.say("peers.legend"), "soft")


def _beside(other: Comparison, voice: Voice) -> Iterator[Block]:
    key = "peers.beside_broader" if other.ladder.tells else "peers.beside_nearer"
    group = cohort_text(other.ladder.found, voice)
    sentence = position_sentence(other[OVERALL], voice)
    yield Text(voice.say(key, group=group, n=other.ladder.n, position=sentence), "notice")


def _noted(found: Comparison) -> list[Position]:
    return [one for one in found.positions if one.note and one.kind in HEADLINE]


def shown_positions(found: Comparison, *, requirements: bool = False) -> list[Position]:
    """Positions that a table lists: what the release has, and what is rated."""
    kinds = (*HEADLINE, "requirement") if requirements else HEADLINE
    return [one for one in found.positions if one.kind in kinds and one.verdict != ABSENT]


def position_table(found: Comparison, voice: Voice, *, requirements: bool = False) -> Table:
    """Own level, the peers' median and middle half, share below, verdict and n."""
    rows = []
    for one in shown_positions(found, requirements=requirements):
        own = NOTHING if one.own is None else f"{voice.figure(one.own)} ({one.level})"
        rated = (
            "" if one.coverage is None or one.coverage > 1 - 1e-9 else voice.percent(one.coverage)
        )
        low = NOTHING if one.at_or_below is None else _range(one.at_or_below, voice)
        rows.append(
            (
                voice.language.named(one.measure, one.name),
                Cell(own, None if one.own is None else float(one.own), below=rated),
                quantile_text(one.peers, "median", voice),
                middle_half_text(one.peers, voice),
                low,
                NOTHING if one.peers is None else one.peers.band,
                verdict_text(one, voice),
            )
        )
    header = voice.head("name", "own", "median", "quartiles", "share", "n", "verdict")
    caption = voice.say(
        "peers.caption",
        quarter=found.bench.quarter,
        group=cohort_text(found.ladder.found, voice),
    )
    return Table(caption, header, tuple(rows), frozenset({1, 2, 3, 4}), "peers")


def _range(interval: Any, voice: Voice) -> str:
    return voice.share_range(interval.low, interval.high)


def peer_chart(found: Comparison, voice: Voice) -> Chart:
    """Own score on the middle half of the peers, for each measure."""
    shown = [one for one in shown_positions(found) if one.peers is not None]
    return Chart("peers", voice.say("text.peers_chart"), tuple(_mark(p, voice) for p in shown))


def _mark(one: Position, voice: Voice) -> Mark:
    low, middle, high = quartiles(one.peers)
    score = None if one.own is None else float(one.own)
    shown = voice.figure(one.own) if score else voice.say("value.no_score")
    name = voice.language.named(one.measure, one.name)
    return Mark(name, score, shown, low=low, middle=middle, high=high)


def _stands_out(found: Comparison, voice: Voice) -> Iterator[str]:
    """Name the categories above and below, and count the others."""
    categories = [p for p in found.positions if p.kind == "category" and p.rank is not None]
    for verdict, key in ((ABOVE, "peers.names_above"), (BELOW, "peers.names_below")):
        names = [
            voice.language.named(p.measure, p.name) for p in categories if p.verdict == verdict
        ]
        if names:
            yield voice.say(key, names=voice.listed(names))
    alike = sum(p.verdict == ALIKE for p in categories)
    if alike:
        yield voice.say("peers.count_alike", n=alike, total=len(categories))


# --- peers alone ------------------------------------------------------------------------


def peers_alone(
    bench: Benchmark, ladder: Ladder, voice: Voice, *, requirements: bool = False
) -> Iterator[Block]:
    """Levels of a group: shares at a level or above, and medians."""
    group = bench.group(ladder.found)
    rows: list[tuple[str | Cell, ...]] = []
    for measure in bench.measures_of(group):
        if measure.count(".") > 1 and not requirements:
            continue
        found, name = (
            bench.distribution(group, measure),
            voice.language.named(measure, bench.name(measure)),
        )
        if found is None:
            withheld = voice.say("value.withheld")
            rows.append((name, withheld, *(NOTHING for _ in LEVEL_BOUNDS), NOTHING))
            continue
        shares = [
            Cell(
                voice.share(share.value, share.qualifier),
                share.value,
                below=_range(share.interval, voice),
            )
            for share in map(found.share, LEVEL_BOUNDS)
        ]
        rows.append((name, found.band, *shares, quantile_text(found, "median", voice)))
    heads = [voice.say("column.at_least", level=level) for level in LEVEL_BOUNDS]
    header = (*voice.head("name", "n"), *heads, *voice.head("median"))
    caption = voice.say(
        "peers.caption", quarter=bench.quarter, group=cohort_text(ladder.found, voice)
    )
    yield Table(caption, header, tuple(rows), frozenset({2, 3, 4, 5, 6}), "levels")
    yield Text(group_sentence(bench, ladder, voice))
    yield Text(voice.say("peers.shares_legend"), "soft")


def cohort_table(bench: Benchmark, voice: Voice) -> Table:
    """Every group of a release, and how many organizations are in it."""
    table = bench.cohorts()
    rows = []
    for row in table.to_dict("records"):
        state = voice.say("peers.in_part" if row["is_published"] else "value.withheld")
        codes = (str(row[dimension]) for dimension in bench.dimensions)
        rows.append((*("" if code == ALL else code for code in codes), row["n"] or state))
    header = (*(voice.say(f"dimension.{d}") for d in bench.dimensions), *voice.head("n"))
    n = int(table["is_published"].sum())
    caption = voice.say("peers.cohorts", quarter=bench.quarter, n=n, total=len(table))
    return Table(caption, header, tuple(rows))


def contrast_view(
    table: pd.DataFrame,
    cohorts: Sequence[Mapping[str, str]],
    kinds: Sequence[Mapping[str, Sequence[str]]],
    voice: Voice,
) -> Iterator[Block]:
    """
    Two groups beside each other, as :func:`.contrast` compares them.

    Parameters
    ----------
    kinds : sequence of mapping
        What the figures of each combine.
    """
    names = [cohort_text(cohort, voice) for cohort in cohorts]
    known = [row for row in table.to_dict("records") if str(row["measure"]).count(".") < 2]
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (
            voice.language.named(str(row["measure"]), str(row["name"])),
            Cell(str(row["n"]) or NOTHING, below=str(row["n_other"]) or NOTHING),
            *(_difference(row, level, voice) for level in LEVEL_BOUNDS),
            voice.say(f"contrast.{str(row['verdict']).replace(' ', '_')}"),
        )
        for row in known
    )
    heads = [voice.say("column.at_least", level=level) for level in LEVEL_BOUNDS]
    header = (*voice.head("name", "n_both"), *heads, *voice.head("verdict"))
    caption = voice.say("contrast.caption", one=names[0], other=names[1])
    yield Table(caption, header, rows, frozenset({2, 3, 4, 5}), "contrast")
    compared = [row["verdict"] for row in known if row["verdict"] not in {"withheld", "nobody"}]
    n = compared.count(ALIKE)
    yield Text(voice.say("contrast.alike", n=n, total=len(compared)))
    for name, found in zip(names, kinds, strict=True):
        parts = [", ".join(kind) for kind in found.values()]
        yield Text(voice.say("contrast.combined", group=name, kinds="; ".join(parts)), "soft")


def _difference(row: Mapping[Any, Any], level: int, voice: Voice) -> str:
    low, high = row[f"difference_{level}_low"], row[f"difference_{level}_high"]
    if low != low:  # NaN: nothing to compare
        return NOTHING
    return voice.say("levels.range", low=_points(low, voice), high=_points(high, voice))


def _points(share: float, voice: Voice) -> str:
    return voice.signed(Fraction(round(100 * share)), 0)


# --- a collection, for analysts ------------------------------------------------------------


def internal_view(
    internal: Internal,
    cohort: Mapping[str, str],
    own: Assessment | None,
    voice: Voice,
    *,
    requirements: bool = False,
) -> Iterator[Block]:
    """Exact figures of a cohort of a collection, perhaps with one assessment among them."""
    table = internal.figures(cohort) if own is None else internal.compare(own, cohort)
    known = [
        row
        for row in table.to_dict("records")
        if requirements or row["kind"] not in {"requirement", "relevance"}
    ]
    rows = tuple(_internal_row(row, voice, is_own=own is not None) for row in known)
    names = ["name", "n", "mean", "std", "median_score", "iqr"]
    header = voice.head(*names, *([] if own is None else ["own", "rank", "verdict"]))
    group = cohort_text(cohort, voice)
    caption = voice.say("internal.caption", group=group, quarter=internal.quarter)
    yield Table(caption, header, rows, frozenset(range(1, 8)), "internal")
    for name, counts in internal.pooled(internal.members(cohort)).items():
        parts = ", ".join(f"{n} {value}" for value, n in counts.items())
        yield Text(voice.say("internal.combined", name=name, parts=parts), "soft")
    notes = internal.notes(own, cohort)
    notes += [f"{row['name']}: {row['note']}" for row in known if row.get("note")]
    if notes:
        yield Items(tuple(notes))
    yield Text(voice.say("internal.legend"), "soft")


def _internal_row(row: Mapping[Any, Any], voice: Voice, *, is_own: bool) -> tuple[str | Cell, ...]:
    name = voice.language.named(str(row["measure"]), str(row["name"]))
    cells: list[str | Cell] = [
        name,
        str(row["n"]),
        _around(row, "mean", voice),
        voice.figure(row["std"]),
    ]
    cells += [_around(row, "median", voice), voice.figure(row["iqr"])]
    if not is_own:
        return tuple(cells)
    verdict = f"internal.{str(row['verdict']).replace(' ', '_')}"
    return (
        *cells,
        voice.figure(row["own_score"]),
        _around(row, "rank", voice, 0),
        voice.say(verdict),
    )


def _around(row: Mapping[Any, Any], name: str, voice: Voice, digits: int = 2) -> Cell:
    """Figure, and below it the limits of its interval, rounded outward."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    value = voice.figure(row[name], digits)
    if low != low:  # NaN: no interval
        return Cell(value)
    scale = 10**digits
    ends = math.floor(low * scale + 1e-9) / scale, math.ceil(high * scale - 1e-9) / scale
    least, most = (voice.figure(end, digits) for end in ends)
    return Cell(value, float(row[name]), below=voice.say("levels.range", low=least, high=most))


# --- peers over time ----------------------------------------------------------------------


def trend_table(quarters: Iterable[tuple[str, Distribution]], voice: Voice) -> Table:
    """Median and middle half of a group, for each quarter that figures were computed for."""
    rows = tuple(
        (quarter, found.band, quantile_text(found, "median", voice), middle_half_text(found, voice))
        for quarter, found in quarters
    )
    header = voice.head("quarter", "n", "median", "quartiles")
    return Table(voice.say("peers.over_time"), header, rows, frozenset({2, 3}))


# --- what belongs to a figure ---------------------------------------------------------------


def context_facts(context: Context, voice: Voice) -> Facts:
    """Say what somebody who repeats a figure has to say with it."""
    pairs: list[tuple[str, str]] = [(voice.say("context.what"), context.what)]
    if context.n:
        pairs.append((voice.say("column.n"), str(context.n)))
    if context.coverage_by_weight is not None:
        share = voice.percent(context.coverage_by_weight)
        pairs.append((voice.say("context.coverage_by_weight"), share))
    named = {
        key: getattr(context, key) for key in ("edition", "digest", "period", "release", "rule")
    }
    pairs += [(voice.say(f"context.{key}"), text) for key, text in named.items() if text]
    if context.assurance:
        kinds = [code_text("assurance", kind, voice) for kind in context.assurance]
        pairs.append((voice.say("context.assurance"), voice.listed(kinds)))
    if context.is_synthetic:
        pairs.append((voice.say("context.synthetic"), voice.say("value.yes")))
    return Facts(tuple(pairs))


# --- in a notebook ----------------------------------------------------------------------


def comparison_view(found: Comparison) -> View:
    """Show an assessment among its peers."""
    voice = english(found.bench)
    blocks = (*among_peers(found, voice), context_facts(found.context(), voice))
    return View(voice.say("section.peers"), found.bench.id, blocks)


def release_view(bench: Benchmark) -> View:
    """Show a release: everybody's levels, and which groups there are."""
    voice = english(bench)
    everybody = peer_ladder(bench, {})
    blocks = (*peers_alone(bench, everybody, voice), cohort_table(bench, voice))
    badge = voice.say("value.synthetic_badge") if bench.synthetic else ""
    return View(voice.say("peers.release"), bench.id, blocks, badge=badge)
