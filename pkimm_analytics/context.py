"""
What has to be said with a figure: of how many, how sure, by which rule, of which text.

A figure that travels without it is repeated wrongly. Every shown figure can give its
own, in JSON, in views and in notebooks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """
    What belongs to one figure.

    Parameters
    ----------
    what : str
        Name of the figure.
    n : str or int
        Organizations behind it, as a band where it is published; empty for one's own.
    coverage, coverage_by_weight : float, optional
        Share of the questions in scope that are rated: each counts once, or by weight.
    edition, digest : str
        Text of the model that it was scored with.
    assurance : tuple of str
        Kinds of assessment that it combines.
    period : str
        Date, or quarter that it was computed for.
    rule : str
        How it was computed.
    interval : list of float, optional
        95% interval.
    release : str
        Id of the release that it is of.
    is_synthetic : bool
        Whether invented organizations count in it.
    """

    what: str
    n: str | int = ""
    coverage: float | None = None
    coverage_by_weight: float | None = None
    edition: str = ""
    digest: str = ""
    assurance: tuple[str, ...] = ()
    period: str = ""
    rule: str = ""
    interval: list[float | None] | None = None
    release: str = ""
    is_synthetic: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what is known, without what is not."""
        known = {name: value for name, value in asdict(self).items() if value not in ("", None, ())}
        del known["is_synthetic"]
        return {**known, "assurance": list(self.assurance), "synthetic": self.is_synthetic}
