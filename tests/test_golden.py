"""
What was measured stays: figures of every command, frozen before the package was rebuilt.

A golden file holds each number of a document by its path. What a document gains is no
difference; what moves on purpose is written anew with ``PKIMM_RENEW=1`` in a commit that
says why.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from tests.official import CONFORMANCE, needs_shared

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).with_name("golden")
COMMANDS = {
    "progress": "progress data/samples/assessments --json",
    "plan": "plan data/samples/self-assessment.csv --target 4 --json",
    "score": "score data/samples/self-assessment.csv --json",
}


def numbers(document: object, path: str = "") -> Iterator[tuple[str, float]]:
    """Numbers of a document by their path."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from numbers(value, f"{path}/{key}")
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from numbers(value, f"{path}/{place}")
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield path, document


def run(*arguments: str) -> object:
    """Document that a command prints."""
    os.chdir(ROOT)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code in {0, 1}, result.output
    return json.loads(result.stdout)


def compare(name: str, found: dict[str, float]) -> None:
    """Compare with the golden file, or renew it."""
    path = GOLDEN / f"{name}.json"
    if os.environ.get("PKIMM_RENEW"):
        path.write_text(json.dumps(found, indent=0) + "\n", "utf-8")
    golden = json.loads(path.read_text("utf-8"))
    moved = {
        key: (value, found.get(key))
        for key, value in golden.items()
        if key not in found or abs(found[key] - value) > 1e-9
    }
    assert not moved, f"{len(moved)} of {len(golden)} figures moved"


@pytest.mark.parametrize("name", COMMANDS)
def test_figures_of_a_command_are_what_they_were(name, tmp_path, monkeypatch):
    """
    On the samples of this repository.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    compare(name, dict(numbers(run(*COMMANDS[name].split()))))


def test_positions_in_a_release_are_what_they_were(tmp_path, monkeypatch):
    """
    From invented organizations to a position among them.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "invented"
    for command in (
        f"simulate --organizations 180 --seed 1 --out {place}",
        f"release --collection {place} --out {place}/releases --quarter 2026Q3",
    ):
        assert CliRunner().invoke(app, command.split()).exit_code == 0
    sample = "data/samples/self-assessment.csv"
    document = run("benchmark", sample, "--release", f"{place}/releases", "--json")
    compare("benchmark", dict(numbers(document)))


def sources() -> Iterator[tuple[str, str]]:
    """Files and links of the official tools, by a name."""
    for path in sorted(CONFORMANCE.rglob("*")):
        name = path.relative_to(CONFORMANCE).as_posix()
        if path.name in {"assessment.yaml", "progress.yaml"} or path.suffix == ".xlsx":
            yield name, str(path)
        elif path.name == "share-url.txt":
            yield name, path.read_text("utf-8").strip()


@needs_shared
def test_scores_of_the_official_tools_are_what_they_were(tmp_path, monkeypatch):
    """
    Overall, modules, categories and extensions of every conformance case.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    found = {}
    for name, source in sources():
        document = run("score", source, "--json")
        for part in ("overall", "modules", "categories", "extensions"):
            for path, value in numbers(document.get(part, {}), part):
                if path.endswith(("score", "floor")) and not path.endswith("tool/score"):
                    found[f"{name} {path}"] = round(value, 12)
    compare("conformance", found)
