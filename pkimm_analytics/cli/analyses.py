"""Command for analysts on a collection: ``pkimm analyze``."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from pkimm_analytics.cli.collection import CollectionArgument, CollectionOption
from pkimm_analytics.cli.console import JsonOption, ends_cleanly, out, print_json, say, shown
from pkimm_analytics.cli.counts import PurposeOption

NAMES = (
    "assurance-gap",
    "trend-parts",
    "peer-profile",
    "category-structure",
    "weight-sensitivity",
    "level-steps",
    "extension-readiness",
)


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
    within: Annotated[
        bool,
        typer.Option(
            "--within-organizations",
            help="category-structure: without each organization's own mean.",
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of random weights and permutations.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Analyze a collection: for analysts, internal, not for publication."""
    if name not in NAMES:
        raise typer.BadParameter(f"Expected one of {', '.join(NAMES)}.")
    where = place or collection
    if where is None:
        raise typer.BadParameter("Name the collection.")
    import importlib.util

    from pkimm_analytics.errors import CollectionError

    if importlib.util.find_spec("scipy") is None:
        raise CollectionError("Analyses need SciPy: pip install 'pkimm-analytics[analyses]'")
    from pkimm_analytics.analyses import ANALYSES, read_evidence
    from pkimm_analytics.collection import Collection

    given = {
        "edition": edition,
        "assurance": assurance,
        "by": by,
        "start": start,
        "end": end,
        "lower": lower,
        "extension": extension,
        "within_organizations": within or None,
        "seed": seed,
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
        _print(findings)
    say(f"{findings.mark}.")


def _print(findings: Any) -> None:
    from rich.table import Table

    console = out()
    console.print(f"[bold]{shown(findings.question)}[/]")
    console.print(f"{findings.n_organizations} organization(s). {findings.mark}.")
    for name, value in findings.figures.items():
        console.print(f"  {name}: {shown(_text(value))}", highlight=False)
    table = Table(box=None, padding=(0, 1), header_style="bold")
    columns = [str(name) for name in findings.table.columns]
    for column in columns:
        if not column.endswith("high"):
            table.add_column(_heading(column), no_wrap=column == columns[0])
    for row in findings.table.to_dict(orient="records"):
        table.add_row(*(shown(cell) for cell in _cells(row)))
    console.print(table)
    console.print(f"Formula: {shown(findings.formula)}", highlight=False)
    console.print(f"Source: {shown(findings.source)}", highlight=False)
    for note in findings.notes:
        console.print(f"- {shown(note)}", highlight=False)


def _heading(column: str) -> str:
    """Name of a column; an interval is one of 95 % unless it is the spread of ranks."""
    around = "90 % of the draws" if column == "rank_low" else "95 %"
    shown_name = column.removesuffix("low") + around if column.endswith("low") else column
    return shown_name.replace("_", " ")


def _cells(row: dict[str, Any]) -> list[str]:
    """Texts of a row; the limits of an interval share a cell."""
    found = []
    for name, value in row.items():
        if name.endswith("low"):
            limits = _text(value), _text(row[name.removesuffix("low") + "high"])
            found.append("-" if limits == ("-", "-") else " to ".join(limits))
        elif not name.endswith("high"):
            found.append(_text(value))
    return found


def _text(value: Any) -> str:
    from pkimm_analytics.analyses.findings import plain

    found = plain(value)
    if found is None:
        return "-"
    if isinstance(found, bool):
        return "yes" if found else ""
    return f"{found:.3f}" if isinstance(found, float) else str(found)
