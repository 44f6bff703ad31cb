"""
What is to be done with a batch of contributions: add, replace, leave, or refuse.

Whoever was first stays, unless the later one proves to come from the same contributor;
that holds for what a collection has already and for what comes twice at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.contribution import Contribution
from pkimm_analytics.anonymize.pseudonyms import commitment_of
from pkimm_analytics.errors import Problem
from pkimm_analytics.store.rows import from_table, to_table

Prove = Callable[[str, str], str]
"""From a contribution and the SHA-256 of its earlier content to the token of its receipt."""


@dataclass(frozen=True)
class Plan:
    """
    What becomes of a batch beside what the collection holds.

    Parameters
    ----------
    rows : pyarrow.Table
        To be written.
    replaced : set of str
        Contributions of those that take the place of what is there.
    n_unchanged : int
    problems : tuple of Problem
        One for each row that is refused.
    """

    rows: Any
    replaced: set[str]
    n_unchanged: int
    problems: tuple[Problem, ...]


def plan(
    batch: Any, held: Mapping[str, Contribution], proofs: Sequence[str | None], prove: Prove | None
) -> Plan:
    """Tell new contributions from those that are there, and these from changed ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not held:
        return Plan(batch, set(), 0, ())
    known = pc.is_in(batch.column("contribution"), value_set=pa.array(list(held), pa.string()))
    fresh, again = batch.filter(pc.invert(known)), batch.filter(known)
    shown = [proofs[row] for row in np.flatnonzero(known.to_numpy()).tolist()] if proofs else []
    changed: list[int] = []
    problems = []
    n_unchanged = 0
    for row, one in enumerate(from_table(again)):
        earlier = held[one.id]
        if one == earlier:
            n_unchanged += 1
        elif _may_replace(earlier, shown[row] if shown else None, prove):
            changed.append(row)
        else:
            message = "is there with other content, and its receipt was not shown"
            problems.append(Problem("contribution", message))
    ids = again.column("contribution").to_pylist()
    rows = pa.concat_tables([fresh, again.take(pa.array(changed, pa.int64()))])
    return Plan(rows, {ids[row] for row in changed}, n_unchanged, tuple(problems))


def _may_replace(earlier: Contribution, proof: str | None, prove: Prove | None) -> bool:
    tokens = [proof] if proof else []
    if prove is not None:
        tokens.append(prove(earlier.id, earlier.content_digest()))
    return any(commitment_of(token) == earlier.values["commitment"] for token in tokens)


def as_table(contributions: Iterable[Contribution] | Any) -> tuple[Any, list[str | None]]:
    """Table of contributions, and the proof of each row; a table brings none."""
    import pyarrow as pa

    if isinstance(contributions, pa.Table):
        return contributions, []
    found = list(contributions)
    return to_table(found), [one.replaces for one in found]


@dataclass(frozen=True)
class Repeated:
    """What became of contributions that occur more than once in a batch."""

    n_unchanged: int = 0
    n_replaced: int = 0
    problems: tuple[Problem, ...] = ()


def one_of_each(
    table: Any, proofs: Sequence[str | None], prove: Prove | None
) -> tuple[Any, list[str | None], Repeated]:
    """
    Keep one row of each contribution of a batch.

    The first one is kept, as if each came by itself: a later one with other content has to
    prove that it may replace it.
    """
    import pyarrow as pa

    ids = _chunk(table.column("contribution")).dictionary_encode()
    codes: NDArray[np.int32] = ids.indices.to_numpy()
    if len(codes) == len(ids.dictionary):
        return table, list(proofs), Repeated()
    twice = np.flatnonzero(np.bincount(codes)[codes] > 1)
    kept: dict[str, tuple[int, Contribution]] = {}
    n_unchanged = n_replaced = 0
    problems = []
    for row, one in zip(twice.tolist(), from_table(table.take(pa.array(twice))), strict=True):
        earlier = kept.get(one.id)
        if earlier is not None and one == earlier[1]:
            n_unchanged += 1
        elif earlier is None or _may_replace(earlier[1], proofs[row] if proofs else None, prove):
            n_replaced += earlier is not None
            kept[one.id] = (row, one)
        else:
            message = "comes twice with different content, and no receipt was shown: the first"
            problems.append(Problem("contribution", f"{message} was taken"))
    left = np.setdiff1d(np.arange(len(codes)), twice)
    rows = np.sort(np.concatenate([left, [row for row, _ in kept.values()]]).astype(np.int64))
    shown = [proofs[row] for row in rows.tolist()] if proofs else []
    return table.take(pa.array(rows)), shown, Repeated(n_unchanged, n_replaced, tuple(problems))


def _chunk(array: Any) -> Any:
    import pyarrow as pa

    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
