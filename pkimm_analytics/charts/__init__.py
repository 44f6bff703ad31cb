"""A tidy table to a chart: one file for each kind; nothing is filtered or averaged here."""

from pkimm_analytics.charts.bars import bars
from pkimm_analytics.charts.burn_down import burn_down
from pkimm_analytics.charts.diverging import diverging_bars
from pkimm_analytics.charts.heatmap import heatmap
from pkimm_analytics.charts.level_strip import level_strip
from pkimm_analytics.charts.radar import radar
from pkimm_analytics.charts.timeline import timeline
from pkimm_analytics.charts.waterfall import waterfall

__all__ = [
    "bars",
    "burn_down",
    "diverging_bars",
    "heatmap",
    "level_strip",
    "radar",
    "timeline",
    "waterfall",
]
