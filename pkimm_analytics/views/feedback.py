"""
A round of feedback: what needs a decision, what it rests on, and the meeting pack.

For the working group: it quotes respondents, without what could name anybody. What may
be published of a round is :func:`published`, of what disclosure control let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.feedback.decision import Decision
from pkimm_analytics.feedback.findings import MOST_COMMENTS, Finding, findings
from pkimm_analytics.feedback.kinds import NAMES, RATE
from pkimm_analytics.feedback.personal import counted, masked
from pkimm_analytics.feedback.respondents import FLAGS
from pkimm_analytics.feedback.roles import changes
from pkimm_analytics.feedback.summary import Summary, rows_of
from pkimm_analytics.feedback.wording import Change
from pkimm_analytics.model import Model
from pkimm_analytics.views.figures import NOTHING
from pkimm_analytics.views.view import (
    Block,
    Card,
    Cell,
    Chart,
    Facts,
    Heading,
    Items,
    Link,
    Mark,
    Table,
    Text,
    View,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 15
"""Rows of a table that shows the first of many."""
MOST_DRAWN = 8
"""Elements of a chart."""
MOST_QUOTED = 300
"""Open comments that a pack quotes; the others are counted."""
MOST_LETTERS = 600
"""Letters of a comment that are quoted."""
LARGEST_Q = 0.05
"""Adjusted p-value up to which a difference between roles or rounds is shown."""

ANSWERS = {
    "unclear": "Reword it.",
    "irrelevant": "Ask why it is in the model, or explain why it matters.",
    "weight disputed": "Discuss its weight.",
    "weight differs": "Discuss weight {chosen} instead of {weight}.",
    "roles differ": "Hear the role that rates it lowest.",
    "redundant": "Merge the two, or say how they differ.",
    "dead": "Reword it so that it tells organizations apart, or drop it.",
    "stuck": "Spread its levels, or drop it.",
    "skipped": "Find out why it is left unanswered.",
    "not applicable": "State where it applies.",
    "said again": "Decide about one of them; the others are duplicates.",
    "careless": "Look at them, and leave them out if the group agrees.",
    "editions": "Read its figures beside those of this edition.",
}
"""What the working group may do about a finding."""

_WHY = {
    "unclear": "rated {size:.1f} steps below what its {n} respondents rate elsewhere",
    "irrelevant": "rated {size:.1f} steps below what its {n} respondents rate elsewhere",
    "weight disputed": "{percent:.0f} points more of its {n} respondents dispute its weight",
    "weight differs": "{n} respondents would choose weight {chosen} instead of {weight}",
    "roles differ": "roles rate its {other} differently (epsilon squared {effect:.2f}, n = {n})",
    "redundant": "answered like {other} (correlation beyond the others {effect:.2f}, n = {n})",
    "dead": "says little about the maturity that the others measure ({effect:.2f}, n = {n})",
    "stuck": "{share:.0f}% of {n} assessments give the same level",
    "skipped": "left unanswered by {percent:.0f} points more of {n} assessments than others",
    "not applicable": "does not apply for {percent:.0f} points more of {n} assessments than others",
    "said again": "{n} respondents say the same in other words",
    "careless": "{n} respondents flagged: {other}; {meaning}",
    "editions": "{n} respondents commented on PKIMM {other}",
}


class Sayings:
    """
    Names, quotations and reasons of one round.

    Parameters
    ----------
    summary : Summary
    """

    def __init__(self, summary: Summary) -> None:
        self.summary, self.model = summary, summary.model
        texts = summary.comments[summary.comments["text"].notna()]
        self._texts: dict[str, str] = dict(zip(texts["id"], texts["text"], strict=True))

    def name(self, element: Any) -> str:
        """Name of an element, of a requirement with its category."""
        key = "" if element is None else str(element)
        if key in self.model.requirements:
            return f"{self.model.name(key)} ({self.model.name('.'.join(key.split('.')[:2]))})"
        return self.model.name(key)

    def quote(self, id_: Any) -> str:
        """Text of a comment without personal data, cut where it is very long."""
        text = masked(self._texts.get(str(id_), ""))
        return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS].rstrip() + " …"

    def text(self, id_: Any) -> str:
        """Text of a comment as it was written, empty if it has none."""
        return self._texts.get(str(id_), "")

    def masked(self) -> str:
        """Say how many texts hold what is masked here; empty if none does."""
        found = counted(list(self._texts.values()))
        return ", ".join(f"{kind}: {n}" for kind, n in sorted(found.items()))

    def title(self, finding: Finding) -> str:
        """Name what a finding is about, with its kind."""
        kind = NAMES.get(finding.kind, finding.kind)
        about = self.name(finding.element) if finding.element else f"Round {self.summary.round}"
        return f"{about}: {kind}"

    def why(self, finding: Finding) -> str:
        """Say the figure behind a finding."""
        effect, (weight, chosen) = finding.effect or 0.0, finding.change or (0, 0)
        text = _WHY[finding.kind].format(
            n=finding.n,
            other=self.name(finding.other) if finding.kind == "redundant" else finding.other,
            effect=effect,
            size=abs(effect),
            percent=100 * abs(effect),
            share=100 * effect,
            weight=weight,
            chosen=chosen,
            meaning=FLAGS.get(finding.other, ""),
        )
        return f"{text[:1].upper()}{text[1:]}."

    def answer(self, finding: Finding) -> str:
        """Propose what may be decided about a finding."""
        weight, chosen = finding.change or (0, 0)
        return ANSWERS[finding.kind].format(weight=weight, chosen=chosen)


# --- parts ------------------------------------------------------------------------------


def finding_table(summary: Summary) -> Iterator[Block]:
    """List findings as rows of a table, for documents and terminals."""
    say = Sayings(summary)
    rows = [
        (say.title(finding), say.why(finding), say.answer(finding)) for finding in findings(summary)
    ]
    yield from _table(
        "What stands out", ("Finding", "Why", "Proposal"), rows, (), "Nothing stands out."
    )
    yield from rate_of_alarms()


def rate_of_alarms() -> Iterator[Block]:
    """Say how often something stands out by chance."""
    text = (
        "If nothing were wrong with the model, at most {rate} of all rounds would raise any alarm."
    )
    yield Text(text.format(rate=f"{RATE:.0%}"), "soft")


def finding_cards(summary: Summary, current: Mapping[str, Decision]) -> tuple[Card, ...]:
    """Make cards of findings with the comments behind them, those without a decision first."""
    say = Sayings(summary)
    cards = []
    for number, finding in enumerate(findings(summary)):
        waiting = [id_ for id_ in finding.comments if id_ not in current]
        shown = (waiting or list(finding.comments))[:MOST_COMMENTS]
        quotes = tuple((id_[:8], say.quote(id_)) for id_ in shown)
        more = len(finding.comments) - len(shown)
        blocks: list[Block] = [Text(say.why(finding))]
        blocks += [Items(quotes)] if quotes else []
        blocks += [Text(f"And {more} more.", "soft")] if more > 0 else []
        blocks.append(Text(say.answer(finding), "soft"))
        links = (
            (Link(f"Decide on {len(waiting)}", f"do:choose={number}", is_main=True),)
            if waiting
            else ()
        )
        if finding.kind == "careless":
            links = (Link("Leave them out", f"do:leave_out={finding.other}"),)
        cards.append(Card(say.title(finding), tuple(blocks), links, f"finding-{number}"))
    return tuple(cards)


def facts(summary: Summary) -> Iterator[Block]:
    """Who answered, how much is open, and which editions the round holds."""
    covered, states = summary.coverage, summary.dispositions["disposition"]
    others = "; ".join(
        f"{e.n_respondents} on PKIMM {e.edition}"
        + ("" if e.edition == summary.model.version else f" (same elements: {e.n_combined})")
        for e in rows_of(summary.editions)
    )
    means = ", ".join(f"{f} {mean:.2f}" for f, mean in summary.means.items() if mean == mean)
    yield Facts(
        (
            ("Respondents", f"{covered.n_respondents:,}; left out: {summary.n_left_out:,}"),
            ("Editions", others),
            ("Comments", f"{covered.n_comments:,}, of which {covered.n_texts:,} in words"),
            ("Open", f"{int((states == 'open').sum()):,} of {len(states):,} to be decided"),
            ("Means, each respondent once", means or NOTHING),
            ("Categories and requirements without a comment", f"{len(covered.silent):,}"),
        )
    )
    if len(summary.editions) > 1:
        yield Text(
            f"Figures are of PKIMM {summary.model.version} or say their edition. Comments on other"
            " editions are combined with it in tests only where the element is the same in both.",
            "notice",
        )


def least_clear(summary: Summary) -> Iterator[Block]:
    """Elements by clarity, shrunk, and the place without flagged respondents."""
    say = Sayings(summary)
    counts: Any = summary.clarity.set_index(["element", "edition"])
    rows: list[tuple[str | Cell, ...]] = []
    for r in rows_of(summary.ranking.head(MOST_ROWS)):
        c = counts.loc[(r.element, r.edition)]
        rows.append(
            (
                say.name(r.element),
                str(r.edition),
                *(str(int(c[f"n_{step}"])) for step in range(1, 6)),
                Cell(f"{r.mean:.2f}", float(r.mean)),
                f"{c['low_share_from']:.0%} to {c['low_share_to']:.0%}",
                f"{r.mean_without:.2f}",
            )
        )
    header = (
        "Element", "Edition", "1", "2", "3", "4", "5", "Mean", "1 or 2 (95% interval)",
        "Mean without flagged",
    )  # fmt: skip
    caption = "Least clear: how many chose each step, 1 (not at all clear) to 5 (completely)"
    yield from _table(caption, header, rows, range(2, 10), "Too few rated how clear anything is.")
    yield Text(
        "Ranked by what respondents rate elsewhere, small groups shrunk towards the rest (Morris"
        " 1983); elements with fewer than 5 ratings are not ranked.",
        "soft",
    )


def clarity_chart(summary: Summary) -> Iterator[Block]:
    """How many chose each step, of the least clear elements."""
    say = Sayings(summary)
    counts: Any = summary.clarity.set_index(["element", "edition"])
    marks = []
    for r in rows_of(summary.ranking.head(MOST_DRAWN)):
        c = counts.loc[(r.element, r.edition)]
        shares = tuple((float(c[f"n_{i}"] / c["n"]),) * 2 for i in range(1, 6))
        marks.append(
            Mark(say.name(r.element), None, f"mean {r.mean:.2f}, n = {r.n}", shares=shares)
        )
    if marks:
        caption = "Least clear: share of each step, 1 (not at all clear) to 5 (completely)"
        yield Chart("levels", caption, tuple(marks), legend=("1", "2", "3", "4", "5"))


def split(summary: Summary) -> Iterator[Block]:
    """Weights that respondents agree least on, and roles that differ."""
    say = Sayings(summary)
    votes: Any = summary.votes.groupby("element")[["n_too_low", "n_right", "n_too_high"]].sum()
    rows = [
        (
            say.name(s.element),
            *(str(int(n)) for n in votes.loc[s.element]),
            f"{s.agreement:.2f}",
            f"{s.consensus:.2f}",
        )
        for s in rows_of(summary.split.head(MOST_ROWS))
        if int(str(s.n)) > 1
    ]
    header = ("Element", "Too low", "Right", "Too high", "Agreement", "Consensus")
    caption = "Weights on which respondents agree least (agreement -1 to 1, consensus 0 to 1)"
    yield from _table(caption, header, rows, range(1, 6), "Nobody rated a weight.")
    differing = summary.roles[summary.roles["q"] <= LARGEST_Q]
    roles = [
        (say.name(r.element), str(r.field), str(r.lowest), str(r.highest), f"{r.epsilon2:.2f}")
        for r in rows_of(differing.head(MOST_ROWS))
    ]
    columns = ("Element", "Rating", "Lowest", "Highest", "Epsilon squared")
    yield from _table("Roles that differ", columns, roles, {4}, "Roles do not differ.")


def weights(summary: Summary) -> Iterator[Block]:
    """Weights that respondents would choose for certain, and what they would do to scores."""
    say = Sayings(summary)
    rows = [
        (say.name(w.element), str(w.weight), str(w.chosen), interval(w), str(w.n))
        for w in rows_of(summary.weights[summary.weights["differs"]])
    ]
    header = ("Element", "Model", "Chosen", "95% interval", "n")
    none = "No chosen weight differs from the model's for certain."
    yield from _table("Chosen weights that differ", header, rows, {1, 2, 4}, none)
    scored = summary.rescored
    if scored is None:
        return
    scored = scored[(scored["n"] > 0) & (scored["largest_change"] > 0)]
    rows = [
        (
            say.name(s.measure),
            f"{s.mean_before:.3f}",
            f"{s.mean_after:.3f}",
            f"{s.largest_change:.3f}",
            f"{s.n_level_up} up, {s.n_level_down} down",
        )
        for s in rows_of(scored)
    ]
    header = ("Measure", "Mean now", "Mean then", "Largest change", "Levels")
    caption = "What these weights would do to the scores"
    yield from _table(caption, header, rows, {1, 2, 3}, "They would move no score.")


def themes(summary: Summary) -> Iterator[Block]:
    """Themes by their words, and how clear they are."""
    say, found = Sayings(summary), summary.themes
    if found.clearness in {"few", "none"}:
        few = "There are too few texts for themes; read them below."
        yield Text(few if found.clearness == "few" else "There are no clear themes.")
        return
    yield Text(
        f"Texts are grouped by what they say; the groups are {found.clearness} (mean silhouette"
        f" {found.quality:.2f}). Nobody named them: the words are those that set each apart.",
        "soft",
    )
    rows = [
        (
            ", ".join(map(str, _parts(t.terms))),
            str(t.n),
            "\n".join(say.quote(id_) for id_ in _parts(t.representatives)[:2]),
        )
        for t in rows_of(found.themes)
    ]
    yield from _table("Themes", ("Theme", "n", "For example"), rows, {1}, "")


def questions(summary: Summary) -> Iterator[Block]:
    """How the questions work, where there are assessments."""
    if summary.items is None or summary.reliability is None:
        return
    say = Sayings(summary)
    items = summary.items.sort_values(["discrimination", "element"]).head(MOST_ROWS)
    names = ("discrimination", "difficulty", "skipped_share", "mode_share")
    rows = [
        (say.name(i["element"]), *(_number(i[name]) for name in names), str(int(i["n_rated"])))
        for _, i in items.iterrows()
    ]
    header = ("Requirement", "Discrimination", "Difficulty", "Skipped", "At one level", "n")
    caption = "Requirements that say least about maturity as a whole"
    yield from _table(caption, header, rows, range(1, 6), "There are no assessments.")
    groups = [
        (say.name(r.element), _number(r.alpha), _number(r.omega), str(r.n_items), str(r.n))
        for r in rows_of(summary.reliability)
    ]
    columns = ("Group", "Alpha", "Omega", "Items", "n")
    yield from _table("Reliability", columns, groups, range(1, 5), "")


def repeated(summary: Summary) -> Iterator[Block]:
    """Comments that may be one."""
    say = Sayings(summary)
    rows = [
        (str(d.group), str(d.id)[:8], say.name(d.element), say.quote(d.id))
        for d in rows_of(summary.duplicates)
    ]
    header = ("Group", "Id", "Element", "Text")
    yield from _table("The same in other words", header, rows, {0}, "")


def undecided(summary: Summary) -> Iterator[Block]:
    """Open comments, quoted."""
    say, states = Sayings(summary), summary.dispositions
    waiting = [d for d in rows_of(states[states["disposition"] == "open"]) if say.text(d.id)]
    rows = [
        (str(d.id)[:8], say.name(d.element), _word(d.kind), say.quote(d.id))
        for d in waiting[:MOST_QUOTED]
    ]
    header = ("Id", "Element", "Kind", "Text")
    yield from _table("Comments without a decision", header, rows, (), "Nothing is open.")
    if len(waiting) > MOST_QUOTED:
        yield Text(f"And {len(waiting) - MOST_QUOTED:,} more.")


def decided(summary: Summary) -> Iterator[Block]:
    """List what was decided."""
    say, states = Sayings(summary), summary.dispositions
    rows = [
        (str(d.id)[:8], say.name(d.element), str(d.said), _word(d.by), _word(d.link))
        for d in rows_of(states[states["disposition"] != "open"])
    ]
    header = ("Id", "Element", "Decision", "By", "Issue")
    yield from _table("Decisions", header, rows, (), "Nothing is decided yet.")


def who_answered(summary: Summary) -> Iterator[Block]:
    """Roles, flags, and what nobody commented on."""
    say = Sayings(summary)
    rows = [
        (str(r.role), str(r.n_respondents), str(r.n_comments), str(r.n_texts))
        for r in rows_of(summary.coverage.roles)
    ]
    yield from _table(
        "Who answered", ("Role", "Respondents", "Comments", "Texts"), rows, {1, 2, 3}, ""
    )
    if summary.coverage.silent:
        names = ", ".join(say.name(key) for key in summary.coverage.silent)
        yield Text(f"Nobody commented on: {names}.")


def changed(summary: Summary, everything: pd.DataFrame) -> Iterator[Block]:
    """Ratings that changed since the round before."""
    say = Sayings(summary)
    earlier = sorted(name for name in {*everything["round"]} if name < summary.round)
    if not earlier:
        yield Text("This is the first round.")
        return
    found = changes(everything, earlier[-1], summary.round)
    rows = [
        (say.name(c.element), str(c.field), f"{c.mean_before:.2f}", f"{c.mean_after:.2f}")
        for c in rows_of(found[found["q"] <= LARGEST_Q])
    ]
    header = ("Element", "Rating", f"Mean {earlier[-1]}", f"Mean {summary.round}")
    caption = f"Ratings that changed since {earlier[-1]}"
    yield from _table(caption, header, rows, {2, 3}, f"No rating changed since {earlier[-1]}.")


# --- whole views --------------------------------------------------------------------------


def pack(summary: Summary, everything: pd.DataFrame | None = None) -> View:
    """
    Build the meeting pack of a round: findings first, then what they rest on.

    Parameters
    ----------
    summary : Summary
    everything : pandas.DataFrame, optional
        Comments of all rounds; with them, the pack says what changed since the round
        before.
    """
    parts: list[tuple[str, Iterator[Block]]] = [
        ("", finding_table(summary)),
        ("At a glance", facts(summary)),
        ("Least clear", least_clear(summary)),
        ("Where opinions split", split(summary)),
        ("Weights people would choose", weights(summary)),
        ("How the questions work", questions(summary)),
        ("Themes", themes(summary)),
        ("The same in other words", repeated(summary)),
        ("What is new", changed(summary, everything) if everything is not None else iter(())),
        ("Open comments", undecided(summary)),
        ("Decided", decided(summary)),
        ("Who answered", who_answered(summary)),
        ("Before you pass it on", _notice(summary)),
    ]
    blocks: list[Block] = []
    for title, part in parts:
        inside = list(part)
        blocks += [Heading(title), *inside] if title and inside else inside
    return View(
        f"Feedback on PKIMM {' and '.join(summary.editions['edition'])}: meeting pack",
        f"Round {summary.round} · for the working group only",
        tuple(blocks),
        kind="feedback",
    )


def _notice(summary: Summary) -> Iterator[Block]:
    yield Text(
        "This pack quotes respondents: publish nothing of it. What may be published comes from"
        " pkimm feedback summarize --public.",
        "notice",
    )
    if found := Sayings(summary).masked():
        yield Text(f"Personal data that was found in texts is masked here ({found}).")


def weight_changes(accepted: Sequence[Change], chosen: pd.DataFrame, model: Model) -> View:
    """
    List accepted weights, and beside them what respondents would choose.

    Parameters
    ----------
    accepted : sequence of Change
        Accepted changes of weights.
    chosen : pandas.DataFrame
        As :func:`.chosen_weights` returns them.
    model : Model
        Edition that is changed.
    """
    known = {str(row.element): row for row in rows_of(chosen)}
    now = {key: c.weight for key, c in model.categories.items()}
    now |= {key: r.weight for key, r in model.requirements.items()}

    def row(key: str, new: str) -> tuple[str, ...]:
        w: Any = known.get(key)
        choice = ("", "", "") if w is None else (str(w.chosen), interval(w), str(w.n))
        return (model.name(key), key, str(now.get(key, "")), new, *choice)

    new = {change.element: change.value for change in accepted}
    waiting = [key for key, w in known.items() if w.differs and key not in new]
    header = ("Element", "Key", "Now", "New", "Respondents' choice", "95% interval", "n")
    done = [row(key, value) for key, value in new.items()]
    open_ = [row(key, "") for key in waiting]
    none = ("No change of a weight is accepted.", "No other weight differs for certain.")
    blocks = [*_table("Accepted", header, done, {2, 3, 4, 6}, none[0])]
    blocks += _table("Not decided yet", header, open_, {2, 3, 4, 6}, none[1])
    return View(
        f"Weights for the edition after PKIMM {model.version}", "", tuple(blocks), "weights"
    )


def published(document: Mapping[str, Any], model: Model) -> View:
    """Show what may be published of a round, as :func:`.public_summary` returns it."""
    rows = []
    for element, figures in document["elements"].items():
        for field, figure in figures.items():
            if figure is None:
                continue
            shares = (f"{_QUALIFIERS[s['qualifier']]}{s['percent']}%" for s in figure["at_least"])
            rows.append((model.name(element), field, figure["n"], " · ".join(shares)))
    caption = "Share of respondents at each step or above, from the second step on"
    header = ("Element", "Rating", "Respondents", "At the step or above")
    none = f"Every figure is of fewer than {document['threshold']} respondents and is withheld."
    respondents = document["respondents"] or f"fewer than {document['threshold']}"
    blocks = [
        Facts((("Respondents", respondents), ("Edition", f"PKIMM {document['edition']}"))),
        *_table(caption, header, rows, {2}, none),
        Text(
            "Numbers of respondents are bands, shares are rounded and cut off near 0% and 100%,"
            f" and figures of fewer than {document['threshold']} respondents are withheld.",
            "soft",
        ),
    ]
    return View("Feedback on the PKI Maturity Model", f"Round {document['round']}", tuple(blocks))


_QUALIFIERS = {"=": "", "<=": "at most ", ">=": "at least "}


def interval(weight: Any) -> str:
    """95% interval of a chosen weight; nothing where fewer than six chose."""
    low, high = weight.chosen_from, weight.chosen_to
    return NOTHING if not re.fullmatch(r"\d+", str(low)) else f"{low} to {high}"


def _table(
    caption: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[str | Cell, ...]],
    numeric: Any,
    none: str,
) -> Iterator[Block]:
    if rows:
        yield Table(caption, header, tuple(rows), frozenset(numeric))
    elif none:
        yield Text(none)


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> str:
    number = float(value)
    return NOTHING if number != number else f"{number:.2f}"
