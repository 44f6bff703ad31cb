"""A release that is killed: nothing half, and the same release when it is made again."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pkimm_analytics.audit import check_manifest
from pkimm_analytics.collection import Collection, verify
from pkimm_analytics.disclosure import read_history
from pkimm_analytics.disclosure.records import parent_tags
from pkimm_analytics.release import release_folders
from tests.disclosure import publisher, withdrawer

ROOT = Path(__file__).resolve().parents[2]


def kill_at_every(step, folder):
    """Let processes die at every so-manieth change of the disk, and look at what they left."""
    command = [sys.executable, "-m", "tests.disclosure.publisher", str(folder), "1", str(step)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    places = sorted(folder.iterdir(), key=lambda place: int(place.name))
    _, *killed, finished = places
    (_, expected) = release_folders(finished / "r")
    wanted = {path.name: path.read_bytes() for path in expected.iterdir()}
    for place in killed:
        found = verify(Collection(place / "c"))
        assert found.is_sound, found.problems
        ids = ids_of(place)
        assert sorted(ids) == sorted(publisher.contributions(8).column(0).to_pylist())
        assert all(check_manifest(one) == [] for one in release_folders(place / "r"))
        assert read_history(place / "p").publications
        again = publisher.make(place, "2026Q4")
        assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == wanted
        assert len(release_folders(place / "r")) == 2
        assert not list((place / "r").glob(".*"))
    return len(killed)


@pytest.mark.timeout(900)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
def test_a_release_that_is_killed_leaves_nothing_half(tmp_path):
    """
    Killed before some of its changes of the disk; the next run publishes the same bytes.
    """
    assert kill_at_every(17, tmp_path / "killed") >= 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
def test_a_release_that_is_killed_at_every_change_leaves_nothing_half(tmp_path):
    """
    As before, at each of them.
    """
    assert kill_at_every(1, tmp_path / "killed") >= 30


def ids_of(place):
    """Pseudonyms of all contributions that are committed, and of the parent of each."""
    rows = Collection(place / "c").open_rows(purpose="ids of contributions")
    tables = rows.tables(["contribution", "parent"])
    return {row["contribution"]: row["parent"] for t in tables for row in t.to_pylist()}


def kill_withdrawals_at_every(step, folder):
    """Let withdrawals die at every so-manieth change of the disk, and look at what they left."""
    command = [sys.executable, "-m", "tests.disclosure.withdrawer", str(folder), "1", str(step)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    _, *killed, finished = sorted(folder.iterdir(), key=lambda place: int(place.name))
    everybody, rest = ids_of(folder / "0"), ids_of(finished)
    ((gone, parent),) = everybody.items() - rest.items()
    for place in killed:
        found = verify(Collection(place / "c"))
        assert found.is_sound, found.problems
        assert ids_of(place) in (everybody, rest)
        was_there = gone in ids_of(place)
        assert read_history(place / "p").publications
        assert withdrawer.withdraw(place) == (0 if was_there else 1)
        assert ids_of(place) == rest
        assert verify(Collection(place / "c")).problems == ()
        publisher.make(place, "2026Q4")
        for one in read_history(place / "p").publications:
            assert not np.isin(parent_tags([parent]), one.members["parent"].to_numpy()).any()
    return len(killed)


@pytest.mark.timeout(900)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
def test_a_withdrawal_that_is_killed_happened_or_did_not(tmp_path):
    """
    Killed before some of its changes of the disk; the command or the next release completes it.
    """
    assert kill_withdrawals_at_every(5, tmp_path / "killed") >= 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
def test_a_withdrawal_that_is_killed_at_every_change_happened_or_did_not(tmp_path):
    """
    As before, at each of them.
    """
    assert kill_withdrawals_at_every(1, tmp_path / "killed") >= 10
