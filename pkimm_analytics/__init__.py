"""
Analytics for the PKI Maturity Model: what is most often needed, by one name each.

>>> import pkimm_analytics as pk
>>> pk.score  # doctest: +ELLIPSIS
<function score at ...>

Each name is imported when it is first used, so that ``import pkimm_analytics`` costs
nothing. Everything else has its place in the folders below.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkimm_analytics.assessment import Assessment
    from pkimm_analytics.benchmark import compare, open_release
    from pkimm_analytics.collection import Collection
    from pkimm_analytics.loaders import read as load
    from pkimm_analytics.planning.roadmap import plan
    from pkimm_analytics.progress import compare as what_changed
    from pkimm_analytics.reports import build as report
    from pkimm_analytics.scoring import score
    from pkimm_analytics.widgets.assess import Questionnaire
    from pkimm_analytics.widgets.benchmark import BenchmarkPage
    from pkimm_analytics.widgets.feedback import FeedbackPage
    from pkimm_analytics.widgets.home import HomePage
    from pkimm_analytics.widgets.results import ResultsPage
    from pkimm_analytics.workspace import Workspace

_PLACES = {
    "Assessment": "assessment:Assessment",
    "BenchmarkPage": "widgets.benchmark:BenchmarkPage",
    "Collection": "collection:Collection",
    "FeedbackPage": "widgets.feedback:FeedbackPage",
    "HomePage": "widgets.home:HomePage",
    "Questionnaire": "widgets.assess:Questionnaire",
    "ResultsPage": "widgets.results:ResultsPage",
    "Workspace": "workspace:Workspace",
    "compare": "benchmark:compare",
    "load": "loaders:read",
    "open_release": "benchmark:open_release",
    "plan": "planning.roadmap:plan",
    "report": "reports:build",
    "score": "scoring:score",
    "what_changed": "progress:compare",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"pkimm_analytics offers no {name}; it offers {', '.join(__all__)}")
    place, _, inside = _PLACES[name].partition(":")
    return getattr(import_module(f"pkimm_analytics.{place}"), inside)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


__all__ = [
    "Assessment",
    "BenchmarkPage",
    "Collection",
    "FeedbackPage",
    "HomePage",
    "Questionnaire",
    "ResultsPage",
    "Workspace",
    "compare",
    "load",
    "open_release",
    "plan",
    "report",
    "score",
    "what_changed",
]
