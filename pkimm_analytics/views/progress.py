"""
One use case over time: its scores, what moved them, and each category on each date.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.progress import Step
from pkimm_analytics.progress.bridge import in_hundredths
from pkimm_analytics.scoring import Scores
from pkimm_analytics.views.figures import NOTHING, Voice
from pkimm_analytics.views.scores import subtitle, title, voice_of
from pkimm_analytics.views.view import Block, Cell, Chart, Heading, Mark, Table, Text, View

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 8
"""Assessments side by side in the table of categories."""


def progress(history: Sequence[Scores], step: Step | None, voice: Voice) -> list[Block]:
    """
    Scores over time, what the chosen step consists of, and all categories.

    Parameters
    ----------
    history : sequence of Scores
        Oldest first, each in its own edition.
    step : Step, optional
        From one assessment to the next; None with fewer than two.
    """
    blocks: list[Block] = [timeline(history, voice)]
    if step is None:
        blocks.append(Text(voice.say("text.first"), "soft"))
    else:
        blocks += what_changed(step, voice)
    blocks += [Heading(voice.say("section.over_time")), over_time(history, voice)]
    return blocks


def step_view(step: Step) -> View:
    """Show a change."""
    voice = voice_of(step.after)
    assessment = step.after.assessment
    blocks = tuple(what_changed(step, voice))
    return View(title(assessment, voice), subtitle(assessment, voice), blocks)


def timeline(history: Sequence[Scores], voice: Voice) -> Chart:
    """Overall score of each assessment by its date; undated ones are in the table only."""
    marks = tuple(
        Mark(
            voice.say("value.overall"),
            one.overall.score,
            voice.figure(one.overall.value),
            at=one.assessment.date or "",
        )
        for one in history
    )
    return Chart("line", voice.say("text.timeline", n=len(history)), marks)


def what_changed(step: Step, voice: Voice) -> Iterator[Block]:
    """Say how the score moved, part by part, and category by category."""
    days = (voice.day(s.assessment.date) for s in (step.before, step.after))
    yield Heading(voice.say("section.change", before=next(days), after=next(days)))
    start, finish = step.overall.before, step.overall.after
    if start is None or finish is None:
        yield Text(voice.say("text.no_bridge"))
        return
    marks = [
        Mark(voice.say("change.before"), float(start), voice.figure(start), "total"),
        *(Mark(name, float(part), voice.signed(part)) for name, part in bridge_rows(step, voice)),
        Mark(voice.say("change.now"), float(finish), voice.figure(finish), "total"),
    ]
    yield Chart("steps", voice.say("text.bridge"), tuple(marks))
    yield from caveats(step, voice)
    yield bridge_table(step, voice)
    yield category_changes(step, voice)


def bridge_rows(step: Step, voice: Voice) -> list[tuple[str, Fraction]]:
    """Return the parts of a change that are not zero, as they are shown, with their names."""
    return [
        (voice.say(f"cause.{name}"), Fraction(part, 100))
        for name, part in step.overall.in_hundredths().items()
        if part
    ]


def caveats(step: Step, voice: Voice) -> Iterator[Text]:
    """Say what else is different, and may have moved levels."""
    for name in step.caveats:
        ways = [
            voice.say(f"mode.{one.mode}" if name == "mode" else _assurance(one))
            for one in (step.before.assessment, step.after.assessment)
        ]
        yield Text(voice.say(f"caveat.{name}", before=ways[0], after=ways[1]), "notice")


def _assurance(assessment: Assessment) -> str:
    return f"value.{assessment.assurance or 'not_stated'}"


def bridge_table(step: Step, voice: Voice) -> Table:
    """List before, the parts and now; what is shown adds up, also the categories that moved."""
    rows = [(voice.say("change.before"), voice.figure(step.overall.before))]
    for key, part in step.overall.in_hundredths().items():
        if part:
            rows.append((voice.say(f"cause.{key}"), voice.signed(Fraction(part, 100))))
        if key == "answers":
            moved = in_hundredths(step.moved, part)
            rows += [
                (
                    voice.say("cause.of_it", name=voice.name(category)),
                    voice.signed(Fraction(n, 100)),
                )
                for category, n in sorted(moved.items(), key=lambda item: -abs(item[1]))
                if n
            ]
    rows.append((voice.say("change.now"), voice.figure(step.overall.after)))
    caption = voice.say("text.changed_since", day=voice.day(step.before.assessment.date))
    header = (voice.say("column.cause"), voice.say("column.change"))
    return Table(caption, header, tuple(rows), frozenset({1}), anchor="changed")


def category_changes(step: Step, voice: Voice) -> Table:
    """Every category before and now, like for like, and its change."""
    rows = []
    for delta in step.deltas:
        if delta.key not in voice.model.categories:
            continue
        change = None if delta.change is None else float(delta.change)
        rows.append(
            (
                voice.name(delta.key),
                _value(delta.before, delta.state_before, voice),
                _value(delta.after, delta.state_after, voice),
                Cell(voice.signed(delta.change), change, "change"),
                delta.note,
            )
        )
    header = voice.head("name", "before", "after", "change", "notes")
    caption = voice.say("section.comparison")
    return Table(caption, header, tuple(rows), frozenset({1, 2, 3}), "category-changes")


def _value(value: object, state: str, voice: Voice) -> str:
    return voice.figure(value) if value else voice.say(f"value.{state}")


def history_table(history: Sequence[Scores], voice: Voice) -> Table:
    """List the assessments of a use case: how each was made, what it scored, how much was rated."""
    rows = tuple(
        (
            voice.day(one.assessment.date),
            one.model.version,
            voice.say(f"mode.{one.assessment.mode}"),
            voice.say(f"value.{one.assessment.assurance or 'not_stated'}"),
            voice.figure(one.overall.value),
            str(one.overall.level or NOTHING),
            voice.rated(one.overall),
        )
        for one in history
    )
    header = voice.head("assessed", "model", "mode", "assurance", "score", "level", "coverage")
    return Table(voice.say("section.history"), header, rows, frozenset({4, 5, 6}), "history")


def steps_table(steps: Sequence[Step], voice: Voice) -> Table:
    """Say of each step how the score moved, why, and over what both editions ask."""
    rows = []
    for step in steps:
        days = (voice.day(side.assessment.date) for side in (step.before, step.after))
        parts = [f"{name} {voice.signed(part)}" for name, part in bridge_rows(step, voice)]
        alike = (voice.figure(side.overall.value) for side in step.like_for_like)
        rows.append(
            (
                " → ".join(days),
                voice.gain(step.overall.before, step.overall.after),
                "\n".join(parts) or NOTHING,
                " → ".join(alike),
            )
        )
    header = voice.head("period", "change", "cause", "like_for_like")
    return Table(voice.say("section.changes"), header, tuple(rows), frozenset({1}), "changes")


def portfolio(table: pd.DataFrame, voice: Voice) -> Iterator[Block]:
    """Show many use cases beside each other: counted, and averaged nowhere."""
    up, down = (table["like_for_like"] > 0).sum(), (table["like_for_like"] < 0).sum()
    n_cases = voice.say("home.cases", n=len(table))
    n_scored = int(table["score"].notna().sum())
    yield Text(voice.say("portfolio.counted", cases=n_cases, n=n_scored, up=up, down=down))
    rows = tuple(_portfolio_row(row, voice) for row in table.to_dict("records"))
    names = ("use_case", "assessed", "score", "level", "coverage", "like_for_like", "held_back")
    yield Table(voice.say("card.cases"), voice.head(*names), rows, frozenset({2, 3, 4, 5}), "cases")


def _portfolio_row(row: Mapping[Hashable, Any], voice: Voice) -> tuple[str | Cell, ...]:
    import pandas as pd

    known = {name: value for name, value in row.items() if not pd.isna(value)}
    return (
        Cell(
            row["use_case"] or voice.say("value.unnamed"),
            below="\n".join(filter(None, (row["group"], row["organization"]))),
        ),
        voice.day(known.get("date")),
        voice.figure(known.get("score")),
        str(known.get("level", NOTHING)),
        voice.percent(known.get("coverage")),
        voice.signed(known.get("like_for_like")),
        row["problem"] or row["limits"] or NOTHING,
    )


def over_time(history: Sequence[Scores], voice: Voice) -> Table:
    """Every category on every date, colored by level; the newest on the right."""
    shown = history[-MOST_COLUMNS:]
    keys = dict.fromkeys(key for one in shown for key in one.categories)
    header = (voice.say("column.name"), *(voice.month(one.assessment.date) for one in shown))
    rows: list[tuple[str, list[object]]] = [("overall", [one.overall for one in shown])]
    rows += [(key, [one.categories.get(key) for one in shown]) for key in keys]
    named = {key: name for one in history for key in keys if (name := _name(one, key, voice))}
    return Table(
        voice.say("section.over_time"),
        header,
        tuple(
            (
                voice.say("value.overall") if key == "overall" else named.get(key, key),
                *(_cell(figure, voice) for figure in figures),
            )
            for key, figures in rows
        ),
        anchor="over-time",
    )


def _name(scores: Scores, key: str, voice: Voice) -> str:
    model = scores.model
    return voice.language.named(key, model.name(key)) if key in model.categories else ""


def _cell(figure: object, voice: Voice) -> str | Cell:
    value, level = getattr(figure, "value", None), getattr(figure, "level", None)
    if value is None or level is None:
        return NOTHING
    return Cell(voice.figure(value), float(level), "level")
