"""What respondents think of the model, and what the group decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

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

Disposition = Literal["open", "accepted", "rejected", "duplicate", "split", "done"]
Manner = Literal["add", "phrase", "text"]
PackFormat = Literal["html", "md", "docx", "pdf"]
FORMATS = ("html", "md", "docx", "pdf")

FolderOption = Annotated[
    Path,
    typer.Option(
        "--feedback", "-f", help="Folder of comments and decisions.", envvar="PKIMM_FEEDBACK"
    ),
]
RoundOption = Annotated[
    str | None, typer.Option("--round", help="Round, such as 2026Q4. Default: the newest.")
]
EditionOption = Annotated[str, typer.Option(help="Edition that the source is about.")]
FiguresOption = Annotated[
    str | None,
    typer.Option("--edition", help="Edition that figures are of. Default: the round's newest."),
]
AssessmentsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assessments", "-a", help="File or folder of assessments, for the quality of questions."
    ),
]
LanguageOption = Annotated[str, typer.Option(help="Language of the words: en or de.")]
ByOption = Annotated[str, typer.Option(help="Role of who decided, never a name.")]
WhoArgument = Annotated[
    str, typer.Argument(metavar="WHO", help="A comment of theirs, or what identifies them.")
]
CommentArgument = Annotated[
    str, typer.Argument(metavar="COMMENT", help="Id, or its first letters.")
]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="YAML of the edition, to make the diff against.")
]
FOLDER = Path("feedback")
GROUP = "working group"


def register(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="feedback")


def _text(file: Path) -> str:
    return read_limited(file).decode("utf-8", "replace")


# --- import ------------------------------------------------------------------------------


@app.command("import")
@ends_cleanly
def import_command(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Form export, JSON, issue, thread or mail."),
    ],
    folder: FolderOption = FOLDER,
    round_: Annotated[
        str | None, typer.Option("--round", help="Round. Default: this quarter.")
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
    """Add comments from form exports, JSON of the feedback form, issues, threads and mail."""
    from pkimm_analytics.loaders.feedback import read_columns

    feedback = open_feedback(folder)
    options = {
        "round_": round_ or running_quarter(),
        "model": load_model(edition),
        "columns": read_columns(_text(columns), columns.name) if columns else None,
    }
    listed = [one for source in sources for one in find_sources(source)]
    results: list[dict[str, Any]] = []
    problems: list[Problem] = []
    with progress_bar("Importing feedback", len(listed)) as advance:
        for source in listed:
            result, own = _import(feedback, source, options, keep_contacts=keep_contacts)
            results.append(result)
            problems += own
            advance()
    if as_json:
        found = [problem.to_json() for problem in problems]
        print_json({"format": "pkimm-feedback-import/1", "sources": results, "problems": found})
    for result in () if as_json else results:
        tool = f" ({result['tool']})" if result.get("tool") else ""
        known = f", {result['known']} there already" if result["known"] else ""
        added = "1 comment" if result["added"] == 1 else f"{result['added']} comments"
        out().print(f"{shown(result['source'])}{tool}: {added} added{known}")
    list_problems(problems)
    if exit_status(problems):
        raise typer.Exit(1)


def _import(
    feedback: Feedback, source: Source, options: dict[str, Any], *, keep_contacts: bool
) -> tuple[dict[str, Any], list[Problem]]:
    """Import one source; what cannot be read in full is also kept aside."""
    from pkimm_analytics.loaders.feedback import load_feedback

    name, content = Path(source.name).name, b""
    result: dict[str, Any] = {"source": name, "form": None, "added": 0, "known": 0}
    try:
        content = source.read()
        loaded = load_feedback(content, name, pseudonym=feedback.pseudonym, **options)
        problems = list(loaded.problems)
        added = feedback.append(loaded.comments)
        if keep_contacts and loaded.contacts:
            feedback.keep_contacts(loaded.contacts)
        result |= {"form": loaded.form, "tool": loaded.tool, "respondents": loaded.n_respondents}
        result |= {"added": added.added, "known": added.known, "personal": dict(loaded.personal)}
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

    listed = find_sources(source)
    if len(listed) != 1:
        raise PkimmError(f"A column map is for one form, and there are {len(listed)} files.")
    proposed = propose(listed[0].read(), Path(listed[0].name).name, load_model(edition))
    if as_json:
        print_json(proposed.to_json())
    else:
        write_output(proposed.to_yaml().encode(), target)
    if unsure := [column for column in proposed.columns if not column.sure]:
        say(f"Not sure about {len(unsure)} columns: check them before you import.")


# --- summarize ---------------------------------------------------------------------------


@app.command("summarize")
@ends_cleanly
def summarize_command(
    folder: FolderOption = FOLDER,
    round_: RoundOption = None,
    edition: FiguresOption = None,
    assessments: AssessmentsOption = None,
    public: Annotated[
        bool, typer.Option("--public", help="Only what may be published, as JSON.")
    ] = False,
    policy: Annotated[
        Path | None, typer.Option(help="Disclosure policy. Default: the shipped one.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="File of the public summary: .json, .html.")
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Summarize a round: for analysts, or with --public for everybody."""
    from pkimm_analytics.feedback.summary import to_json
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views.feedback import round_view

    feedback = open_feedback(folder)
    if public:
        _public(feedback, round_, edition, policy, target, language)
        return
    summary = _summary(feedback, round_, edition, assessments)
    if as_json:
        print_json(to_json(summary))
    else:
        show(round_view(summary, language), out())
    _say_editions(summary)


