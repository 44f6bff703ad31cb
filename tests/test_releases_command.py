"""The commands release and audit."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from pkimm_analytics.anonymize import KeyStore, anonymize
from pkimm_analytics.cli import releases
from pkimm_analytics.disclosure import sources
from pkimm_analytics.store import open_collection
from pkimm_analytics.synthetic import simulate, write_simulation
from tests.disclosure.population import population


@pytest.fixture(scope="module")
def command():
    """Run a command line of the two commands."""
    app = typer.Typer()
    releases.register(app)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def published(tmp_path_factory, command):
    """A collection of twelve organizations, and its release."""
    folder = tmp_path_factory.mktemp("published")
    pq.write_table(pa.table(dict(population(12, 1))), folder / "collection.parquet")
    arguments = ("--collection", folder / "collection.parquet", "--out", folder / "releases")
    result = command("release", *arguments, "--quarter", "2026Q3", "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_a_release_is_published_and_its_state_lies_beside_the_collection(published):
    """
    One document on standard output; the private folder is not inside the public one.
    """
    folder, document = published
    assert document["is_new"]
    manifest = folder / "releases" / document["release"] / "manifest.json"
    assert json.loads(manifest.read_text())["synthetic"] is False
    assert (folder / "releases" / document["release"] / "benchmark.parquet").is_file()
    assert (folder / "collection.parquet-disclosure" / "log.jsonl").is_file()


def test_an_audit_of_it_finds_nothing(published, command):
    """
    With and without the truth.
    """
    folder, _ = published
    for truth in ((), ("--truth", folder / "collection.parquet")):
        result = command("audit", folder / "releases", *truth, "--json")
        assert json.loads(result.stdout)["findings"] == []
        assert result.exit_code == 0


def test_a_simulation_is_published_as_synthetic(tmp_path, command):
    """
    Through a collection or straight from its truth: the manifest says so, and only then.
    """
    simulation = simulate(organizations=12, seed=4, quarters=("2026Q1", "2026Q2"))
    write_simulation(simulation, tmp_path / "simulation")
    key = KeyStore(bytes(range(32)), tmp_path / "identities.json")
    made = [anonymize(one, key).contribution for one in simulation.assessments]
    open_collection(tmp_path / "collection", create=True).append(made)
    for source in ("simulation", "collection"):
        arguments = ("--collection", tmp_path / source, "--out", tmp_path / f"{source}-releases")
        result = command("release", *arguments, "--quarter", "2026Q3", "--json")
        assert result.exit_code == 0, result.output
        manifest = Path(json.loads(result.stdout)["folder"]) / "manifest.json"
        assert json.loads(manifest.read_text())["synthetic"] is True


def test_an_audit_ends_with_status_1_if_something_can_be_learned(tmp_path, command):
    """
    Here: a mail address in a page, without any release.
    """
    (tmp_path / "page.html").write_text("<p>someone@example.org</p>")
    result = command("audit", tmp_path / "page.html", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["attack"] == "T26"


def test_too_few_contributors_are_refused_with_status_1(tmp_path, command):
    """
    Nothing is written but the private log.
    """
    pq.write_table(pa.table(dict(population(6, 1))), tmp_path / "c.parquet")
    result = command(
        "release", "-c", tmp_path / "c.parquet", "-o", tmp_path / "out", "--quarter", "2026Q3"
    )
    assert result.exit_code == 1
    assert "fewer than 10" in result.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_refused(tmp_path, command):
    """
    A missing collection and a missing release.
    """
    result = command("release", "-c", tmp_path / "none", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert command("audit", tmp_path / "none").exit_code == 1


def test_scores_become_levels_and_overall_is_weighted(tmp_path):
    """
    The truth of a simulation has scores and no overall.
    """
    columns = population(10, 1)
    del columns["overall"]
    for key in list(columns)[11:]:
        columns[key] = columns[key] + 0.99
    pq.write_table(pa.table(dict(columns)), tmp_path / "truth.parquet")
    from tests.disclosure.population import PLAN

    table = sources.read_contributions(tmp_path, PLAN)
    assert table.column("overall").type == pa.int8()
    assert table.column(PLAN.categories[-1]).type == pa.int8()
    assert min(table.column("overall").to_pylist()) >= 1


@pytest.mark.parametrize(
    ("day", "quarter"),
    [((2026, 11, 23), "2026Q3"), ((2026, 1, 1), "2025Q4"), ((2026, 4, 1), "2026Q1")],
)
def test_the_last_quarter_is_one_that_has_ended(day, quarter):
    """
    On the first day of a quarter it is the one before.
    """
    import datetime as dt

    assert releases.last_quarter(dt.date(*day)) == quarter
