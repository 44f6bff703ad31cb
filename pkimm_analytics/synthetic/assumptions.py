"""
What synthetic organizations are made from; every number and word is in ``assumptions.yaml``.
"""

from __future__ import annotations

from importlib import resources
from types import SimpleNamespace

from pkimm_analytics.yaml_text import read_yaml

_FILE = resources.files("pkimm_analytics.synthetic") / "assumptions.yaml"

ASSUMED = SimpleNamespace(**read_yaml(_FILE.read_text("utf-8"), "assumptions.yaml"))
"""By the names in the file."""

QUARTERS: tuple[str, ...] = tuple(ASSUMED.quarters)
"""Quarters that are simulated unless others are asked for."""
