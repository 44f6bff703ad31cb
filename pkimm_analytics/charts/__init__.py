"""A tidy table to a chart: one file for each kind; nothing is filtered or averaged here."""

from pkimm_analytics.charts.bars import bars
from pkimm_analytics.charts.level_strip import level_strip
from pkimm_analytics.charts.radar import radar

__all__ = ["bars", "level_strip", "radar"]
