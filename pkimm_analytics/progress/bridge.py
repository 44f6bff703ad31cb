"""
One use case over time: what changed from one assessment to the next, and why.

A score moves for several reasons, and only some of them are progress. The **bridge**
takes the steps from one assessment to another one at a time, in this order, and scores
after each: the parts are exact fractions and add up to the change.

1. *edition*: the answers are carried over; what only the newer edition asks is taken
   from the newer assessment.
2. *scope*: what does not apply any more, and what applies now.
3. *coverage*: what was rated on one side only.
4. *answers*: all levels that changed, category by category. A category that is rated on
   both sides moves here, whether its level was given by hand or from requirements.

Another way of assessing, or another assessor, is no part: what it changed cannot be told
from what the organization changed. It is a caveat of the whole step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pkimm_analytics.assessment import (
    Assessment,
    Mode,
    State,
    carry,
    not_applicable,
)
from pkimm_analytics.display import Shown
from pkimm_analytics.model import Model, comparability, model_of, module_of, shared_keys
from pkimm_analytics.scoring import Scores, figure_text, score

PARTS = ("edition", "scope", "coverage", "answers")
"""Parts of a bridge, in the order in which they are taken."""
CAVEATS = ("mode", "assurance")
"""What may have moved levels beside the organization, and is no part."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """
    The way from one score to another.

    Parameters
    ----------
    before, after : Fraction, optional
        Scores at both ends, each in its own edition; None where there is none.
    parts : mapping of str to Fraction
        Change by reason, in the order of :data:`PARTS`; they add up to the change.
        Empty if one of the ends has no score.
    """

    before: Fraction | None
    after: Fraction | None
    parts: Mapping[str, Fraction]

    @property
    def change(self) -> Fraction | None:
        """Difference of both scores, exactly."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    def in_hundredths(self) -> dict[str, int]:
        """
        Round the parts so that they add up to the scores as these are shown.

        Scores are shown cut to two decimals, so that what is shown may differ by one
        hundredth more than the parts do.
        """
        if self.before is None or self.after is None:
            return {}
        shown = math.floor(100 * self.after) - math.floor(100 * self.before)
        return in_hundredths(self.parts, shown)


