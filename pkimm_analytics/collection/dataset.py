"""
The collection: contributions as a plain Parquet data set that others can open without us.

``period=2026Q3/part-0.parquet`` holds rows of one quarter; pandas, DuckDB, polars and Spark
read the folder as it is. A change happens under a lock, entirely or not at all, and what
was acknowledged is on the disk. The same contribution twice is one, and a contributor who
proves to be the same replaces an earlier content.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.anonymize.contribution import Contribution
from pkimm_analytics.anonymize.identifiers import commitment_of
from pkimm_analytics.anonymize.invitation import Invitation
from pkimm_analytics.anonymize.receipts import Receipt
from pkimm_analytics.collection import rounds as of_rounds
from pkimm_analytics.collection.contribution_rows import (
    check_rows,
    from_table,
    given_schema,
    schema,
    scoring,
)
from pkimm_analytics.collection.journal import about, check_purpose, decisions, note, read_journal
from pkimm_analytics.collection.manifest import (
    NAME,
    DataFile,
    Manifest,
    beside,
    load_manifest,
    new_manifest,
    period_of,
)
from pkimm_analytics.collection.measures import with_levels
from pkimm_analytics.collection.place import open_place, reason_of
from pkimm_analytics.collection.revisions import Held, Prove, as_table, settle
from pkimm_analytics.display import Shown
from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION, COVERAGE, LEVEL, VOUCHING

if TYPE_CHECKING:
    import pandas as pd

    from pkimm_analytics.collection.opened import Rows

SIMULATED = ".collection"
"""Collection in the folder of a simulation, which is opened in place of the folder."""

FILE_ROWS = 262_144
"""Most rows of one file, which bounds the memory that rewriting one takes."""

FULL = 32_768
"""Rows from which a file is left alone when rows are added, so that adding stays fast."""

GROUP_ROWS = 131_072
_UNIQUE = {"contribution", "commitment"}


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
    opened: int
    verified: int
    rounds: dict[str, dict[str, int]]


class Collection(Shown):
    """
    A collection of contributions.

    Parameters
    ----------
    place : str or Path
        Folder, or an address that pyarrow knows, such as ``s3://bucket/prefix``; also the
        folder of a simulation.
    create : bool
        Whether a place with nothing in it is fine; it is written to with the first
        contribution.

    Raises
    ------
    CollectionError
        If there is none, or it is damaged.
    """

    VIEW = "pkimm_analytics.views.collection:collection_view"

    def __init__(self, place: str | Path, *, create: bool = False) -> None:
        self.place = open_place(place)
        simulated = self.place.folder and self.place.folder / SIMULATED
        if simulated and (simulated / NAME).exists():
            self.place = open_place(simulated)
        if not create:
            self._any_manifest()

    def __repr__(self) -> str:
        try:
            info = self.info()
        except CollectionError:
            return "<Collection: empty>"
        quarters = list(info.quarters)
        span = f", {quarters[0]} to {quarters[-1]}" if quarters else ""
        return f"<Collection of {info.contributions:,} contributions{span}>"

    # --- reading ---------------------------------------------------------------------

    def manifest(self) -> Manifest:
        """
        Read the state that is committed now.

        Raises
        ------
        CollectionError
            If there is no collection, it is damaged, or other software wrote it.
        """
        manifest = self._any_manifest()
        if manifest.scoring != scoring():
            raise CollectionError(
                "The levels of the collection were made by other rules or editions."
                " Renew them with: pkimm collection rescore. Nothing was changed."
            )
        return manifest

    def info(self) -> Info:
        """Count what is committed."""
        with self._locked(writing=False):
            manifest, lines = self._any_manifest(), read_journal(self.place)
            rounds = of_rounds.read_rounds(self.place).rounds
        quarters: dict[str, int] = {}
        for path, file in manifest.files.items():
            quarters[period_of(path)] = quarters.get(period_of(path), 0) + file.rows
        return Info(
            id=manifest.id,
            schema=manifest.table,
            contributions=manifest.rows,
            parts=len(manifest.files),
            bytes=sum(file.bytes for file in manifest.files.values()),
            quarters=dict(sorted(quarters.items())),
            quarantined=sum(line["what"] == "refused" for line in lines),
            opened=sum(line["what"] == "opened" for line in lines),
            verified=sum(file.verified for file in manifest.files.values()),
            rounds={one.id: one.tickets_used() for one in rounds},
        )

    def open_rows(self, *, purpose: str) -> Rows:
        """
        Open the rows, which leaves a line in the journal that stays.

        Whoever analyzes works with releases; this is for those who make them.

        Parameters
        ----------
        purpose : str
            What for, in a few plain lower-case words without names.

        Raises
        ------
        CollectionError
            If the purpose says nothing or looks like a name, or the collection is damaged.
        """
        from pkimm_analytics.collection.opened import Rows

        check_purpose(purpose)
        with self.changing() as manifest:
            note(self.place, "opened", why=purpose, rows=manifest.rows)
        return Rows(self)

    def to_pandas(self, *, purpose: str) -> pd.DataFrame:
        """Open the rows as a data frame with scores; see :meth:`.opened.Rows.to_pandas`."""
        return self.open_rows(purpose=purpose).to_pandas()

    @contextmanager
    def reading(self) -> Iterator[Manifest]:
        """Hold the collection as it is while files are read; writers wait."""
        with self._locked(writing=False):
            yield self.manifest()

    def content(self, path: str, file: DataFile) -> bytes:
        """
        Read the bytes of a file and compare them with its checksum.

        Nothing is written anew, counted or published from a damaged file.

        Raises
        ------
        CollectionError
            If the file is not there or damaged.
        """
        try:
            content = self.place.read(path)
        except FileNotFoundError:
            raise _damaged(path, "the file is missing") from None
        except OSError as error:
            problem = Problem(path, reason_of(error))
            raise CollectionError("A file of the collection cannot be read.", [problem]) from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise _damaged(path, "its bytes are not those that were written")
        return content

    def read(
        self,
        path: str,
        file: DataFile,
        columns: Sequence[str] | None = None,
        *,
        any_columns: bool = False,
    ) -> Any:
        """
        Read a file, or some of its columns, as one table.

        Parameters
        ----------
        columns : sequence of str, optional
            All if left out.
        any_columns : bool
            Whether the file may have the columns of other editions.

        Raises
        ------
        CollectionError
            If the file is not there or damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        content = self.content(path, file)
        try:
            parquet = pq.ParquetFile(pa.BufferReader(content))
            problem = _other_shape(parquet, file, any_columns=any_columns)
            if not problem:
                return parquet.read(columns=columns).replace_schema_metadata(None)
        except pa.ArrowException as error:
            problem = f"cannot be read as Parquet ({type(error).__name__})"
        raise _damaged(path, problem)

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
        table, given = as_table(contributions)
        checked = check_rows(table)
        given = [one for one, good in zip(given, checked.good, strict=False) if good]
        with self.changing(create=True) as manifest:
            found = self.find(manifest, checked.table.column("contribution"))
            held = _held(found)
            todo = settle(checked.table, held, given, prove)
            remarks: Sequence[Problem] = ()
            if len(todo.kept):
                rows, names, remarks = self._vouched(checked.table, given, held, todo.kept)
                tables = self._without(manifest, found, todo.replaced)
                self._rename(manifest, tables, names)
                self._fill(manifest, tables, with_levels(rows))
                self._commit(manifest, tables)
            problems = (*refused, *checked.problems, *todo.problems)
            n_refused = len(refused) + checked.n_refused + len(todo.problems)
            if n_refused:
                reasons = [problem.to_json() for problem in problems]
                note(self.place, "refused", n=n_refused, problems=reasons)
        return Appended(
            added=len(todo.kept) - len(todo.replaced),
            replaced=todo.n_replaced,
            unchanged=todo.n_unchanged,
            refused=n_refused,
            problems=(*problems, *remarks),
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
        with self.changing() as manifest:
            found = self.find(manifest, [receipt.contribution for receipt in receipts])
            gone, problems = _shown(receipts, _held(found))
            if gone:
                self._commit(manifest, self._without(manifest, found, gone.keys()))
                if tell is not None:
                    parents = set(gone.values())
                    left = self._parents_left(parents)
                    tell(frozenset(parents - left), frozenset(left))
        return len(gone), tuple(problems)

    def rescore(self) -> int:
        """
        Renew stored levels by the rules and editions of this software.

        Returns
        -------
        int
            How many contributions were scored.

        Raises
        ------
        CollectionError
            If the collection cannot be read or written, or newer software wrote it. It is
            then as it was.
        """
        with self.changing(any_scoring=True) as manifest:
            tables = {}
            for path, file in manifest.files.items():
                rows = _without_levels(self.read(path, file, any_columns=True))
                checked = check_rows(rows.select(given_schema().names))
                if checked.problems:
                    raise CollectionError(
                        "A file has rows that this software does not take. Nothing was changed.",
                        checked.problems,
                    )
                tables[path] = with_levels(rows)
            self._commit(manifest.replace(scoring=scoring()), tables)
            return manifest.rows

    # --- parts of a change ---------------------------------------------------------------

    @contextmanager
    def changing(self, *, create: bool = False, any_scoring: bool = False) -> Iterator[Manifest]:
        """Hold the lock and start from what is committed; complete what was begun."""
        with self._locked(writing=True, create=create):
            if create and not self._exists():
                self.place.write(NAME, new_manifest(scoring()).dumps())
            yield self._any_manifest() if any_scoring else self.manifest()

    @contextmanager
    def _locked(self, *, writing: bool, create: bool = False) -> Iterator[None]:
        try:
            if create:
                self._exists()  # a lock, too, would be a file in a stranger's place
            with self.place.locked(writing=writing) as may_write:
                if may_write:
                    self._recover()
                yield
        except CollectionError:
            raise
        except OSError as error:
            raise CollectionError(
                f"The collection cannot be written: {reason_of(error)}."
                " What was committed is untouched."
            ) from None

    def _recover(self) -> None:
        """Complete a change that was under way, and delete what was never committed."""
        try:
            manifest = self._any_manifest()
        except CollectionError:
            return  # whoever asked for the lock finds the same
        if manifest.pending:
            self._finish(manifest)
        for path in leftovers(self.place.files()):
            self.place.delete(path)

    def _exists(self) -> bool:
        """Return whether there is a manifest; files without one are a damaged collection."""
        files = self.place.files()
        if NAME in files:
            return True
        strangers = [path for path in files if not path.endswith((".part", ".new"))]
        if strangers:
            raise CollectionError(
                "The place is not empty and holds no collection. Nothing was written.",
                [Problem(NAME, f"is missing beside {len(strangers)} other file(s)")],
            )
        return False

    def _any_manifest(self) -> Manifest:
        """Read the manifest, whatever rules its levels were made with."""
        try:
            manifest = load_manifest(self.place.read(NAME))
        except FileNotFoundError:
            raise CollectionError("There is no collection in this place.") from None
        except CollectionError:
            raise
        except OSError as error:
            raise CollectionError(f"The collection cannot be read: {reason_of(error)}.") from None
        if manifest.table != CONTRIBUTIONS_VERSION:
            raise CollectionError(
                f"The collection has version {manifest.table} of the table, this software"
                f" {CONTRIBUTIONS_VERSION}: use the software that fits. Nothing was changed."
            )
        return manifest

    def _commit(self, manifest: Manifest, tables: Mapping[str, Any]) -> None:
        """Write files beside their places, name them in the manifest, and move them there."""
        import pyarrow.compute as pc

        pending: dict[str, DataFile | None] = {}
        for path, table in tables.items():
            pending[path] = None
            if table.num_rows:
                content = encode(table)
                digest = hashlib.sha256(content).hexdigest()
                pending[path] = DataFile(
                    rows=table.num_rows,
                    invented=pc.sum(table.column("synthetic")).as_py(),
                    verified=pc.sum(table.column("is_verified")).as_py(),
                    bytes=len(content),
                    sha256=digest,
                )
                self.place.write(beside(path), content)
        begun = manifest.replace(pending=pending)
        self.place.write(NAME, begun.dumps())
        self._finish(begun)

    def _finish(self, manifest: Manifest) -> None:
        for path, file in manifest.pending.items():
            if file is None:
                self.place.delete(path)
            else:
                self.place.move(beside(path), path)
        self.place.write(NAME, manifest.settled().dumps())

    def open_round(
        self, *, link: Invitation | None = None, renew: Invitation | None = None
    ) -> Invitation:
        """
        Open a round; see :func:`.rounds.opened`.

        Returns
        -------
        Invitation
            To be handed out. Its key is kept nowhere in the collection.
        """
        with self.changing(create=True):
            rounds, invitation = of_rounds.opened(
                of_rounds.read_rounds(self.place), link=link, renew=renew
            )
            self.place.write(of_rounds.NAME, rounds.dumps())
        return invitation

    def new_tickets(self, n: int, *, round_: str | None = None) -> list[str]:
        """Make tickets of a round, the newest if none is named; only hashes are kept."""
        with self.changing():
            rounds, codes = of_rounds.with_tickets(of_rounds.read_rounds(self.place), round_, n)
            self.place.write(of_rounds.NAME, rounds.dumps())
        return codes

    def set_aside(self, manifest: Manifest, contribution: str) -> None:
        """Take back that somebody vouches for a contribution; the caller holds the lock."""
        import pyarrow.compute as pc

        for path in self.find(manifest, [contribution]):
            table = self.read(path, manifest.files[path])
            other = pc.not_equal(table.column("contribution"), contribution)
            stays = pc.and_(table.column("is_verified"), other)
            place = table.column_names.index("is_verified")
            changed = table.set_column(place, table.schema.field(place), stays)
            self._commit(manifest, {path: changed})

    def find(self, manifest: Manifest, ids: Any) -> dict[str, Any]:
        """Return the whole rows of contributions that are there, by file."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = pa.array(ids, pa.string()) if isinstance(ids, list) else ids
        found = {}
        for path, file in manifest.files.items() if len(ids) else ():
            there = self.read(path, file, ["contribution"]).column("contribution")
            known = pc.is_in(there, value_set=ids) if len(ids) <= len(there) else None
            if known is None:  # the smaller side makes the table that is looked into
                both = ids.filter(pc.is_in(ids, value_set=there))
                known = pc.is_in(there, value_set=both)
            if pc.any(known).as_py():
                found[path] = self.read(path, file).filter(known)
        return found

    def _vouched(
        self, table: Any, given: Sequence[Contribution], held: Mapping[str, Held], kept: Any
    ) -> tuple[Any, dict[str, dict[str, str]], list[Problem]]:
        """Add to some rows who vouches for them; also what to rename, and bad tickets."""
        import pyarrow as pa

        rows = table if len(kept) == table.num_rows else table.take(pa.array(kept))
        some = [given[row] for row in kept] if given else []
        known = of_rounds.read_rounds(self.place)
        rounds, marks, problems = of_rounds.vouch(known, some, held)
        if rounds != known:
            self.place.write(of_rounds.NAME, rounds.dumps())
        decided = decisions(self.place)
        marks = [
            (ticket, is_good and decided.get(about(one.id, one.commitment)) != "set-aside")
            for one, (ticket, is_good) in zip(some, marks, strict=True)
        ]
        nobody = [pa.nulls(len(kept)), np.zeros(len(kept), bool)]
        columns: list[Any] = [*zip(*marks, strict=True)] or nobody
        for column, values in zip(VOUCHING, columns, strict=True):
            kind = schema().field(column.name)
            rows = rows.append_column(kind, pa.array(values, kind.type))
        trusted = [one for one, (_, is_good) in zip(some, marks, strict=False) if is_good]
        return rows, of_rounds.renamed(trusted, rounds), problems

    def _rename(
        self, manifest: Manifest, tables: dict[str, Any], names: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Give the same ones their new pseudonyms, wherever a renewed key says so."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for path, file in manifest.files.items() if names else ():
            table = before = tables[path] if path in tables else self.read(path, file)
            for name, new in names.items():
                place = table.column_names.index(name)
                at = pc.index_in(table.column(name), value_set=pa.array([*new], pa.string()))
                values = pa.array([*new.values()], pa.string()).take(at.combine_chunks())
                column = pc.coalesce(values, table.column(name))
                table = table.set_column(place, table.schema.field(name), column)
            if not table.equals(before):
                tables[path] = table

    def _parents_left(self, parents: set[str]) -> set[str]:
        """Return which of some parents still have contributions."""
        left: set[str] = set()
        for path, file in self.manifest().files.items():
            left |= parents & set(self.read(path, file, ["parent"]).column("parent").to_pylist())
        return left

    def _without(
        self, manifest: Manifest, found: Mapping[str, Any], ids: Iterable[str]
    ) -> dict[str, Any]:
        """Return the files that hold some contributions, without them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        gone = pa.array(sorted(ids), pa.string())
        tables = {}
        for path, rows in found.items():
            if pc.any(pc.is_in(rows.column("contribution"), value_set=gone)).as_py():
                table = self.read(path, manifest.files[path])
                stays = pc.invert(pc.is_in(table.column("contribution"), value_set=gone))
                tables[path] = table.filter(stays)
        return tables

    def _fill(self, manifest: Manifest, tables: dict[str, Any], rows: Any) -> None:
        """Add rows to the last file of their quarter, or to new ones where it is full."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = _ordered(rows, "quarter", "contribution")
        quarters = rows.column("quarter").combine_chunks()
        for period in pc.unique(quarters).to_pylist():
            first = pc.index(quarters, period).as_py()
            inside = rows.slice(first, pc.sum(pc.equal(quarters, period)).as_py())
            names = [path for path in manifest.files if period_of(path) == period]
            number = max((_number(path) for path in names), default=0)
            last = f"period={period}/part-{number}.parquet"
            if last in manifest.files and manifest.files[last].rows < FULL:
                kept = tables[last] if last in tables else self.read(last, manifest.files[last])
                inside = pa.concat_tables([kept, inside])
            elif last in manifest.files:
                number += 1
            for start in range(0, inside.num_rows, FILE_ROWS):
                path = f"period={period}/part-{number + start // FILE_ROWS}.parquet"
                tables[path] = inside.slice(start, FILE_ROWS)


def _held(found: Mapping[str, Any]) -> dict[str, Held]:
    """Contributions of some rows by their pseudonyms, with who vouches for them."""
    held = {}
    for table in found.values():
        marks = table.select([column.name for column in VOUCHING]).to_pylist()
        for one, mark in zip(from_table(table), marks, strict=True):
            held[one.id] = Held(one, **mark)
    return held


def leftovers(files: Iterable[str]) -> list[str]:
    """Files that a killed writer left without their final names; other hidden files stay."""
    names = [(path, path.rsplit("/", 1)[-1]) for path in files]
    return [path for path, name in names if re.fullmatch(r"\..*\.(part|parquet\.new)", name)]


def encode(table: Any) -> memoryview:
    """
    Return rows as Parquet, in the order of their pseudonyms.

    The order hides in which they came; the file says nothing of where it was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(
        _ordered(table, "contribution").combine_chunks().replace_schema_metadata(None),
        sink,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in _UNIQUE],
        write_statistics=False,
        store_schema=False,
        row_group_size=GROUP_ROWS,
    )
    return memoryview(sink.getvalue())


