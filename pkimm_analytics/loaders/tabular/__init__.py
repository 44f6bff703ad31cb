"""Assessments from and to tables: CSV, data frames and our own xlsx, long and wide."""

from pkimm_analytics.loaders.tabular.delimited import looks_like_csv, read_csv
from pkimm_analytics.loaders.tabular.frames import read_frame
from pkimm_analytics.loaders.tabular.workbook import is_table_workbook, read_table_workbook
from pkimm_analytics.loaders.tabular.write import dropped_by_csv, write_csv
from pkimm_analytics.loaders.tabular.write_workbook import write_xlsx

__all__ = [
    "dropped_by_csv",
    "is_table_workbook",
    "looks_like_csv",
    "read_csv",
    "read_frame",
    "read_table_workbook",
    "write_csv",
    "write_xlsx",
]
