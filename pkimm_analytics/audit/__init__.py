"""Attacks on releases and on files: what could be learned from what was published."""

from pkimm_analytics.audit.artifacts import Secrets, scan_file, scan_folder
from pkimm_analytics.audit.findings import Finding, Group
from pkimm_analytics.audit.manifests import check_manifest
from pkimm_analytics.audit.published import Cell, Interval, Published, from_columns, read_release
from pkimm_analytics.audit.successive import Vintage
from pkimm_analytics.audit.suite import Rules, attack_release, attack_series
from pkimm_analytics.audit.truth import Truth

__all__ = [
    "Cell",
    "Finding",
    "Group",
    "Interval",
    "Published",
    "Rules",
    "Secrets",
    "Truth",
    "Vintage",
    "attack_release",
    "attack_series",
    "check_manifest",
    "from_columns",
    "read_release",
    "scan_file",
    "scan_folder",
]
