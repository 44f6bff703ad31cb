"""
What is to be done with contributions that are there already, or come twice at a time.

Whoever was first stays, unless the later one proves to come from the same contributor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pkimm_analytics.anonymize.contribution import Contribution
from pkimm_analytics.anonymize.identifiers import commitment_of
from pkimm_analytics.collection.contribution_rows import from_table
from pkimm_analytics.errors import Problem

Prove = Callable[[str, str], str]
"""From a contribution and the SHA-256 of its earlier content to the token of its receipt."""


@dataclass(frozen=True)
class Held:
    """A contribution that the collection has, and whether somebody vouches for it."""

    contribution: Contribution
    ticket: str | None = None
    is_verified: bool = False


@dataclass(frozen=True)
class Settled:
    """
    What becomes of a batch beside what the collection holds.

    Parameters
    ----------
    kept : ndarray of int
        Rows of the batch that are written.
    replaced : set of str
        Contributions of the collection whose place they take.
    n_replaced, n_unchanged : int
    problems : tuple of Problem
        One for each row that is refused.
    """

    kept: NDArray[np.intp]
    replaced: set[str]
    n_replaced: int = 0
    n_unchanged: int = 0
    problems: tuple[Problem, ...] = ()


def settle(
    batch: Any, held: Mapping[str, Held], given: Sequence[Contribution], prove: Prove | None
) -> Settled:
    """
    Tell new contributions from those that are there, and these from changed ones.

    Parameters
    ----------
    batch : pyarrow.Table
        Contributions as columns.
    held : mapping of str to Held
        Those of them that are there.
    given : sequence of Contribution
        The batch with what it proves; empty if it came as a table.
    """
    ids = pc.dictionary_encode(batch.column("contribution").combine_chunks())
    codes = ids.indices.to_numpy()
    known = pc.is_in(ids.dictionary, value_set=pa.array(list(held), pa.string()))
    known = known.to_numpy(zero_copy_only=False)
    doubtful = np.flatnonzero(known[codes] | (np.bincount(codes)[codes] > 1)).tolist()
    standing, chosen = dict(held), dict[str, int]()
    n_replaced = n_unchanged = 0
    problems = []
    for row in doubtful:
        one = given[row] if given else from_table(batch.slice(row, 1))[0]
        earlier = standing.get(one.id)
        is_same = earlier and one.content_digest() == earlier.contribution.content_digest()
        if is_same and earlier and (earlier.is_verified or not one.ticket):
            n_unchanged += 1
        elif earlier is None or is_same or _may_replace(earlier.contribution, one, prove):
            n_replaced += earlier is not None and not is_same
            n_unchanged += bool(is_same)
            standing[one.id], chosen[one.id] = Held(one), row
        else:
            where = "comes twice, or is there," if one.id in chosen else "is there"
            message = f"{where} with other content, and its receipt was not shown"
            problems.append(Problem("contribution", message))
    is_kept = np.ones(len(codes), bool)
    is_kept[doubtful] = False
    is_kept[[*chosen.values()]] = True
    kept = np.flatnonzero(is_kept)
    return Settled(kept, held.keys() & chosen, n_replaced, n_unchanged, tuple(problems))


def _may_replace(earlier: Contribution, one: Contribution, prove: Prove | None) -> bool:
    tokens = [one.replaces] if one.replaces else []
    if prove is not None:
        tokens.append(prove(earlier.id, earlier.content_digest()))
    return any(commitment_of(token) == earlier.commitment for token in tokens)
