"""
Several processes and sudden ends: nothing that was acknowledged is lost.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from pkimm_analytics.collection import Collection, verify

ROOT = Path(__file__).resolve().parents[2]


def started(place, first, rounds):
    """Start a writer."""
    command = [sys.executable, "-m", "tests.collection.writer", str(place), str(first), str(rounds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def ids(place):
    """Pseudonyms of all contributions that are committed."""
    rows = Collection(place).open_rows(purpose="ids of contributions")
    return [i for t in rows.tables(["contribution"]) for i in t.column(0).to_pylist()]


def killed_once(place, first):
    """Let a writer work for a random moment, kill it, and return what it acknowledged."""
    writer = started(place, first, 0)
    try:
        lines = [writer.stdout.readline()]
        time.sleep(random.uniform(0, 1.2))  # noqa: S311  # a moment
    finally:
        writer.kill()
    lines += writer.stdout.read().splitlines()
    writer.stdout.close()
    writer.wait()
    return {i for line in lines for i in line.split() if len(i) == 26}


def kill_many_times(place, times):
    """Kill writers of one collection again and again, and check it after each."""
    acknowledged = set()
    for number in range(times):
        acknowledged |= killed_once(place, 100_000 * number)
        found = verify(Collection(place))
        assert found.is_sound, found.problems
        there = ids(place)
        assert acknowledged <= set(there)
        assert len(there) == len(set(there))
    assert len(acknowledged) >= 3 * times


def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path):
    """
    Killed five times at random moments.
    """
    kill_many_times(tmp_path / "c", 5)


def test_four_writers_at_once_lose_nothing(tmp_path):
    """
    Four processes append at the same time; everything is there once.
    """
    place = tmp_path / "c"
    writers = [started(place, 100_000 * number, 8) for number in range(4)]
    printed = [writer.communicate(timeout=200)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    acknowledged = [i for text in printed for i in text.split()]
    assert len(acknowledged) == 4 * 8 * 3
    assert sorted(ids(place)) == sorted(acknowledged)
    assert verify(Collection(place)).problems == ()


def test_reading_goes_on_while_others_write(tmp_path):
    """
    A reader sees a whole state at any time, never a half one and never an error.
    """
    place = tmp_path / "c"
    writer = started(place, 0, 8)
    writer.stdout.readline()
    seen = []
    while writer.poll() is None:
        found = verify(Collection(place))
        assert found.is_sound, found.problems
        seen.append(found.contributions)
    writer.communicate()
    assert seen == sorted(seen)
    assert all(n % 3 == 0 for n in seen)
