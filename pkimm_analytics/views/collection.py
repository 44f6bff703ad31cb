"""
What a collection holds, what was counted in it, and what an analyst should look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.collection import Collection, Info
from pkimm_analytics.views.view import Facts, Table, Text, View

if TYPE_CHECKING:
    import pandas as pd

INTERNAL = "internal, not for publication"

SIGNS = {
    "flat": "all answers are equal",
    "copy": "the same answers as another organization's",
    "jump": "the overall score moves faster than anybody improves",
}


def info(found: Info) -> View:
    """Totals of a collection."""
    rounds = [
        f"{name} ({n['used']} of {n['tickets']} tickets used)" for name, n in found.rounds.items()
    ]
    pairs = [
        ("contributions", f"{found.contributions:,}"),
        ("unverified", f"{found.contributions - found.verified:,}"),
        ("rounds", ", ".join(rounds) or "none"),
        ("files", f"{found.parts:,}"),
        ("bytes", f"{found.bytes:,}"),
        ("refusals", f"{found.quarantined:,}"),
        ("openings of rows", f"{found.opened:,}"),
    ]
    rows = tuple((quarter, f"{n:,}") for quarter, n in found.quarters.items())
    table = Table("Contributions by quarter", ("quarter", "contributions"), rows, frozenset({1}))
    return View("Collection", "", (Facts(tuple(pairs)), *([table] if rows else [])))


def collection_view(collection: Collection) -> View:
    """Show a collection: counts only, never a row."""
    return info(collection.info())


def counts(rows: Sequence[dict[str, Any]], by: Sequence[str]) -> View:
    """Contributions at each level, by profile."""
    header = (*by, "measure", "n", "1", "2", "3", "4", "5", "nothing", "not applicable")
    cells = tuple(
        (
            *("not stated" if row[name] is None else str(row[name]) for name in by),
            row["measure"],
            *(str(n) for n in (row["n"], *row["levels"].values())),
            *(str(row[name]) for name in ("nothing_to_count", "not_applicable")),
        )
        for row in rows
    )
    numeric = frozenset(range(len(by) + 1, len(header)))
    caption = f"Contributions at each level ({INTERNAL})"
    return View(caption, "", (Table("", header, cells, numeric),))


def doubts(found: pd.DataFrame) -> View:
    """Contributions with a sign of careless or invented data."""
    header = ("contribution", "quarter", "sign", "other", "verified", "decision")
    rows = tuple(
        (
            row["contribution"],
            row["quarter"],
            SIGNS[row["sign"]],
            row["other"] or "",
            "yes" if row["is_verified"] else "no",
            row["decision"] or "open",
        )
        for row in found.to_dict("records")
    )
    said = (
        "A sign is no proof. Decide with: pkimm collection decide CONTRIBUTION keep, or set-aside."
    )
    blocks = (Table("", header, rows), Text(said)) if rows else (Text("Nothing looks careless."),)
    return View(f"To look at ({INTERNAL})", "", blocks)
