"""
The way to a target: what it takes, in phases, and what became of earlier plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pkimm_analytics.planning.action_plans import Tracked
from pkimm_analytics.planning.roadmap import Roadmap
from pkimm_analytics.planning.solver import Raise
from pkimm_analytics.views.figures import NOTHING, Voice
from pkimm_analytics.views.scores import parent, subtitle, title, voice_of
from pkimm_analytics.views.view import Block, Cell, Chart, Heading, Mark, Table, Text, View


def plan(road: Roadmap, voice: Voice) -> Iterator[Block]:
    """Say what the plan reaches at which effort, phase by phase, and every step of it."""
    steps = n_steps(road.plan.raises)
    if not steps:
        yield Text(voice.say("plan.nothing"))
        return
    yield Text(
        voice.say(
            "plan.sentence",
            n=steps,
            effort=f"{road.plan.effort:g}",
            phases=voice.say("plan.phases", n=len(road.phases)),
            before=voice.figure(road.today.overall.value),
            after=voice.figure(road.plan.projected.overall.value),
        )
    )
    for problem in road.late:
        yield Text(str(problem), "notice")
    yield Chart("steps", voice.say("plan.chart"), tuple(_marks(road, voice)))
    yield phase_table(road, voice)
    yield step_table(road, voice)


def n_steps(raises: Iterable[Raise]) -> int:
    """Count steps: one is one level of one element, so that phases add up to their plan."""
    return sum(one.after - one.before for one in raises)


def plan_view(road: Roadmap) -> View:
    """Show a plan."""
    voice = voice_of(road.today)
    assessment = road.today.assessment
    blocks = tuple(plan(road, voice))
    return View(title(assessment, voice), subtitle(assessment, voice), blocks)


def _marks(road: Roadmap, voice: Voice) -> Iterator[Mark]:
    now = road.today.overall.value
    yield Mark(voice.say("change.now"), float(now or 0), voice.figure(now), "total")
    for phase in road.phases:
        after = phase.projected.overall.value
        label = voice.say("plan.phase", number=phase.number, until=voice.day(phase.finish))
        yield Mark(label, float((after or 0) - (now or 0)), voice.gain(now, after))
        now = after
    yield Mark(voice.say("plan.then"), float(now or 0), voice.figure(now), "total")


def phase_table(road: Roadmap, voice: Voice) -> Table:
    """Phases with their steps, effort and the score at their end; they add up to the plan."""
    rows = tuple(
        (
            str(phase.number),
            voice.day(phase.start) if phase.start else NOTHING,
            voice.day(phase.finish) if phase.finish else NOTHING,
            str(n_steps(phase.raises)),
            f"{phase.effort:g}",
            voice.figure(phase.projected.overall.value),
        )
        for phase in road.phases
    )
    header = voice.head("phase", "start", "finish", "steps", "effort", "score_then")
    return Table(voice.say("section.phases"), header, rows, frozenset({3, 4, 5}), "phases")


def step_table(road: Roadmap, voice: Voice, most: int | None = None) -> Table:
    """List the steps, or the first `most`: what, between which levels, its effort and phase."""
    rows = tuple(
        (
            Cell(voice.name(step.key), below=parent(step.key, voice)),
            Cell(str(step.before), float(step.before), "level"),
            Cell(str(step.after), float(step.after), "level"),
            f"{step.effort:g}",
            str(phase.number),
        )
        for phase in road.phases
        for step in phase.raises
    )
    header = voice.head("step", "from", "to", "effort", "phase")
    numeric = frozenset({1, 2, 3, 4})
    return Table(voice.say("section.steps"), header, rows[:most], numeric, "steps")


def followed(plans: Sequence[Tracked], voice: Voice) -> list[Block]:
    """List action plans with what became of each: open, reached, superseded or overdue."""
    if not plans:
        return [Text(voice.say("plan.none"), "soft")]
    is_one = len({one.since.use_case.name for one in plans}) == 1
    rows = tuple(
        (
            Cell(one.name, below="" if is_one else one.since.use_case.name),
            voice.say("state.overdue") if one.is_late else voice.say(f"state.{one.state}"),
            str(one.level_before or NOTHING),
            str(one.level or NOTHING),
            str(one.plan.target_level or NOTHING),
            voice.day(one.plan.target_date) if one.plan.target_date else NOTHING,
            one.why,
        )
        for one in plans
    )
    header = voice.head("name", "state", "from", "now", "to", "finish", "notes")
    caption = voice.say("section.plans")
    return [Heading(caption), Table(caption, header, rows, frozenset({2, 3, 4}), "plans")]
