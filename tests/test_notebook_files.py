from __future__ import annotations

import json
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = [
    path
    for folder in ("notebooks", "dashboards")
    for path in sorted((ROOT / folder).rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]

every_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT))
)


@every_notebook
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    """
    Outputs may hold an organization's figures, so they never leave a machine.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code), (
        f"clear the outputs: jupytext --sync {path.name} after `Clear All Outputs`, "
        f"or jupyter nbconvert --clear-output --inplace {path.name}"
    )


@every_notebook
def test_a_notebook_and_its_python_file_say_the_same(path: Path) -> None:
    """
    A review reads the .py; what it approves is what runs.
    """
    pair = path.with_suffix(".py")
    assert pair.exists(), f"pair it: jupytext --to py:percent {path.name}"
    ours = [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]
    theirs = [(cell.cell_type, cell.source) for cell in jupytext.read(pair).cells]
    assert ours == theirs, f"run: jupytext --sync {path.name}"


@every_notebook
def test_a_notebook_names_its_title(path: Path) -> None:
    """
    The title is what the browser tab and a screen reader announce.
    """
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"].get("title")
