"""A tidy table to a plotly chart, for notebooks: levels, groups and trend of a release."""

from pkimm_analytics.charts.groups import groups
from pkimm_analytics.charts.level_shares import level_shares
from pkimm_analytics.charts.peer_trend import peer_trend

__all__ = ["groups", "level_shares", "peer_trend"]
