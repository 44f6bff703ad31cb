"""Releases of a collection that an engine reads."""

import shutil

import pytest

from pkimm_analytics.collection import Collection
from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, publish
from tests.collection.invented import invented_table

SAME = ("org", "parent", "sector", "size", "region", "role")


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Sixty organizations, assessed again and again over three years."""
    folder = tmp_path_factory.mktemp("collection") / "c"
    held = Collection(folder, create=True)
    first = invented_table(60, 1, ["2023Q4"])
    for seed, quarter in enumerate(("2025Q1", "2025Q4", "2026Q1", "2026Q2"), 2):
        table = invented_table(60, seed, [quarter]).slice(0, 40 + 5 * seed)
        for name in SAME[: 2 if seed % 2 else None]:  # with the same profile, or another
            column = first.column(name).slice(0, table.num_rows)
            table = table.set_column(table.column_names.index(name), name, column)
        held.append(table)
    held.append(first)
    return folder


def made(collection, place, engine=None):
    """Return the table of a release, and what is remembered of its records."""
    written = publish(
        open_contributions(collection, engine),
        out=place / "r",
        private=place / "p",
        quarter="2026Q3",
        policy=load_policy(),
        plan=load_plan(),
    )
    (members,) = (place / "p").glob("members-*")
    return (written.folder / "benchmark.parquet").read_bytes(), members.read_bytes()


@pytest.fixture(scope="module")
def expected(collection, tmp_path_factory):
    """The release as this program reads it."""
    place = tmp_path_factory.mktemp("plain")
    return made(collection, place)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("engine", ["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def test_a_release_that_an_engine_reads_has_the_same_bytes(
    collection, expected, engine, tmp_path, request
):
    """
    And the same is remembered; only the newest rows come from the engine.
    """
    if engine == "spark":
        request.getfixturevalue("spark")

    shutil.copytree(collection, tmp_path / "c")
    (tmp_path / "c" / "_journal.jsonl").unlink()  # which knows the release of before
    assert made(tmp_path / "c", tmp_path, engine) == expected
