"""
Files, written whole or not at all, and read with a limit.

A file that appears under its name is complete: it is written beside its place,
flushed to the disk and then renamed over it. A process that is killed leaves the
old file or the new one, never half of one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pkimm_analytics.errors import Problem, SourceFormatError

MAX_BYTES = 20_000_000
"""Largest file or text that a reader opens; official files are below 1 MB."""


def read_limited(path: Path, limit: int = MAX_BYTES) -> bytes:
    """
    Read a file that must not be larger than a limit.

    Raises
    ------
    SourceFormatError
        If the file is empty, larger than `limit` bytes, a folder or not readable.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceFormatError(
            f"{path.name} could not be opened: {reason}.", [Problem(path.name, reason)]
        ) from None
    check_size(path.name, len(content), limit)
    return content


def check_size(name: str, size: int, limit: int = MAX_BYTES) -> None:
    """Refuse a source that is empty or larger than `limit` bytes."""
    if size == 0:
        raise SourceFormatError(
            f"{name} is empty. Nothing was imported.",
            [Problem(name, "the file has no content; expected an assessment")],
        )
    if size > limit:
        raise SourceFormatError(
            f"{name} is too large. Nothing was imported.",
            [Problem(name, f"more than {limit:,} bytes; an assessment has a few hundred thousand")],
        )


def write_atomically(path: Path, content: bytes) -> None:
    """
    Write a file so that readers see the old content or the new, never a part.

    Raises
    ------
    OSError
        If the folder cannot be written; the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can sync folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
