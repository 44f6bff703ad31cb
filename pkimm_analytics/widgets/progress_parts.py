"""
The words and tables of the progress view: tidy tables to HTML.

One function for each part of the view; none of them computes, reads or writes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model
from pkimm_analytics.overview import percent_text
from pkimm_analytics.progress.timeline import change_text, level_text
from pkimm_analytics.progress.trend import PeerTrend, quartile_texts
from pkimm_analytics.scoring import figure_text
from pkimm_analytics.widgets.markup import Markup, data_table, joined, tag, user

MOST_CHANGES = 200
"""Changed elements that are listed; the rest is counted."""


# --- over time ------------------------------------------------------------------------


def timeline_part(table: pd.DataFrame) -> Markup:
    """Heading and sentence above the chart of scores over time."""
    return joined([tag("h2", "Progress", id="pk-progress"), tag("p", _timeline_words(table))])


def _timeline_words(table: pd.DataFrame) -> str:
    rows = [row for row in rows_of(table) if pd.notna(row.score)]
    if not rows:
        return "No assessment of this use case has an overall score yet."
    last = rows[-1]
    if len(rows) == 1:
        return (
            f"One assessment so far, with score {figure_text(last.score)} and level"
            f" {level_text(last.level, last.level_name)}. The next one of this use case shows"
            " what changed; a plan can be made below."
        )
    first = rows[0]
    n = table["edition"].nunique()
    return (
        f"{len(rows)} assessments over {n} edition{'s' if n > 1 else ''}: from"
        f" {figure_text(first.score)} ({first.date or 'undated'}) to"
        f" {figure_text(last.score)} ({last.date or 'undated'}), now level"
        f" {level_text(last.level, last.level_name)}. Where the edition changed, scores do not"
        " compare as they stand; the column “like for like” counts only what both editions ask."
    )


def timeline_table_part(table: pd.DataFrame) -> Markup:
    """Say in a table what the timeline shows."""
    columns = (
        "Date",
        "Score",
        "Level",
        "Change",
        "Like for like",
        "Answered",
        "Edition",
        "Mode",
        "Assurance",
    )
    rows = [
        (
            row.date or "undated",
            row.problem or figure_text(row.score),
            level_text(row.level, row.level_name),
            change_text(row.change),
            change_text(row.like_for_like),
            percent_text(row.coverage),
            row.edition,
            row.mode,
            row.assurance or "not stated",
        )
        for row in rows_of(table)
    ]
    return data_table(
        "Assessments of this use case, oldest first. Change: since the row above.",
        columns,
        rows,
        id_="pk-timeline",
        numeric=("Score", "Change", "Like for like", "Answered"),
    )


def peers_part(peers: PeerTrend | None, problem: str) -> Markup:
    """Say who the peers behind the line are, and in a table what the band shows."""
    if peers is None:
        return tag("p", f"No peers: {problem}", id="pk-peers-words") if problem else Markup("")
    words = tag("p", peers.ladder.sentence, id="pk-peers-words")
    rows = [(row.as_of, row.n, *quartile_texts(row)) for row in rows_of(peers.table)]
    if not rows:
        return words
    listing = data_table(
        "Peers over time: levels, as the releases print them.",
        ("Quarter", "Organizations", "Median level", "Middle half"),
        rows,
        id_="pk-peers",
    )
    return joined([words, listing])


# --- from one to the next -------------------------------------------------------------


def step_choice(history: Sequence[Assessment], chosen: int, sentence: str) -> Markup:
    """Heading, choice of two assessments in a row, and what their bridge says."""
    choices = [
        tag(
            "option",
            f"{one.date or 'undated'} to {other.date or 'undated'}",
            value=str(place),
            selected=place == chosen,
        )
        for place, (one, other) in enumerate(pairwise(history))
    ]
    return joined(
        [
            tag("h3", "What changed, and why", id="pk-why"),
            tag(
                "p",
                tag("label", "From one assessment to the next: ", for_="pk-step"),
                tag("select", *choices, id="pk-step", data_action="progress-step"),
            ),
            tag("p", sentence, id="pk-bridge-words"),
        ]
    )


def step_tables(bridge: pd.DataFrame, deltas: pd.DataFrame) -> Markup:
    """Tables of the parts, and of everything that is different."""
    parts = [(row.name, row.shown) for row in rows_of(bridge)]
    table = data_table(
        "Parts of the change; they are rounded so that they add up.",
        ("Part", "Overall score"),
        parts,
        id_="pk-bridge",
        numeric=("Overall score",),
    )
    return joined([table if parts else "", _deltas(deltas)])


def _deltas(table: pd.DataFrame) -> Markup:
    if table.empty:
        return tag("p", "No answer, state or evidence differs.")
    rows = [
        (
            row.name,
            row.kind,
            _side(row.before, row.state_before),
            _side(row.after, row.state_after),
            change_text(row.change),
            "changed" if row.evidence_changed else "–",
            _comparable(row),
        )
        for row in rows_of(table)[:MOST_CHANGES]
    ]
    columns = ("Element", "Kind", "Before", "After", "Change", "Evidence", "Comparable")
    listing = data_table(
        "Changed elements; categories like for like.",
        columns,
        rows,
        id_="pk-deltas",
        numeric=("Change",),
        texts=("Comparable",),
    )
    words = f"{len(table)} categories and requirements differ"
    return tag("details", tag("summary", words), listing, id="pk-deltas-part")


def _side(value: Any, state: str) -> str:
    return state if pd.isna(value) else figure_text(value)


def _comparable(row: Any) -> str:
    return f"{row.comparable}: {row.note}" if row.note else row.comparable


def categories_part(n_shown: int, n_all: int) -> Markup:
    """Heading and sentence above the heatmap."""
    if n_shown < n_all:
        words = f"The latest {n_shown} of {n_all} assessments."
    else:
        words = "Every category at every date."
    return joined(
        [
            tag("h3", "Categories over time", id="pk-over-time"),
            tag(
                "p",
                f"{words} A blank cell was not answered, n/a does not apply, and a dash is not"
                " in that edition; none of them counts as 0.",
            ),
        ]
    )


def categories_table(table: pd.DataFrame) -> Markup:
    """Say in a table what the heatmap shows."""
    heads = {
        row.place: f"{row.date}, {row.edition}"
        for row in rows_of(table.drop_duplicates("place").sort_values("place"))
    }
    rows = [
        (str(name), *map(_cell, rows_of(found.sort_values("place"))))
        for (_, name), found in table.groupby(["key", "name"], sort=False)
    ]
    listing = data_table(
        "Score of each category; ≈ compares with care, ≠ does not compare with the newest.",
        ("Category", *_unique(list(heads.values()))),
        rows,
        id_="pk-category-timeline",
    )
    return tag("details", tag("summary", "The same as a table"), listing, id="pk-heatmap-part")


def _unique(heads: Sequence[str]) -> list[str]:
    return [f"{head} ({n})" if heads.count(head) > 1 else head for n, head in enumerate(heads, 1)]


def _cell(row: Any) -> str:
    if pd.isna(row.score):
        return str(row.state)
    mark = {"with care": " ≈", "no": " ≠"}.get(row.comparable, "")
    return f"{figure_text(row.score)}{mark}"


# --- the plan -----------------------------------------------------------------------


def plan_form(
    settings: dict[str, str], locked: Collection[str], model: Model, problems: Markup | str
) -> Markup:
    """Fields from which a plan is made."""

    def field(name: str, label: str, **attributes: Any) -> Markup:
        return tag(
            "span",
            tag("label", label, for_=f"pk-plan-{name}"),
            tag(
                "input",
                id=f"pk-plan-{name}",
                data_action=f"plan-{name}",
                value=settings[name],
                **attributes,
            ),
            class_="pk-field",
        )

    return tag(
        "section",
        tag("h2", "Plan", id="pk-plan"),
        tag(
            "p",
            "The cheapest raises of levels that reach a target, in phases. Higher steps cost"
            " more: 1, 2, 3 and 5 from level 1 to 5. These efforts are ours and provisional;"
            " give your own under “Efforts, locks, dependencies”. The target may also be one of"
            " a module or category, with a day: several, with blanks between, such as"
            " 4 G=4@2027-06-30.",
        ),
        tag(
            "div",
            field("target", "Overall score to reach", inputmode="decimal", size="5"),
            field("start", "First day", type="date"),
            field("months", "Months in a phase", inputmode="numeric", size="3"),
            field("phases", "Phases", inputmode="numeric", size="3"),
            tag("button", "Make a plan", type="button", data_action="plan-make"),
            tag("span", class_="pk-soft pk-busy", role="status", data_status=True),
            class_="pk-row",
            role="group",
            aria_labelledby="pk-plan",
        ),
        tag(
            "details",
            tag("summary", "Efforts, locks, dependencies"),
            tag(
                "div",
                field("effort", "Effort of each step, from level 1 to 5", size="12"),
                field("capacity", "Effort that fits into a phase", inputmode="decimal", size="5"),
                field("needs", "Dependencies, such as G.cryptography=R.awareness", size="40"),
                class_="pk-row",
            ),
            _locks(locked, model),
            id="pk-plan-more",
        ),
        problems,
        class_="pk-panel",
        style="margin-top: 1.5rem",
        aria_labelledby="pk-plan",
    )


def _locks(locked: Collection[str], model: Model) -> Markup:
    """Boxes for what the plan must not touch."""

    def box(key: str, name: str) -> Markup:
        checked = key in locked
        control = tag("input", type="checkbox", data_action=f"plan-lock:{key}", checked=checked)
        return tag("label", control, " ", name, class_="pk-lock")

    groups = [
        tag(
            "div",
            box(module.id, tag("strong", module.name)),
            *(box(category.key, category.name) for category in module.categories),
        )
        for module in model.modules
    ]
    return tag(
        "fieldset",
        tag("legend", "Leave as it is"),
        tag("div", *groups, class_="pk-locks"),
    )


def plan_problem(message: str, problems: Sequence[Problem]) -> Markup:
    """Say why there is no plan."""
    items = [tag("li", user(str(problem))) for problem in problems]
    listing = tag("ul", *items) if items else ""
    return tag("div", tag("p", user(message)), listing, class_="pk-notice pk-bad", role="alert")


def plan_words(table: pd.DataFrame, effort: float, n_raises: int) -> Markup:
    """Say in a sentence what the plan does."""
    rows = rows_of(table)
    if n_raises == 0:
        return tag("p", "The target is reached already: nothing has to be raised.")
    first, last = rows[0], rows[-1]
    n = len(rows) - 2
    until = f" until {rows[-2].last}" if rows[-2].last else ""
    words = (
        f"{n_raises} raises with effort {effort:g} in {n} phase{'s' if n > 1 else ''}{until}"
        f" bring the overall score from {first.shown} to {last.shown}, level"
        f" {level_text(last.level)}."
    )
    return joined([tag("h3", "The plan in phases"), tag("p", words, id="pk-plan-words")])


def plan_tables(phases: pd.DataFrame, raises: Sequence[Sequence[object]]) -> Markup:
    """Tables of the phases and of the raises, and what can be taken away."""
    rows = [
        (
            row.name,
            f"{row.first} to {row.last}" if row.first else "–",
            row.n_raises,
            f"{row.effort:g}",
            row.shown,
            figure_text(row.end),
            level_text(row.level),
        )
        for row in rows_of(phases)
        if row.kind == "part"
    ]
    columns = ("Phase", "Days", "Raises", "Effort", "Gain", "Score after it", "Level")
    listing = data_table(
        "Raises that the plan asks for",
        ("Element", "From", "To", "Effort", "Done in phase"),
        raises,
        id_="pk-raises",
        numeric=("From", "To", "Effort", "Done in phase"),
    )
    buttons = [
        ("plan-csv", "Save action plans (CSV)"),
        ("plan-ics", "Save the dates (calendar)"),
        ("plan-md", "Save as issues (Markdown)"),
        ("plan-keep", "Keep them in this assessment"),
    ]
    return joined(
        [
            data_table(
                "The phases; each score is computed from the planned answers.",
                columns,
                rows,
                id_="pk-phases",
                numeric=columns[2:],
            ),
            tag(
                "details",
                tag("summary", f"All {len(raises)} raises"),
                listing,
                id="pk-raises-part",
            ),
            tag(
                "p",
                *(tag("button", text, type="button", data_action=name) for name, text in buttons),
                class_="pk-row",
                style="margin-top: 0.75rem",
            ),
        ]
    )


def kept_words(n: int) -> Markup:
    """Say that action plans were stored."""
    words = f"{n} action plan{'s' if n != 1 else ''} kept in the assessment."
    return tag("div", tag("p", words), class_="pk-notice pk-good", role="status")


# --- planned against achieved ---------------------------------------------------------


def tracking_words(table: pd.DataFrame) -> Markup:
    """Heading and sentence above the burn-down; nothing if there are no action plans."""
    if table.empty:
        return Markup("")
    counts = table["state"].value_counts()
    late = int(table["is_late"].sum())
    words = ", ".join(f"{int(n)} {state}" for state, n in counts.items())
    return joined(
        [
            tag("h2", "Planned against achieved", id="pk-tracking"),
            tag(
                "p",
                f"{len(table)} action plans: {words}" + (f"; {late} late." if late else "."),
                id="pk-tracking-words",
            ),
        ]
    )


def tracking_tables(burn_down: pd.DataFrame, table: pd.DataFrame) -> Markup:
    """Tables of the burn-down and of each action plan."""
    if table.empty:
        return Markup("")
    steps = [
        (row.date, row.series, row.remaining, row.n_plans)
        for row in rows_of(burn_down.sort_values(["date", "series"]))
    ]
    plans = [
        (
            user(row.name),
            row.state + (", late" if row.is_late else ""),
            row.why,
            level_text(row.level_before),
            level_text(row.level),
            level_text(row.target_level),
            row.target_date or "–",
        )
        for row in rows_of(table)
    ]
    return joined(
        [
            data_table(
                "Levels still to be raised, as planned and as assessed",
                ("Date", "Series", "Levels left", "Action plans"),
                steps,
                id_="pk-burn-down",
                numeric=("Levels left", "Action plans"),
            )
            if steps
            else "",
            tag(
                "details",
                tag("summary", "Each action plan"),
                data_table(
                    "Action plans, in the order in which they were made",
                    ("Element", "State", "Why", "Before", "Now", "Target", "Due"),
                    plans,
                    id_="pk-tracked",
                    numeric=("Before", "Now", "Target"),
                    texts=("Why",),
                ),
                id="pk-tracked-part",
            ),
        ]
    )
