"""The command benchmark."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pkimm_analytics.benchmark import MARK, compare, open_release
from pkimm_analytics.cli import app
from pkimm_analytics.collection import Collection
from pkimm_analytics.loaders import find_sources, load, web_tool
from pkimm_analytics.model import model_of
from pkimm_analytics.scoring import figure_text
from tests.collection.invented import invented

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples" / "assessments"
MINE = SAMPLES / "synthetic-history-21-2026Q3.pkimm.json"


@pytest.fixture(scope="module")
def run():
    """Run the command in this process."""
    environment = {"PKIMM_RELEASE": None, "COLUMNS": "200"}

    def run(*arguments, **more):
        return CliRunner().invoke(app, ["benchmark", *map(str, arguments)], env=environment | more)

    return run


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """A collection of invented contributions."""
    place = tmp_path_factory.mktemp("command") / "collection"
    Collection(place, create=True).append(invented(60, seed=2, quarters=["2026Q2"]))
    return place


def test_json_is_what_the_package_computes(run, release):
    """
    One document on standard output, the same as from Python.
    """
    result = run(MINE, "--release", release, "--json")
    assert result.exit_code == 0, result.output
    assessment = load(find_sources(str(MINE))[0])[0].assessment
    printed, computed = json.loads(result.stdout), compare(assessment, open_release(release))
    sentence = printed["cohort"].pop("sentence")
    assert printed["notes"].pop(0) == sentence
    assert printed == json.loads(json.dumps(computed.to_json()))


def test_a_folder_of_releases_stands_for_the_newest(run, release, tmp_path):
    """
    Of an older, damaged one beside it nothing is read.
    """
    series = tmp_path / "series"
    shutil.copytree(release, series / release.name)
    older = series / "2020Q1-000000000000"
    older.mkdir()
    (older / "manifest.json").write_text("{")
    result = run(MINE, "--release", series, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout == run(MINE, "--release", release, "--json").stdout


def test_a_share_link_gives_the_same_figures_as_the_file(run, release):
    """
    As far as a link carries: categories and overall.
    """
    assessment = load(find_sources(str(MINE))[0])[0].assessment
    link = web_tool.write_link(assessment, model_of(assessment.model))
    options = ("--release", release, "--cohort", "all", "--json")
    found = [json.loads(run(source, *options).stdout)["measures"] for source in (MINE, link)]
    for measure in ("overall", "G", "G.compliance", "R.awareness"):
        assert found[0][measure]["own"]["level"] == found[1][measure]["own"]["level"]
        assert found[0][measure]["peers"] == found[1][measure]["peers"]


def test_the_table_has_plain_sentences(run, release):
    """
    Peers, what is combined, where one stands, and how to read it.
    """
    result = run(MINE, "--release", release, "--cohort", "sector=finance")
    assert result.exit_code == 0
    for said in (
        "The peers: sector: Finance and insurance (100-149 organizations).",
        "assessed organizations are combined",
        "of peers are below your level",
        "Change management and agility",
    ):
        assert said in result.stdout
    assert "key-inventory" not in result.stdout
    assert "nan" not in result.stdout.lower().split()


def test_requirements_are_shown_when_asked_for(run, release):
    """
    Only where the cohort has them.
    """
    with_them = run(MINE, "-r", release, "--cohort", "all", "--requirements").stdout
    without = run(MINE, "-r", release, "--cohort", "all").stdout
    assert len(with_them.splitlines()) > len(without.splitlines()) + 50


def test_peers_alone_cohorts_and_two_cohorts(run, release):
    """
    Without an assessment; as tables and as JSON.
    """
    peers = run("--release", release, "--cohort", "sector=finance", "--json")
    assert json.loads(peers.stdout)["measures"]["overall"]["peers"]["n"] == "100-149"
    assert "Level 3+" in run("--release", release).stdout
    listed = json.loads(run("--release", release, "--cohorts", "--json").stdout)
    assert sum(row["is_published"] for row in listed["cohorts"]) == 9
    assert "9 of 107 are published" in run("--release", release, "--cohorts").stdout
    pair = ("--cohort", "sector=finance", "--versus", "all")
    both = json.loads(run("--release", release, *pair, "--json").stdout)
    assert both["measures"]["overall"]["n_other"] == "500-749"
    assert both["cohort"]["pooled"]["assurance"] == ["self", "independent"]
    text = run("--release", release, *pair).stdout
    known = {m: one["verdict"] for m, one in both["measures"].items()}
    shown = [verdict for measure, verdict in known.items() if measure.count(".") < 2]
    assert (len(shown), len(known)) == (21, 98)  # finance has requirements, all withheld
    shown = [verdict for verdict in shown if verdict != "withheld"]  # so are its modules
    assert f"In {shown.count('not distinguishable')} of {len(shown)} measures" in text
    assert "Combined in all organizations: self, independent" in text


def test_limits_of_an_interval_are_rounded_outward(run, release):
    """
    As on the page and the site: a narrower one would promise too much.
    """
    shares = json.loads(run("--release", release, "--json").stdout)["measures"]["overall"]["peers"]
    shown = run("--release", release).stdout.splitlines()
    line = shown[next(i for i, row in enumerate(shown) if row.startswith("Overall ")) + 1]
    exact = [shares[f"at_least_{level}"]["interval"] for level in (3, 4)]
    for low, high in exact:
        assert f"{math.floor(100 * low + 1e-9)} to {math.ceil(100 * high - 1e-9)}%" in line


def test_the_release_may_come_from_the_environment(run, release, collection):
    """
    A collection on the command line goes before it.
    """
    assert run(MINE, "--json", PKIMM_RELEASE=str(release)).exit_code == 0
    options = ("--collection", collection, "--purpose", "tests of the command", "--json")
    result = run(*options, PKIMM_RELEASE=str(release))
    assert json.loads(result.stdout)["mark"] == MARK


def test_internal_figures_are_marked_in_both_forms(run, collection):
    """
    Table and JSON, with and without an assessment, and for two cohorts.
    """
    options = ("--collection", collection, "--purpose", "tests of the command")
    for more in ((), (MINE,), ("--cohort", "region=europe", "--versus", "all")):
        text = run(*more, *options)
        assert text.exit_code == 0, text.output
        assert MARK in (text.stdout + text.stderr).lower()
        document = json.loads(run(*more, *options, "--json").stdout)
        assert document["mark"] == MARK


def test_internal_figures_are_cut_and_their_limits_outward(run, collection):
    """
    No mean of ten at 2.99 is shown as 3.00, and no limit is narrower than it is.
    """
    options = ("--collection", collection, "--purpose", "tests of the command")
    told = json.loads(run(MINE, *options, "--json").stdout)["measures"]
    lines = run(MINE, *options).stdout.splitlines()
    for measure, name in (("overall", "Overall"), ("M", "Management"), ("R.sourcing", "Sourcing")):
        row = told[measure]
        place = next(i for i, text in enumerate(lines) if text.startswith(f"{name} "))
        n, mean, std, median = re.findall(r"\d+(?:\.\d+)?", lines[place])[:4]
        assert (int(n), mean, median) == (
            row["n"],
            figure_text(row["mean"]),
            figure_text(row["median"]),
        )
        low, high = map(float, re.findall(r"(\d\.\d\d) to (\d\.\d\d)", lines[place + 1])[0])
        assert low <= row["mean_low"] + 1e-9 < low + 0.01 + 1e-6
        assert high - 0.01 - 1e-6 < row["mean_high"] - 1e-9 <= high
        assert std == figure_text(row["std"])


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--collection", "c"),
        ("--release", "r", "--collection", "c", "--purpose", "tests of usage"),
        ("--release", "r", "--purpose", "tests of usage"),
        ("--release", "r", "--quarter", "2026Q3"),
        ("--release", "r", "--like-for-like", "2.0.0"),
        ("--release", "r", "--cohort", "sector"),
        ("--release", "r", "--cohort", "sector=a,sector=b"),
        ("--collection", "c", "--purpose", "tests of usage", "--cohorts"),
        ("mine.json", "--release", "r", "--versus", "all"),
    ],
)
def test_options_that_do_not_go_together_end_with_status_2(run, options):
    """
    Nothing is opened.
    """
    assert run(*options).exit_code == 2


def test_what_cannot_be_compared_ends_with_status_1(run, release, tmp_path):
    """
    Unknown codes, folders of assessments, and a release that is none.
    """
    wrong = run(MINE, "--release", release, "--cohort", "sector=banks,planet=mars")
    assert wrong.exit_code == 1
    assert "sector" in wrong.stderr
    assert "planet" in wrong.stderr
    assert run(SAMPLES, "--release", release).exit_code == 1
    assert run(MINE, "--release", tmp_path).exit_code == 1
    document = json.loads(run(MINE, "--release", tmp_path, "--json").stdout)
    assert document["format"] == "pkimm-error/1"


def test_the_command_leaves_no_file_behind(release, tmp_path):
    """
    In a process of its own, whose folder and home are empty before and after.
    """
    home, place = tmp_path / "home", tmp_path / "place"
    home.mkdir()
    place.mkdir()
    environment = {**os.environ, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-m", "pkimm_analytics", "benchmark", str(MINE)]
    command += ["--release", str(release), "--json"]
    before = {p: p.stat().st_mtime_ns for p in release.iterdir()}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout)["format"] == "pkimm-benchmark/1"
    assert list(home.rglob("*")) == []
    assert list(place.rglob("*")) == []
    assert {p: p.stat().st_mtime_ns for p in release.iterdir()} == before
