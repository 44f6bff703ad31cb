"""
Commands that start the dashboards and notebooks, and the one that invents data.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark.series import open_series
from pkimm_analytics.cli import app, dashboards
from pkimm_analytics.feedback import open_feedback
from pkimm_analytics.scoring import score
from pkimm_analytics.workspace import Workspace

MAKE_RELEASES = dashboards.demo.make_releases
MAKE_FEEDBACK = dashboards.demo.make_feedback


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Keep data of this machine's user out, and stand in an empty folder.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PKIMM_WORKSPACE", raising=False)
    monkeypatch.delenv("PKIMM_FEEDBACK", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Any:
    """
    Run a command and return its exit status and both outputs.
    """
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """
    Collect what would be served instead of serving it.
    """
    calls: list[dict[str, Any]] = []

    def keep(workspace: Path, release: Path | None, **options: Any) -> None:
        calls.append({"workspace": workspace, "release": release, **options})

    monkeypatch.setattr(dashboards, "_serve", keep)
    monkeypatch.setattr(dashboards, "_need", lambda *_: None)
    monkeypatch.setattr(dashboards.demo, "make_releases", lambda *_: Path("releases"))
    monkeypatch.setattr(dashboards.demo, "make_feedback", lambda *_: Path("feedback"))
    return calls


def test_the_demo_invents_a_workspace_once(served: list[dict[str, Any]], tmp_path: Path) -> None:
    """
    The first start makes it, the second finds it; all of it is marked as invented.
    """
    assert run("demo", "--no-browser").exit_code == 0
    folder = tmp_path / "home" / "demo" / "workspace"
    stored = Workspace(folder).stored()
    assert len(stored) > 6
    assert all(one.assessment.synthetic for one in stored)
    assert len({one.assessment.organization.name for one in stored}) > 1
    stored[0].path.unlink()
    assert run("demo", "--no-browser").exit_code == 0
    assert len(Workspace(folder).files()) == len(stored) - 1
    assert [call["workspace"] for call in served] == [folder, folder]
    assert served[0]["open_browser"] is False


def test_the_demo_opens_on_an_assessment_that_has_something_to_tell(tmp_path: Path) -> None:
    """
    The newest one: middling levels, a change since the last, and open questions.
    """
    place = Workspace(tmp_path)
    dashboards.demo.fill_workspace(place)
    stored = [one.assessment for one in place.stored([])]
    newest = max(stored, key=lambda one: one.date or "")
    *_, before, newest = (one for one in stored if one.use_case == newest.use_case)
    now, then = score(newest).overall, score(before).overall
    assert 2.5 < now.score < 3.7
    assert now.score != then.score
    assert 0.9 < now.coverage < 1


def test_the_demo_has_two_rounds_of_feedback_that_are_made_once(
    served: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    They lie beside the workspace, their names say that they are invented, and pages get them.
    """
    rounds = {"2026Q3-synthetic": 3, "2026Q4-synthetic": 4}
    monkeypatch.setattr(dashboards.demo, "FEEDBACK_ROUNDS", rounds)
    monkeypatch.setattr(dashboards.demo, "make_feedback", MAKE_FEEDBACK)
    assert run("demo", "--no-browser").exit_code == 0
    folder = tmp_path / "home" / "demo" / "workspace-feedback"
    assert served[0]["feedback"] == folder
    stored = open_feedback(folder).stored()
    assert {one.round for one in stored} == set(rounds)
    assert len({one.respondent for one in stored if one.round == "2026Q4-synthetic"}) == 4
    assert all(one.assessment.synthetic for one in Workspace(folder).stored())
    assert run("demo", "--no-browser").exit_code == 0
    assert open_feedback(folder).stored() == stored


def test_serve_takes_the_feedback_of_a_working_group(served: list[dict[str, Any]]) -> None:
    """
    By option, or from the environment; nothing without them.
    """
    assert run("serve", "--feedback", "group", "--no-browser").exit_code == 0
    environment = {"PKIMM_FEEDBACK": "elsewhere"}
    CliRunner().invoke(app, ["serve", "--no-browser"], env=environment)
    assert run("serve", "--no-browser").exit_code == 0
    assert [call["feedback"] for call in served] == [Path("group"), Path("elsewhere"), None]


