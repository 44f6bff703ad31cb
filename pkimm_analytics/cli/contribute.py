"""Command that anonymizes assessments and hands them over: ``pkimm contribute``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pkimm_analytics.cli.collection import CollectionOption, finish, in_words, tell, totals
from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    exit_status,
    out,
    progress_bar,
    write_output,
)
from pkimm_analytics.errors import ContributionError, PkimmError, Problem


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("contribute")(contribute_command)


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
    invitation: Annotated[
        Path | None, typer.Option(help="Invitation to the round that it is for.")
    ] = None,
    ticket: Annotated[
        str | None, typer.Option(help="Code that the working group gave to the organization.")
    ] = None,
    organization_id: Annotated[
        str | None,
        typer.Option(
            help="LEI, or in a round name and country: 'Example Bank AG/DEU'. Without a round, an"
            " id made with your key stands in."
        ),
    ] = None,
    parent_id: Annotated[str | None, typer.Option(help="The same of the ultimate parent.")] = None,
    assessor_id: Annotated[
        str | None, typer.Option(help="The same of an external assessor.")
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
    from pkimm_analytics.anonymize import Identity, dumps, read_invitation, with_proof

    if not (preview or page or target or collection):
        raise typer.BadParameter("Name --collection or --out, or look first with --preview.")
    identity = Identity(
        organization=organization_id,
        parent=parent_id,
        assessor=assessor_id,
        assurance=assurance,
        quarter=quarter,
        ticket=ticket,
    )
    made, problems = _anonymized(sources, identity, invitation and read_invitation(invitation))
    made = [with_proof(one, receipts) for one in made]
    content = dumps([one.contribution for one in made])
    if page and made:
        write_output(_page(made), page)
    if preview:
        write_output(content, None)
    if not made and not preview:
        raise ContributionError("There is nothing to contribute. Nothing left.", problems)
    if not (preview or page):
        _hand_over(made, content, collection, target, receipts, problems, as_json=as_json)
        return
    tell(problems)
    if exit_status(problems):
        raise typer.Exit(1)


def _page(made: Sequence[Any]) -> bytes:
    from pkimm_analytics.render.html import document
    from pkimm_analytics.views.contribution import contribution

    return document(contribution(made), for_print=True).encode()


def _anonymized(
    sources: Sequence[str], identity: Any, invitation: Any
) -> tuple[list[Any], list[Problem]]:
    """Make contributions of all sources; what cannot be contributed is listed by its number."""
    from pkimm_analytics.anonymize import anonymize, open_key_store

    assessments, problems = _assessments(sources)
    one_id = identity.organization or identity.ticket
    if one_id and len({a.organization.name for a in assessments}) > 1:
        problem = Problem("organization-id", "is for one organization, and there are several")
        raise ContributionError("Contribute each organization by itself. Nothing left.", [problem])
    store = open_key_store()
    made = []
    with progress_bar("Anonymizing", len(assessments)) as advance:
        for number, assessment in enumerate(assessments, 1):
            place = f"assessment {number}" if len(assessments) > 1 else "assessment"
            try:
                made.append(anonymize(assessment, store, identity, invitation))
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
    from pkimm_analytics.anonymize.identifiers import receipt_token
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
    if not as_json:
        for path in kept:
            out().print(f"[green]receipt[/] {path}", highlight=False)
    figures = totals(result)
    finish(
        "contributed",
        {**figures, "receipts": [str(path) for path in kept]},
        in_words(figures) if collection else "Nothing was added to a collection.",
        as_json=as_json,
        problems=(*problems, *result.problems),
    )
