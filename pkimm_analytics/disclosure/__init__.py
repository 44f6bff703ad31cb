"""Aggregates to what may be shown, and why the rest may not."""

from pkimm_analytics.disclosure.noisy_release import publish_with_noise
from pkimm_analytics.disclosure.plan import Plan, check_plan, load_plan
from pkimm_analytics.disclosure.policy import Policy, check_policy, load_policy
from pkimm_analytics.disclosure.records import Records, read_records
from pkimm_analytics.disclosure.release import Candidate, make_release
from pkimm_analytics.disclosure.sources import open_contributions, private_folder
from pkimm_analytics.disclosure.state import forgetting
from pkimm_analytics.disclosure.table import BENCHMARK
from pkimm_analytics.disclosure.writing import Written, publish, release_folders

__all__ = [
    "BENCHMARK",
    "Candidate",
    "Plan",
    "Policy",
    "Records",
    "Written",
    "check_plan",
    "check_policy",
    "forgetting",
    "load_plan",
    "load_policy",
    "make_release",
    "open_contributions",
    "private_folder",
    "publish",
    "publish_with_noise",
    "read_records",
    "release_folders",
]
