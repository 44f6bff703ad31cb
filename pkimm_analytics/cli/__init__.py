"""The command line: ``pkimm``, a thin layer over the package."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

_COMMANDS = {
    "columns": (
        "scores",
        "Propose what the columns of a table hold, to be corrected and given back.",
    ),
    "import": ("scores", "Read assessments of any known format into a workspace."),
    "score": ("scores", "Score assessments without storing them."),
    "export": (
        "scores",
        "Write an assessment in another format and say what that format cannot hold.",
    ),
    "progress": (
        "progress",
        "Show how each use case changed from one assessment to the next, and why.",
    ),
    "plan": (
        "plans",
        "Find the cheapest steps that reach the targets, and spread them over phases.",
    ),
    "plans": ("plans", "Show what became of action plans: open, reached or overtaken."),
    "report": ("reports", "Write one of the four report kinds of the methodology."),
    "verify": ("reports", "Verify a signed attestation, without a network."),
    "models": ("models", "Editions and extensions of the model."),
    "schema": ("models", "Print a published JSON Schema."),
    "contribute": (
        "contribute",
        "Anonymize assessments and add them to a collection; --preview shows what would leave.",
    ),
    "collection": ("collection", "Keep a collection of contributions."),
    "analyze": ("analyses", "Analyze a collection: for analysts, internal, not for publication."),
    "release": ("releases", "Publish what passes disclosure control, after attacking it."),
    "audit": ("releases", "Attack releases and other files, and print what could be learned."),
    "benchmark": (
        "benchmark",
        "Compare an assessment with its peers, here, sending and writing nothing.",
    ),
    "publish": ("publish", "Make a static site of releases: no server, no network, nothing sent."),
    "demo": (
        "dashboards",
        "Start the dashboards on an invented workspace and benchmark, which are made if missing.",
    ),
    "serve": ("dashboards", "Start the dashboards on a workspace."),
    "lab": ("dashboards", "Open the notebooks in JupyterLab."),
    "simulate": (
        "simulate",
        "Invent organizations and their assessments, or feedback, with the truth beside them.",
    ),
    "feedback": ("feedback", "What respondents think of the model, and what the group decided."),
}
"""Each command: the file that has it, and what the list of commands says about it."""

_ALSO = {"collection": ("counts",)}
"""Files that add to a group of commands of another file."""


class LateGroup(TyperGroup):
    """Commands whose files are read when they are called, not when they are listed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, (_, help_line) in _COMMANDS.items():
            self.add_command(TyperCommand(name, help=help_line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called, and read its file."""
        if args and args[0] in _COMMANDS:
            self.add_command(load_command(args[0]))
        return super().resolve_command(ctx, args)


@cache
def load_command(name: str) -> Any:
    """Read the file of a command and return the command, or the group of commands."""
    parent = typer.Typer(callback=lambda: None)  # stays a group with one command, too
    for file in (_COMMANDS[name][0], *_ALSO.get(name, ())):
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
