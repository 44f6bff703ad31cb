"""Aggregates to what may be shown, and why the rest may not."""

from pkimm_analytics.disclosure.making import Candidate, make_release
from pkimm_analytics.disclosure.plan import Plan, check_plan, load_plan
from pkimm_analytics.disclosure.policy import Policy, check_policy, load_policy
from pkimm_analytics.disclosure.publishing import Written, publish
from pkimm_analytics.disclosure.records import Records, read_records
from pkimm_analytics.disclosure.sources import open_contributions, private_folder
from pkimm_analytics.disclosure.state import forgetting

__all__ = [
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
    "read_records",
]
