"""
The collection of contributions: a plain Parquet data set; add, withdraw, verify, count.

Names are looked up when they are used, so that what only asks for measures loads no Arrow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkimm_analytics.collection.contributed import Appended, Collection, Info
    from pkimm_analytics.collection.opened import Rows
    from pkimm_analytics.collection.verification import Verification, verify

__all__ = ["Appended", "Collection", "Info", "Rows", "Verification", "verify"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    places = {"Rows": "opened", "Verification": "verification", "verify": "verification"}
    return getattr(import_module(f"{__name__}.{places.get(name, 'contributed')}"), name)
