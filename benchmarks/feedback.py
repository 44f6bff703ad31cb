"""
Growth with the number of comments: what ten times as many cost.

    python benchmarks/feedback.py [most comments]

A round is measured at a tenth of the comments and at all of them, side by side in one
process, in seconds of the processor, which other programs do not disturb. A ratio near 10
is growth in proportion. No time is asserted, because machines differ; what both sizes return is.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pkimm_analytics.feedback import Comment, open_feedback
from pkimm_analytics.feedback.alarms import alarms
from pkimm_analytics.feedback.consensus import split_opinions
from pkimm_analytics.feedback.coverage import coverage
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.likert import likert
from pkimm_analytics.feedback.themes import find_themes
from pkimm_analytics.model import load_model

MODEL = load_model("2.0.0")
KEYS = [*MODEL.categories, *MODEL.requirements]
WORDS = " ".join(r.title for r in MODEL.requirements.values()).split()
TEXT_SHARE = 0.1
OF_ONE = 30
"""Comments of one respondent."""


def a_round(n: int) -> list[Comment]:
    """Invent `n` comments, one in ten with a text of words that are drawn for it."""
    rng = np.random.default_rng(n)
    return [
        Comment(
            round="2026Q4",
            respondent=f"RESPONDENT{i // OF_ONE:06}",
            edition=MODEL.version,
            element=KEYS[i * 7 % len(KEYS)],
            role=("operator", "assessor", "vendor")[i // OF_ONE % 3],
            clarity=int(rng.integers(1, 6)),
            relevance=int(rng.integers(1, 6)),
            weight=("too-low", "right", "right", "too-high")[int(rng.integers(4))],
            text=f"{' '.join(rng.choice(WORDS, 12))} {i}" if rng.random() < TEXT_SHARE else None,
        )
        for i in range(n)
    ]


def measure(n: int, folder: Path) -> dict[str, float]:
    """Seconds of each step for `n` comments."""
    comments, place, seconds = a_round(n), open_feedback(folder / str(n)), {}

    def timed(name, action):
        start = time.process_time()
        result = action()
        seconds[name] = time.process_time() - start
        return result

    assert timed("append", lambda: place.append(comments)).added == n
    assert timed("append again", lambda: place.append(comments)).added == 0
    table = timed("read", place.comments)
    assert timed("coverage", lambda: coverage(table, MODEL)).n_comments == n
    assert timed("likert", lambda: likert(table, "clarity"))["n"].sum() <= n
    timed("consensus", lambda: split_opinions(table, "weight"))
    timed("alarms", lambda: alarms(table))
    timed("near-duplicates", lambda: near_duplicates(table, names=MODEL.name))
    timed("themes", lambda: find_themes(table))
    return seconds


def main() -> None:
    """Print seconds at both sizes and the ratio between them."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        measure(1_000, Path(folder))  # libraries are loaded before anything is measured
        small, large = (measure(n, Path(folder)) for n in (most // 10, most))
    print(f"{'':18}{most // 10:>12,}{most:>12,}{'ratio':>8}")
    for name, seconds in large.items():
        print(f"{name:18}{small[name]:11.2f}s{seconds:11.2f}s{seconds / small[name]:8.1f}")


if __name__ == "__main__":
    main()
