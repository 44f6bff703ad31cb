"""
Analyses for those who keep a collection: internal, each with its formula and its uncertainty.

Nothing here went through disclosure control. What of it may be public goes through a
release, as a planned measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pkimm_analytics.analyses.findings import Findings
from pkimm_analytics.analyses.groups import level_steps, peer_profile
from pkimm_analytics.analyses.pairs import assurance_gap
from pkimm_analytics.analyses.readiness import extension_readiness
from pkimm_analytics.analyses.trend import trend_parts
from pkimm_analytics.benchmark.evidence import in_preference, read_evidence

ANALYSES: Mapping[str, Callable[..., Findings]] = {
    "assurance-gap": assurance_gap,
    "trend-parts": trend_parts,
    "peer-profile": peer_profile,
    "level-steps": level_steps,
    "extension-readiness": extension_readiness,
}
"""All analyses by name; each takes the evidence and options of its own."""

__all__ = [
    "ANALYSES",
    "Findings",
    "assurance_gap",
    "extension_readiness",
    "in_preference",
    "level_steps",
    "peer_profile",
    "read_evidence",
    "trend_parts",
]
