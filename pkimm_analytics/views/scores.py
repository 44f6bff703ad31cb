"""
One scored assessment: its level, shape and categories, what limits it, and its tables.

Every part is a function of its own, so that a page, a report, a notebook and a terminal
choose what they show and say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Answer, Assessment, State
from pkimm_analytics.model import Category, Model
from pkimm_analytics.planning import limits_next_level
from pkimm_analytics.scoring import ExtensionScores, Scores, tool_figures
from pkimm_analytics.scoring import Figure as Score
from pkimm_analytics.views.figures import NOTHING, Voice, quartiles
from pkimm_analytics.views.view import (
    Block,
    Card,
    Cell,
    Chart,
    Facts,
    Figure,
    Heading,
    Mark,
    Meter,
    Table,
    Text,
    Tone,
    View,
)
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, catalogue

if TYPE_CHECKING:
    from pkimm_analytics.benchmark import Comparison, Position

LEAST_SURE = 0.5
"""Share of the questions below which a score is said to be so only so far."""
MOST_LIMITS = 5


def voice_of(scores: Scores, language: str = DEFAULT_LANGUAGE) -> Voice:
    """Words and names for an assessment."""
    return Voice(catalogue(language), scores.model)


# --- the whole -----------------------------------------------------------------------


def title(assessment: Assessment, voice: Voice) -> str:
    """Name of the use case."""
    return assessment.use_case.name or voice.say("value.unnamed")


def subtitle(assessment: Assessment, voice: Voice) -> str:
    """Organization, date, method and edition in one line."""
    parts = [
        assessment.organization.name,
        voice.day(assessment.date),
        voice.say(f"mode.{assessment.mode}"),
        f"PKIMM {assessment.model.version}",
    ]
    return " · ".join(filter(None, parts))


def overall_figure(scores: Scores, voice: Voice, *more: str | tuple[str, Tone]) -> Figure:
    """Score, level and coverage of the whole; further sentences follow."""
    whole = scores.overall
    coverage = voice.coverage(whole)
    if whole.coverage is not None and whole.coverage < LEAST_SURE and whole.level:
        coverage = voice.say("text.so_far", coverage=coverage)
    return Figure(
        voice.figure(whole.value),
        voice.level_words(whole),
        Meter(whole.score),
        (*more, coverage),
    )


def marks(
    scores: Scores,
    voice: Voice,
    *,
    before: Scores | None = None,
    peers: Comparison | None = None,
) -> tuple[Mark, ...]:
    """Categories under their modules, with the previous score and the middle half of peers."""
    positions = {} if peers is None else {p.measure: p for p in peers.positions}
    return tuple(
        _mark(scores, category.key, voice, before, positions.get(category.key))
        for module in scores.model.modules
        for category in module.categories
    )


def _mark(
    scores: Scores, key: str, voice: Voice, before: Scores | None, peer: Position | None
) -> Mark:
    figure = scores.categories[key]
    module = key.partition(".")[0]
    whole = scores.modules[module]
    group = f"{voice.name(module)}  {voice.figure(whole.value)}  {voice.level_words(whole)}"
    earlier = before.categories.get(key) if before else None
    low, middle, high = quartiles(None if peer is None else peer.peers)
    return Mark(
        voice.name(key),
        figure.score,
        voice.figure(figure.value) if figure.level else voice.say(f"value.{figure.state}"),
        group,
        low=low,
        middle=middle,
        high=high,
        before=None if earlier is None else earlier.score,
    )


def category_chart(
    scores: Scores,
    voice: Voice,
    *,
    before: Scores | None = None,
    peers: Comparison | None = None,
) -> Chart:
    """Bars of all categories, as of :func:`marks`."""
    found = marks(scores, voice, before=before, peers=peers)
    caption = [voice.say("text.chart")]
    if any(mark.before is not None for mark in found):
        caption.append(voice.say("text.chart_before"))
    if any(mark.low is not None for mark in found):
        caption.append(voice.say("text.chart_peers"))
    return Chart("bars", " ".join(caption), found)


def radar(scores: Scores, voice: Voice, *, peers: Comparison | None = None) -> Chart:
    """Shape of all categories around a circle, and that of the middle of peers."""
    found = marks(scores, voice, peers=peers)
    caption = voice.say("text.radar")
    if any(mark.middle is not None for mark in found):
        caption += f" {voice.say('text.radar_peers')}"
    return Chart("radar", caption, found)


# --- what limits ---------------------------------------------------------------------------


def limits(scores: Scores, voice: Voice, most: int = MOST_LIMITS) -> list[Block]:
    """Elements in which one level more adds most, and which level that leads towards."""
    level, limiting = limits_next_level(scores.assessment, model=scores.model)
    if level is None:
        done = scores.overall.level is not None
        return [Text(voice.say("text.top" if done else "text.nothing_rated"))]
    rows = tuple(
        (
            Cell(voice.name(one.key), below=parent(one.key, voice)),
            Cell(str(one.level), float(one.level), "level"),
            voice.signed(one.overall_gain),
        )
        for one in limiting[:most]
    )
    return [
        Table(
            voice.say("section.limits"),
            (voice.say("column.element"), voice.say("column.now"), voice.say("column.gain")),
            rows,
            frozenset({1, 2}),
            anchor="limits",
        )
    ]


def parent(key: str, voice: Voice) -> str:
    """Name of the category of a requirement."""
    return voice.name(key.rpartition(".")[0]) if key.count(".") > 1 else ""


def missing_to_next(scores: Scores) -> tuple[int, Fraction] | None:
    """Next level of the whole, and how far it is; None at the top or without a score."""
    value, level = scores.overall.value, scores.overall.level
    if value is None or level is None or level >= 5:
        return None
    return level + 1, level + 1 - value


# --- tables ----------------------------------------------------------------------------------


def level_table(scores: Scores, voice: Voice, *, with_overall: bool = True) -> Table:
    """Score, level and coverage of the whole, the modules and the categories."""
    rows = [_level_row("", "overall", scores.overall, voice)] if with_overall else []
    for module in scores.model.modules:
        rows.append(_level_row(module.id, module.id, scores.modules[module.id], voice))
        rows += [
            _level_row(c.native_id, c.key, scores.categories[c.key], voice)
            for c in module.categories
        ]
    return Table(
        voice.say("section.levels"),
        voice.head("element", "name", "score", "level", "percentage", "coverage"),
        tuple(rows),
        frozenset({2, 4, 5}),
        anchor="levels",
    )


def _level_row(native: str, key: str, figure: Score, voice: Voice) -> tuple[str | Cell, ...]:
    element, name, rated = "" if native == key else native, voice.name(key), voice.rated(figure)
    if figure.level is None:
        return element, name, NOTHING, voice.say(f"value.{figure.state}"), NOTHING, rated
    level = Cell(f"{figure.level} {voice.level_name(figure.level)}", float(figure.level), "level")
    return (
        element,
        name,
        voice.figure(figure.value),
        level,
        voice.figure(figure.percentage, 1),
        rated,
    )


def answer_table(scores: Scores, category: Category, voice: Voice) -> Table:
    """Level or state of a category's requirements, with evidence and notes: private."""
    assessment = scores.assessment
    items = [(category.native_id, voice.name(category.key), assessment.answer(category.key))]
    if items[0][2] == Answer():
        items = []
    items += [(r.native_id, r.title, assessment.answer(r.key)) for r in category.requirements]
    return Table(
        voice.name(category.key),
        voice.head("element", "requirement", "level", "evidence", "notes"),
        tuple(
            (
                native,
                name,
                Cell(str(answer.level), float(answer.level), "level")
                if answer.level
                else voice.state(answer),
                answer.evidence,
                "\n".join(filter(None, [answer.reason, answer.notes])),
            )
            for native, name, answer in items
        ),
        anchor=f"answers-{category.key}",
    )


