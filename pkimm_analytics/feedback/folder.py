"""
The feedback folder: comments and decisions are added to it and stay, unless erased.

``comments/``, ``decisions/``, ``left-out/`` and ``erasures/`` are logs that several writers
may add to. ``private/``
holds what must not travel with them: the key that makes pseudonyms of respondents,
the pseudonym of whoever answers here, and contacts, if respondents left any. No table
joins contacts to comments.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback.comment import SAYING, Comment, comment_of
from pkimm_analytics.feedback.decision import Decision, decision_of
from pkimm_analytics.feedback.log import Log
from pkimm_analytics.files import write_atomically
from pkimm_analytics.tables import COMMENTS, DECISIONS, Table, arrow_schema

if TYPE_CHECKING:
    import pandas as pd

_PSEUDONYM_LENGTH = 26
_SHORTEST_ID = 6


@dataclass(frozen=True, slots=True)
class Added:
    """
    What became of comments.

    Parameters
    ----------
    added : int
        Comments that are new.
    known : int
        Comments that were there already, or stood twice in what was given.
    ids : tuple of str
        Ids of the new ones.
    """

    added: int
    known: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a respondent who wished it. Kept apart; empty where not given."""

    respondent: str
    name: str = ""
    email: str = ""
    organization: str = ""


