"""Commands that publish and attack: release, audit."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pkimm_analytics.audit import (
    Finding,
    Secrets,
    Vintage,
    attack_release,
    check_manifest,
    group_name,
    number_of_attacks,
    scan_folder,
)
from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    out,
    print_json,
    progress_bar,
    say,
    shown,
)
from pkimm_analytics.cli.counts import EngineName
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.quarters import last_quarter, running_quarter
from pkimm_analytics.release import (
    MANIFEST_FILE,
    TABLE_FILE,
    check_release,
    mixed_rules,
    read_release,
)

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="Disclosure policy; the shipped one if left out.")
]
PrivateOption = Annotated[
    Path | None,
    typer.Option(help="Folder of the private history; <collection>-disclosure if left out."),
]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", help="Table plan; the shipped one if left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("release")(release_command)
    app.command("audit")(audit_command)


@ends_cleanly
def release_command(
    collection: Annotated[
        str,
        typer.Option(
            "--collection",
            "-c",
            help="Collection (folder or s3://bucket/prefix), or the folder of a simulation.",
            envvar="PKIMM_COLLECTION",
        ),
    ],
    releases: Annotated[Path, typer.Option("--out", "-o", help="Folder of releases. Public.")],
    quarter: Annotated[
        str | None,
        typer.Option(help="Quarter of the release, such as 2026Q3; the last one that has ended."),
    ] = None,
    private: PrivateOption = None,
    engine: Annotated[
        EngineName | None,
        typer.Option(help="Who reads a large collection; the release is the same."),
    ] = None,
    policy: PolicyOption = None,
    plan: PlanOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish what passes disclosure control, after attacking it."""
    from pkimm_analytics.disclosure import (
        load_plan,
        load_policy,
        open_contributions,
        private_folder,
        publish,
    )
    from pkimm_analytics.disclosure.publishing import check_apart

    today = dt.datetime.now(dt.UTC).date()
    wanted = last_quarter(today) if quarter is None else quarter
    checked_policy, checked_plan = load_policy(policy), load_plan(plan)
    checked_policy.window(wanted)
    if wanted > last_quarter(today):
        say(f"{wanted} has not ended: contributions may be younger than the policy's age.")
    if checked_policy.looser:
        say(f"The policy is looser than safe: {', '.join(checked_policy.looser)}.")
    place = private or private_folder(collection)
    if "://" not in collection:
        check_apart(releases, Path(collection))
    contributions = open_contributions(collection, None if engine is None else engine.value)
    with progress_bar("Counting, protecting, attacking", None) as advance:
        written = publish(
            contributions,
            out=releases,
            private=place,
            quarter=wanted,
            policy=checked_policy,
            plan=checked_plan,
            running=running_quarter(today),
            advance=advance,
        )
    if written.n_missing:
        say(
            f"note: {written.n_missing} earlier release(s) of the series are not in this folder."
            " What the private state remembers of the last one was attacked in their place;"
            " keep all releases together."
        )
    if as_json:
        print_json(
            {
                "format": "pkimm-released/1",
                "release": written.release,
                "folder": str(written.folder),
                "is_new": written.is_new,
                "earlier_missing": written.n_missing,
            }
        )
        return
    what = "published" if written.is_new else "there already, unchanged"
    out().print(f"[green]{what}[/] {shown(written.release)} [dim]→[/] {shown(str(written.folder))}")
    say(f"Private report, not to be published: {written.report}")


# --- audit -----------------------------------------------------------------------------


