"""The collection of contributions: a plain Parquet data set; add, withdraw, verify, count."""

from pkimm_analytics.collection.contributed import Appended, Collection, Info
from pkimm_analytics.collection.opened import PROFILE, Rows
from pkimm_analytics.collection.verification import Verification, verify

__all__ = ["PROFILE", "Appended", "Collection", "Info", "Rows", "Verification", "verify"]
