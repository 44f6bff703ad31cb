"""
The collection: a durable set of contributions that several writers may add to.

A change writes new parts first and then replaces the manifest; what was acknowledged
is in a manifest. What a killed writer left behind is no part of the collection and
goes away with the next change. The same contribution twice is one, and a contributor
who proves to be the same replaces an earlier content.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pkimm_analytics.anonymize.contribution import Contribution
from pkimm_analytics.anonymize.pseudonyms import commitment_of
from pkimm_analytics.anonymize.receipts import Receipt
from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.store.batch import Prove, as_table, one_of_each, plan
from pkimm_analytics.store.increments import drop_stale
from pkimm_analytics.store.manifest import (
    NAME,
    Manifest,
    Part,
    dump_manifest,
    load_manifest,
    new_manifest,
)
from pkimm_analytics.store.parts import PART_ROWS, read_part, write_parts
from pkimm_analytics.store.rows import check_rows, from_table
from pkimm_analytics.store.storage import Storage, open_storage, reason_of
from pkimm_analytics.store.tags import LETTERS, Tags, are_among, tags_of
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

SMALL_PARTS = 64
"""Small parts of one quarter after which a writer merges them on its way."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Appended:
    """
    What became of contributions.

    Parameters
    ----------
    added, replaced, unchanged : int
    refused : int
        Kept out; nothing but the reasons is kept of them.
    problems : tuple of Problem
    """

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Info:
    """What a collection holds, in totals."""

    id: str
    schema: int
    contributions: int
    parts: int
    bytes: int
    quarters: dict[str, int]
    quarantined: int


