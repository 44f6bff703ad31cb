"""
Is a collection what it was when it was written: checksums, schema, values, duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pkimm_analytics.collection.contributed import Collection
from pkimm_analytics.collection.contribution_rows import check_rows, given_schema
from pkimm_analytics.collection.manifest import NAME, DataFile, period_of
from pkimm_analytics.collection.measures import with_levels
from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.tables import COVERAGE, LEVEL


@dataclass(frozen=True)
class Verification:
    """
    What was found.

    Parameters
    ----------
    contributions, parts : int
        Contributions and files that were checked.
    problems : tuple of Problem
        Damage; with ``refused=False`` a remark on something harmless.
    """

    contributions: int
    parts: int
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        """Whether there is no damage."""
        return not any(problem.refused for problem in self.problems)


def verify(collection: Collection) -> Verification:
    """
    Check every byte of a collection; writers wait meanwhile.

    Raises
    ------
    CollectionError
        If there is no collection, its manifest is damaged, or other software wrote it.
    """
    problems: list[Problem] = []
    ids = []
    with collection.locked(writing=False) as manifest:
        for path, file in manifest.files.items():
            try:
                table = collection.read(path, file)
            except CollectionError as error:
                problems += error.problems
                continue
            problems += [Problem(f"{path}: {p.where}", p.message) for p in _of_rows(path, table)]
            ids.append(table.column("contribution"))
        strangers = _strangers(collection, manifest.files)
    every = pa.chunked_array([chunk for one in ids for chunk in one.chunks], pa.string())
    n_twice = len(every) - pc.count_distinct(every).as_py()
    if n_twice:
        problems.append(Problem("contribution", f"{n_twice} occur more than once"))
    return Verification(manifest.rows, len(manifest.files), (*problems, *strangers))


def _of_rows(path: str, table: Any) -> list[Problem]:
    """Check the rows of a file: values, quarter, and that levels are those of the answers."""
    given = table.select(given_schema().names)
    found = list(check_rows(given).problems)
    scored = [name for name in table.column_names if name.startswith((LEVEL, COVERAGE))]
    if not found and not with_levels(table.drop_columns(scored)).equals(table):
        found.append(Problem("levels", "are not those of the answers"))
    if not pc.all(pc.equal(table.column("quarter"), period_of(path))).as_py():
        found.append(Problem("quarter", "holds rows of another quarter"))
    return found


def _strangers(collection: Collection, files: dict[str, DataFile] | Any) -> list[Problem]:
    """Files of rows that the manifest does not name, which other programs would read."""
    found = [p for p in collection.place.files() if p.startswith("period=") and p not in files]
    shown = "a file that the manifest does not name; other programs would count its rows"
    return [Problem(NAME, f"{len(found)} file(s): {shown}")] if found else []
