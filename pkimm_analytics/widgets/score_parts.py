"""
The words and tables of one scored assessment: tidy tables to HTML.

One function for each part of the page; none of them computes, reads or writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.charts.level_strip import level_strip
from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.overview import ASSURANCE_WORDS, MODE_WORDS, percent_text
from pkimm_analytics.scoring import Scores, figure_text
from pkimm_analytics.widgets.markup import Markup, data_table, esc, joined, tag, user

SYNTHETIC = tag("span", "synthetic", class_="pk-badge", title="Invented data")


def heading(assessment: Assessment) -> Markup:
    """Name and facts of an assessment."""
    facts = {
        "Organization": user(assessment.organization.name) if assessment.organization.name else "",
        "Date": assessment.date or "undated",
        "Edition": assessment.model,
        "Mode": MODE_WORDS[assessment.mode],
        "Assurance": ASSURANCE_WORDS.get(assessment.assurance or "", "not stated"),
        "Source": user(f"{assessment.source.kind} {assessment.source.detail}".strip()),
    }
    items = [tag("div", tag("dt", f"{k}: "), tag("dd", v)) for k, v in facts.items() if str(v)]
    name = user(assessment.use_case.name or "Unnamed use case")
    badge = joined([" ", SYNTHETIC]) if assessment.synthetic else ""
    return joined([tag("h2", name, badge, id="pk-result"), tag("dl", *items, class_="pk-facts")])


def score_cards(totals: pd.DataFrame) -> Markup:
    """Overall and module scores: level and name beside the score, share and coverage."""
    return tag("div", *(_card(row) for row in rows_of(totals)), class_="pk-scores")


def _card(row: Any) -> Markup:
    score = None if pd.isna(row.score) else float(row.score)
    level = None if pd.isna(row.level) else int(row.level)
    if score is None:
        figure = tag("p", tag("b", "–"), tag("span", row.state), class_="pk-figure")
    else:
        figure = tag(
            "p",
            tag("b", figure_text(score), id=f"pk-score-{row.key}", data_score=repr(score)),
            tag("span", f"level {level} {row.level_name}"),
            class_="pk-figure",
        )
    below = f"{percent_of(row.percentage)} of the scale, " if score is not None else ""
    return tag(
        "div",
        tag("h3", row.name),
        figure,
        Markup(level_strip(score, level, level_name=row.level_name, of=row.name)),
        tag("p", below + answered(row), class_="pk-soft"),
        class_="pk-panel pk-overall" if row.key == "overall" else "pk-panel",
    )


def answered(row: Any) -> str:
    """Coverage in words."""
    if not row.n_in_scope:
        return "nothing in scope"
    return f"{row.n_rated} of {row.n_in_scope} questions answered ({percent_text(row.coverage)})"


def findings(table: pd.DataFrame) -> Markup:
    """Caveats and problems that a reader has to know; nothing if there are none."""
    rows = [row for row in rows_of(table) if row.kind != "tool"]
    if not rows:
        return Markup("")
    items = [
        tag("li", tag("b", user(row.where), ": ") if row.where else "", user(row.message))
        for row in rows
    ]
    return tag(
        "section",
        tag("h3", "What to know about these figures", id="pk-caveats"),
        tag("ul", *items),
        class_="pk-notice pk-bad",
        aria_labelledby="pk-caveats",
        style="margin-top: 0.75rem",
    )


def tool_part(totals: pd.DataFrame, findings_: pd.DataFrame) -> Markup:
    """Figures of the source's own tool beside ours; nothing if the source has none."""
    if totals["tool_level"].isna().all() and totals["tool_value"].isna().all():
        return Markup("")
    reasons = [row.message for row in rows_of(findings_) if row.kind == "tool" and not row.where]
    rows = [
        (row.name, figure_text(row.score), _whole(row.level), *_tool_cells(row))
        for row in rows_of(totals)
    ]
    columns = ("Part", "Our score", "Our level", "Tool's figure", "Tool's level")
    table = data_table(
        "Our figures and those of the source's own tool",
        columns,
        rows,
        id_="pk-tool",
        numeric=columns[1:],
    )
    words = tag("ul", *(tag("li", user(r)) for r in reasons)) if reasons else ""
    same = "" if reasons else tag("p", "Both agree.", class_="pk-soft")
    return tag(
        "details",
        tag("summary", "What the source's own tool shows", " (differs)" if reasons else ""),
        words,
        same,
        table,
        id="pk-tool-part",
        open=bool(reasons),
    )


def _tool_cells(row: Any) -> tuple[str, str]:
    return figure_text(row.tool_value), _whole(row.tool_level)