def _public(
    feedback: Feedback,
    round_: str | None,
    edition: str | None,
    policy: Path | None,
    target: Path | None,
    language: str,
) -> None:
    from pkimm_analytics.disclosure import load_policy
    from pkimm_analytics.disclosure.feedback import public_summary
    from pkimm_analytics.feedback.ratings import newest_round
    from pkimm_analytics.render.documents import render
    from pkimm_analytics.views.feedback import published

    comments = feedback.comments()
    comments = comments[~comments["respondent"].isin(list(feedback.left_out()))]
    name = round_ or newest_round(comments)
    if name is None:
        raise FeedbackError("There are no comments to summarize.")
    model = _model_of(comments, name, edition)
    document = public_summary(comments, model, load_policy(policy), name)
    form = target.suffix.lower().lstrip(".") if target else "json"
    if form in FORMATS:
        write_output(render(published(document, model, language), form), target)
    else:
        write_output((json.dumps(document, indent=1) + "\n").encode(), target)


def _model_of(comments: Any, round_: str | None, edition: str | None) -> Model:
    """Edition that is asked for, or else the newest that the round is about."""
    from pkimm_analytics.feedback.editions import edition_of
    from pkimm_analytics.feedback.ratings import newest_round, of_round

    said = of_round(comments, round_ or newest_round(comments))
    return load_model(edition or edition_of(said) or NEWEST)


def _summary(
    feedback: Feedback, round_: str | None, edition: str | None, assessments: list[str] | None
) -> Any:
    from pkimm_analytics.feedback.items import answered, newest_of_each
    from pkimm_analytics.feedback.summary import summarize
    from pkimm_analytics.loaders import load

    comments = feedback.comments()
    model = _model_of(comments, round_, edition)
    loaded = [one for name in assessments or () for s in find_sources(name) for one in load(s)]
    list_problems([problem for one in loaded for problem in one.problems])
    newest = newest_of_each(one.assessment for one in loaded)
    return summarize(
        comments,
        model,
        round_=round_,
        answers=answered(newest, model) if assessments else None,
        current=feedback.current(),
        leave_out=feedback.left_out(),
    )


def _say_editions(summary: Any) -> None:
    if len(summary.editions) > 1:
        names = " and ".join(summary.editions["edition"])
        say(f"The round holds comments on PKIMM {names}: figures are given for each edition.")


