"""
Every notebook and every dashboard runs from top to bottom on invented data.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

pytest.importorskip("ipywidgets")

from nbclient import NotebookClient

from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.workspace import Workspace

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DASHBOARDS = sorted((ROOT / "dashboards").glob("*.ipynb"))

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    Prepare a workspace with invented assessments, which dashboards open.
    """
    workspace = Workspace(tmp_path / "workspace")
    for assessment in sample_history(1)[:2]:
        workspace.save(assessment)
    monkeypatch.setenv("PKIMM_WORKSPACE", str(workspace.folder))
    monkeypatch.setenv("PKIMM_FEEDBACK", str(tmp_path / "feedback"))
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", [*NOTEBOOKS, *DASHBOARDS], ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, environment: Path, record_property: Callable[[str, object], None]
) -> None:
    """
    No cell fails, and none prints an error or a warning.
    """
    record_property("ran", path.parent.name)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": environment}})
    client.execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert outputs, "it shows nothing"
    assert not [o for o in outputs if o.output_type == "stream" and o.name == "stderr"]


@every_notebook
def test_a_cell_is_short_and_defines_nothing(path: Path) -> None:
    """
    A notebook is prose with calls: one to five lines each, the rest lives in the package.
    """
    for source in code_cells(path):
        lines = [line for line in source.splitlines() if line.strip()]
        calls = [line for line in lines if not line.startswith(("import ", "from "))]
        assert len(calls) <= 5, source
        kinds = {type(node) for node in ast.walk(ast.parse(source))}
        assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.Lambda}, source


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_a_thin_notebook(path: Path) -> None:
    """
    Settings, load, show: everything else is in the package, where it has tests.
    """
    cells = code_cells(path)
    assert 1 <= len(cells) <= 4
    assert all(len(cell.splitlines()) <= 8 for cell in cells)


@every_notebook
def test_a_notebook_starts_with_its_settings_and_ends_with_what_to_try_next(path: Path) -> None:
    """
    What a reader may change stands on top, and the end leads on.
    """
    cells: list[Any] = jupytext.read(path).cells
    settings = next(cell.source for cell in cells if cell.cell_type == "code")
    assert any(isinstance(node, ast.Assign) for node in ast.parse(settings).body)
    assert cells[-1].cell_type == "markdown"
    assert "next" in cells[-1].source.splitlines()[0].lower()


def code_cells(path: Path) -> list[str]:
    """
    Return the sources of all code cells.
    """
    return [str(c.source) for c in jupytext.read(path).cells if c.cell_type == "code"]
