"""
Peer groups: what a release says about them, and where one assessment stands among them.

Everything has an interval, and says so where two things cannot be told apart.
"""

from pkimm_analytics.benchmark.comparison import Comparison, Position, compare
from pkimm_analytics.benchmark.contrast import contrast
from pkimm_analytics.benchmark.internal import MARK, Internal, open_internal
from pkimm_analytics.benchmark.ladder import (
    IMPORTANCE,
    Ladder,
    code_label,
    cohort_of,
    peer_ladder,
)
from pkimm_analytics.benchmark.release import Benchmark, open_release

__all__ = [
    "IMPORTANCE",
    "MARK",
    "Benchmark",
    "Comparison",
    "Internal",
    "Ladder",
    "Position",
    "code_label",
    "cohort_of",
    "compare",
    "contrast",
    "open_internal",
    "open_release",
    "peer_ladder",
]
