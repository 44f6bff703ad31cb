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
from pkimm_analytics.loaders.sentences import sentence
from pkimm_analytics.loaders.workbook.words import slots
from pkimm_analytics.model import Model, category_of, module_of
from pkimm_analytics.scoring import (
    NOT_APPLICABLE,
    UNANSWERED,
    BatchScores,
    Codes,
    Unanswered,
    answer_codes,
    score_batch,
)

TOLERANCE = 1e-9
N_WRONG = sum(bool(slot.requirement) and slot.code != slot.reads for slot in slots().values())
"""Requirements whose scope the published workbook takes from the wrong cell."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure on the screen: a level (0 is "Not evaluated"), a value, or an error."""

    level: int | None = None
    value: float | None = None
    error: str = ""

    def is_as(self, other: Shown) -> bool:
        """Whether two figures agree; the level decides only where a value is missing."""
        if self.error or other.error:
            return bool(self.error) == bool(other.error)
        if self.value is None and other.value is None:
            return (self.level or None) == (other.level or None)
        if self.value is None or other.value is None:
            return self.level is not None and self.level == other.level
        return abs(self.value - other.value) <= TOLERANCE


Figures = Mapping[str, Shown]
"""Figures by module, and the whole as ``overall``."""
Reasons = list[tuple[str, str]]
"""Codes and messages."""


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


def full_tool(
    assessment: Assessment, model: Model, filled: Filled
) -> tuple[Mapping[str, Any], Mapping[str, int]]:
    """
    Figures of the full workbook: the stored ones, or what it would show.

    Parameters
    ----------
    assessment : Assessment
        As it was read, with the levels of items out of scope set aside.

    Returns
    -------
    tuple of mapping and mapping of str to int
        Figures as in :class:`pkimm_analytics.assessment.Source`; and the level that the
        workbook shows for each category that has one, 0 to 5.
    """
    stated, categories = answer_codes(assessment, model)
    wired = _wired(assessment, model, filled, stated)
    errors = _errors(model, wired, categories, filled)
    implied = _scored(model, wired, categories, "zero")
    would = _figures(model, implied, errors)
    shown = {key: _stored(filled.stored.get(key), figure) for key, figure in would.items()}
    ours = _figures(model, _scored(model, stated, categories, "excluded"))
    zero = _figures(model, _scored(model, stated, categories, "zero"))
    is_cut_off = any(
        figure.is_as(would[key]) and not figure.error and figure.level != would[key].level
        for key, figure in shown.items()
    )
    reasons: Reasons = []
    if not _same(shown, ours) or is_cut_off:
        if not _same(shown, would) and not _same(shown, zero):
            reasons.append(_because("stale-cache"))
        if any(figure.error for figure in shown.values()):
            reasons += _error_causes(model, shown, errors, filled)
        miscounted = _miscounted(model, filled, wired, categories)
        depends = not _same(_figures(model, implied), zero) and not _same(shown, zero)
        if depends and miscounted:
            reasons.append(
                _because("scope-wiring", n=N_WRONG, what=miscounted, version=model.version)
            )
        n_unanswered = int((stated == UNANSWERED).sum())
        if n_unanswered and not _same(zero, ours):
            reasons.append(_because("unanswered-zero", n=_many(n_unanswered, "requirement")))
        reasons += [_because("rounding")] if is_cut_off else []
    levels = {
        key: int(ratio.level[0])
        for key, ratio in implied.categories.items()
        if ratio.has_score[0] and errors.get(key) != "#N/A"
    }
    return _tool(shown, reasons), levels


def self_tool(
    assessment: Assessment, model: Model, stored: Figures, *, n_refused: int
) -> Mapping[str, Any]:
    """
    Figures of the self workbook: labels only, so there are levels and no values.

    It leaves out what is unanswered, as we do, and shows an error where nothing is
    answered at all.
    """
    batch = score_batch(model, categories=answer_codes(assessment, model)[1][None, :])
    would = {key: Shown(level=f.level) for key, f in _figures(model, batch).items()}
    if would["overall"].level is None:
        would["overall"] = Shown(error="#DIV/0!")
    shown = {key: stored.get(key, figure) for key, figure in would.items()}
    reasons: Reasons = []
    if shown["overall"].error:
        cause = ", because no category is answered" if would["overall"].error else ""
        reasons.append(_because("workbook-error", cause=f"{shown['overall'].error}{cause}"))
    if not _same(shown, would):
        n = _many(n_refused, "answer")
        reasons.append(_because("refused-answers", n=n) if n_refused else _because("stale-cache"))
    return _tool(shown, reasons)


