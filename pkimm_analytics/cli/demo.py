"""
What ``pkimm demo`` shows: invented assessments, a benchmark of many, rounds of feedback.

Everything goes the way that real data goes: contributions, collection, release with its
audit. It is made once, beside the workspace, and found again; a half-made one is made
anew. Its pseudonyms come from a key of its own that is not kept.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pkimm_analytics.cli.console import progress_bar
from pkimm_analytics.errors import WorkspaceError
from pkimm_analytics.workspace import Workspace

SEED = 2024
HISTORY_SEED, OTHERS_SEED = 129, 2021
"""Chosen by eye: the newest assessment has middling levels and one module that fell."""
SHOWN_ORGANIZATIONS = 3
"""Invented organizations in the workspace, beside one with a history."""
OPEN_QUESTIONS = 2
"""Questions of the newest assessment that nobody has answered."""
BENCHMARK_ORGANIZATIONS = 240
"""Enough for groups by sector, size and region to be published."""
BENCHMARK_QUARTERS = ("2026Q1", "2026Q2", "2026Q3")
FEEDBACK_ROUNDS = {"2026Q3-synthetic": 90, "2026Q4-synthetic": 160}
"""Invented rounds of feedback and their respondents; the newest one has planted truths."""
FEEDBACK_ASSESSMENTS = 80


def benchmark_folder(workspace: Path) -> Path:
    """Where collection and releases of the demo are: beside its workspace."""
    return workspace.with_name(f"{workspace.name}-benchmark")


def fill_workspace(place: Workspace) -> None:
    """Make the workspace: one history with repeats, and some other organizations."""
    from pkimm_analytics.synthetic import sample_history, simulate

    *history, newest, second_case = sample_history(HISTORY_SEED)
    others = simulate(organizations=SHOWN_ORGANIZATIONS, seed=OTHERS_SEED).assessments
    answered = list(newest.answers)[::-1][OPEN_QUESTIONS:]
    newest = newest.replace(answers={key: newest.answers[key] for key in answered[::-1]})
    assessments = [*history, newest, second_case, *others]
    with progress_bar("Inventing assessments", len(assessments)) as advance:
        for assessment in assessments:
            place.save(assessment)
            advance()


def make_releases(workspace: Path, organizations: int = BENCHMARK_ORGANIZATIONS) -> Path:
    """
    Make a synthetic collection and its releases, or find them.

    Parameters
    ----------
    workspace : Path
        Workspace of the demo; the benchmark is made beside it.
    organizations : int

    Returns
    -------
    Path
        Folder of the releases.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    from pkimm_analytics.release import release_folders

    folder = benchmark_folder(workspace)
    releases = folder / "releases"
    if len(release_folders(releases)) == len(BENCHMARK_QUARTERS):
        return releases
    with _made_beside(folder) as part:
        _make(part, organizations)
    return releases


def make_feedback(workspace: Path) -> Path:
    """
    Make two synthetic rounds of feedback with assessments of respondents, or find them.

    Parameters
    ----------
    workspace : Path
        Workspace of the demo; the feedback place is made beside it.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    folder = workspace.with_name(f"{workspace.name}-feedback")
    if folder.exists():
        return folder
    with _made_beside(folder) as part:
        _fill_feedback(part)
    return folder


@contextmanager
def _made_beside(folder: Path) -> Iterator[Path]:
    """Let a folder be filled beside its place, and put it there once it is complete."""
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        yield part
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WorkspaceError(f"{folder} cannot be written: {reason}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill_feedback(folder: Path) -> None:
    """Import form exports, as a working group does, and keep some assessments beside them."""
    from pkimm_analytics.feedback import open_feedback
    from pkimm_analytics.loaders.feedback import load_feedback
    from pkimm_analytics.synthetic.feedback import form_rows, simulate_feedback

    place = open_feedback(folder)
    with progress_bar("Inventing feedback", len(FEEDBACK_ROUNDS) + 1) as advance:
        for seed, (name, respondents) in enumerate(FEEDBACK_ROUNDS.items(), SEED):
            plant = name == max(FEEDBACK_ROUNDS)
            invented = simulate_feedback(respondents=respondents, seed=seed, plant=plant)
            export = io.StringIO(newline="")
            csv.writer(export).writerows(form_rows(invented))
            loaded = load_feedback(
                export.getvalue().encode(),
                "form.csv",
                model=invented.model,
                round_=name,
                pseudonym=place.pseudonym,
            )
            place.append(loaded.comments)
            advance()
        for assessment in invented.assessments()[:FEEDBACK_ASSESSMENTS]:
            Workspace(folder).save(assessment)
        advance()


def _make(folder: Path, organizations: int) -> None:
    from pkimm_analytics.collection.simulated import collect
    from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, publish
    from pkimm_analytics.synthetic import simulate

    simulation = simulate(organizations=organizations, seed=SEED)
    steps = len(simulation) + len(BENCHMARK_QUARTERS)
    with progress_bar("Inventing a benchmark", steps) as advance:
        collect(simulation, folder / "collection", advance)
        policy, plan = load_policy(None), load_plan(None)
        for quarter in BENCHMARK_QUARTERS:
            publish(
                open_contributions(folder / "collection"),
                out=folder / "releases",
                private=folder / "collection-disclosure",
                quarter=quarter,
                policy=policy,
                plan=plan,
            )
            advance()
