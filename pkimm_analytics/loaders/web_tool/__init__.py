"""Files and share links of the consortium's web self-assessment tool, read and written."""

from pkimm_analytics.loaders.web_tool.forms import (
    looks_like_yaml_export,
    read_link,
    read_storage,
    read_yaml_export,
    write_link,
    write_yaml_export,
)
from pkimm_analytics.loaders.web_tool.link import looks_like_link
from pkimm_analytics.loaders.web_tool.losses import (
    dropped_by_link,
    dropped_by_yaml,
    shown_otherwise,
)

__all__ = [
    "dropped_by_link",
    "dropped_by_yaml",
    "looks_like_link",
    "looks_like_yaml_export",
    "read_link",
    "read_storage",
    "read_yaml_export",
    "shown_otherwise",
    "write_link",
    "write_yaml_export",
]
