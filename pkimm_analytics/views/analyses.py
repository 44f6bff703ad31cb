"""Findings of an analysis, for analysts: the question, figures, table, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from pkimm_analytics.analyses.findings import Findings, plain
from pkimm_analytics.analyses.trend import PARTS
from pkimm_analytics.benchmark import code_label
from pkimm_analytics.benchmark.evidence import measure_name
from pkimm_analytics.progress.bridge import in_hundredths
from pkimm_analytics.views.figures import NOTHING, Voice
from pkimm_analytics.views.view import Block, Cell, Facts, Heading, Items, Table, Text


def findings_view(found: Findings, voice: Voice) -> Iterator[Block]:
    """Show an analysis; the limits of an interval stand below their figure."""
    yield Heading(found.question)
    yield Text(voice.say("analysis.of", n=found.n_organizations, mark=found.mark), "notice")
    figures = _added_up(found.figures)
    yield Facts(tuple((_head(name), _text(value, voice)) for name, value in figures.items()))
    columns = [str(name) for name in found.table]
    marks = [name for name in columns if name.startswith("is_")]
    hidden = {*marks, *_HIDDEN, *(("q", "relative_q") if marks else ())}
    names = [name for name in columns if name not in hidden and not name.endswith(_ENDS)]
    figure = next((name for name in names if name in _LIMITS), names[-1])
    rows = [_added_up(row) for row in found.table.to_dict("records") if _is_known(row[figure])]
    cells = tuple(
        (*(_cell(found, row, name, voice) for name in names), *_found(row, marks)) for row in rows
    )
    header = (*map(_head, names), *([voice.say("analysis.found")] if marks else []))
    numbers = frozenset(i for i, name in enumerate(names) if name not in _TEXTS)
    yield Table(voice.say("analysis.table"), header, cells, numbers, found.name)
    if len(rows) < len(found.table):
        yield Text(voice.say("analysis.too_few", n=len(found.table) - len(rows)), "soft")
    yield Items(
        (
            (voice.say("analysis.formula"), found.formula),
            (voice.say("analysis.source"), found.source),
            *found.notes,
        )
    )


def _is_known(value: object) -> bool:
    return plain(value) is not None


def _added_up(row: Mapping[Any, Any]) -> dict[Any, Any]:
    """Round the parts of a trend so that they add up to its change as it is shown."""
    if not (set(PARTS) <= row.keys() and all(_is_known(row[name]) for name in ("change", *PARTS))):
        return dict(row)
    parts = {name: Fraction(row[name]) for name in PARTS}
    shown = in_hundredths(parts, round(100 * row["change"]))
    return dict(row) | {name: part / 100 for name, part in shown.items()}


def _found(row: Mapping[Any, Any], marks: list[str]) -> list[str | Cell]:
    """Words for what is marked in a row."""
    if not marks:
        return []
    return [", ".join(_head(mark.removeprefix("is_")) for mark in marks if row[mark])]


def _head(name: str) -> str:
    return name.replace("_", " ")


_ENDS = ("low", "high")
_TEXTS = frozenset({"group", "measure", "category"})
_HIDDEN = frozenset(
    {
        *("n_others", "n_start", "n_end", "n_same", "n_joined", "n_left", "n_like_for_like"),
        *("mean_start", "mean_end", "mean_lower", "mean_upper", "p"),
    }
)
"""Columns that only the document has."""

_LIMITS = {"share_behind": "share_", "relative": "relative_"} | dict.fromkeys(
    ("gap", "difference", "delta", "like_for_like"), ""
)
"""How the columns of the limits begin, by that of their figure."""


def _cell(found: Findings, row: Mapping[Any, Any], name: str, voice: Voice) -> Cell:
    low, high = (plain(row.get(f"{_LIMITS.get(name, '-')}{end}")) for end in ("low", "high"))
    if name in {"measure", "category"}:
        return Cell(voice.language.named(row[name], measure_name(str(row[name]))))
    if name == "group":
        return Cell(code_label(str(found.figures["by"]), str(row[name])))
    below = ""
    if low is not None:
        below = voice.say("levels.range", low=_text(low, voice), high=_text(high, voice))
    return Cell(_text(row[name], voice), below=below)


def _text(value: Any, voice: Voice) -> str:
    found = plain(value)
    if found is None:
        return NOTHING
    if isinstance(found, bool):
        return voice.say("value.yes") if found else ""
    if isinstance(found, float):
        return voice.language.number(f"{found:.2f}")
    return str(found)
