"""
The key for pseudonyms, and the random ids that stand for names; both stay private.

They lie in the user's data folder, readable by nobody else. Whoever has the key can
test guesses about pseudonyms, so a key that could itself be guessed is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import secrets
import string
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

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
    A key and the place of the random ids that belong to it.

    Parameters
    ----------
    key : bytes
        Never printed, never stored with data.
    identities : Path, optional
        File of random ids; created when one is first asked for. Without it, ids follow
        from the key, which is for what is invented.
    """

    key: bytes = field(repr=False)
    identities: Path | None = None
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def random_id(self, kind: str, name: str) -> str:
        """
        Random id that stands for a name, the same whenever it is asked for.

        The file keeps a keyed hash of the name, not the name.

        Parameters
        ----------
        kind : str
            ``organization``, ``assessor`` or ``use-case``.
        name : str
            Compared without case, width and outer blanks.

        Raises
        ------
        KeyStoreError
            If the file is damaged or cannot be written.
        """
        tag = hmac.digest(self.key, f"pkimm/local/v1\0{kind}\0{canonical(name)}".encode(), "sha256")
        entry = base64.b32encode(tag).decode()[:26]
        if entry not in self._known:
            self._known.update(self._with(entry) if self.identities else {entry: tag.hex()})
        return self._known[entry]

    def _with(self, entry: str) -> dict[str, str]:
        """Read the file, after adding an entry that it lacks."""
        import filelock

        assert self.identities is not None  # noqa: S101  # random_id has seen to it
        try:
            self.identities.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with filelock.FileLock(f"{self.identities}.lock", timeout=_LOCK_SECONDS):
                known = _read_identities(self.identities)
                if entry not in known:
                    known[entry] = secrets.token_hex(16)
                    document = {"format": "pkimm-identities/1", "ids": known}
                    content = json.dumps(document, indent=1, sort_keys=True)
                    write_atomically(self.identities, content.encode() + b"\n")
        except (OSError, filelock.Timeout) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise KeyStoreError(f"The key store cannot be written: {reason}.") from None
        return known


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
    folder = private_folder() / "keys"
    given = os.environ.get(ENVIRONMENT)
    if given:
        return KeyStore(parse_key(given, ENVIRONMENT), folder / "identities.json")
    path = folder / "pseudonym.key"
    try:
        if not path.exists():
            key = base64.b64encode(random_key()) + b"\n"
            write_private(path, key, replaces=False)
        _check_file(path)
        text = path.read_text("ascii")
    except UnicodeDecodeError:
        raise _refused(path.name, "the file is not a key; restore it from a backup") from None
    except OSError as error:
        raise _refused(path.name, error.strerror or type(error).__name__) from None
    return KeyStore(parse_key(text, path.name), folder / "identities.json")


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
    reason = weakness(key)
    if reason:
        raise _refused(where, reason)
    return key


def weakness(key: bytes) -> str:
    """
    Why a key could be guessed; empty if nothing speaks against it.

    Examples
    --------
    >>> weakness(b"k" * 32)
    'the key repeats itself; make 32 random bytes'
    """
    if len(key) < BYTES:
        return f"the key has {len(key)} bytes; make {BYTES} random bytes"
    if any(key == (key[:n] * len(key))[: len(key)] for n in range(1, len(key) // 2 + 1)):
        return f"the key repeats itself; make {BYTES} random bytes"
    steps = {(b - a) % 256 for a, b in pairwise(key)}
    if len(steps) <= len(key) // 4:
        return f"the key counts; make {BYTES} random bytes"
    if all(chr(byte) in string.printable for byte in key):
        return f"the key is text; make {BYTES} random bytes"
    if len(set(key)) < len(key) // 2 or len(zlib.compress(key, 9)) < len(key):
        return f"the key has too little variety; make {BYTES} random bytes"
    return ""


def _decode(text: str) -> bytes | None:
    if text and not set(text) - set(string.hexdigits):
        return bytes.fromhex(text) if len(text) % 2 == 0 else None
    try:
        return base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        return None


_URL_SAFE = str.maketrans("-_", "+/")


def _refused(where: str, message: str) -> KeyStoreError:
    return KeyStoreError(
        "The key for pseudonyms cannot be used. Nothing was made with it.",
        [Problem(where, message)],
    )


def write_private(path: Path, content: bytes, *, replaces: bool = True) -> None:
    """
    Write a file that only its owner can read, whole or not at all.

    Parameters
    ----------
    replaces : bool
        Whether it may take the place of a file that is there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if replaces:
            temporary.replace(path)
        else:
            _link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _link(temporary: Path, path: Path) -> None:
    """Give a file its name, unless there is one of that name."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            temporary.replace(path)


def random_key() -> bytes:
    """Make a key that nobody can guess."""
    while weakness(key := secrets.token_bytes(BYTES)):
        pass
    return key


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
    if not index.exists():
        return False
    name = path.relative_to(repository).as_posix().encode()
    return b"\0" + name + b"\0" in index.read_bytes() or name in index.read_bytes()


def _read_identities(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        document: Any = json.loads(path.read_text("utf-8"))
        ids: Mapping[str, str] = document["ids"]
        return {str(key): str(value) for key, value in ids.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyStoreError(
            "The list of random ids is damaged. Nothing was made with it.",
            [Problem(path.name, "restore it from a backup, or results will not be linked")],
        ) from None