def _ordered(table: Any, *names: str) -> Any:
    """Rows in the order of some columns; those that are in it are not copied."""
    import pyarrow.compute as pc

    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])
    is_ordered = np.array_equal(order.to_numpy(), np.arange(table.num_rows, dtype=np.uint64))
    return table if is_ordered else table.take(order)


def _number(path: str) -> int:
    return int(path.rsplit("-", 1)[1].removesuffix(".parquet"))


def _damaged(path: str, problem: str) -> CollectionError:
    return CollectionError("A file of the collection is damaged.", [Problem(path, problem)])


def _other_shape(parquet: Any, file: DataFile, *, any_columns: bool) -> str:
    """Say how a file differs from what was written, before its rows are read."""
    columns = [(field.name, field.type) for field in parquet.schema_arrow]
    if not any_columns and columns != [(field.name, field.type) for field in schema()]:
        return "its columns are not those of contributions"
    if parquet.metadata.num_rows != file.rows:
        return f"holds {parquet.metadata.num_rows} rows, expected {file.rows}"
    return ""


def _without_levels(table: Any) -> Any:
    """Return rows as before they were scored, with empty columns of later editions."""
    import pyarrow as pa

    columns = {}
    for field in schema():
        if field.name in table.column_names:
            columns[field.name] = table.column(field.name)
        elif not field.name.startswith((LEVEL, COVERAGE)):
            empty = {pa.int8(): 0, pa.bool_(): False}.get(field.type)
            columns[field.name] = pa.array([empty] * table.num_rows, field.type)
    kept = {name: one for name, one in columns.items() if not name.startswith((LEVEL, COVERAGE))}
    return pa.table(kept, schema=pa.schema([schema().field(name) for name in kept]))


def _shown(
    receipts: Sequence[Receipt], held: Mapping[str, Held]
) -> tuple[dict[str, str], list[Problem]]:
    """Contributions whose receipts fit, with their parents, and what is wrong with the others."""
    gone: dict[str, str] = {}
    problems = []
    for number, receipt in enumerate(receipts, 1):
        if receipt.contribution not in held:
            message = "no such contribution here: withdrawn, replaced, or never added"
            problems.append(Problem(f"receipt {number}", message))
            continue
        one = held[receipt.contribution].contribution
        if one.commitment != commitment_of(receipt.token):
            message = "does not fit what is there; use the receipt of the latest content"
            problems.append(Problem(f"receipt {number}", message))
        else:
            gone[one.id] = one.parent
    return gone, problems
