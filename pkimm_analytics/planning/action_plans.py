"""
Action plans: what is to be done about an element, by whom, until when, and what came of it.

The elements are those of the methodology: objectives, responsibility, schedule,
resources with dependencies, outputs, tasks and comments. Action plans stand in the
assessment in which they were made. Later assessments of the use case say what became
of each: **open**, **reached**, or **overtaken** by a newer plan or a changed scope.

References
----------
PKI Consortium, *PKI Maturity Model*, assessment methodology, action plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import PLAN_PARTS, ActionPlan, Assessment, Mode, State
from pkimm_analytics.model import Model, category_of, module_of
from pkimm_analytics.planning.roadmap import Roadmap
from pkimm_analytics.scoring import Scores, score

if TYPE_CHECKING:
    import pandas as pd


class PlanState(StrEnum):
    """What became of an action plan."""

    OPEN = "open"
    REACHED = "reached"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Tracked:
    """
    An action plan and what became of it.

    Parameters
    ----------
    plan : ActionPlan
        As it was written last.
    since : Assessment
        Assessment in which it stood first.
    native_id, name : str
        Element as its edition names it.
    state : PlanState
    level_before, level : int, optional
        Level when the plan was made, and the latest one; None where not rated.
    as_of : str, optional
        Date of the latest assessment.
    why : str
        Reason for the state, in words.
    is_late : bool
        Open, and the latest assessment was made after the target date.
    """

    plan: ActionPlan
    since: Assessment
    native_id: str
    name: str
    state: PlanState
    level_before: int | None
    level: int | None
    as_of: str | None
    why: str
    is_late: bool


# --- from a roadmap -----------------------------------------------------------------


def action_plans(roadmap: Roadmap) -> tuple[ActionPlan, ...]:
    """
    Write an action plan for each element that a roadmap raises.

    Parameters
    ----------
    roadmap : Roadmap

    Returns
    -------
    tuple of ActionPlan
        In the order of the model. What the assessment's own action plan of an element
        says already is kept, and ours is added to it.
    """
    existing = {plan.element: plan for plan in roadmap.today.assessment.action_plans}
    return tuple(
        _merged(
            existing.get(r.key),
            _action_plan(roadmap, r.key, r.before, r.after),
        )
        for r in roadmap.plan.raises
    )


def with_action_plans(assessment: Assessment, plans: Iterable[ActionPlan]) -> Assessment:
    """Return the assessment with these action plans; those of other elements stay."""
    new = {plan.element: plan for plan in plans}
    kept = [plan for plan in assessment.action_plans if plan.element not in new]
    return assessment.replace(action_plans=(*kept, *new.values()))


def _action_plan(roadmap: Roadmap, key: str, before: int, after: int) -> ActionPlan:
    model = roadmap.today.model
    phases = [(p, r) for p in roadmap.phases for r in p.raises if r.key == key]
    return ActionPlan(
        element=key,
        target_level=after,
        target_date=phases[-1][0].finish,
        objectives=(f"Raise {model.name(key)} {_from_to(model, before, after)}.",),
        schedule=tuple(
            f"Phase {phase.number}{_between(phase.start, phase.finish)}: level {r.after}"
            for phase, r in phases
        ),
        resources=(
            f"Effort: {sum(r.effort for _, r in phases):g}",
            *(
                f"Depends on {model.native_id(base)} {model.name(base)}"
                for base in roadmap.needs.get(key, ())
            ),
        ),
        outputs=_outputs(model, key),
        tasks=tuple(
            f"Reach level {level} {model.level_name(level)}: {text}"
            for level, text in _level_texts(model, key, before, after)
        ),
    )


def _from_to(model: Model, before: int, after: int) -> str:
    names = model.level_name(before), model.level_name(after)
    return f"from level {before} {names[0]} to level {after} {names[1]}"


def _between(start: str | None, finish: str | None) -> str:
    return f" ({start} to {finish})" if start and finish else ""


def _outputs(model: Model, key: str) -> tuple[str, ...]:
    requirement = model.requirements.get(key)
    return tuple(f"Evidence: {text}" for text in requirement.evidence) if requirement else ()


def _level_texts(model: Model, key: str, before: int, after: int) -> list[tuple[int, str]]:
    texts = model.categories[category_of(key)].levels
    return [(n, texts[n - 1]) for n in range(before + 1, after + 1) if n <= len(texts)]


def _merged(old: ActionPlan | None, new: ActionPlan) -> ActionPlan:
    if old is None:
        return new
    parts: dict[str, Any] = {
        part: tuple(dict.fromkeys([*getattr(old, part), *getattr(new, part)]))
        for part in PLAN_PARTS
    }
    return old.replace(target_level=new.target_level, target_date=new.target_date, **parts)


# --- what became of them ------------------------------------------------------------


def tracked(history: Sequence[Assessment]) -> list[Tracked]:
    """
    Say what became of the action plans of one use case.

    A plan is **reached** if the latest assessment has its element at the target level
    or above; **overtaken** if a newer plan has another target for the element, or the
    element does not apply any more, or the newer edition lacks it; **open** otherwise.

    Parameters
    ----------
    history : sequence of Assessment
        Assessments of the use case, oldest first. One is enough.

    Returns
    -------
    list of Tracked
        In the order in which the plans were made.

    Raises
    ------
    UnknownEditionError
        If one of the editions is not installed.
    """
    if not history:
        return []
    scored = [score(assessment) for assessment in history]
    found: list[Tracked] = []
    for element, plans in _by_element(history).items():
        for place, (since, plan) in enumerate(plans):
            newer = plans[place + 1] if place + 1 < len(plans) else None
            found.append(_tracked(element, plan, scored, since, newer))
    return sorted(found, key=lambda t: _position(history, t))


def _position(history: Sequence[Assessment], one: Tracked) -> tuple[int, str]:
    return next(n for n, a in enumerate(history) if a is one.since), one.plan.element


def _by_element(history: Sequence[Assessment]) -> dict[str, list[tuple[int, ActionPlan]]]:
    """Plans of each element; one that was carried on with its target is one plan."""
    found: dict[str, list[tuple[int, ActionPlan]]] = {}
    for place, assessment in enumerate(history):
        for plan in assessment.action_plans:
            plans = found.setdefault(plan.element, [])
            if plans and plans[-1][1].target_level == plan.target_level:
                plans[-1] = (plans[-1][0], plan)
            else:
                plans.append((place, plan))
    return found


def _tracked(
    element: str,
    plan: ActionPlan,
    scored: Sequence[Scores],
    since: int,
    newer: tuple[int, ActionPlan] | None,
) -> Tracked:
    first, last = scored[since], scored[-1]
    levels = [level_in(scores, element) for scores in scored[since:]]
    known = [level for level in levels if level is not None]
    level = known[-1] if known else None
    state, why = _state(element, plan, level, last, newer)
    if state is PlanState.OPEN and plan.target_level and max(known, default=0) >= plan.target_level:
        why = "reached before, and fallen back since"
    as_of = last.assessment.date
    late = bool(plan.target_date and as_of and as_of > plan.target_date)
    return Tracked(
        plan=plan,
        since=first.assessment,
        native_id=first.model.native_id(element) if element in first.model.keys else element,
        name=first.model.name(element) if element in first.model.keys else element,
        state=state,
        level_before=levels[0],
        level=level,
        as_of=as_of,
        why=why,
        is_late=late and state is PlanState.OPEN,
    )


def _state(
    element: str,
    plan: ActionPlan,
    level: int | None,
    last: Scores,
    newer: tuple[int, ActionPlan] | None,
) -> tuple[PlanState, str]:
    if newer is not None:
        return PlanState.OVERTAKEN, f"a newer plan has target level {newer[1].target_level or '–'}"
    if element not in last.model.keys:
        return PlanState.OVERTAKEN, f"{last.model.edition} does not have it"
    if _is_out(last.assessment, element):
        return PlanState.OVERTAKEN, "does not apply any more"
    if plan.target_level is None:
        return PlanState.OPEN, "has no target level"
    if level is None:
        return PlanState.OPEN, "not rated"
    if level >= plan.target_level:
        return PlanState.REACHED, f"level {level} of {plan.target_level}"
    return PlanState.OPEN, f"level {level} of {plan.target_level}"


def _is_out(assessment: Assessment, element: str) -> bool:
    above = (element, category_of(element), module_of(element))
    return any(assessment.answer(key).state is State.NOT_APPLICABLE for key in above)


def level_in(scores: Scores, element: str) -> int | None:
    """Level of a module, category or requirement; None where it has none."""
    if element in scores.modules:
        return scores.modules[element].level
    if element in scores.categories:
        return scores.categories[element].level
    answer = scores.assessment.answer(element)
    is_rated = scores.assessment.mode is Mode.FULL and not _is_out(scores.assessment, element)
    return answer.level if is_rated else None


# --- as tables ----------------------------------------------------------------------


def action_plan_table(plans: Sequence[Tracked]) -> pd.DataFrame:
    """
    Tabulate action plans with their state.

    Returns
    -------
    DataFrame
        One row for each: ``use_case, element, native_id, name, state, why, is_late,
        level_before, level, target_level, target_date, as_of``, then the parts of the
        methodology, their items on lines of their own.
    """
    import pandas as pd

    rows = [
        {
            "use_case": t.since.use_case.name,
            "element": t.plan.element,
            "native_id": t.native_id,
            "name": t.name,
            "state": str(t.state),
            "why": t.why,
            "is_late": t.is_late,
            "level_before": t.level_before,
            "level": t.level,
            "target_level": t.plan.target_level,
            "target_date": t.plan.target_date or "",
            "as_of": t.as_of or "",
            **{part: "\n".join(getattr(t.plan, part)) for part in PLAN_PARTS},
        }
        for t in plans
    ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.astype(dict.fromkeys(("level_before", "level", "target_level"), "Int64"))


_COLUMNS = [
    *("use_case", "element", "native_id", "name", "state", "why", "is_late"),
    *("level_before", "level", "target_level", "target_date", "as_of"),
    *PLAN_PARTS,
]
