"""
One use case over time: what changed from one assessment to the next, and why.

A score moves for several reasons, and only some of them are progress. The **bridge**
takes the steps from one assessment to another one at a time, in a fixed order, and
scores after each: the parts are exact fractions and add up to the change.

1. *edition*: the answers are carried over; what only the newer edition asks is taken
   from the newer assessment.
2. *scope*: what does not apply any more, and what applies now.
3. *coverage*: what was rated on one side only.
4. *assurance*: levels that changed together with the assurance and without any other
   evidence. This attribution is ours and provisional.
5. *answers*: all other levels that changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    Mode,
    State,
    carry,
    not_applicable,
)
from pkimm_analytics.display import Shown
from pkimm_analytics.model import Model, comparability, model_of, shared_keys
from pkimm_analytics.scoring import Scores, figure_text, score

PARTS = ("edition", "scope", "coverage", "assurance", "answers")
"""Parts of a bridge, in the order in which they are taken."""


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
        hundredth more than the parts do. A part of 0 stays 0 where others can take it.
        """
        if self.before is None or self.after is None:
            return {}
        rounded = {name: math.floor(100 * part) for name, part in self.parts.items()}
        shown = math.floor(100 * self.after) - math.floor(100 * self.before)
        missing = shown - sum(rounded.values())
        moved = [name for name, part in self.parts.items() if part] or [*self.parts][-1:]
        moved.sort(key=lambda name: rounded[name] - 100 * self.parts[name])
        for place in range(abs(missing)):
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
    """

    VIEW = "pkimm_analytics.views.progress:step_view"

    before: Scores
    after: Scores
    overall: Bridge
    modules: Mapping[str, Bridge]
    categories: Mapping[str, Bridge]
    like_for_like: tuple[Scores, Scores]
    deltas: tuple[Delta, ...]

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
    stages = [score(stage, new) for stage in _stages(before, after, old, new)]
    first, last = score(before, old), score(after, new)
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


def _stages(before: Assessment, after: Assessment, old: Model, new: Model) -> list[Assessment]:
    """Walk from the older to the newer answers, one reason at a time."""
    answers = dict(carry(before, old, new).answers)
    answers |= {key: answer for key, answer in after.answers.items() if key not in old.keys}
    full = Mode.FULL in {before.mode, after.mode}
    stages = [_stage(after, answers, full=full)]
    confounded = before.assurance != after.assurance
    for moves in (
        lambda one, other: _is_out(one) != _is_out(other),
        lambda one, other: (one.state is State.RATED) != (other.state is State.RATED),
        lambda one, other: confounded and one.evidence == other.evidence,
        lambda _one, _other: True,
    ):
        for key in {*answers, *after.answers}:
            one, other = answers.get(key, UNANSWERED), after.answer(key)
            if one != other and moves(one, other):
                answers[key] = other
        stages.append(_stage(after, answers, full=full))
    stages[-1] = after.replace(extensions=())
    return stages


def _stage(after: Assessment, answers: Mapping[str, Answer], *, full: bool) -> Assessment:
    mode = Mode.FULL if full else Mode.SELF
    return after.replace(answers=dict(answers), mode=mode, extensions=())


def _is_out(answer: Answer) -> bool:
    return answer.state is State.NOT_APPLICABLE


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
