"""
Receipts: what allows a contributor to replace or withdraw a contribution.

A receipt holds a token, an HMAC-SHA-256 over the contribution and its content with
the contributor's key. The collection keeps only the hash of the token, so that it
can check a receipt and nobody who reads the collection can make one. A token is
shown once: with the row that it stood for, it loses its meaning.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pkimm_analytics.anonymize.contribution import Anonymized, Contribution
from pkimm_analytics.anonymize.keys import private_folder
from pkimm_analytics.anonymize.vocabulary import PSEUDONYM, TOKEN
from pkimm_analytics.errors import KeyStoreError, PkimmError, Problem, SourceFormatError
from pkimm_analytics.files import read_json, read_limited

FORMAT = "pkimm-receipt/1"
SUFFIX = ".receipt.json"


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    Receipt of one contribution.

    Parameters
    ----------
    contribution : str
        Pseudonym of the assessment.
    content : str
        SHA-256 of what was contributed.
    token : str
        Proof for the collection. Keep it private.
    """

    contribution: str
    content: str
    token: str = field(repr=False)


def receipt_of(anonymized: Anonymized) -> Receipt:
    """Receipt of a contribution that was just made."""
    made = anonymized.contribution
    return Receipt(made.id, made.content_digest(), anonymized.token)


def receipts_folder() -> Path:
    """Folder of receipts, in the user's data folder."""
    return private_folder() / "receipts"


def write_receipt(receipt: Receipt, folder: Path | None = None) -> Path:
    """
    Keep a receipt, readable by its owner only.

    Returns
    -------
    Path
        ``<contribution>-<content>.receipt.json``.

    Raises
    ------
    KeyStoreError
        If the folder cannot be written.
    """
    folder = folder or receipts_folder()
    path = folder / f"{receipt.contribution}-{receipt.content[:8]}{SUFFIX}"
    document = json.dumps({"format": FORMAT, **asdict(receipt)}, indent=1) + "\n"
    temporary = folder / f".{secrets.token_hex(8)}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(document.encode())
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise KeyStoreError(
            f"The receipt cannot be written: {error.strerror or type(error).__name__}."
        ) from None
    return path


def read_receipt(path: Path) -> Receipt:
    """
    Read a receipt.

    Raises
    ------
    SourceFormatError
        If it is no receipt. What it holds is not repeated.
    """
    document = read_json(read_limited(path), path.name)
    forms = {"contribution": PSEUDONYM, "content": re.compile(r"[0-9a-f]{64}"), "token": TOKEN}
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        problems = [Problem(path.name, f"expected a document {FORMAT}")]
    else:
        problems = [
            Problem(f"{path.name}: {name}", "is missing or damaged")
            for name, form in forms.items()
            if not form.fullmatch(str(document.get(name, "")))
        ]
    if problems:
        raise SourceFormatError("This is not a receipt. Nothing was changed.", problems)
    return Receipt(*(document[name] for name in forms))


def newest_receipt(contribution: Contribution, folder: Path | None = None) -> Receipt | None:
    """Newest receipt of an earlier content of a contribution; damaged ones are passed over."""
    found = []
    for path in (folder or receipts_folder()).glob(f"{contribution.id}-*{SUFFIX}"):
        try:
            found.append((path.stat().st_mtime_ns, read_receipt(path)))
        except (PkimmError, OSError):
            continue
    content = contribution.content_digest()
    earlier = [entry for entry in found if entry[1].content != content]
    return max(earlier, key=lambda entry: entry[0])[1] if earlier else None


def with_proof(anonymized: Anonymized, folder: Path | None = None) -> Anonymized:
    """Let a file replace an earlier content: the newest receipt of another content proves it."""
    earlier = newest_receipt(anonymized.contribution, folder)
    if earlier is None:
        return anonymized
    contribution = replace(anonymized.contribution, replaces=earlier.token)
    return replace(anonymized, contribution=contribution)
