"""Commands that read assessments: import, score, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pkimm_analytics.assessment import Assessment, carry
from pkimm_analytics.cli.console import (
    JsonOption,
    OutOption,
    ends_cleanly,
    error_document,
    exit_status,
    list_problems,
    one_line,
    out,
    print_json,
    progress_bar,
    say,
    shown,
    write_output,
)
from pkimm_analytics.errors import PkimmError, Problem, SourceFormatError
from pkimm_analytics.loaders import Loaded, Source, find_sources, load, tabular, web_tool
from pkimm_analytics.model import load_model, model_of
from pkimm_analytics.scoring import (
    Scores,
    Unanswered,
    figure_text,
    score_all,
    scores_to_json,
    tool_figures,
)
from pkimm_analytics.workspace import Workspace

SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="File, folder, - for standard input, or share link.")
]
EditionOption = Annotated[
    str | None,
    typer.Option("--edition", help="Carry the answers to this model version first."),
]
WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Folder of assessments.", envvar="PKIMM_WORKSPACE")
]


_AT_ONCE = 500
"""Assessments that are scored together."""


class UnansweredPolicy(StrEnum):
    """What to do with unanswered items."""

    EXCLUDED = "excluded"
    ZERO = "zero"


class ExportFormat(StrEnum):
    """Formats that an assessment can be written in."""

    JSON = "json"
    XLSX = "xlsx"
    CSV = "csv"
    LINK = "link"
    YAML = "yaml"


class Layout(StrEnum):
    """Layouts of a table."""

    LONG = "long"
    WIDE = "wide"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("import")(import_command)
    app.command("score")(score_command)
    app.command("export")(export_command)


@ends_cleanly
def import_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, - or share links.")
    ],
    workspace: WorkspaceOption = Path("workspace"),
) -> None:
    """Read assessments of any known format into a workspace."""
    found, missing = _find_all(sources)
    place = Workspace(workspace)
    with progress_bar("Importing", len(found)) as advance:
        report = place.import_sources(found, lambda _: advance())
    for one in report.imported:
        for path in one.written:
            out().print(f"[green]imported[/] {shown(one.source)} [dim]→[/] {shown(str(path))}")
        if one.quarantined:
            say(f"{one.source}: kept in {one.quarantined}")
        list_problems(one.problems)
    list_problems(missing)
    refused = [one for one in report.imported if one.is_refused]
    left = len(found) - len(report.imported)
    if report.interrupted:
        say(f"Interrupted. {len(report.imported)} sources are done, {left} were not read.")
    n_written = len({path for one in report.imported for path in one.written})
    n_bad = len(refused) + len(missing)
    say(f"{n_written} assessment(s) in {workspace}, {n_bad} source(s) with problems.")
    if refused or missing or report.interrupted:
        raise typer.Exit(1)


def _find_all(arguments: list[str]) -> tuple[list[Source], list[Problem]]:
    found: list[Source] = []
    missing: list[Problem] = []
    for argument in arguments:
        try:
            found += find_sources(argument)
        except PkimmError as error:
            missing += error.problems
    return found, missing


@ends_cleanly
def score_command(
    source: SourceArgument,
    as_json: JsonOption = False,
    unanswered: Annotated[
        UnansweredPolicy,
        typer.Option(
            help="Leave unanswered items out, or count them as 0 as the full workbook does."
        ),
    ] = UnansweredPolicy.EXCLUDED,
    edition: EditionOption = None,
) -> None:
    """Score assessments without storing them."""
    found = find_sources(source)
    if not found:
        raise SourceFormatError("There is nothing to score: the folder holds no files.")
    documents: list[str] = []
    refused: list[PkimmError] = []
    every: list[Problem] = []
    for one in found:
        try:
            with progress_bar("Reading", None) as advance:
                loaded = load(one, advance)
        except PkimmError as error:
            refused.append(error)
            continue
        noted: list[Problem] = []
        with progress_bar("Scoring", len(loaded)) if as_json else nullcontext() as advanced:
            for item, scores in _scored(loaded, edition, unanswered.value):
                problems = [*item.problems, *scores.problems]
                noted += problems
                if advanced:
                    documents.append(one_line(scores_to_json(scores, item.problems)))
                    advanced()
                else:
                    _print_scores(scores, one.name)
                    list_problems(problems)
        if as_json:
            list_problems(noted)
        every += noted
    for refusal in refused:
        say(refusal.message)
        list_problems(refusal.problems)
    if as_json:
        _print_documents(documents, refused, single=len(found) == 1)
    if refused or exit_status(every):
        raise typer.Exit(1)


def _print_documents(
    documents: Sequence[str], refused: Sequence[PkimmError], *, single: bool
) -> None:
    """Print the one document of a single source, else a list with a line for each."""
    errors = [error_document(error) for error in refused]
    if single and len(documents) + len(errors) == 1:
        print_json(errors[0] if errors else json.loads(documents[0]))
        return
    write = sys.stdout.write
    write('{\n "format": "pkimm-scores-list/1",\n "scores": [')
    for number, document in enumerate(documents):
        write(f"{',' if number else ''}\n  {document}")
    write(f'\n ],\n "refused": {one_line(errors)}\n}}\n')


def _scored(
    loaded: Sequence[Loaded], edition: str | None, unanswered: Unanswered
) -> Iterator[tuple[Loaded, Scores]]:
    """Score some hundred assessments after others, so that not all scores are held at once."""
    for start in range(0, len(loaded), _AT_ONCE):
        some = loaded[start : start + _AT_ONCE]
        carried = [_in_edition(item.assessment, edition) for item in some]
        yield from zip(some, score_all(carried, unanswered=unanswered), strict=True)


def _in_edition(assessment: Assessment, edition: str | None) -> Assessment:
    if edition is None:
        return assessment
    return carry(assessment, model_of(assessment.model), load_model(edition))


def _print_scores(scores: Scores, name: str) -> None:
    model = scores.model
    table = Table(title=f"{shown(name)}: {model.edition}", title_justify="left")
    for column in ("Element", "Score", "Level", "Name", "%", "Coverage"):
        table.add_column(column, justify="left" if column in {"Element", "Name"} else "right")
    rows = [("Overall", scores.overall, "bold")]
    for module in model.modules:
        rows.append((f"{module.id}  {module.name}", scores.modules[module.id], "bold"))
        rows += [
            (f"  {_label(c.native_id, c.key)}{c.name}", scores.categories[c.key], "")
            for c in module.categories
        ]
    for label, figure, style in rows:
        name = "" if figure.level is None else model.level_name(figure.level)
        state = "" if figure.state == "rated" else figure.state.replace("_", " ")
        table.add_row(
            shown(label),
            figure_text(figure.score),
            "–" if figure.level is None else str(figure.level),
            shown(name or state),
            figure_text(figure.percentage, 1),
            "–" if figure.coverage is None else f"{figure.coverage:.0%}",
            style=style,
        )
    out().print(table)
    for key, extension in scores.extensions.items():
        value, floor = extension.score, extension.floor
        out().print(
            f"Extension {shown(key)} {extension.extension.version}: score"
            f" {figure_text(None if value is None else float(value))}, floor"
            f" {figure_text(None if floor is None else float(floor))}"
        )
    for caveat in scores.assessment.caveats:
        out().print(f"[yellow]caveat[/] {shown(caveat.message)}")
    tool = tool_figures(scores)
    for reason in tool["differs_because"] if tool else []:
        out().print(f"[yellow]the source's own tool shows another figure[/] {shown(reason)}")


def _label(native: str, key: str) -> str:
    """Give the number of an element; an id that is a name says nothing beside the name."""
    return "" if native == key else f"{native}  "


@ends_cleanly
def export_command(
    assessment: Annotated[str, typer.Argument(metavar="ASSESSMENT", help="File or share link.")],
    to: Annotated[ExportFormat, typer.Option("--to", help="Format to write.")],
    target: OutOption = None,
    layout: Annotated[Layout, typer.Option(help="Layout of a CSV file.")] = Layout.LONG,
    edition: EditionOption = None,
) -> None:
    """Write an assessment in another format and say what that format cannot hold."""
    loaded = [item for one in find_sources(assessment) for item in load(one)]
    problems = [problem for item in loaded for problem in item.problems]
    list_problems(problems)
    carried = [replace(item, assessment=_in_edition(item.assessment, edition)) for item in loaded]
    content, dropped = _export(carried, to, layout)
    if to is ExportFormat.XLSX and target is None:
        raise PkimmError("An xlsx file cannot be printed: name it with --out FILE.xlsx.")
    write_output(content, target)
    for sentence in dropped:
        say(f"  left out: {sentence}")
    if exit_status(problems):
        raise typer.Exit(1)


def _export(loaded: list[Loaded], to: ExportFormat, layout: Layout) -> tuple[bytes, list[str]]:
    assessments = [item.assessment for item in loaded]
    if to is ExportFormat.CSV:
        dropped = [s for a in assessments for s in tabular.dropped_by_csv(a, layout.value)]
        return tabular.write_csv(assessments, layout=layout.value), list(dict.fromkeys(dropped))
    if to is ExportFormat.XLSX:
        dropped = [s for a in assessments for s in tabular.dropped_by_csv(a, "long")]
        return tabular.write_xlsx(assessments), list(dict.fromkeys(dropped))
    if len(assessments) != 1:
        raise PkimmError(f"{to.value} holds one assessment, and there are {len(assessments)}.")
    assessment = assessments[0]
    if to is ExportFormat.JSON:
        return assessment.dumps(), []
    model = model_of(assessment.model)
    if to is ExportFormat.LINK:
        link = web_tool.write_link(assessment, model) + "\n"
        return link.encode(), web_tool.dropped_by_link(assessment)
    return web_tool.write_yaml_export(assessment, model).encode(), web_tool.dropped_by_yaml(
        assessment
    )