def details(scores: Scores, voice: Voice) -> Iterator[Block]:
    """Every category with what its level means and its answers: private."""
    for category in scores.model.categories.values():
        figure = scores.categories[category.key]
        yield Heading(f"{category.native_id} {voice.name(category.key)}", 3)
        yield Text(voice.level(figure) if figure.level else voice.say(f"value.{figure.state}"))
        if figure.level:
            yield Text(category.levels[figure.level - 1], "soft")
        yield answer_table(scores, category, voice)


def extensions(scores: Scores, voice: Voice) -> Iterator[Block]:
    """Scores and floors of the extensions; nothing without any."""
    if not scores.extensions:
        return
    yield Heading(voice.say("section.extensions"), 3)
    yield Facts(
        tuple(
            (_extension_name(one), _extension_text(one.score, one.floor, voice))
            for one in scores.extensions.values()
        )
    )


def _extension_name(scores: ExtensionScores) -> str:
    return f"{scores.extension.name} {scores.extension.version}"


def _extension_text(score: object, floor: object, voice: Voice) -> str:
    return voice.say("value.extension", score=voice.figure(score), floor=voice.figure(floor))


def not_in_scope(assessment: Assessment, model: Model, voice: Voice) -> list[Block]:
    """List what does not apply, or only in part, and why."""
    rows = tuple(
        (model.native_id(key), voice.name(key), voice.state(answer), answer.reason)
        for key, answer in assessment.answers.items()
        if key in model.keys and (answer.partial or answer.state is State.NOT_APPLICABLE)
    )
    if not rows:
        return [Text(voice.say("scope.everything"))]
    header = voice.head("element", "name", "state", "reason")
    return [Table(voice.say("scope.applicability"), header, rows, anchor="scope")]