def category_part(table: pd.DataFrame, totals: pd.DataFrame, edition: str) -> Markup:
    """Tables behind the charts, and what can be saved."""
    columns = (
        "Category",
        "Score",
        "Level",
        "State",
        "%",
        "Answered",
        "Progress",
        "Weight",
        "Module",
    )
    rows = [
        (
            category_name(row),
            figure_text(row.score),
            _level(row.level, row.level_name),
            _state(row),
            figure_text(row.percentage, 1),
            percent_text(row.coverage),
            percent_text(row.progress),
            row.weight,
            row.module_name,
        )
        for row in rows_of(table)
    ]
    numeric = ("Weight", "Score", "%", "Answered", "Progress")
    caption = f"Categories, {edition}. Progress: the way from this level to the next."
    modules = [
        (
            row.name,
            figure_text(row.score),
            _level(row.level, row.level_name),
            figure_text(row.percentage, 1),
            percent_text(row.coverage),
        )
        for row in rows_of(totals)
    ]
    return tag(
        "section",
        tag("h2", "The numbers", id="pk-numbers"),
        tag(
            "div",
            data_table(
                caption, columns, rows, id_="pk-categories", numeric=numeric, texts=("State",)
            ),
            class_="pk-whole",
        ),
        tag("h3", "Whole and modules"),
        data_table(
            f"Overall and modules, {edition}",
            ("Part", "Score", "Level", "%", "Answered"),
            modules,
            id_="pk-totals",
            numeric=("Score", "%", "Answered"),
        ),
        tag(
            "p",
            tag("button", "Save the assessment (JSON)", type="button", data_action="save-json"),
            tag(
                "button", "Save the categories (CSV)", type="button", data_action="save-categories"
            ),
            tag("button", "Save whole and modules (CSV)", type="button", data_action="save-totals"),
            class_="pk-row",
            style="margin-top: 0.75rem",
        ),
        tag(
            "p",
            "Scores are weighted means of levels and are cut after two decimals."
            " % is 100 × score / 5. What is unanswered or does not apply adds nothing.",
            class_="pk-soft",
            style="margin-top: 0.5rem",
        ),
        aria_labelledby="pk-numbers",
    )


def extension_part(scores: Scores, id_: str, tables: Mapping[str, pd.DataFrame]) -> Markup:
    """
    One extension: score, floor, weighted baseline, and each category.

    Parameters
    ----------
    scores : Scores
    id_ : str
        Of the extension.
    tables : mapping of str to DataFrame
        ``totals``, ``categories`` and ``findings`` of :mod:`.overview`.
    """
    extension = scores.extensions[id_].extension
    totals, categories = rows_of(tables["totals"]), rows_of(tables["categories"])
    reasons = [row.message for row in rows_of(tables["findings"]) if row.where == id_]
    has_tool = tables["totals"]["tool_level"].notna().any()
    return tag(
        "section",
        tag("h2", f"Extension: {extension.name} {extension.version}", id=f"pk-extension-{id_}"),
        tag(
            "p",
            "Score, floor and baseline follow the published scoring text: requirement"
            " weights of the extension, then the blend with relevance, then its category"
            " weights; the floor is the lowest blended score of the categories it covers."
            " The scores above are not touched.",
        ),
        _tool_words(reasons) if has_tool else "",
        data_table(
            f"{extension.name}: figures of the whole",
            ("Figure", "Score", "Level", *(("Tool's level",) if has_tool else ())),
            [
                (
                    row.figure,
                    figure_text(row.score),
                    _level(row.level, row.level_name),
                    *((_whole(row.tool_level),) if has_tool else ()),
                )
                for row in totals
            ],
            id_=f"pk-extension-{id_}-totals",
            numeric=("Score",),
        ),
        tag("h3", "Categories with this extension"),
        data_table(
            f"{extension.name}: categories, without and with the extension",
            ("Category", "Without", "With", "Level", "Relevance", "Covered"),
            [
                (
                    row.name,
                    figure_text(row.baseline) if row.state == "rated" else row.state,
                    figure_text(row.blended),
                    _level(row.level, row.level_name),
                    _whole(row.relevance),
                    "yes" if row.covered else "no",
                )
                for row in categories
            ],
            id_=f"pk-extension-{id_}-categories",
            numeric=("Without", "Relevance", "With"),
        ),
        tag(
            "p",
            tag(
                "button",
                "Save this table (CSV)",
                type="button",
                data_action="save-extension",
                data_value=id_,
            ),
            style="margin-top: 0.5rem",
        ),
        aria_labelledby=f"pk-extension-{id_}",
    )


def _tool_words(reasons: Sequence[str]) -> Markup:
    if not reasons:
        return tag("p", "The web tool shows the levels in the last column.", class_="pk-soft")
    items = [tag("li", user(reason)) for reason in reasons]
    return joined([tag("p", "The web tool's own figures may differ:"), tag("ul", *items)])


# --- words -------------------------------------------------------------------------------


def score_words(score: Any, level: Any, name: str) -> str:
    """Score with level and name, such as ``3.08, level 3 Advanced``."""
    if pd.isna(score):
        return "no score"
    return f"{figure_text(score)}, level {level} {name}"


def percent_of(percentage: Any) -> str:
    """Percentage of the scale with one decimal."""
    return f"{figure_text(percentage, 1)} %"


def category_name(row: Any) -> Markup:
    """Name of a category after its number; an id that is a name says nothing beside it."""
    number = "" if row.native_id == row.key else f"{row.native_id} "
    return joined([number, row.name])


def _state(row: Any) -> Markup:
    words = f"{row.state}, by hand" if row.by_hand else row.state
    return joined([words, ": ", user(row.reason)]) if row.reason else esc(words)


def _level(level: Any, name: str) -> str:
    return "–" if pd.isna(level) else f"{level} {name}"


def _whole(level: Any) -> str:
    return "–" if pd.isna(level) else str(level)
