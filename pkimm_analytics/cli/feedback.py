"""Commands about feedback: import, columns, summarize, decide, export and pack."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from pkimm_analytics.cli.console import (
    JsonOption,
    OutOption,
    ends_cleanly,
    exit_status,
    list_problems,
    out,
    print_json,
    progress_bar,
    say,
    shown,
    write_output,
)
from pkimm_analytics.errors import FeedbackError, PkimmError, Problem
from pkimm_analytics.feedback import DISPOSITIONS, Feedback, open_feedback
from pkimm_analytics.files import read_limited
from pkimm_analytics.loaders import Source, find_sources
from pkimm_analytics.model import NEWEST, Model, load_model
from pkimm_analytics.quarters import running_quarter

app = typer.Typer(
    no_args_is_help=True, help="What respondents think of the model, and what the group decided."
)

PlaceOption = Annotated[
    Path,
    typer.Option(
        "--feedback", "-f", help="Folder of comments and decisions.", envvar="PKIMM_FEEDBACK"
    ),
]
RoundOption = Annotated[
    str | None, typer.Option("--round", help="Round, such as 2026Q4; the newest if left out.")
]
EditionOption = Annotated[str, typer.Option(help="Edition that the feedback is about.")]
SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="SOURCE...", help="Form export, JSON or text of an issue.")
]
AssessmentsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assessments", "-a", help="File or folder of assessments, for the quality of questions."
    ),
]
PLACE = Path("feedback")


class Disposition(StrEnum):
    """What can be decided about a comment."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    DONE = "done"


class PackFormat(StrEnum):
    """Formats of a meeting pack."""

    HTML = "html"
    MD = "md"
    DOCX = "docx"
    PDF = "pdf"


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="feedback")


# --- import ------------------------------------------------------------------------------


