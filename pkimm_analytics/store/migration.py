"""
Collections of earlier schemas: one function from each version to the next.

The functions take a table of one version and return that of the next. When
``CONTRIBUTIONS_VERSION`` changes, one is added here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.store.collection import Collection
from pkimm_analytics.store.manifest import Part
from pkimm_analytics.store.parts import read_part, write_parts
from pkimm_analytics.store.rows import check_rows
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

Step = Callable[[Any], Any]

STEPS: Mapping[int, Step] = {}
"""By version that a step starts from. Version 1 is the first that was published."""


def migrate(collection: Collection, steps: Mapping[int, Step] = STEPS) -> int:
    """
    Bring a collection to the schema of this software, all of it or nothing.

    Returns
    -------
    int
        The version that it had.

    Raises
    ------
    CollectionError
        If it is newer than this software, a step is missing, or a row would be lost.
    """
    with collection._changing(any_schema=True) as manifest:
        version = manifest.schema
        if version == CONTRIBUTIONS_VERSION:
            return version
        missing = [v for v in range(version, CONTRIBUTIONS_VERSION) if v not in steps]
        if version > CONTRIBUTIONS_VERSION or missing:
            raise CollectionError(
                f"Schema {version} cannot be brought to {CONTRIBUTIONS_VERSION}."
                " Nothing was changed."
            )
        written: list[Part] = []
        for part in manifest.parts:
            table = read_part(collection.storage, part, any_schema=True)
            for number in range(version, CONTRIBUTIONS_VERSION):
                table = steps[number](table)
            written += write_parts(collection.storage, _checked(table, part))
        changed = manifest.changed(add=written, remove=manifest.parts)
        collection._commit(replace(changed, schema=CONTRIBUTIONS_VERSION), manifest.parts)
    return version


def _checked(table: Any, part: Part) -> Any:
    checked = check_rows(table)
    if checked.problems or checked.table.num_rows != part.rows:
        raise CollectionError(
            "A part does not fit the new schema. Nothing was changed.",
            [Problem(f"{part.path}: {p.where}", p.message) for p in checked.problems],
        )
    return checked.table