def test_the_demo_has_a_benchmark_that_is_made_once_and_says_that_it_is_invented(
    served: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Releases through a collection; the second start finds them, and mends half-made ones.
    """
    monkeypatch.setattr(dashboards.demo, "make_releases", MAKE_RELEASES)
    monkeypatch.setattr(dashboards.demo, "BENCHMARK_QUARTERS", ("2026Q2", "2026Q3"))
    assert run("demo", "--no-browser", "--organizations", "40").exit_code == 0
    releases = tmp_path / "home" / "demo" / "workspace-benchmark" / "releases"
    assert served[0]["release"] == releases
    series = open_series(releases)
    assert [one.quarter for one in series.releases] == ["2026Q2", "2026Q3"]
    assert series.is_synthetic
    assert not list(releases.parent.glob("*.json"))
    kept = shutil.copytree(releases.parent, tmp_path / "kept")
    made: list[Path] = []

    def make(folder: Path, _organizations: int) -> None:
        made.append(shutil.copytree(kept, folder))

    monkeypatch.setattr(dashboards.demo, "_make", make)
    assert run("demo", "--no-browser").exit_code == 0
    assert made == []
    shutil.rmtree(releases / series.releases[0].id)
    assert run("demo", "--no-browser").exit_code == 0
    assert len(made) == 1
    assert open_series(releases).releases[0].id == series.releases[0].id


def test_the_demo_can_be_put_elsewhere(served: list[dict[str, Any]], tmp_path: Path) -> None:
    """
    A folder of the user's choice takes the place of the one in the data folder.
    """
    assert run("demo", "--workspace", "here").exit_code == 0
    assert Workspace(tmp_path / "here").files()
    assert not (tmp_path / "home").exists()


def test_a_workspace_that_is_not_there_yet_is_served_and_said(
    served: list[dict[str, Any]], tmp_path: Path
) -> None:
    """
    The page explains how to fill it; looking creates nothing.
    """
    result = run("serve", "--workspace", "new", "--port", "0")
    assert result.exit_code == 0
    assert "does not exist yet" in result.stderr
    assert not (tmp_path / "new").exists()
    assert served[0]["port"] == 0


def test_a_file_is_no_workspace(served: list[dict[str, Any]], tmp_path: Path) -> None:
    """
    A wrong argument is a sentence and status 1, and nothing starts.
    """
    (tmp_path / "file").write_text("")
    result = run("serve", "--workspace", "file")
    assert result.exit_code == 1
    assert "is a file, not a folder" in result.stderr
    result = run("serve", "--release", "nothing")
    assert result.exit_code == 1
    assert "no release folder" in result.stderr
    assert served == []


@pytest.mark.parametrize("command", ["demo", "serve", "lab"])
def test_a_core_installation_says_what_to_install(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Without the extra there is a message with the command, not a traceback.
    """
    monkeypatch.setattr(dashboards, "find_spec", lambda _: None)
    result = run(command)
    assert result.exit_code == 1
    assert "pip install 'pkimm-analytics[dashboards]'" in result.stderr


def test_a_server_that_does_not_start_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Its status is passed on in words.
    """
    dying = [sys.executable, "-c", "raise SystemExit(3)"]
    monkeypatch.setattr(dashboards, "voila_command", lambda *_, **__: dying)
    result = run("serve", "--no-browser", "--port", "0")
    assert result.exit_code == 1
    assert "did not start; it ended with status 3" in result.stderr


def test_a_checkout_opens_its_own_notebooks(tmp_path: Path) -> None:
    """
    Changes of a developer go to the files under version control.
    """
    folder = dashboards.writable_notebooks(tmp_path / "copies")
    assert (folder / "01-first-look.ipynb").exists()
    assert not (tmp_path / "copies").exists()


def test_installed_notebooks_are_copied_and_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What the user changed in a copy stays; what is new is added.
    """
    installed = tmp_path / "_notebooks"
    installed.mkdir()
    for name in ("01.ipynb", "02.ipynb"):
        (installed / name).write_text("shipped")
    monkeypatch.setattr(dashboards, "shipped_folder", lambda _: installed)
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "01.ipynb").write_text("changed")
    assert dashboards.writable_notebooks(copies) == copies
    assert (copies / "01.ipynb").read_text() == "changed"
    assert (copies / "02.ipynb").read_text() == "shipped"


def test_the_simulation_is_written_with_its_truth(tmp_path: Path) -> None:
    """
    Invented assessments and one file that says what is true; the same seed, the same bytes.
    """
    for name in ("one", "two"):
        result = run("simulate", "--organizations", "3", "--seed", "5", "--out", name)
        assert result.exit_code == 0
    files = sorted((tmp_path / "one" / "assessments").glob("*.pkimm.json"))
    assert len(files) >= 3
    assert all(Assessment.loads(path.read_bytes()).synthetic for path in files)
    for path in [*files, tmp_path / "one" / "truth.parquet"]:
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes()


def test_a_simulation_of_nobody_is_refused() -> None:
    """
    A number that cannot be is a message.
    """
    result = run("simulate", "--organizations", "0", "--out", "x")
    assert result.exit_code == 1
    assert not result.exception or isinstance(result.exception, SystemExit)
