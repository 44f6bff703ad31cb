"""
The words and tables of the progress view: tidy tables to HTML.

One function for each part of the view; none of them computes, reads or writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.overview import percent_text
from pkimm_analytics.progress.timeline import change_text, level_text
from pkimm_analytics.progress.trend import PeerTrend
from pkimm_analytics.scoring import figure_text
from pkimm_analytics.views.peers import english, group_sentence, trend_table
from pkimm_analytics.widgets.markup import Markup, data_table, joined, tag

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
    words = tag("p", group_sentence(peers.bench, peers.ladder), id="pk-peers-words")
    rows = trend_table(peers.quarters.items(), english()).rows
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
