"""
The records that a release is made from, most preferred first; and how they are remembered.

One row is a contribution. A parent counts once in a group, with its most preferred
record there: the newest quarter, then the stronger assurance, then a fixed order that
does not depend on how the rows were stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.tables import DIMENSIONS

PSEUDONYMS = ("org", "parent", "assessor")
_OTHERS = ("parent", "assessor", "quarter", *DIMENSIONS)


@dataclass(frozen=True, eq=False)
class Records:
    """
    Checked records; arrays of shape (n_records,).

    Parameters
    ----------
    parent, assessor : array of uint64
        Short hashes of pseudonyms, the same in every release; 0 is no known assessor.
    codes : mapping of str to array of int
        By dimension: place in the plan's list of codes, -1 if it is in none.
    quarter : array of int
        Quarters since the year 0.
    levels : mapping of str to array of int8
        By measure: level 1 to 5; 0 or less where there is none.
    pseudonyms : array of uint64
        Sorted hashes of every pseudonym that was read, also of contributions that are
        left out.
    synthetic, genuine : bool
        Whether any contribution that was read is invented, and whether any is not; age
        and window make no difference.
    """

    parent: NDArray[np.uint64]
    assessor: NDArray[np.uint64]
    codes: Mapping[str, NDArray[np.int16]]
    quarter: NDArray[np.int32]
    levels: Mapping[str, NDArray[np.int8]] = field(repr=False)
    pseudonyms: NDArray[np.uint64] = field(repr=False)
    synthetic: bool = False
    genuine: bool = True

    def __len__(self) -> int:
        return len(self.parent)

    @cached_property
    def parent_code(self) -> NDArray[np.int64]:
        """Parent of each record, counted from 0."""
        return np.unique(self.parent, return_inverse=True)[1].astype(np.int64)

    def n_known(self, words: Collection[str]) -> int:
        """How many of some words are a pseudonym that was read."""
        candidates = sorted({word for word in words if len(word) >= 8})
        if not candidates:
            return 0
        hits = [np.isin(tags_of(kind, candidates), self.pseudonyms) for kind in PSEUDONYMS]
        return int(np.any(hits, axis=0).sum())

    def table(self, plan: Plan) -> Any:
        """Return what is remembered of the records when a release is made of them."""
        import pyarrow as pa

        def coded(dimension: str) -> Any:
            codes = self.codes[dimension].astype(np.int32)
            labels = pa.array(plan.codes[dimension])
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), labels)

        own = {"parent": self.parent, "assessor": self.assessor, "quarter": self.quarter}
        return pa.table({**own, **{d: coded(d) for d in DIMENSIONS}, **self.levels})

    @classmethod
    def of_table(cls, table: Any, plan: Plan) -> Records:
        """Take what :meth:`table` returned, with the codes of a plan."""
        return cls(
            parent=table.column("parent").to_numpy(),
            assessor=table.column("assessor").to_numpy(),
            codes={d: _places(table.column(d), plan.codes[d]) for d in DIMENSIONS},
            quarter=table.column("quarter").to_numpy(),
            levels={m: table.column(m).to_numpy() for m in _measures(table)},
            pseudonyms=np.zeros(0, np.uint64),
        )


def truth_of(table: Any) -> Truth:
    """Tell an auditor what :meth:`Records.table` remembers."""
    import pyarrow as pa

    def texts(name: str) -> NDArray[Any]:  # of a dictionary, to_numpy gives nulls a value
        return np.asarray(table.column(name).cast(pa.string()).to_numpy(zero_copy_only=False))

    return Truth(
        parent=table.column("parent").to_numpy(),
        dimensions={d: texts(d) for d in DIMENSIONS},
        levels={m: table.column(m).to_numpy() for m in _measures(table)},
        assessor=table.column("assessor").to_numpy(),
    )


def _measures(table: Any) -> list[str]:
    return [name for name in table.column_names if name not in _OTHERS]


def _places(column: Any, labels: Sequence[str]) -> NDArray[np.int16]:
    """Places of texts in a list; -1 where they are not in it."""
    places = {label: place for place, label in enumerate(labels)}
    found = column.combine_chunks().dictionary_encode()
    table = [places.get(label, -1) for label in found.dictionary.to_pylist()]
    indices = found.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
    return np.asarray(np.array([*table, -1], np.int16)[indices])


def tags_of(kind: str, names: Iterable[Any]) -> NDArray[np.uint64]:
    """Hash pseudonyms to 64 bits; not 0, which means nobody."""
    found = [
        int.from_bytes(hashlib.blake2b(f"{kind}\0{name}".encode(), digest_size=8).digest(), "big")
        for name in names
    ]
    return np.maximum(np.array(found, np.uint64), np.uint64(1))


def parent_tags(parents: Iterable[str]) -> NDArray[np.uint64]:
    """Tags that the pseudonyms of parents, or of organizations without one, may have."""
    names = list(parents)
    return np.concatenate([tags_of("parent", names), tags_of("alone", names)])
