"""Commands over time: progress of a use case, and the plan to a target."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.cli.console import (
    ends_cleanly,
    list_problems,
    number,
    out,
    print_json,
    say,
    shown,
    write_output,
)
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.loaders import find_sources, load
from pkimm_analytics.model import category_of
from pkimm_analytics.planning import OVERALL, Effort, Plan, Target, cheapest_plan, limits_next_level
from pkimm_analytics.progress import Bridge, Step, compare, history
from pkimm_analytics.scoring import Figure, score

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("progress")(progress_command)
    app.command("plan")(plan_command)


@ends_cleanly
def progress_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="WORKSPACE-OR-FILES", help="Folder or files.")
    ],
    use_case: Annotated[str | None, typer.Option(help="Only the use case of that name.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how each use case changed from one assessment to the next, and why."""
    assessments, problems = _read(sources)
    cases = {
        case: found for case, found in history(assessments).items() if use_case in (None, case[1])
    }
    if not cases:
        names = ", ".join(sorted({a.use_case.name or "(unnamed)" for a in assessments})) or "none"
        raise PkimmError(f"There is no assessment of that use case. Use cases found: {names}.")
    if as_json:
        print_json({"format": "pkimm-progress/1", "use_cases": list(map(_case, cases.values()))})
    else:
        for (_, name), found in cases.items():
            _print_case(name, found)
    list_problems(problems)
    if any(problem.refused for problem in problems):
        raise typer.Exit(1)


def _read(sources: list[str]) -> tuple[list[Assessment], list[Problem]]:
    assessments: dict[str, Assessment] = {}
    problems: list[Problem] = []
    for source in [one for argument in sources for one in find_sources(argument)]:
        try:
            loaded = load(source)
        except PkimmError as error:
            problems += error.problems or [Problem(source.name, error.message)]
            continue
        for item in loaded:
            assessments[item.assessment.id] = item.assessment
            problems += item.problems
    return list(assessments.values()), problems


def _case(found: list[Assessment]) -> dict[str, Any]:
    steps = [compare(one, other) for one, other in pairwise(found)]
    return {
        "use_case": found[0].use_case.name,
        "assessments": [
            {
                "date": a.date,
                "model": a.model.version,
                "mode": str(a.mode),
                "assurance": None if a.assurance is None else str(a.assurance),
                "overall": _numbers(score(a).overall),
            }
            for a in found
        ],
        "steps": [_step(step) for step in steps],
    }


def _numbers(figure: Figure) -> dict[str, Any]:
    return {"score": figure.score, "level": figure.level, "coverage": figure.coverage}


