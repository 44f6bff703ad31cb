"""The commands release and audit."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
import yaml
from typer.testing import CliRunner

from pkimm_analytics.anonymize import KeyStore, anonymize, write_receipt
from pkimm_analytics.audit import suite
from pkimm_analytics.cli import collection, releases
from pkimm_analytics.collection import Collection
from pkimm_analytics.collection.journal import read_journal
from pkimm_analytics.disclosure import (
    load_plan,
    load_policy,
    make_release,
    open_contributions,
    read_history,
    read_records,
)
from pkimm_analytics.disclosure.policy import read_settings
from pkimm_analytics.disclosure.records import parent_tags
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import release_folders, table_bytes
from pkimm_analytics.site import publish_site
from pkimm_analytics.synthetic import simulate, write_simulation
from tests.collection.invented import invented, invented_table, receipt_for, records
from tests.disclosure.population import join, population, rows


@pytest.fixture(scope="module")
def command():
    """Run a command line of the commands around a collection and its releases."""
    app = typer.Typer()
    releases.register(app)
    collection.register(app)
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


@pytest.fixture
def copied(collected, tmp_path):
    """A copy of it, to be spoilt."""
    shutil.copytree(collected, tmp_path / "x")
    return tmp_path / "x"


def test_a_new_private_folder_is_not_a_new_beginning(copied, command):
    """
    Another one, an older copy, or none: the journal of the collection knows what there was.
    """
    older = copied / "older"
    shutil.copytree(copied / "c-disclosure", older)
    options = ("-c", copied / "c", "-o", copied / "r", "--quarter", "2026Q4")
    assert command("release", *options).exit_code == 0
    for place in (("--private", copied / "other"), ("--private", older), ()):
        if not place:
            shutil.rmtree(copied / "c-disclosure")
        options = ("-c", copied / "c", "-o", copied / "new", "--quarter", "2026Q4", *place)
        result = command("release", *options)
        assert result.exit_code == 1
        assert "was published before" in result.stderr
        assert not (copied / "new").exists()


def test_releases_of_other_rules_are_remembered_told_apart_and_refused(copied, command):
    """
    Not in the same folder; elsewhere they say the same, and nobody shows both together.
    """
    settings = read_settings(None, "disclosure.yaml") | {"version": 2}
    (copied / "policy.yaml").write_text(yaml.safe_dump(settings))
    options = ("-c", copied / "c", "--quarter", "2026Q4", "--policy", copied / "policy.yaml")
    beside = command("release", *options, "-o", copied / "r")
    assert beside.exit_code == 1
    assert "other rules" in beside.stderr
    assert command("release", *options, "-o", copied / "other").exit_code == 0
    (other,) = (copied / "other").glob("*/benchmark.parquet")
    assert other.read_bytes() == table_of(copied / "r")
    both = command("audit", copied / "r", copied / "other", "--truth", copied / "c", "--json")
    assert [f["attack"] for f in json.loads(both.stdout)["findings"]] == ["T14"]
    with pytest.raises(DisclosureError, match="other rules"):
        publish_site([copied / "r", copied / "other"], copied / "site")


def test_an_audit_sees_that_one_change_moved_a_figure(tmp_path, command):
    """
    Two releases by two states, with one organization that joined in between: T13.
    """
    before = population(12, 1)
    after = join(before, rows(population(1, 2), [0]) | {"quarter": np.array(["2026Q2"], object)})
    for measure in (*load_plan().categories, "overall"):
        after[measure][-1] = 5
    for name, columns, quarter in (("one", before, "2026Q2"), ("two", after, "2026Q3")):
        pq.write_table(pa.table(columns), tmp_path / "all.parquet")
        arguments = ("--collection", tmp_path / "all.parquet", "--private", tmp_path / name)
        made = command("release", *arguments, "--out", tmp_path / "r" / name, "--quarter", quarter)
        assert made.exit_code == 0, made.output
    places = (tmp_path / "r" / "one", tmp_path / "r" / "two")
    result = command("audit", *places, "--truth", tmp_path / "all.parquet", "--json")
    found = json.loads(result.stdout)["findings"]
    assert {"T13"} <= {finding["attack"] for finding in found}


def test_a_simulation_is_published_as_synthetic(tmp_path, command):
    """
    Through a collection or straight from its truth: the manifest says so, and only then.
    """
    simulation = simulate(organizations=30, seed=4)
    write_simulation(simulation, tmp_path / "simulation")
    key = KeyStore(bytes(range(32)))
    made = [anonymize(one, key).contribution for one in simulation.assessments]
    Collection(tmp_path / "collection", create=True).append(made)
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


def test_an_audit_of_nothing_is_no_good_news(tmp_path, command):
    """
    An empty folder is refused.
    """
    (tmp_path / "empty").mkdir()
    result = command("audit", tmp_path / "empty", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"][0]["message"] == "the folder is empty"


def test_releases_without_a_manifest_and_files_beside_releases_are_attacked(
    tmp_path, published, command
):
    """
    Whatever lies in the folder that is to be published.
    """
    folder, document = published
    copy = tmp_path / "r" / document["release"]
    shutil.copytree(folder / "releases" / document["release"], copy)
    (copy / "manifest.json").unlink()
    (tmp_path / "r" / "page.html").write_text("<p>someone@example.org</p>")
    result = command("audit", tmp_path / "r", "--json")
    found = json.loads(result.stdout)
    assert (found["releases"], found["files"]) == (1, 1)
    assert [one["attack"] for one in found["findings"]] == ["T26"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("value", "Example Bank"),
        ("value", float("inf")),
        ("step", "0.1"),
        ("n", [1]),
        ("n", "9" * 400),
        ("measure", {"a": 1}),
        ("sector", "x" * 300),
    ],
)
def test_a_table_of_odd_cells_is_no_release_table(tmp_path, command, column, value):
    """
    Without a traceback, and without repeating the cell.
    """
    rows = {"sector": ["*"], "measure": ["overall"], "statistic": ["n"], "value": [0.5]}
    rows |= {"step": [0.1], "n": ["10-19"], "suppressed": [False]}
    rows[column] = [value]
    pq.write_table(pa.table(rows), tmp_path / "benchmark.parquet")
    result = command("audit", tmp_path / "benchmark.parquet", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["problems"][0]["message"].startswith(f"{column}: expected a ")
    assert "Example Bank" not in result.output


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


def test_a_release_that_is_interrupted_publishes_nothing_and_can_be_made_again(
    tmp_path, command, monkeypatch
):
    """
    Ctrl-C in the middle of the attacks says so, with status 130; then the same command works.
    """

    def interrupted(*_):
        raise KeyboardInterrupt

    pq.write_table(pa.table(dict(population(12, 1))), tmp_path / "c.parquet")
    arguments = ("-c", tmp_path / "c.parquet", "-o", tmp_path / "out", "--quarter", "2026Q3")
    with monkeypatch.context() as during:
        during.setitem(suite.ON_TABLES, "T8", interrupted)
        result = command("release", *arguments)
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert not (tmp_path / "out").exists()
    assert command("release", *arguments).exit_code == 0
    assert len(list((tmp_path / "out").iterdir())) == 1


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
        columns[key] = np.minimum(columns[key] + 0.99, 5)
    pq.write_table(pa.table(dict(columns)), tmp_path / "truth.parquet")
    from tests.disclosure.population import PLAN

    records = read_records(open_contributions(tmp_path), PLAN, load_policy(), "2026Q3")
    assert records.synthetic
    for measure in (PLAN.categories[-1], "overall", "M"):
        assert records.levels[measure].dtype == np.int8
        assert records.levels[measure].min() >= 1


@pytest.fixture(scope="module")
def collected(tmp_path_factory, command):
    """A collection of sixty contributions, a release of it, and its folder."""
    folder = tmp_path_factory.mktemp("collected")
    Collection(folder / "c", create=True).append(invented_table(60, 4, ["2026Q1"]))
    options = ("--collection", folder / "c", "--out", folder / "r", "--quarter", "2026Q3")
    result = command("release", *options)
    assert result.exit_code == 0, result.output
    return folder


def table_of(releases):
    """Bytes of the table of the only release of a folder."""
    (path,) = releases.glob("2026Q3-*/benchmark.parquet")
    return path.read_bytes()


def test_a_release_of_a_collection_leaves_a_line_in_its_journal(collected, command):
    """
    The figures are those of the scored rows; an audit with the collection finds nothing.
    """
    result = command("audit", collected / "r", "--truth", collected / "c", "--json")
    assert json.loads(result.stdout)["findings"] == []
    lines = read_journal(Collection(collected / "c").place)
    why = {line["why"] for line in lines if line["what"] == "opened"}
    assert why == {"making or checking a release"}
    (name,) = (folder.name for folder in release_folders(collected / "r"))
    assert [line["release"] for line in lines if line["what"] == "released"] == [name]
    columns = records(Collection(collected / "c"))
    candidate = make_release(columns, quarter="2026Q3", policy=load_policy(), plan=load_plan())
    assert table_bytes(candidate.columns) == table_of(collected / "r")


def test_what_the_manifest_does_not_name_is_in_no_release(collected, tmp_path, command):
    """
    A withdrawn row, a part of a killed writer and a quarantined reason change nothing.
    """
    table = invented_table(61, 4, ["2026Q1"])
    place = tmp_path / "c"
    held = Collection(place, create=True)
    held.append(table.slice(0, 60))
    stray = place / "period=2026Q1" / "part-of-a-killed-writer.parquet"
    expected = tmp_path / "expected"
    other = Collection(expected / "c", create=True)
    other.append(invented_table(61, 4, ["2026Q1"]).slice(0, 59))
    gone = invented(61, 4, ["2026Q1"])[59]
    assert held.withdraw([receipt_for(gone, 59)])[0] == 1
    stray.parent.mkdir(exist_ok=True)
    pq.write_table(invented_table(50, 9, ["2026Q1"]), stray)
    for folder in (tmp_path, expected):
        options = ("-c", folder / "c", "-o", folder / "r", "--quarter", "2026Q3")
        assert command("release", *options).exit_code == 0
    assert table_of(tmp_path / "r") == table_of(expected / "r")


def test_a_withdrawal_reaches_the_private_state(tmp_path, command):
    """
    No hash of the one who left stays in it, and the release stays as it was.
    """
    held = Collection(tmp_path / "c", create=True)
    held.append(invented_table(30, 4, ["2026Q1"]))
    options = ("-c", tmp_path / "c", "-o", tmp_path / "r", "--quarter", "2026Q3")
    assert command("release", *options).exit_code == 0
    table = table_of(tmp_path / "r")
    gone = invented(30, 4, ["2026Q1"])[7]
    receipt = write_receipt(receipt_for(gone, 7), tmp_path)
    result = command("collection", "withdraw", tmp_path / "c", receipt)
    assert result.exit_code == 0, result.output
    (after,) = read_history(tmp_path / "c-disclosure").publications
    assert not np.isin(parent_tags([gone.parent]), after.members["parent"]).any()
    assert command("release", *options).exit_code == 0
    assert table_of(tmp_path / "r") == table


def test_parts_without_a_manifest_are_a_damaged_collection(tmp_path, command):
    """
    Nobody can tell which of them were committed.
    """
    Collection(tmp_path / "c", create=True).append(invented_table(30))
    (tmp_path / "c" / "_manifest.json").unlink()
    result = command("release", "-c", tmp_path / "c", "-o", tmp_path / "r")
    assert result.exit_code == 1
    assert "no collection" in result.stderr
    assert not (tmp_path / "r").exists()


def test_object_storage_needs_a_folder_for_the_private_state(command, tmp_path):
    """
    Nothing lies beside a bucket.
    """
    result = command("release", "-c", "s3://bucket/c", "-o", tmp_path / "r")
    assert result.exit_code == 1
    assert "--private" in result.stderr


def test_tables_anywhere_in_a_folder_are_attacked(tmp_path, command):
    """
    Under another name, deep inside, or in a hidden folder: one that is too small is seen.
    """
    rows = {"sector": ["*"], "measure": ["overall"], "statistic": ["share_ge:2"], "value": [0.5]}
    rows |= {"step": [0.1], "n": ["4"], "suppressed": [False]}
    for place in ("table.parquet", "a/b/benchmark.parquet", ".old/c.parquet"):
        folder = tmp_path / place.replace("/", "-")
        (folder / place).parent.mkdir(parents=True)
        pq.write_table(pa.table(rows), folder / place)
        for argument in {folder, folder / place}:
            found = json.loads(command("audit", argument, "--json").stdout)["findings"]
            assert "T1" in {one["attack"] for one in found}


def test_hidden_files_beside_releases_are_searched(tmp_path, published, command):
    """
    A web server would hand them out.
    """
    folder, _ = published
    shutil.copytree(folder / "releases", tmp_path / "r")
    (tmp_path / "r" / ".old").mkdir()
    (tmp_path / "r" / ".old" / "notes.txt").write_text("someone@example.org")
    found = json.loads(command("audit", tmp_path / "r", "--json").stdout)["findings"]
    assert [one["attack"] for one in found] == ["T26"]


def test_the_levels_of_a_small_group_are_found_in_a_file(tmp_path, command):
    """
    Not only those of everybody: a chart of one size has the column of that size.
    """
    columns = population(40, 1)
    truth = tmp_path / "collection.parquet"
    pq.write_table(pa.table(dict(columns)), truth)
    is_large = columns["size"] == "250-4999"
    assert 10 <= is_large.sum() < 40
    chart = tmp_path / "chart.json"
    chart.write_text(json.dumps({"y": columns["M.key-management"][is_large].tolist()}))
    found = json.loads(command("audit", chart, "--truth", truth, "--json").stdout)["findings"]
    assert [one["attack"] for one in found] == ["T24"]
