"""Assessments from and to tables, in any format and layout that people make."""

from pkimm_analytics.loaders.tabular.columns import TableColumns
from pkimm_analytics.loaders.tabular.plain import PlainLoaded, PlainRows
from pkimm_analytics.loaders.tabular.read import propose, read_book, read_frame, read_table
from pkimm_analytics.loaders.tabular.write import dropped_by_table, to_csv_text, write_csv
from pkimm_analytics.loaders.tabular.write_workbook import write_xlsx

__all__ = [
    "PlainLoaded",
    "PlainRows",
    "TableColumns",
    "dropped_by_table",
    "propose",
    "read_book",
    "read_frame",
    "read_table",
    "to_csv_text",
    "write_csv",
    "write_xlsx",
]
