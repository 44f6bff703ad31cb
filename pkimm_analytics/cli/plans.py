"""The commands that look ahead: the plan to a target, and what became of action plans."""

from __future__ import annotations

import json
from enum import StrEnum
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
    say,
    write_output,
)
from pkimm_analytics.cli.progress import UseCaseOption, cases_of, numbers_of, read_assessments
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders import find_sources, load
from pkimm_analytics.model import NEWEST, load_model
from pkimm_analytics.planning.action_plans import (
    PlanState,
    Tracked,
    action_plan_table,
    action_plans,
    tracked,
    with_action_plans,
)
from pkimm_analytics.planning.exports import has_day, to_csv, to_icalendar, to_markdown
from pkimm_analytics.planning.inputs import read_effort, read_needs, read_target
from pkimm_analytics.planning.roadmap import Calendar, Roadmap, Wish, plan_for
from pkimm_analytics.progress.portfolio import usable
from pkimm_analytics.render.terminal import show
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.plan import followed, plan_view
from pkimm_analytics.views.words import catalogue

TargetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        help="Score or level to reach: 4, ELEMENT=4 or ELEMENT=4@2027-06-30; repeatable.",
    ),
]
BudgetOption = Annotated[
    float | None,
    typer.Option(min=0, help="Effort to spend on the highest overall score, without a target."),
]
EffortOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Effort from level 1 to 2, 2 to 3, 3 to 4 and 4 to 5, such as 1,2,3,5; or ELEMENT=2"
        " for one that takes twice as much; repeatable."
    ),
]


class Export(StrEnum):
    """Formats of action plans; ``json`` is the assessment with the plans in it."""

    CSV = "csv"
    ICS = "ics"
    MD = "md"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("plan")(plan_command)
    app.command("plans")(plans_command)


@ends_cleanly
def plan_command(
    assessment: Annotated[str, typer.Argument(metavar="ASSESSMENT", help="File or share link.")],
    target: TargetOption = None,
    budget: BudgetOption = None,
    lock: Annotated[
        list[str] | None, typer.Option(help="Element, category or module that stays as it is.")
    ] = None,
    need: Annotated[
        list[str] | None,
        typer.Option(help="ELEMENT=OTHER: raised only as far as the other one; repeatable."),
    ] = None,
    effort: EffortOption = None,
    phases: Annotated[int | None, typer.Option(help="Number of phases.")] = None,
    capacity: Annotated[float | None, typer.Option(help="Effort that fits into a phase.")] = None,
    start: Annotated[str | None, typer.Option(help="First day of the plan, YYYY-MM-DD.")] = None,
    months: Annotated[int, typer.Option(help="Months in a phase.")] = 3,
    export: Annotated[
        Export | None, typer.Option(help="Write action plans in this format.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File for the export, or for the planned assessment."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the cheapest steps that reach the targets, and spread them over phases."""
    loaded = [item for one in find_sources(assessment) for item in load(one)]
    if len(loaded) != 1:
        raise PkimmError(f"A plan is made for one assessment, and there are {len(loaded)}.")
    list_problems(loaded[0].problems)
    if export and as_json and save is None:
        raise PkimmError("--json and --export would both be printed: name a file with --out.")
    now = loaded[0].assessment
    wish = Wish(
        targets=[read_target(text) for text in target or []],
        budget=budget,
        when=Calendar(start, months, phases, capacity),
        effort=read_effort(effort or []),
        needs=read_needs(need or []),
        locked=frozenset(lock or ()),
    )
    road = plan_for(now, wish)
    list_problems(road.late)
    if as_json:
        print_json(_plan(road))
    elif export is None or save is not None:
        show(plan_view(road), out())
    if export is not None:
        adopted = with_action_plans(now, action_plans(road))
        _export(tracked([adopted]), export, save, adopted)
    elif save is not None:
        write_output(road.plan.planned.dumps(), save)


@ends_cleanly
def plans_command(
    sources: Annotated[
        list[str], typer.Argument(metavar="WORKSPACE-OR-FILES", help="Folder or files.")
    ],
    use_case: UseCaseOption = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only plans that are open.")] = False,
    export: Annotated[Export | None, typer.Option(help="Write them in this format.")] = None,
    save: Annotated[Path | None, typer.Option("--out", "-o", help="File for the export.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what became of action plans: open, reached or overtaken."""
    if export is Export.JSON:
        raise PkimmError("Action plans of several assessments have no common file: use --json.")
    if export and as_json and save is None:
        raise PkimmError("--json and --export would both be printed: name a file with --out.")
    assessments, problems = read_assessments(sources)
    cases = cases_of(assessments, use_case)
    plans = [plan for found in cases.values() for plan in tracked(usable(found))]
    plans = [plan for plan in plans if plan.state is PlanState.OPEN or not only_open]
    if as_json:
        rows = json.loads(action_plan_table(plans).to_json(orient="records"))
        print_json({"format": "pkimm-action-plans/1", "plans": rows})
    elif export is None or save is not None:
        show(followed(plans, Voice(catalogue(), load_model(NEWEST))), out())
    if export is not None:
        _export(plans, export, save)
    list_problems(problems)
    if any(problem.refused for problem in problems):
        raise typer.Exit(1)


def _export(
    plans: list[Tracked], form: Export, target: Path | None, adopted: Assessment | None = None
) -> None:
    if form is Export.JSON and adopted is not None:
        write_output(adopted.dumps(), target)
        return
    if form is Export.ICS:
        left_out = sum(not has_day(plan) for plan in plans)
        if left_out:
            say(f"{left_out} plan(s) without a date, or overtaken, are not in the calendar.")
    writers = {Export.CSV: to_csv, Export.ICS: to_icalendar, Export.MD: to_markdown}
    write_output(writers[form](plans), target)


def _plan(road: Roadmap) -> dict[str, Any]:
    plan = road.plan
    return {
        "format": "pkimm-plan/1",
        "effort": plan.effort,
        "raises": [
            {"key": r.key, "before": r.before, "after": r.after, "effort": r.effort}
            for r in plan.raises
        ],
        "phases": [
            {
                "number": p.number,
                "start": p.start,
                "finish": p.finish,
                "effort": p.effort,
                "raises": [{"key": r.key, "before": r.before, "after": r.after} for r in p.raises],
                "projected": numbers_of(p.projected.overall),
            }
            for p in road.phases
        ],
        "late": [problem.to_json() for problem in road.late],
        "projected": {
            "overall": numbers_of(plan.projected.overall),
            "modules": {k: numbers_of(f) for k, f in plan.projected.modules.items()},
            "categories": {k: numbers_of(f) for k, f in plan.projected.categories.items()},
        },
    }
