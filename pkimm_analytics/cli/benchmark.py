"""The command that compares: with a release, or with a collection for analysts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from pkimm_analytics.benchmark import (
    Benchmark,
    Comparison,
    Internal,
    Position,
    cohort_words,
    compare,
    contrast,
    open_internal,
    open_release,
    peer_ladder,
)
from pkimm_analytics.benchmark.comparison import ABOVE, ALIKE, BELOW, percent, rank_words
from pkimm_analytics.benchmark.contrast import NOBODY
from pkimm_analytics.benchmark.printed import levels_text
from pkimm_analytics.benchmark.release import peers_table
from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    list_problems,
    out,
    print_json,
    read_cohort,
    say,
    shown,
)
from pkimm_analytics.errors import BenchmarkError, Problem
from pkimm_analytics.loaders import find_sources, load
from pkimm_analytics.release import Interval
from pkimm_analytics.scoring import figure_text

if TYPE_CHECKING:
    from pkimm_analytics.assessment import Assessment


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("benchmark")(benchmark_command)


@ends_cleanly
def benchmark_command(
    context: typer.Context,
    assessment: Annotated[
        str | None,
        typer.Argument(
            metavar="ASSESSMENT",
            help="File, - for standard input, or share link. Without it, the peers alone.",
        ),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option("--release", "-r", help="Folder of a release.", envvar="PKIMM_RELEASE"),
    ] = None,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection", "-c", help="For analysts: exact figures, internal. Needs --purpose."
        ),
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(help="Why the collection is opened, in plain words; it is logged."),
    ] = None,
    cohort: Annotated[
        str | None,
        typer.Option(
            help="Peers, such as sector=finance,size=5000+; all: everybody. Without it, those"
            " of the assessment's own profile (of a collection: everybody)."
        ),
    ] = None,
    versus: Annotated[
        str | None, typer.Option(help="Compare the cohort with another one, or with all.")
    ] = None,
    quarter: Annotated[
        str | None, typer.Option(help="Newest quarter that counts, for a collection.")
    ] = None,
    edition: Annotated[
        str | None,
        typer.Option(
            "--like-for-like",
            help="For a collection: score everybody with this edition, over what all share.",
        ),
    ] = None,
    requirements: Annotated[
        bool, typer.Option("--requirements", help="Show requirements, too.")
    ] = False,
    cohorts: Annotated[
        bool, typer.Option("--cohorts", help="List the cohorts of the release and their n.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare an assessment with its peers, here, sending and writing nothing."""
    wanted = None if cohort is None else read_cohort(cohort)
    other = None if versus is None else read_cohort(versus, "--versus")
    analysts = {"--purpose": purpose, "--quarter": quarter, "--like-for-like": edition}
    _check_usage(context, release, collection, analysts, assessment, other, cohorts=cohorts)
    own = None if assessment is None else _one_assessment(assessment)
    if collection is not None:
        internal = open_internal(collection, purpose=str(purpose), quarter=quarter, edition=edition)
        _internal(internal, own, wanted or {}, other, all_=requirements, as_json=as_json)
        return
    bench = open_release(Path(str(release)))
    if cohorts:
        _cohorts(bench, as_json=as_json)
    elif other is not None:
        _contrast(bench, wanted or {}, other, all_=requirements, as_json=as_json)
    elif own is not None:
        _comparison(compare(own, bench, wanted), all_=requirements, as_json=as_json)
    else:
        _peers(bench, wanted or {}, all_=requirements, as_json=as_json)


