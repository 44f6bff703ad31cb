"""Other people's formats to comments: forms, issues, mail, and JSON of the feedback form."""

from pkimm_analytics.loaders.feedback.columns import Column, ColumnMap, read_columns
from pkimm_analytics.loaders.feedback.reading import LoadedFeedback, load_feedback, propose

__all__ = ["Column", "ColumnMap", "LoadedFeedback", "load_feedback", "propose", "read_columns"]
