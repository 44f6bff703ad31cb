"""
What there is to see of one use case over time, as tidy tables.

Charts and pages draw these rows and compute nothing. Figures of different editions
stand side by side only with a mark that says how far they compare, and a cell without a
value is missing, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import comparability, module_of
from pkimm_analytics.overview import STATE_WORDS, signed_text, workspace_table
from pkimm_analytics.progress.bridge import Bridge, Step, like_for_like
from pkimm_analytics.scoring import Scores, figure_text, score

if TYPE_CHECKING:
    import pandas as pd

PART_NAMES = {
    "edition": "Another edition",
    "scope": "Scope and applicability",
    "coverage": "Rated on one side only",
    "assurance": "Another assurance, same evidence",
    "answers": "Levels that changed",
}
"""Parts of a bridge in words."""
ABSENT = "not in this edition"


def usable(history: Sequence[Assessment]) -> list[Assessment]:
    """Leave out the assessments that cannot be scored, such as of an unknown edition."""
    found = []
    for assessment in history:
        try:
            score(assessment)
        except PkimmError:
            continue
        found.append(assessment)
    return found


def timeline_table(history: Sequence[Assessment]) -> pd.DataFrame:
    """
    Scores of one use case over time.

    Parameters
    ----------
    history : sequence of Assessment
        Oldest first.

    Returns
    -------
    DataFrame
        One row for each, as :func:`.overview.workspace_table` returns it, with
        ``change`` since the row before and ``like_for_like`` (the same over what both
        editions ask); missing in the first row and where there is no score.
    """
    import pandas as pd

    table = workspace_table(history)
    table["like_for_like"] = pd.array([pd.NA] * len(table), dtype="Float64")
    table["change"] = table["score"].diff()
    for place, (one, other) in enumerate(pairwise(history), 1):
        try:
            before, after = (side.overall.value for side in like_for_like(one, other))
        except PkimmError:
            continue  # of an edition that is not installed: the row says so
        if before is not None and after is not None:
            table.loc[place, "like_for_like"] = float(after - before)
    return table


def category_timeline(history: Sequence[Assessment]) -> pd.DataFrame:
    """
    Scores of all categories over time, in the order of the newest edition.

    Parameters
    ----------
    history : sequence of Assessment
        Oldest first; all of them can be scored.

    Returns
    -------
    DataFrame
        One row for each assessment and category of any of the editions: ``place``
        (0 is the oldest), ``date, edition, key, name, module, state`` (rated,
        unanswered, not applicable, not in this edition), ``score, level,
        comparable`` (yes, with care, no: with the newest edition) and ``note``.
    """
    import pandas as pd

    scored = [score(assessment) for assessment in history]
    rows = [
        _category_row(place, scores, key, name, scored[-1])
        for key, name in _categories(scored).items()
        for place, scores in enumerate(scored)
    ]
    frame = pd.DataFrame(rows, columns=_CATEGORY_COLUMNS)
    return frame.astype({"score": "Float64", "level": "Int64"})


_CATEGORY_COLUMNS = [
    *("place", "date", "edition", "key", "name", "module", "state"),
    *("score", "level", "comparable", "note"),
]


def _categories(scored: Sequence[Scores]) -> dict[str, str]:
    names: dict[str, str] = {}
    for scores in reversed(scored):
        for key in scores.model.categories:
            names.setdefault(key, scores.model.name(key))
    return names


def _category_row(
    place: int, scores: Scores, key: str, name: str, newest: Scores
) -> dict[str, Any]:
    figure = scores.categories.get(key)
    comparable, note = comparability(key, scores.model, newest.model)
    return {
        "place": place,
        "date": scores.assessment.date or "undated",
        "edition": str(scores.model.edition),
        "key": key,
        "name": name,
        "module": module_of(key),
        "state": ABSENT if figure is None else STATE_WORDS[figure.state],
        "score": None if figure is None else figure.score,
        "level": None if figure is None else figure.level,
        "comparable": comparable,
        "note": note,
    }


def bridge_table(bridge: Bridge) -> pd.DataFrame:
    """
    Lay out a bridge from one score to another.

    Returns
    -------
    DataFrame
        The score before, each part, the score after: ``kind`` (before, part, after),
        ``key``, ``name``, ``value`` (score or change), ``start`` and ``end`` (where the
        bar begins and ends) and ``shown`` (two decimals; those of the parts are
        rounded so that they add up to the difference of the scores that are shown).
        Empty if one of the ends has no score.
    """
    import pandas as pd

    columns = ["kind", "key", "name", "value", "start", "end", "shown"]
    if bridge.before is None or bridge.after is None:
        return pd.DataFrame([], columns=columns)
    ends = [figure_text(bridge.before), figure_text(bridge.after)]
    total = round(100 * float(ends[1])) - round(100 * float(ends[0]))
    hundredths = _apportioned(bridge.parts, total)
    rows: list[tuple[Any, ...]] = [
        ("before", "before", "Before", bridge.before, Fraction(0), bridge.before, ends[0])
    ]
    reached = bridge.before
    for key, part in bridge.parts.items():
        shown = signed_text(hundredths[key])
        rows.append(("part", key, PART_NAMES[key], part, reached, reached + part, shown))
        reached += part
    rows.append(("after", "after", "After", bridge.after, Fraction(0), bridge.after, ends[1]))
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(("value", "start", "end"), "float64"))


def _apportioned(parts: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Round parts to hundredths so that they add up to `total`; parts of 0 stay 0."""
    rounded = {key: math.floor(100 * part) for key, part in parts.items()}
    missing = total - sum(rounded.values())
    moved = sorted(
        (key for key, part in parts.items() if part),
        key=lambda key: (rounded[key] - 100 * parts[key], key),
    )
    while missing and moved:
        # Figures are cut, so that up to one hundredth more may be missing than parts have.
        for key in moved if missing > 0 else reversed(moved):
            if not missing:
                break
            rounded[key] += 1 if missing > 0 else -1
            missing -= 1 if missing > 0 else -1
    return rounded