@app.command("import")
@ends_cleanly
def import_command(
    sources: SourcesArgument,
    place: PlaceOption = PLACE,
    round_: Annotated[
        str | None, typer.Option("--round", help="Round; this quarter if left out.")
    ] = None,
    edition: EditionOption = NEWEST,
    columns: Annotated[
        Path | None, typer.Option(help="Corrected column map of a form (YAML or JSON).")
    ] = None,
    keep_contacts: Annotated[
        bool, typer.Option("--keep-contacts", help="Keep names and addresses, apart.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add comments from form exports (CSV, xlsx), JSON or the text of issues."""
    from pkimm_analytics.loaders.feedback import ColumnMap, read_columns

    feedback, model = open_feedback(place), load_model(edition)
    name = round_ or running_quarter()
    wanted: ColumnMap | None = None
    if columns is not None:
        wanted = read_columns(read_limited(columns).decode("utf-8", "replace"), columns.name)
    found = [one for source in sources for one in find_sources(source)]
    results: list[dict[str, Any]] = []
    problems: list[Problem] = []
    with progress_bar("Importing feedback", len(found)) as advance:
        for source in found:
            result, own = _import(
                feedback, source, model, name, wanted, keep_contacts=keep_contacts
            )
            results.append(result)
            problems += own
            advance()
    if as_json:
        listed = [problem.to_json() for problem in problems]
        print_json({"format": "pkimm-feedback-import/1", "sources": results, "problems": listed})
    else:
        for result in results:
            out().print(
                f"{shown(result['source'])}: {result['added']} comment(s) added,"
                f" {result['known']} known already"
            )
    list_problems(problems)
    if exit_status(problems):
        raise typer.Exit(1)


def _import(
    feedback: Feedback,
    source: Source,
    model: Model,
    round_: str,
    columns: Any,
    *,
    keep_contacts: bool,
) -> tuple[dict[str, Any], list[Problem]]:
    """Import one source; what cannot be read in full is also kept aside."""
    from pkimm_analytics.loaders.feedback import load_feedback

    name = Path(source.name).name
    result: dict[str, Any] = {"source": name, "form": None, "added": 0, "known": 0}
    content = b""
    try:
        content = source.read()
        loaded = load_feedback(
            content,
            name,
            model=model,
            round_=round_,
            pseudonym=feedback.pseudonym,
            columns=columns,
        )
        problems = list(loaded.problems)
        added = feedback.append(loaded.comments)
        if keep_contacts and loaded.contacts:
            feedback.keep_contacts(loaded.contacts)
        result |= {"form": loaded.form, "added": added.added, "known": added.known}
    except PkimmError as error:
        problems = list(error.problems or (Problem(name, error.message),))
    if content and any(problem.refused for problem in problems):
        result["quarantined"] = feedback.quarantine(name, content, problems).name
    return result, problems


@app.command("columns")
@ends_cleanly
def columns_command(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Form export, CSV or xlsx.")],
    target: OutOption = None,
    edition: EditionOption = NEWEST,
    as_json: JsonOption = False,
) -> None:
    """Propose what the columns of a form export hold, to be corrected and given back."""
    from pkimm_analytics.loaders.feedback import propose
    from pkimm_analytics.yaml_text import write_yaml

    found = find_sources(source)
    if len(found) != 1:
        raise PkimmError(f"A column map is for one form, and there are {len(found)} files.")
    proposed = propose(found[0].read(), Path(found[0].name).name, load_model(edition))
    unsure = [column for column in proposed.columns if not column.sure]
    if as_json:
        print_json(proposed.to_json())
    else:
        write_output(write_yaml(proposed.to_json()).encode(), target)
    if unsure:
        say(f"{len(unsure)} column(s) are not sure: check them before you import.")


# --- summarize ---------------------------------------------------------------------------


@app.command("summarize")
@ends_cleanly
def summarize_command(
    place: PlaceOption = PLACE,
    round_: RoundOption = None,
    edition: EditionOption = NEWEST,
    assessments: AssessmentsOption = None,
    public: Annotated[
        bool, typer.Option("--public", help="Only what may be published, as JSON.")
    ] = False,
    policy: Annotated[
        Path | None, typer.Option(help="Disclosure policy; the shipped one if left out.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="File of the public summary.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Summarize a round: for analysts, or with --public for everybody."""
    feedback, model = open_feedback(place), load_model(edition)
    if public:
        _public(feedback, model, round_, policy, target)
        return
    from pkimm_analytics.feedback.summary import to_json

    summary = _summary(feedback, model, round_, assessments)
    if as_json:
        print_json(to_json(summary))
        return
    covered = summary.coverage
    out().print(
        f"Round {shown(summary.round)}: {covered.n_respondents} respondents,"
        f" {covered.n_comments} comments, {covered.n_texts} of them in words"
    )
    table = Table("Alarm", "Element", "With", "Effect", "n")
    for alarm in summary.alarms.itertuples():
        cells = (alarm.kind, alarm.element, alarm.other, f"{alarm.effect:.2f}", alarm.n)
        table.add_row(*(shown(str(cell)) for cell in cells))
    out().print(table if len(summary.alarms) else "Nothing stands out.")


def _public(
    feedback: Feedback,
    model: Model,
    round_: str | None,
    policy: Path | None,
    target: Path | None,
) -> None:
    import json

    from pkimm_analytics.disclosure import load_policy
    from pkimm_analytics.disclosure.feedback import public_summary
    from pkimm_analytics.feedback.ratings import newest_round

    comments = feedback.comments()
    name = round_ or newest_round(comments)
    if name is None:
        raise FeedbackError("There are no comments to summarize.")
    document = public_summary(comments, model, load_policy(policy), name)
    write_output((json.dumps(document, indent=1) + "\n").encode(), target)


def _summary(
    feedback: Feedback, model: Model, round_: str | None, assessments: list[str] | None
) -> Any:
    from pkimm_analytics.feedback.items import answered, newest_of_each
    from pkimm_analytics.feedback.summary import summarize
    from pkimm_analytics.loaders import load

    answers = None
    if assessments:
        loaded = []
        found = [one for source in assessments for one in find_sources(source)]
        with progress_bar("Reading assessments", len(found)) as advance:
            for source in found:
                loaded += load(source)
                advance()
        list_problems([problem for one in loaded for problem in one.problems])
        answers = answered(newest_of_each(one.assessment for one in loaded), model)
    return summarize(
        feedback.comments(), model, round_=round_, answers=answers, current=feedback.current()
    )


@app.command("pack")
@ends_cleanly
def pack_command(
    target: Annotated[Path, typer.Option("--out", "-o", help="File to write.")],
    place: PlaceOption = PLACE,
    round_: RoundOption = None,
    edition: EditionOption = NEWEST,
    assessments: AssessmentsOption = None,
    form: Annotated[
        PackFormat | None, typer.Option("--format", help="Format; by the file's ending without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the meeting pack: what stands out, where opinions split, what to decide."""
    from pkimm_analytics.reports import render
    from pkimm_analytics.reports.meeting import meeting_pack

    ending = target.suffix.lower().lstrip(".")
    known = [one.value for one in PackFormat]
    if form is None and ending not in known:
        raise PkimmError(f"Say the format with --format: {', '.join(known)}.")
    feedback, model = open_feedback(place), load_model(edition)
    summary = _summary(feedback, model, round_, assessments)
    report = meeting_pack(summary, feedback.current(), everything=feedback.comments())
    write_output(render(report, form.value if form else ending), target)
    if as_json:
        print_json(
            {
                "format": "pkimm-feedback-pack/1",
                "round": summary.round,
                "file": target.name,
                "alarms": len(summary.alarms),
            }
        )


# --- decide ------------------------------------------------------------------------------


@app.command("decide")
@ends_cleanly
def decide_command(
    comment: Annotated[
        str | None, typer.Argument(metavar="[COMMENT]", help="Id, or its first letters.")
    ] = None,
    disposition: Annotated[
        Disposition | None, typer.Argument(help="What was decided.", metavar="[DISPOSITION]")
    ] = None,
    place: PlaceOption = PLACE,
    by: Annotated[str, typer.Option(help="Role of who decided, never a name.")] = "working group",
    reason: Annotated[str | None, typer.Option(help="Why; a rejection has one.")] = None,
    duplicate_of: Annotated[
        str | None, typer.Option("--of", help="Comment that a duplicate repeats.")
    ] = None,
    edition: Annotated[str | None, typer.Option(help="Edition in which it is done.")] = None,
    element: Annotated[str | None, typer.Option(help="Element that it is assigned to.")] = None,
    link: Annotated[str | None, typer.Option(help="Address of the issue.")] = None,
    field: Annotated[
        str | None,
        typer.Option(help="What changes: name, description, guidance, level-3, weight, ..."),
    ] = None,
    value: Annotated[str | None, typer.Option(help="New text or weight.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Many decisions at once (YAML or JSON list).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about a comment, or about many with --file; nothing is ever overwritten."""
    feedback = open_feedback(place)
    if (file is None) == (comment is None):
        raise PkimmError("Name a comment and a disposition, or --file with many.")
    if file is not None:
        entries = _entries(file)
    elif disposition is None:
        raise PkimmError(f"Say what was decided: {', '.join(DISPOSITIONS)}.")
    else:
        entries = [
            {
                "comment": comment,
                "disposition": disposition.value,
                "reason": reason,
                "duplicate_of": duplicate_of,
                "edition": edition,
                "element": element,
                "link": link,
                "field": field,
                "value": value,
            }
        ]
    decisions = feedback.decide_all([{"by": by, **entry} for entry in entries])
    if as_json:
        made = [decision.to_json() for decision in decisions]
        print_json({"format": "pkimm-feedback-decisions/1", "decisions": made})
        return
    say(f"{len(decisions)} decision(s) added.")


def _entries(file: Path) -> list[dict[str, Any]]:
    from pkimm_analytics.yaml_text import read_yaml

    document = read_yaml(read_limited(file).decode("utf-8", "replace"), file.name)
    entries = document.get("decisions") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FeedbackError(
            f"{file.name} holds no decisions. Nothing was decided.",
            [Problem(file.name, "expected a list of mappings with comment and disposition")],
        )
    return entries


# --- export ------------------------------------------------------------------------------


@app.command("export")
@ends_cleanly
def export_command(
    target: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    place: PlaceOption = PLACE,
    edition: EditionOption = NEWEST,
    model_file: Annotated[
        Path | None, typer.Option("--model", help="YAML of the edition, to make the diff against.")
    ] = None,
    round_: RoundOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write accepted comments as issues, and their changes as a diff and a table of weights."""
    from pkimm_analytics.feedback.tracing import accepted_changes
    from pkimm_analytics.feedback.weights import chosen_weights
    from pkimm_analytics.feedback.wording import ModelSource
    from pkimm_analytics.reports.change_list import weights_table
    from pkimm_analytics.reports.issues import issues

    feedback, model = open_feedback(place), load_model(edition)
    comments, current = feedback.comments(), feedback.current()
    written = issues(comments, current, model)
    wording, weights = accepted_changes(comments, current)
    contents = {f"issues/{issue.file_name}": issue.to_markdown() for issue in written}
    said = comments if round_ is None else comments[comments["round"] == round_]
    contents["weights.md"] = weights_table(weights, chosen_weights(said, model), model)
    if model_file is not None:
        text = read_limited(model_file).decode("utf-8")
        contents["wording.diff"] = ModelSource(text, model_file.name).diff(wording)
    elif wording:
        say(f"{len(wording)} change(s) of wording: name the YAML with --model to get the diff.")
    for name, content in contents.items():
        write_output(content.encode(), target / name)
    if as_json:
        print_json(
            {
                "format": "pkimm-feedback-export/1",
                "files": sorted(contents),
                "issues": [issue.to_json() for issue in written],
                "wording": len(wording),
                "weights": len(weights),
            }
        )