def _check_usage(
    context: typer.Context,
    release: Path | None,
    collection: str | None,
    analysts: dict[str, str | None],
    assessment: str | None,
    other: dict[str, str] | None,
    *,
    cohorts: bool,
) -> None:
    """Refuse options that do not go together, with exit status 2."""
    source = context.get_parameter_source("release")
    chosen = source is not None and source.name == "COMMANDLINE"
    wrong = None
    if collection is None and release is None:
        wrong = "Give --release, or --collection with --purpose."
    elif collection is not None and chosen:
        wrong = "Give --release or --collection, not both."
    elif collection is not None and analysts["--purpose"] is None:
        wrong = "--collection needs --purpose: opening it is logged."
    elif collection is None and any(value is not None for value in analysts.values()):
        wrong = f"{', '.join(analysts)} belong to --collection."
    elif collection is not None and cohorts:
        wrong = "--cohorts lists those of a release."
    elif assessment is not None and (other is not None or cohorts):
        wrong = "--versus and --cohorts take no assessment."
    if wrong:
        raise typer.BadParameter(wrong)


def _one_assessment(argument: str) -> Assessment:
    sources = find_sources(argument)
    if len(sources) != 1:
        raise BenchmarkError(
            f"A folder of {len(sources)} files; nothing was compared.",
            [Problem(source.name, "name one of them") for source in sources[:20]],
        )
    loaded = load(sources[0])
    if len(loaded) != 1:
        raise BenchmarkError(
            f"The source holds {len(loaded)} assessments; nothing was compared.",
            [Problem(sources[0].name, "give one; pkimm import splits it into files")],
        )
    list_problems(loaded[0].problems)
    return loaded[0].assessment


# --- an assessment among its peers ------------------------------------------------------


def _comparison(found: Comparison, *, all_: bool, as_json: bool) -> None:
    if as_json:
        print_json(found.to_json())
        return
    table = Table("", "you", "peers", "at or above", "n", "", title=_title(found), box=SIMPLE)
    for one in found.positions:
        if (one.kind == "requirement" and not all_) or one.verdict == "not in the release":
            continue
        table.add_row(*_cells(one))
    out().print(table)
    for sentence in (*_summary(found.positions), *found.notes, *_limits(found.positions)):
        out().print(shown(sentence))
    out().print(f"[dim]{_LEGEND}[/]")


_LEGEND = (
    "You: score and level. Peers: median level and its 95 % interval, which holds for each n of"
    " the band. At or above: share of the contributing peers whose level you reach. above, below:"
    " surely more than half of the peers are at lower, or higher, levels; ≈: not distinguishable"
    " from the middle of the peers."
)


def _title(found: Comparison) -> str:
    return shown(f"Release {found.bench.quarter}: {cohort_words(found.ladder.found)}")


def _cells(one: Position) -> tuple[str, ...]:
    style = {"overall": "[bold]", "requirement": "[dim]"}.get(one.kind, "")
    own = "–" if one.level is None else f"{figure_text(one.own)} ({one.level})"
    return (
        f"{style}{shown(one.name)}",
        own,
        _median(one),
        "" if one.at_or_below is None else percent(one.at_or_below),
        "" if one.peers is None else one.peers.band,
        "≈" if one.verdict == ALIKE else one.verdict,
    )


def _median(one: Position) -> str:
    known = None if one.peers is None else one.peers.quantiles.get("median")
    if known is None:
        return ""
    low, high = int(known.interval.low), int(known.interval.high)
    is_open = math.isnan(known.value)
    value = levels_text(known.printed.low, known.printed.high) if is_open else str(int(known.value))
    return f"{value} \\[{low}-{high}]"


def _summary(positions: tuple[Position, ...]) -> list[str]:
    """Say in plain words where the assessment stands out."""
    categories = [one for one in positions if one.kind == "category" and one.rank is not None]
    parts = [
        f"Percentile rank of your overall level: {rank_words(one.rank.value, one.rank.interval)},"
        " the share of peers at lower levels and half of those at yours; in brackets its 95 %"
        " interval."
        for one in positions
        if one.kind == "overall" and one.rank is not None
    ]
    for verdict, words in ((ABOVE, "above"), (BELOW, "below")):
        names = [one.name for one in categories if one.verdict == verdict]
        if names:
            parts.append(f"Surely {words} more than half of the peers: {', '.join(names)}.")
    alike = sum(one.verdict not in (ABOVE, BELOW) for one in categories)
    if alike:
        parts.append(
            f"In {alike} of {len(categories)} categories your level cannot be told from that of"
            " the middle of your peers."
        )
    return parts


