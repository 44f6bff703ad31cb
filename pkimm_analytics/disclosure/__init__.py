"""Aggregates to what may be shown, and why the rest may not."""

from pkimm_analytics.disclosure.contributions import (
    open_contributions,
    private_folder,
    read_records,
)
from pkimm_analytics.disclosure.history import History, Publication, forgetting, read_history
from pkimm_analytics.disclosure.making import Candidate, make_release
from pkimm_analytics.disclosure.plan import Plan, check_plan, load_plan
from pkimm_analytics.disclosure.policy import Policy, check_policy, load_policy
from pkimm_analytics.disclosure.publishing import Written, publish
from pkimm_analytics.disclosure.records import Records

__all__ = [
    "Candidate",
    "History",
    "Plan",
    "Policy",
    "Publication",
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
    "read_history",
    "read_records",
]