def _because(code: str, **values: object) -> tuple[str, str]:
    return code, sentence(code, **values)


def _tool(shown: Figures, reasons: Reasons) -> Mapping[str, Any]:
    figures = {key: {"level": f.level, "value": f.value} for key, f in shown.items()}
    return {
        "overall": figures.pop("overall"),
        "modules": figures,
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


def _scored(
    model: Model, requirements: Codes, categories: Codes, policy: Unanswered
) -> BatchScores:
    return score_batch(
        model,
        requirements=requirements[None, :],
        categories=categories[None, :],
        unanswered=policy,
    )


def _errors(model: Model, wired: Codes, categories: Codes, filled: Filled) -> dict[str, str]:
    """Categories in scope that end in an error: emptied ones, and those with odd answers."""
    errors: dict[str, str] = {}
    start = 0
    for code, (key, category) in zip(categories.tolist(), model.categories.items(), strict=True):
        inside = wired[start : (start := start + len(category.requirements))]
        if code != NOT_APPLICABLE:
            errors |= {key: "#DIV/0!"} if (inside == NOT_APPLICABLE).all() else {}
            errors |= {key: "#N/A"} if filled.n_unlisted.get(key) else {}
    return errors


def _figures(
    model: Model, batch: BatchScores, errors: Mapping[str, str] | None = None
) -> dict[str, Shown]:
    """Turn scores into what a reader sees; with `errors`, in the workbook."""
    figures = {}
    for module in (*model.modules, None):
        ratio = batch.modules[module.id] if module else batch.overall
        broken = [e for k, e in (errors or {}).items() if not module or module_of(k) == module.id]
        if errors is not None and not module and not ratio.has_score[0]:
            broken.append("#DIV/0!")
        shown = Shown(error=broken[0]) if broken else Shown()
        if not broken and ratio.has_score[0]:
            shown = Shown(int(ratio.level[0]), float(ratio.score[0]))
        figures[module.id if module else "overall"] = shown
    return figures


def _stored(stored: Shown | None, would: Shown) -> Shown:
    """Return the stored figure, but none where it is the hidden 0 of what is out of scope."""
    is_out = would == Shown() and stored is not None and not stored.value and not stored.level
    return would if stored is None or (is_out and not stored.error) else stored


def _same(a: Figures, b: Figures) -> bool:
    return all(figure.is_as(b[key]) for key, figure in a.items())


# --- why two figures differ --------------------------------------------------------


def _miscounted(model: Model, filled: Filled, wired: Codes, categories: Codes) -> str:
    """Name the requirements that the workbook counts or drops against their stated scope."""
    codes = dict(zip(model.categories, categories.tolist(), strict=True))
    wrong: dict[bool, list[str]] = {True: [], False: []}
    for requirement, code in zip(model.requirements.values(), wired.tolist(), strict=True):
        is_out = filled.slots.get(requirement.key, "") in filled.out_slots
        in_scope = codes[category_of(requirement.key)] != NOT_APPLICABLE
        if is_out != (code == NOT_APPLICABLE) and in_scope:
            wrong[is_out].append(requirement.native_id)
    parts = [f"counts {', '.join(wrong[True])} although set OUT OF"] if wrong[True] else []
    parts += [f"leaves out {', '.join(wrong[False])} although IN"] if wrong[False] else []
    return " and ".join(parts)


def _error_causes(
    model: Model, shown: Figures, errors: Mapping[str, str], filled: Filled
) -> Iterable[tuple[str, str]]:
    """Say why the workbook shows errors; only that it does if its rules give none."""
    emptied = ", ".join(model.native_id(key) for key, e in errors.items() if e == "#DIV/0!")
    n_unlisted = sum(filled.n_unlisted[key] for key, e in errors.items() if e == "#N/A")
    causes = []
    if emptied:
        causes.append(f"#DIV/0!, because it counts no requirement of {emptied}, which is IN")
    if not errors and shown["overall"].error == "#DIV/0!":
        causes.append("#DIV/0!, because nothing is in scope")
    if n_unlisted:
        causes.append(f"#N/A, because {_many(n_unlisted, 'answer')} not on its list")
    found = next(figure.error for figure in shown.values() if figure.error)
    return [_because("workbook-error", cause=cause) for cause in causes or [found]]


def _many(n: int, noun: str) -> str:
    return f"{n} {noun} is" if n == 1 else f"{n} {noun}s are"
