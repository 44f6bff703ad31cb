"""
Above, below, or not to be told from the middle of a group: with one error rate for a page.

A verdict is about the organizations like the peers, of whom more than half are at lower,
or at higher, levels. An organization in the middle everywhere is called above or below
anywhere in at most 5 of 100 cases: each measure has its share of the error rate
(Bonferroni), a larger one for the whole, which everybody reads first.
"""

from __future__ import annotations

from pkimm_analytics.benchmark.printed import Distribution, around
from pkimm_analytics.model import LEVELS
from pkimm_analytics.statistics import ERROR_RATE

ABOVE, BELOW, ALIKE = "above", "below", "not distinguishable"

ERRORS = {"overall": 0.4, "module": 0.02, "category": 0.02, "requirement": 0.1 / 150}
"""
Share of the error rate for one verdict of each kind: two parts in five for the whole, half
for up to 25 modules and categories, a tenth for up to 150 requirements.
"""


def verdict(peers: Distribution, level: int, kind: str = "overall") -> str:
    """Say whether more than half of the organizations like the peers are lower, or higher."""
    confidence = 1 - ERROR_RATE * ERRORS[kind]
    if around(peers.share(level).printed, peers.n, confidence).high <= 0.5:
        return ABOVE
    if around(peers.share(level + 1).printed, peers.n, confidence).low > 0.5:
        return BELOW
    return ALIKE


def is_telling(peers: Distribution) -> bool:
    """Whether any level of the whole would be called above or below the middle of a group."""
    return any(verdict(peers, level) != ALIKE for level in LEVELS)