def remarks(scores: Scores) -> Iterator[Block]:
    """Say what to know about the figures: caveats, and problems of scoring."""
    for caveat in scores.assessment.caveats:
        yield Text(caveat.message, "notice")
    for problem in scores.problems:
        yield Text(str(problem), "notice")


def tool_part(scores: Scores, voice: Voice) -> list[Block]:
    """Figures that the source's own tool shows, and why they differ; nothing if it has none."""
    found = tool_figures(scores)
    if not found:
        return []
    header = voice.head("name", "ours", "tool")
    rows = tuple(_tool_rows(scores, found, voice))
    title = voice.say("section.tool")
    parts = [found, *found["extensions"].values()]
    reasons = dict.fromkeys(reason for part in parts for reason in part["differs_because"])
    said = [Text(reason) for reason in reasons or [voice.say("text.tool_agrees")]]
    tables = [Table(title, header, rows, frozenset({1, 2}), anchor="tool")] if rows else []
    return [*tables, *said]


def _tool_rows(
    scores: Scores, found: Mapping[str, Any], voice: Voice
) -> Iterator[tuple[str, str, str]]:
    ours = {"overall": scores.overall, **scores.modules}
    for key, shown in {"overall": found["overall"], **found["modules"]}.items():
        if key in ours and shown:
            yield voice.name(key), voice.level(ours[key]), _tool_text(shown, voice)
    for id_, shown in found["extensions"].items():
        one = scores.extensions[id_]
        overall, floor = ((shown[part] or {}).get("value") for part in ("overall", "floor"))
        yield (
            _extension_name(one),
            _extension_text(one.score, one.floor, voice),
            _extension_text(overall, floor, voice),
        )


def _tool_text(shown: Mapping[str, Any], voice: Voice) -> str:
    """Level and figure as the tool has them; its 0 and -1 stand for none."""
    level, value = shown.get("level") or 0, shown.get("value")
    if level <= 0:
        return NOTHING if value is None or value <= 0 else voice.figure(value)
    return str(level) if value is None else f"{level} ({voice.figure(value)})"


# --- a whole view ------------------------------------------------------------------------------


def score_view(scores: Scores, language: str = DEFAULT_LANGUAGE) -> View:
    """
    One scored assessment, as ``pkimm score`` prints it and a notebook shows it.

    Parameters
    ----------
    scores : Scores
    language : str
    """
    voice = voice_of(scores, language)
    assessment = scores.assessment
    whole = Card(voice.say("value.overall"), (overall_figure(scores, voice),))
    blocks: list[Block] = [*whole.blocks, category_chart(scores, voice), level_table(scores, voice)]
    blocks += [*extensions(scores, voice), *remarks(scores)]
    blocks += tool_part(scores, voice)
    return View(
        title(assessment, voice),
        subtitle(assessment, voice),
        tuple(blocks),
        language=language,
        badge=voice.say("value.synthetic_badge") if assessment.synthetic else "",
    )
