"""Plans and portfolios from a terminal."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.cli import app
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """Return a workspace with the sample history."""
    found = Workspace(tmp_path / "workspace")
    for assessment in sample_history(3):
        found.save(assessment)
    return found.folder


def run(*arguments):
    """Run the command and return status, output and messages."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    return done.exit_code, done.stdout, done.stderr


def third(workspace: Path) -> Path:
    """Return the file of the third assessment."""
    (path,) = (workspace / "assessments").glob("*2025Q4*")
    return path


def test_a_plan_in_phases_is_one_json_document(workspace):
    """
    Its phases end at the score that was asked for.
    """
    options = ["--target", "3.5", "--phases", 3, "--start", "2026-01-01", "--json"]
    status, text, _ = run("plan", third(workspace), *options)
    document = json.loads(text)
    assert status == 0
    assert [p["number"] for p in document["phases"]] == [1, 2, 3]
    assert document["phases"][-1]["projected"]["score"] >= 3.5
    assert document["late"] == []


def test_action_plans_are_adopted_and_tracked(workspace, tmp_path):
    """
    Exported into the assessment, they are open, reached or overtaken later on.
    """
    adopted = tmp_path / "adopted.pkimm.json"
    options = ["--target", "4", "--phases", 4, "--start", "2026-01-01"]
    status, *_ = run("plan", third(workspace), *options, "--export", "json", "-o", adopted)
    assert status == 0
    assert Assessment.loads(adopted.read_bytes()).action_plans
    later = sorted((workspace / "assessments").glob("2026*Website*"))
    status, text, _ = run("plans", adopted, *later, "--json")
    states = {plan["state"] for plan in json.loads(text)["plans"]}
    assert status == 0
    assert states == {"open", "reached", "overtaken"}
    for form in ("csv", "ics", "md"):
        target = tmp_path / f"plans.{form}"
        status, text, _ = run("plans", adopted, *later, "--export", form, "-o", target)
        assert status == 0
        assert target.stat().st_size > 500
        assert "Action plans" in text


def test_a_target_out_of_time_is_noted(workspace):
    """
    The plan is made, and the note says how far it is by then.
    """
    options = ["--target", "G=5@2026-01-15", "--start", "2026-01-01"]
    status, _, messages = run("plan", third(workspace), *options)
    assert status == 0
    assert "due on 2026-01-15" in messages


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "4@someday"], "@YYYY-MM-DD"),
        (["--target", "4", "--need", "x"], "ELEMENT=OTHER"),
        (["--target", "4", "--phases", "0"], "1 to 60 phases"),
        (["--target", "4", "--capacity", "0.5"], "A phase holds effort 0.5"),
        (["--target", "4", "--export", "csv", "--json"], "name a file"),
    ],
)
def test_options_that_make_no_plan_are_explained(workspace, options, message):
    """
    Status 1 and what would be right.
    """
    status, _, messages = run("plan", third(workspace), *options)
    assert status == 1
    assert message in messages


def test_a_portfolio_has_one_line_for_each_use_case(workspace):
    """
    For people and for programs.
    """
    status, text, _ = run("progress", workspace, "--portfolio")
    assert status == 0
    assert "2 use cases, 2 with a score" in text
    status, text, _ = run("progress", workspace, "--portfolio", "--json")
    rows = json.loads(text)["use_cases"]
    assert status == 0
    assert [row["n_assessments"] for row in rows] == [1, 5]
