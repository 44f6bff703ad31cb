"""
Files, written whole or not at all, and read with a limit.

A file that appears under its name is complete: it is written beside its place,
flushed to the disk and then renamed over it. A process that is killed leaves the
old file or the new one, never half of one; what it had begun is removed by the next
program that writes there.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from pkimm_analytics.errors import PkimmError, Problem, SourceFormatError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

MAX_BYTES = 20_000_000
"""Largest file or text that a reader opens; official files are below 1 MB."""

MAX_DEPTH = 60
"""Deepest nesting of a document; ours has fewer than ten levels."""


def read_limited(path: Path) -> bytes:
    """
    Read a file that must not be larger than :data:`MAX_BYTES`.

    Raises
    ------
    SourceFormatError
        If the file is empty, larger, a folder or not readable.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceFormatError(
            f"{path.name} could not be opened: {reason}.", [Problem(path.name, reason)]
        ) from None
    check_size(path.name, len(content))
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
    _remove_leftovers(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            is_claimed = _claim(stream)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            if is_claimed:
                Path(temporary).replace(path)
        if not is_claimed:
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@cache
def _remove_leftovers(folder: Path) -> None:
    """
    Remove what killed writers left in a folder, once in the life of a program.

    A file that somebody is writing is locked, and stays.
    """
    for path in folder.glob(".*.part"):
        with suppress(OSError):
            is_new = time.time() - path.stat().st_mtime < 1  # may be about to be locked
            if not is_new and (fcntl is None or _is_free(path)):
                path.unlink()


def _is_free(path: Path) -> bool:
    with path.open("rb") as stream:
        return _claim(stream)


def _claim(stream: BinaryIO) -> bool:
    """Lock a file until it is closed; False where that is not possible."""
    if fcntl is None:
        return False  # Windows, where an open file can be neither renamed nor removed
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def raised_as(kind: type[PkimmError], message: str) -> Iterator[None]:
    """
    Turn what the system refuses into an error of ours: `message`, and the reason.
    """
    try:
        yield
    except PkimmError:
        raise
    except OSError as error:
        raise kind(f"{message}: {error.strerror or type(error).__name__}.") from None


def sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can sync folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_json(content: bytes, name: str) -> Any:
    """
    Read JSON defensively: limited size and depth, no NaN, no repeated keys.

    Raises
    ------
    SourceFormatError
        If the content is not such JSON; the problem names the line.
    """
    check_size(name, len(content))
    try:
        document = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
        _check_depth(document)
        if b"\\u" in content:
            json.dumps(document, ensure_ascii=False).encode()  # finds half a surrogate pair
        return document
    except json.JSONDecodeError as error:
        problem = Problem(f"{name}, line {error.lineno}, column {error.colno}", error.msg)
    except UnicodeDecodeError as error:
        problem = Problem(f"{name}, byte {error.start + 1}", "expected UTF-8 text")
    except UnicodeEncodeError:
        problem = Problem(name, "holds half of a surrogate pair, which is not a character")
    except RecursionError:
        problem = Problem(name, "nested too deeply")
    except _RefusedError as error:
        problem = Problem(name, str(error))
    except ValueError:  # which is what Python says of integers of thousands of digits
        problem = Problem(name, "holds a number of too many digits")
    raise SourceFormatError(f"{name} is not readable as JSON. Nothing was imported.", [problem])


class _RefusedError(ValueError):
    """JSON that other programs may read, and this one refuses."""


def _check_depth(document: Any) -> None:
    """Refuse nesting that writing could not follow."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise _RefusedError(f"nested more than {MAX_DEPTH} levels deep")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = Counter(key for key, _ in pairs)
        twice = next(key for key, times in names.items() if times > 1)
        raise _RefusedError(f"field {twice[:60]!r} appears twice in one place")
    return result


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _RefusedError(f"{text[:20]} is too large for a number")
    return number


def _no_constant(text: str) -> Any:
    raise _RefusedError(f"{text} is not a JSON number")
