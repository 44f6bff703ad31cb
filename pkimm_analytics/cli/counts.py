"""Command that counts a collection for analysts: ``pkimm collection count``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from pkimm_analytics.cli.collection import (
    CollectionArgument,
    CollectionOption,
    commands,
)
from pkimm_analytics.cli.console import JsonOption, ends_cleanly, out, print_json, say, shown

INTERNAL = "internal, not for publication"
PurposeOption = Annotated[
    str,
    typer.Option(
        "--purpose", help="What for, in plain lower-case words without names; it is noted."
    ),
]


class EngineName(StrEnum):
    """Who counts."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def register(_app: typer.Typer) -> None:
    """Add the command of this file to those of the collection."""
    commands.command("count")(count_command)


@ends_cleanly
def count_command(
    purpose: PurposeOption,
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    by: Annotated[
        str, typer.Option("--by", help="Dimensions, such as sector,size; '' for everybody.")
    ] = "assurance,edition",
    measures: Annotated[
        str | None,
        typer.Option(
            "--measures", help="Such as overall,M,M.key-management; overall and modules without it."
        ),
    ] = None,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="Who counts; the counts are the same.")
    ] = EngineName.DUCKDB,
    least_coverage: Annotated[
        int,
        typer.Option(
            min=0,
            max=100,
            help="Percent that must have been rated for the whole or a module to be counted.",
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Count levels of contributions by profile: for analysts, not for publication."""
    from pkimm_analytics.collection import Collection
    from pkimm_analytics.collection.measures import COVERED

    where = place or collection
    if where is None:
        raise typer.BadParameter("Name the collection.")
    rows = Collection(where).open_rows(purpose=purpose)
    dimensions = _names(by)
    wanted = _names(measures) if measures is not None else list(COVERED)
    counts = rows.count(dimensions, wanted, engine.value, least_coverage=least_coverage)
    entries = [_entry(dict(row)) for row in counts.to_dict("records")]
    if as_json:
        print_json(
            {
                "format": "pkimm-counts/1",
                "note": INTERNAL,
                "engine": engine.value,
                "purpose": purpose,
                "contributions": len(rows),
                "least_coverage": least_coverage,
                "dimensions": dimensions,
                "counts": entries,
            }
        )
    else:
        _print(entries, dimensions)
    say(f"Counts of contributions, {INTERNAL}. Counted with {engine.value}.")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _entry(row: dict[Any, Any]) -> dict[str, Any]:
    """One combination and measure; levels together, what is not stated as nothing."""
    levels = {str(level): row.pop(f"level_{level}") for level in range(1, 6)}
    more = {name: row.pop(name) for name in ("nothing_to_count", "not_applicable")}
    stated = {name: value if value == value else None for name, value in row.items()}
    return {**stated, "levels": levels, **more}


def _print(rows: list[dict[str, Any]], dimensions: list[str]) -> None:
    from rich.table import Table

    table = Table(title=f"Contributions at each level ({INTERNAL})", title_justify="left")
    for name in [*dimensions, "measure"]:
        table.add_column(name)
    for name in ["n", "1", "2", "3", "4", "5", "nothing", "not applicable"]:
        table.add_column(name, justify="right")
    for row in rows:
        texts = [shown(str(row[d] if row[d] is not None else "not stated")) for d in dimensions]
        numbers = [row["n"], *row["levels"].values()]
        numbers += [row["nothing_to_count"], row["not_applicable"]]
        table.add_row(*texts, row["measure"], *(str(n) for n in numbers))
    out().print(table)
