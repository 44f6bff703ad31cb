"""
Publishing: read what is private, make the release, check it, write it once.

The private folder, beside the collection, keeps the history and a report for the people
who approve a release. The release folder is written whole or not at all, under a name
that follows from its content, and is never written again. The history is written first:
a computer that stops in between makes the same release when the command is repeated.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pkimm_analytics.audit import Secrets, group_name, scan_file
from pkimm_analytics.disclosure.contributions import Opened, read_records
from pkimm_analytics.disclosure.history import History, Publication, alone, read_history
from pkimm_analytics.disclosure.making import Candidate, Decision, make_release
from pkimm_analytics.disclosure.manifest import changes, manifest, readme
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import PSEUDONYMS, Records
from pkimm_analytics.errors import DisclosureError, PkimmError, PolicyError, Problem
from pkimm_analytics.files import write_atomically
from pkimm_analytics.release import (
    CHANGES_FILE,
    MANIFEST_FILE,
    README_FILE,
    TABLE_FILE,
    check_release,
    release_folders,
    release_id,
    table_bytes,
    write_release,
)


@dataclass(frozen=True, slots=True)
class Written:
    """
    A release on the disk.

    Parameters
    ----------
    release : str
        Id, which is the name of the folder.
    folder : Path
    is_new : bool
        False if the same release was there already.
    report : Path
        Private report of what was withheld and why.
    n_missing : int
        Earlier releases of the series that are not in the folder of releases. They are
        remembered, and attacked with the rest.
    """

    release: str
    folder: Path
    is_new: bool
    report: Path
    n_missing: int = 0


def publish(
    contributions: Any,
    *,
    out: Path,
    private: Path,
    quarter: str,
    policy: Policy,
    plan: Plan,
    running: str | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Written:
    """
    Make a release and write it.

    Parameters
    ----------
    contributions : pyarrow.Table, mapping of str to array, or Contributions
        See :func:`.records.read_records`.
    out : Path
        Folder of releases, all made by the same rules. Public.
    private : Path
        Folder of the history and the reports. Never publish it.
    quarter : str
        Quarter of the release, such as ``2026Q3``.
    running : str, optional
        The quarter that is not over yet. A release for a later one is refused if it would
        count contributions that are too young for one of the running quarter.
    advance : callable, optional
        Called after each attack of the audit.

    Raises
    ------
    DisclosureError
        If the release was refused, something cannot be read or written, `private` is
        inside `out`, or `out` has releases that the history does not know, or not so.
    PolicyError
        If `out` has releases that were made with another policy or plan.
    """
    policy.window(quarter)
    check_apart(out, private)
    collection = contributions if isinstance(contributions, Opened) else None
    with _writing(), alone(private):
        history = read_history(private)
        seals = [] if collection is None else collection.seals()
        _check_seals(seals, history)
        there = _check_earlier(out, history, policy, plan)
        with _noting_refusals(private, quarter):
            records = read_records(contributions, plan, policy, quarter)
            _check_begun(records, policy, quarter, running)
            history.forgetting(lambda parents: ~np.isin(parents, records.pseudonyms))
            history = read_history(private)
            candidate = make_release(
                records,
                quarter=quarter,
                policy=policy,
                plan=plan,
                history=history.publications,
                advance=advance,
            )
        name = release_id(quarter, table_bytes(candidate.columns))
        previous = [one for one in there if one != name]
        last = next((one for one in history.publications if one.name in previous[-1:]), None)
        mark = None if collection is None else collection.mark
        files = release_files(candidate, policy, plan, last, records.synthetic, mark)
        check_files(files, Secrets(words=names_of(contributions), n_known=records.n_known))
        report = private / f"report-{name}.parquet"
        if name not in history.names:
            write_atomically(report, report_bytes(candidate.decisions))
            history = history.with_release(candidate.publication(name), files[MANIFEST_FILE])
        if collection is not None and history.seals[-1] not in seals:
            collection.note(name, history.seals[-1])
        is_new = write_release(out, name, files)
        _note(private, quarter, "written" if is_new else "there already", [name])
        n_missing = len(set(previous) - {folder.name for folder in release_folders(out)})
        return Written(name, out / name, is_new, report, n_missing)


@contextmanager
def _writing() -> Iterator[None]:
    """Say in our words that a disk cannot be written."""
    try:
        yield
    except PkimmError:  # some are an OSError, too, and say more
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DisclosureError(
            f"The release cannot be written: {reason}. Nothing was published; the same command"
            " makes the same release."
        ) from None


@contextmanager
def _noting_refusals(private: Path, quarter: str) -> Iterator[None]:
    """Leave a line in the private log if a release is refused."""
    try:
        yield
    except PkimmError as error:
        _note(private, quarter, "refused", [str(p) for p in error.problems] or [error.message])
        raise


def check_apart(out: Path, private: Path) -> None:
    """
    Refuse to publish into a folder that holds, or is, something private.

    Raises
    ------
    DisclosureError
        If `private` is `out` or inside it.
    """
    public, hidden = out.absolute().resolve(), private.absolute().resolve()
    if hidden == public or public in hidden.parents:
        raise DisclosureError(
            "The folder of releases is public, and something private is inside it."
            " Nothing was published.",
            [Problem("out", "name a folder that holds neither collection nor private state")],
        )


def _check_begun(records: Records, policy: Policy, quarter: str, running: str | None) -> None:
    """Refuse a quarter that has not begun, if that lets genuine contributions in too young."""
    if running and records.genuine and np.any(records.quarter > policy.window(running)[-1]):
        raise DisclosureError(
            f"{quarter} has not begun, and some contributions are younger than the policy"
            " allows. Nothing was published.",
            [Problem("quarter", f"expected {running} or an earlier one")],
        )


def release_files(
    candidate: Candidate,
    policy: Policy,
    plan: Plan,
    last: Publication | None,
    is_synthetic: bool,  # noqa: FBT001  # stated by the caller as the manifest does
    collection: str | None,
) -> dict[str, bytes]:
    """Make every file of a release, by name; `last` is the one before it in its series."""
    release, quarter = candidate.published, candidate.remembered.quarter
    previous = None if last is None else last.name
    files = {
        TABLE_FILE: table_bytes(candidate.columns),
        README_FILE: readme(release, quarter, policy),
        CHANGES_FILE: changes(None if last is None else last.release, release, previous),
    }
    files[MANIFEST_FILE] = manifest(
        quarter=quarter,
        policy=policy,
        plan=plan,
        tier=candidate.remembered.tier,
        release=release,
        previous=previous,
        files=files,
        synthetic=is_synthetic,
        collection=collection,
    )
    return files


def report_bytes(decisions: Iterable[Decision]) -> bytes:
    """Private report as a Parquet file: what was withheld or made coarser, and why."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [asdict(one) | {"group": group_name(one.group)} for one in decisions]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink, compression="zstd")
    return sink.getvalue()


