"""
A process that appends until it is told or killed; started by tests.

Arguments: collection, first seed, number of appends (0: without end). It prints the
pseudonyms of each append after that has been acknowledged.
"""

from __future__ import annotations

import itertools
import sys

from pkimm_analytics.collection import Collection, dataset
from tests.collection.invented import invented_table

dataset.FULL = 20  # so that new files begin often


def main() -> None:
    """Append three contributions at a time."""
    place, first, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    collection = Collection(place, create=True)
    for number in range(rounds) if rounds else itertools.count():
        table = invented_table(3, first + number, ["2026Q2", "2026Q3"])
        collection.append(table)
        sys.stdout.write(" ".join(table.column("contribution").to_pylist()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
