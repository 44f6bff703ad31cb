"""The two official PKIMM workbooks, the full tool and the self tool."""

from pkimm_analytics.loaders.workbook.detection import is_workbook, read_workbook, sniff_workbook

__all__ = ["is_workbook", "read_workbook", "sniff_workbook"]
