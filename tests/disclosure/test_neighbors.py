"""Neighboring collections, and the same one elsewhere: not one public byte differs."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.disclosure import forgetting, load_policy, publish
from tests.disclosure.population import PLAN, population, rows, with_categories

ROOT = Path(__file__).resolve().parents[2]
SMALL = with_categories(1)
NEIGHBORS = int(os.environ.get("PKIMM_NEIGHBORS", "200"))
"""How many neighbors the slow sweep builds."""


def make(folder, columns):
    """Publish into a folder; every public file with its hash."""
    publish(
        columns,
        out=folder / "r",
        private=folder / "p",
        quarter="2026Q3",
        policy=load_policy(),
        plan=SMALL,
    )
    return hashes(folder / "r")


def hashes(folder):
    """SHA-256 of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def neighbor_of(columns, row):
    """The same contributions, all levels of one organization replaced."""
    changed = {name: values.copy() for name, values in columns.items()}
    for measure in (*SMALL.categories, "overall"):
        changed[measure][row] = changed[measure][row] % 5 + 1
    return changed


def replace_one_at_a_time(folder, n, seed, chosen):
    """Publish, then again with the levels of one organization replaced, one after the other."""
    columns = population(n, seed, plan=SMALL)
    first = make(folder, columns)
    for row in chosen:
        assert make(folder, neighbor_of(columns, row)) == first


def test_replacing_the_levels_of_one_organization_changes_no_byte(tmp_path):
    """
    T17, for three of thirty organizations; the sweep does two hundred.
    """
    replace_one_at_a_time(tmp_path, 30, 1, (0, 11, 22))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_replacing_the_levels_of_two_hundred_organizations_changes_no_byte(tmp_path):
    """
    T17: one at a time, from a state without any other change.
    """
    replace_one_at_a_time(tmp_path, max(250, NEIGHBORS), 2, range(NEIGHBORS))


def test_withdrawing_one_organization_changes_no_byte(tmp_path):
    """
    T16: with and without the private state being told.
    """
    columns = population(40, 3, plan=SMALL)
    first = make(tmp_path, columns)
    assert make(tmp_path, rows(columns, np.arange(40) != 7)) == first
    with forgetting(tmp_path / "p") as forget:
        forget([columns["parent"][9]], ())
    assert make(tmp_path, rows(columns, np.arange(40) != 9)) == first


def test_two_machines_publish_the_same_bytes(tmp_path):
    """
    T30: other time zone, language, hash seed, home, working folder and user.
    """
    columns = population(30, 8, plan=PLAN)
    pq.write_table(pa.table(dict(columns)), tmp_path / "contributions.parquet")
    found = []
    for number, (zone, language) in enumerate((("UTC", "C"), ("Asia/Tokyo", "C.UTF-8"))):
        home = tmp_path / f"home-{number}"
        home.mkdir()
        surroundings = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TZ": zone,
            "LC_ALL": language,
            "PYTHONHASHSEED": str(number),
            "HOME": str(home),
            "USER": f"user-{number}",
        }
        command = [sys.executable, "-m", "pkimm_analytics", "release", "--quarter", "2026Q3"]
        command += ["--collection", str(tmp_path / "contributions.parquet")]
        command += ["--private", str(home / "p"), "--out", str(home / "r")]
        subprocess.run(command, check=True, cwd=home, env=surroundings, capture_output=True)
        found.append(hashes(home / "r"))
    assert found[0] == found[1]
    assert len(found[0]) == 4
