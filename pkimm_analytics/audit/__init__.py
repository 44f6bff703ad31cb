"""Attacks on releases and on files: what could be learned from what was published."""

from pkimm_analytics.audit.artifacts import Secrets, scan_file, scan_folder
from pkimm_analytics.audit.changes import Vintage
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.manifests import check_manifest
from pkimm_analytics.audit.suite import Rules, attack_release, attack_series
from pkimm_analytics.audit.truth import Truth

__all__ = [
    "Finding",
    "Rules",
    "Secrets",
    "Truth",
    "Vintage",
    "attack_release",
    "attack_series",
    "check_manifest",
    "scan_file",
    "scan_folder",
]
