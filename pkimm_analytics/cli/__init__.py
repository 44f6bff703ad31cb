"""The command line: ``pkimm``, a thin layer over the package."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module, resources
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

_COMMANDS = {
    "columns": "scores",
    "import": "scores",
    "score": "scores",
    "export": "scores",
    "progress": "progress",
    "plan": "plans",
    "plans": "plans",
    "report": "reports",
    "verify": "reports",
    "models": "models",
    "schema": "models",
    "contribute": "contribute",
    "collection": "collection",
    "analyze": "analyses",
    "release": "releases",
    "audit": "releases",
    "benchmark": "benchmark",
    "publish": "publish",
    "demo": "dashboards",
    "serve": "dashboards",
    "lab": "dashboards",
    "simulate": "simulate",
    "feedback": "feedback",
}
"""Each command and the file that has it, in the order of the list of commands."""

_ALSO = {"collection": ("counts",)}
"""Files that add to a group of commands of another file."""


class LateGroup(TyperGroup):
    """Commands whose files are read when they are called, not when they are listed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in _COMMANDS:
            self.add_command(TyperCommand(name))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Say what each command is for."""
        for name in _COMMANDS:
            self.commands[name].help = _first_line(name)
        super().format_help(ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called, and read its file."""
        if args and args[0] in _COMMANDS:
            self.add_command(load_command(args[0]))
        return super().resolve_command(ctx, args)


def _first_line(name: str) -> str:
    """Return what a command says of itself, without importing what it needs."""
    source = resources.files("pkimm_analytics.cli").joinpath(f"{_COMMANDS[name]}.py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    said = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    about = ast.get_docstring(said.get(f"{name}_command", tree)) or ""
    return about.partition("\n\n")[0].replace("\n", " ")


@cache
def load_command(name: str) -> Any:
    """Read the file of a command and return the command, or the group of commands."""
    parent = typer.Typer(callback=lambda: None)  # stays a group with one command, too
    for file in (_COMMANDS[name], *_ALSO.get(name, ())):
        import_module(f"pkimm_analytics.cli.{file}").register(parent)
    return typer.main.get_command(parent).commands[name]  # type: ignore[attr-defined]  # a group


app = typer.Typer(
    name="pkimm",
    cls=LateGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Score, keep, compare and publish assessments of PKI maturity (PKIMM).",
)


def _version(value: bool) -> None:  # noqa: FBT001  # the signature that Typer calls
    if value:
        from importlib.metadata import version

        typer.echo(version("pkimm-analytics"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Score, keep, compare and publish assessments of PKI maturity (PKIMM)."""


def main() -> None:
    """Run the command line."""
    from pkimm_analytics.cli.console import print_in_any_encoding

    print_in_any_encoding()
    app()


__all__ = ["app", "load_command", "main"]
