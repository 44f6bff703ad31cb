"""Commands around the collection: contribute, and collection verify, info, add and so on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    exit_status,
    out,
    print_json,
    progress_bar,
    say,
    write_output,
)
from pkimm_analytics.errors import ContributionError, PkimmError, Problem

COLLECTION = typer.Option(
    "--collection",
    "-c",
    help="Folder of the collection, or an address such as s3://bucket/prefix.",
    envvar="PKIMM_COLLECTION",
)
CollectionOption = Annotated[str | None, COLLECTION]
CollectionArgument = Annotated[
    str | None, typer.Argument(metavar="[COLLECTION]", help="As --collection.")
]

commands = typer.Typer(no_args_is_help=True, help="Keep a collection of contributions.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("contribute")(contribute_command)
    app.add_typer(commands, name="collection")


# --- contribute --------------------------------------------------------------------


@ends_cleanly
def contribute_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="ASSESSMENT...", help="Files, folders or share links.")
    ],
    collection: CollectionOption = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Print exactly what would leave, and stop.")
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option("--preview-page", help="Write the preview as an HTML page, and stop."),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a contribution file to hand over.")
    ] = None,
    organization_id: Annotated[
        str | None,
        typer.Option(help="Register id such as the LEI; a random id without it, never the name."),
    ] = None,
    parent_id: Annotated[
        str | None, typer.Option(help="Register id of the ultimate parent.")
    ] = None,
    assessor_id: Annotated[
        str | None, typer.Option(help="Register id of an external assessor.")
    ] = None,
    assurance: Annotated[
        str | None, typer.Option(help="self, formal or third-party, if not stated.")
    ] = None,
    quarter: Annotated[
        str | None, typer.Option(help="Such as 2026Q3, in place of the date.")
    ] = None,
    receipts: Annotated[
        Path | None, typer.Option(help="Folder for receipts; your data folder without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Anonymize assessments and add them to a collection; --preview shows what would leave."""
    from pkimm_analytics.anonymize import Identity, dumps, preview_page, with_proof

    if not (preview or page or target or collection):
        raise typer.BadParameter("Name --collection or --out, or look first with --preview.")
    identity = Identity(
        organization=organization_id,
        parent=parent_id,
        assessor=assessor_id,
        assurance=assurance,
        quarter=quarter,
    )
    made, problems = _anonymized(sources, identity)
    _tell(problems if made or preview else ())
    if not collection or target:  # a file carries the proof; the preview shows it as well
        made = [with_proof(one, receipts) for one in made]
    content = dumps([one.contribution for one in made])
    if page and made:
        write_output(preview_page(made), page)
    if preview:
        write_output(content, None)
    if not (preview or page) and made:
        _hand_over(made, content, collection, target, receipts, problems, as_json=as_json)
    if not made and not preview:
        raise ContributionError("There is nothing to contribute. Nothing left.", problems)
    if exit_status(problems):
        raise typer.Exit(1)


def _anonymized(sources: Sequence[str], identity: Any) -> tuple[list[Any], list[Problem]]:
    """Make contributions of all sources; what cannot be contributed is listed by its number."""
    from pkimm_analytics.anonymize import anonymize, open_key_store

    assessments, problems = _assessments(sources)
    if identity.organization and len({a.organization.name for a in assessments}) > 1:
        problem = Problem("organization-id", "is one id, and there are several organizations")
        raise ContributionError("Contribute each organization by itself. Nothing left.", [problem])
    store = open_key_store()
    made = []
    with progress_bar("Anonymizing", len(assessments)) as advance:
        for number, assessment in enumerate(assessments, 1):
            place = f"assessment {number}" if len(assessments) > 1 else "assessment"
            try:
                made.append(anonymize(assessment, store, identity))
                problems += _placed(place, made[-1].remarks)
            except ContributionError as error:
                problems += _placed(place, error.problems)
            advance()
    return made, problems


def _placed(place: str, problems: Iterable[Problem]) -> list[Problem]:
    return [replace(problem, where=f"{place}: {problem.where}") for problem in problems]