def _limits(positions: tuple[Position, ...]) -> list[str]:
    return [
        f"{one.name}: {one.note}" for one in positions if one.note and one.kind != "requirement"
    ]


# --- cohorts of a release --------------------------------------------------------------


def _peers(bench: Benchmark, cohort: dict[str, str], *, all_: bool, as_json: bool) -> None:
    """Show the figures of the nearest published cohort."""
    ladder = peer_ladder(bench, cohort)
    document = peers_table(bench, ladder.found)
    if as_json:
        print_json(
            {
                "format": "pkimm-benchmark/1",
                "release": bench.to_json(),
                "cohort": ladder.to_json(),
                "measures": document,
            }
        )
        return
    if not ladder.is_published:
        raise BenchmarkError(ladder.sentence)
    table = Table("", "n", *(f"level {k}+" for k in (2, 3, 4, 5)), "median", box=SIMPLE)
    table.title = shown(f"Release {bench.quarter}: {cohort_words(ladder.found)}")
    for measure, one in document.items():
        if one["kind"] == "requirement" and not all_:
            continue
        peers = one["peers"]
        if peers is None:
            table.add_row(shown(one["name"]), "withheld")
            continue
        shares = [_share(peers[f"at_least_{k}"]) for k in (2, 3, 4, 5)]
        median = peers.get("median")
        level = "" if median is None else _level(median)
        name = f"[bold]{one['name']}" if measure == "overall" else shown(one["name"])
        table.add_row(name, peers["n"], *shares, level)
    out().print(table)
    out().print(shown(ladder.sentence))
    out().print("[dim]≤ and ≥: cut off; in brackets the 95 % interval, for each n of the band.[/]")


def _level(estimate: dict[str, Any]) -> str:
    """Level of a quantile, or the levels that the printed shares leave open."""
    if estimate["value"] is not None:
        return str(int(estimate["value"]))
    return levels_text(*estimate["printed"])


def _share(estimate: dict[str, Any]) -> str:
    sign = {"<=": "≤ ", ">=": "≥ "}.get(estimate["qualifier"], "")
    around = percent(Interval(*estimate["interval"])).removesuffix(" %").replace(" to ", "-")
    return f"{sign}{round(100 * estimate['value'])} % \\[{around}]"


def _cohorts(bench: Benchmark, *, as_json: bool) -> None:
    table = bench.cohorts()
    if as_json:
        rows = table.to_dict("records")
        print_json({"format": "pkimm-cohorts/1", "release": bench.to_json(), "cohorts": rows})
        return
    title = f"Cohorts of release {bench.quarter}"
    shown_table = Table(*bench.dimensions, "n", title=title, box=SIMPLE)
    for row in table.to_dict("records"):
        n = row["n"] or ("published in part" if row["is_published"] else "withheld")
        shown_table.add_row(*(shown(str(row[d])) for d in bench.dimensions), n)
    out().print(shown_table)
    n_published = int(table["is_published"].sum())
    say(f"{n_published} of {len(table)} cohorts are published.")


def _contrast(
    source: Benchmark | Internal,
    one: dict[str, str],
    other: dict[str, str],
    *,
    all_: bool,
    as_json: bool,
) -> None:
    table = contrast(source, one, other)
    mark = source.mark if isinstance(source, Internal) else None
    if as_json:
        print_json(
            {
                "format": "pkimm-contrast/1",
                **({"mark": mark} if mark else {}),
                "cohort": {"asked": one, "pooled": _pooled(source, one)},
                "versus": {"asked": other, "pooled": _pooled(source, other)},
                "measures": {str(r["measure"]): _row(r) for r in table.to_dict("records")},
            }
        )
        return
    shown_table = Table("", "n", "n of the others", "verdict", box=SIMPLE)
    shown_table.title = shown(f"{cohort_words(one)} compared with {cohort_words(other)}")
    rows = table.to_dict("records")
    rows = [row for row in rows if str(row["measure"]).count(".") < 2 or all_]
    for row in rows:
        cells = (row["name"], row["n"], row["n_other"], row["verdict"])
        shown_table.add_row(*(shown(str(cell)) for cell in cells))
    out().print(shown_table)
    verdicts = [row["verdict"] for row in rows if row["verdict"] not in ("withheld", NOBODY)]
    out().print(
        f"In {verdicts.count(ALIKE)} of {len(verdicts)} measures that have figures of both, the"
        " two cannot be told apart."
    )
    for words, cohort in ((cohort_words(one), one), (cohort_words(other), other)):
        parts = [f"{name} {', '.join(kinds)}" for name, kinds in _pooled(source, cohort).items()]
        out().print(shown(f"Pooled in {words}: {'; '.join(parts)}."))
    if mark:
        say(f"{mark}.")


