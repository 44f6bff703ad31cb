"""
An edition that nobody has seen yet: from its file to every command.

The made-up 3.0.0 splits a category, merges two, renames one and moves one to another
module. A module of its own is what the official schema excludes.
"""

import copy
import csv
import io
import json

import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.model import load_model
from pkimm_analytics.questionnaire import pages, questions
from pkimm_analytics.yaml_text import write_yaml
from tests.model.test_official import as_file

MINE = {"use_case.name": "Issuing CA", "organization.sector": "L-finance"}
PROFILE = {"organization.size": "250-999", "organization.region": "DEU"}


def made_up():
    """Edition 3.0.0 as a file."""
    document = as_file(load_model("2.0.0"))
    document["version"] = "3.0.0"
    governance, management, operations, resources = document["modules"]
    renamed = governance["categories"][2]
    renamed["name"] = "Compliance and assurance"
    whole = management["categories"][1]
    part = copy.deepcopy(whole)
    part["id"], part["name"] = "certificate-issuance", "Certificate issuance"
    part["requirements"], whole["requirements"] = (
        whole["requirements"][:2],
        whole["requirements"][2:],
    )
    management["categories"].insert(2, part)
    training, awareness = resources["categories"][1:]
    training["id"], training["name"] = "people", "People"
    training["requirements"] += awareness["requirements"]
    resources["categories"].remove(awareness)
    management["categories"].append(operations["categories"].pop(1))
    return document


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where the edition is installed, with two assessments and a release to compare with."""
    place = tmp_path_factory.mktemp("future")
    (place / "3.yaml").write_text(write_yaml(made_up()), "utf-8")
    return place


@pytest.fixture(scope="module")
def run(home):
    """Run a command with that home."""
    environment = {"PKIMM_HOME": str(home / "home"), "COLUMNS": "200"}

    def command(*arguments, expect=0):
        result = CliRunner().invoke(app, [str(a) for a in arguments], env=environment)
        assert result.exit_code == expect, result.output
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PKIMM_HOME", str(home / "home"))
        assert "Installed: PKIMM 3.0.0" in command("models", "add", home / "3.yaml").stderr
        yield command


@pytest.fixture(scope="module")
def assessed(home, run):
    """One use case, in 2.0.0 at level 2 and in 3.0.0 at level 3, as tables."""
    found = []
    for version, level, date in (("2.0.0", 2, "2026-01-10"), ("3.0.0", 3, "2026-07-10")):
        levels = dict.fromkeys(load_model(version).categories, level)
        head = {**MINE, **PROFILE, "model_version": version, "period.finish": date}
        text = io.StringIO()
        writer = csv.DictWriter(text, [*head, *levels])
        writer.writeheader()
        writer.writerow(head | levels)
        found.append(home / f"{version}.csv")
        found[-1].write_text(text.getvalue(), "utf-8")
    return found


def test_a_module_of_its_own_is_refused_with_its_line(run, home):
    """
    The official schema has four modules.
    """
    document = made_up()
    document["modules"][3]["id"] = "S"
    (home / "five.yaml").write_text(write_yaml(document), "utf-8")
    result = run("models", "add", home / "five.yaml", expect=1)
    assert "five.yaml, line " in result.stderr
    assert "modules.3.id" in result.stderr


def test_what_changed_is_listed_and_matched_by_id(run):
    """
    A split, a merger and a move are what is added and removed.
    """
    found = json.loads(run("models", "diff", "2.0.0", "3.0.0", "--json").stdout)
    changes = {(d["change"], d["key"]) for d in found if d["key"].count(".") == 1}
    assert changes == {
        ("added", "M.automation"),
        ("added", "M.certificate-issuance"),
        ("added", "R.people"),
        ("removed", "O.automation"),
        ("removed", "R.awareness"),
        ("removed", "R.knowledge-and-training"),
    }


def test_the_questionnaire_asks_it(run):
    """
    Every category and requirement once.
    """
    model = load_model("3.0.0")
    for mode, asked in (("self", model.categories), ("full", model.requirements)):
        assert list(questions(pages(model, mode))) == list(asked)


def test_it_scores_and_is_planned_and_reported(run, assessed, home):
    """
    As any other edition.
    """
    scores = json.loads(run("score", assessed[1], "--json").stdout)
    assert scores["model"]["version"] == "3.0.0"
    assert scores["overall"]["score"] == 3
    assert scores["categories"].keys() >= {"M.automation", "R.people"}
    plan = json.loads(run("plan", assessed[1], "--target", "4", "--json").stdout)
    assert "M.certificate-issuance" in json.dumps(plan)
    out = home / "report.md"
    run("report", assessed[1], "--kind", "self", "--format", "md", "-o", out)
    assert "Certificate issuance" in out.read_text("utf-8")


def test_progress_compares_what_both_editions_have(run, assessed, home):
    """
    What is new or gone has no difference.
    """
    run("import", *assessed, "--workspace", home / "w")
    found = json.loads(run("progress", home / "w", "--json").stdout)
    assert "M.automation" in json.dumps(found)
    assert "3.0.0" in json.dumps(found)


def test_it_is_contributed_as_the_newest_edition_that_all_know_and_compared(
    run, assessed, home, site_releases
):
    """
    Answers to shared elements count, the others are left out, and both is said.
    """
    added = run("contribute", assessed[1], "--collection", home / "c", "--receipts", home / "r")
    assert "contributed as 2.0.0 and marked" in added.stderr
    assert "3 answer(s) that it lacks left out" in added.stderr
    options = ("--release", site_releases, "--cohort", "all", "--json")
    measures = json.loads(run("benchmark", assessed[1], *options).stdout)["measures"]
    for measure in ("overall", "G.strategy-and-vision", "M.key-management"):
        assert measures[measure]["own"]["level"] == 3
        assert measures[measure]["peers"]
    assert measures["O.automation"]["own"]["level"] is None
