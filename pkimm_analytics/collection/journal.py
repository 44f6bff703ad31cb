"""
The journal of a collection: lines that stay.

Each opening of rows leaves one (who, when, what for, how many rows), and so does each
refusal, with the reasons and nothing of what was refused.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import re
from typing import Any

from pkimm_analytics.anonymize.scrubber import looks_like
from pkimm_analytics.collection.place import Place
from pkimm_analytics.errors import CollectionError

NAME = "_journal.jsonl"


def note(place: Place, what: str, **more: Any) -> None:
    """Add a line; the caller holds the lock."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    line = json.dumps({"at": now, "who": _user(), "what": what, **more})
    place.write(NAME, _content(place) + line.encode() + b"\n")


def read_journal(place: Place) -> list[dict[str, Any]]:
    """
    All lines, the oldest first.

    Raises
    ------
    CollectionError
        If the journal is damaged.
    """
    try:
        lines = [json.loads(line) for line in _content(place).splitlines()]
    except ValueError:
        raise CollectionError("The journal of the collection is damaged.") from None
    return [line for line in lines if isinstance(line, dict)]


def about(contribution: str, commitment: str) -> str:
    """Hash of one content of a contribution: the journal outlives a withdrawal."""
    return hashlib.sha256(f"{contribution}\0{commitment}".encode()).hexdigest()[:16]


def decisions(place: Place) -> dict[str, str]:
    """Newest decision on each content of a contribution that was decided about."""
    lines = read_journal(place)
    return {line["about"]: line["decision"] for line in lines if line["what"] == "decided"}


def check_purpose(purpose: str) -> None:
    """
    Refuse a purpose that says nothing, or looks like a name.

    Raises
    ------
    CollectionError
        If it is not two or more different plain lower-case words.
    """
    words = {word for word in re.findall(r"[a-z]{2,}", purpose) if len(set(word)) > 1}
    plain = re.fullmatch(r"[a-z][a-z0-9 ,-]{4,79}", purpose) and not looks_like(purpose)
    if not plain or len(words) < 2:
        raise CollectionError(
            "Say again what the rows are opened for: two or more plain lower-case words, without"
            " names, such as 'yearly review'. The journal keeps them."
        )


def _content(place: Place) -> bytes:
    try:
        return place.read(NAME)
    except FileNotFoundError:
        return b""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the system's list
        return "unknown"