# --- what is there already -------------------------------------------------------------


def _check_seals(seals: Sequence[str], history: History) -> None:
    """Compare the history with what the journal of the collection says was published."""
    if seals and seals[-1] not in history.seals:
        raise DisclosureError(
            "This collection was published before, and the private folder does not know it: it is"
            " another one, an older copy, or it was edited. Nothing was published.",
            [Problem("private", "name the folder of the earlier releases, or restore it")],
        )


def _check_earlier(out: Path, history: History, policy: Policy, plan: Plan) -> list[str]:
    """
    Compare the releases in a folder with the history, and with the rules of today.

    Returns
    -------
    list of str
        Releases of these rules, oldest first, also those that lie elsewhere.
    """
    found = {folder.name: folder for folder in release_folders(out)}
    strangers = sorted(set(found) - set(history.names))
    if strangers:
        raise DisclosureError(
            "There are releases that the private state does not know, so that it cannot be"
            " checked what follows from both. Nothing was published. Restore the private"
            " folder.",
            [Problem(name, "not in the state") for name in strangers],
        )
    changed = [
        name
        for name, folder in found.items()
        if (folder / TABLE_FILE).is_symlink()
        or check_release(folder)[1]
        or not history.has_manifest(name, (folder / MANIFEST_FILE).read_bytes())
    ]
    if changed:
        raise DisclosureError(
            "An earlier release cannot be read, or was changed after it was published, so that"
            " it cannot be checked what follows from both. Nothing was published.",
            [Problem(name, "restore it from where it was published") for name in changed],
        )
    rules = policy.digest, plan.digest
    others = [e.release for e in history.entries if (e.policy, e.plan) != rules]
    if beside := sorted(set(others) & set(found)):
        raise PolicyError(
            "Releases of other rules lie in this folder, and nobody could tell them apart."
            " Nothing was published. Name a folder of its own: what was published before is"
            " remembered there, too.",
            [Problem(name, "made with another policy or plan") for name in beside],
        )
    return [name for name in history.names if name not in others]


def check_files(files: dict[str, bytes], secrets: Secrets) -> None:
    """
    Scan files before they are published.

    Raises
    ------
    DisclosureError
        If anything in them must not leave.
    """
    findings = [f for name, content in files.items() for f in scan_file(name, content, secrets)]
    if findings:
        raise DisclosureError(
            "The files of the release did not pass the scan. Nothing was published.",
            [Problem(f.where, f"{f.attack}: {f.learned}") for f in findings],
        )


def names_of(contributions: Any) -> set[str]:
    """
    Pseudonyms of several words, as those of a simulation.

    They are searched one by one; all others by their hashes, see :meth:`.Records.n_known`.
    """
    if isinstance(contributions, Opened | Records):
        return set()
    found: set[Any] = set()
    for name in PSEUDONYMS:
        if name in getattr(contributions, "column_names", contributions):
            column = contributions[name]
            found |= set(column.unique().to_pylist() if hasattr(column, "unique") else column)
    words = {str(word) for word in found - {None}}
    return {word for word in words if len(word) >= 8 and not word.isalnum()}


def _note(private: Path, quarter: str, what: str, details: list[str]) -> None:
    """Add a line to the private log; refusals are kept, too."""
    line = {
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "quarter": quarter,
        "what": what,
        "details": details[:100],
    }
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (private / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
