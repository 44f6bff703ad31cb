"""The two official PKIMM workbooks, the full tool and the self tool."""

from pkimm_analytics.loaders.workbook.detection import read_workbook, sniff_workbook

__all__ = ["read_workbook", "sniff_workbook"]
