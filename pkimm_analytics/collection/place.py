"""
Where a collection lies: a folder, or object storage through pyarrow.

Both write a file whole or not at all. A folder lets one writer in at a time, with a lock
of the operating system that a killed process gives back; object storage has none, so
that only one program may write there.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pkimm_analytics.errors import CollectionError
from pkimm_analytics.files import sync_folder, write_atomically

LOCK = ".lock"
LOCK_SECONDS = 600.0
"""How long a program waits for the others."""


class Place:
    """
    Files of a collection; paths are relative, with slashes.

    Parameters
    ----------
    filesystem : pyarrow.fs.FileSystem
        With whole writes and listings that are up to date, such as S3.
    base : str
        Folder, or bucket and prefix.
    """

    def __init__(self, filesystem: Any, base: str) -> None:
        from pyarrow import fs

        self.filesystem = filesystem
        self.base = base.rstrip("/")
        self.folder = Path(base) if isinstance(filesystem, fs.LocalFileSystem) else None

    def full(self, path: str) -> str:
        """Path for whoever opens a file by itself."""
        return f"{self.base}/{path}"

    def read(self, path: str) -> bytes:
        """Return the content of a file; not of a link, whose bytes a withdrawal would leave."""
        if self.folder and (self.folder / path).is_symlink():
            raise OSError(errno.ELOOP, "link")
        with self.filesystem.open_input_stream(self.full(path)) as stream:
            return bytes(stream.read())

    def write(self, path: str, content: Any) -> None:
        """Write a file whole or not at all, and durably."""
        if self.folder:
            write_atomically(self.folder / path, content)
            return
        with self.filesystem.open_output_stream(self.full(path)) as stream:
            stream.write(content)

    def move(self, path: str, target: str) -> None:
        """Put a file in the place of another, durably; the file may be in its place already."""
        with suppress(FileNotFoundError):
            if self.folder:
                (self.folder / path).replace(self.folder / target)
            else:
                self.filesystem.move(self.full(path), self.full(target))
        if self.folder:
            sync_folder((self.folder / target).parent)

    def delete(self, path: str) -> None:
        """Delete a file, and its folder if that is empty; one that is not there is fine."""
        with suppress(FileNotFoundError):
            if self.folder:
                (self.folder / path).unlink()
            else:
                self.filesystem.delete_file(self.full(path))
        if self.folder and (parent := (self.folder / path).parent) != self.folder:
            with suppress(OSError):
                parent.rmdir()

    def files(self) -> list[str]:
        """Paths of all files, the lock left out."""
        from pyarrow import fs

        selector = fs.FileSelector(self.base, allow_not_found=True, recursive=True)
        found = self.filesystem.get_file_info(selector)
        paths = [
            info.path.removeprefix(self.base + "/")
            for info in found
            if info.type == fs.FileType.File
        ]
        return sorted(path for path in paths if path != LOCK)

    @contextmanager
    def locked(self, *, writing: bool) -> Iterator[bool]:
        """
        Let one program in at a time, where the place is a folder.

        Yields
        ------
        bool
            Whether files may be put right; a folder that cannot be written can be read.
        """
        import filelock

        if not self.folder:
            yield writing
            return
        # One for each program: whoever holds it may ask again, such as while reading rows.
        path = str(self.folder.resolve() / LOCK)
        lock = filelock.FileLock(path, timeout=LOCK_SECONDS, is_singleton=True)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout:
            raise CollectionError(
                "Another program holds the collection. Nothing was changed; try again."
            ) from None
        except OSError:
            if writing:
                raise
        is_ours = lock.is_locked
        try:
            yield is_ours
        finally:
            if is_ours:
                lock.release()


@contextmanager
def explained(message: str, then: str = "") -> Iterator[None]:
    """Turn what the system or a server refuses into an error of ours."""
    try:
        yield
    except CollectionError:
        raise
    except OSError as error:
        raise CollectionError(f"{message}: {reason_of(error)}.{then}") from None


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
    Why a place could not be used, in a few words.

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
    code = getattr(error, "errno", None)
    if code == errno.ELOOP:
        return "is a link to another file"
    return os.strerror(code) if code else type(error).__name__


def open_place(address: str | Path) -> Place:
    """
    Place of a folder, or of an address such as ``s3://bucket/prefix?region=...``.

    Raises
    ------
    CollectionError
        If pyarrow does not know the kind of address. It is not repeated, because it
        may hold credentials.
    """
    import pyarrow as pa
    from pyarrow import fs

    if "://" not in str(address):
        return Place(fs.LocalFileSystem(), str(Path(address).expanduser()))
    try:
        filesystem, base = fs.FileSystem.from_uri(str(address))
        if not base:
            raise ValueError
    except (pa.ArrowException, ValueError, OSError):
        raise CollectionError(
            "This address cannot be opened; expected s3://bucket/prefix or a folder."
        ) from None
    return Place(filesystem, base)
