"""
Which data file of the 1.0.x web tool a map of ratings was made with.

Nothing in a link or file of 1.0.x names the model version, and three data files
number the categories differently: ``M.6`` is certificate management in two of them
and key management in the third. The set of keys settles it in nearly all cases,
because the tool always writes all of them. Where it does not, the description that
travels with each rating names its category; ``texts.csv`` knows every
official description by its fingerprint. Where neither settles it, several data
files remain and only what means the same in all of them is read.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class DataFile:
    """
    One published data file.

    Parameters
    ----------
    id : str
        For example ``data-1.0.0-site``.
    version : str
        Version of the model in it.
    keys : mapping of str to str
        Element key of each of its own keys, in its order.
    """

    id: str
    version: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """An official level description: the category and level it belongs to, and where it is used."""

    key: str
    level: int
    data_files: frozenset[str]


@dataclass(frozen=True, slots=True)
class Numbering:
    """
    What the keys of a map mean.

    Parameters
    ----------
    candidates : tuple of DataFile
        The data file, or those that cannot be told apart, the assumed one first.
    by : str
        What settled it: ``keys``, ``texts``, ``nothing`` or, for an empty map, ``empty``.
    """

    candidates: tuple[DataFile, ...]
    by: str

    @property
    def assumed(self) -> DataFile:
        """The data file, or the one that is assumed."""
        return self.candidates[0]

    def meanings(self, key: str) -> set[str]:
        """Element keys that a key of the tool stands for in the candidates."""
        return {file.keys[key] for file in self.candidates if key in file.keys}


@cache
def data_files() -> tuple[DataFile, ...]:
    """Return the three data files, the newest first."""
    files: dict[tuple[str, str], dict[str, str]] = {}
    for row in _rows("keys.csv"):
        files.setdefault((row["data_file"], row["version"]), {})[row["tool_key"]] = row["key"]
    found = [DataFile(id_, version, keys) for (id_, version), keys in files.items()]
    return tuple(sorted(found, key=lambda file: file.version, reverse=True))


@cache
def official_texts() -> dict[str, Text]:
    """Every official level description of 1.0.x, by its fingerprint."""
    return {
        row["fingerprint"]: Text(
            row["key"], int(row["level"]), frozenset(row["data_files"].split())
        )
        for row in _rows("texts.csv")
    }


def text_of(entry: Any) -> Text | None:
    """Official text that the description of an entry is, if it is one."""
    description = entry.get("description") if isinstance(entry, Mapping) else None
    if not isinstance(description, str) or not description.strip():
        return None
    return official_texts().get(fingerprint(description))


def fingerprint(text: str) -> str:
    """Short digest of a text that does not depend on case and white space."""
    squeezed = " ".join(text.lower().split())
    return hashlib.sha256(squeezed.encode("utf-8", "replace")).hexdigest()[:16]


def identify(progress: Mapping[str, Any]) -> Numbering | None:
    """
    Find the data file of a map of ratings.

    Parameters
    ----------
    progress : mapping of str to object
        Entries of the base model by the tool's key.

    Returns
    -------
    Numbering or None
        None if no key is known to any data file. An empty map is taken for the
        newest data file.
    """
    files = data_files()
    if not progress:
        return Numbering(files[:1], "empty")
    present = {key for key in progress if any(key in file.keys for file in files)}
    if not present:
        return None
    complete = [file for file in files if present >= file.keys.keys()]
    fitting = complete or [file for file in files if file.keys.keys() >= present]
    if len(fitting) == 1:
        return Numbering(tuple(fitting), "keys")
    agreeing = {file.id: _agreeing(progress, file) for file in fitting or files}
    most = max(agreeing.values())
    supported = [file for file in fitting or files if agreeing[file.id] == most]
    if len(supported) == 1:
        return Numbering(tuple(supported), "texts")
    supported.sort(key=lambda file: len(present & file.keys.keys()), reverse=True)
    return Numbering(tuple(supported), "nothing")


def _agreeing(progress: Mapping[str, Any], file: DataFile) -> int:
    """Count the descriptions that are those of a data file, under its keys."""
    texts = {key: text_of(entry) for key, entry in progress.items() if key in file.keys}
    return sum(
        text is not None and file.id in text.data_files and file.keys[key] == text.key
        for key, text in texts.items()
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    path = resources.files("pkimm_analytics.loaders.web_tool") / name
    yield from csv.DictReader(path.read_text(encoding="utf-8").splitlines())
