"""Other people's formats to assessments, one file for each; detection by content."""

from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.sources import Source, find_sources, load, read

__all__ = ["Loaded", "Source", "find_sources", "load", "read"]
