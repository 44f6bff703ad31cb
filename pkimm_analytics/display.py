"""
How results show themselves: one line as text, a view in a notebook.

A result names the function that makes its view; it is looked up when the result is shown,
so that what computes never imports what draws.
"""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar


class Shown:
    """
    A result that a notebook shows as a view.

    Attributes
    ----------
    VIEW : str
        Where its view is made: ``pkimm_analytics.views.scores:score_view``.
    """

    __slots__ = ()
    VIEW: ClassVar[str]

    def _repr_html_(self) -> str:
        place, _, name = self.VIEW.partition(":")
        view = getattr(import_module(place), name)(self)
        html: str = import_module("pkimm_analytics.render.html").notebook(view)
        return html
