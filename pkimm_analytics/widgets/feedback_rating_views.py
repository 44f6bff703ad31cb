"""
Views of what respondents rate: overview, ratings, roles and weights.

Each takes a setting and returns a view; see :mod:`.feedback_view`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pkimm_analytics.charts import diverging_bars, interval_dots
from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.feedback.alarms import KINDS, RATE, alarms
from pkimm_analytics.feedback.consensus import split_opinions
from pkimm_analytics.feedback.coverage import coverage
from pkimm_analytics.feedback.items import Answered
from pkimm_analytics.feedback.likert import likert, weight_votes
from pkimm_analytics.feedback.roles import role_differences
from pkimm_analytics.feedback.weights import chosen_weights, rescored
from pkimm_analytics.widgets.feedback_tables import (
    CATEGORIES,
    FEWEST,
    WHOLES,
    WORST,
    chosen_rows,
    dots,
    in_group,
    scale_bars,
    share_words,
    vote_bars,
)
from pkimm_analytics.widgets.feedback_view import (
    MOST_ROWS,
    Setting,
    View,
    counted,
    figures_table,
    heading,
    save_button,
    select,
)
from pkimm_analytics.widgets.feedback_words import ROLE_WORDS, SCALES, WEIGHT_WORDS
from pkimm_analytics.widgets.markup import Markup, joined, tag

if TYPE_CHECKING:
    import pandas as pd


def overview(setting: Setting) -> View:
    """Who answered, what nobody spoke about, and what stands out."""
    import pandas as pd

    names = setting.names
    found = coverage(setting.comments, setting.model, round_=setting.round_)
    alarming = alarms(setting.comments, setting.answers, round_=setting.round_)
    categories = found.elements[found.elements["kind"] == "category"]
    most = int(categories["n_respondents"].max()) if len(categories) else 0
    top = max(most, 4)
    figure = interval_dots(
        dots(
            categories,
            names,
            value="n_respondents",
            summary=lambda row: f"{row['n_ratings']} rated, {row['n_texts']} wrote",
        ),
        value="respondents",
        limits=(0, top * 1.05),
        ticks=sorted({0, top // 2, top}),
        title="Who spoke about what",
        subtitle="Respondents who said something about the category itself",
        labels=setting.labels,
    )
    silent = found.silent
    listed = pd.DataFrame({"element": silent})
    roles = found.roles.assign(role=found.roles["role"].map(lambda r: ROLE_WORDS.get(r, r)))
    columns = {"role": "Role", "n_respondents": "Respondents", "n_comments": "Comments"}
    below = [
        figures_table(
            "Who answered", roles, {**columns, "n_texts": "Texts"}, names, "pk-roles-table"
        ),
        tag(
            "details",
            tag("summary", f"{len(silent)} categories and requirements that nobody spoke about"),
            tag("ul", *(tag("li", names.get(key, key)) for key in silent)),
            id="pk-silent",
        )
        if silent
        else tag("p", "Every category and requirement has at least one comment."),
        tag("h3", "What stands out"),
        tag("p", _alarm_sentence(alarming, setting.answers)),
        figures_table(
            "What stands out, the surest first",
            alarming,
            {
                "element": "Element",
                "kind": "What",
                "other": "With",
                "n": "n",
                "effect": "Effect",
                "q": "q",
                "meaning": "Meaning",
            },
            names,
            "pk-alarms",
        )
        if len(alarming)
        else "",
        save_button("alarms.csv") if len(alarming) else "",
    ]
    sentence = (
        f"{counted(found.n_respondents, 'respondent')} made {counted(found.n_comments, 'comment')},"
        f" {found.n_texts} of them with text."
    )
    tables = {"coverage.csv": found.elements, "silent.csv": listed, "alarms.csv": alarming}
    return View(heading("Overview", sentence), joined(below), figure, tables)


def _alarm_sentence(alarming: pd.DataFrame, answers: Answered | None) -> str:
    rate = f"If nothing were wrong, at most {RATE:.0%} of rounds would raise any alarm."
    if answers is None:
        rate += " Alarms about the questions themselves need assessments in the workspace."
    if alarming.empty:
        return f"Nothing stands out. {rate}"
    counted = alarming["kind"].value_counts(sort=False)
    what = ", ".join(f"{n} × {kind}" for kind, n in counted.items())
    return f"{len(alarming)} alarms of {len(KINDS)} possible kinds: {what}. {rate}"


def rating_view(setting: Setting) -> View:
    """How a rating is spread over its scale, element by element."""
    fields = {**{name: scale.name for name, scale in SCALES.items()}, "weight": "weight"}
    chosen = setting.choice("field", list(fields), "clarity")
    worst = {"clarity": "least clear", "relevance": "least relevant", "weight": "most disputed"}
    worst |= {"difficulty": "most difficult", "usefulness": "least useful"}
    groups = [
        (CATEGORIES, "Categories"),
        (WORST, f"The {worst[chosen]}"),
        (WHOLES, "The model and the process"),
        *((key, f"Requirements of {setting.names[key]}") for key in setting.model.categories),
    ]
    group = setting.choice("group", [key for key, _ in groups], CATEGORIES)
    controls = (
        select("pk-field", "Rating", list(fields.items()), chosen, "choice:field"),
        select("pk-group", "Elements", groups, group, "choice:group"),
    )
    is_vote = chosen == "weight"
    summary = weight_votes(setting.said) if is_vote else likert(setting.said, chosen)
    measured = {"weight": "disputed_share", "difficulty": "high_share"}.get(chosen, "low_share")
    split = split_opinions(setting.said, chosen)[["element", "agreement", "consensus"]]
    summary = summary.merge(split, on="element")
    rows = chosen_rows(summary, setting.model, group, measured)
    answers = list(WEIGHT_WORDS.values()) if is_vote else list(SCALES[chosen].words)
    right = "disputed" if is_vote else f"{answers[3]} or {answers[4]}"
    figure = diverging_bars(
        vote_bars(rows, setting.names) if is_vote else scale_bars(rows, chosen, setting.names),
        answers=answers,
        title=f"{fields[chosen].capitalize()}: how answers are spread",
        subtitle=f"Share of answers; at the right who said {right}, with 95 % interval",
        labels=setting.labels,
    )
    shown = {"element": "Element", "n": "n"}
    shown |= {
        c: c.removeprefix("n_").replace("_", " ") for c in map(str, summary) if c.startswith("n_")
    }
    if is_vote:
        shown |= {"disputed_share": "Disputed", "disputed_share_from": "From"}
        shown |= {"disputed_share_to": "To", "lean": "Lean (-1 too low, 1 too high)"}
    else:
        shown |= {"mean": "Mean", "median": "Median", "low_share": "Low", "high_share": "High"}
        shown |= {"high_share_from": "High from", "high_share_to": "High to"}
    shown |= {"agreement": "Agreement A", "consensus": "Consensus"}
    table = figures_table("The same in figures", rows, shown, setting.names, "pk-figures")
    note = tag(
        "p",
        "Agreement A is -1 for two camps and 1 where all say the same; consensus is 0 for two"
        f" camps. Bars need {FEWEST} answers.",
        class_="pk-soft",
    )
    sentence = _rating_sentence(summary, setting.names, chosen, worst[chosen], measured)
    below = joined([table, note, save_button(f"{chosen}.csv")])
    return View(heading("Ratings", sentence, *controls), below, figure, {f"{chosen}.csv": summary})


def _rating_sentence(
    summary: pd.DataFrame, names: Mapping[str, str], chosen: str, worst: str, measured: str
) -> str:
    rated = summary[summary["n"] >= FEWEST]
    if rated.empty:
        return f"No element has {FEWEST} ratings of {chosen} yet."
    first = rated.sort_values([measured, "n"], ascending=False).iloc[0]
    split = rated.sort_values(["agreement", "n"], ascending=[True, False]).iloc[0]
    said = {"disputed_share": "dispute it", "high_share": "said so"}.get(measured, "rate it low")
    return (
        f"{len(rated)} elements have {FEWEST} ratings or more."
        f" The {worst} is {names.get(first['element'], first['element'])}:"
        f" {share_words(first, measured)} {said}."
        f" Opinions split most on {names.get(split['element'], split['element'])}"
        f" (agreement {split['agreement']:.2f})."
    )


def role_view(setting: Setting) -> View:
    """Where roles see an element differently."""
    found = role_differences(setting.said)
    offered = [
        (
            f"{row.field}|{row.element}",
            f"{row.field}: {setting.names.get(row.element, row.element)}",
        )
        for row in rows_of(found.head(MOST_ROWS))
    ]
    if not offered:
        return View(heading("Roles", "No element has enough ratings of two roles yet."), Markup(""))
    chosen = setting.choice("pair", [value for value, _ in offered], offered[0][0])
    rating, element = chosen.split("|")
    is_vote = rating == "weight"
    said = setting.said[setting.said["element"] == element]
    by_role = weight_votes(said, by=["role"]) if is_vote else likert(said, rating, by=["role"])
    by_role = by_role.assign(element=by_role["role"].fillna("not stated"))
    bars = vote_bars if is_vote else scale_bars_of(rating)
    answers = list(WEIGHT_WORDS.values()) if is_vote else list(SCALES[rating].words)
    figure = diverging_bars(
        bars(by_role, {**ROLE_WORDS}),
        answers=answers,
        title=f"{rating.capitalize()} of one element by role",
        subtitle=setting.names.get(element, element),
        labels=setting.labels,
    )
    first = found.iloc[0]
    sure = int((found["q"] <= RATE).sum())
    sentence = (
        f"{len(found)} comparisons; {sure} differ by more than chance at a false discovery rate"
        f" of {RATE:.0%}. The surest: {first['field']} of"
        f" {setting.names.get(first['element'], first['element'])}, lowest among"
        f" {ROLE_WORDS.get(first['lowest'], first['lowest'])}, highest among"
        f" {ROLE_WORDS.get(first['highest'], first['highest'])} (q {first['q']:.2g})."
    )
    columns = {"element": "Element", "field": "Rating", "n": "n", "n_roles": "Roles", "q": "q"}
    columns |= {"epsilon2": "Effect (epsilon squared)", "lowest": "Lowest", "highest": "Highest"}
    table = figures_table(
        "Differences between roles", found, columns, {**setting.names, **ROLE_WORDS}, "pk-figures"
    )
    control = select("pk-pair", "Show", offered, chosen, "choice:pair")
    below = joined([table, save_button("roles.csv")])
    return View(heading("Roles", sentence, control), below, figure, {"roles.csv": found})


def scale_bars_of(rating: str) -> Callable[[pd.DataFrame, Mapping[str, str]], pd.DataFrame]:
    """Bars of one rating, to be called as :func:`.vote_bars` is."""
    return lambda rows, names: scale_bars(rows, rating, names)


def weight_view(setting: Setting) -> View:
    """Weights that respondents would choose, and what those would do to scores."""
    found = chosen_weights(setting.said, setting.model)
    if found.empty:
        return View(heading("Weights", "Nobody has said anything about a weight yet."), Markup(""))
    differing = found[found["differs"] & (found["n"] >= FEWEST)]
    groups = [("differs", "Those that differ"), (CATEGORIES, "Categories")]
    groups += [(k, f"Requirements of {setting.names[k]}") for k in setting.model.categories]
    start = "differs" if len(differing) else CATEGORIES
    group = setting.choice("weights", [key for key, _ in groups], start)
    rows = differing if group == "differs" else in_group(found, setting.model, group)
    most = int(max([5, *found["weight"], *found["chosen_to"]]))
    figure = interval_dots(
        dots(
            rows,
            setting.names,
            value="chosen",
            interval=("chosen_from", "chosen_to"),
            reference="weight",
            summary=lambda r: (
                f"{r['weight']} → {r['chosen']} ({r['chosen_from']}–{r['chosen_to']}), n {r['n']}"
            ),
        ),
        value="weight that respondents choose (median)",
        reference="weight of the model",
        limits=(0, most + 0.5),
        ticks=range(0, most + 1, max(1, most // 5)),
        title="Weights chosen against the model's",
        subtitle="Median of the choices with 95 % interval",
        labels=setting.labels,
    )
    wanted = dict(zip(differing["element"], map(int, differing["chosen"]), strict=True))
    columns = {"element": "Element", "weight": "Model", "chosen": "Chosen", "chosen_from": "From"}
    columns |= {"chosen_to": "To", "n": "n", "differs": "Differs"}
    parts = [
        figures_table("Weights", rows, columns, setting.names, "pk-figures"),
        save_button("weights.csv"),
    ]
    tables = {"weights.csv": found}
    if wanted and setting.answers is not None and len(setting.answers.requirements):
        after = rescored(
            setting.model,
            wanted,
            requirements=setting.answers.requirements,
            categories=setting.answers.categories,
        )
        tables["rescored.csv"] = after
        parts += [tag("h3", "What these weights would do to scores"), _rescored(after, setting)]
    sentence = (
        f"{len(found)} elements have an opinion on their weight. For {len(differing)} of those"
        f" with {FEWEST} choices or more the interval leaves out the model's weight."
    )
    control = select("pk-weights", "Elements", groups, group, "choice:weights")
    return View(heading("Weights", sentence, control), joined(parts), figure, tables)


def _rescored(after: pd.DataFrame, setting: Setting) -> Markup:
    overall = after.iloc[0]
    sentence = tag(
        "p",
        f"Over {overall['n']} assessments the overall score would change by"
        f" {overall['mean_change']:+.3f} on average and by {overall['largest_change']:.3f} at most;"
        f" {overall['n_level_up']} would rise and {overall['n_level_down']} fall by a level.",
    )
    columns = {"measure": "Score", "n": "n", "mean_before": "Mean now", "mean_after": "Mean then"}
    columns |= {"mean_change": "Change", "largest_change": "Largest"}
    columns |= {"n_level_up": "Level up", "n_level_down": "Level down"}
    names = {**setting.names, "overall": "Overall"}
    return joined(
        [
            sentence,
            figures_table("Scores with these weights", after, columns, names, "pk-rescored"),
            save_button("rescored.csv"),
        ]
    )
