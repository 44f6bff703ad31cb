"""Command for analysts on a collection: ``pkimm analyze``."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from pkimm_analytics.cli.collection import CollectionArgument, CollectionOption
from pkimm_analytics.cli.console import JsonOption, ends_cleanly, out, print_json, say
from pkimm_analytics.cli.counts import PurposeOption

NAMES = ("assurance-gap", "trend-parts", "peer-profile", "level-steps", "extension-readiness")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("analyze")(analyze_command)


@ends_cleanly
def analyze_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(NAMES)}.")],
    purpose: PurposeOption,
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    edition: Annotated[
        str | None, typer.Option("--edition", help="Edition; the newest without it.")
    ] = None,
    assurance: Annotated[
        str | None, typer.Option("--assurance", help="self, formal or third-party; all without it.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="peer-profile: dimension of the groups.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="trend-parts: first quarter, such as 2025Q3.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="trend-parts: last quarter.")] = None,
    lower: Annotated[
        int | None, typer.Option("--lower", help="level-steps: the lower of the two levels.")
    ] = None,
    extension: Annotated[
        str | None, typer.Option("--extension", help="extension-readiness: id of the extension.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Analyze a collection: for analysts, internal, not for publication."""
    if name not in NAMES:
        raise typer.BadParameter(f"Expected one of {', '.join(NAMES)}.")
    where = place or collection
    if where is None:
        raise typer.BadParameter("Name the collection.")
    from pkimm_analytics.analyses import ANALYSES, read_evidence
    from pkimm_analytics.collection import Collection
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views.analyses import findings_view
    from pkimm_analytics.views.figures import Voice
    from pkimm_analytics.views.words import catalogue

    given = {
        "edition": edition,
        "assurance": assurance,
        "by": by,
        "start": start,
        "end": end,
        "lower": lower,
        "extension": extension,
    }
    options = {option: value for option, value in given.items() if value is not None}
    analysis = ANALYSES[name]
    unknown = set(options) - set(inspect.signature(analysis).parameters)
    if unknown:
        raise typer.BadParameter(f"{name} does not take: {', '.join(sorted(unknown))}.")
    rows = Collection(where).open_rows(purpose=purpose)
    findings = analysis(read_evidence(rows), **options)
    if as_json:
        print_json({**findings.to_json(), "purpose": purpose})
    else:
        show([*findings_view(findings, Voice(catalogue()))], out())
    say(f"{findings.mark}.")
