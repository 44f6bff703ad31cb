"""The command line: ``pkimm``, a thin layer over the package."""

from __future__ import annotations

from typing import Annotated

import typer

from pkimm_analytics.cli import (
    analyses,
    benchmark,
    collection,
    contribute,
    counts,
    dashboards,
    feedback,
    models,
    plans,
    progress,
    publish,
    releases,
    reports,
    scores,
    simulate,
)

app = typer.Typer(
    name="pkimm",
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


scores.register(app)
progress.register(app)
plans.register(app)
reports.register(app)
models.register(app)
contribute.register(app)
collection.register(app)
counts.register(app)
analyses.register(app)
releases.register(app)
benchmark.register(app)
publish.register(app)
dashboards.register(app)
simulate.register(app)
feedback.register(app)


def main() -> None:
    """Run the command line."""
    app()


__all__ = ["app", "main"]
