"""
What is to be done with contributions that are there already, or come twice at a time.

Whoever was first stays, unless the later one proves to come from the same contributor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pkimm_analytics.anonymize.contribution import Contribution
from pkimm_analytics.anonymize.pseudonyms import commitment_of
from pkimm_analytics.collection.contribution_rows import from_table, to_table
from pkimm_analytics.errors import Problem

Prove = Callable[[str, str], str]
"""From a contribution and the SHA-256 of its earlier content to the token of its receipt."""


@dataclass(frozen=True)
class Settled:
    """
    What becomes of a batch beside what the collection holds.

    Parameters
    ----------
    rows : pyarrow.Table
        To be written.
    replaced : set of str
        Contributions of the collection whose place they take.
    n_replaced, n_unchanged : int
    problems : tuple of Problem
        One for each row that is refused.
    """

    rows: Any
    replaced: set[str]
    n_replaced: int = 0
    n_unchanged: int = 0
    problems: tuple[Problem, ...] = ()


def settle(
    batch: Any, held: Mapping[str, Contribution], proofs: Sequence[str | None], prove: Prove | None
) -> Settled:
    """Tell new contributions from those that are there, and these from changed ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pc.dictionary_encode(batch.column("contribution").combine_chunks())
    codes = ids.indices.to_numpy()
    known = pc.is_in(ids.dictionary, value_set=pa.array(list(held), pa.string())).to_numpy(
        zero_copy_only=False
    )
    doubtful = np.flatnonzero(known[codes] | (np.bincount(codes)[codes] > 1))
    if not len(doubtful):
        return Settled(batch, set())
    standing, chosen = dict(held), dict[str, int]()
    n_replaced = n_unchanged = 0
    problems = []
    for row, one in zip(doubtful.tolist(), from_table(batch.take(doubtful)), strict=True):
        earlier = standing.get(one.id)
        if one == earlier:
            n_unchanged += 1
        elif earlier is None or _may_replace(earlier, proofs[row] if proofs else None, prove):
            n_replaced += earlier is not None
            standing[one.id], chosen[one.id] = one, row
        else:
            where = "comes twice, or is there," if one.id in chosen else "is there"
            message = f"{where} with other content, and its receipt was not shown"
            problems.append(Problem("contribution", message))
    plain = np.setdiff1d(np.arange(len(codes)), doubtful)
    rows = np.sort(np.concatenate([plain, list(chosen.values())]).astype(np.int64))
    replaced = held.keys() & chosen
    return Settled(batch.take(rows), replaced, n_replaced, n_unchanged, tuple(problems))


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
