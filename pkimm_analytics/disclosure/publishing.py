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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.artifacts import Secrets, scan_file
from pkimm_analytics.audit.findings import group_name
from pkimm_analytics.disclosure.contributions import Opened, quarter_ordinal, read_records
from pkimm_analytics.disclosure.history import History, alone, read_history
from pkimm_analytics.disclosure.making import Candidate, Decision, make_release
from pkimm_analytics.disclosure.manifest import changes, manifest, readme
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import Records
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
    quarter_ordinal(quarter)
    check_apart(out, private)
    with _writing(), alone(private):
        return _publish(contributions, out, private, quarter, policy, plan, running, advance)


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


def _publish(
    contributions: Any,
    out: Path,
    private: Path,
    quarter: str,
    policy: Policy,
    plan: Plan,
    running: str | None,
    advance: Callable[[], None],
) -> Written:
    history = read_history(private)
    collection = contributions if isinstance(contributions, Opened) else None
    seals = [] if collection is None else collection.seals()
    _check_seals(seals, history)
    there = _check_earlier(out, history, policy, plan)
    try:
        records = read_records(contributions, plan, policy, quarter)
        check_begun(records, policy, quarter, running)
        history.forgetting(lambda parents: ~np.isin(parents, records.pseudonyms), _nobody)
        history = read_history(private)
        candidate = make_release(
            records,
            quarter=quarter,
            policy=policy,
            plan=plan,
            history=history.publications,
            advance=advance,
        )
    except PkimmError as error:
        _note(private, quarter, "refused", [str(p) for p in error.problems] or [error.message])
        raise
    name = release_id(quarter, table_bytes(candidate.columns))
    previous = [one for one in there if one != name]
    files = release_files(
        candidate,
        history,
        previous,
        synthetic=records.synthetic,
        collection=None if collection is None else collection.mark,
    )
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


def _nobody(parents: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.zeros(len(parents), bool)


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


def check_begun(records: Records, policy: Policy, quarter: str, running: str | None) -> None:
    """
    Refuse a quarter that has not begun, if that lets contributions in that are too young.

    Raises
    ------
    DisclosureError
        If one that is not invented is younger today than the policy allows.
    """
    if not running or not records.genuine:
        return
    if np.any(records.quarter > quarter_ordinal(running) - policy.age_months // 3):
        raise DisclosureError(
            f"{quarter} has not begun, and some contributions are younger than the policy"
            " allows. Nothing was published.",
            [Problem("quarter", f"expected {running} or an earlier one")],
        )


def release_files(
    candidate: Candidate,
    history: History,
    previous: Sequence[str] = (),
    *,
    synthetic: bool = False,
    collection: str | None = None,
) -> dict[str, bytes]:
    """
    Make every file of a release, by name.

    Parameters
    ----------
    previous : sequence of str
        Releases of the series before it, oldest first.
    synthetic : bool
        Whether invented organizations count.
    collection : str, optional
        Public mark of the collection.
    """
    table = table_bytes(candidate.columns)
    last = previous[-1] if previous else None
    before = next((one.release for one in history.publications if one.name == last), None)
    files = {
        TABLE_FILE: table,
        README_FILE: readme(candidate.published, candidate.quarter, candidate.policy),
        CHANGES_FILE: changes(before, candidate.published, last),
    }
    files[MANIFEST_FILE] = manifest(
        quarter=candidate.quarter,
        policy=candidate.policy,
        plan=candidate.plan,
        tier=candidate.tier,
        release=candidate.published,
        previous=last,
        files=files,
        table=table,
        synthetic=synthetic,
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
    if not (hasattr(contributions, "column_names") or isinstance(contributions, Mapping)):
        return set()
    names = getattr(contributions, "column_names", contributions)
    found: set[str] = set()
    for name in ("org", "parent", "assessor"):
        if name in names:
            column = contributions[name]
            values = column.unique().to_pylist() if hasattr(column, "unique") else column
            found |= {str(value) for value in values if value is not None}
    return {word for word in found if len(word) >= 8 and not word.isalnum()}


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
