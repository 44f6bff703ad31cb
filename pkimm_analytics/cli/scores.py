"""Commands that read assessments: import, score, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pkimm_analytics.assessment import Assessment, Mode, carry
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
from pkimm_analytics.files import read_limited
from pkimm_analytics.loaders import Loaded, Source, find_sources, load, tabular, web_tool
from pkimm_analytics.loaders.tabular import PlainLoaded
from pkimm_analytics.model import load_model, model_of
from pkimm_analytics.scoring import (
    Scores,
    Unanswered,
    plain_lines,
    score,
    score_all,
    score_batch,
    scores_to_json,
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


_AT_ONCE, _PLAIN_AT_ONCE = 500, 20_000
"""Assessments that are scored together; those of plain levels need little memory."""


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


ColumnsOption = Annotated[
    Path | None,
    typer.Option("--columns", help="Column map of a table, as `pkimm columns` proposes it."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("columns")(columns_command)
    app.command("import")(import_command)
    app.command("score")(score_command)
    app.command("export")(export_command)


@ends_cleanly
def import_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, - or share links.")
    ],
    workspace: WorkspaceOption = Path("workspace"),
    columns: ColumnsOption = None,
) -> None:
    """Read assessments of any known format into a workspace."""
    found, missing = _find_all(sources)
    found = _with_columns(found, columns)
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


def _with_columns(sources: Sequence[Source], columns: Path | None) -> list[Source]:
    """Have sources read with a column map, if one is given."""
    if columns is None:
        return [*sources]
    text = read_limited(columns).decode("utf-8", "replace")
    wanted = tabular.TableColumns.read_text(text, columns.name)
    return [replace(source, columns=wanted) for source in sources]


@ends_cleanly
def columns_command(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Table of assessments.")],
    target: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose what the columns of a table hold, to be corrected and given back."""
    found = find_sources(source)
    if len(found) != 1:
        raise PkimmError(f"A column map is for one table, and there are {len(found)} files.")
    proposed = tabular.propose(found[0].read(), found[0].name)
    if as_json:
        print_json(proposed.to_json())
    else:
        write_output(proposed.to_yaml().encode(), target)
    unsure = [column for column in proposed.columns if not column.sure]
    if unsure:
        say(f"{len(unsure)} column(s) are not sure: check them before you import.")


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
    columns: ColumnsOption = None,
) -> None:
    """Score assessments without storing them."""
    found = _with_columns(find_sources(source), columns)
    if not found:
        raise SourceFormatError("There is nothing to score: the folder holds no files.")
    printed = _Documents(single=len(found) == 1)
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
        if as_json:
            with progress_bar("Scoring", len(loaded)) as advanced:
                for document in _documents(loaded, edition, unanswered.value, noted):
                    printed.add(document)
                    advanced()
            list_problems(noted)
        else:
            _print_all(loaded, one.name, edition, unanswered.value, noted)
        every += noted
    for refusal in refused:
        say(refusal.message)
        list_problems(refusal.problems)
    if as_json:
        printed.end(refused)
    if refused or exit_status(every):
        raise typer.Exit(1)


class _Documents:
    """
    Prints the one document of a single source, else a list with a line for each.

    Of very many documents only the first is held: what follows is written at once.
    """

    def __init__(self, *, single: bool) -> None:
        self._single, self._first, self._n = single, "", 0

    def add(self, document: str) -> None:
        if self._n == 0:
            self._first = document
        elif self._n == 1:
            self._begin(self._first)
        if self._n:
            sys.stdout.write(f",\n  {document}")
        self._n += 1

    def end(self, refused: Sequence[PkimmError]) -> None:
        errors = [error_document(error) for error in refused]
        if self._single and self._n + len(errors) == 1:
            print_json(errors[0] if errors else json.loads(self._first))
            return
        if self._n < 2:
            self._begin(self._first)
        sys.stdout.write(f'\n ],\n "refused": {one_line(errors)}\n}}\n')

    def _begin(self, first: str) -> None:
        start = '{\n "format": "pkimm-scores-list/1",\n "scores": ['
        sys.stdout.write(start + (f"\n  {first}" if first else ""))


def _alike(loaded: Sequence[Loaded]) -> Iterator[Sequence[Loaded]]:
    """Part assessments into some hundred at a time, with plain rows of one table together."""
    start = 0
    for end in range(1, len(loaded) + 1):
        most = _PLAIN_AT_ONCE if _table_of(loaded[start]) else _AT_ONCE
        is_last = end == len(loaded) or end - start == most
        if is_last or _table_of(loaded[end]) is not _table_of(loaded[start]):
            yield loaded[start:end]
            start = end


def _table_of(loaded: Loaded) -> object:
    return loaded.rows if isinstance(loaded, PlainLoaded) else None


def _documents(
    loaded: Sequence[Loaded], edition: str | None, unanswered: Unanswered, noted: list[Problem]
) -> Iterator[str]:
    """Documents of all assessments, each on one line; `noted` takes what there is to say."""
    for some in _alike(loaded):
        plain = [one for one in some if isinstance(one, PlainLoaded)]
        if plain and edition is None:
            rows = plain[0].rows
            codes = rows.codes([one.place for one in plain])
            given = {"requirements": codes} if rows.mode is Mode.FULL else {"categories": codes}
            batch = score_batch(rows.model, **given, unanswered=unanswered)
            like = score(plain[0].assessment, rows.model, unanswered=unanswered)
            noted += [problem for problem in like.problems if problem not in noted]
            yield from plain_lines(batch, like)
        else:
            for item, scores in _scored(some, edition, unanswered):
                noted += [*item.problems, *scores.problems]
                yield one_line(scores_to_json(scores, item.problems))


def _print_all(
    loaded: Sequence[Loaded],
    name: str,
    edition: str | None,
    unanswered: Unanswered,
    noted: list[Problem],
) -> None:
    from pkimm_analytics.render.terminal import show  # imported late: --json does without
    from pkimm_analytics.views.scores import score_view

    for some in _alike(loaded):
        for item, scores in _scored(some, edition, unanswered):
            out().print(f"[dim]{shown(name)}[/]")
            show(score_view(scores), out())
            problems = [*item.problems, *scores.problems]
            list_problems(problems)
            noted += problems


def _scored(
    some: Sequence[Loaded], edition: str | None, unanswered: Unanswered
) -> Iterator[tuple[Loaded, Scores]]:
    carried = [_in_edition(item.assessment, edition) for item in some]
    yield from zip(some, score_all(carried, unanswered=unanswered), strict=True)


def _in_edition(assessment: Assessment, edition: str | None) -> Assessment:
    if edition is None:
        return assessment
    return carry(assessment, model_of(assessment.model), load_model(edition))


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
    if to in {ExportFormat.LINK, ExportFormat.YAML}:
        for sentence in web_tool.shown_otherwise(carried[0].assessment, to.value):
            say(f"  note: {sentence}")
    if exit_status(problems):
        raise typer.Exit(1)


def _export(loaded: list[Loaded], to: ExportFormat, layout: Layout) -> tuple[bytes, list[str]]:
    assessments = [item.assessment for item in loaded]
    if to is ExportFormat.CSV:
        content = tabular.write_csv(assessments, layout=layout.value)
        return content, tabular.dropped_by_table(assessments, layout.value)
    if to is ExportFormat.XLSX:
        return tabular.write_xlsx(assessments), tabular.dropped_by_table(assessments)
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
