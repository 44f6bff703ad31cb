"""
Pseudonyms as whole numbers, for comparing millions of them without a Python text for each.

A tag folds the first 24 letters, 120 random bits, into 64 bits. Chance makes none of ten
million look alike, and whoever finds two alike compares the pseudonyms themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LETTERS = 26
"""Letters of a pseudonym."""

Tags = NDArray[np.uint64]


def tags_of(ids: Any) -> Tags:
    """
    Tag of each pseudonym.

    Parameters
    ----------
    ids : pyarrow.Array or ChunkedArray of string, shape (n,)
        Each of 26 letters.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Raises
    ------
    ValueError
        If one is missing or has another length.
    """
    chunks = ids.chunks if hasattr(ids, "chunks") else [ids]
    found = [_tags(chunk) for chunk in chunks if len(chunk)]
    return np.concatenate(found) if found else np.zeros(0, np.uint64)


def _tags(ids: Any) -> Tags:
    start = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset :][: len(ids) + 1]
    if ids.null_count or (np.diff(start) != LETTERS).any():
        raise ValueError("Expected pseudonyms of 26 letters.")
    raw = np.frombuffer(ids.buffers()[2], np.uint8)[start[0] : start[-1]]
    letters = np.ascontiguousarray(raw.reshape(-1, LETTERS)[:, :24])
    words = letters.view(np.uint64).reshape(-1, 3)
    mixed = words[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= words[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= words[:, 2] * np.uint64(0x165667B19E3779F9)
    return np.asarray(mixed)


def are_among(tags: Tags, ordered: Tags) -> NDArray[np.bool_]:
    """Tell which tags are among some others, which are in ascending order."""
    if not len(ordered):
        return np.zeros(len(tags), bool)
    place = np.minimum(np.searchsorted(ordered, tags), len(ordered) - 1)
    return np.asarray(ordered[place] == tags)


def n_repeated(tags: list[Tags]) -> int:
    """How many of all tags occur again."""
    every = np.sort(np.concatenate(tags)) if tags else np.zeros(0, np.uint64)
    return int((every[1:] == every[:-1]).sum())
