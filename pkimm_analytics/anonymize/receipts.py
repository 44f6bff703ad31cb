"""
Receipts: what allows a contributor to replace or withdraw a contribution.

A receipt holds a token, an HMAC-SHA-256 over the contribution and its content with
the contributor's key. The collection keeps only the hash of the token, so that it
can check a receipt and nobody who reads the collection can make one. A token is
shown once: with the row that it stood for, it loses its meaning.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pkimm_analytics.anonymize.anonymizing import Anonymized
from pkimm_analytics.anonymize.contribution import Coded, Contribution
from pkimm_analytics.anonymize.keys import private_folder
from pkimm_analytics.errors import KeyStoreError, PkimmError
from pkimm_analytics.files import read_limited, write_atomically
from pkimm_analytics.records import ClosedRecord

SUFFIX = ".receipt.json"


class Receipt(ClosedRecord):
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

    FORMAT = "pkimm-receipt/1"

    contribution: Annotated[str, Coded("contribution")]
    content: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    token: Annotated[str, Coded("replaces")] = Field(repr=False)


def receipt_of(anonymized: Anonymized) -> Receipt:
    """Receipt of a contribution that was just made."""
    made = anonymized.contribution
    return Receipt(contribution=made.id, content=made.content_digest(), token=anonymized.token)


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
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, receipt.dumps())  # which nobody else can read
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
    return Receipt.loads(read_limited(path), path.name)


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
    """Add the proof that it may replace an earlier content: the newest receipt of another."""
    earlier = newest_receipt(anonymized.contribution, folder)
    if earlier is None:
        return anonymized
    proven = anonymized.contribution.replace(replaces=earlier.token)
    return replace(anonymized, contribution=proven)
