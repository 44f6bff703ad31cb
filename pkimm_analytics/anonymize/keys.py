"""
The contributor's key for pseudonyms; it stays private.

It lies in the user's data folder, readable by nobody else. Whoever has the key can test
guesses about pseudonyms, so a key that could itself be guessed is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import string
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import platformdirs

from pkimm_analytics.anonymize.identifiers import canonical
from pkimm_analytics.errors import KeyStoreError, Problem
from pkimm_analytics.files import write_atomically

ENVIRONMENT = "PKIMM_PSEUDONYM_KEY"
BYTES = 32
"""Length of a key; a longer one is fine, a shorter one is not."""

_LOCK_SECONDS = 30


def private_folder() -> Path:
    """Folder of keys and receipts: ``PKIMM_HOME`` or the user's data folder."""
    home = os.environ.get("PKIMM_HOME")
    return Path(home) if home else Path(platformdirs.user_data_path("pkimm", appauthor=False))


@dataclass(frozen=True)
class KeyStore:
    """
    The contributor's key.

    Parameters
    ----------
    key : bytes
        Never printed, never stored with data.
    """

    key: bytes = field(repr=False)

    def local_id(self, kind: str, name: str) -> str:
        """
        Id that stands for a name: the same with this key, and no hash of the name without it.

        Parameters
        ----------
        kind : str
            ``organization``, ``assessor`` or ``use-case``.
        name : str
            Compared without case, width and outer blanks.
        """
        text = f"pkimm/local/v1\0{kind}\0{canonical(name)}"
        return hmac.digest(self.key, text.encode(), "sha256").hex()


def open_key_store() -> KeyStore:
    """
    Open the key store; the first time, a key is made and written for the owner only.

    ``PKIMM_PSEUDONYM_KEY`` (32 random bytes, as base64 or 64 hex digits) takes the
    place of the file.

    Raises
    ------
    KeyStoreError
        If the key is short or easy to guess, others can read its file, or the file is
        under version control.
    """
    import filelock

    given = os.environ.get(ENVIRONMENT)
    if given:
        return KeyStore(parse_key(given, ENVIRONMENT))
    path = private_folder() / "keys" / "pseudonym.key"
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with filelock.FileLock(f"{path}.lock", timeout=_LOCK_SECONDS):
                if not path.exists():  # another process may have been faster
                    write_atomically(path, base64.b64encode(random_key()) + b"\n")
        _check_file(path)
        return KeyStore(parse_key(path.read_text("ascii"), path.name))
    except UnicodeDecodeError:
        raise _refused(path.name, "the file is not a key; restore it from a backup") from None
    except (OSError, filelock.Timeout) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _refused(path.name, reason) from None


def parse_key(text: str, where: str) -> bytes:
    """
    Read a key and refuse one that could be guessed.

    Raises
    ------
    KeyStoreError
        If it is not base64 or hex, or :func:`weakness` finds something. The key is not
        repeated.
    """
    key = _decode(text.strip())
    if key is None:
        raise _refused(where, f"expected {BYTES} random bytes as base64 or hex digits")
    if reason := weakness(key):
        raise _refused(where, f"the key {reason}; make {BYTES} random bytes")
    return key


def weakness(key: bytes) -> str:
    """
    Why a key could be guessed; empty if nothing speaks against it.

    Examples
    --------
    >>> weakness(b"k" * 32)
    'repeats itself'
    """
    steps = {(b - a) % 256 for a, b in pairwise(key)}
    signs = {
        f"has {len(key)} bytes": len(key) < BYTES,
        "repeats itself": any(
            key == (key[:n] * len(key))[: len(key)] for n in range(1, len(key) // 2 + 1)
        ),
        "counts": len(steps) <= len(key) // 4,
        "is text": all(chr(byte) in string.printable for byte in key),
        "has too little variety": len(set(key)) < len(key) // 2
        or len(zlib.compress(key, 9)) < len(key),
    }
    return next((name for name, is_so in signs.items() if is_so), "")


def random_key() -> bytes:
    """Make a key that nobody can guess."""
    while weakness(key := secrets.token_bytes(BYTES)):
        pass
    return key


def _decode(text: str) -> bytes | None:
    try:
        if text and not set(text) - set(string.hexdigits):
            return bytes.fromhex(text)
        return base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        return None


_URL_SAFE = str.maketrans("-_", "+/")


def _refused(where: str, message: str) -> KeyStoreError:
    return KeyStoreError(
        "The key for pseudonyms cannot be used. Nothing was made with it.",
        [Problem(where, message)],
    )


def _check_file(path: Path) -> None:
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise _refused(path.name, "others can read the file; make it yours alone: chmod 600")
    for folder in path.resolve().parents:
        if (folder / ".git").exists() and _is_tracked(folder, path.resolve()):
            raise _refused(path.name, "the file is under version control; make a new key elsewhere")


def _is_tracked(repository: Path, path: Path) -> bool:
    """Return whether git's index names the file; a repository that cannot be read counts too."""
    index = repository / ".git" / "index"
    if (repository / ".git").is_file():
        return True
    return index.exists() and path.relative_to(repository).as_posix().encode() in index.read_bytes()
