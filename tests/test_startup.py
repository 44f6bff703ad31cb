"""Commands import what they need, so that a short answer comes at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pkimm_analytics.cli import app, load_command

SAMPLE = Path(__file__).parents[1] / "data/samples/self-assessment.csv"
HEAVY = {"duckdb", "ibis", "ipywidgets", "pandas", "plotly", "pyarrow", "scipy", "statsmodels"}
NUMBERS = {"numpy", "openpyxl", "pydantic", "yaml"}

PAGES = ("home", "assess", "results", "benchmark", "feedback", "feedback_form")

WATCH = """
import json, sys
from pkimm_analytics.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""


def imported_by(*arguments):
    """Run a command in a Python of its own and return the libraries and files it imported."""
    command = [sys.executable, "-c", WATCH, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    return json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_list_of_commands_reads_no_command(option):
    """
    Neither the version nor the help of `pkimm` needs what commands compute with.
    """
    names = imported_by(option)
    assert not (HEAVY | NUMBERS) & set(names)
    inside = {name.partition(".")[2] for name in names if name.startswith("pkimm_analytics.")}
    assert inside <= {"cli", "cli.console", "errors", "extras"}


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_a_score_needs_no_table_engine(option):
    """
    One assessment is scored without data frames, databases or pages.
    """
    names = set(imported_by("score", SAMPLE, *option))
    assert not HEAVY & names
    assert not {"pkimm_analytics.benchmark", "pkimm_analytics.disclosure"} & names


def test_the_list_of_commands_says_what_each_command_says_of_itself():
    """
    It is read from the files of the commands, which are not imported for it.
    """
    listed = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "400"}).stdout
    for name in get_command(app).commands:
        assert load_command(name).help.split("\n\n")[0].replace("\n", " ") in listed, name


def test_a_page_that_waits_holds_no_data_frames():
    """
    A kernel is 70 MB lighter and a second faster without pandas.
    """
    imports = ", ".join(f"pkimm_analytics.widgets.{name}" for name in PAGES)
    code = f"import json, sys, {imports}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not (HEAVY - {"ipywidgets"}) & set(json.loads(done.stdout))
