"""The Parquet collection: append, withdraw, verify, count."""

from pkimm_analytics.store.collection import Appended, Collection, Info, open_collection
from pkimm_analytics.store.counts import Counts
from pkimm_analytics.store.migration import migrate
from pkimm_analytics.store.raw import Raw, open_raw, record_groups, records
from pkimm_analytics.store.verification import Verification, verify

__all__ = [
    "Appended",
    "Collection",
    "Counts",
    "Info",
    "Raw",
    "Verification",
    "migrate",
    "open_collection",
    "open_raw",
    "record_groups",
    "records",
    "verify",
]
