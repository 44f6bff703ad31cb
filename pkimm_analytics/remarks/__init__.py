"""What people remarked on the model and the process, and what the group decided."""

from pkimm_analytics.remarks.decision import DISPOSITIONS, Decision, describe_decision
from pkimm_analytics.remarks.document import FORMAT, dumps, read_remarks
from pkimm_analytics.remarks.place import (
    Added,
    Contact,
    Feedback,
    open_feedback,
    remarks_table,
)
from pkimm_analytics.remarks.remark import (
    FIELDS,
    KINDS,
    MAX_TEXT,
    MODEL,
    PROCESS,
    RATINGS,
    ROLES,
    WEIGHTS,
    Remark,
    remark_of,
)

__all__ = [
    "DISPOSITIONS",
    "FIELDS",
    "FORMAT",
    "KINDS",
    "MAX_TEXT",
    "MODEL",
    "PROCESS",
    "RATINGS",
    "ROLES",
    "WEIGHTS",
    "Added",
    "Contact",
    "Decision",
    "Feedback",
    "Remark",
    "describe_decision",
    "dumps",
    "open_feedback",
    "read_remarks",
    "remark_of",
    "remarks_table",
]
