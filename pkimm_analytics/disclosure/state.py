"""
The memory between releases: who was behind each figure when it was computed.

A group is computed anew only after enough of its contributors changed, and from
enough sources; otherwise its printed block is carried forward, byte for byte. So two
releases never differ by one organization. Withdrawn contributions never count as a
change. The state is private: it lies beside the collection and is never published.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.disclosure.cube import FamilyCounts
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import Figures
from pkimm_analytics.disclosure.records import Records
from pkimm_analytics.disclosure.records import parent_tags as tags_of_parents
from pkimm_analytics.disclosure.table import Block
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.files import write_atomically
from pkimm_analytics.release import Group

FORMAT = "pkimm-disclosure-state/1"
_STATE = re.compile(r"state-[0-9]{6,}")
Forget = Callable[[Iterable[str], Iterable[str]], int]
"""From those who have nothing left, and those who have, to the entries that were changed."""

_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Members:
    """
    Contributors behind groups at their last evaluation; arrays of one length.

    Parameters
    ----------
    group : array of int
        Place of the group in a list that is kept beside.
    parent, record, assessor : array of uint64
        Hashes of the parent, of the levels and of the assessor (0: none).
    quarter : array of int
        Quarters since the year 0.
    """

    group: NDArray[np.int32]
    parent: NDArray[np.uint64]
    record: NDArray[np.uint64]
    assessor: NDArray[np.uint64]
    quarter: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.group)

    def take(self, chosen: NDArray[Any]) -> Members:
        """Return some of the entries."""
        return Members(*(getattr(self, name)[chosen] for name in self.names()))

    def moved(self, places: NDArray[np.int32]) -> Members:
        """Rename the groups."""
        return replace(self, group=places[self.group])

    @staticmethod
    def names() -> tuple[str, ...]:
        """Names of the arrays."""
        return ("group", "parent", "record", "assessor", "quarter")

    @staticmethod
    def join(parts: Iterable[Members]) -> Members:
        """Put entries behind each other."""
        parts = [*parts, _NOBODY]
        names = Members.names()
        return Members(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


_NOBODY = Members(
    np.zeros(0, np.int32),
    np.zeros(0, np.uint64),
    np.zeros(0, np.uint64),
    np.zeros(0, np.uint64),
    np.zeros(0, np.int32),
)


@dataclass(frozen=True, eq=False)
class State:
    """
    What is kept between releases.

    Parameters
    ----------
    sequence : int
        Number of releases so far.
    policy, plan : str
        Digests that the series was made with.
    tier : int
        Start of the tier that the last release was made in.
    blocks, as_of : mapping of Group
        Of every group that was ever evaluated: what was printed, and for which quarter.
    members : Members
        Who was behind it; ``group`` counts in the sorted groups of `blocks`.
    releases : tuple of str
        Ids of the releases of the series.
    """

    sequence: int
    policy: str
    plan: str
    tier: int
    blocks: Mapping[Group, Block]
    as_of: Mapping[Group, str]
    members: Members = field(repr=False)
    releases: tuple[str, ...]

    @property
    def groups(self) -> list[Group]:
        """Groups in the order that `members` refers to."""
        return sorted(self.blocks)

    def without_others(self, parents: NDArray[np.uint64]) -> State:
        """Forget contributors who have nothing in the collection any more."""
        return replace(self, members=self.members.take(np.isin(self.members.parent, parents)))


def current_members(records: Records, counts: FamilyCounts) -> Members:
    """Who is behind the groups of a table now; ``group`` counts in ``counts.groups``."""
    assessor = records.assessor[counts.rows]
    tags = np.concatenate([records.assessor_tag, np.zeros(1, np.uint64)])
    return Members(
        group=counts.cell.astype(np.int32),
        parent=records.parent_tag[records.parent[counts.rows]],
        record=records.record_tag[counts.rows],
        assessor=np.where(assessor >= 0, tags[assessor], np.uint64(0)),
        quarter=records.quarter[counts.rows],
    )


def enough_changed(
    before: Members, now: Members, n_groups: int, oldest: int, policy: Policy
) -> NDArray[np.bool_]:
    """
    Whether enough contributors of each group changed to compute it anew.

    New contributors, changed levels and contributions that grew too old count.
    Whoever is gone before that has withdrawn, which does not count.

    Parameters
    ----------
    before, now : Members
        With the same places of groups.
    oldest : int
        Oldest quarter that the release may use.
    """
    changed = _changed(before, now, oldest)
    total = np.bincount(changed.group, minlength=n_groups)
    most = np.zeros(n_groups, np.int64)
    named = changed.assessor > 0
    if named.any():
        pairs = np.stack([changed.group[named].astype(np.uint64), changed.assessor[named]])
        unique, times = np.unique(pairs, axis=1, return_counts=True)
        np.maximum.at(most, unique[0].astype(np.int64), times)
    independent = 100 * most <= policy.assessor_changes_percent * total
    return np.asarray((total >= policy.changes) & independent)


def _changed(before: Members, now: Members, oldest: int) -> Members:
    """Entries that count as a change: one for each parent of a group at most."""
    old_key, new_key = _keys(before), _keys(now)
    order = np.argsort(old_key, kind="stable")
    place = np.searchsorted(old_key, new_key, sorter=order)
    place = order[np.minimum(place, max(0, len(order) - 1))] if len(order) else place * 0
    known = old_key[place] == new_key if len(order) else np.zeros(len(new_key), bool)
    same = known.copy()
    old = before.take(place[known])
    # 0 is a record that was withdrawn, and a record that is older than the one before comes
    # to light when that is withdrawn: neither counts.
    same[known] = (
        (old.record == now.record[known]) | (old.record == 0) | (now.quarter[known] < old.quarter)
    )
    expired = (before.quarter < oldest) & ~np.isin(old_key, new_key)
    return Members.join([now.take(~same), before.take(expired)])


def _keys(members: Members) -> NDArray[np.uint64]:
    return np.asarray(members.parent ^ ((members.group.astype(np.uint64) + np.uint64(1)) * _SPREAD))


@contextmanager
def forgetting(folder: Path) -> Iterator[Forget]:
    """
    Hold the state, and yield what removes withdrawn contributors from it.

    Whoever removes contributions holds it first, so that nothing is removed if the state
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
        those who have nothing left in the collection, of whom no hash stays, and those
        who withdrew something and still have contributions, whose answers are forgotten,
        so that what comes to light in their place is no change. Returns how many entries
        were removed or emptied.

    Raises
    ------
    DisclosureError
        If the state is damaged, or a release is being made.
    """
    if not folder.is_dir():
        yield _nothing_to_forget
        return
    with alone(folder):
        try:
            state = read_state(folder)
        except DisclosureError as error:
            raise DisclosureError(
                "The state of earlier releases cannot be read. Nothing was changed.",
                error.problems,
            ) from None
        yield _nothing_to_forget if state is None else partial(_forget, folder, state)


def _nothing_to_forget(_gone: Iterable[str], _partly: Iterable[str]) -> int:
    return 0


def _forget(folder: Path, state: State, gone: Iterable[str], partly: Iterable[str]) -> int:
    members = state.members
    is_gone = np.isin(members.parent, tags_of_parents(gone))
    is_emptied = np.isin(members.parent, tags_of_parents(partly)) & ~is_gone
    nothing = np.uint64(0)
    members = replace(
        members,
        record=np.where(is_emptied, nothing, members.record),
        assessor=np.where(is_emptied, nothing, members.assessor),
    )
    write_state(folder, replace(state, members=members.take(~is_gone)))
    return int(is_gone.sum() + is_emptied.sum())


@contextmanager
def alone(private: Path) -> Iterator[None]:
    """
    Let only one process at a time change the state.

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


