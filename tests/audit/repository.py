"""
Attack T28: what a git repository still holds, long after somebody deleted it.

A file that was committed once is in every copy. All objects of all branches, tags and
stashes are opened, also those that nothing refers to any more, the files of large-file
storage, and the logs and caches that lie beside: by their names, and by the words that
must not be in them.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pkimm_analytics.audit import Finding, Secrets, scan_file
from pkimm_analytics.errors import DisclosureError, Problem

PRIVATE_FILES = re.compile(
    r"""(?x) (?:^|/) (?:
        .*\.pkimm\.json | .*\.receipt\.json | pseudonym\.key | identities\.json
      | history\.json | members-[0-9a-f]+\.parquet | report-\d{4}Q\d-.*\.parquet
      | period=[^/]+/.*\.parquet | part-[0-9a-f]{32}\.parquet | contacts\.parquet
    ) $"""
)
"""Files of the workspace, the collection and the private folder, by name."""

PUBLIC_SAMPLES = ("data/samples/",)
"""Folders of invented assessments, which are meant to be shared."""

BESIDE = (".cache", ".pytest_cache", "logs", "test-results")
"""Folders of logs and caches that are looked through if they lie in the repository."""

_LARGEST = 20_000_000


def scan_repository(
    folder: Path, secrets: Secrets | None = None, *, samples: tuple[str, ...] = PUBLIC_SAMPLES
) -> list[Finding]:
    """
    T28: look through everything that a repository and its caches hold.

    Parameters
    ----------
    folder : Path
        A working copy, or a bare repository.
    secrets : Secrets, optional
        Words and columns that must not be found; without them, only names tell.
    samples : tuple of str
        Beginnings of paths whose files may have such names.

    Raises
    ------
    DisclosureError
        If it is no repository or git is not installed.
    """
    found: dict[str, Finding] = {}
    for where, name, content in _everything(folder, with_content=secrets is not None):
        if PRIVATE_FILES.search(name) and not name.startswith(samples):
            finding = Finding("T28", "a private file, by its name", where=where)
            found.setdefault(str(finding), finding)
        if secrets is not None and content:
            for one in scan_file(name or "object", content, secrets):
                if "must not leave" in one.learned or "behind a group" in one.learned:
                    finding = Finding("T28", one.learned, where=where)
                    found.setdefault(str(finding), finding)
    return list(found.values())


def _everything(folder: Path, *, with_content: bool) -> Iterator[tuple[str, str, bytes]]:
    """Yield where something was found, its path in the repository, and its content."""
    paths = _named_objects(folder)
    for digest, kind in _objects(folder):
        is_read = with_content and kind != "tree"
        content = _git(folder, "cat-file", kind, digest) if is_read else b""
        for name in paths.get(digest, {""}):
            yield f"{kind} {digest[:12]} {name}".strip(), name, content
    git = Path(_git(folder, "rev-parse", "--absolute-git-dir").decode().strip())
    for base in (git / "lfs", *(folder / name for name in BESIDE)):
        for path in sorted(base.rglob("*")) if base.is_dir() else ():
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                name = path.relative_to(base.parent).as_posix()
                yield name, name, path.read_bytes()


def _objects(folder: Path) -> list[tuple[str, str]]:
    """Digest and kind of every object, unreachable ones included, but for very large ones."""
    text = _git(
        folder,
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname) %(objecttype) %(objectsize)",
    )
    lines = (line.split() for line in text.decode().splitlines())
    return [(digest, kind) for digest, kind, size in lines if int(size) <= _LARGEST]


def _named_objects(folder: Path) -> dict[str, set[str]]:
    """Find the paths under which objects were committed."""
    found: dict[str, set[str]] = {}
    for line in _git(folder, "rev-list", "--objects", "--all", "--reflog").splitlines():
        digest, _, name = line.decode("utf-8", "replace").partition(" ")
        if name:
            found.setdefault(digest, set()).add(name)
    return found


def _git(folder: Path, *arguments: str) -> bytes:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # the user's own git
            check=True,
            capture_output=True,
            env=plain,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise DisclosureError(
            "The repository cannot be read.", [Problem(folder.name, "no git repository, or no git")]
        ) from None
