"""
What a finished assessment is handed over as: a report, or a contribution to a collection.

Both are made on this computer and given to the browser as files. Nothing is sent: who
wants to contribute looks at every byte first, saves the file and hands it over.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from pkimm_analytics.render.html import document
from pkimm_analytics.reports import COMPARING, FORMATS, KINDS, build, render, signature
from pkimm_analytics.scoring import score
from pkimm_analytics.views.contribution import about_rows, answer_rows, contribution
from pkimm_analytics.views.words import languages
from pkimm_analytics.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Written:
    """A file for the browser to save."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReportWish:
    """
    Which report is wanted.

    Parameters
    ----------
    kind, form, language : str
        As :func:`.reports.build` and :func:`.reports.render` take them.
    compares : bool
        Whether to compare with the earlier assessment of the use case, if there is one.
    peers : bool
        Whether to compare with the peers of the release that the page was started with.
    """

    kind: str
    form: str
    language: str = "en"
    compares: bool = False
    peers: bool = False


def choices(workspace: Workspace, assessment: Assessment) -> dict[str, Any]:
    """Return what can be chosen for a report of an assessment, for the controls of a page."""
    earlier = workspace.previous(assessment)
    return {
        "kinds": list(KINDS),
        "kind": "self" if assessment.mode is Mode.SELF else "assessment",
        "formats": list(FORMATS),
        "languages": [[code, name] for code, name in languages().items()],
        "comparing": list(COMPARING),
        "earlier": None if earlier is None else earlier.date or "undated",
        "release": None if (folder := release_folder()) is None else folder.name,
    }


def release_folder() -> Path | None:
    """Folder of the release that pages compare with: ``PKIMM_RELEASE``, if there is one."""
    named = os.environ.get("PKIMM_RELEASE")
    return Path(named) if named and Path(named).is_dir() else None


def report_files(
    workspace: Workspace, assessment: Assessment, wish: ReportWish
) -> tuple[list[Written], str]:
    """
    Write a report; an attestation comes with its signature file.

    Returns
    -------
    tuple of list of Written, str
        The files, and what to say about them.

    Raises
    ------
    ReportError
        If there is no such report, or nothing to attest.
    PkimmError
        If a library that the format needs is not installed.
    """
    compares = wish.compares and wish.kind in COMPARING
    earlier = workspace.previous(assessment) if compares else None
    folder = release_folder() if wish.peers and wish.kind in COMPARING else None
    peers = None if folder is None else compare(assessment, open_release(folder))
    report = build(wish.kind, assessment, previous=earlier, peers=peers, language=wish.language)
    content = render(report, wish.form)
    stem = f"pkimm-{assessment.date or 'undated'}-{assessment.id[:8]}-{wish.kind}"
    files = [Written(f"{stem}.{wish.form}", FORMATS[wish.form], content)]
    if wish.kind != "attestation":
        return files, ""
    key = signature.load_key(signature.default_key_path())
    signed = signature.sign(content, signature.statement(score(assessment)), key)
    files.append(Written(files[0].name + signature.SUFFIX, "application/json", signed))
    public = signature.fingerprint(key.public_key().public_bytes_raw())
    return files, f"Signed. Give out the fingerprint of the key on another way: {public}"


def prepared(assessment: Assessment, ids: dict[str, str]) -> Anonymized:
    """
    Make a contribution, ready to be looked at.

    Parameters
    ----------
    assessment : Assessment
    ids : dict of str to str
        Register ids of ``organization``, ``parent`` and ``assessor``, where stated.

    Raises
    ------
    ContributionError
        If it cannot be contributed as it is; all problems are listed.
    """
    given = {name: text.strip() for name, text in ids.items() if text.strip()}
    stated = Identity(
        organization=given.get("organization"),
        parent=given.get("parent"),
        assessor=given.get("assessor"),
    )
    return with_proof(anonymize(assessment, open_key_store(), stated))


def preview_document(made: Anonymized) -> dict[str, Any]:
    """Everything that would leave, to be shown: rows with meanings, and the bytes."""
    content = dumps([made.contribution])
    return {
        "about": about_rows(made.contribution),
        "answers": answer_rows(made.contribution),
        "stays": [f"{n} {kind}" for kind, n in made.left_behind.items()],
        "remarks": [str(remark) for remark in made.remarks],
        "document": content.decode("ascii"),
        "digest": digest(content),
        "page": document(contribution([made]), for_print=True),
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
