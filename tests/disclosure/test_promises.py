"""
The promises to those who contribute, through the real commands, down to the public bytes.

Groups are counted here by plain loops over the rows, which share nothing with the package.
"""

import hashlib
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.collection import Collection
from pkimm_analytics.disclosure import read_history
from tests.collection.invented import invented_table
from tests.disclosure.population import population
from tests.planted import planted_assessment

DIMENSIONS = ("sector", "size", "region", "role", "assurance", "edition")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder of its own and give back its result."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PKIMM_PSEUDONYM_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def released(run, place, quarter="2026Q3", **options):
    """Publish what a place holds into folders of its own, and return its public bytes."""
    more = [text for name, value in options.items() for text in (f"--{name}", value)]
    places = ("-c", place / "c", "-o", place / "r", "--private", place / "p")
    done = run("release", *places, "--quarter", quarter, *more)
    assert done.exit_code == 0, done.output
    return public_bytes(place)


def public_bytes(place):
    """SHA-256 of every public file by its path."""
    files = sorted(path for path in (place / "r").rglob("*") if path.is_file())
    return {
        path.relative_to(place / "r").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


# --- A, and then A and one more -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_one_more_contribution_changes_no_public_byte(run, tmp_path, seed):
    """
    Published, then one organization contributes by the command; its twin world has it not.
    """
    place, twin = tmp_path / "with", tmp_path / "without"
    Collection(place / "c", create=True).append(invented_table(30, seed, ["2026Q1"]))
    first = released(run, place, "2026Q2")
    shutil.copytree(place, twin)
    one = planted_assessment(id=f"one-{seed}").replace(synthetic=True)
    (tmp_path / "one.json").write_bytes(one.dumps())
    source = ("contribute", tmp_path / "one.json", "--quarter", "2026Q1")
    assert run(*source, "-c", place / "c").exit_code == 0
    assert Collection(place / "c").manifest().rows == 31
    assert released(run, place, "2026Q2") == first
    later = released(run, place, "2026Q3")
    assert later == released(run, twin, "2026Q3")
    assert len(later) == 8


# --- none, or one fewer than the threshold ------------------------------------------------------


@pytest.mark.parametrize(("dimension", "code"), [("sector", "finance"), ("region", "africa")])
def test_a_cohort_of_none_and_one_of_nine_are_the_same_bytes(run, tmp_path, dimension, code):
    """
    Its rows always; the whole release as long as the audit has nothing to say about them.
    """
    columns = population(120, 1)
    elsewhere = "industry" if dimension == "sector" else "europe"
    columns[dimension][columns[dimension] == code] = elsewhere
    columns[dimension][:9] = None
    seen = []
    for n in (0, 1, 5, 9):
        place = tmp_path / str(n)
        place.mkdir()
        now = {name: values.copy() for name, values in columns.items()}
        now[dimension][:n] = code
        assert np.sum(now[dimension] == code) == n
        pq.write_table(pa.table(now), place / "c")
        seen.append(released(run, place))
        (table,) = place.glob("r/*/benchmark.parquet")
        rows = pq.read_table(table).to_pylist()
        assert {r["suppressed"] for r in rows if r[dimension] == code} == {True}
        assert not all(r["suppressed"] for r in rows if r[dimension] == elsewhere)
    assert all(one == seen[0] for one in seen[:3])


# --- withdrawn, or never there ------------------------------------------------------------------


def held(place):
    """Rows of a collection in the order of their pseudonyms."""
    rows = Collection(place / "c").open_rows(purpose="rows for a test")
    return pa.concat_tables(rows.tables()).sort_by("contribution").to_pylist()


def remembered(place):
    """Everything in the private history."""
    history = read_history(place / "p")
    return history.entries, [one.members.to_pylist() for one in history.publications]


@pytest.mark.parametrize("after_a_release", [False, True])
def test_a_withdrawal_equals_never_having_contributed(run, tmp_path, after_a_release):
    """
    Contributed and withdrawn by the commands: rows, state and public bytes are those of the twin.
    """
    place, twin = tmp_path / "with", tmp_path / "without"
    Collection(place / "c", create=True).append(invented_table(30, 5, ["2026Q1"]))
    if after_a_release:
        released(run, place, "2026Q2")
    shutil.copytree(place, twin)
    for number in range(7):
        one = planted_assessment(id=f"one-{number}").replace(synthetic=True)
        who = one.organization.replace(name=f"Zorbax {number}", parent="")
        (tmp_path / f"{number}.json").write_bytes(one.replace(organization=who).dumps())
    sources = [tmp_path / f"{number}.json" for number in range(7)]
    done = run("contribute", *sources, "--quarter", "2026Q1", "-c", place / "c", "--json")
    receipts = json.loads(done.stdout)["receipts"]
    gone = [row["org"] for row in held(place) if row not in held(twin)]
    assert len(set(gone)) == 7
    done = run("collection", "withdraw", "-c", place / "c", "--private", place / "p", *receipts)
    assert done.exit_code == 0, done.output
    assert held(place) == held(twin)
    assert released(run, place) == released(run, twin)
    assert remembered(place) == remembered(twin)
    kept = b"".join(p.read_bytes() for p in place.rglob("*") if p.is_file())
    assert not any(org.encode() in kept for org in gone)
