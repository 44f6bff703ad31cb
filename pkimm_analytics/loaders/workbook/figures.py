"""
What the official workbooks show themselves, and why it may not be what we show.

Three things set the full workbook apart. It counts unanswered items as 0 with their
weight. It decides for 34 requirements by the wrong cell whether they are in scope. And
it divides by zero where a category is in scope and none of its requirements is. Each
is expressed as other answers to the one formula of :mod:`pkimm_analytics.scoring`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.loaders.workbook.words import slots
from pkimm_analytics.model import Model, category_of, module_of
from pkimm_analytics.scoring import (
    NOT_APPLICABLE,
    UNANSWERED,
    BatchScores,
    Codes,
    Ratio,
    answer_codes,
    score_batch,
)

TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure on the screen: a level (0 is "Not evaluated"), a value, or an error."""

    level: int | None = None
    value: float | None = None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the figure as it is kept with the assessment."""
        return {"level": self.level, "value": self.value}


Figures = Mapping[str, Shown]
"""Figures by module, and the whole as ``overall``."""


@dataclass(frozen=True)
class Filled:
    """
    What the full workbook computes from, beside the answers themselves.

    Parameters
    ----------
    slots : mapping of str to str
        Slot of each requirement, by element key.
    out_slots : frozenset of str
        Slots whose scope cell says ``OUT OF``.
    n_unlisted : mapping of str to int
        Answer cells that the workbook does not understand, by category; such a cell
        makes its results an error.
    stored : mapping of str to Shown
        Results stored in the file; without an entry where it stores none.
    """

    slots: Mapping[str, str]
    out_slots: frozenset[str] = frozenset()
    n_unlisted: Mapping[str, int] = field(default_factory=dict)
    stored: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class FullTool:
    """
    Outcome for a full workbook.

    Parameters
    ----------
    tool : mapping
        As in :class:`pkimm_analytics.assessment.Source`.
    levels : mapping of str to int
        Level that the workbook shows for each category that has one, 0 to 5.
    """

    tool: Mapping[str, Any]
    levels: Mapping[str, int]


def full_tool(assessment: Assessment, model: Model, filled: Filled) -> FullTool:
    """
    Figures of the full workbook: the stored ones, or what it would show.

    Parameters
    ----------
    assessment : Assessment
        As it was read, with the levels of items out of scope set aside.
    """
    stated, categories = answer_codes(assessment, model)
    wired = _wired(assessment, model, filled, stated)
    ours = _scored(model, stated, categories, "excluded")
    zero = _scored(model, stated, categories, "zero")
    implied = _scored(model, wired, categories, "zero")
    emptied, unlisted = _broken(model, wired, categories, filled)
    would = _figures(model, implied, broken={**emptied, **unlisted}, is_tool=True)
    shown = {key: _stored(filled.stored.get(key), figure) for key, figure in would.items()}
    reasons = _reasons(
        _Compared(
            shown=shown,
            would=would,
            wired=_figures(model, implied),
            zero=_figures(model, zero),
            ours=_figures(model, ours),
        ),
        n_unanswered=int((stated == UNANSWERED).sum()),
        miscounted=_miscounted(model, filled, wired, categories),
        errors=_error_causes(
            model,
            emptied,
            n_unlisted=sum(filled.n_unlisted[key] for key in unlisted),
            nothing_in_scope=bool((categories == NOT_APPLICABLE).all()),
        ),
    )
    levels = {
        key: int(ratio.level[0])
        for key, ratio in implied.categories.items()
        if ratio.has_score[0] and key not in unlisted
    }
    return FullTool(_tool(shown, reasons), levels)


def self_tool(
    assessment: Assessment, model: Model, stored: Figures, *, n_refused: int
) -> Mapping[str, Any]:
    """
    Figures of the self workbook: labels only, so there are levels and no values.

    It leaves out what is unanswered, as we do, and shows an error where nothing is
    answered at all.
    """
    _, categories = answer_codes(assessment, model)
    batch = score_batch(model, categories=categories[None, :])
    would = {key: Shown(level=f.level) for key, f in _figures(model, batch).items()}
    if would["overall"].level is None:
        would["overall"] = Shown(error="#DIV/0!")
    shown = {key: stored.get(key, figure) for key, figure in would.items()}
    reasons: list[tuple[str, str]] = []
    if shown["overall"].error:
        is_empty = bool(would["overall"].error)
        cause = ", because no category is answered" if is_empty else ""
        reasons.append(("workbook-error", f"The workbook shows {shown['overall'].error}{cause}."))
    if not _same(shown, would) and n_refused:
        message = (
            f"{_many(n_refused, 'answer')} refused here; the workbook takes them in its own way."
        )
        reasons.append(("refused-answers", message))
    elif not _same(shown, would):
        reasons.append(("stale-cache", _STALE))
    return _tool(shown, reasons)


_STALE = (
    "The results stored in the file are not what the workbook computes from the answers in it;"
    " it was changed without being recalculated."
)


def _tool(shown: Figures, reasons: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    return {
        "overall": shown["overall"].to_json(),
        "modules": {key: f.to_json() for key, f in shown.items() if key != "overall"},
        "reasons": [{"code": code, "message": message} for code, message in reasons],
    }


# --- the workbook's rules as answers to the one formula ----------------------------


def _wired(assessment: Assessment, model: Model, filled: Filled, stated: Codes) -> Codes:
    """Answers with the scope of each requirement taken from where the workbook takes it."""
    wired = stated.copy()
    for column, key in enumerate(model.requirements):
        slot = slots().get(filled.slots.get(key, ""))
        answer = assessment.answer(key)
        if slot is not None:
            is_out = slot.reads in filled.out_slots
            level = answer.level or answer.set_aside_level or UNANSWERED
            wired[column] = NOT_APPLICABLE if is_out else level
    return wired


def _scored(model: Model, requirements: Codes, categories: Codes, unanswered: Any) -> BatchScores:
    return score_batch(
        model,
        requirements=requirements[None, :],
        categories=categories[None, :],
        unanswered=unanswered,
    )


def _broken(
    model: Model, wired: Codes, categories: Codes, filled: Filled
) -> tuple[dict[str, str], dict[str, str]]:
    """Categories in scope that end in an error: emptied ones, and those with odd answers."""
    emptied, unlisted = {}, {}
    start = 0
    for code, (key, category) in zip(categories.tolist(), model.categories.items(), strict=True):
        stop = start + len(category.requirements)
        if code != NOT_APPLICABLE:
            if (wired[start:stop] == NOT_APPLICABLE).all():
                emptied[key] = "#DIV/0!"
            if filled.n_unlisted.get(key):
                unlisted[key] = "#N/A"
        start = stop
    return emptied, unlisted


def _figures(
    model: Model,
    batch: BatchScores,
    *,
    broken: Mapping[str, str] | None = None,
    is_tool: bool = False,
) -> dict[str, Shown]:
    """Turn scores into what a reader sees; `is_tool` for the errors of the workbook."""
    broken = broken or {}
    figures = {}
    for module in model.modules:
        errors = [error for key, error in broken.items() if module_of(key) == module.id]
        figures[module.id] = _shown(batch.modules[module.id], errors)
    nothing = ["#DIV/0!"] if is_tool and not batch.overall.has_score[0] else []
    figures["overall"] = _shown(batch.overall, [*broken.values(), *nothing])
    return figures


def _shown(ratio: Ratio, errors: list[str]) -> Shown:
    if errors:
        return Shown(error=errors[0])
    if not ratio.has_score[0]:
        return Shown()
    return Shown(int(ratio.level[0]), float(ratio.score[0]))


def _stored(stored: Shown | None, would: Shown) -> Shown:
    """Return the stored figure, but none where it is the hidden 0 of what is out of scope."""
    is_out = would == Shown() and stored is not None and not stored.value and not stored.level
    return would if stored is None or (is_out and not stored.error) else stored


# --- why two figures differ --------------------------------------------------------


def _equal(a: Shown, b: Shown) -> bool:
    """Whether two figures agree; the level decides only where a value is missing."""
    if a.error or b.error:
        return bool(a.error) == bool(b.error)
    if a.value is not None and b.value is not None:
        return abs(a.value - b.value) <= TOLERANCE
    if a.value is not None or b.value is not None:
        return a.level is not None and a.level == b.level
    return (a.level or None) == (b.level or None)


def _same(a: Figures, b: Figures) -> bool:
    return all(_equal(a[key], b[key]) for key in a)


@dataclass(frozen=True)
class _Compared:
    """The same figures as five parties have them, from the file to this package."""

    shown: Figures
    would: Figures
    wired: Figures
    zero: Figures
    ours: Figures

    @property
    def is_stale(self) -> bool:
        """Whether neither the published workbook nor a repaired one shows such figures."""
        return not _same(self.shown, self.would) and not _same(self.shown, self.zero)

    @property
    def is_cut_off(self) -> bool:
        """Whether only a level differs, because a value was a little below a whole number."""
        pairs = [(shown, self.would[key]) for key, shown in self.shown.items()]
        return any(_equal(a, b) and not a.error and a.level != b.level for a, b in pairs)

    @property
    def depends_on_wiring(self) -> bool:
        """Whether the wrong scope cells change what is shown."""
        return not _same(self.wired, self.zero) and not _same(self.shown, self.zero)


def _reasons(
    compared: _Compared, *, n_unanswered: int, miscounted: str, errors: list[str]
) -> list[tuple[str, str]]:
    """List what explains the difference between the file's figures and ours, if there is one."""
    if _same(compared.shown, compared.ours) and not compared.is_cut_off:
        return []
    reasons = []
    if compared.is_stale:
        reasons.append(("stale-cache", _STALE))
    found = [figure.error for figure in compared.shown.values() if figure.error]
    if found:
        causes = errors or [f"The workbook shows {found[0]}."]
        reasons += [("workbook-error", cause) for cause in causes]
    if compared.depends_on_wiring and miscounted:
        reasons.append(("scope-wiring", miscounted))
    if n_unanswered and not _same(compared.zero, compared.ours):
        message = (
            f"{_many(n_unanswered, 'requirement')} in scope and unanswered: the workbook counts"
            " each as 0 with its full weight, while here they are left out."
        )
        reasons.append(("unanswered-zero", message))
    if compared.is_cut_off:
        message = "The exact value is a whole number; the workbook cut off a value just below it."
        reasons.append(("rounding", message))
    return reasons