def _assessments(sources: Sequence[str]) -> tuple[list[Any], list[Problem]]:
    """
    Read all sources.

    Messages name sources by number: a file's name may be that of its organization.
    """
    from pkimm_analytics.loaders import find_sources, load

    found, problems = [], []
    every = []
    for number, argument in enumerate(sources, 1):
        try:
            every += find_sources(argument)
        except PkimmError:
            problems.append(Problem(f"source {number}", "there is no such file, folder or link"))
    for number, source in enumerate(every, 1):
        place = f"source {number}" if len(every) > 1 else "source"
        try:
            loaded = load(source)
        except PkimmError:
            problems.append(Problem(place, "cannot be read; see: pkimm score SOURCE"))
            continue
        for one in loaded:
            if one.is_partial:
                message = "was read only in part; see: pkimm score SOURCE, and correct it first"
                problems.append(Problem(place, message))
            else:
                found.append(one.assessment)
    return found, problems


def _hand_over(
    made: Sequence[Any],
    content: bytes,
    collection: str | None,
    target: Path | None,
    receipts: Path | None,
    problems: Sequence[Problem],
    *,
    as_json: bool,
) -> None:
    """Keep the receipts first: a contribution without one could not be withdrawn."""
    from pkimm_analytics.anonymize import open_key_store, receipt_of, write_receipt
    from pkimm_analytics.anonymize.pseudonyms import receipt_token
    from pkimm_analytics.collection import Appended, Collection
    from pkimm_analytics.files import MAX_BYTES

    if target and len(content) > MAX_BYTES:
        message = f"would have more than {MAX_BYTES:,} bytes; contribute fewer at a time"
        raise ContributionError(
            "The file was not written. Nothing left.", [Problem("out", message)]
        )
    kept = [write_receipt(receipt_of(one), receipts) for one in made]
    result = Appended()
    if target:
        write_output(content, target)
    if collection:
        key = open_key_store().key
        result = Collection(collection, create=True).append(
            [one.contribution for one in made],
            prove=lambda id_, earlier: receipt_token(key, id_, earlier),
        )
    if as_json:
        print_json(
            {
                "format": "pkimm-contributed/1",
                **_appended(result),
                "receipts": [str(path) for path in kept],
                "problems": [p.to_json() for p in (*problems, *result.problems)],
            }
        )
    else:
        for path in kept:
            out().print(f"[green]receipt[/] {path}", highlight=False)
    _tell(result.problems)
    if collection:
        _say_appended(result)
    if exit_status(result.problems):
        raise typer.Exit(1)


def _appended(result: Any) -> dict[str, int]:
    return {name: getattr(result, name) for name in ("added", "replaced", "unchanged", "refused")}


def _say_appended(result: Any) -> None:
    say(", ".join(f"{n} {name}" for name, n in _appended(result).items()) + ".")


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say(f"  {'not contributed' if problem.refused else 'note'}: {problem}")


# --- collection ----------------------------------------------------------------------


def _opened(argument: str | None, option: str | None, *, create: bool = False) -> Any:
    from pkimm_analytics.collection import Collection

    place = argument or option
    if place is None:
        raise typer.BadParameter("Name the collection.")
    return Collection(place, create=create)


def _place_and_files(
    arguments: Sequence[str], option: str | None, *, more: Sequence[Path] = ()
) -> tuple[str, list[Path]]:
    """Without --collection, the first argument is the collection."""
    place, files = option, [*arguments]
    if place is None and files:
        place, files = files[0], files[1:]
    if not place or not (files or more):
        raise typer.BadParameter("Name the collection and at least one file.")
    return place, [Path(file) for file in files]