@ends_cleanly
def audit_command(
    releases: Annotated[
        list[Path],
        typer.Argument(
            metavar="RELEASE...",
            help="Releases of one series, or a folder of them, or any file to be published.",
        ),
    ],
    truth: Annotated[
        str | None,
        typer.Option(help="Contributions behind them: plays attackers who know something."),
    ] = None,
    private: PrivateOption = None,
    policy: PolicyOption = None,
    plan: PlanOption = None,
    as_json: JsonOption = False,
) -> None:
    """Attack releases and other files, and print what could be learned."""
    from pkimm_analytics.disclosure import load_plan, load_policy
    from pkimm_analytics.disclosure.known import Known

    checked = load_policy(policy)
    rules = checked.rules
    folders, files = _find(releases)
    known = None if truth is None else Known(truth, private, checked, load_plan(plan))
    found: list[Finding] = []
    series: list[Vintage] = []
    with progress_bar("Attacking", len(folders) + len(files)) as advance:
        for folder in folders:
            release = check_release(folder)[0] or read_release(folder)
            facts = None if known is None else known.truth(folder, release)
            secrets = Secrets() if known is None else known.secrets(folder, release)
            series.append(Vintage(release, facts))
            learned = scan_folder(folder, secrets)
            if (folder / MANIFEST_FILE).is_file():
                learned += check_manifest(folder)
            learned += attack_release(release, rules=rules, truth=facts, earlier=series[:-1])
            found += _placed(folder.name, learned)
            advance()
        for file in files:
            found += scan_folder(file, Secrets() if known is None else known.secrets())
            for table in _tables_in(file):
                found += _placed(table.name, attack_release(read_release(table), rules=rules))
            advance()
    for name in mixed_rules([one.release for one in series]):
        why = "other rules made it of the same contributions, so that both can be subtracted"
        found.append(Finding("T14", why, where=name))
    _report(found, len(folders), len(files), as_json=as_json)


def _find(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Folders of releases in the order of their quarters, and other files."""
    folders: list[Path] = []
    files: list[Path] = []
    missing = [Problem(path.name, "no such file or folder") for path in paths if not path.exists()]
    if missing:
        raise DisclosureError("Not everything could be attacked; nothing was.", missing)
    for path in paths:
        if (path / "benchmark.parquet").is_file() or path.name == "benchmark.parquet":
            folders.append(path if path.is_dir() else path.parent)
        elif path.is_dir() and (inside := _inside(path)):
            folders += inside
            is_flat = all(release.parent == path for release in inside)
            files += sorted(set(path.iterdir()) - set(inside)) if is_flat else [path]
        else:
            files.append(path)
    empty = [Problem(path.name, "the folder is empty") for path in files if _is_empty(path)]
    if empty:
        raise DisclosureError("Not everything could be attacked; nothing was.", empty)
    return folders, files


def _inside(folder: Path) -> list[Path]:
    """Releases below a folder by quarter, also those that lost their manifest."""
    found = {p.parent for p in folder.rglob(TABLE_FILE) if not p.is_symlink()}
    found |= {p.parent for p in folder.glob(f"*/{MANIFEST_FILE}")}
    return sorted(p for p in found if p != folder and not _is_hidden(p.relative_to(folder)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _tables_in(path: Path) -> list[Path]:
    """Parquet files with the columns of a release, under whatever name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = []
    for file in [path, *sorted(path.rglob("*"))]:
        if file.is_symlink() or not file.is_file() or file.name == TABLE_FILE:
            continue
        try:
            names = pq.read_schema(file).names
        except (OSError, pa.ArrowException, ValueError):
            continue
        if {"measure", "statistic", "value"} <= set(names) and names[0] != "measure":
            found.append(file)
    return found


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _placed(name: str, findings: list[Finding]) -> list[Finding]:
    return [replace(f, where=f"{name}/{f.where}" if f.where else name) for f in findings]


def _report(found: list[Finding], n_releases: int, n_files: int, *, as_json: bool) -> None:
    with suppress(BrokenPipeError):  # whoever reads only the beginning still gets the status
        _print(found, n_releases, n_files, as_json=as_json)
    if found:
        say(f"{len(found)} finding(s). Do not publish this.")
        raise typer.Exit(1)


def _print(found: list[Finding], n_releases: int, n_files: int, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "format": "pkimm-audit/1",
                "releases": n_releases,
                "files": n_files,
                "attacks": number_of_attacks(),
                "findings": [finding.to_json() for finding in found],
            }
        )
    elif found:
        table = Table("attack", "where", "group", "measure", "what could be learned")
        for finding in found[:200]:
            groups = "; ".join(map(group_name, finding.groups))
            cells = (finding.attack, finding.where, groups, finding.measure, finding.learned)
            table.add_row(*map(shown, cells))
        out().print(table)
        if len(found) > 200:
            say(f"{len(found) - 200} more; use --json to see all.")
    else:
        out().print("[green]Nothing could be learned about few contributors.[/]")