def _miscounted(model: Model, filled: Filled, wired: Codes, categories: Codes) -> str:
    """Name the requirements that the workbook counts or drops against their stated scope."""
    codes = dict(zip(model.categories, categories.tolist(), strict=True))
    wrong = []
    for requirement, drops in zip(
        model.requirements.values(), (wired == NOT_APPLICABLE).tolist(), strict=True
    ):
        is_out = filled.slots.get(requirement.key, "") in filled.out_slots
        if is_out != drops and codes[category_of(requirement.key)] != NOT_APPLICABLE:
            wrong.append((requirement, is_out))
    counted = [r.native_id for r, is_out in wrong if is_out]
    dropped = [r.native_id for r, is_out in wrong if not is_out]
    parts = [f"counts {', '.join(counted)} although set OUT OF"] if counted else []
    parts += [f"leaves out {', '.join(dropped)} although IN"] if dropped else []
    if not parts:
        return ""
    n_wrong = sum(bool(slot.requirement) and slot.code != slot.reads for slot in slots().values())
    return (
        f"The published workbook takes the scope of {n_wrong} requirements from the wrong cells:"
        f" here it {' and '.join(parts)} (numbers of PKIMM {model.version})."
    )


def _error_causes(
    model: Model, emptied: Iterable[str], *, n_unlisted: int, nothing_in_scope: bool
) -> list[str]:
    """Say why the workbook shows errors; nothing if its rules give none."""
    causes = []
    names = ", ".join(model.native_id(key) for key in emptied)
    if names:
        uncounted = f"it counts no requirement of {names}, which is IN"
        causes.append(f"The workbook shows #DIV/0!, because {uncounted}.")
    if nothing_in_scope:
        causes.append("The workbook shows #DIV/0!, because nothing is in scope.")
    if n_unlisted:
        causes.append(f"The workbook shows #N/A: {_many(n_unlisted, 'answer')} not on its list.")
    return causes


def _many(n: int, noun: str) -> str:
    return f"{n} {noun} is" if n == 1 else f"{n} {noun}s are"
