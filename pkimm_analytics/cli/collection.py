"""Keep a collection of contributions, its rounds and tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    say,
)
from pkimm_analytics.errors import PkimmError, Problem

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

commands = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(commands, name="collection")


def opened(argument: str | None, option: str | None, *, create: bool = False) -> Any:
    """Open the collection that was named as an argument or with ``--collection``."""
    from pkimm_analytics.collection import Collection

    place = argument or option
    if place is None:
        raise typer.BadParameter("Name the collection.")
    return Collection(place, create=create)


def tell(problems: Iterable[Problem], *, refused: str = "not contributed") -> None:
    """List what was refused, and what is to be known about the rest."""
    for problem in problems:
        say(f"  {refused if problem.refused else 'note'}: {problem}")


def finish(
    kind: str,
    figures: Mapping[str, Any],
    said: str,
    *,
    as_json: bool,
    problems: Sequence[Problem] | None = None,
    refused: str = "not contributed",
) -> None:
    """Print the document of a command if asked for, say what was done, and end with its status."""
    if as_json:
        listed = {"problems": [problem.to_json() for problem in problems or ()]}
        more = {} if problems is None else listed
        print_json({"format": f"pkimm-{kind}/1", **figures, **more})
    tell(problems or (), refused=refused)
    say(said)
    if exit_status(problems or ()):
        raise typer.Exit(1)


def totals(result: Any) -> dict[str, int]:
    """How many contributions were added and so on."""
    return {name: getattr(result, name) for name in ("added", "replaced", "unchanged", "refused")}


def in_words(figures: Mapping[str, int]) -> str:
    """Totals as a sentence."""
    return ", ".join(f"{n} {name}" for name, n in figures.items()) + "."


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

    found = verify(opened(place, collection))
    figures = {"contributions": found.contributions, "parts": found.parts}
    state = "sound" if found.is_sound else "damaged"
    finish(
        "verification",
        {"sound": found.is_sound, **figures},
        f"{found.contributions} contribution(s) in {found.parts} file(s): {state}.",
        as_json=as_json,
        problems=found.problems,
        refused="damaged",
    )


@commands.command("info")
@ends_cleanly
def info_command(
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show totals: contributions, rounds, quarters, bytes."""
    info = opened(place, collection).info()
    if as_json:
        print_json({"format": "pkimm-collection-info/1", **asdict(info)})
        return
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import collection as views

    show(views.info(info), out())


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
    target = opened(place, None, create=True)
    good: list[Any] = []
    problems: list[Problem] = []
    for number, path in enumerate(files, 1):
        name = f"file {number}" if len(files) > 1 else "file"
        try:
            found, bad = loads(read_limited(path), name)
            good += found
            problems += bad
        except PkimmError as error:
            where = error.problems[0].where if error.problems else name
            where = where if where.startswith(name) else where.replace(path.name, name)
            problems.append(Problem(where, _reason(error)))
    result = target.append(good, refused=problems)
    figures = totals(result)
    finish("contributed", figures, in_words(figures), as_json=as_json, problems=result.problems)


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
    target = opened(place, None)
    state = private
    if state is None and "://" not in str(place):
        state = private_folder(str(place))
    if state is None:
        say("note: the private state of releases is not told; name its folder with --private.")
    with forgetting(state) if state else nullcontext(None) as told:
        n_removed, unfit = target.withdraw([one for _, one in shown], tell=told)
    numbers = {f"receipt {i}": f"receipt {number}" for i, (number, _) in enumerate(shown, 1)}
    problems = [*unread, *(replace(p, where=numbers.get(p.where, p.where)) for p in unfit)]
    finish(
        "withdrawn",
        {"withdrawn": n_removed},
        f"{n_removed} contribution(s) withdrawn.",
        as_json=as_json,
        problems=problems,
        refused="not withdrawn",
    )


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
    n = opened(place, collection).rescore()
    finish("rescored", {"contributions": n}, f"{n} contribution(s) scored.", as_json=as_json)


# --- rounds ------------------------------------------------------------------------------


@commands.command("open-round")
@ends_cleanly
def open_round_command(
    target: Annotated[
        Path, typer.Option("--out", "-o", help="File for the invitation, which holds the key.")
    ],
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    link: Annotated[
        Path | None, typer.Option(help="Invitation to the round before, whose key is kept.")
    ] = None,
    renew: Annotated[
        Path | None, typer.Option(help="Invitation to the round before, whose key is renewed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Open a round: invited organizations contribute with its invitation and a ticket each."""
    from pkimm_analytics.anonymize import read_invitation
    from pkimm_analytics.files import write_atomically

    before = {
        name: path and read_invitation(path) for name, path in (("link", link), ("renew", renew))
    }
    if target.exists():
        raise PkimmError(f"{target} is there already. Nothing was opened.")
    invitation = opened(place, collection, create=True).open_round(
        **before,
        keep=lambda one: write_atomically(target, one.dumps()),  # which nobody else can read
    )
    finish(
        "round",
        {"round": invitation.round, "invitation": str(target)},
        f"Round {invitation.round} is open. Hand out {target} to those who are invited only.",
        as_json=as_json,
    )


@commands.command("tickets")
@ends_cleanly
def tickets_command(
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    number: Annotated[int, typer.Option("--number", "-n", help="One for each organization.")] = 1,
    round_: Annotated[
        str | None, typer.Option("--round", help="Id of the round; the newest without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print new tickets; the collection keeps their hashes only, so they are shown once."""
    codes = opened(place, collection).new_tickets(number, round_=round_)
    if as_json:
        print_json({"format": "pkimm-tickets/1", "tickets": codes})
        return
    for code in codes:
        typer.echo(code)
