"""
A process that appends and compacts until it is told or killed; started by tests.

Arguments: collection, first seed, number of appends (0: without end). It prints the
pseudonyms of each append after that has been acknowledged.
"""

from __future__ import annotations

import itertools
import sys

from pkimm_analytics.store import collection as collection_file
from pkimm_analytics.store import open_collection
from tests.store.invented import invented_table

collection_file.SMALL_PARTS = 6  # so that merging happens often


def main() -> None:
    """Append three contributions at a time."""
    place, first, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    collection = open_collection(place, create=True)
    for number in range(rounds) if rounds else itertools.count():
        table = invented_table(3, first + number, ["2026Q2", "2026Q3"])
        collection.append(table)
        sys.stdout.write(" ".join(table.column("contribution").to_pylist()) + "\n")
        sys.stdout.flush()
        if number % 5 == 4:
            collection.compact()


if __name__ == "__main__":
    main()
