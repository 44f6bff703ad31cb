"""Releases from odd commands, quarters and folders: refused with a reason, nothing half-written."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.collection import Collection
from pkimm_analytics.disclosure import load_policy, publish
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import release_folders
from tests.collection.invented import invented_table, receipt_for
from tests.disclosure.population import FEW, join, population


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder of its own and give back its result."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def collection(tmp_path):
    """A collection of thirty contributions."""
    place = tmp_path / "c"
    Collection(place, create=True).append(invented_table(30, 4, ["2026Q1"]))
    return place


def make(folder, columns, quarter="2026Q3", **places):
    """Publish into a folder."""
    places = {"out": folder / "r", "private": folder / "p"} | places
    return publish(columns, quarter=quarter, policy=load_policy(), plan=FEW, **places)


@pytest.mark.parametrize(
    "quarter",
    ["", "2026q3", "2026-Q3", "2026Q5", "26Q3", "２０２６Q3", "Zorbax Widgets", "2026Q3\n"],
)
def test_what_is_no_quarter_is_refused_before_anything_is_read(run, collection, quarter):
    """
    An empty one, too: it is not the last quarter.
    """
    done = run("release", "-c", "c", "-o", "r", "--quarter", quarter, "--json")
    assert done.exit_code == 1
    assert "written like 2026Q3" in json.loads(done.stdout)["message"]
    assert "Zorbax" not in done.output
    assert sorted(path.name for path in collection.parent.iterdir()) == ["c"]


def test_a_quarter_that_has_not_begun_lets_no_young_contribution_in(tmp_path):
    """
    Invented ones may be young, and those that are old enough today count in any quarter.
    """
    columns = population(30, 1, plan=FEW, quarter="2026Q3")
    with pytest.raises(DisclosureError, match="2026Q4 has not begun"):
        make(tmp_path, columns, "2026Q4", running="2026Q3")
    assert not (tmp_path / "r").exists()
    make(tmp_path / "running", columns, "2026Q4", running="2026Q4")
    old = population(30, 1, plan=FEW, quarter="2026Q2")
    make(tmp_path / "old", old, "2026Q4", running="2026Q3")
    invented = {**columns, "synthetic": [True] * 30}
    make(tmp_path / "invented", invented, "2026Q4", running="2026Q3")


@pytest.mark.parametrize("out", [".", "c", "c/..", "c-disclosure/.."])
def test_a_public_folder_holds_nothing_private(run, collection, out):
    """
    Neither the collection nor the state may be inside the folder of releases.
    """
    before = sorted(collection.rglob("*"))
    (collection.parent / "c-disclosure").mkdir()
    done = run("release", "-c", "c", "-o", out, "--quarter", "2026Q3")
    assert done.exit_code == 1
    assert "something private is inside it" in done.stderr
    assert sorted(collection.rglob("*")) == before


@pytest.mark.parametrize("private", ["r", "r/private", "r/../r/x"])
def test_private_state_is_not_kept_in_the_public_folder(run, collection, private):
    """
    However the folder is spelled.
    """
    done = run("release", "-c", "c", "-o", "r", "--private", private, "--quarter", "2026Q3")
    assert done.exit_code == 1
    assert not (collection.parent / "r").exists()


def test_an_earlier_release_that_was_changed_stops_the_next_one(tmp_path):
    """
    What follows from both could not be checked.
    """
    columns = population(30, 1, plan=FEW, quarter="2026Q1")
    folder = make(tmp_path, columns).folder
    manifest = (folder / "manifest.json").read_text()
    for edited in ('"threshold": 5', '"threshold":  10'):  # also what means the same
        (folder / "manifest.json").write_text(manifest.replace('"threshold": 10', edited))
        with pytest.raises(DisclosureError, match="changed after it was published"):
            make(tmp_path, columns, "2026Q4")
    (folder / "manifest.json").write_text(manifest)
    table = pq.read_table(folder / "benchmark.parquet")
    pq.write_table(table.slice(1), folder / "benchmark.parquet")
    with pytest.raises(DisclosureError, match="changed after it was published") as caught:
        make(tmp_path, columns, "2026Q4")
    assert folder.name in str(caught.value)
    (folder / "benchmark.parquet").write_bytes(b"")
    with pytest.raises(DisclosureError, match="cannot be read"):
        make(tmp_path, columns, "2026Q4")


def test_a_new_folder_starts_nothing_anew(tmp_path):
    """
    One joins and the releases are elsewhere: what was published is remembered.
    """
    columns = population(30, 1, plan=FEW, quarter="2026Q1")
    before = (make(tmp_path, columns).folder / "benchmark.parquet").read_bytes()
    shutil.move(tmp_path / "r", tmp_path / "moved")
    more = join(columns, population(1, 9, plan=FEW, quarter="2026Q1"))
    written = make(tmp_path, more, "2026Q4")
    assert written.n_missing == 1
    assert (written.folder / "benchmark.parquet").read_bytes() == before
    assert "first release" not in (written.folder / "CHANGES.md").read_text()


def test_the_command_says_that_earlier_releases_are_elsewhere(run, collection):
    """
    On standard error, and in the document.
    """
    assert run("release", "-c", "c", "-o", "r", "--quarter", "2026Q2").exit_code == 0
    done = run("release", "-c", "c", "-o", "other", "--quarter", "2026Q3", "--json")
    assert json.loads(done.stdout)["earlier_missing"] == 1
    assert "1 earlier release(s) of the series are not in this folder" in done.stderr


def test_two_releases_at_once_are_one_after_the_other(run, collection):
    """
    The second is told that there is a first, and changes nothing.
    """
    from pkimm_analytics.disclosure.history import alone

    with alone(collection.with_name("c-disclosure")):
        done = run("release", "-c", "c", "-o", "r", "--quarter", "2026Q3")
    assert done.exit_code == 1
    assert "A release is being made" in done.stderr
    assert release_folders(collection.parent / "r") == []


def test_a_damaged_state_is_said_before_a_withdrawal(run, collection, tmp_path):
    """
    Nothing is removed then, because nobody could be forgotten.
    """
    from pkimm_analytics.anonymize import write_receipt
    from pkimm_analytics.collection.contribution_rows import from_table

    run("release", "-c", "c", "-o", "r", "--quarter", "2026Q3")
    (tmp_path / "c-disclosure" / "history.json").write_text("[" * 100_000)
    one = from_table(invented_table(30, 4, ["2026Q1"]))[2]
    good = write_receipt(
        receipt_for(one, 2),
        tmp_path / "x",
    )
    done = run("collection", "withdraw", "c", good)
    assert done.exit_code == 1
    assert "Nothing was changed" in done.stderr
    assert Collection(collection).manifest().rows == 30
    done = run("release", "-c", "c", "-o", "r", "--quarter", "2026Q4")
    assert "What earlier releases said cannot be known" in done.stderr
