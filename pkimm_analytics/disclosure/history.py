"""
The memory between releases: what was published about the contributions, and who was in it.

For each release of any series it keeps the public table, the records behind it, and which
groups were computed for it. It is private, and sealed: each entry is bound to the one
before, so that one that was edited, left out or put back is noticed. Whoever withdrew is
forgotten: what stays is that somebody counted, not who, nor at which level.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pkimm_analytics.audit.truth import FORGOTTEN, Vintage
from pkimm_analytics.disclosure.records import parent_tags, truth_of
from pkimm_analytics.errors import DisclosureError, PkimmError, Problem
from pkimm_analytics.files import read_json, write_atomically
from pkimm_analytics.records import ClosedRecord, Digest, Whole, Word
from pkimm_analytics.release import Group, Release, table_bytes
from pkimm_analytics.tables import DIMENSIONS

NAME = "history.json"
Forget = Callable[[Iterable[str], Iterable[str]], int]
"""From those who have nothing left, and those who have, to the entries that were changed."""

Block = tuple[Group, str]
"""A group and a part of its measures, which are computed together."""

AreAmong = Callable[[NDArray[np.uint64]], NDArray[np.bool_]]
"""From hashes of parents to whether they are to be forgotten."""

_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_NEVER = 2**30


def _none_of(parents: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.zeros(len(parents), bool)


@dataclass(frozen=True, eq=False)
class Publication:
    """
    One release, as it is remembered.

    Parameters
    ----------
    name, quarter : str
    policy, plan : str
        Digests that it was made with.
    tier : int
        Start of the tier that it was made in.
    release : Release
        The public table.
    computed : frozenset of (Group, str)
        Blocks that were computed for it, withheld ones included.
    load : callable
        Reads the records behind it, as :meth:`.Records.table` returned them.
    """

    name: str
    quarter: str
    policy: str
    plan: str
    tier: int
    release: Release = field(repr=False)
    computed: frozenset[Block] = field(repr=False)
    load: Callable[[], Any] = field(repr=False)

    @cached_property
    def members(self) -> Any:
        """Records behind the release, a pyarrow.Table."""
        return self.load()

    def is_printed(self, group: Group, measure: str) -> bool:
        """Whether anything is printed about a measure of a group."""
        cell = self.release.cells.get((group, measure))
        return cell is not None and not cell.withheld

    @cached_property
    def vintage(self) -> Vintage:
        """The same for the audit."""
        return Vintage(self.release, truth_of(self.members))


class Entry(ClosedRecord):
    """One release in the document of a history."""

    release: Word
    quarter: Word
    policy: Digest
    plan: Digest
    tier: Annotated[Whole, Field(ge=1)]
    table: _Hash
    manifest: _Hash
    members: _Hash
    computed: tuple[Annotated[str, Field(max_length=500)], ...]
    seal: _Hash

    def sealed(self, before: str) -> Entry:
        """
        Bind the entry to the one before it, without the records, which forget.

        The journal of the collection has the seal of each release.
        """
        free = ("seal", "members")
        document = {name: value for name, value in self.to_json().items() if name not in free}
        text = before + json.dumps(document, sort_keys=True)
        return self.replace(seal=_sha256(text.encode()))


class _Document(ClosedRecord):
    """All releases of all series, oldest first."""

    FORMAT = "pkimm-disclosure-history/1"
    ERROR = DisclosureError
    entries: tuple[Entry, ...]


class History:
    """
    Releases that were made of one collection.

    Parameters
    ----------
    folder : Path
        Private folder.
    entries : sequence of Entry
        Oldest first.
    """

    def __init__(self, folder: Path, entries: Sequence[Entry] = ()) -> None:
        self.folder, self.entries = folder, tuple(entries)

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of all releases, oldest first."""
        return tuple(entry.release for entry in self.entries)

    def has_manifest(self, name: str, content: bytes) -> bool:
        """Whether a release was published with this manifest."""
        return any(e.release == name and e.manifest == _sha256(content) for e in self.entries)

    @property
    def seals(self) -> tuple[str, ...]:
        """Seals of all entries, oldest first; before them that of nothing."""
        return ("", *(entry.seal for entry in self.entries))

    @cached_property
    def publications(self) -> tuple[Publication, ...]:
        """
        All releases, oldest first; what they were made of is read when it is asked for.

        Raises
        ------
        DisclosureError
            If a file is missing or is not the one that was written.
        """
        return tuple(self._publication(entry) for entry in self.entries)

    def _publication(self, entry: Entry) -> Publication:
        table = _parquet(self._read("table", entry.table))
        columns = {name: table.column(name).to_pylist() for name in table.column_names}
        blocks = (tuple(text.split("|")) for text in entry.computed)
        return Publication(
            name=entry.release,
            quarter=entry.quarter,
            policy=entry.policy,
            plan=entry.plan,
            tier=entry.tier,
            release=Release.from_columns(entry.release, columns),
            computed=frozenset((block[:-1], block[-1]) for block in blocks),
            load=lambda: _parquet(self._read("members", entry.members)),
        )

    def _read(self, kind: str, digest: str) -> bytes:
        name = _file(kind, digest)
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            raise _damaged(Problem(name, "is missing; restore it from a backup")) from None
        if _sha256(content) != digest:
            raise _damaged(Problem(name, "was changed; restore it from a backup"))
        return content

    def _write(self, kind: str, content: bytes) -> str:
        digest = _sha256(content)
        write_atomically(self.folder / _file(kind, digest), content)
        return digest

    def with_release(self, made: Publication, manifest: bytes = b"") -> History:
        """Add a release and its manifest, whole or not at all; return what there is then."""
        entry = Entry(
            release=made.name,
            quarter=made.quarter,
            policy=made.policy,
            plan=made.plan,
            tier=made.tier,
            table=self._write("table", table_bytes(made.release.columns)),
            manifest=_sha256(manifest),
            members=self._write("members", _bytes(made.members)),
            computed=tuple(sorted("|".join((*group, part)) for group, part in made.computed)),
            seal="0" * 64,
        )
        return self._committed([*self.entries, entry.sealed(self.seals[-1])])

    def forgetting(self, gone: AreAmong, partly: AreAmong = _none_of) -> int:
        """
        Forget contributors in every release; return how many records were changed.

        Parameters
        ----------
        gone, partly : callable
            From hashes of parents to whether nothing is left of them, or a part.
        """
        entries = list(self.entries)
        n_changed = 0
        for place, old in enumerate(self.entries):
            table, n = _forgotten(_parquet(self._read("members", old.members)), gone, partly)
            if n:
                members = self._write("members", _bytes(table))
                entries[place] = old.replace(members=members)
                n_changed += n
        if n_changed:
            self._committed(entries)
        return n_changed

    def _committed(self, entries: Sequence[Entry]) -> History:
        """Write the document, then delete what it no longer names."""
        write_atomically(self.folder / NAME, _Document(entries=tuple(entries)).dumps())
        named = {_file("members", entry.members) for entry in entries}
        for path in self.folder.glob("members-*.parquet"):
            if path.name not in named:
                path.unlink(missing_ok=True)
        return History(self.folder, entries)


