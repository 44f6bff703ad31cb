"""
The consortium's own files, which lie beside the checkout where they are at hand.

The variable ``PKIMM_OFFICIAL_FILES`` names another folder.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(
    os.environ.get("PKIMM_OFFICIAL_FILES") or Path(__file__).resolve().parents[2] / "shared"
)
CONFORMANCE = SHARED / "conformance"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the official files are not at hand")
