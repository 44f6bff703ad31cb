"""Attacks on releases and on files: what could be learned from what was published."""

from pkimm_analytics.audit.artifacts import Secrets, check_manifest, scan_file, scan_folder
from pkimm_analytics.audit.findings import Finding, group_name
from pkimm_analytics.audit.suite import attack_release, attack_series, number_of_attacks
from pkimm_analytics.audit.truth import Rules, Truth, Vintage

__all__ = [
    "Finding",
    "Rules",
    "Secrets",
    "Truth",
    "Vintage",
    "attack_release",
    "attack_series",
    "check_manifest",
    "group_name",
    "number_of_attacks",
    "scan_file",
    "scan_folder",
]