def read_history(folder: Path) -> History:
    """
    Read what was published of a collection before.

    Raises
    ------
    DisclosureError
        If it is damaged, or was edited.
    """
    path = folder / NAME
    if not path.exists():
        leftover = sorted(p.name for p in folder.glob("table-*.parquet")) if folder.is_dir() else []
        if leftover:
            raise _damaged(Problem(NAME, "is missing; restore it from a backup"))
        return History(folder)
    try:
        entries = _Document.read(read_json(path.read_bytes(), NAME), NAME).entries
    except (OSError, PkimmError):
        raise _damaged(Problem(NAME, "cannot be read; restore it from a backup")) from None
    before = ""
    for entry in entries:
        if entry.sealed(before) != entry:
            wrong = "was edited: this entry does not follow from the one before it"
            raise _damaged(Problem(f"{NAME}, {entry.release}", wrong))
        before = entry.seal
    return History(folder, entries)


def _damaged(problem: Problem) -> DisclosureError:
    return DisclosureError(
        "What earlier releases said cannot be known. Nothing was published.", [problem]
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file(kind: str, digest: str) -> str:
    return f"{kind}-{digest[:32]}.parquet"


def _parquet(content: bytes) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.ParquetFile(pa.BufferReader(content)).read()


def _bytes(table: Any) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    return sink.getvalue()


# --- withdrawals ----------------------------------------------------------------------------


def _forgotten(table: Any, gone: AreAmong, partly: AreAmong) -> tuple[Any, int]:
    """Return records without what is to be forgotten, and how many that concerned."""
    import pyarrow as pa

    parent, quarter = (table.column(name).to_numpy() for name in ("parent", "quarter"))
    is_left = quarter != _NEVER
    is_gone, is_emptied = gone(parent) & is_left, partly(parent) & is_left
    chosen = is_gone | is_emptied
    if not chosen.any():
        return table, 0
    strangers = np.random.default_rng().integers(1, 2**63, len(parent), np.uint64)
    values = {
        "parent": np.where(is_gone, strangers, parent),
        "assessor": np.where(chosen, np.uint64(0), table.column("assessor").to_numpy()),
        "quarter": np.where(chosen, np.int32(_NEVER), quarter),
    }
    for name in set(table.column_names) - {*values, *DIMENSIONS}:
        levels = table.column(name).to_numpy()
        values[name] = np.where(chosen & (levels > 0), np.int8(FORGOTTEN), levels)
    columns = [pa.array(values[n]) if n in values else table.column(n) for n in table.column_names]
    return pa.table(dict(zip(table.column_names, columns, strict=True))), int(chosen.sum())


@contextmanager
def forgetting(folder: Path) -> Iterator[Forget]:
    """
    Hold the history, and yield what removes withdrawn contributors from it.

    Whoever removes contributions holds it first, so that nothing is removed if the history
    could not be told. Figures that the contributors are part of stay as they are until
    enough others changed.

    Parameters
    ----------
    folder : Path
        Private folder of the disclosure, beside the collection.

    Yields
    ------
    callable
        Takes two iterables of pseudonyms of parents, or of organizations without one:
        those who have nothing left in the collection, and those who withdrew something
        and still have contributions. Returns how many records were changed.

    Raises
    ------
    DisclosureError
        If the history is damaged, or a release is being made.
    """
    if not folder.is_dir():
        yield lambda _gone, _partly: 0
        return
    with alone(folder):
        try:
            read_history(folder)
        except DisclosureError as error:
            raise DisclosureError(
                "The state of earlier releases cannot be read. Nothing was changed.",
                error.problems,
            ) from None
        yield partial(_forget, folder)


def _forget(folder: Path, gone: Iterable[str], partly: Iterable[str]) -> int:
    tags = [parent_tags(gone), parent_tags(partly)]
    return read_history(folder).forgetting(*(partial(np.isin, test_elements=t) for t in tags))


@contextmanager
def alone(private: Path) -> Iterator[None]:
    """
    Let only one process at a time change the history.

    Raises
    ------
    DisclosureError
        If another one is at it.
    """
    from filelock import FileLock, Timeout

    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(private / "lock", timeout=1):
            yield
    except Timeout:
        raise DisclosureError(
            "A release is being made from this collection, or a withdrawal. Nothing was changed;"
            " try again when it has ended."
        ) from None
