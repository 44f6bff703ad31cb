"""Attack T31: a manifest that does not say the truth, or says too much."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.release import MANIFEST_FILE, check_release

_PRIVATE = {
    *("assessors", "contributors", "decisions", "host", "key", "key_id", "n", "parents"),
    *("reason_by_group", "rounds", "seed", "true_n", "user"),
}


def check_manifest(folder: Path) -> list[Finding]:
    """T31: compare a release folder with its manifest, and look for private fields in that."""
    release, wrong = check_release(folder)
    told = set() if release is None else _names(release.manifest) & _PRIVATE
    wrong = wrong + [f"holds the private field {name}" for name in sorted(told)]
    return [Finding("T31", text, where=MANIFEST_FILE) for text in wrong]


def _names(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*(_names(inner) for inner in value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()
