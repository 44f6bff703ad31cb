"""Other people's formats to comments: forms, issues, mail, and JSON of the feedback form."""

from pkimm_analytics.loaders.feedback.columns import (
    FIELDS,
    PER_ELEMENT,
    Column,
    ColumnMap,
    read_columns,
)
from pkimm_analytics.loaders.feedback.reading import (
    LoadedFeedback,
    load_feedback,
    propose,
    propose_form,
)

__all__ = [
    "FIELDS",
    "PER_ELEMENT",
    "Column",
    "ColumnMap",
    "LoadedFeedback",
    "load_feedback",
    "propose",
    "propose_form",
    "read_columns",
]
