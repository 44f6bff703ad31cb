"""Command that invents organizations: ``pkimm simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pkimm_analytics.cli.console import ends_cleanly, progress_bar, say


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("simulate")(simulate_command)


@ends_cleanly
def simulate_command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write, of its own.")],
    organizations: Annotated[
        int, typer.Option("--organizations", "-n", help="How many organizations.")
    ] = 20,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    feedback: Annotated[
        int,
        typer.Option(help="Invent a round of feedback of so many respondents instead."),
    ] = 0,
    plant: Annotated[
        bool, typer.Option("--plant/--no-plant", help="Plant truths to be found (feedback).")
    ] = True,
) -> None:
    """Invent organizations and their assessments, or feedback, with the truth beside them."""
    if feedback:
        _feedback(out, feedback, seed, plant=plant)
        return
    from pkimm_analytics.collection.contributed import SIMULATED
    from pkimm_analytics.collection.simulated import collect
    from pkimm_analytics.synthetic import simulate, write_simulation

    simulation = simulate(organizations=organizations, seed=seed)
    with progress_bar("Inventing assessments", 2 * len(simulation)) as advance:
        write_simulation(simulation, out, advance)
        collect(simulation, out / SIMULATED, advance)
    say(f"{len(simulation)} assessments of {organizations} invented organizations in {out}")


def _feedback(out: Path, respondents: int, seed: int, *, plant: bool) -> None:
    from pkimm_analytics.synthetic.feedback import simulate_feedback, write_feedback_round

    simulated = simulate_feedback(respondents=respondents, seed=seed, plant=plant)
    for path in write_feedback_round(simulated, out):
        say(f"Written: {path}")
