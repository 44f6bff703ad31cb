"""
The manifest: which files a collection consists of, and the checksum of each.

A change writes new files beside their places, names them in the manifest as **pending**
and then moves them there. Once the manifest names them, the change happens: whoever comes
next completes what a process that was killed had begun.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from pkimm_analytics.errors import CollectionError, PkimmError, Problem
from pkimm_analytics.files import read_json
from pkimm_analytics.records import ClosedRecord, Whole
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

NAME = "_manifest.json"
"""Readers of data sets pass over names that begin with a line or a dot."""

Count = Annotated[Whole, Field(ge=0, le=10**15)]
DataPath = Annotated[
    str, Field(pattern=r"^period=20[0-9]{2}Q[1-4]/part-(0|[1-9][0-9]{0,5})\.parquet$")
]


class DataFile(ClosedRecord):
    """One Parquet file, with rows of one quarter: how many, and how many of a kind."""

    rows: Count
    invented: Count
    verified: Count
    bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(ClosedRecord):
    """
    State of a collection.

    Parameters
    ----------
    id : str
        Random id of the collection.
    table : int
        Version of the table ``contributions``.
    scoring : str
        What the stored levels were made with: version of the scoring rules, and the
        digest of the columns, which follow the published editions.
    files : mapping of str to DataFile
        By path, such as ``period=2026Q3/part-0.parquet``.
    pending : mapping of str to DataFile or None
        Files of a change that is under way; None where one is removed.
    """

    FORMAT = "pkimm-collection/2"
    ERROR = CollectionError
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    table: Count
    scoring: Annotated[str, Field(pattern=r"^[0-9]{1,3}-[0-9a-f]{16}$")]
    files: Mapping[DataPath, DataFile] = Field(default_factory=dict)
    pending: Mapping[DataPath, DataFile | None] = Field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Contributions in all files."""
        return sum(file.rows for file in self.files.values())

    @property
    def is_invented(self) -> bool:
        """Whether nothing is genuine, so that there is nobody to vouch for or to protect."""
        return all(file.rows == file.invented for file in self.files.values())

    def settled(self) -> Manifest:
        """Return the manifest after its pending change."""
        files = {**self.files, **self.pending}
        kept = {path: file for path, file in sorted(files.items()) if file is not None}
        return self.replace(files=kept, pending={})


def period_of(path: str) -> str:
    """
    Quarter of the rows of a file.

    Examples
    --------
    >>> period_of("period=2026Q3/part-0.parquet")
    '2026Q3'
    """
    return path.split("/", maxsplit=1)[0].removeprefix("period=")


def beside(path: str) -> str:
    """
    Where a file is written before it is moved to its place.

    Examples
    --------
    >>> beside("period=2026Q3/part-0.parquet")
    'period=2026Q3/.part-0.parquet.new'
    """
    folder, name = path.split("/")
    return f"{folder}/.{name}.new"


def new_manifest(scoring: str, id_: str | None = None) -> Manifest:
    """Manifest of an empty collection."""
    return Manifest(id=id_ or secrets.token_hex(16), table=CONTRIBUTIONS_VERSION, scoring=scoring)


def load_manifest(content: bytes) -> Manifest:
    """
    Read a manifest.

    Raises
    ------
    CollectionError
        If it is damaged or not one of ours.
    """
    try:
        return Manifest.read(read_json(content, NAME), NAME)
    except PkimmError:
        raise CollectionError(
            "The manifest of the collection is damaged. Nothing was changed.",
            [Problem(NAME, "restore it from a backup; the files lie beside it")],
        ) from None
