"""
The words and tables of plans and of what became of them: tidy tables to HTML.

One function for each part of the view; none of them computes, reads or writes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model
from pkimm_analytics.progress.timeline import level_text
from pkimm_analytics.scoring import figure_text
from pkimm_analytics.widgets.markup import Markup, data_table, joined, tag, user


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
