"""
What a finished assessment is handed over as: a report, or a contribution to a collection.

Both are made on this computer and given to the browser as files. Nothing is sent: who
wants to contribute looks at every byte first, saves the file and hands it over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.anonymize import (
    Anonymized,
    Identity,
    anonymize,
    dumps,
    open_key_store,
    receipt_of,
    with_proof,
    write_receipt,
)
from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.benchmark import compare, open_release
from pkimm_analytics.files import write_atomically
from pkimm_analytics.reports import COMPARING, FORMATS, KINDS, build, render, signature
from pkimm_analytics.scoring import score
from pkimm_analytics.views.contribution import about_rows
from pkimm_analytics.views.view import View
from pkimm_analytics.views.words import Language, languages
from pkimm_analytics.widgets.page import Page, button, check_box, choice, menu
from pkimm_analytics.workspace import Workspace

FORMS = {"pdf": "PDF", "docx": "Word", "html": "HTML", "md": "Markdown"}
REPORTED = "reported.json"
"""File of a workspace that notes which assessments a report was saved of."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file for the browser to save."""

    name: str
    media_type: str
    content: bytes


# --- reports ------------------------------------------------------------------------------


def report_menu(
    assessment: Assessment, before: Assessment | None, words: Language, *, has_peers: bool
) -> h.Element:
    """Fields for a report on one assessment, which fold out below a button."""
    say = words.word
    kinds = {kind: say(f"report.{kind}") for kind in KINDS}
    first = "self" if assessment.mode is Mode.SELF else "assessment"
    compares = None
    if before is not None:
        day = words.day(before.date) if before.date else say("value.undated")
        compares = check_box("compares", say("report.compares", day=day), is_on=True)
    peers = check_box("peers", say("report.peers"), is_on=True) if has_peers else None
    save = button(
        say("report.save"),
        "report",
        data_form="",
        data_busy=say("page.writing"),
        class_="pk-button pk-primary",
    )
    kind = choice("kind", say("report.kind"), kinds, first)
    fields = h.form[kind, report_fields(words), compares, peers, save]
    return menu(say("results.report"), fields, name="report", is_main=True)


def report_fields(words: Language) -> list[h.Node]:
    """Fields for the format and the language of a report."""
    return [
        choice("form", words.word("report.form"), FORMS, "pdf"),
        choice("language", words.word("report.language"), languages(), words.code),
    ]


def report_file(report: View, stem: str, form: str) -> Written:
    """
    Write a report as a file.

    Raises
    ------
    DocumentError
        If there is no such format.
    PkimmError
        If a library that the format needs is not installed.
    """
    content = render(report, form)
    return Written(f"{stem}.{form}", FORMATS[form], content)


def report_files(
    workspace: Workspace, assessment: Assessment, asked: Mapping[str, str], release: Path | None
) -> tuple[list[Written], str]:
    """
    Write the report that was asked for; an attestation comes with its signature file.

    Parameters
    ----------
    workspace : Workspace
    assessment : Assessment
    asked : mapping of str to str
        Fields of the form: ``kind``, ``form``, ``language``, and ``compares`` and ``peers``
        where the report shall compare with the assessment before, and with peers.
    release : Path, optional
        Release of the peers.

    Returns
    -------
    tuple of list of Written, str
        The files, and the fingerprint of the key that signed.

    Raises
    ------
    ReportError
        If there is no such report, or nothing to attest.
    PkimmError
        If a library that the format needs is not installed.
    """
    kind, form = asked.get("kind", ""), asked.get("form", "")
    earlier = peers = None
    if kind in COMPARING:
        earlier = workspace.previous(assessment) if "compares" in asked else None
        if release is not None and "peers" in asked:
            peers = compare(assessment, open_release(release))
    report = build(
        kind, assessment, previous=earlier, peers=peers, language=asked.get("language", "en")
    )
    stem = f"pkimm-{assessment.date or 'undated'}-{assessment.id[:8]}-{kind}"
    files, fingerprint = [report_file(report, stem, form)], ""
    if kind == "attestation":
        key = signature.load_key(signature.default_key_path())
        signed = signature.sign(files[0].content, signature.statement(score(assessment)), key)
        files.append(Written(files[0].name + signature.SUFFIX, "application/json", signed))
        fingerprint = signature.fingerprint(key.public_key().public_bytes_raw())
    _note(workspace, assessment)
    return files, fingerprint


def save_report(
    page: Page, workspace: Workspace, assessment: Assessment, fields: str, release: Path | None
) -> None:
    """Write the report that the fields of a page ask for, and let the browser save it."""
    asked = dict(parse_qsl(fields))
    files, fingerprint = report_files(workspace, assessment, asked, release)
    for one in files:
        page.offer(one.name, one.media_type, one.content)
    said = page.words.word("page.saved", name=files[0].name)
    if fingerprint:
        said += " " + page.words.word("report.signed", fingerprint=fingerprint)
    page.say(said, tone="good")


def without_report(workspace: Workspace, newest: Iterable[Assessment]) -> tuple[Assessment, ...]:
    """Assessments that no report was saved of as they are now."""
    noted = _noted(workspace)
    return tuple(one for one in newest if noted.get(one.id) != digest(one.dumps()))


def _noted(workspace: Workspace) -> dict[str, str]:
    try:
        noted = json.loads((workspace.folder / REPORTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _note(workspace: Workspace, assessment: Assessment) -> None:
    noted = _noted(workspace) | {assessment.id: digest(assessment.dumps())}
    write_atomically(workspace.folder / REPORTED, (json.dumps(noted, indent=1) + "\n").encode())


# --- contributions --------------------------------------------------------------------------


def prepared(assessment: Assessment, ids: Mapping[str, str]) -> Anonymized:
    """
    Make a contribution, ready to be looked at.

    Parameters
    ----------
    assessment : Assessment
    ids : mapping of str to str
        Register ids of ``organization``, ``parent`` and ``assessor``, where stated.

    Raises
    ------
    ContributionError
        If it cannot be contributed as it is; all problems are listed.
    """
    names = ("organization", "parent", "assessor")
    stated = Identity(**{name: ids.get(name, "").strip() or None for name in names})
    return with_proof(anonymize(assessment, open_key_store(), stated))


def preview_document(made: Anonymized) -> dict[str, Any]:
    """Everything that would leave, to be shown: rows with meanings, and the bytes."""
    content = dumps([made.contribution])
    return {
        "about": about_rows(made.contribution),
        "stays": [f"{n} {kind}" for kind, n in made.left_behind.items()],
        "remarks": [str(remark) for remark in made.remarks],
        "document": content.decode("ascii"),
        "digest": digest(content),
    }


def contribution_file(made: Anonymized) -> tuple[Written, Path]:
    """
    Keep the receipt, then return the file to hand over.

    Returns
    -------
    tuple of Written, Path
        The file, and where the receipt lies that can take it back.

    Raises
    ------
    KeyStoreError
        If the receipt cannot be kept; without one it could not be withdrawn.
    """
    receipt = write_receipt(receipt_of(made))
    name = f"pkimm-contribution-{made.contribution.id[:8]}.json"
    return Written(name, "application/json", dumps([made.contribution])), receipt


def digest(document: bytes) -> str:
    """SHA-256 that ties what was looked at to what is saved."""
    return hashlib.sha256(document).hexdigest()
