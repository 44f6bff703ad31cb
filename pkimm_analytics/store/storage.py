"""
Where a collection lies: a local folder, or object storage through pyarrow.

Both write a file whole or not at all, and both let one writer in at a time: locally
with a lock of the operating system, which a killed process gives back; on object
storage with a lease, which runs out.
"""

from __future__ import annotations

import errno
import os
import random
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from pkimm_analytics.errors import CollectionError
from pkimm_analytics.files import write_atomically

LOCK_SECONDS = 600.0
"""How long a writer waits for the others."""

LEASE_SECONDS = 900.0
"""After this a lease on object storage has run out, and its holder may not commit."""


class Storage(Protocol):
    """What a collection needs of the place it lies in; paths are relative, with slashes."""

    def read(self, path: str) -> bytes:
        """Return the content of a small file."""

    def write(self, path: str, content: Any) -> None:
        """Write a file whole or not at all, and durably."""

    def open(self, path: str) -> Any:
        """Open a file for random access; a context manager."""

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there is fine."""

    def files(self) -> dict[str, int]:
        """Return the size of every file by its path."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one writer in at a time."""
        yield

    def check_lock(self) -> None:
        """Refuse to go on if the lock was lost meanwhile."""


class LocalStorage:
    """
    A local folder.

    Parameters
    ----------
    root : Path
    """

    LOCK = ".lock"

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        """Return the content of a small file."""
        return (self.root / path).read_bytes()

    def write(self, path: str, content: Any) -> None:
        """Write a file beside its place, flush it to the disk, and rename it."""
        write_atomically(self.root / path, content)

    def open(self, path: str) -> Any:
        """Open a file for random access; not a link, whose bytes a withdrawal would leave."""
        import pyarrow as pa

        if (self.root / path).is_symlink():
            raise OSError(errno.ELOOP, "is a link to another file")
        return pa.OSFile(str(self.root / path))

    def delete(self, path: str) -> None:
        """Delete a file, and its folder if that is empty."""
        target = self.root / path
        target.unlink(missing_ok=True)
        if target.parent != self.root:
            with suppress(OSError):
                target.parent.rmdir()

    def files(self) -> dict[str, int]:
        """Return the size of every file by its path, the lock left out."""
        found = {}
        for path in self.root.rglob("*"):
            with suppress(FileNotFoundError):  # a writer may be at work
                if path.is_file() and path.name != self.LOCK:
                    found[path.relative_to(self.root).as_posix()] = path.stat().st_size
        return found

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Wait for the lock of the operating system; a killed process gives it back."""
        import filelock

        self.root.mkdir(parents=True, exist_ok=True)
        held = filelock.FileLock(str(self.root / self.LOCK), timeout=LOCK_SECONDS)
        try:
            held.acquire()
        except filelock.Timeout:
            raise _busy() from None
        try:
            yield
        finally:
            held.release()

    def check_lock(self) -> None:
        """Nothing takes this lock away."""


class ObjectStorage:
    """
    Any pyarrow filesystem with whole writes and listings that are up to date, such as S3.

    Parameters
    ----------
    filesystem : pyarrow.fs.FileSystem
    base : str
        Bucket and prefix.
    """

    def __init__(self, filesystem: Any, base: str) -> None:
        self.filesystem = filesystem
        self.base = base.rstrip("/")
        self._lease = ""
        self._since = 0.0

    def read(self, path: str) -> bytes:
        """Return the content of a small file."""
        with self.filesystem.open_input_stream(self._at(path)) as stream:
            return bytes(stream.read())

    def write(self, path: str, content: Any) -> None:
        """Write an object; it appears when it is complete."""
        with self.filesystem.open_output_stream(self._at(path)) as stream:
            stream.write(content)

    def open(self, path: str) -> Any:
        """Open an object for random access."""
        return self.filesystem.open_input_file(self._at(path))

    def delete(self, path: str) -> None:
        """Delete an object."""
        with suppress(FileNotFoundError):
            self.filesystem.delete_file(self._at(path))

    def files(self) -> dict[str, int]:
        """Return the size of every object by its path, leases left out."""
        return {
            path: info.size
            for path, info in self._listed("").items()
            if not path.startswith("lock/")
        }

    @contextmanager
    def lock(self) -> Iterator[None]:
        """
        Take a lease: write one, and hold it if no other is alive.

        Whoever writes before it lists cannot overlook another who did the same.
        """
        self._acquire()
        try:
            yield
        finally:
            self.delete(self._lease)

    def check_lock(self) -> None:
        """Refuse to commit with a lease that others may have taken for dead."""
        alive = self._lease in self._listed("lock")
        if not alive or time.monotonic() - self._since > LEASE_SECONDS / 2:
            raise CollectionError("It took too long and the lease ran out. Nothing was changed.")

    def _acquire(self) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            self._lease, self._since = f"lock/{secrets.token_hex(16)}", time.monotonic()
            self.write(self._lease, b"-")  # empty objects look like folders
            leases = self._listed("lock")
            mine = leases.pop(self._lease, None)
            if mine is not None and not self._alive(leases, mine):
                for stale in leases:
                    self.delete(stale)
                return
            self.delete(self._lease)
            if time.monotonic() > deadline:
                raise _busy()
            time.sleep(random.uniform(0.05, 0.5))  # noqa: S311  # so that two do not stay in step

    @staticmethod
    def _alive(leases: dict[str, Any], mine: Any) -> bool:
        """Return whether any other lease is young, by the clock of the storage."""
        return any(mine.mtime_ns - info.mtime_ns < LEASE_SECONDS * 1e9 for info in leases.values())

    def _listed(self, below: str) -> dict[str, Any]:
        from pyarrow import fs

        place = f"{self.base}/{below}" if below else self.base
        selector = fs.FileSelector(place, allow_not_found=True, recursive=True)
        return {
            info.path.removeprefix(self.base + "/"): info
            for info in self.filesystem.get_file_info(selector)
            if info.type == fs.FileType.File
        }

    def _at(self, path: str) -> str:
        return f"{self.base}/{path}"


_ANSWERS = {
    "NETWORK_CONNECTION": "the server cannot be reached; check the address and the network",
    "ACCESS_DENIED": "the server refuses access; check the credentials and their rights",
    "INVALID_ACCESS_KEY_ID": "the server does not know these credentials",
    "SIGNATURE_DOES_NOT_MATCH": "the server does not accept these credentials",
    "EXPIRED_TOKEN": "the credentials have expired",
    "NO_SUCH_BUCKET": "there is no such bucket; it has to be made first",
    "SLOW_DOWN": "the server asks for a pause; try again later",
}


def reason_of(error: BaseException) -> str:
    """
    Why storage could not be used, in a few words.

    What a server says is not repeated: it may hold the address or the credentials.

    Examples
    --------
    >>> reason_of(OSError("When listing: AWS Error ACCESS_DENIED during HeadBucket operation"))
    'the server refuses access; check the credentials and their rights'
    >>> reason_of(PermissionError(13, "Permission denied"))
    'Permission denied'
    """
    said = re.search(r"AWS Error ([A-Z_]+)", str(error))
    if said:
        return _ANSWERS.get(said[1], f"the server answered {said[1].lower().replace('_', ' ')}")
    return getattr(error, "strerror", None) or type(error).__name__


def open_storage(place: str | Path) -> Storage:
    """
    Storage of a folder, or of an address such as ``s3://bucket/prefix?region=...``.

    Raises
    ------
    CollectionError
        If pyarrow does not know the kind of address. It is not repeated, because it
        may hold credentials.
    """
    if "://" not in str(place):
        return LocalStorage(Path(os.path.expanduser(place)))  # noqa: PTH111  # also a str
    import pyarrow as pa
    from pyarrow import fs

    try:
        filesystem, base = fs.FileSystem.from_uri(str(place))
        if not base:
            raise ValueError
    except (pa.ArrowException, ValueError, OSError):
        raise CollectionError(
            "This address cannot be opened; expected s3://bucket/prefix or a folder."
        ) from None
    if isinstance(filesystem, fs.LocalFileSystem):
        return LocalStorage(Path(base))
    return ObjectStorage(filesystem, base)


def _busy() -> CollectionError:
    return CollectionError("Another writer holds the collection. Nothing was changed; try again.")
