"""Commands that write documents: report, and verify of a signed one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.cli.console import (
    JsonOption,
    OutOption,
    ends_cleanly,
    list_problems,
    out,
    print_json,
    read_cohort,
    say,
    shown,
    write_output,
)
from pkimm_analytics.cli.plans import BudgetOption, EffortOption, TargetOption
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.files import read_limited
from pkimm_analytics.loaders import find_sources, load
from pkimm_analytics.planning.inputs import read_effort, read_target
from pkimm_analytics.planning.roadmap import Wish


class Kind(StrEnum):
    """Kinds of report."""

    SELF = "self"
    ASSESSMENT = "assessment"
    DETAILED = "detailed"
    ATTESTATION = "attestation"
    PORTFOLIO = "portfolio"


class Form(StrEnum):
    """Formats of a report."""

    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    MD = "md"


SIGNER_UNKNOWN = 3
"""Exit status of ``verify`` where nothing was changed, but nobody says who signed."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("report")(report_command)
    app.command("verify")(verify_command)


@ends_cleanly
def report_command(
    assessment: Annotated[
        str, typer.Argument(metavar="ASSESSMENT", help="File or link, or a folder.")
    ],
    kind: Annotated[Kind, typer.Option(help="Kind of report.")] = Kind.ASSESSMENT,
    form: Annotated[Form, typer.Option("--format", help="Format.")] = Form.HTML,
    previous: Annotated[
        str | None,
        typer.Option(help="Earlier assessment to compare with (assessment and detailed)."),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option("--release", "-r", help="Release to compare with (assessment and detailed)."),
    ] = None,
    cohort: Annotated[
        str | None,
        typer.Option(
            help="Peers, such as sector=finance,size=5000+; those of its profile without."
        ),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Language of the report's words: en or de.")
    ] = "en",
    goal: TargetOption = None,
    budget: BudgetOption = None,
    effort: EffortOption = None,
    target: OutOption = None,
    key: Annotated[
        Path | None, typer.Option(help="Ed25519 key (PEM) that signs an attestation.")
    ] = None,
) -> None:
    """Write one of the four report kinds of the methodology, or one on many use cases."""
    from pkimm_analytics.reports import COMPARING, build, render

    if target is None and form in {Form.PDF, Form.DOCX}:
        raise PkimmError(f"A {form.value} file cannot be printed: name it with --out FILE.")
    compares = previous is not None or release is not None
    if compares and kind.value not in COMPARING:
        kinds = " and ".join(COMPARING)
        raise PkimmError(f"Only the kinds {kinds} compare, with an earlier assessment or peers.")
    if cohort is not None and release is None:
        raise typer.BadParameter("A cohort is one of a release: name it with --release.")
    if kind is Kind.PORTFOLIO:
        _write_portfolio(assessment, form, language, target)
        return
    now = _one(assessment)
    before = None if previous is None else _one(previous)
    peers = None if release is None else _peers(now, release, cohort)
    report = build(
        kind.value,
        now,
        previous=before,
        peers=peers,
        language=language,
        wish=_wish(goal or [], budget, effort or []),
    )
    content = render(report, form.value)
    if kind is Kind.ATTESTATION:
        _write_signed(now, content, target, key)
    else:
        write_output(content, target)


def _wish(goals: list[str], budget: float | None, effort: list[str]) -> Wish | None:
    """Return what the recommended steps are for, None for the next level."""
    if not goals and budget is None:
        return None
    return Wish([read_target(goal) for goal in goals], budget, effort=read_effort(effort))


def _write_portfolio(source: str, form: Form, language: str, target: Path | None) -> None:
    from pkimm_analytics.reports import portfolio, render

    loaded = [item for one in find_sources(source) for item in load(one)]
    list_problems([problem for item in loaded for problem in item.problems])
    report = portfolio([item.assessment for item in loaded], language)
    write_output(render(report, form.value), target)


def _peers(assessment: Assessment, release: Path, cohort: str | None) -> Any:
    from pkimm_analytics.benchmark import compare, open_release

    wanted = None if cohort is None else read_cohort(cohort)
    return compare(assessment, open_release(release), wanted)


def _one(source: str) -> Assessment:
    loaded = [item for one in find_sources(source) for item in load(one)]
    if len(loaded) != 1:
        raise PkimmError(f"A report is about one assessment, and there are {len(loaded)}.")
    list_problems(loaded[0].problems)
    return loaded[0].assessment


def _write_signed(
    assessment: Assessment, content: bytes, target: Path | None, key: Path | None
) -> None:
    """Write an attestation with its signature, or nothing: the signature comes first."""
    from pkimm_analytics.reports import signature
    from pkimm_analytics.scoring import score

    if target is None:
        raise PkimmError("An attestation is signed, in a file beside it: name it with --out FILE.")
    private = signature.load_key(key or signature.default_key_path())
    document = signature.sign(content, signature.statement(score(assessment)), private)
    write_output(document, target.with_name(target.name + signature.SUFFIX))
    write_output(content, target)
    public = private.public_key().public_bytes_raw()
    say(f"Signed. Give out the fingerprint of the key: {signature.fingerprint(public)}")


@ends_cleanly
def verify_command(
    report: Annotated[Path, typer.Argument(help="Attestation report.")],
    signed: Annotated[
        Path | None, typer.Option("--signature", help="Signature file, if not beside the report.")
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="Fingerprint that the signer gave out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a signed attestation, without a network."""
    from pkimm_analytics.reports import signature

    beside = signed or report.with_name(report.name + signature.SUFFIX)
    statement = signature.verify(read_limited(report), read_limited(beside), fingerprint)
    if as_json:
        print_json(statement)
    else:
        out().print("[green]The attestation is unchanged since it was signed.[/]")
        for name, value in statement.items():
            out().print(f"{name}: {shown(str(value))}")
    if fingerprint is None:
        say(
            "Who signed it is unknown: anybody can. Give the fingerprint that you have from the"
            " signer, with --fingerprint."
        )
        raise typer.Exit(SIGNER_UNKNOWN)