class Feedback:
    """
    A feedback folder; get one from :func:`open_feedback`.

    Parameters
    ----------
    folder : Path
        Created when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._comments = Log(folder / "comments")
        self._decisions = Log(folder / "decisions")
        self._left_out = Log(folder / "left-out")
        self._erasures = Log(folder / "erasures")
        self._private = folder / "private"
        self._key: bytes | None = None

    # --- comments -----------------------------------------------------------------------

    def append(self, comments: Iterable[Comment]) -> Added:
        """
        Add comments that are not there yet.

        All of them are added or none. The same comment twice is one; the day on which
        it was first received stays.

        Raises
        ------
        FeedbackError
            If the place is damaged or cannot be written; nothing was added.
        """
        given = list(comments)
        with self._comments.locked():
            known = self._ids()
            new: dict[str, Comment] = {}
            for comment in given:
                if comment.id not in known:
                    new.setdefault(comment.id, comment)
            self._comments.append([comment.to_json() for comment in new.values()])
        return Added(len(new), len(given) - len(new), tuple(new))

    def comments(self) -> pd.DataFrame:
        """
        All comments, in the order in which they were added.

        Returns
        -------
        pandas.DataFrame
            Columns of the table ``comments``; whole numbers are nullable.

        Raises
        ------
        FeedbackError
            If the place is damaged.
        """
        return _frame(list(self._comments.entries()), COMMENTS)

    def stored(self) -> list[Comment]:
        """
        All comments as such, in the order in which they were added.

        Raises
        ------
        FeedbackError
            If the place is damaged.
        """
        return [comment_of(entry) for entry in self._comments.entries()]

    def undecided(self) -> tuple[str, int]:
        """Newest round, and how many of its texts wait for a decision; "" without comments."""
        entries = list(self._comments.entries())
        newest = max((entry["round"] for entry in entries), default="")
        decided = self.current()
        waiting = [e for e in entries if e["round"] == newest and e.get("text")]
        return newest, sum(entry["id"] not in decided for entry in waiting)

    def _ids(self) -> dict[str, None]:
        return {entry["id"]: None for entry in self._comments.entries()}

    # --- decisions ---------------------------------------------------------------------

    def decide(self, comment: str, disposition: str, *, by: str, **more: Any) -> Decision:
        """
        Add one decision; see :class:`Decision` for the fields.

        Parameters
        ----------
        comment : str
            Id, which may be abbreviated to six characters and more, as may `duplicate_of`.
        **more
            Further fields of the decision; `at` is now, if not given.

        Raises
        ------
        FeedbackError
            If the decision is not valid or there is no such comment.
        """
        return self.decide_all(
            [{"comment": comment, "disposition": disposition, "by": by, **more}]
        )[0]

    def decide_all(self, entries: Sequence[Mapping[str, Any]]) -> list[Decision]:
        """
        Add several decisions, all or none.

        Parameters
        ----------
        entries : sequence of mapping
            Fields of each, as :meth:`decide` takes them.

        Raises
        ------
        FeedbackError
            If any of them is not valid, or duplicates would point in a circle; every
            problem is listed.
        """
        ids = self._ids()
        decisions: list[Decision] = []
        problems: list[Problem] = []
        for number, entry in enumerate(entries, 1):
            given = {name: value for name, value in entry.items() if value is not None}
            where = f"decision {number}, " if len(entries) > 1 else ""
            try:
                for name in ("comment", "duplicate_of"):
                    if name in given:
                        given[name] = _whole(str(given[name]), ids)
                decisions.append(decision_of({"at": _now(), **given}))
            except FeedbackError as error:
                problems += [Problem(f"{where}{p.where}", p.message) for p in error.problems]
        if problems:
            raise FeedbackError("Nothing was decided.", problems)
        with self._decisions.locked():
            if problems := _circles([*self._history(), *decisions]):
                raise FeedbackError("Nothing was decided.", problems)
            self._decisions.append([decision.to_json() for decision in decisions])
        return decisions

    def decisions(self) -> pd.DataFrame:
        """
        All decisions in the order in which they were made; none is ever removed.

        Returns
        -------
        pandas.DataFrame
            Columns of the table ``decisions``.
        """
        return _frame(list(self._decisions.entries()), DECISIONS)

    def current(self) -> dict[str, Decision]:
        """Newest decision about each comment by its id; a comment without one is open."""
        return {decision.comment: decision for decision in self._history()}

    def _history(self) -> list[Decision]:
        return [decision_of(entry) for entry in self._decisions.entries()]

    # --- parts, and respondents who are left out or erased -------------------------------

    def split(self, comment: str, texts: Sequence[str], *, by: str) -> Added:
        """
        Split a comment with several topics: each part becomes a comment to be decided about.

        Ratings stay with the whole, which is then decided about as ``split``.

        Raises
        ------
        FeedbackError
            If there is no such comment, or there are fewer than two parts.
        """
        whole = self._comment(comment)
        if len(texts) < 2:
            raise FeedbackError("A comment is split into two parts or more. Nothing was split.")
        plain = dict.fromkeys(SAYING)
        parts = [whole.replace(**plain | {"text": text}, part_of=whole.id) for text in texts]
        added = self.append(parts)
        self.decide(whole.id, "split", by=by)
        return added

    def leave_out(self, who: str, *, by: str, out: bool = True) -> str:
        """
        Let the comments of a respondent count for no figure, or let them count again.

        Parameters
        ----------
        who : str
            Id of a comment of theirs, their pseudonym, or what identifies them, such as
            their mail address.

        Returns
        -------
        str
            Their pseudonym.
        """
        respondent = self._respondent(who)
        with self._left_out.locked():
            self._left_out.append([{"respondent": respondent, "out": out, "by": by, "at": _now()}])
        return respondent

    def left_out(self) -> frozenset[str]:
        """Respondents whose comments count for no figure."""
        state = {entry["respondent"]: entry["out"] for entry in self._left_out.entries()}
        return frozenset(respondent for respondent, out in state.items() if out)

    def erase(self, who: str, *, by: str) -> int:
        """
        Erase everything a respondent said, and their contact; the log says only how much.

        Sources that were set aside in ``private/quarantine`` are not searched.

        Parameters
        ----------
        who : str
            As for :meth:`leave_out`.

        Returns
        -------
        int
            How many comments were erased.
        """
        respondent = self._respondent(who)
        count = 0
        for log in (self._contacts(), self._left_out, self._comments):
            with log.locked():
                count = log.erase(lambda entry: entry["respondent"] == respondent)
        if count:
            with self._erasures.locked():
                self._erasures.append([{"comments": count, "by": by, "at": _now()}])
        return count

    def whole_id(self, id_: str) -> str:
        """
        Complete an abbreviated id of a comment.

        Raises
        ------
        FeedbackError
            If no comment has it, or several.
        """
        return _whole(id_, self._ids())

    def _comment(self, id_: str) -> Comment:
        entries = {entry["id"]: entry for entry in self._comments.entries()}
        return comment_of(entries[_whole(id_, entries)])

    def _respondent(self, who: str) -> str:
        entries = list(self._comments.entries())
        known = {entry["respondent"] for entry in entries}
        for respondent in (who, self.pseudonym(who)):
            if respondent in known:
                return respondent
        ids = {entry["id"]: entry["respondent"] for entry in entries}
        return str(ids[_whole(who, ids)])

    # --- what stays apart --------------------------------------------------------------

    def pseudonym(self, who: str) -> str:
        """
        Keyed pseudonym of a respondent; the key stays in this place.

        Parameters
        ----------
        who : str
            Whatever tells respondents apart in a source, such as a mail address. It
            is not kept.
        """
        plain = unicodedata.normalize("NFKC", who).strip().casefold()
        text = f"pkimm/respondent/v1\0{plain}"
        if self._key is None:
            self._key = self._secret("key", 32)
        digest = hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")
        return base64.b32encode(digest).decode()[:_PSEUDONYM_LENGTH]

    def own_respondent(self) -> str:
        """Random pseudonym of whoever answers in this place, made once and kept."""
        return base64.b32encode(self._secret("respondent", 20)).decode()[:_PSEUDONYM_LENGTH]

    def keep_contacts(self, contacts: Iterable[Contact]) -> None:
        """Keep contacts, apart from everything that is analyzed; the same twice is one."""
        log = self._contacts()
        with log.locked():
            self._private.chmod(0o700)
            known = [dict(entry) for entry in log.entries()]
            new = [{n: getattr(c, n) for n in Contact.__slots__} for c in contacts]
            log.append([entry for i, entry in enumerate(new) if entry not in [*known, *new[:i]]])

    def contacts(self) -> list[Contact]:
        """Contacts that respondents left."""
        return [Contact(**entry) for entry in self._contacts().entries()]

    def _contacts(self) -> Log:
        return Log(self._private / "contacts")

    def quarantine(self, name: str, content: bytes, problems: Iterable[Problem]) -> Path:
        """
        Keep a source that could not be read in full, with what was wrong, in the private part.

        Returns
        -------
        Path
            File with the reasons; the source lies beside it.
        """
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).name).strip("-.")[:80] or "source"
        target = self._private / "quarantine" / f"{hashlib.sha256(content).hexdigest()[:8]}-{stem}"
        reasons = {"source": stem, "problems": [problem.to_json() for problem in problems]}
        document = json.dumps(reasons, ensure_ascii=False, indent=1) + "\n"
        beside = target.with_name(target.name + ".problems.json")
        try:
            self._private.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(target, content)
            write_atomically(beside, document.encode())
        except OSError as error:
            raise FeedbackError(
                f"The feedback cannot be written: {error.strerror or error}."
            ) from None
        return beside

    def _secret(self, name: str, size: int) -> bytes:
        path = self._private / name
        try:
            self._private.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                with Log(self._private).locked():
                    if not path.exists():  # another writer may have been faster
                        write_atomically(path, secrets.token_hex(size).encode())
                        os.chmod(path, 0o600)  # noqa: PTH101  # as Path.chmod, which follows links
            content = bytes.fromhex(path.read_text("ascii"))
        except (OSError, ValueError) as error:
            raise FeedbackError(
                "The private part of the feedback cannot be used.",
                [Problem(name, type(error).__name__)],
            ) from None
        if len(content) != size:
            raise FeedbackError(
                "The private part of the feedback is damaged.",
                [Problem(name, f"expected {size} bytes; restore a backup")],
            )
        return content


def open_feedback(folder: Path | str) -> Feedback:
    """
    Open a feedback folder; the folder need not exist yet.

    Raises
    ------
    FeedbackError
        If the path is a file.

    Examples
    --------
    >>> open_feedback("/tmp/no-feedback-here").comments().empty
    True
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise FeedbackError("The feedback folder is a file; expected a folder.")
    return Feedback(folder)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def _whole(id_: str, ids: Collection[str]) -> str:
    """Whole id that an abbreviated one means."""
    if id_ in ids:
        return id_
    found = [i for i in ids if i.startswith(id_)] if len(id_) >= _SHORTEST_ID else []
    if len(found) == 1:
        return found[0]
    reason = "more than one comment has an id that begins so" if found else "no such comment"
    raise FeedbackError(
        "The comment was not found. Nothing was decided.", [Problem(id_[:32], reason)]
    )


