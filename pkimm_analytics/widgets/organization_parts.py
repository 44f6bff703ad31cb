"""
The words of the organization page: bringing assessments in, and their list.

One function for each part of the page; none of them computes, reads or writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Edition
from pkimm_analytics.overview import percent_text
from pkimm_analytics.widgets.intake import intake, problem_list
from pkimm_analytics.widgets.markup import Markup, joined, scrolled, tag, user
from pkimm_analytics.widgets.score_parts import SYNTHETIC, score_words
from pkimm_analytics.workspace import Imported

# --- bringing something in ---------------------------------------------------------


def import_panel() -> Markup:
    """Drop zone, choice of files and a field for links."""
    return intake(
        "Add assessments",
        files="Drop files here, or choose them:",
        kinds="Official workbooks (xlsx), YAML files of the web tool, tables (csv),"
        " assessments of this program (json).",
        text="Or paste a share link, or the text of a file:",
        button="Import",
    )


def import_report(imported: Sequence[Imported], workspace: Path) -> Markup:
    """Say what became of each source, and list every problem with its place."""
    return joined(_import_notice(one, workspace) for one in imported)


def _import_notice(one: Imported, workspace: Path) -> Markup:
    kind = "pk-bad" if one.is_refused else "pk-good"
    return tag(
        "div",
        tag("p", tag("b", user(one.source)), ": ", _outcome(one)),
        problem_list(one.problems),
        tag("p", "Kept aside: ", user(_inside(one.quarantined, workspace)), class_="pk-soft")
        if one.quarantined
        else "",
        class_=f"pk-notice {kind}",
    )


def _outcome(one: Imported) -> str:
    if not one.written:
        return "nothing was imported."
    what = "1 assessment" if len(one.written) == 1 else f"{len(one.written)} assessments"
    return f"{what} imported{' in part' if one.is_refused else ''}."


def _inside(path: Path | None, workspace: Path) -> str:
    if path is None:
        return ""
    return str(path.relative_to(workspace)) if path.is_relative_to(workspace) else path.name


# --- the list ------------------------------------------------------------------------


def empty_workspace(workspace: Path) -> Markup:
    """Say what to do where there is nothing yet."""
    return tag(
        "section",
        tag("h2", "Nothing here yet", id="pk-list"),
        tag("p", "The workspace ", tag("code", workspace), " has no assessments. You can"),
        tag(
            "ul",
            tag("li", "add a file or a link of the official tools above,"),
            tag(
                "li",
                "import a whole folder in a terminal: ",
                tag("code", "pkimm import FOLDER --workspace WORKSPACE"),
            ),
            tag("li", "or look at invented assessments: ", tag("code", "pkimm demo")),
        ),
        class_="pk-panel",
        aria_labelledby="pk-list",
    )


def workspace_list(
    table: pd.DataFrame,
    names: Sequence[str],
    selected: str,
    unreadable: Sequence[Problem],
    n_quarantined: int,
    workspace: Path,
) -> Markup:
    """
    All assessments of a workspace, one of which can be chosen.

    Parameters
    ----------
    table : DataFrame
        As :func:`.overview.workspace_table` returns it.
    names : sequence of str
        Name of the file of each row, which is how it is chosen.
    selected : str
        Name of the chosen one.
    unreadable : sequence of Problem
        Files that could not be read.
    n_quarantined : int
        Sources that are kept aside.
    workspace : Path
    """
    columns = ("Use case", "Overall", "Date", "Edition", "Mode", "Assurance", "Answered")
    head = tag("tr", *(tag("th", c, scope="col") for c in columns))
    rows = [
        _list_row(row, name, place, is_selected=name == selected)
        for place, (row, name) in enumerate(zip(rows_of(table), names, strict=True))
    ]
    caption = f"{len(rows)} assessment{'s' if len(rows) != 1 else ''}, newest first"
    listing = tag(
        "table",
        tag("caption", tag("span", caption), id="pk-list-caption"),
        tag("thead", head),
        tag("tbody", *rows),
        class_="pk-table",
    )
    return tag(
        "section",
        tag("h2", "Assessments", id="pk-list"),
        scrolled(listing, id_="pk-list-frame", label="pk-list-caption"),
        _asides(unreadable, n_quarantined),
        tag(
            "p",
            tag("button", "Read the workspace again", type="button", data_action="reload"),
            " ",
            tag("button", "Save this list (CSV)", type="button", data_action="save-list"),
            class_="pk-row",
            style="margin-top: 0.5rem",
        ),
        tag("p", "Workspace: ", tag("code", workspace), class_="pk-soft"),
        class_="pk-panel",
        aria_labelledby="pk-list",
    )


def _list_row(row: Any, name: str, place: int, *, is_selected: bool) -> Markup:
    choice = tag(
        "label",
        tag(
            "input",
            type="radio",
            name="pk-assessment",
            id=f"pk-choose-{place}",
            data_action="choose",
            data_value=name,
            checked=is_selected,
        ),
        tag(
            "span",
            user(row.use_case or "Unnamed use case"),
            tag("br"),
            tag("span", user(row.organization), class_="pk-soft") if row.organization else "",
            " " if row.organization else "",
            SYNTHETIC if row.synthetic else "",
        ),
        class_="pk-choice",
    )
    overall = row.problem or score_words(row.score, row.level, row.level_name)
    cells = (row.date or "undated", row.edition, row.mode, row.assurance or "not stated")
    return tag(
        "tr",
        tag("th", choice, scope="row"),
        tag("td", overall, class_="pk-text" if row.problem else None),
        *(tag("td", cell) for cell in cells),
        tag("td", percent_text(row.coverage)),
    )


def _asides(unreadable: Sequence[Problem], n_quarantined: int) -> Markup:
    parts = []
    if unreadable:
        words = f"{len(unreadable)} file(s) of the workspace cannot be read"
        parts.append(
            tag("details", tag("summary", words), problem_list(unreadable), id="pk-unread")
        )
    if n_quarantined:
        text = (
            f"{n_quarantined} source(s) in the folder quarantine, each with its reasons beside it."
        )
        parts.append(tag("p", text, class_="pk-soft"))
    return joined(parts)


# --- one assessment --------------------------------------------------------------------


def options(assessed: Edition, editions: Sequence[Edition], chosen: str, *, zero: bool) -> Markup:
    """
    How to look at an assessment: in which edition, and what unanswered items count.

    `chosen` is the digest of the edition to carry to, empty for the assessed one.
    """
    choices = [tag("option", f"as assessed: {assessed}", value="", selected=not chosen)]
    choices += [
        tag("option", f"carried to {e}", value=e.digest, selected=e.digest == chosen)
        for e in editions
        if e.digest != assessed.digest
    ]
    return tag(
        "div",
        tag(
            "span",
            tag("label", "Edition", for_="pk-edition"),
            tag("select", *choices, id="pk-edition", data_action="edition"),
            class_="pk-field",
        ),
        tag(
            "label",
            tag("input", type="checkbox", id="pk-zero", data_action="zero", checked=zero),
            "Count unanswered items as zero, as the full workbook does",
            class_="pk-choice",
        ),
        tag("span", class_="pk-soft pk-busy", role="status", data_status=True),
        class_="pk-panel pk-row",
        role="group",
        aria_label="How to look at it",
        style="margin-top: 0.75rem",
    )
