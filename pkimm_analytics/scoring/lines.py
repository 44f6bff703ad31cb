"""
The documents of very many plain assessments, each as one line of JSON.

Of assessments without extensions, caveats and figures of their own, only the figures
differ, and there are few different ones: each is written once and then looked up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from pkimm_analytics.assessment import State
from pkimm_analytics.model import Model
from pkimm_analytics.scoring.batch import BatchScores
from pkimm_analytics.scoring.document import figure_to_json, scores_to_json
from pkimm_analytics.scoring.figures import Figure, Scores
from pkimm_analytics.scoring.single import STATES


def plain_lines(batch: BatchScores, like: Scores) -> Iterator[str]:
    """
    Documents of a batch.

    Parameters
    ----------
    batch : BatchScores
        Of assessments that differ in nothing but their answers.
    like : Scores
        Scores of one of them.

    Yields
    ------
    str
        The same as :func:`scores_to_json` of each, as JSON on one line.
    """
    frame = scores_to_json(like)
    head = {name: frame[name] for name in ("format", "source", "model", "mode")}
    tail = {name: frame[name] for name in ("extensions", "tool", "problems")}
    first, last = _text(head)[:-1], _text(tail)[1:]
    for overall, modules, categories in zip(*_columns(batch, like.model), strict=True):
        yield (
            f'{first}, {overall}, "modules": {{{", ".join(modules)}}},'
            f' "categories": {{{", ".join(categories)}}}, {last}'
        )


def _columns(
    batch: BatchScores, model: Model
) -> tuple[Iterator[str], Iterator[tuple[str, ...]], Iterator[tuple[str, ...]]]:
    """Texts of the whole, of all modules and of all categories, by row."""
    (above, below), (above_all, below_all) = batch.exact
    counts = (batch.n_rated, batch.n_in_scope)
    categories = [
        _Texts(model, key, {"native_id": model.native_id(key)}).of(
            *(numbers[:, place] for numbers in (above, below, *counts, batch.states))
        )
        for place, key in enumerate(model.categories)
    ]
    modules, start = [], 0
    for place, module in enumerate(model.modules):
        inside = slice(start, start := start + len(module.categories))
        sums = (n[:, inside].sum(axis=1) for n in counts)
        found = _Texts(model, module.id).of(above_all[:, place], below_all[:, place], *sums)
        modules.append(found)
    whole = (above_all[:, -1], below_all[:, -1], *(n.sum(axis=1) for n in counts))
    overall = _Texts(model, "overall").of(*whole)
    return overall, zip(*modules, strict=True), zip(*categories, strict=True)


class _Texts(dict[tuple[int, ...], str]):
    """One field with a figure as JSON, by the numbers that the figure follows from."""

    def __init__(self, model: Model, name: str, fixed: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._model, self._name, self._fixed = model, name, fixed or {}

    def of(self, *numbers: NDArray[Any]) -> Iterator[str]:
        """Texts of all rows: score as a fraction, rated, in scope and, of categories, state."""
        keys = zip(*(column.tolist() for column in numbers), strict=True)
        return map(self.__getitem__, keys)

    def __missing__(self, key: tuple[int, ...]) -> str:
        above, below, n_rated, n_in_scope, *code = key
        state = STATES[code[0]] if code else State.RATED
        value = Fraction(int(above), int(below)) if below else None
        shown = figure_to_json(self._model, Figure(value, state, n_rated, n_in_scope))
        named = {**self._fixed, "state": str(state)} if code else {}
        self[key] = _text({self._name: named | shown})[1:-1]
        return self[key]


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)
