"""
Views beyond the ratings: the questions themselves, texts, and rounds compared.

Each takes a setting and returns a view; see :mod:`.feedback_view`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.charts import interval_dots
from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.feedback.alarms import RATE
from pkimm_analytics.feedback.changes import changes
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.items import item_statistics, redundancy
from pkimm_analytics.feedback.reliability import reliability
from pkimm_analytics.feedback.themes import find_themes
from pkimm_analytics.widgets.feedback_tables import WORST, dots, in_group
from pkimm_analytics.widgets.feedback_view import (
    Setting,
    View,
    figures_table,
    heading,
    save_button,
    select,
)
from pkimm_analytics.widgets.markup import Markup, joined, tag, user

if TYPE_CHECKING:
    import pandas as pd


NO_ASSESSMENTS = (
    "There are no full assessments in the workspace, so nothing can be said about how the"
    " questions work."
)


def question_view(setting: Setting) -> View:
    """Whether each requirement does its work as a question."""
    answers = setting.answers
    if answers is None or not answers.asked.any():
        return View(
            heading("Questions", NO_ASSESSMENTS),
            Markup(""),
        )
    found = item_statistics(answers)
    categories = [(key, setting.names[key]) for key in setting.model.categories]
    options = [(WORST, "The least telling"), *categories]
    group = setting.choice("items", [key for key, _ in options], WORST)
    ordered = found.dropna(subset=["discrimination"]).sort_values("discrimination")
    rows = ordered.head(15) if group == WORST else in_group(found, setting.model, group)
    figure = interval_dots(
        dots(
            rows,
            setting.names,
            value="discrimination",
            interval=("discrimination_from", "discrimination_to"),
            summary=lambda row: f"difficulty {row['difficulty']:.2f}, n {row['n_rated']}",
        ),
        value="correlation with all other requirements",
        limits=(-1, 1),
        ticks=(-1, -0.5, 0, 0.5, 1),
        title="How much a question says",
        subtitle="Discrimination with 95 % interval; near 0 it says nothing about the rest",
        labels=setting.labels,
    )
    every = redundancy(answers)
    pairs = every.head(10)
    shown = {"element": "Requirement", "n_rated": "n", "skipped_share": "Skipped"}
    shown |= {"not_applicable_share": "Not applicable", "floor_share": "Level 1"}
    shown |= {"ceiling_share": "Level 5", "difficulty": "Difficulty"}
    shown |= {"discrimination": "Discrimination", "minutes": "Minutes"}
    below = [
        figures_table("Requirements as questions", rows, shown, setting.names, "pk-figures"),
        save_button("questions.csv"),
        tag("h3", "Pairs that say nearly the same"),
        figures_table(
            "Ten nearest pairs, beyond what all others explain",
            pairs,
            {"one": "One", "other": "Other", "n": "n", "r": "r", "partial": "Partial r", "q": "q"},
            setting.names,
            "pk-pairs",
        ),
        save_button("pairs.csv"),
    ]
    tables = {"questions.csv": found, "pairs.csv": every}
    control = select("pk-items", "Requirements", options, group, "choice:items")
    return View(
        heading("Questions", _question_sentence(ordered, pairs, setting), control),
        joined(below),
        figure,
        tables,
    )


def _question_sentence(ordered: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> str:
    n = len(setting.answers.requirements) if setting.answers is not None else 0
    if ordered.empty or pairs.empty:
        return f"{n} assessments are too few to compare questions with each other."
    least, pair = ordered.iloc[0], pairs.iloc[0]
    return (
        f"{n} assessments. The least telling requirement is"
        f" {setting.names.get(least['element'], least['element'])} (discrimination"
        f" {least['discrimination']:.2f}). The nearest pair is"
        f" {setting.names.get(pair['one'], pair['one'])} and"
        f" {setting.names.get(pair['other'], pair['other'])} (partial r {pair['partial']:.2f})."
    )


def reliability_view(setting: Setting) -> View:
    """Whether the requirements of a category measure one thing."""
    answers = setting.answers
    if answers is None or not answers.asked.any():
        return View(heading("Reliability", NO_ASSESSMENTS), Markup(""))
    found = reliability(answers)
    names = {**setting.names, "overall": "All requirements"}
    figure = interval_dots(
        dots(
            found,
            names,
            value="alpha",
            interval=("alpha_from", "alpha_to"),
            reference="omega",
            summary=lambda row: f"{row['n_items']} items, n {row['n']}",
        ),
        value="alpha",
        reference="omega",
        limits=(-0.2, 1.02),
        ticks=(0, 0.2, 0.4, 0.6, 0.8, 1),
        title="Reliability",
        subtitle="Alpha with 95 % interval, and omega; 1 is a measurement without noise",
        labels=setting.labels,
    )
    shown = {"element": "Of", "n_items": "Items", "n": "n", "alpha": "Alpha"}
    shown |= {"alpha_from": "From", "alpha_to": "To", "omega": "Omega"}
    defined = found["alpha"].notna()
    sentence = (
        f"Alpha is defined for {int(defined.sum())} of {len(found)} groups of requirements."
        if not defined.any()
        else f"Over all requirements alpha is {_figure(found['alpha'].iloc[0])} and omega"
        f" {_figure(found['omega'].iloc[0])}; of single categories alpha goes from"
        f" {_figure(found['alpha'][1:].min())} to {_figure(found['alpha'][1:].max())}."
    )
    table = figures_table("Empty where not defined", found, shown, names, "pk-figures")
    below = joined([table, save_button("reliability.csv")])
    return View(heading("Reliability", sentence), below, figure, {"reliability.csv": found})


def _figure(value: float) -> str:
    return "not defined" if value != value else f"{value:.2f}"  # NaN is unlike itself


def round_view(setting: Setting) -> View:
    """Compare two rounds."""
    rounds = sorted(setting.comments["round"].unique())
    if len(rounds) < 2:
        return View(
            heading("Rounds", "There is one round so far; with the next one they are compared."),
            Markup(""),
        )
    after = setting.choice("after", rounds, setting.round_ or rounds[-1])
    before = setting.choice("before", [r for r in rounds if r != after], _before(rounds, after))
    fields = ["clarity", "relevance", "weight"]
    rating = setting.choice("changed", fields, "clarity")
    found = changes(setting.comments, before, after)
    rows = found[found["field"] == rating].head(20)
    steps = 3 if rating == "weight" else 5
    figure = interval_dots(
        dots(
            rows,
            setting.names,
            value="mean_after",
            reference="mean_before",
            summary=lambda row: (
                f"{row['mean_before']:.2f} → {row['mean_after']:.2f}, q {row['q']:.2g}"
            ),
        ),
        value=f"mean in {after}",
        reference=f"mean in {before}",
        limits=(0.8, steps + 0.2),
        ticks=range(1, steps + 1),
        title=f"{rating.capitalize()} from round to round",
        subtitle="Mean of the ratings, the surest changes first; tests compare ranks",
        labels=setting.labels,
    )
    sure = int((found["q"] <= RATE).sum())
    sentence = (
        f"{len(found)} ratings of elements can be compared between {before} and {after}; {sure}"
        f" changed by more than chance at a false discovery rate of {RATE:.0%}."
    )
    columns = {
        "element": "Element",
        "field": "Rating",
        "n_before": "n before",
        "n_after": "n after",
    }
    columns |= {"mean_before": "Mean before", "mean_after": "Mean after", "q": "q"}
    columns |= {"superiority": "Chance that the later is higher"}
    table = figures_table("Changes", found, columns, setting.names, "pk-figures")
    options = [(r, r) for r in rounds]
    controls = (
        select("pk-before", "From", options, before, "choice:before"),
        select("pk-after", "to", options, after, "choice:after"),
        select("pk-changed", "Rating", [(f, f) for f in fields], rating, "choice:changed"),
    )
    below = joined([table, save_button("changes.csv")])
    return View(heading("Rounds", sentence, *controls), below, figure, {"changes.csv": found})


def _before(rounds: Sequence[str], after: str) -> str:
    place = rounds.index(after)
    return rounds[place - 1] if place else rounds[1]


def text_view(setting: Setting) -> View:
    """Themes of the texts, and comments that say nearly the same."""
    said = setting.said
    texts = dict(zip(said["id"], said["text"], strict=True))
    elements = dict(zip(said["id"], said["element"], strict=True))
    n_texts = int(said["text"].notna().sum())
    if not n_texts:
        return View(heading("Texts", "Nobody has written anything yet.", text=True), Markup(""))
    found = find_themes(said)
    names = setting.names
    near = near_duplicates(said, names=lambda key: names.get(key, key))
    groups = [rows for _, rows in near.groupby("group", sort=True)]
    # The chart is part of the state of the page, so it has no words of respondents.
    themes = found.themes.assign(element=[f"Theme {n}" for n in found.themes["theme"]])
    most = max([int(n) for n in themes["n"]], default=1)
    figure = None
    if len(themes):
        figure = interval_dots(
            dots(themes, {}, value="n", summary=lambda row: f"{row['n']} texts"),
            value="texts",
            limits=(0, most * 1.05),
            ticks=sorted({0, most // 2, most}),
            title="Themes",
            subtitle="Texts of each theme; the words that set it apart stand below",
            labels=setting.labels,
        )
    parts = [
        tag("h3", "What each theme says"),
        joined(_theme(row, texts, names) for row in rows_of(themes))
        if len(themes)
        else tag("p", "There are too few texts for themes; read them under Decide."),
        tag("h3", "The same in other words"),
        tag(
            "p",
            "Letters are compared, not meanings: look before you decide.",
            class_="pk-soft",
        ),
        joined(
            _group(number, rows, texts, elements, names)
            for number, rows in enumerate(groups[:MOST_GROUPS], 1)
        )
        or tag("p", "No two texts are that near."),
        tag("p", f"and {len(groups) - MOST_GROUPS} more groups", class_="pk-soft")
        if len(groups) > MOST_GROUPS
        else "",
        save_button("near-duplicates.csv") if len(near) else "",
    ]
    sentence = (
        f"{n_texts} texts, {len(themes)} themes; {len(near)} texts say nearly the same as another"
        f" one, in {len(groups)} groups."
    )
    return View(
        heading("Texts", sentence, text=True),
        joined(parts),
        figure,
        {"themes.csv": found.themes, "near-duplicates.csv": near},
    )


MOST_GROUPS = 20
"""Groups of near-duplicates on the page; the file has all."""
MOST_CHARACTERS = 600


def _theme(row: Any, texts: Mapping[str, str], names: Mapping[str, str]) -> Markup:
    return tag(
        "details",
        tag("summary", f"{row.theme}: {', '.join(row.terms[:6])} ({row.n} texts)"),
        tag("p", "Mostly about: ", ", ".join(names.get(key, key) for key in row.elements)),
        tag("ul", *(tag("li", user(short(texts[id_]))) for id_ in row.representatives)),
        id=f"pk-theme-{row.theme}",
    )


def _group(
    number: int,
    rows: pd.DataFrame,
    texts: Mapping[str, str],
    elements: Mapping[str, str],
    names: Mapping[str, str],
) -> Markup:
    items = [
        tag(
            "li",
            user(short(texts[row.id])),
            tag("span", f" {names.get(elements[row.id], elements[row.id])}", class_="pk-soft"),
        )
        for row in rows_of(rows.head(10))
    ]
    title = f"Group {number}: {len(rows)} texts, nearness {rows['similarity'].max():.2f}"
    return tag("details", tag("summary", title), tag("ul", *items), id=f"pk-near-{number}")


def short(text: str, most: int = MOST_CHARACTERS) -> str:
    """Cut a text that would fill the page; the files have all of it."""
    return text if len(text) <= most else f"{text[:most]} …"
