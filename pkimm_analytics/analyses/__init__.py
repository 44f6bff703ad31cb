"""
Analyses for those who keep a collection: internal, each with its formula and its doubt.

Nothing here went through disclosure control. What of it may be public goes through a
release, as a planned measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pkimm_analytics.analyses.assurance_gap import assurance_gap
from pkimm_analytics.analyses.category_structure import category_structure
from pkimm_analytics.analyses.evidence import Evidence, evidence_of, read_evidence
from pkimm_analytics.analyses.extension_readiness import extension_readiness
from pkimm_analytics.analyses.findings import Findings
from pkimm_analytics.analyses.level_steps import level_steps
from pkimm_analytics.analyses.peer_profile import peer_profile
from pkimm_analytics.analyses.trend_parts import trend_parts
from pkimm_analytics.analyses.weight_sensitivity import weight_sensitivity

ANALYSES: Mapping[str, Callable[..., Findings]] = {
    "assurance-gap": assurance_gap,
    "trend-parts": trend_parts,
    "peer-profile": peer_profile,
    "category-structure": category_structure,
    "weight-sensitivity": weight_sensitivity,
    "level-steps": level_steps,
    "extension-readiness": extension_readiness,
}
"""All analyses by name; each takes the evidence and options of its own."""

__all__ = [
    "ANALYSES",
    "Evidence",
    "Findings",
    "assurance_gap",
    "category_structure",
    "evidence_of",
    "extension_readiness",
    "level_steps",
    "peer_profile",
    "read_evidence",
    "trend_parts",
    "weight_sensitivity",
]
