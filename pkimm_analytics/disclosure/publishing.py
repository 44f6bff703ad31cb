"""
Publishing: read what is private, make the release, check it, write it once.

The private folder, beside the collection, keeps the state and a report for the people
who approve a release. The release folder is written whole or not at all, under a name
that follows from its content, and is never written again. The state is written first:
a computer that stops in between makes the same release when the command is repeated.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pkimm_analytics.audit.artifacts import Secrets, scan_file
from pkimm_analytics.disclosure.making import Candidate, Decision, make_release, with_release
from pkimm_analytics.disclosure.manifest import changes, manifest, readme
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import Records, quarter_ordinal, read_records
from pkimm_analytics.disclosure.state import State, alone, read_state, write_state
from pkimm_analytics.disclosure.table import table_columns
from pkimm_analytics.errors import DisclosureError, PkimmError, Problem
from pkimm_analytics.files import write_atomically
from pkimm_analytics.release import (
    CHANGES_FILE,
    MANIFEST_FILE,
    README_FILE,
    TABLE_FILE,
    Release,
    read_release,
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
        Earlier releases of the series that are not in the folder of releases.
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
        Folder of releases. Public.
    private : Path
        Folder of the state and the reports. Never publish it.
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
        inside `out`, or `out` has releases that the state does not know.
    PolicyError
        If the series was made with another policy or plan.
    """
    quarter_ordinal(quarter)
    check_apart(out, private)
    try:
        with alone(private):
            return _publish(contributions, out, private, quarter, policy, plan, running, advance)
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
    state = read_state(private)
    earlier = _earlier_releases(out, state)
    there = {one.name for one in earlier}
    earlier += _remembered(state, earlier, policy, plan)
    try:
        records = read_records(contributions, plan, policy, quarter)
        check_begun(records, policy, quarter, running)
        candidate = make_release(
            records,
            quarter=quarter,
            policy=policy,
            plan=plan,
            state=state,
            earlier=earlier,
            advance=advance,
        )
    except PkimmError as error:
        _note(private, quarter, "refused", [str(p) for p in error.problems] or [error.message])
        raise
    files = release_files(candidate, earlier, synthetic=records.synthetic)
    check_files(files, Secrets(words=names_of(contributions), n_known=records.n_known))
    name = release_id(quarter, files[TABLE_FILE])
    report = private / f"report-{name}.parquet"
    if state is None or name not in state.releases:
        write_atomically(report, report_bytes(candidate.decisions))
        write_state(private, with_release(candidate.state, name))
    is_new = write_release(out, name, files)
    n_missing = 0 if state is None else len(set(state.releases) - there - {name})
    _note(private, quarter, "written" if is_new else "there already", [name])
    return Written(name, out / name, is_new, report, n_missing)


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
    candidate: Candidate, earlier: list[Release], *, synthetic: bool = False
) -> dict[str, bytes]:
    """Every file of a release, by name; `synthetic` says that invented organizations count."""
    table = table_bytes(candidate.columns)
    name = release_id(candidate.quarter, table)
    known = [r for r in candidate.state.releases if r != name]
    previous = known[-1] if known else None
    before = next((one for one in earlier if one.name == previous), None)
    published = candidate.published
    files = {
        TABLE_FILE: table,
        README_FILE: readme(published, candidate.quarter, candidate.policy),
        CHANGES_FILE: changes(before, published, previous),
    }
    files[MANIFEST_FILE] = manifest(
        quarter=candidate.quarter,
        policy=candidate.policy,
        plan=candidate.plan,
        tier=candidate.tier,
        release=published,
        previous=previous,
        files=files,
        table=table,
        synthetic=synthetic,
    )
    return files


def report_bytes(decisions: Iterable[Decision]) -> bytes:
    """Private report as a Parquet file: what was withheld or made coarser, and why."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "round": d.round,
            "rule": d.rule,
            "group": ", ".join(code for code in d.group if code != "*") or "all",
            "measure": d.measure,
            "contributors": d.contributors,
            "action": d.action,
            "detail": d.detail,
        }
        for d in decisions
    ]
    schema = pa.schema(
        [
            ("round", pa.int32()),
            ("rule", pa.string()),
            ("group", pa.string()),
            ("measure", pa.string()),
            ("contributors", pa.int32()),
            ("action", pa.string()),
            ("detail", pa.string()),
        ]
    )
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    return sink.getvalue()


# --- what is there already -------------------------------------------------------------


def _earlier_releases(out: Path, state: State | None) -> list[Release]:
    """Earlier releases in the order of the series."""
    found = {folder.name: folder for folder in release_folders(out)}
    known = () if state is None else state.releases
    strangers = sorted(set(found) - set(known))
    if strangers:
        raise DisclosureError(
            "There are releases that the private state does not know, so that it cannot be"
            " checked what follows from both. Nothing was published. Restore the private folder,"
            " or start a new series in another folder.",
            [Problem(name, "not in the state") for name in strangers],
        )
    there = [name for name in known if name in found]
    changed = [name for name in there if not _is_as_published(found[name])]
    if changed:
        raise DisclosureError(
            "An earlier release cannot be read, or was changed after it was published, so that"
            " it cannot be checked what follows from both. Nothing was published.",
            [Problem(name, "restore it from where it was published") for name in changed],
        )
    return [read_release(found[name]) for name in there]


def _is_as_published(folder: Path) -> bool:
    """Whether the table of a release is the one that its name was made from."""
    try:
        read_release(folder)
        table = (folder / TABLE_FILE).read_bytes()
    except (OSError, DisclosureError):
        return False
    return release_id(folder.name.split("-")[0], table) == folder.name


def _remembered(
    state: State | None, earlier: list[Release], policy: Policy, plan: Plan
) -> list[Release]:
    """
    Return the last release as the state remembers it, if it is not in the folder.

    What a reader may have kept is attacked with the rest, wherever the folder is now.
    """
    if state is None or not state.releases or state.plan != plan.digest:
        return []
    last, tier = state.releases[-1], plan.tier(state.tier)
    if tier is None or any(one.name == last for one in earlier):
        return []
    return [
        Release.from_columns(last, table_columns(plan, tier, policy, state.blocks, state.as_of))
    ]


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
