"""
Statistics: how sure one can be, and what is more than chance.

One interval for a share, one for a quantile, one for a mean, one adjustment for many
comparisons. They take counts and numbers, know nothing of maturity, and are the only
ones of this package: benchmarks, analyses and feedback use them alike. Those who took
part are taken as a random sample of those like them, which they are only as far as
taking part has nothing to do with what is measured.
"""

from pkimm_analytics.statistics.comparisons import (
    ERROR_RATE,
    adjusted,
    group_test,
    paired_test,
    superiority,
)
from pkimm_analytics.statistics.means import mean_interval, rank_interval, student_interval
from pkimm_analytics.statistics.quantiles import median_ranks, quantile_interval, quantile_ranks
from pkimm_analytics.statistics.shares import (
    CONFIDENCE,
    correlation_interval,
    difference_of_shares,
    printed_share_interval,
    share_interval,
)

__all__ = [
    "CONFIDENCE",
    "ERROR_RATE",
    "adjusted",
    "correlation_interval",
    "difference_of_shares",
    "group_test",
    "mean_interval",
    "median_ranks",
    "paired_test",
    "printed_share_interval",
    "quantile_interval",
    "quantile_ranks",
    "rank_interval",
    "share_interval",
    "student_interval",
    "superiority",
]