def _pooled(source: Benchmark | Internal, cohort: dict[str, str]) -> dict[str, list[str]]:
    """Say which kinds of assurance and which editions the figures of a cohort join."""
    if isinstance(source, Benchmark):
        return {name: list(kinds) for name, kinds in source.pooled(cohort).items()}
    found = source.pooled(source.members(cohort))
    return {name: list(counts) for name, counts in found.items() if name != "mode"}


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    """Row of a table as JSON, null for NaN."""
    return {
        str(key): None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
        if key != "measure"
    }


# --- a collection, for analysts -----------------------------------------------------------


def _internal(
    internal: Internal,
    own: Assessment | None,
    cohort: dict[str, str],
    other: dict[str, str] | None,
    *,
    all_: bool,
    as_json: bool,
) -> None:
    if other is not None:
        _contrast(internal, cohort, other, all_=all_, as_json=as_json)
        return
    if as_json:
        print_json(internal.to_json(cohort, own))
        return
    table = internal.figures(cohort) if own is None else internal.compare(own, cohort)
    members = internal.members(cohort)
    columns = ["n", "mean", "std", "median", "iqr"] + ([] if own is None else ["you", "rank", ""])
    shown_table = Table("", *columns, box=SIMPLE)
    shown_table.title = shown(f"{internal.mark}: {cohort_words(cohort)}, {internal.quarter}")
    for row in table.to_dict("records"):
        if row["kind"] in ("requirement", "relevance") and not all_:
            continue
        shown_table.add_row(*map(shown, _internal_cells(row, own=own is not None)))
    out().print(shown_table)
    for name, counts in internal.pooled(members).items():
        parts = ", ".join(f"{n} {value}" for value, n in counts.items())
        out().print(f"Pooled by {name}: {parts}.")
    for note in internal.notes(own, cohort):
        out().print(shown(note))
    for row in [] if own is None else table.to_dict("records"):
        if row["note"] and row["kind"] not in ("requirement", "relevance"):
            out().print(shown(f"{row['name']}: {row['note']}"))
    ranks = "" if own is None else " Rank: percentile; ≈: not distinguishable from the middle, 50."
    out().print(f"[bold]{internal.mark.capitalize()}.[/] In brackets: 95 % intervals.{ranks}")


def _rounded(value: float, digits: int = 2) -> str:
    """Statistic to some decimals; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _internal_cells(row: dict[Any, Any], *, own: bool) -> list[str]:
    def around(name: str, digits: int = 2) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        if math.isnan(low):
            return _rounded(row[name], digits)
        factor = 10**digits  # limits are rounded outward
        low = math.floor(low * factor + 1e-9) / factor
        high = math.ceil(high * factor - 1e-9) / factor
        return f"{_rounded(row[name], digits)} [{low:.{digits}f}-{high:.{digits}f}]"

    cells = [str(row["name"]), str(row["n"]), around("mean"), _rounded(row["std"])]
    cells += [around("median"), _rounded(row["iqr"])]
    if not own:
        return cells
    verdict = "≈" if row["verdict"] == ALIKE else row["verdict"]
    return [*cells, figure_text(row["own_score"]), around("rank", 0), verdict]
