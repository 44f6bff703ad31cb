"""Other people's formats to comments: form exports (CSV, xlsx), JSON, issue threads."""

from pkimm_analytics.loaders.feedback.columns import Column, ColumnMap, read_columns
from pkimm_analytics.loaders.feedback.reading import LoadedFeedback, load_feedback, propose

__all__ = ["Column", "ColumnMap", "LoadedFeedback", "load_feedback", "propose", "read_columns"]