def _step(step: Step) -> dict[str, Any]:
    before, after = step.like_for_like
    return {
        "from": step.before.assessment.date,
        "to": step.after.assessment.date,
        "overall": _bridge(step.overall),
        "modules": {key: _bridge(bridge) for key, bridge in step.modules.items()},
        "categories": {key: _bridge(bridge) for key, bridge in step.categories.items()},
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


def _signed(value: Fraction | None) -> str:
    if value is None:
        return "–"
    return f"{float(value):+.2f}" if abs(value) >= Fraction(1, 200) else "0"


def _print_case(name: str, found: list[Assessment]) -> None:
    table = Table(title=shown(name or "(unnamed use case)"), title_justify="left")
    for column in ("Date", "Model", "Mode", "Assurance", "Score", "Level", "Coverage"):
        table.add_column(column)
    for assessment in found:
        figure = score(assessment).overall
        table.add_row(
            assessment.date or "undated",
            assessment.model.version,
            str(assessment.mode),
            str(assessment.assurance or "–"),
            number(figure.score),
            str(figure.level or "–"),
            "–" if figure.coverage is None else f"{figure.coverage:.0%}",
        )
    out().print(table)
    for one, other in pairwise(found):
        step = compare(one, other)
        parts = ", ".join(
            f"{k} {_signed(v)}" for k, v in step.overall.parts.items() if _signed(v) != "0"
        )
        before, after = step.like_for_like
        out().print(
            f"{one.date or 'undated'} → {other.date or 'undated'}: {_signed(step.overall.change)}"
            f" ({parts or 'no change'}); like for like"
            f" {number(before.overall.score)} → {number(after.overall.score)}"
        )


@ends_cleanly
def plan_command(
    assessment: Annotated[str, typer.Argument(metavar="ASSESSMENT", help="File or share link.")],
    target: Annotated[
        list[str],
        typer.Option(help="Score or level to reach: 4, or ELEMENT=4; may be given repeatedly."),
    ],
    lock: Annotated[
        list[str] | None, typer.Option(help="Element, category or module that stays as it is.")
    ] = None,
    effort: Annotated[
        str, typer.Option(help="Effort from level 1 to 2, 2 to 3, 3 to 4 and 4 to 5.")
    ] = "1,2,3,5",
    save: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the planned assessment.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the cheapest set of raises that reaches the targets."""
    loaded = [item for one in find_sources(assessment) for item in load(one)]
    if len(loaded) != 1:
        raise PkimmError(f"A plan is made for one assessment, and there are {len(loaded)}.")
    list_problems(loaded[0].problems)
    now = loaded[0].assessment
    plan = cheapest_plan(
        now,
        [_target(text) for text in target],
        effort=Effort(by_level=_efforts(effort)),
        locked=frozenset(lock or ()),
    )
    if as_json:
        print_json(_plan(plan))
    else:
        _print_plan(now, plan)
    if save is not None:
        from pkimm_analytics.assessment import dumps

        write_output(dumps(plan.planned), save)


def _target(text: str) -> Target:
    element, _, value = text.rpartition("=")
    try:
        wanted = Fraction(value)
    except (ValueError, ZeroDivisionError):
        wanted = Fraction(0)
    if not 1 <= wanted <= 5:
        raise PkimmError(f"Target {text}: expected a number from 1 to 5, or ELEMENT=NUMBER.")
    return Target(element or OVERALL, wanted)


def _efforts(text: str) -> tuple[float, float, float, float]:
    try:
        one, two, three, four = (float(part) for part in text.split(","))
    except ValueError:
        one = -1.0
    if one < 0 or min(two, three, four) < 0:
        raise PkimmError("Effort: expected four numbers from 0 up, such as 1,2,3,5.")
    return one, two, three, four


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "format": "pkimm-plan/1",
        "effort": plan.effort,
        "raises": [
            {"key": r.key, "before": r.before, "after": r.after, "effort": r.effort}
            for r in plan.raises
        ],
        "projected": {
            "overall": _numbers(plan.projected.overall),
            "modules": {k: _numbers(f) for k, f in plan.projected.modules.items()},
            "categories": {k: _numbers(f) for k, f in plan.projected.categories.items()},
        },
    }


def _print_plan(now: Assessment, plan: Plan) -> None:
    model = plan.projected.model
    table = Table(title=f"{len(plan.raises)} raises, effort {plan.effort:g}", title_justify="left")
    for column in ("Id", "Category", "Element", "From", "To", "Effort"):
        table.add_column(column)
    for r in plan.raises:
        category = shown(model.name(category_of(r.key)))
        levels = str(r.before), str(r.after), f"{r.effort:g}"
        table.add_row(model.native_id(r.key), category, shown(model.name(r.key)), *levels)
    out().print(table)
    before = score(now, model)
    out().print(
        f"Overall {number(before.overall.score)} → {number(plan.projected.overall.score)}"
        f" (level {before.overall.level} → {plan.projected.overall.level})"
    )
    level, limiting = limits_next_level(plan.planned)
    if level is not None and limiting:
        names = ", ".join(shown(model.native_id(i.key)) for i in limiting[:5])
        say(f"After that, level {level} is limited most by {names}.")