def in_hundredths(parts: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Round parts so that they add up to `total`; a part of 0 stays 0 if others can take it."""
    rounded = {name: math.floor(100 * part) for name, part in parts.items()}
    missing = total - sum(rounded.values())
    moved = [name for name, part in parts.items() if part] or [*parts][-1:]
    moved.sort(key=lambda name: rounded[name] - 100 * parts[name])
    for place in range(abs(missing) if moved else 0):
        order = moved if missing > 0 else moved[::-1]
        rounded[order[place % len(order)]] += 1 if missing > 0 else -1
    return rounded


@dataclass(frozen=True, slots=True)
class Delta:
    """
    One element in two assessments.

    Parameters
    ----------
    key : str
        Element key of a category or requirement.
    before, after : Fraction, optional
        Like-for-like scores of a category, or levels of a requirement; None where
        not rated.
    state_before, state_after : str
        State on either side, or ``absent`` where the edition lacks the element.
    comparable : str
        ``yes``, ``with care`` or ``no``, from the crosswalk.
    note : str
        Why it does not compare, where it does not.
    evidence_changed : bool
        Whether the evidence text differs.
    """

    key: str
    before: Fraction | None
    after: Fraction | None
    state_before: str
    state_after: str
    comparable: str = "yes"
    note: str = ""
    evidence_changed: bool = False

    @property
    def change(self) -> Fraction | None:
        """Difference, None unless both sides are rated."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True, repr=False)
class Step(Shown):
    """
    From one assessment of a use case to the next.

    Parameters
    ----------
    before, after : Scores
        Each in its own edition.
    overall : Bridge
    modules, categories : mapping of str to Bridge
        By element key of the newer edition.
    like_for_like : tuple of Scores
        Both sides again, over the elements that both editions have.
    deltas : tuple of Delta
        Categories and requirements of either edition.
    moved : mapping of str to Fraction
        What each category adds to the part *answers* of the overall score.
    """

    VIEW = "pkimm_analytics.views.progress:step_view"

    before: Scores
    after: Scores
    overall: Bridge
    modules: Mapping[str, Bridge]
    categories: Mapping[str, Bridge]
    like_for_like: tuple[Scores, Scores]
    deltas: tuple[Delta, ...]
    moved: Mapping[str, Fraction]

    @property
    def caveats(self) -> tuple[str, ...]:
        """What else is different, and may have moved levels: ``mode``, ``assurance``."""
        one, other = self.before.assessment, self.after.assessment
        return tuple(name for name in CAVEATS if getattr(one, name) != getattr(other, name))

    def __repr__(self) -> str:
        return (
            f"Step({figure_text(self.overall.before)} to {figure_text(self.overall.after)},"
            f" {self.before.assessment.date} to {self.after.assessment.date})"
        )


def compare(before: Assessment, after: Assessment) -> Step:
    """
    Compare two assessments of one use case.

    Raises
    ------
    UnknownEditionError
        If one of their editions is not installed.
    """
    old, new = model_of(before.model), model_of(after.model)
    first, last = score(before, old), score(after, new)
    stages = [*(score(stage, new) for stage in _stages(before, after, old, new)), last]
    return Step(
        before=first,
        after=last,
        overall=_bridge(first.overall.value, [s.overall.value for s in stages]),
        modules={
            key: _bridge(first.modules[key].value, [s.modules[key].value for s in stages])
            for key in last.modules
        },
        categories={
            key: _bridge(first.categories[key].value, [s.categories[key].value for s in stages])
            for key in last.categories
            if key in first.categories
        },
        like_for_like=like_for_like(before, after),
        deltas=tuple(_deltas(first, last)),
        moved=_moved(stages[-2], last),
    )


def like_for_like(before: Assessment, after: Assessment) -> tuple[Scores, Scores]:
    """
    Score both assessments over the elements that both editions have.

    What one edition lacks is left out on the other side, so that the difference is
    none of the edition's making.
    """
    old, new = model_of(before.model), model_of(after.model)
    shared = shared_keys(old, new)
    return score(_without(before, old, shared), old), score(_without(after, new, shared), new)


def _without(assessment: Assessment, model: Model, shared: frozenset[str]) -> Assessment:
    left_out = {key: not_applicable() for key in model.keys - shared}
    answers = {**assessment.answers, **left_out}
    return assessment.replace(answers=answers, extensions=())  # a baseline needs none


def _bridge(before: Fraction | None, stages: list[Fraction | None]) -> Bridge:
    after = stages[-1]
    if before is None or after is None:
        return Bridge(before, after, {})
    parts, reached = {}, before
    for name, value in zip(PARTS, stages, strict=True):
        # A stage without any score cannot be shown; its part goes to the next one.
        parts[name] = Fraction(0) if value is None else value - reached
        reached = reached if value is None else value
    return Bridge(before, after, parts)


def _stages(before: Assessment, after: Assessment, old: Model, new: Model) -> Iterator[Assessment]:
    """Walk from the older answers towards the newer ones, one reason at a time."""
    start = _flat(carry(before, old, new), new)
    goal = _flat(after, new)
    reasons = _reasons(start, goal, old, new)
    answers = dict(start.answers)
    for part in PARTS[:-1]:
        moving = [key for key, reason in reasons.items() if reason == part]
        answers |= {key: goal.answer(key) for key in moving}
        yield start.replace(answers=dict(answers))


def _flat(assessment: Assessment, model: Model) -> Assessment:
    """Ask for requirements on both sides, and say of categories what was said of their module."""
    out = [key for key, answer in assessment.answers.items() if _is_out(answer.state)]
    covered = {key: not_applicable() for key in model.categories if module_of(key) in out}
    answers = {k: a for k, a in assessment.answers.items() if k in model.categories}
    answers |= {k: a for k, a in assessment.answers.items() if k in model.requirements}
    return assessment.replace(answers=answers | covered, mode=Mode.FULL, extensions=())


def _reasons(start: Assessment, goal: Assessment, old: Model, new: Model) -> dict[str, str]:
    """
    Return the part of each element.

    A category moves as a whole, unless both sides are rated in the same way: then each of
    its requirements has a reason of its own.
    """
    found = {}
    earlier, later = score(start, new).categories, score(goal, new).categories
    for key, category in new.categories.items():
        one, other = earlier[key], later[key]
        reason = "edition" if key not in old.keys else _reason(one.state, other.state)
        is_whole = reason != "answers" or one.by_hand != other.by_hand
        for element in (key, *(r.key for r in category.requirements)):
            if is_whole:
                found[element] = reason
            elif element not in old.keys:
                found[element] = "edition"
            else:
                found[element] = _reason(start.answer(element).state, goal.answer(element).state)
    return found


def _reason(one: State, other: State) -> str:
    if _is_out(one) != _is_out(other):
        return "scope"
    return "answers" if (one is State.RATED) == (other is State.RATED) else "coverage"


def _is_out(state: State) -> bool:
    return state is State.NOT_APPLICABLE


def _moved(alike: Scores, last: Scores) -> dict[str, Fraction]:
    """Share the part *answers* among the categories, by their weights."""
    weights = {k: last.model.categories[k].weight for k, f in last.categories.items() if f.value}
    changes = {
        key: (last.categories[key].value or 0) - (alike.categories[key].value or 0)
        for key in weights
    }
    total = sum(weights.values())
    return {k: Fraction(weights[k] * change, total) for k, change in changes.items() if change}


def _deltas(first: Scores, last: Scores) -> Iterable[Delta]:
    before, after, old, new = first.assessment, last.assessment, first.model, last.model
    older, newer = like_for_like(before, after)
    for key in [*new.categories, *(k for k in old.categories if k not in new.keys)]:
        one, other = older.categories.get(key), newer.categories.get(key)
        shared = key in old.keys and key in new.keys
        comparable, note = comparability(key, old, new)
        yield Delta(
            key,
            before=one.value if one and shared else None,
            after=other.value if other and shared else None,
            state_before=str(score_state(first.categories.get(key))) if one else "absent",
            state_after=str(score_state(last.categories.get(key))) if other else "absent",
            comparable=comparable if shared else "no",
            note=note,
            evidence_changed=before.answer(key).evidence != after.answer(key).evidence,
        )
    if Mode.FULL not in {before.mode, after.mode}:
        return
    for key in [*new.requirements, *(k for k in old.requirements if k not in new.keys)]:
        yield _requirement_delta(key, before, after, old, new)


def _requirement_delta(
    key: str, before: Assessment, after: Assessment, old: Model, new: Model
) -> Delta:
    one, other = before.answer(key), after.answer(key)
    shared = key in old.keys and key in new.keys
    return Delta(
        key,
        before=None if one.level is None else Fraction(one.level),
        after=None if other.level is None else Fraction(other.level),
        state_before=str(one.state) if key in old.keys else "absent",
        state_after=str(other.state) if key in new.keys else "absent",
        comparable="yes" if shared else "no",
        note="" if shared else comparability(key, old, new)[1],
        evidence_changed=one.evidence != other.evidence,
    )


def score_state(figure: object) -> State:
    """State of a figure, unanswered if there is none."""
    state = getattr(figure, "state", State.UNANSWERED)
    return State(state)
