"""Commands for analysts of a collection: collection count, check and decide."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from pkimm_analytics.cli.collection import CollectionArgument, CollectionOption, commands, opened
from pkimm_analytics.cli.console import JsonOption, ends_cleanly, out, print_json, say

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


class DecisionName(StrEnum):
    """What is decided about a contribution."""

    KEEP = "keep"
    SET_ASIDE = "set-aside"


def register(_app: typer.Typer) -> None:
    """Add the commands of this file to those of the collection."""
    commands.command("count")(count_command)
    commands.command("check")(check_command)
    commands.command("decide")(decide_command)


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
    least: Annotated[
        int | None,
        typer.Option(
            "--least-coverage",
            min=0,
            max=100,
            help="Percent that must have been rated for the whole or a module to be counted; the"
            " policy's without it.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count levels of contributions by profile: for analysts, not for publication."""
    from pkimm_analytics.collection.measures import COVERED
    from pkimm_analytics.coverage import least_coverage

    wanted_least = least_coverage() if least is None else least
    rows = opened(place, collection).open_rows(purpose=purpose)
    dimensions = _names(by)
    wanted = _names(measures) if measures is not None else list(COVERED)
    counts = rows.count(dimensions, wanted, engine.value, least=wanted_least)
    entries = [_entry(dict(row)) for row in counts.to_dict("records")]
    if as_json:
        print_json(
            {
                "format": "pkimm-counts/1",
                "note": INTERNAL,
                "engine": engine.value,
                "purpose": purpose,
                "contributions": len(rows),
                "least_coverage": wanted_least,
                "dimensions": dimensions,
                "counts": entries,
            }
        )
    else:
        from pkimm_analytics.render.terminal import show
        from pkimm_analytics.views import collection as views

        show(views.counts(entries, dimensions), out())
    say(
        f"Counts of contributions, {INTERNAL}. Counted with {engine.value}; of a whole or a module"
        f" at least {wanted_least}% is rated."
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _entry(row: dict[Any, Any]) -> dict[str, Any]:
    """One combination and measure; levels together, what is not stated as nothing."""
    levels = {str(level): row.pop(f"level_{level}") for level in range(1, 6)}
    more = {name: row.pop(name) for name in ("nothing_to_count", "not_applicable")}
    stated = {name: value if value == value else None for name, value in row.items()}
    return {**stated, "levels": levels, **more}


@ends_cleanly
def check_command(
    purpose: PurposeOption,
    place: CollectionArgument = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """List contributions that look careless or invented, for an analyst to decide about."""
    from pkimm_analytics.collection.doubts import doubts

    found = doubts(opened(place, collection), purpose=purpose)
    if as_json:
        print_json(
            {"format": "pkimm-doubts/1", "note": INTERNAL, "doubts": found.to_dict("records")}
        )
        return
    from pkimm_analytics.render.terminal import show
    from pkimm_analytics.views import collection as views

    show(views.doubts(found), out())


@ends_cleanly
def decide_command(
    contribution: Annotated[str, typer.Argument(metavar="CONTRIBUTION", help="Its pseudonym.")],
    decision: Annotated[DecisionName, typer.Argument(help="What is set aside counts no more.")],
    reason: Annotated[str, typer.Option(help="Why, in plain lower-case words; it is noted.")],
    collection: CollectionOption = None,
) -> None:
    """Note what was decided about a contribution that looked careless or invented."""
    opened(None, collection).decide(contribution, decision.value, reason=reason)
    say(f"Noted: {decision.value}.")