def comments_table(comments: Iterable[Comment]) -> pd.DataFrame:
    """Return comments as the table ``comments``, without storing them; the same twice is one."""
    return _frame([r.to_json() for r in {r.id: r for r in comments}.values()], COMMENTS)


def _circles(decisions: Sequence[Decision]) -> list[Problem]:
    """List the duplicates that, in the end, are duplicates of themselves."""
    newest = {decision.comment: decision for decision in decisions}
    found = []
    for start in newest:
        seen: set[str] = set()
        at: str | None = start
        while at is not None and at not in seen:
            seen.add(at)
            decision = newest.get(at)
            at = decision.duplicate_of if decision is not None else None
        if at == start:
            found.append(Problem(start, "would be a duplicate of itself, through others"))
    return found


def _frame(entries: Sequence[dict[str, Any]], table: Table) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    columns = {}
    for column in table.columns:
        values = [entry.get(column.name) for entry in entries]
        if column.type == "date":
            values = [None if day is None else dt.date.fromisoformat(day) for day in values]
        columns[column.name] = values
    types = {pa.int8(): pd.Int8Dtype(), pa.int32(): pd.Int32Dtype()}
    arrow = pa.table(columns, schema=arrow_schema(table))
    frame: pd.DataFrame = arrow.to_pandas(types_mapper=types.get)
    return frame
