"""
Processes that publish a release and kill themselves at one of their changes to the disk.

Arguments: folder, number of the first change to die at, step. Every child works in a folder
of its own, ``<folder>/<number>``; the last one is not killed. Numbers end when a child
gets through without reaching its change.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highspy  # noqa: F401
import pyarrow.dataset  # noqa: F401  # once, not in each child

from pkimm_analytics.collection import Collection
from pkimm_analytics.disclosure import load_policy, open_contributions, publish
from tests.collection.invented import invented_table
from tests.disclosure.population import FEW

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "os.link"}


Task = Callable[[Path], None]
KilledAt = Callable[[int, Path], None]


def contributions(number: int = 0):
    """Contributions of a quarter; with a number, six more."""
    return invented_table(24 + number, 4, ["2026Q1"])


def make(folder: Path, quarter: str):
    """Publish what the collection of a folder holds."""
    return publish(
        open_contributions(folder / "c"),
        out=folder / "r",
        private=folder / "p",
        quarter=quarter,
        policy=load_policy(),
        plan=FEW,
    )


def watch_changes(number: int) -> None:
    """Let this process die before its change of the disk with a number."""
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[1], str) and arguments[1][0] in "wax"
        made = event == "open" and arguments[1] is None and int(str(arguments[2])) & os.O_CREAT
        if event in CHANGES or writes or made:
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def killed_at(number: int, folder: Path) -> None:
    """Publish a second release, and die before the change with a number."""
    watch_changes(number)
    make(folder, "2026Q4")
    os._exit(0)


def prepare(folder: Path) -> None:
    """Make a collection, a first release of it, and eight contributions more."""
    Collection(folder / "c", create=True).append(contributions())
    make(folder, "2026Q3")
    Collection(folder / "c").append(contributions(8))
    os._exit(0)


def in_child(task: Callable[..., None], *arguments: Any) -> int:
    """Run a task in a process of its own, and return how it ended."""
    child = os.fork()
    if child == 0:
        task(*arguments)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def start_children(prepare: Task, killed_at: KilledAt) -> int:
    """Start children until one gets through, and return how that one ended."""
    folder, number, step = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    base = folder / "0"
    if in_child(prepare, base):
        return 1
    while True:
        place = folder / str(number)
        shutil.copytree(base, place)
        ended = in_child(killed_at, number, place)
        if ended != -signal.SIGKILL:
            return ended
        number += step


if __name__ == "__main__":
    raise SystemExit(start_children(prepare, killed_at))
