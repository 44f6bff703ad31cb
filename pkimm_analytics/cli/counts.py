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
        "--purpose", help="What for, in plain lower-case words without names; it is logged."
    ),
]


class EngineName(StrEnum):
    """Who counts."""

    NUMPY = "numpy"
    DUCKDB = "duckdb"
    SPARK = "spark"
    SPARK_ARROW = "spark-arrow"


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
    ] = EngineName.NUMPY,
    rescan: Annotated[
        bool, typer.Option("--rescan", help="Count all quarters anew, and keep no counts.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Count levels of contributions by profile: for analysts, not for publication."""
    from pkimm_analytics.model.structure import MODULE_IDS
    from pkimm_analytics.store import open_collection, open_raw
    from pkimm_analytics.store.increments import count_by_quarter
    from pkimm_analytics.tables import OVERALL

    where = place or collection
    if where is None:
        raise typer.BadParameter("Name the collection.")
    raw = open_raw(open_collection(where), purpose=purpose)
    dimensions = _names(by)
    wanted = _names(measures) if measures is not None else [OVERALL, *MODULE_IDS]
    if engine is EngineName.NUMPY and not rescan:
        counted = count_by_quarter(raw, dimensions, wanted)
        counts = counted.counts
        how = f"{counted.fresh} quarter(s) counted, {counted.kept} from counts that were kept"
    else:
        counts = raw.count(dimensions, wanted, engine.value)
        how = f"all quarters counted with {engine.value}"
    rows = _rows(counts)
    if as_json:
        print_json(
            {
                "format": "pkimm-counts/1",
                "note": INTERNAL,
                "engine": engine.value,
                "purpose": purpose,
                "contributions": sum(part.rows for part in raw.parts),
                "dimensions": dimensions,
                "counts": rows,
            }
        )
    else:
        _print(rows, dimensions)
    say(f"Counts of contributions, {INTERNAL}. {how}.")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _rows(counts: Any) -> list[dict[str, Any]]:
    """Return one entry for each combination and measure that somebody is in."""
    import itertools

    import numpy as np

    found = []
    places = itertools.product(*(range(len(known)) for known in counts.dimensions.values()))
    for place in places:
        values = {
            name: known[i]
            for i, (name, known) in zip(place, counts.dimensions.items(), strict=True)
        }
        for number, measure in enumerate(counts.measures):
            n = np.asarray(counts.counts[(*place, number)]).tolist()
            if sum(n):
                levels = dict(zip("12345", n[2:], strict=True))
                found.append(
                    {
                        **values,
                        "measure": measure,
                        "n": sum(n[2:]),
                        "levels": levels,
                        "nothing_to_count": n[1],
                        "not_applicable": n[0],
                    }
                )
    return found


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
