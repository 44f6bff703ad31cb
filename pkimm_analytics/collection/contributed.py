"""
The collection: contributions that are added, replaced, withdrawn and looked at.

The same contribution twice is one, and a contributor who proves to be the same replaces
an earlier content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

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
    to_table,
)
from pkimm_analytics.collection.dataset import DataSet, Tables, changed_column, renamed, without
from pkimm_analytics.collection.journal import about, check_purpose, decisions, note, read_journal
from pkimm_analytics.collection.manifest import NAME, period_of
from pkimm_analytics.collection.measures import with_levels
from pkimm_analytics.collection.place import open_place
from pkimm_analytics.collection.revisions import Held, Prove, settle
from pkimm_analytics.display import Shown
from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.tables import COVERAGE, LEVEL, VOUCHING

if TYPE_CHECKING:
    import pandas as pd

    from pkimm_analytics.collection.opened import Rows

SIMULATED = ".collection"
"""Collection in the folder of a simulation, which is opened in place of the folder."""


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


class Collection(DataSet, Shown):
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
        super().__init__(open_place(place))
        simulated = self.place.folder and self.place.folder / SIMULATED
        if simulated and os.path.exists(simulated / NAME):  # noqa: PTH110  # never an OSError
            self.place = open_place(simulated)
        if not create:
            self.manifest(any_scoring=True)

    def __repr__(self) -> str:
        try:
            manifest = self.manifest(any_scoring=True)
        except CollectionError:
            return "<Collection: empty>"
        quarters = sorted(map(period_of, manifest.files))
        span = f", {quarters[0]} to {quarters[-1]}" if quarters else ""
        return f"<Collection of {manifest.rows:,} contributions{span}>"

    # --- looking -----------------------------------------------------------------------

    def info(self) -> Info:
        """Count what is committed."""
        with self.locked(writing=False, any_scoring=True) as manifest:
            lines = read_journal(self.place)
            rounds = of_rounds.read_rounds(self.place).rounds
        files = manifest.files.items()
        periods = sorted({period_of(path) for path in manifest.files})
        return Info(
            id=manifest.id,
            schema=manifest.table,
            contributions=manifest.rows,
            parts=len(manifest.files),
            bytes=sum(file.bytes for _, file in files),
            quarters={p: sum(f.rows for path, f in files if period_of(path) == p) for p in periods},
            quarantined=sum(line["what"] == "refused" for line in lines),
            opened=sum(line["what"] == "opened" for line in lines),
            verified=sum(file.verified for _, file in files),
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
        with self.locked() as manifest:
            note(self.place, "opened", why=purpose, rows=manifest.rows)
        return Rows(self)

    def to_pandas(self, *, purpose: str) -> pd.DataFrame:
        """Open the rows as a data frame with scores; see :meth:`.opened.Rows.to_pandas`."""
        return self.open_rows(purpose=purpose).to_pandas()

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
        is_table = isinstance(contributions, pa.Table)
        given = [] if is_table else list(contributions)
        checked = check_rows(contributions if is_table else to_table(given))
        given = [one for one, good in zip(given, checked.good, strict=False) if good]
        with self.locked(create=True) as manifest:
            found = self.find(manifest, checked.table.column("contribution"))
            held = _held(found)
            todo = settle(checked.table, held, given, prove)
            remarks: Sequence[Problem] = ()
            if len(todo.kept):
                tables: Tables = {}
                rows, names, remarks = self._vouched(checked.table, given, held, todo.kept)
                self.edit(manifest, tables, without(todo.replaced), found)
                if names:
                    self.edit(manifest, tables, renamed(names))
                self.fill(manifest, tables, with_levels(rows))
                self.commit(manifest, tables)
            problems = (*refused, *checked.problems, *todo.problems)
            n_refused = len(refused) + int((~checked.good).sum()) + len(todo.problems)
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

    def _vouched(
        self, table: Any, given: Sequence[Contribution], held: Mapping[str, Held], kept: Any
    ) -> tuple[Any, dict[str, dict[str, str]], list[Problem]]:
        """Add to some rows who vouches for them; also what to rename, and bad tickets."""
        rows = table if len(kept) == table.num_rows else table.take(pa.array(kept))
        some = [given[row] for row in kept] if given else []
        known = of_rounds.read_rounds(self.place)
        rounds, marks, problems = of_rounds.vouch(known, some, held, decisions(self.place))
        if rounds != known:
            self.place.write(of_rounds.NAME, rounds.dumps())
        columns = zip(*(marks or [(None, False)] * len(kept)), strict=True)
        for column, values in zip(VOUCHING, columns, strict=True):
            kind = schema().field(column.name)
            rows = rows.append_column(kind, pa.array(values, kind.type))
        trusted = [one for one, (_, is_good) in zip(some, marks, strict=True) if is_good]
        return rows, of_rounds.new_names(trusted, rounds), problems

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
        with self.locked() as manifest:
            ids = pa.array([receipt.contribution for receipt in receipts], pa.string())
            found = self.find(manifest, ids)
            gone, problems = _shown(receipts, _held(found))
            if gone:
                tables: Tables = {}
                self.edit(manifest, tables, without(gone), found)
                self.commit(manifest, tables)
                if tell is not None:
                    parents = frozenset(gone.values())
                    left = parents & self._parents()
                    tell(parents - left, left)
        return len(gone), tuple(problems)

    def _parents(self) -> set[str]:
        files = self.manifest().files.items()
        columns = (self.read(path, file, ["parent"]).column("parent") for path, file in files)
        return {parent for column in columns for parent in column.to_pylist()}

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
        with self.locked(any_scoring=True) as manifest:
            tables = {}
            for path, file in manifest.files.items():
                rows = _unscored(self.read(path, file, any_columns=True))
                checked = check_rows(rows.select(given_schema().names))
                if checked.problems:
                    raise CollectionError(
                        "A file has rows that this software does not take. Nothing was changed.",
                        checked.problems,
                    )
                tables[path] = with_levels(rows)
            self.commit(manifest.replace(scoring=scoring()), tables)
            return manifest.rows

    # --- vouching ------------------------------------------------------------------------

    def open_round(
        self,
        *,
        link: Invitation | None = None,
        renew: Invitation | None = None,
        keep: Callable[[Invitation], object] = lambda _: None,
    ) -> Invitation:
        """
        Open a round; see :func:`.rounds.opened`.

        Parameters
        ----------
        keep : callable
            Called with the invitation before the round is open: where it cannot be kept, its
            key would be lost.

        Returns
        -------
        Invitation
            To be handed out. Its key is kept nowhere in the collection.
        """
        with self.locked(create=True):
            known = of_rounds.read_rounds(self.place)
            rounds, invitation = of_rounds.opened(known, link=link, renew=renew)
            keep(invitation)
            self.place.write(of_rounds.NAME, rounds.dumps())
        return invitation

    def new_tickets(self, n: int, *, round_: str | None = None) -> list[str]:
        """Make tickets of a round, the newest if none is named; only hashes are kept."""
        with self.locked():
            rounds, codes = of_rounds.with_tickets(of_rounds.read_rounds(self.place), round_, n)
            self.place.write(of_rounds.NAME, rounds.dumps())
        return codes

    def decide(self, contribution: str, decision: str, *, reason: str) -> None:
        """
        Note what was decided about a contribution that looked careless or invented.

        Parameters
        ----------
        contribution : str
            Pseudonym of the assessment. A revision is a new question.
        decision : {"keep", "set-aside"}
            What is set aside is no longer vouched for.
        reason : str
            In a few plain lower-case words without names.

        Raises
        ------
        CollectionError
            If there is no such contribution, or the reason says nothing.
        """

        def set_aside(table: Any) -> Any:
            others = pc.not_equal(table.column("contribution"), contribution)
            stays = pc.and_(table.column("is_verified"), others)
            return changed_column(table, "is_verified", stays)

        check_purpose(reason)
        with self.locked() as manifest:
            found = self.find(manifest, pa.array([contribution], pa.string()))
            if not found:
                problem = Problem("contribution", "there is none of this pseudonym")
                raise CollectionError("Nothing was decided.", [problem])
            (one,) = (held.contribution for held in _held(found).values())
            content = about(one.id, one.commitment)
            note(self.place, "decided", about=content, decision=decision, why=reason)
            tables: Tables = {}
            if decision == "set-aside":
                self.edit(manifest, tables, set_aside, found)
                self.commit(manifest, tables)


def _held(found: Mapping[str, Any]) -> dict[str, Held]:
    """Contributions of some rows by their pseudonyms, with who vouches for them."""
    held = {}
    for table in found.values():
        marks = table.select([column.name for column in VOUCHING]).to_pylist()
        for one, mark in zip(from_table(table), marks, strict=True):
            held[one.id] = Held(one, **mark)
    return held


def _unscored(table: Any) -> Any:
    """Return rows as before they were scored, with empty columns of later editions."""
    fields = [f for f in schema() if not f.name.startswith((LEVEL, COVERAGE))]
    for field in fields:
        if field.name not in table.column_names:
            empty = pa.scalar(None if pa.types.is_string(field.type) else 0, field.type)
            table = table.append_column(field, pa.repeat(empty, table.num_rows))
    return table.select([field.name for field in fields])


def _shown(
    receipts: Sequence[Receipt], held: Mapping[str, Held]
) -> tuple[dict[str, str], list[Problem]]:
    """Contributions whose receipts fit, with their parents, and what is wrong with the others."""
    gone: dict[str, str] = {}
    problems = []
    for number, receipt in enumerate(receipts, 1):
        one = held[receipt.contribution].contribution if receipt.contribution in held else None
        if one is None:
            message = "no such contribution here: withdrawn, replaced, or never added"
            problems.append(Problem(f"receipt {number}", message))
        elif one.commitment != commitment_of(receipt.token):
            message = "does not fit what is there; use the receipt of the latest content"
            problems.append(Problem(f"receipt {number}", message))
        else:
            gone[one.id] = one.parent
    return gone, problems
