"""
Bringing answers in: drop zone, the proposed column map with its choices, and reports.

Parts only, from what was taken to HTML; :mod:`.feedback_take` holds what was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.column_map import IGNORE
from pkimm_analytics.loaders.feedback.columns import FIELDS, Column
from pkimm_analytics.loaders.feedback.words import listed
from pkimm_analytics.widgets.feedback_view import counted, select
from pkimm_analytics.widgets.feedback_words import KIND_WORDS, ROLE_WORDS, SCALES, WEIGHT_WORDS
from pkimm_analytics.widgets.intake import intake, notice
from pkimm_analytics.widgets.markup import Markup, joined, scrolled, tag, user

if TYPE_CHECKING:
    from pkimm_analytics.widgets.feedback_take import Kept, Take, Taken

FIELD_WORDS = {
    **{name: f"rating: {scale.name}" for name, scale in SCALES.items()},
    "received": "day of the answer",
    "email": "mail address (kept apart)",
    "respondent": "who answered (becomes a pseudonym)",
    "name": "name (kept apart)",
    "organization": "organization (kept apart)",
    "role": "role",
    "edition": "edition of the model",
    "round": "round",
    "element": "element of the model",
    "weight": "opinion on the weight",
    "suggested_weight": "weight to choose",
    "minutes": "minutes",
    "kind": "kind of comment",
    "text": "free text",
    "started": "time when the form was opened",
    "seconds": "seconds that the form took",
    "status": "state of the answer",
    IGNORE: "leave out",
}
_CODE_WORDS = {**ROLE_WORDS, **WEIGHT_WORDS, **KIND_WORDS, "process": "the process"}
_CODE_WORDS["model"] = "the model as a whole"


def panel() -> Markup:
    """Drop zone, choice of files and a field for pasted text."""
    return intake(
        "Add answers",
        files="Drop form exports here, or choose them:",
        kinds="Answers of a form tool (csv, xlsx), files that respondents handed in (json). The"
        " model's YAML too, if you want changes of wording as a diff.",
        text="Or paste the text of an issue, a mail or a file:",
        button="Read it",
    )


def empty(folder: Path) -> Markup:
    """Say what to do where there is nothing yet."""
    return tag(
        "section",
        tag("h2", "No feedback yet", id="pk-view-title", tabindex="-1"),
        tag("p", "The place ", tag("code", folder), " has no comments. You can"),
        tag(
            "ul",
            tag("li", "add the export of a form or a file that was handed in above,"),
            tag("li", "import it in a terminal: ", tag("code", "pkimm feedback import FILE")),
            tag("li", "or look at invented answers: ", tag("code", "pkimm demo")),
        ),
        class_="pk-panel",
        aria_labelledby="pk-view-title",
    )


# --- what was taken, before it is imported -----------------------------------------------


def proposals(take: Take) -> Markup:
    """Show what was read of each source, its column map, and the import button."""
    if not take.sources:
        return Markup("")
    n = sum(len(source.comments) for source in take.sources)
    return tag(
        "section",
        tag("h2", "What will be imported", id="pk-taken", tabindex="-1"),
        *(_source(place, source) for place, source in enumerate(take.sources)),
        _contacts(take),
        tag(
            "p",
            tag(
                "button",
                f"Import {counted(n, 'comment')}",
                type="button",
                data_action="import",
                class_="pk-main-action",
            )
            if n
            else "",
            tag("button", "Leave it", type="button", data_action="leave"),
            class_="pk-row",
            style="margin-top: 0.75rem",
        ),
        class_="pk-panel",
        aria_labelledby="pk-taken",
    )


def _contacts(take: Take) -> Markup:
    n = len(set(take.contacts()))
    if not n:
        return Markup("")
    return tag(
        "p",
        tag(
            "label",
            tag(
                "input",
                type="checkbox",
                id="pk-keep-contacts",
                data_action="keep-contacts",
                checked=take.keeps_contacts,
            ),
            f"Keep {counted(n, 'contact')}, in a folder apart; otherwise they are forgotten",
            class_="pk-choice",
        ),
    )


def _source(place: int, source: Taken) -> Markup:
    refused = [problem for problem in source.problems if problem.refused]
    said = counted(len(source.comments), "comment")
    said += f", {len(refused)} cells or rows that do not fit" if refused else ""
    return tag(
        "div",
        tag("h3", user(source.name)),
        tag("p", said + "."),
        _round(place, source),
        _map(place, source) if source.columns is not None else "",
        _words(place, source),
        _problems(place, source.problems),
    )


def _round(place: int, source: Taken) -> Markup:
    return tag(
        "p",
        tag("label", "Round, where it names none itself", for_=f"pk-take-round-{place}"),
        " ",
        tag(
            "input",
            type="text",
            id=f"pk-take-round-{place}",
            value=source.round,
            maxlength="40",
            data_action=f"take-round:{place}",
        ),
        class_="pk-field",
        style="margin: 0.35rem 0",
    )


def _map(place: int, source: Taken) -> Markup:
    if source.columns is None:
        return Markup("")
    columns = source.columns.columns
    unsure = [column for column in columns if not column.sure]
    head = tag(
        "tr", *(tag("th", text, scope="col") for text in ("Column", "First answers", "Holds"))
    )
    rows = [_column(place, source, column) for column in columns]
    table = tag(
        "table",
        tag(
            "caption",
            tag("span", f"Proposed for {len(columns)} columns; correct what is wrong"),
            id=f"pk-map-{place}-caption",
        ),
        tag("thead", head),
        tag("tbody", *rows),
        class_="pk-table",
    )
    title = f"Column map: {len(columns)} columns"
    title += f", {len(unsure)} to look at" if unsure else ", all recognized"
    return tag(
        "details",
        tag("summary", title),
        scrolled(table, id_=f"pk-map-{place}", label=f"pk-map-{place}-caption"),
        id=f"pk-map-{place}-fold",
        open=bool(unsure),
    )


def _column(place: int, source: Taken, column: Column) -> Markup:
    id_ = f"pk-map-{place}-{column.number}"
    options = [(name, FIELD_WORDS.get(name, name)) for name in FIELDS]
    about = tag("span", f" about {column.element}", class_="pk-soft") if column.element else ""
    return tag(
        "tr",
        tag(
            "th",
            user(_cut(column.column or f"column {column.number}", 120)),
            about,
            " ",
            "" if column.sure else tag("span", "look at this", class_="pk-badge"),
            scope="row",
        ),
        tag("td", user(" · ".join(source.samples(column.number))), class_="pk-text"),
        tag(
            "td",
            tag(
                "select",
                *(tag("option", text, value=v, selected=v == column.field) for v, text in options),
                id=id_,
                aria_label=f"Column {column.number} holds",
                data_action=f"map:{place}.{column.number}",
            ),
        ),
    )


def _words(place: int, source: Taken) -> Markup:
    """Words of choices that the program does not know, with what they may mean."""
    found = source.words
    if not found:
        return Markup("")
    controls = []
    for number, (name, word) in enumerate(found):
        codes = [("", "leave out"), *((c, _CODE_WORDS.get(c, c)) for c in listed("values")[name])]
        controls.append(
            tag(
                "li",
                tag("span", f"{FIELD_WORDS[name]}: ", user(_cut(word, 60)), " "),
                select(
                    f"pk-word-{place}-{number}",
                    "means",
                    codes,
                    source.meaning(name, word),
                    f"map:{place}.word.{number}",
                ),
            )
        )
    return joined([tag("h4", "Answers that the program does not know"), tag("ul", *controls)])


def _problems(place: int, problems: Sequence[Problem]) -> Markup:
    if not problems:
        return Markup("")
    items = [
        tag("li", tag("b", user(p.where), ": ") if p.where else "", user(p.message))
        for p in problems[:50]
    ]
    if len(problems) > 50:
        items.append(tag("li", f"and {len(problems) - 50} more"))
    return tag(
        "details",
        tag("summary", f"{len(problems)} things to know"),
        tag("ul", *items),
        id=f"pk-take-problems-{place}",
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} …"


# --- what became of it -------------------------------------------------------------------


def refusals(take: Take) -> Markup:
    """Name the sources that could not be read at all."""
    return joined(notice(message, problems) for message, problems in take.refused)


def report(kept: Kept) -> Markup:
    """Say what an import added."""
    known = f" {kept.known} were there already." if kept.known else ""
    contacts = f" {counted(kept.contacts, 'contact')} kept apart." if kept.contacts else ""
    return notice(f"{counted(kept.added, 'comment')} added.{known}{contacts}", bad=not kept.added)
