"""
A chart on a page: data for the browser's plotly, not a picture.

The chart is as high as it was drawn and as wide as its place. Jupyter's own way of
showing a figure draws each anew, three times over, and makes a picture of it to be saved
with the notebook; here a figure that follows another is one message and one drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class ChartBox(anywidget.AnyWidget):
    """
    Place of a chart; without one it takes no room.

    Parameters
    ----------
    name : str
        Class by which the page finds the chart, such as to save it.

    Attributes
    ----------
    figure : str
        The figure that is shown as JSON, of traces and layout; empty without one.
    rehearsal : list of str
        Figures that the browser draws once, unseen.
    """

    _esm = Path(__file__).with_name("chart.js")

    figure = traitlets.Unicode("").tag(sync=True)
    rehearsal = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, name: str = "") -> None:
        super().__init__()
        if name:
            self.add_class(name)

    def show(self, figure: Any | None) -> None:
        """Show a figure, or nothing."""
        self.figure = "" if figure is None else figure.to_json()

    def rehearse(self, figures: Sequence[Any]) -> None:
        """Let the browser draw what may follow: the first figure of a kind takes longest."""
        self.rehearsal = [figure.to_json() for figure in figures]