class Collection:
    """
    A collection; get one from :func:`open_collection`.

    Parameters
    ----------
    storage : Storage
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    # --- reading ---------------------------------------------------------------------

    def manifest(self) -> Manifest:
        """
        Read the state that is committed now.

        Raises
        ------
        CollectionError
            If there is no collection, it is damaged or of another schema.
        """
        manifest = self._manifest_of_any_schema()
        if manifest.schema != CONTRIBUTIONS_VERSION:
            newer = manifest.schema > CONTRIBUTIONS_VERSION
            remedy = "use a newer version of this software" if newer else "run: collection migrate"
            raise CollectionError(
                f"The collection has schema {manifest.schema}, this software"
                f" {CONTRIBUTIONS_VERSION}: {remedy}. Nothing was changed."
            )
        return manifest

    def info(self) -> Info:
        """Count what is committed."""
        manifest = self._manifest_of_any_schema()
        quarters: dict[str, int] = {}
        for part in manifest.parts:
            quarters[part.period] = quarters.get(part.period, 0) + part.rows
        return Info(
            id=manifest.id,
            schema=manifest.schema,
            contributions=manifest.rows,
            parts=len(manifest.parts),
            bytes=sum(part.bytes for part in manifest.parts),
            quarters=dict(sorted(quarters.items())),
            quarantined=sum(path.startswith("quarantine/") for path in self.storage.files()),
        )

    # --- changing ----------------------------------------------------------------------

    def append(
        self,
        contributions: Iterable[Contribution] | Any,
        *,
        prove: Prove | None = None,
        refused: Sequence[Problem] = (),
    ) -> Appended:
        """
        Add contributions; when this returns, they are on the disk.

        Parameters
        ----------
        contributions : iterable of Contribution, or pyarrow.Table
            A table has the columns of ``contributions``. Give many at once: each call
            writes a file for each quarter.
        prove : callable, optional
            Makes the token of a contributor's own earlier receipt, so that a changed
            assessment replaces what is there. A contribution may also bring its proof.
        refused : sequence of Problem
            What a reader kept out before; it is counted and noted with the rest.

        Returns
        -------
        Appended
            What is not valid, or would replace something without proof, is refused;
            the rest is added.

        Raises
        ------
        CollectionError
            If the collection cannot be read or written, or the columns do not fit.
            Then nothing was added.
        """
        table, proofs = as_table(contributions)
        checked = check_rows(table)
        proofs = [proof for proof, good in zip(proofs, checked.good, strict=False) if good]
        batch, proofs, repeated = one_of_each(checked.table, proofs, prove)
        with self._changing(create=True) as manifest:
            old = self._find(manifest, batch.column("contribution"))
            held = {one.id: one for _, found in old for one in from_table(found)}
            todo = plan(batch, held, proofs, prove)
            conflicts = (*repeated.problems, *todo.problems)
            problems = (*refused, *checked.problems, *conflicts)
            n_refused = len(refused) + checked.n_refused + len(conflicts)
            if todo.replaced or todo.rows.num_rows:
                removed = [part for part, found in old if todo.replaced & set(_ids(found))]
                kept = self._without(removed, todo.replaced)
                added = write_parts(self.storage, _concat([*kept, todo.rows]))
                changed = manifest.changed(add=added, remove=removed)
                merged, gone = self._merged(changed, SMALL_PARTS)
                changed = changed.changed(add=merged, remove=gone)
                self._commit(changed, [*removed, *gone])
            if n_refused:
                self._quarantine(problems, n_refused)
        log.info("collection: %d rows added, %d refused", todo.rows.num_rows, n_refused)
        return Appended(
            added=todo.rows.num_rows - len(todo.replaced),
            replaced=len(todo.replaced) + repeated.n_replaced,
            unchanged=todo.n_unchanged + repeated.n_unchanged,
            refused=n_refused,
            problems=problems,
        )

    def withdraw(
        self,
        receipts: Sequence[Receipt],
        *,
        tell: Callable[[frozenset[str], frozenset[str]], object] | None = None,
    ) -> tuple[int, tuple[Problem, ...]]:
        """
        Remove contributions for good; their bytes are gone when this returns.

        Parameters
        ----------
        receipts : sequence of Receipt
        tell : callable, optional
            Called after the removal with the pseudonyms of parents who have nothing left,
            and of those who have, so that whoever remembers them can forget.

        Returns
        -------
        tuple
            How many were removed, and a problem for each receipt that fits nothing.

        Raises
        ------
        CollectionError
            If the collection cannot be read or written.
        """
        import pyarrow as pa

        with self._changing() as manifest:
            wanted = pa.array([receipt.contribution for receipt in receipts], pa.string())
            old = self._find(manifest, wanted)
            commitments = {
                row["contribution"]: row["commitment"]
                for _, found in old
                for row in found.select(["contribution", "commitment"]).to_pylist()
            }
            gone, problems = set(), []
            for number, receipt in enumerate(receipts, 1):
                held = commitments.get(receipt.contribution)
                if held is None:
                    message = "no such contribution here: withdrawn, replaced, or never added"
                    problems.append(Problem(f"receipt {number}", message))
                elif held != commitment_of(receipt.token):
                    message = "does not fit what is there; use the receipt of the latest content"
                    problems.append(Problem(f"receipt {number}", message))
                else:
                    gone.add(receipt.contribution)
            removed = [part for part, found in old if gone & set(_ids(found))]
            if removed:
                kept = _concat(self._without(removed, gone))
                added = write_parts(self.storage, kept)
                changed = manifest.changed(add=added, remove=removed)
                self._commit(changed, removed)
                if tell is not None:
                    parents = {
                        row["parent"] or row["org"]
                        for _, found in old
                        for row in found.select(["contribution", "parent", "org"]).to_pylist()
                        if row["contribution"] in gone
                    }
                    left = self._parents_left(changed, parents)
                    tell(frozenset(parents - left), frozenset(left))
        log.info("collection: %d rows withdrawn", len(gone))
        return len(gone), tuple(problems)

    def compact(self) -> int:
        """
        Merge small parts, so that reading stays fast.

        Returns
        -------
        int
            By how many parts the collection became smaller.

        Raises
        ------
        CollectionError
            If the collection cannot be read or written. It is then as it was.
        """
        with self._changing() as manifest:
            merged, gone = self._merged(manifest, 2)
            if gone:
                self._commit(manifest.changed(add=merged, remove=gone), gone)
        return len(gone) - len(merged)

    # --- parts of a change ---------------------------------------------------------------

    @contextmanager
    def _changing(self, *, create: bool = False, any_schema: bool = False) -> Iterator[Manifest]:
        """Hold the lock, start from what is committed, and sweep what a killed writer left."""
        try:
            if create:
                self._exists()  # a lock, too, would be a file in a stranger's place
            with self.storage.lock():
                if create and not self._exists():
                    self.storage.write(NAME, dump_manifest(new_manifest()))
                manifest = self._manifest_of_any_schema() if any_schema else self.manifest()
                self._sweep(manifest)
                yield manifest
        except CollectionError:
            raise
        except OSError as error:
            raise CollectionError(
                f"The collection cannot be written: {reason_of(error)}."
                " What was committed is untouched."
            ) from None

    def _exists(self) -> bool:
        """Return whether there is a manifest; parts without one are a damaged collection."""
        files = self.storage.files()
        if NAME in files:
            return True
        strangers = [path for path in files if not path.endswith(".part")]
        if strangers:
            raise CollectionError(
                "The place is not empty and holds no collection. Nothing was written.",
                [Problem(NAME, f"is missing beside {len(strangers)} other file(s)")],
            )
        return False

    def _manifest_of_any_schema(self) -> Manifest:
        try:
            return load_manifest(self.storage.read(NAME))
        except FileNotFoundError:
            raise CollectionError("There is no collection in this place.") from None
        except CollectionError:
            raise
        except OSError as error:
            raise CollectionError(f"The collection cannot be read: {reason_of(error)}.") from None

    def _sweep(self, manifest: Manifest) -> None:
        for path in leftovers(self.storage, manifest):
            self.storage.delete(path)
        drop_stale(self.storage, manifest)

    def _commit(self, manifest: Manifest, removed: Iterable[Part]) -> None:
        self.storage.check_lock()
        self.storage.write(NAME, dump_manifest(manifest))
        for part in removed:
            self.storage.delete(part.path)
        drop_stale(self.storage, manifest)

    def _find(self, manifest: Manifest, ids: Any) -> list[tuple[Part, Any]]:
        """Return the whole rows of contributions that are there, with the part of each."""
        import pyarrow.compute as pc

        ids = ids.filter(pc.equal(pc.binary_length(ids), LETTERS))
        wanted = np.sort(tags_of(ids))
        found = []
        for part in manifest.parts if len(ids) else ():
            there = read_part(self.storage, part, ["contribution"]).column("contribution")
            if _may_hold(there, wanted):
                hits = pc.is_in(there, value_set=ids)
                if pc.any(hits).as_py():
                    found.append((part, read_part(self.storage, part).filter(hits)))
        return found

    def _parents_left(self, manifest: Manifest, parents: set[str]) -> set[str]:
        """Return which of some parents still have contributions."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(sorted(parents), pa.string())
        left: set[str] = set()
        for part in manifest.parts:
            there = read_part(self.storage, part, ["parent"]).column("parent")
            left |= set(there.filter(pc.is_in(there, value_set=wanted)).unique().to_pylist())
        return left

    def _without(self, parts: Iterable[Part], ids: set[str]) -> list[Any]:
        """Return the rows of some parts that stay."""
        import pyarrow as pa
        import pyarrow.compute as pc

        gone = pa.array(sorted(ids), pa.string())
        tables = [read_part(self.storage, part) for part in parts]
        return [
            t.filter(pc.invert(pc.is_in(t.column("contribution"), value_set=gone))) for t in tables
        ]

    def _merged(self, manifest: Manifest, threshold: int) -> tuple[list[Part], list[Part]]:
        """Write small parts of a quarter as one where there are many; return new and old."""
        periods: dict[str, list[Part]] = {}
        for part in manifest.parts:
            if part.rows <= PART_ROWS // 2:
                periods.setdefault(part.period, []).append(part)
        merged: list[Part] = []
        gone: list[Part] = []
        for small in periods.values():
            if len(small) >= threshold:
                for some in _batches(small):
                    merged += write_parts(
                        self.storage, _concat([read_part(self.storage, p) for p in some])
                    )
                    gone += some
        return merged, gone

    def _quarantine(self, problems: Sequence[Problem], n_refused: int) -> None:
        """Keep why rows were refused, not what was in them: that may be the reason."""
        reasons = {
            "format": "pkimm-quarantine/1",
            "refused": n_refused,
            "problems": [problem.to_json() for problem in problems],
        }
        content = (json.dumps(reasons, indent=1) + "\n").encode()
        import hashlib

        self.storage.write(f"quarantine/{hashlib.sha256(content).hexdigest()[:16]}.json", content)


