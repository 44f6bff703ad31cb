"""The command that compares: with a release, or with a collection for analysts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    list_problems,
    out,
    print_json,
    read_cohort,
    say,
)

if TYPE_CHECKING:
    from pkimm_analytics.assessment import Assessment
    from pkimm_analytics.benchmark import Benchmark, Internal

Cohort = dict[str, str]


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
    from pkimm_analytics.benchmark import compare, open_internal, open_release

    wanted = None if cohort is None else read_cohort(cohort)
    other = None if versus is None else read_cohort(versus, "--versus")
    analysts = {"--purpose": purpose, "--quarter": quarter, "--like-for-like": edition}
    _check_usage(context, release, collection, analysts, assessment, other, cohorts=cohorts)
    own = None if assessment is None else _one_assessment(assessment)
    if collection is not None:
        internal = open_internal(collection, purpose=str(purpose), quarter=quarter, edition=edition)
        if other is not None:
            _contrast(internal, wanted or {}, other, as_json=as_json)
        else:
            _internal(internal, own, wanted or {}, all_=requirements, as_json=as_json)
        say(f"{internal.mark}.")
        return
    bench = open_release(Path(str(release)))
    if cohorts:
        _cohorts(bench, as_json=as_json)
    elif other is not None:
        _contrast(bench, wanted or {}, other, as_json=as_json)
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
    from pkimm_analytics.errors import BenchmarkError, Problem
    from pkimm_analytics.loaders import find_sources, load

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


# --- what is shown ----------------------------------------------------------------------


def _comparison(found: Any, *, all_: bool, as_json: bool) -> None:
    """Show an assessment among its peers."""
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import peers

    voice = peers.english(found.bench)
    if as_json:
        sentence = peers.group_sentence(found.bench, found.ladder, voice)
        document = found.to_json()
        document["cohort"]["sentence"] = sentence
        document["notes"].insert(0, sentence)
        if found.beside is not None:
            other = peers.group_sentence(found.bench, found.beside.ladder, voice)
            document["beside"]["cohort"]["sentence"] = other
        print_json(document)
    else:
        show([*peers.among_peers(found, voice, requirements=all_)], out())


def _peers(bench: Benchmark, cohort: Cohort, *, all_: bool, as_json: bool) -> None:
    """Show the figures of the nearest published cohort."""
    from pkimm_analytics.benchmark import peer_ladder
    from pkimm_analytics.benchmark.release import peers_table
    from pkimm_analytics.errors import BenchmarkError
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import peers

    voice, ladder = peers.english(bench), peer_ladder(bench, cohort)
    sentence = peers.group_sentence(bench, ladder, voice)
    if as_json:
        document = {
            "format": "pkimm-benchmark/1",
            "release": bench.to_json(),
            "cohort": {**ladder.to_json(), "sentence": sentence},
            "measures": peers_table(bench, ladder.found),
        }
        print_json(document)
    elif not ladder.is_published:
        raise BenchmarkError(sentence)
    else:
        show([*peers.peers_alone(bench, ladder, voice, requirements=all_)], out())


def _cohorts(bench: Benchmark, *, as_json: bool) -> None:
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import peers

    if as_json:
        rows = bench.cohorts().to_dict("records")
        print_json({"format": "pkimm-cohorts/1", "release": bench.to_json(), "cohorts": rows})
    else:
        show([peers.cohort_table(bench, peers.english(bench))], out())


def _contrast(source: Any, one: Cohort, other: Cohort, *, as_json: bool) -> None:
    """Compare two cohorts of a release or a collection."""
    from pkimm_analytics.benchmark import Benchmark, Internal, contrast
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import peers

    table = contrast(source, one, other)
    kinds = [_kinds(source, cohort) for cohort in (one, other)]
    if as_json:
        document: dict[str, Any] = {"format": "pkimm-contrast/1"}
        if isinstance(source, Internal):
            document["mark"] = source.mark
        for name, cohort, found in zip(("cohort", "versus"), (one, other), kinds, strict=True):
            document[name] = {"asked": cohort, "pooled": found}
        rows = table.to_dict("records")
        document["measures"] = {str(row["measure"]): _plain_row(row) for row in rows}
        print_json(document)
        return
    voice = peers.english(source if isinstance(source, Benchmark) else None)
    show([*peers.contrast_view(table, (one, other), kinds, voice)], out())


def _kinds(source: Any, cohort: Cohort) -> dict[str, list[str]]:
    """Return which kinds of assurance and which editions the figures of a cohort combine."""
    from pkimm_analytics.benchmark import Internal

    if isinstance(source, Internal):
        found = source.pooled(source.members(cohort))
        return {name: list(counts) for name, counts in found.items() if name != "mode"}
    return {name: list(kinds) for name, kinds in source.pooled(cohort).items()}


def _plain_row(row: dict[Any, Any]) -> dict[str, Any]:
    """Row of a table as JSON, null for NaN."""
    return {
        str(key): None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
        if key != "measure"
    }


def _internal(
    internal: Internal, own: Assessment | None, cohort: Cohort, *, all_: bool, as_json: bool
) -> None:
    """Show exact figures of a collection, for analysts."""
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import peers

    if as_json:
        document = internal.to_json(cohort, own)
        document["cohort"]["words"] = peers.cohort_text(cohort)
        print_json(document)
    else:
        show(
            [*peers.internal_view(internal, cohort, own, peers.english(), requirements=all_)], out()
        )
