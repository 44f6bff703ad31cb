"""
Is a collection what it was when it was written: checksums, schema, values, duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass

from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.store.collection import Collection, leftovers
from pkimm_analytics.store.manifest import Part
from pkimm_analytics.store.parts import VERSION_KEY, PartGoneError, check_bytes, read_groups
from pkimm_analytics.store.rows import check_rows
from pkimm_analytics.store.storage import Storage
from pkimm_analytics.store.tags import Tags, n_repeated, tags_of
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

_TRIES = 50


@dataclass(frozen=True)
class Verification:
    """
    What was found.

    Parameters
    ----------
    contributions, parts : int
        That were checked.
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
    Check every byte of a collection.

    A writer may be at work meanwhile: parts that it replaced are not missed.

    Raises
    ------
    CollectionError
        If there is no collection, or its manifest is damaged or of another schema.
    """
    known: dict[Part, _Found] = {}
    manifest = collection.manifest()
    for _ in range(_TRIES):
        for part in manifest.parts:
            if part not in known:
                known[part] = _verify_part(collection.storage, part)
        before, manifest = manifest, collection.manifest()
        if before.parts == manifest.parts:
            break
    else:
        raise CollectionError("Others keep writing to the collection; try again.")
    found = [known[part] for part in manifest.parts]
    problems = [problem for one in found for problem in one.problems]
    n_twice = n_repeated([tags for one in found for tags in one.tags])
    if n_twice:
        problems.append(Problem("contribution", f"{n_twice} occur more than once"))
    left = leftovers(collection.storage, manifest)
    if left:
        message = f"{len(left)} file(s) of a writer that was stopped or is at work; not counted"
        problems.append(Problem("collection", message, refused=False))
    return Verification(manifest.rows, len(manifest.parts), tuple(problems))


@dataclass(frozen=True)
class _Found:
    """What was found in one part; parts never change, so it is looked at once."""

    problems: tuple[Problem, ...]
    tags: tuple[Tags, ...]


def _verify_part(storage: Storage, part: Part) -> _Found:
    problems: list[Problem] = []
    tags: list[Tags] = []
    try:
        check_bytes(storage, part)
    except PartGoneError as error:
        return _Found(error.problems, ())
    except CollectionError as error:
        problems += error.problems
    try:
        tags = _verify_rows(storage, part, problems)
    except CollectionError as error:
        problems += [p if part.path in p.where else _inside(part, p) for p in error.problems]
    return _Found(tuple(dict.fromkeys(problems)), tuple(tags))


def _inside(part: Part, problem: Problem) -> Problem:
    return Problem(f"{part.path}: {problem.where}", problem.message)


def _verify_rows(storage: Storage, part: Part, problems: list[Problem]) -> list[Tags]:
    """Check the rows of a part; return a tag for each contribution."""
    import pyarrow.compute as pc

    tags, n_rows = [], 0
    if _version(storage, part) not in (CONTRIBUTIONS_VERSION, None):
        problems.append(Problem(part.path, f"expected schema {CONTRIBUTIONS_VERSION}"))
    for group in read_groups(storage, part):
        checked = check_rows(group)
        problems += [Problem(f"{part.path}: {p.where}", p.message) for p in checked.problems]
        n_rows += group.num_rows
        if not pc.all(pc.equal(group.column("quarter"), part.period)).as_py():
            problems.append(Problem(part.path, "holds rows of another quarter"))
        tags.append(tags_of(checked.table.column("contribution")))
    if n_rows != part.rows:
        problems.append(Problem(part.path, f"holds {n_rows} rows, expected {part.rows}"))
    return tags


def _version(storage: Storage, part: Part) -> int | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with storage.open(part.path) as stream:
            metadata = pq.read_metadata(stream).metadata or {}
        return int(metadata.get(VERSION_KEY, b"-1"))
    except FileNotFoundError:
        raise PartGoneError("A part is missing.", [Problem(part.path, "is missing")]) from None
    except (pa.ArrowException, OSError, ValueError):
        return None