# --- files ---------------------------------------------------------------------------


def read_state(folder: Path) -> State | None:
    """
    Read the state of earlier releases, or None if there were none.

    Raises
    ------
    DisclosureError
        If it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = _states(folder)
    if not found:
        return None
    try:
        document = json.loads((found[-1] / "groups.json").read_text(encoding="utf-8"))
        table = pq.read_table(found[-1] / "members.parquet")
        if document["format"] != FORMAT or document["members"] != table.num_rows:
            raise ValueError
        columns = [table.column(name).to_numpy() for name in Members.names()]
        return _state_from(document, Members(*columns))
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        pa.ArrowException,
    ):
        raise DisclosureError(
            "The state of earlier releases cannot be read. Nothing was published.",
            [Problem(found[-1].name, "damaged; restore it from a backup")],
        ) from None


def _states(folder: Path) -> list[Path]:
    """States that we wrote, oldest first; a copy that somebody made beside them is none."""
    found = folder.glob("state-*") if folder.is_dir() else ()
    return sorted(path for path in found if _STATE.fullmatch(path.name))


def _state_from(document: Mapping[str, Any], members: Members) -> State:
    blocks, as_of = {}, {}
    for entry in document["groups"]:
        group = tuple(entry["group"])
        as_of[group] = entry["as_of"]
        blocks[group] = {
            measure: Figures(start, step, tuple((s, q) for s, q in shares))
            for measure, (start, step, shares) in entry["block"].items()
        }
    return State(
        sequence=document["sequence"],
        policy=document["policy"],
        plan=document["plan"],
        tier=document["tier"],
        blocks=blocks,
        as_of=as_of,
        members=members,
        releases=tuple(document["releases"]),
    )


def write_state(folder: Path, state: State) -> None:
    """
    Write the state, whole or not at all, and remove the one before.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    members = {name: getattr(state.members, name) for name in Members.names()}
    sink = io.BytesIO()
    pq.write_table(pa.table(members), sink, compression="zstd", write_statistics=False)
    document = {
        "format": FORMAT,
        "sequence": state.sequence,
        "policy": state.policy,
        "plan": state.plan,
        "tier": state.tier,
        "releases": list(state.releases),
        "members": len(state.members),
        "groups": [_entry(state, group) for group in state.groups],
    }
    earlier = _states(folder)
    number = 1 + max((int(path.name.split("-")[1]) for path in earlier), default=0)
    part, final = folder / f".state-{number:06d}.part", folder / f"state-{number:06d}"
    shutil.rmtree(part, ignore_errors=True)
    write_atomically(part / "members.parquet", sink.getvalue())
    write_atomically(part / "groups.json", json.dumps(document, indent=1).encode())
    part.rename(final)
    for path in earlier:
        shutil.rmtree(path, ignore_errors=True)


def _entry(state: State, group: Group) -> dict[str, Any]:
    block = {
        m: [f.start, f.step, [list(s) for s in f.shares]] for m, f in state.blocks[group].items()
    }
    return {"group": list(group), "as_of": state.as_of[group], "block": block}
