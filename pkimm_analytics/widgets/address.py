"""
What the address of the benchmark page says: which view of the public data is shown.

It restores peer group, measures and view, so that a link can be shared. Nothing about
the reader's own organization is ever in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.benchmark.panels import measure_sets
from pkimm_analytics.organization import ALL
from pkimm_analytics.tables import OVERALL

VIEWS = {
    "levels": "Levels",
    "steps": "At a level or above",
    "quartiles": "Middle half",
    "groups": "Groups beside each other",
    "gaps": "Gaps",
    "trend": "Over time",
}
"""Key and name of each view, the distribution first."""


@dataclass(frozen=True)
class View:
    """
    What is shown.

    Parameters
    ----------
    cohort : mapping of str to str
        Peer group that was asked for.
    view : str
        Of :data:`VIEWS`.
    measures : str
        ``categories``, or the key of a category whose requirements are shown.
    measure : str
        Measure of the views that show one.
    level : int
        2 to 5, of the views that ask for a share at a level or above.
    by : str
        Dimension whose groups stand beside each other.
    """

    cohort: Mapping[str, str] = field(default_factory=dict)
    view: str = "levels"
    measures: str = "categories"
    measure: str = OVERALL
    level: int = 3
    by: str = ""

    def changed(self, name: str, value: str, bench: Benchmark) -> View:
        """
        Return the view with one part changed; the same view if the value is of no use.

        `name` is that of a part, or of a dimension of the peer group.
        """
        if name in bench.dimensions:
            cohort = {d: c for d, c in self.cohort.items() if d != name}
            if value in bench.codes(name):
                cohort[name] = value
            elif value != ALL:
                return self
            return replace(self, cohort={d: cohort[d] for d in bench.dimensions if d in cohort})
        if name == "level" and value in {"2", "3", "4", "5"}:
            return replace(self, level=int(value))
        allowed = {
            "view": views_of(bench),
            "by": bench.dimensions,
            "measure": bench.measures,
            "measures": measure_sets(bench, {}),
        }
        if value not in allowed.get(name, ()):
            return self
        parts: dict[str, Any] = {name: value}
        return replace(self, **parts)

    def to_text(self) -> str:
        """Write what the address has behind ``#``; what is as at the start is left out."""
        start = View()
        parts = {d: c for d, c in self.cohort.items() if c != ALL}
        for name in ("view", "measures", "measure", "level", "by"):
            value = getattr(self, name)
            if value and value != getattr(start, name):
                parts[name] = str(value)
        return urlencode(parts)


def views_of(bench: Benchmark) -> dict[str, str]:
    """Return the views that a release has, and their names: groups need a dimension."""
    return {key: name for key, name in VIEWS.items() if key != "groups" or bench.dimensions}


def view_from(text: str, bench: Benchmark) -> View:
    """Read what an address has behind ``#``; what the release does not know is left out."""
    view = View()
    for name, value in parse_qsl(text[:2000].replace("+", "%2B")):  # 5000+ written by hand
        view = view.changed(name, value, bench)
    return view
