"""The command that shows the progress of use cases."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    list_problems,
    out,
    print_json,
)
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.history import fold, histories, latest_revisions
from pkimm_analytics.loaders import find_sources, load
from pkimm_analytics.progress import Bridge, Step, compare
from pkimm_analytics.progress.portfolio import portfolio_table
from pkimm_analytics.progress.trend import PeerTrend, peers_over_time
from pkimm_analytics.render.terminal import show
from pkimm_analytics.scoring import Figure, score
from pkimm_analytics.views import progress as views
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.peers import english, group_sentence, trend_table
from pkimm_analytics.views.scores import title, voice_of
from pkimm_analytics.views.view import Block, Heading, Text
from pkimm_analytics.views.words import catalogue

UseCaseOption = Annotated[
    str | None, typer.Option("--use-case", help="Only the use case of that name.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("progress")(progress_command)


@ends_cleanly
def progress_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="WORKSPACE-OR-FILES", help="Folder or files.")
    ],
    use_case: UseCaseOption = None,
    portfolio: Annotated[
        bool, typer.Option("--portfolio", help="One line for each use case: the latest figures.")
    ] = False,
    release: Annotated[
        Path | None,
        typer.Option("--release", "-r", help="Show peers over the same time, of its releases."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how each use case changed from one assessment to the next, and why."""
    assessments, problems = read_assessments(sources)
    cases = cases_of(assessments, use_case)
    if portfolio:
        _show_portfolio([a for found in cases.values() for a in found], as_json=as_json)
    elif as_json:
        document = [_case(found, release) for found in cases.values()]
        print_json({"format": "pkimm-progress/1", "use_cases": document})
    else:
        for found in cases.values():
            _show_case(found, release)
    list_problems(problems)
    if any(problem.refused for problem in problems):
        raise typer.Exit(1)


def cases_of(
    assessments: list[Assessment], use_case: str | None
) -> dict[tuple[str, str], list[Assessment]]:
    """Assessments by organization and use case; of one use case if it is named."""
    cases = histories(assessments)
    n = len(cases)
    if use_case is not None:
        cases = {case: found for case, found in cases.items() if case[1] == fold(use_case)}
    if not cases:
        raise PkimmError(f"There is no assessment of that use case. Use cases found: {n}.")
    return cases


def _show_portfolio(assessments: list[Assessment], *, as_json: bool) -> None:
    found = portfolio_table(assessments)
    if as_json:
        rows = json.loads(found.to_json(orient="records", double_precision=15))
        print_json({"format": "pkimm-portfolio/1", "use_cases": rows})
    else:
        show([*views.portfolio(found, Voice(catalogue()))], out())


def read_assessments(sources: list[str]) -> tuple[list[Assessment], list[Problem]]:
    """Read assessments, each record once, and a problem for what could not be read."""
    assessments: list[Assessment] = []
    problems: list[Problem] = []
    for source in [one for argument in sources for one in find_sources(argument)]:
        try:
            loaded = load(source)
        except PkimmError as error:
            problems += error.problems or [Problem(source.name, error.message)]
            continue
        for item in loaded:
            assessments.append(item.assessment)
            problems += item.problems
    return latest_revisions(assessments), problems


def _case(found: list[Assessment], release: Path | None) -> dict[str, Any]:
    steps = [compare(one, other) for one, other in pairwise(found)]
    peers = None if release is None else peers_over_time(found[-1], release)
    return {
        "use_case": found[-1].use_case.name,
        "assessments": [
            {
                "date": a.date,
                "model": a.model.version,
                "mode": str(a.mode),
                "assurance": None if a.assurance is None else str(a.assurance),
                "overall": numbers_of(score(a).overall),
            }
            for a in found
        ],
        "steps": [_step(step) for step in steps],
        "peers": None if peers is None else _peers(peers),
    }


def _peers(peers: PeerTrend) -> dict[str, Any]:
    return {
        "cohort": peers.ladder.found,
        "sentence": group_sentence(peers.bench, peers.ladder),
        "quarters": json.loads(peers.table.to_json(orient="records")),
    }


def numbers_of(figure: Figure) -> dict[str, Any]:
    """Return a figure as plain data."""
    return {"score": figure.score, "level": figure.level, "coverage": figure.coverage}


def _step(step: Step) -> dict[str, Any]:
    before, after = step.like_for_like
    return {
        "from": step.before.assessment.date,
        "to": step.after.assessment.date,
        "overall": _bridge(step.overall),
        "modules": {key: _bridge(bridge) for key, bridge in step.modules.items()},
        "categories": {key: _bridge(bridge) for key, bridge in step.categories.items()},
        "moved": {key: float(part) for key, part in step.moved.items()},
        "caveats": list(step.caveats),
        "like_for_like": {"before": before.overall.score, "after": after.overall.score},
        "changed": [
            {
                "key": d.key,
                "before": None if d.before is None else float(d.before),
                "after": None if d.after is None else float(d.after),
                "state_before": d.state_before,
                "state_after": d.state_after,
                "comparable": d.comparable,
                "note": d.note,
                "evidence_changed": d.evidence_changed,
            }
            for d in step.deltas
            if d.change or d.state_before != d.state_after or d.evidence_changed
        ],
    }


def _bridge(bridge: Bridge) -> dict[str, Any]:
    def plain(value: Fraction | None) -> float | None:
        return None if value is None else float(value)

    return {
        "before": plain(bridge.before),
        "after": plain(bridge.after),
        "change": plain(bridge.change),
        "parts": {name: float(part) for name, part in bridge.parts.items()},
    }


def _show_case(found: list[Assessment], release: Path | None) -> None:
    history = [score(one) for one in found]
    steps = [compare(one, other) for one, other in pairwise(found)]
    voice = voice_of(history[-1])
    blocks: list[Block] = [
        Heading(title(found[-1], voice)),
        views.history_table(history, voice),
        *([views.steps_table(steps, voice)] if steps else ()),
    ]
    if release is not None:
        peers = peers_over_time(found[-1], release)
        among = english(peers.bench)
        blocks.append(trend_table(peers.quarters.items(), among))
        blocks.append(Text(group_sentence(peers.bench, peers.ladder, among)))
    show(blocks, out())
