"""A tidy table to a chart: one file for each kind; nothing is filtered or averaged here."""

from pkimm_analytics.charts.bars import bars
from pkimm_analytics.charts.burn_down import burn_down
from pkimm_analytics.charts.gaps import gaps
from pkimm_analytics.charts.groups import groups
from pkimm_analytics.charts.heatmap import heatmap
from pkimm_analytics.charts.interval_dots import interval_dots
from pkimm_analytics.charts.level_shares import level_shares
from pkimm_analytics.charts.level_strip import level_strip
from pkimm_analytics.charts.peer_trend import peer_trend
from pkimm_analytics.charts.quartiles import quartiles
from pkimm_analytics.charts.radar import radar
from pkimm_analytics.charts.steps import steps
from pkimm_analytics.charts.timeline import timeline
from pkimm_analytics.charts.waterfall import waterfall

__all__ = [
    "bars",
    "burn_down",
    "gaps",
    "groups",
    "heatmap",
    "interval_dots",
    "level_shares",
    "level_strip",
    "peer_trend",
    "quartiles",
    "radar",
    "steps",
    "timeline",
    "waterfall",
]
