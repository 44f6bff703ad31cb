"""
An append-only log of JSON lines that several writers may add to.

Each append writes one part, whole or not at all; a lock gives it the next number.
The name of a part ends with a digest of its content, so a part that was changed or
cut off is found. What was written stays, unless it has to be erased: then its part is
written anew without it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.files import write_atomically

_NAME = re.compile(r"(\d{8})-([0-9a-f]{16})\.jsonl")
_LOCK_SECONDS = 60


class Log:
    """
    One log.

    Parameters
    ----------
    folder : Path
        Created with the first entry.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def parts(self) -> list[Path]:
        """Parts in the order in which they were written."""
        try:
            names = [path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        except FileNotFoundError:
            return []
        # Of two with one number, an erasure was cut off; the shorter one is without it.
        size = {name: (self.folder / name).stat().st_size for name in names}
        kept = {name[:8]: name for name in sorted(names, key=lambda name: -size[name])}
        return [self.folder / kept[number] for number in sorted(kept)]

    def entries(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """
        Read all entries in the order in which they were written.

        Parameters
        ----------
        after : int
            Number of parts to leave out at the beginning.

        Raises
        ------
        FeedbackError
            If a part was changed or cut off, or is not readable.
        """
        for path in self.parts()[after:]:
            content = _read(path)
            digest = _NAME.fullmatch(path.name)
            if digest is None or _digest(content) != digest[2]:
                raise FeedbackError(
                    "The feedback is damaged. Nothing was changed.",
                    [Problem(path.name, "was changed after it was written; restore a backup")],
                )
            yield from map(json.loads, content.splitlines())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """
        Keep other writers out.

        Raises
        ------
        FeedbackError
            If the folder cannot be written, or another program holds it too long.
        """
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock", timeout=_LOCK_SECONDS):
                yield
        except Timeout:
            raise FeedbackError(
                "Another program has been writing feedback for a minute. Nothing was added."
            ) from None
        except OSError as error:
            raise FeedbackError(
                f"The feedback cannot be written: {error.strerror or error}. Nothing was added."
            ) from None

    def append(self, entries: Sequence[dict[str, Any]]) -> None:
        """Write entries as the next part; the caller holds the lock. No entries, no part."""
        if not entries:
            return
        parts = self.parts()
        self._write(int(parts[-1].name[:8]) + 1 if parts else 1, entries)

    def erase(self, is_erased: Callable[[dict[str, Any]], bool]) -> int:
        """Write every part anew without some entries; the caller holds the lock. How many."""
        n_erased = 0
        for path in self.parts():
            entries = list(map(json.loads, _read(path).splitlines()))
            kept = [entry for entry in entries if not is_erased(entry)]
            if len(kept) < len(entries):
                written = self._write(int(path.name[:8]), kept)
                for other in self.folder.glob(f"{path.name[:8]}-*.jsonl"):
                    if other != written:
                        other.unlink()
            n_erased += len(entries) - len(kept)
        return n_erased

    def _write(self, number: int, entries: Sequence[dict[str, Any]]) -> Path:
        lines = (json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in entries)
        content = "".join(f"{line}\n" for line in lines).encode()
        path = self.folder / f"{number:08}-{_digest(content)}.jsonl"
        write_atomically(path, content)
        return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FeedbackError(
            f"The feedback cannot be read: {error.strerror or error}.", [Problem(path.name, "")]
        ) from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
