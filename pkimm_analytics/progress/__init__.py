"""One use case over time: what changed and why, and many use cases beside each other."""

from pkimm_analytics.progress.bridge import (
    PARTS,
    Bridge,
    Delta,
    Step,
    compare,
    like_for_like,
    score_state,
)

__all__ = [
    "PARTS",
    "Bridge",
    "Delta",
    "Step",
    "compare",
    "like_for_like",
    "score_state",
]
