"""
Signed attestations, verified without a network.

The signature (Ed25519) stands in a small JSON file beside the report. It covers the
report byte for byte and a statement of what is attested, and nothing else of the
assessment. Who verifies compares the fingerprint of the key with the one that the
signer gave out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.files import read_json, write_atomically
from pkimm_analytics.scoring import Scores

FORMAT = "pkimm-attestation/1"
SUFFIX = ".sig.json"


_SMALL_ORDER = frozenset(
    int.from_bytes(bytes.fromhex(y), "little")
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
    )
)
"""The y coordinates of the eight points of small order, whose signatures anybody can make."""
_PRIME = 2**255 - 19


class SignatureError(PkimmError, ValueError):
    """A signed report does not verify, or cannot be signed."""


def statement(scores: Scores) -> dict[str, Any]:
    """Say what an attestation attests: level, date, assessor's position, method and edition."""
    assessment = scores.assessment
    level = scores.overall.level
    return {
        "organization": assessment.organization.name,
        "level": level,
        "level_name": None if level is None else scores.model.level_name(level),
        "rated": scores.overall.n_rated,
        "in_scope": scores.overall.n_in_scope,
        "date": assessment.date,
        "assessor": assessment.assessor.position,
        "assurance": None if assessment.assurance is None else str(assessment.assurance),
        "model": {
            "version": assessment.model.version,
            "digest": assessment.model.digest,
            "requirements": assessment.model.requirements,
        },
    }


def load_key(path: Path) -> Any:
    """
    Load a private key, or make one that only its owner can read.

    Raises
    ------
    SignatureError
        If the file is no unencrypted Ed25519 key in PEM form, or others can read it.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not path.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, pem)  # the file is made with access for its owner alone
        return key
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, OSError):
        loaded = None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise SignatureError(f"{path} is not an unencrypted Ed25519 key in PEM form.")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise SignatureError(f"{path} can be read by others. Nothing was signed: chmod 600 {path}")
    return loaded


def sign(report: bytes, said: Mapping[str, Any], key: Any) -> bytes:
    """Sign a report and its statement; the same bytes for the same input and key."""
    signed = {
        "format": FORMAT,
        "statement": dict(said),
        "report_sha256": hashlib.sha256(report).hexdigest(),
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    }
    value = base64.b64encode(key.sign(_canonical(signed))).decode()
    return _written({**signed, "signature": value})


def verify(report: bytes, signature: bytes, trusted: str | None = None) -> dict[str, Any]:
    """
    Verify a report against its signature file.

    Parameters
    ----------
    report, signature : bytes
    trusted : str, optional
        Fingerprint that the signer gave out.

    Returns
    -------
    dict
        The statement, with the key's ``fingerprint``.

    Raises
    ------
    SignatureError
        If anything was changed; the problems say what.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    document = _document(signature)
    if _written(document) != signature:
        raise SignatureError(
            "The signature file is not as it was written.",
            [Problem("signature file", "its layout was changed after it was signed")],
        )
    value = document.pop("signature")
    try:
        public = _decoded(document["public_key"])
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(_decoded(value), _canonical(document))
    except (InvalidSignature, ValueError, TypeError):
        raise SignatureError(
            "The signature does not verify.",
            [Problem("signature file", "it was changed after it was signed")],
        ) from None
    problems = []
    if (int.from_bytes(public, "little") % 2**255) % _PRIME in _SMALL_ORDER:
        problems.append(Problem("key", "it is one for which anybody can make signatures"))
    if hashlib.sha256(report).hexdigest() != document["report_sha256"]:
        problems.append(Problem("report", "it is not the file that was signed, byte for byte"))
    found = fingerprint(public)
    if trusted is not None and _plain(trusted) != _plain(found):
        problems.append(Problem("key", f"signed with {found}, expected {trusted}"))
    if problems:
        raise SignatureError("The attestation does not verify.", problems)
    return {**document["statement"], "fingerprint": found}


def fingerprint(public: bytes) -> str:
    """Fingerprint of a public key: 16 bytes of its SHA-256 in groups of four digits."""
    digits = hashlib.sha256(public).hexdigest()[:32].upper()
    return " ".join(digits[i : i + 4] for i in range(0, 32, 4))


def default_key_path() -> Path:
    """Where the signer's key lies unless another one is named."""
    import platformdirs

    home = os.environ.get("PKIMM_HOME")
    base = Path(home) if home else Path(platformdirs.user_data_path("pkimm", appauthor=False))
    return base / "keys" / "attestation.pem"


def _plain(text: str) -> str:
    return "".join(text.split()).upper()


def _document(signature: bytes) -> dict[str, Any]:
    document = read_json(signature, "signature file")
    fields = {"format", "statement", "report_sha256", "public_key", "signature"}
    if not isinstance(document, dict) or set(document) != fields or document["format"] != FORMAT:
        raise SignatureError(
            "This is not a signature file of an attestation.",
            [Problem("signature file", f"expected the fields {', '.join(sorted(fields))}")],
        )
    return document


def _decoded(text: str) -> bytes:
    """Decode base64 that is written in the one way in which it is encoded."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("some bits of the last letter are set and mean nothing")
    return found


def _written(document: Mapping[str, Any]) -> bytes:
    """Bytes of a signature file; there is one way to write it, so that no byte is free."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _canonical(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