def change_text(value: Any) -> str:
    """
    Show a change rounded to two decimals, or a dash where there is none.

    Examples
    --------
    >>> change_text(0.256), change_text(None)
    ('+0.26', '–')
    """
    import pandas as pd

    return "–" if value is None or pd.isna(value) else signed_text(round(100 * float(value)))


def level_text(level: Any, name: str = "") -> str:
    """Show a level with its name, or a dash where there is none."""
    import pandas as pd

    return "–" if level is None or pd.isna(level) else f"{int(level)} {name}".strip()


def bridge_sentence(step: Step) -> str:
    """Say in one or two sentences what a bridge shows."""
    bridge = step.overall
    rows: list[Any] = bridge_table(bridge).to_dict("records")
    if not rows:
        return "One of the two assessments has no overall score, so there is no change to explain."
    before, after = rows[0]["shown"], rows[-1]["shown"]
    moved = [f"{row['name'].lower()} {row['shown']}" for row in rows[1:-1] if row["value"]]
    words = "; ".join(moved) if moved else "nothing changed"
    older, newer = (figure_text(side.overall.value) for side in step.like_for_like)
    sentence = f"The overall score went from {before} to {after}: {words}."
    return f"{sentence} Over what both editions ask it went from {older} to {newer}."


def delta_table(step: Step) -> pd.DataFrame:
    """
    List what is different in the newer of two assessments.

    Returns
    -------
    DataFrame
        One row for each element whose level, state or evidence changed: ``key, name,
        kind`` (category, requirement), ``before, after, change`` (scores like for
        like, or levels), ``state_before, state_after, comparable, note,
        evidence_changed``.
    """
    import pandas as pd

    old, new = step.before.model, step.after.model
    rows = [
        {
            "key": d.key,
            "name": (new if d.key in new.keys else old).name(d.key),
            "kind": "category" if d.key in {**old.categories, **new.categories} else "requirement",
            "before": None if d.before is None else float(d.before),
            "after": None if d.after is None else float(d.after),
            "change": None if d.change is None else float(d.change),
            "state_before": _words(d.state_before),
            "state_after": _words(d.state_after),
            "comparable": d.comparable,
            "note": d.note,
            "evidence_changed": d.evidence_changed,
        }
        for d in step.deltas
        if d.change or d.state_before != d.state_after or d.evidence_changed
    ]
    frame = pd.DataFrame(rows, columns=_DELTA_COLUMNS)
    return frame.astype(dict.fromkeys(("before", "after", "change"), "Float64"))


_DELTA_COLUMNS = [
    *("key", "name", "kind", "before", "after", "change"),
    *("state_before", "state_after", "comparable", "note", "evidence_changed"),
]


def _words(state: str) -> str:
    return {**{str(k): v for k, v in STATE_WORDS.items()}, "absent": ABSENT}[state]
