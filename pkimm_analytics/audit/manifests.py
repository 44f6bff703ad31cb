"""
Attack T31: a manifest that does not say the truth, or says too much.

Every number in it is computed again from the files beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.published import MANIFEST_FILE, TABLE_FILE, Published, read_release
from pkimm_analytics.errors import PkimmError

_PRIVATE = {
    *("assessors", "contributors", "decisions", "host", "key", "key_id", "n", "parents"),
    *("reason_by_group", "rounds", "seed", "true_n", "user"),
}


def check_manifest(folder: Path) -> list[Finding]:
    """T31: recompute hashes and totals of a release folder, and look for private fields."""
    try:
        wrong = read_checked(folder)[2]
        return [Finding("T31", text, where=MANIFEST_FILE) for text in wrong]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, PkimmError):
        return [Finding("T31", "no readable manifest and table", where=MANIFEST_FILE)]


def read_checked(folder: Path) -> tuple[Published, Mapping[str, Any], list[str]]:
    """
    Read a release folder once.

    Returns
    -------
    tuple of Published, mapping and list of str
        Table, manifest, and what is wrong with it. Whatever is not even of the right
        form raises one of many errors; :func:`check_manifest` takes them all.
    """
    document = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    release = read_release(folder)
    return release, document, _wrong(folder, document, release)


def _wrong(folder: Path, document: Mapping[str, Any], release: Published) -> list[str]:
    stated = {entry["name"]: entry["sha256"] for entry in document["files"]}
    actual = {p.name for p in folder.iterdir()} - {MANIFEST_FILE}
    wrong = [
        f"{name} is in the folder or the manifest, not in both"
        for name in sorted(actual ^ set(stated))
    ]
    wrong += [
        f"the hash of {name} is not that of the file"
        for name in sorted(actual & set(stated))
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != stated[name]
    ]
    digest = hashlib.sha256((folder / TABLE_FILE).read_bytes()).hexdigest()
    if document["release"] != f"{document['quarter']}-{digest[:12]}":
        wrong.append("the id of the release does not follow from its table")
    if document["totals"] != totals(release, document["quarter"]):
        wrong.append("totals are not those of the table")
    if document["audit"]["findings"] != 0:
        wrong.append("it was published with findings")
    wrong += [f"holds the private field {name}" for name in sorted(_names(document) & _PRIVATE)]
    return wrong


def totals(release: Published, quarter: str) -> dict[str, int]:
    """
    Count the groups of a release: in all, published, withheld, and published but carried forward.

    They follow from the public rows alone, so that stating them gives nothing away.
    """
    dates: dict[Any, set[str]] = {group: set() for group in release.all_groups}
    for (group, _), cell in release.cells.items():
        if not cell.withheld:
            dates[group].add(cell.as_of)
    published = [found for found in dates.values() if found]
    return {
        "groups": len(dates),
        "published": len(published),
        "withheld": len(dates) - len(published),
        "published_carried_forward": sum(quarter not in found for found in published),
    }


def _names(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*(_names(inner) for inner in value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()