@commands.command("verify")
@ends_cleanly
def verify_command(
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every byte: checksums, schema, values, duplicates."""
    from pkimm_analytics.collection import verify

    found = verify(_opened(place, collection))
    if as_json:
        print_json(
            {
                "format": "pkimm-verification/1",
                "sound": found.is_sound,
                "contributions": found.contributions,
                "parts": found.parts,
                "problems": [problem.to_json() for problem in found.problems],
            }
        )
    for problem in found.problems:
        say(f"  {'damaged' if problem.refused else 'note'}: {problem}")
    state = "sound" if found.is_sound else "damaged"
    say(f"{found.contributions} contribution(s) in {found.parts} part(s): {state}.")
    if not found.is_sound:
        raise typer.Exit(1)


@commands.command("info")
@ends_cleanly
def info_command(
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show totals: contributions, quarters, parts, bytes."""
    info = _opened(place, collection).info()
    if as_json:
        print_json({"format": "pkimm-collection-info/1", **asdict(info)})
        return
    print_line = out().print
    print_line(f"contributions  {info.contributions}", highlight=False)
    print_line(f"parts          {info.parts}", highlight=False)
    print_line(f"bytes          {info.bytes}", highlight=False)
    print_line(f"schema         {info.schema}", highlight=False)
    print_line(f"refusals kept  {info.quarantined}", highlight=False)
    for quarter, n in info.quarters.items():
        print_line(f"  {quarter}       {n}", highlight=False)


@commands.command("add")
@ends_cleanly
def add_command(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[COLLECTION] FILE...", help="Contribution files."),
    ],
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add contribution files that others made with: pkimm contribute --out FILE."""
    from pkimm_analytics.anonymize import loads
    from pkimm_analytics.files import read_limited

    place, files = _place_and_files(arguments, collection)
    target = _opened(place, None, create=True)
    good: list[Any] = []
    problems: list[Problem] = []
    for number, path in enumerate(files, 1):
        name = f"file {number}" if len(files) > 1 else "file"
        try:
            found, bad = loads(read_limited(path), name)
            good += found
            problems += bad
        except PkimmError as error:
            problems.append(Problem(_place_in(error, path, name), _reason(error)))
    result = target.append(good, refused=problems)
    if as_json:
        listed = [problem.to_json() for problem in result.problems]
        print_json({"format": "pkimm-contributed/1", **_appended(result), "problems": listed})
    _tell(result.problems)
    _say_appended(result)
    if exit_status(result.problems):
        raise typer.Exit(1)


def _place_in(error: PkimmError, path: Path, name: str) -> str:
    """Where in a file, which is named by its number: its name may be that of somebody."""
    where = error.problems[0].where if error.problems else name
    return where if where.startswith(name) else where.replace(path.name, name)


def _reason(error: PkimmError) -> str:
    return error.problems[0].message if error.problems else error.message


@commands.command("withdraw")
@ends_cleanly
def withdraw_command(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COLLECTION] RECEIPT...", help="Receipts."),
    ] = None,
    receipt: Annotated[list[Path] | None, typer.Option("--receipt", help="As RECEIPT.")] = None,
    collection: CollectionOption = None,
    private: Annotated[
        Path | None,
        typer.Option(help="Folder of the private state of releases; as for release."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove contributions for good, each by its receipt, also from the state of releases."""
    from pkimm_analytics.disclosure import forgetting, private_folder

    place, files = _place_and_files(arguments or [], collection, more=receipt or [])
    shown, unread = _receipts([*files, *(receipt or [])])
    target = _opened(place, None)
    state = private
    if state is None and "://" not in str(place):
        state = private_folder(str(place))
    if state is None:
        say("note: the private state of releases is not told; name its folder with --private.")
    with forgetting(state) if state else nullcontext(None) as tell:
        n_removed, unfit = target.withdraw([one for _, one in shown], tell=tell)
    numbers = {f"receipt {i}": f"receipt {number}" for i, (number, _) in enumerate(shown, 1)}
    problems = [*unread, *(replace(p, where=numbers.get(p.where, p.where)) for p in unfit)]
    if as_json:
        listed = [problem.to_json() for problem in problems]
        print_json({"format": "pkimm-withdrawn/1", "withdrawn": n_removed, "problems": listed})
    for problem in problems:
        say(f"  not withdrawn: {problem}")
    say(f"{n_removed} contribution(s) withdrawn.")
    if problems:
        raise typer.Exit(1)


def _receipts(paths: Sequence[Path]) -> tuple[list[tuple[int, Any]], list[Problem]]:
    """Read all receipts; each that is none is a problem with its number."""
    from pkimm_analytics.anonymize import read_receipt

    found, problems = [], []
    for number, path in enumerate(paths, 1):
        try:
            found.append((number, read_receipt(path)))
        except PkimmError as error:
            problems.append(Problem(f"receipt {number}", _reason(error)))
    return found, problems


@commands.command("rescore")
@ends_cleanly
def rescore_command(
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Renew the stored levels by the scoring rules and editions of this software."""
    n = _opened(place, collection).rescore()
    if as_json:
        print_json({"format": "pkimm-rescored/1", "contributions": n})
    say(f"{n} contribution(s) scored.")
