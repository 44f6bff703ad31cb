from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def accepted_by_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Let plotly check every chart of these tests whole; the charts leave that out for speed.
    """
    go = pytest.importorskip("plotly.graph_objects")
    from pkimm_analytics.charts import look

    def checked(*arguments: Any, **options: Any) -> Any:
        figure = go.Figure(*arguments, **options)
        go.Figure(figure.to_dict())
        return figure

    monkeypatch.setattr(look, "go", SimpleNamespace(Figure=checked))
