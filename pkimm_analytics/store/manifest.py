"""
The manifest: which parts a collection consists of.

A part is committed when the manifest names it, and readers see nothing else. The
manifest is replaced as a whole, so each change happens entirely or not at all.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.files import read_json
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

FORMAT = "pkimm-collection/1"
NAME = "manifest.json"

_ID = re.compile(r"[0-9a-f]{32}")
_PATH = re.compile(r"period=20[0-9]{2}Q[1-4]/part-[0-9a-f]{32}\.parquet")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST = 10**15
"""More rows or bytes than any part can have."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    One Parquet file of a collection.

    Parameters
    ----------
    path : str
        ``period=2026Q3/part-<random>.parquet``.
    rows, bytes : int
    sha256 : str
    """

    path: str
    rows: int
    bytes: int
    sha256: str

    @property
    def period(self) -> str:
        """Quarter of all its rows."""
        return self.path.split("/")[0].removeprefix("period=")


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    State of a collection.

    Parameters
    ----------
    id : str
        Random id of the collection.
    schema : int
        Version of the table ``contributions`` in all parts.
    parts : tuple of Part
        By path.
    """

    id: str
    schema: int
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Contributions in all parts."""
        return sum(part.rows for part in self.parts)

    def changed(self, *, add: Iterable[Part] = (), remove: Iterable[Part] = ()) -> Manifest:
        """Return the manifest with parts added and removed."""
        gone = {part.path for part in remove}
        kept = [part for part in self.parts if part.path not in gone]
        return replace(self, parts=tuple(sorted([*kept, *add], key=lambda part: part.path)))


def new_manifest() -> Manifest:
    """Manifest of an empty collection."""
    return Manifest(secrets.token_hex(16), CONTRIBUTIONS_VERSION, ())


def dump_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as JSON with its own digest."""
    document = {"format": FORMAT, **asdict(manifest)}
    return (json.dumps({**document, "digest": _digest(document)}, indent=1) + "\n").encode()


def load_manifest(content: bytes) -> Manifest:
    """
    Read a manifest.

    Raises
    ------
    CollectionError
        If it is damaged or not one of ours.
    """
    try:
        document: Any = read_json(content, NAME)
        if document.pop("format") != FORMAT:
            raise ValueError
        if document.pop("digest") != _digest({"format": FORMAT, **document}):
            raise ValueError
        parts = tuple(Part(**part) for part in document.pop("parts"))
        return _checked(Manifest(parts=parts, **document))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CollectionError(
            "The manifest of the collection is damaged. Nothing was changed.",
            [Problem(NAME, "restore it from a backup; the parts lie beside it")],
        ) from None


def _checked(manifest: Manifest) -> Manifest:
    """
    Refuse what no writer of ours would have written.

    The digest is no secret, so a manifest may be well-formed and still name files
    outside the collection, or a part twice.
    """
    sound = _ID.fullmatch(manifest.id) and _is_count(manifest.schema)
    sound = sound and all(
        _PATH.fullmatch(part.path)
        and _SHA256.fullmatch(part.sha256)
        and _is_count(part.rows)
        and _is_count(part.bytes)
        for part in manifest.parts
    )
    if not sound or len({part.path for part in manifest.parts}) < len(manifest.parts):
        raise ValueError
    return manifest


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _digest(document: dict[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
