"""
The meeting pack: one report of a round of feedback, for the working group.

It says first what stands out and what to decide, then shows what that rests on. It
quotes respondents, so it is for the group's analysts and never for publication; names
and contacts are not in it, because no table has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.feedback import Decision
from pkimm_analytics.feedback.alarms import RATE
from pkimm_analytics.feedback.changes import changes
from pkimm_analytics.feedback.summary import Summary
from pkimm_analytics.feedback.tracing import proposed_decisions
from pkimm_analytics.views.view import Block, Facts, Heading, Table, Text, View

if TYPE_CHECKING:
    import pandas as pd

_KEY = re.compile(r"[GMOR](?:\.[a-z0-9-]+){2}")

MOST_ROWS = 15
"""Rows of a table that shows the first of many."""
MOST_COMMENTS = 300
"""Open comments that a pack quotes; the others are counted."""
MOST_LETTERS = 600
"""Letters of a comment that a pack quotes."""
LARGEST_Q = 0.05
"""Adjusted p-value up to which a difference between roles or rounds is shown."""


def meeting_pack(
    summary: Summary,
    current: Mapping[str, Decision],
    *,
    everything: pd.DataFrame | None = None,
) -> View:
    """
    Build the meeting pack of a round.

    Parameters
    ----------
    summary : Summary
    current : mapping of str to Decision
        Newest decision by comment.
    everything : pandas.DataFrame, optional
        Comments of all rounds; with them, the pack says what changed since the round
        before.
    """
    return View(
        title=f"Feedback on PKIMM {summary.model.version}: meeting pack",
        subtitle=f"Round {summary.round}",
        blocks=tuple(_Pack(summary, current).blocks(everything)),
    )


class _Pack:
    """The blocks of one pack."""

    def __init__(self, summary: Summary, current: Mapping[str, Decision]) -> None:
        self.summary, self.current = summary, current
        texts = summary.comments[summary.comments["text"].notna()]
        self.texts = dict(zip(texts["id"], texts["text"], strict=True))

    def blocks(self, everything: pd.DataFrame | None) -> Iterator[Block]:
        yield Text(
            "For the working group only: this pack quotes respondents. Publish nothing of it; what"
            " may be published comes from pkimm feedback summarize --public.",
            "notice",
        )
        yield from self.overview()
        yield from self.alarms()
        yield from self.proposals()
        yield from self.new(everything)
        yield from self.split()
        yield from self.weights()
        yield from self.clarity()
        yield from self.questions()
        yield from self.themes()
        yield from self.duplicates()
        yield from self.open()
        yield from self.decided()
        yield from self.coverage()

    def overview(self) -> Iterator[Block]:
        covered, states = self.summary.coverage, self.summary.dispositions["disposition"]
        yield Heading("At a glance")
        yield Facts(
            (
                ("Respondents", f"{covered.n_respondents:,}"),
                ("Comments", f"{covered.n_comments:,}, of which {covered.n_texts:,} in words"),
                ("Open", f"{int((states == 'open').sum()):,} of {len(states):,} to be decided"),
                ("Alarms", f"{len(self.summary.alarms):,}"),
                ("Categories and requirements without a comment", f"{len(covered.silent):,}"),
            )
        )

    def alarms(self) -> Iterator[Block]:
        yield Heading("What stands out")
        rate = f"{RATE:.0%}".replace("%", " percent")
        yield Text(
            f"If nothing were wrong with the model, at most {rate} of all rounds would raise any"
            " alarm."
        )
        rows = [
            (
                _sentence(a.kind),
                self.name(a.element),
                self.name(a.other),
                f"{a.effect:.2f}",
                str(a.n),
            )
            for a in self.summary.alarms.itertuples()
        ]
        header = ("Alarm", "Element", "With", "Effect", "n")
        yield from _table("Alarms", header, rows, {3, 4}, "Nothing stands out.")

    def proposals(self) -> Iterator[Block]:
        proposed = proposed_decisions(
            self.summary.comments,
            self.current,
            alarms=self.summary.alarms,
            duplicates=self.summary.duplicates,
            weights=self.summary.weights,
        )
        yield Heading("Proposed decisions")
        rows = [
            (self.name(p.element), str(p.comment)[:8], str(p.proposal), self.named(p.because))
            for p in proposed.itertuples()
        ]
        header = ("Element", "Comment", "Proposal", "Because")
        yield from _table("Proposals; the group decides", header, rows, set(), "There are none.")

    def new(self, everything: pd.DataFrame | None) -> Iterator[Block]:
        if everything is None:
            return
        earlier = sorted({*everything["round"]} - {self.summary.round})
        earlier = [name for name in earlier if name < self.summary.round]
        yield Heading("What is new")
        if not earlier:
            yield Text("This is the first round.")
            return
        found = changes(everything, earlier[-1], self.summary.round)
        rows = [
            (self.name(c.element), str(c.field), f"{c.mean_before:.2f}", f"{c.mean_after:.2f}")
            for c in found[found["q"] <= LARGEST_Q].itertuples()
        ]
        header = ("Element", "Rating", f"Mean {earlier[-1]}", f"Mean {self.summary.round}")
        caption = f"Ratings that changed since {earlier[-1]}"
        yield from _table(caption, header, rows, {2, 3}, f"No rating changed since {earlier[-1]}.")

    def split(self) -> Iterator[Block]:
        yield Heading("Where opinions split")
        votes = {str(v.element): v for v in self.summary.votes.itertuples()}
        rows: list[tuple[str, ...]] = []
        for s in self.summary.split.head(MOST_ROWS).itertuples():
            vote = votes[str(s.element)]
            counts = map(str, (vote.n_too_low, vote.n_right, vote.n_too_high))
            rows.append((self.name(s.element), *counts, f"{s.agreement:.2f}", f"{s.consensus:.2f}"))
        header = ("Element", "Too low", "Right", "Too high", "Agreement", "Consensus")
        caption = "Weights on which respondents agree least (agreement -1 to 1, consensus 0 to 1)"
        yield from _table(caption, header, rows, {1, 2, 3, 4, 5}, "Nobody rated a weight.")
        found = self.summary.roles[self.summary.roles["q"] <= LARGEST_Q]
        roles = [
            (self.name(r.element), str(r.field), str(r.lowest), str(r.highest), f"{r.epsilon2:.2f}")
            for r in found.head(MOST_ROWS).itertuples()
        ]
        columns = ("Element", "Rating", "Lowest", "Highest", "Epsilon squared")
        yield from _table("Roles that differ", columns, roles, {4}, "Roles do not differ.")

    def weights(self) -> Iterator[Block]:
        yield Heading("Weights people would choose")
        found = self.summary.weights[self.summary.weights["differs"]]
        rows = [
            (
                self.name(w.element),
                str(w.weight),
                str(w.chosen),
                f"{w.chosen_from} to {w.chosen_to}",
                str(w.n),
            )
            for w in found.itertuples()
        ]
        header = ("Element", "Model", "Chosen", "95 percent", "n")
        none = "No chosen weight differs from the model's beyond its interval."
        yield from _table("Chosen weights that differ", header, rows, {1, 2, 4}, none)
        if self.summary.rescored is not None:
            scored = self.summary.rescored
            scored = scored[(scored["n"] > 0) & (scored["largest_change"] > 0)]
            rows = [
                (
                    self.name(s.measure),
                    f"{s.mean_before:.3f}",
                    f"{s.mean_after:.3f}",
                    f"{s.largest_change:.3f}",
                    f"{s.n_level_up} up, {s.n_level_down} down",
                )
                for s in scored.itertuples()
            ]
            header = ("Measure", "Mean now", "Mean then", "Largest change", "Levels")
            caption = "What these weights would do to the scores"
            yield from _table(caption, header, rows, {1, 2, 3}, "They would move no score.")

    def clarity(self) -> Iterator[Block]:
        yield Heading("Least clear")
        least = self.summary.clarity.sort_values(["mean", "element"]).head(MOST_ROWS)
        rows = [
            (
                self.name(c.element),
                *map(str, (c.n_1, c.n_2, c.n_3, c.n_4, c.n_5)),
                f"{c.mean:.2f}",
                f"{c.low_share_from:.0%} to {c.low_share_to:.0%}",
            )
            for c in least.itertuples()
        ]
        header = ("Element", "1", "2", "3", "4", "5", "Mean", "1 or 2, 95 percent")
        caption = "How many chose each step, 1 (not at all clear) to 5 (completely)"
        numeric = {1, 2, 3, 4, 5, 6, 7}
        yield from _table(caption, header, rows, numeric, "Nobody rated how clear it is.")

    def questions(self) -> Iterator[Block]:
        if self.summary.items is None:
            return
        yield Heading("How the questions work")
        items = self.summary.items.sort_values(["discrimination", "element"]).head(MOST_ROWS)
        rows = [
            (
                self.name(i.element),
                _number(i.discrimination),
                _number(i.difficulty),
                _number(i.skipped_share),
                _number(i.mode_share),
                str(i.n_rated),
            )
            for i in items.itertuples()
        ]
        header = ("Requirement", "Discrimination", "Difficulty", "Skipped", "At one level", "n")
        caption = "Requirements that say least about maturity as a whole"
        yield from _table(caption, header, rows, {1, 2, 3, 4, 5}, "There are no assessments.")
        if self.summary.reliability is not None:
            groups = [
                (self.name(r.element), _number(r.alpha), _number(r.omega), str(r.n_items), str(r.n))
                for r in self.summary.reliability.itertuples()
            ]
            columns = ("Group", "Alpha", "Omega", "Items", "n")
            yield from _table("Reliability", columns, groups, {1, 2, 3, 4}, "")

    def themes(self) -> Iterator[Block]:
        yield Heading("Themes")
        themes = self.summary.themes.themes
        if themes.empty:
            yield Text("There are too few texts for themes; read them below.")
            return
        yield Text("Texts are grouped by their words; nobody named the groups.")
        rows = [
            (
                str(t.theme),
                str(t.n),
                ", ".join(map(str, _parts(t.terms))),
                "\n".join(self.quote(id_) for id_ in _parts(t.representatives)[:2]),
            )
            for t in themes.itertuples()
        ]
        yield from _table(
            "Themes", ("Theme", "n", "Telling words", "For example"), rows, {0, 1}, ""
        )

    def duplicates(self) -> Iterator[Block]:
        found = self.summary.duplicates
        if found.empty:
            return
        yield Heading("The same in other words")
        rows = [
            (str(d.group), str(d.id)[:8], self.name(d.element), self.quote(d.id))
            for d in found.itertuples()
        ]
        yield from _table(
            "Comments that may be one", ("Group", "Id", "Element", "Text"), rows, {0}, ""
        )

    def open(self) -> Iterator[Block]:
        yield Heading("Open comments")
        states = self.summary.dispositions
        waiting = states[(states["disposition"] == "open") & states["id"].isin(list(self.texts))]
        rows = [
            (str(d.id)[:8], self.name(d.element), _word(d.kind), self.quote(d.id))
            for d in waiting.head(MOST_COMMENTS).itertuples()
        ]
        header = ("Id", "Element", "Kind", "Text")
        yield from _table("Comments without a decision", header, rows, set(), "Nothing is open.")
        if len(waiting) > MOST_COMMENTS:
            yield Text(f"And {len(waiting) - MOST_COMMENTS:,} more.")

    def decided(self) -> Iterator[Block]:
        states = self.summary.dispositions
        done = states[states["disposition"] != "open"]
        if done.empty:
            return
        yield Heading("Decided")
        rows = [
            (str(d.id)[:8], self.name(d.element), str(d.said), _word(d.by), _word(d.link))
            for d in done.itertuples()
        ]
        header = ("Id", "Element", "Decision", "By", "Issue")
        yield from _table("Decisions", header, rows, set(), "")

    def coverage(self) -> Iterator[Block]:
        yield Heading("Who answered")
        rows = [
            (str(r.role), str(r.n_respondents), str(r.n_comments), str(r.n_texts))
            for r in self.summary.coverage.roles.itertuples()
        ]
        header = ("Role", "Respondents", "Comments", "Texts")
        yield from _table("Roles", header, rows, {1, 2, 3}, "")
        silent = self.summary.coverage.silent
        if silent:
            names = ", ".join(self.name(key) for key in silent)
            yield Text(f"Nobody commented on: {names}.")

    def name(self, element: Any) -> str:
        """Name of an element with its category, or the word as it is."""
        key = "" if element is None else str(element)
        model = self.summary.model
        if key in model.requirements:
            return f"{model.name(key)} ({model.name('.'.join(key.split('.')[:2]))})"
        return model.name(key)

    def named(self, sentence: Any) -> str:
        """Sentence in which an element key stands, with its name instead."""
        return _KEY.sub(lambda match: self.name(match[0]), str(sentence))

    def quote(self, id_: Any) -> str:
        """Text of a comment, cut where it is very long."""
        text = str(self.texts.get(str(id_), ""))
        return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS].rstrip() + " …"


def _table(
    caption: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    numeric: set[int],
    none: str,
) -> Iterator[Block]:
    if rows:
        yield Table(caption, header, tuple(rows), frozenset(numeric))
    elif none:
        yield Text(none)


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value)


def _sentence(text: Any) -> str:
    return str(text)[:1].upper() + str(text)[1:]


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> str:
    number = float(value)
    return "–" if number != number else f"{number:.2f}"
