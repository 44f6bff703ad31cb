"""
Processes that withdraw a contribution and kill themselves at one of their changes to the disk.

Arguments and children are those of :mod:`tests.disclosure.publisher`.
"""

from __future__ import annotations

import os
from pathlib import Path

from typer.testing import CliRunner

from pkimm_analytics.anonymize import write_receipt
from pkimm_analytics.cli import app
from pkimm_analytics.collection import Collection
from pkimm_analytics.collection.contribution_rows import from_table
from tests.collection.invented import receipt_for
from tests.disclosure.publisher import contributions, make, start_children, watch_changes


def prepare(folder: Path) -> None:
    """Make a collection, a release of it, and the receipt of one contribution."""
    Collection(folder / "c", create=True).append(contributions())
    make(folder, "2026Q3")
    one = from_table(contributions())[3]
    write_receipt(
        receipt_for(one, 3),
        folder / "receipts",
    )
    os._exit(0)


def withdraw(folder: Path) -> int:
    """Withdraw it with the command; return its exit status."""
    (receipt,) = (folder / "receipts").iterdir()
    places = ["-c", str(folder / "c"), "--private", str(folder / "p")]
    return CliRunner().invoke(app, ["collection", "withdraw", *places, str(receipt)]).exit_code


def killed_at(number: int, folder: Path) -> None:
    """Withdraw, and die before the change with a number."""
    watch_changes(number)
    os._exit(withdraw(folder))


if __name__ == "__main__":
    raise SystemExit(start_children(prepare, killed_at))