@app.command("pack")
@ends_cleanly
def pack_command(
    target: Annotated[Path, typer.Option("--out", "-o", help="File to write.")],
    folder: FolderOption = FOLDER,
    round_: RoundOption = None,
    edition: FiguresOption = None,
    assessments: AssessmentsOption = None,
    form: Annotated[
        PackFormat | None, typer.Option("--format", help="Format. Default: by the file's ending.")
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Write the meeting pack: what stands out, where opinions split, what to decide."""
    from pkimm_analytics.render.documents import render
    from pkimm_analytics.views.feedback import pack

    ending = form or target.suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise PkimmError(f"Say the format with --format: {', '.join(FORMATS)}.")
    feedback = open_feedback(folder)
    summary = _summary(feedback, round_, edition, assessments)
    write_output(render(pack(summary, feedback.comments(), language), ending), target)
    _say_editions(summary)
    if as_json:
        document = {"format": "pkimm-feedback-pack/1", "round": summary.round}
        print_json({**document, "file": target.name, "alarms": len(summary.alarms)})


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
    folder: FolderOption = FOLDER,
    by: ByOption = GROUP,
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
    value: Annotated[str | None, typer.Option(help="Sentence to add, new words or weight.")] = None,
    change: Annotated[
        Manner | None,
        typer.Option(help="Add a sentence, replace a phrase, or the whole text. Default: add."),
    ] = None,
    phrase: Annotated[str | None, typer.Option(help="Phrase that the value replaces.")] = None,
    model_file: ModelOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Replace the whole text; the diff was read.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option("--file", help="Many decisions at once (YAML or JSON list).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about a comment, or about many with --file; nothing is ever overwritten."""
    feedback = open_feedback(folder)
    if (file is None) == (comment is None):
        raise PkimmError("Name a comment and a disposition, or --file with many.")
    if file is None and disposition is None:
        raise PkimmError(f"Say what was decided: {', '.join(DISPOSITIONS)}.")
    fields = {"comment": comment, "disposition": disposition, "reason": reason}
    fields |= {"duplicate_of": duplicate_of, "edition": edition, "link": link, "element": element}
    fields |= {"field": field, "value": value, "phrase": phrase}
    fields |= {"manner": change or ("phrase" if phrase else None)}
    entries = [fields] if file is None else _entries(file)
    if any(entry.get("manner") == "text" for entry in entries) or (model_file and field):
        _show_diff(feedback, entries, model_file, is_read=yes)
    decisions = feedback.decide_all([{"by": by, **entry} for entry in entries])
    if as_json:
        made = [decision.to_json() for decision in decisions]
        print_json({"format": "pkimm-feedback-decisions/1", "decisions": made})
    elif decisions[0].field not in {None, "weight"} and decisions[0].manner is None:
        say("1 decision added: the value is added to the text. To replace words, use --phrase.")
    else:
        say(f"Decisions added: {len(decisions)}.")


def _entries(file: Path) -> list[dict[str, Any]]:
    from pkimm_analytics.yaml_text import read_yaml

    document = read_yaml(_text(file), file.name)
    entries = document.get("decisions") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FeedbackError(
            f"{file.name} holds no decisions. Nothing was decided.",
            [Problem(file.name, "expected a list of mappings with comment and disposition")],
        )
    return [{("comment" if k == "remark" else k): v for k, v in e.items()} for e in entries]


def _show_diff(
    feedback: Feedback, entries: list[dict[str, Any]], model_file: Path | None, *, is_read: bool
) -> None:
    """Show what changes of texts would do; a whole text is replaced only after that."""
    from pkimm_analytics.feedback.tracing import wanted_changes
    from pkimm_analytics.feedback.wording import ModelSource

    if model_file is None:
        raise FeedbackError(
            "To replace a whole text, name the YAML of the edition with --model: the diff is shown"
            " first. Nothing was decided."
        )
    on = {comment.id: comment.element for comment in feedback.stored()}
    whole = [{**e, "comment": feedback.whole_id(str(e.get("comment")))} for e in entries]
    changes = list(wanted_changes(whole, on))
    say(ModelSource(_text(model_file), model_file.name).diff(changes) or "Nothing changes.")
    if not is_read and any(c.manner == "text" and c.field != "weight" for c in changes):
        raise FeedbackError(
            "Nothing was decided. To replace the whole text as shown, say it again with --yes; to"
            " add a sentence, use --change add."
        )


@app.command("split")
@ends_cleanly
def split_command(
    comment: CommentArgument,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", help="Words that a further part begins with. Default: blank lines."),
    ] = None,
    folder: FolderOption = FOLDER,
    by: ByOption = GROUP,
    as_json: JsonOption = False,
) -> None:
    """Split a comment with several topics, so that each part is decided about."""
    feedback = open_feedback(folder)
    id_ = feedback.whole_id(comment)
    text = next(one.text for one in feedback.stored() if one.id == id_) or ""
    for words in at or ():
        if text.count(words) != 1:
            raise FeedbackError(
                f"{words!r} does not stand once in this comment. Nothing was split."
            )
        text = text.replace(words, f"\n\n{words}")
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    added = feedback.split(id_, parts, by=by)
    if as_json:
        print_json({"format": "pkimm-feedback-split/1", "comment": id_, "parts": list(added.ids)})
    for part in () if as_json else added.ids:
        out().print(part[:8])


@app.command("exclude")
@ends_cleanly
def exclude_command(
    who: WhoArgument,
    folder: FolderOption = FOLDER,
    by: ByOption = GROUP,
    again: Annotated[bool, typer.Option("--again", help="Let them count again.")] = False,
) -> None:
    """Let a respondent's comments count for no figure; they stay where they are."""
    open_feedback(folder).leave_out(who, by=by, out=not again)
    say("Their comments count again." if again else "Their comments count for no figure.")


@app.command("erase")
@ends_cleanly
def erase_command(who: WhoArgument, folder: FolderOption = FOLDER, by: ByOption = GROUP) -> None:
    """Erase everything that a respondent said; the log says only how much it was."""
    count = open_feedback(folder).erase(who, by=by)
    say(f"Comments erased: {count}. Sources in private/quarantine are not searched.")


@app.command("personal")
@ends_cleanly
def personal_command(folder: FolderOption = FOLDER, as_json: JsonOption = False) -> None:
    """Show what is masked in packs, issues and pages: addresses, numbers, names, hosts."""
    from pkimm_analytics.feedback.personal import personal_data

    rows = [
        {"comment": one.id, "kind": kind, "text": one.text[start:end]}
        for one in open_feedback(folder).stored()
        for kind, start, end in personal_data(one.text or "")
        if one.text
    ]
    if as_json:
        print_json({"format": "pkimm-feedback-personal/1", "found": rows})
    for row in () if as_json else rows:
        out().print(f"{row['comment'][:8]}  {row['kind']}  {shown(row['text'])}")


# --- export ------------------------------------------------------------------------------


@app.command("export")
@ends_cleanly
def export_command(
    target: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    folder: FolderOption = FOLDER,
    edition: FiguresOption = None,
    model_file: ModelOption = None,
    round_: RoundOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write accepted comments as issues, and their changes as a diff and a table of weights."""
    from pkimm_analytics.feedback.ratings import of_round
    from pkimm_analytics.feedback.tracing import accepted_changes
    from pkimm_analytics.feedback.weights import chosen_weights
    from pkimm_analytics.feedback.wording import ModelSource
    from pkimm_analytics.render.markdown import markdown
    from pkimm_analytics.reports.issues import issues
    from pkimm_analytics.views.feedback import weight_changes

    feedback = open_feedback(folder)
    comments, current = feedback.comments(), feedback.current()
    model = _model_of(comments, round_, edition)
    written = issues(comments, current, model)
    wording, weights = accepted_changes(comments, current)
    contents = {f"issues/{issue.file_name}": issue.to_markdown() for issue in written}
    chosen = chosen_weights(of_round(comments, round_), model)
    contents["weights.md"] = markdown(weight_changes(weights, chosen, model))
    if model_file is not None:
        source = ModelSource(_text(model_file), model_file.name)
        contents["wording.diff"] = source.diff(wording)
    elif wording:
        say(f"{len(wording)} change(s) of wording: name the YAML with --model to get the diff.")
    for name, content in contents.items():
        write_output(content.encode(), target / name)
    if as_json:
        listed = [issue.to_json() for issue in written]
        document = {"format": "pkimm-feedback-export/1", "files": sorted(contents)}
        counts = {"wording": len(wording), "weights": len(weights)}
        print_json({**document, "issues": listed, **counts})
