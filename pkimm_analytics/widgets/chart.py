"""
A chart on a page: data for the browser's plotly, not a picture.

The chart is as high as it was drawn and as wide as its place.
"""

from __future__ import annotations

import json
from typing import Any

import ipywidgets

PLOTLY = "application/vnd.plotly.v1+json"


def chart_output(figure: Any) -> dict[str, Any]:
    """Return a figure as the output of a cell."""
    content = json.loads(figure.to_json())
    content["config"] = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
    return {
        "output_type": "display_data",
        "data": {PLOTLY: content, "text/plain": "chart"},
        "metadata": {},
    }


class ChartBox(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets ships no types
    """
    Place of a chart; without one it takes no room.

    Parameters
    ----------
    name : str
        Class by which the page finds the chart, such as to save it.
    """

    def __init__(self, name: str = "") -> None:
        self._output = ipywidgets.Output()
        super().__init__([self._output])
        self.add_class("pk-charts")
        if name:
            self.add_class(name)
        self.layout.margin = "8px 0"
        self.show(None)

    def show(self, figure: Any | None) -> None:
        """Show a figure, or nothing."""
        self.layout.display = None if figure is not None else "none"
        if figure is None:
            self._output.outputs = ()
            return
        self._output.layout.height = f"{figure.layout.height + 10}px"  # with padding and border
        self._output.outputs = (chart_output(figure),)
