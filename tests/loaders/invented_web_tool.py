"""
Links and records as the web tool makes them, from an encoder of our own.

Nothing here uses the package, so that a mistake in its decoder is not repeated.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

PAGE = "https://tool.example/assessment/"


def _keys(**numbers: str) -> list[str]:
    return [f"{module}.{number}" for module, row in numbers.items() for number in row.split()]


BUNDLED = _keys(G="1 2 3 4", M="5 6 7 8", O="9 10 11 12", R="13 14 15")
SITE = _keys(G="1 2 3 4", M="5 6 8 9", O="15 13 7 12", R="10 11 14")
NEWER = _keys(G="1 2 3 4 5", M="6 7 8 9", O="10 11 12 13", R="14 15 16")


def ratings(keys: list[str], level: Any = 3, **entries: Any) -> dict[str, Any]:
    """Return a map of ratings of 1.0.x; `entries` replace levels, as in ``M_6=5``."""
    found = {key: {"level": level, "applicability": True} for key in keys}
    for name, value in entries.items():
        key = name.replace("_", ".")
        found[key] = value if isinstance(value, dict) else {"level": value, "applicability": True}
    return found


def off(level: Any = 3) -> dict[str, Any]:
    """Return an entry that was switched off."""
    return {"level": level, "result": "Not Applicable", "applicability": False}


def link(parameters: Mapping[str, bytes], page: str = PAGE) -> str:
    """Return a link from the bytes of its parameters."""
    pairs = (f"{k}={quote(base64.b64encode(v).decode(), safe='')}" for k, v in parameters.items())
    return f"{page}#{'&'.join(pairs)}"


def link_1(progress: Any, name: str = "", assessor: str = "", use_case: str = "") -> str:
    """Return a link of 1.0.x: one byte per character."""
    texts = {"assessmentName": name, "assessorName": assessor, "useCaseDescription": use_case}
    encoded = {key: text.encode("latin-1") for key, text in texts.items()}
    content = json.dumps(progress, ensure_ascii=False, separators=(",", ":")).encode("latin-1")
    return link({"progress": content, **encoded})


def link_2(
    progress: Any,
    requirements: Any = None,
    *,
    version: str = "2.0.0",
    enabled: Any = (),
    name: str = "",
) -> str:
    """Return a link of the 2.0.0 generation, with `full` if there are requirements."""
    head = {"stateSchemaVersion": 1, "dataVersion": version, "progress": progress}
    head["enabledExtensions"] = list(enabled)
    parameters = {"progress": json.dumps(head).encode(), "assessmentName": name.encode()}
    if requirements is not None:
        full = {"hashVersion": 2, "dataVersion": version, "requirementProgress": requirements}
        parameters["full"] = deflate(json.dumps(full).encode())
    return link(parameters)


def deflate(content: bytes) -> bytes:
    """Return raw-deflated bytes."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


def record(progress: Any, **fields: Any) -> dict[str, Any]:
    """Return a record of the 2.0.0 generation."""
    return {
        "stateSchemaVersion": 1,
        "dataVersion": "2.0.0",
        "name": "Invented",
        "id": "3f2b1c44-0000-4000-8000-000000000001",
        "progress": progress,
        "enabledExtensions": [],
        "assessmentName": "",
        "assessorName": "",
        "useCaseDescription": "",
        "meta": {
            "createdAt": "2026-05-01T08:00:00.000Z",
            "updatedAt": "2026-05-02T08:00:00.000Z",
        },
        "exportedAt": "2026-05-02T08:00:01.000Z",
        **fields,
    }


def rating(level: Any, **more: Any) -> dict[str, Any]:
    """Return an entry of the 2.0.0 generation."""
    return {"level": level, "applicability": True, **more}