def open_collection(place: str | Path, *, create: bool = False) -> Collection:
    """
    Open a collection.

    Parameters
    ----------
    place : str or Path
        Folder, or an address that pyarrow knows, such as ``s3://bucket/prefix``.
    create : bool
        Whether a place with nothing in it is fine; it is written to with the first
        contribution.

    Raises
    ------
    CollectionError
        If there is none, it is damaged or of another schema.
    """
    collection = Collection(open_storage(place))
    if not create:
        collection._manifest_of_any_schema()
    return collection


def _may_hold(ids: Any, wanted: Tags) -> bool:
    """Tell whether any of some pseudonyms is wanted, by tags; of damaged ones it may be."""
    try:
        return bool(are_among(tags_of(ids), wanted).any())
    except ValueError:
        return True


def leftovers(storage: Storage, manifest: Manifest) -> list[str]:
    """Files that a killed writer left: neither committed nor reasons of a refusal."""
    known = {NAME, *(part.path for part in manifest.parts)}
    return [
        path
        for path in storage.files()
        if path not in known and (path.startswith("period=") or _is_half_written(path))
    ]


def _is_half_written(path: str) -> bool:
    """Whether a file is one of ours without its final name; other hidden files are not ours."""
    name = path.rsplit("/", 1)[-1]
    return name.startswith(".") and name.endswith(".part")


# --- tables ---------------------------------------------------------------------------------


def _batches(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Group parts so that each group fits into one new part; groups of one are left out."""
    group: list[Part] = []
    for part in sorted(parts, key=lambda part: part.rows):
        if group and sum(p.rows for p in group) + part.rows > PART_ROWS:
            if len(group) > 1:
                yield group
            group = []
        group.append(part)
    if len(group) > 1:
        yield group


def _concat(tables: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.concat_tables(tables)


def _ids(table: Any) -> list[str]:
    return list(table.column("contribution").to_pylist())
