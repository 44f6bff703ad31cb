"""Documentation that the tests hold to the code."""

import ast
import doctest
import importlib
import pkgutil
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import pkimm_analytics
from pkimm_analytics.cli import app, load_command

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "guide" / "commands.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"


def commands():
    """Every command with the words that call it."""
    for name in get_command(app).commands:
        inside = getattr(load_command(name), "commands", None)
        yield from [f"{name} {one}" for one in inside] if inside else [name]


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_documented(command):
    """
    A command that nobody can find is not there.
    """
    assert re.search(rf"`pkimm {command}[` ]", COMMANDS.read_text("utf-8"))


def test_every_documented_command_exists():
    """
    The guide promises nothing that is not there.
    """
    known = set(commands())
    written = re.findall(
        r"^\| `pkimm ((?:models |collection |feedback )?[a-z-]+)",
        COMMANDS.read_text("utf-8"),
        re.MULTILINE,
    )
    assert written
    assert set(written) <= known


def test_the_map_of_the_package_names_every_folder():
    """
    Each file and folder is there once, with the first words of its docstring.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    layers = [re.findall(r"\w+", layer) for layer in reversed(contract["layers"])]
    rows = re.findall(
        r"^\| `(\w+)(?:/|\.py)` \| (.+) \|$", CONTRIBUTING.read_text("utf-8"), re.MULTILINE
    )
    assert sorted(name for name, _ in rows) == sorted(name for layer in layers for name in layer)
    for name, said in rows:
        folder = ROOT / "pkimm_analytics" / name
        file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        first = " ".join(docstring.split("\n\n")[0].split())
        assert said == first.replace("``", "`")


def test_the_first_result_of_the_readme_is_true():
    """
    Its example runs and shows what it says.
    """
    text = README.read_text("utf-8")
    parser = doctest.DocTestParser()
    example = parser.get_doctest(text.replace("```", ""), {}, "README", str(README), 0)
    result = doctest.DocTestRunner().run(example)
    assert result.attempted >= 6
    assert result.failed == 0


def test_git_ignores_what_the_commands_of_the_readme_make():
    """
    Whoever tries them in a checkout commits nothing private by accident.
    """
    made = set(re.findall(r"--(?:out|workspace|collection) (\S+)", README.read_text("utf-8")))
    made |= {f"{name}-disclosure" for name in made if "." not in name}
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no checkout")
    command = ["git", "-C", str(ROOT), "check-ignore", *(f"{name}/" for name in sorted(made))]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert {line.rstrip("/") for line in said.splitlines()} == made


def test_every_link_of_the_documentation_leads_somewhere():
    """
    Files that are linked exist.
    """
    pages = [
        README,
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
            if not target.startswith(("http", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_file_of_the_package_says_what_it_is_about():
    """
    A file opens with its idea.
    """
    optional = {"pkimm_analytics.__main__"}
    for found in pkgutil.walk_packages(pkimm_analytics.__path__, "pkimm_analytics."):
        if found.name not in optional:
            module = importlib.import_module(found.name)
            assert module.__doc__, found.name
