"""Changes of weights for the next edition, as a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pkimm_analytics.feedback.wording import Change
from pkimm_analytics.model import Model
from pkimm_analytics.render.markdown import markdown
from pkimm_analytics.views.view import Block, Table, Text, View

if TYPE_CHECKING:
    import pandas as pd

HEADER = ("Element", "Key", "Now", "New", "Respondents' choice", "95 percent", "n")


def weights_table(accepted: Sequence[Change], chosen: pd.DataFrame, model: Model) -> str:
    """
    Write accepted weights, and beside them what respondents would choose.

    Parameters
    ----------
    accepted : sequence of Change
        Accepted changes of weights.
    chosen : pandas.DataFrame
        As :func:`.chosen_weights` returns them.
    model : Model
        Edition that is changed.

    Returns
    -------
    str
        Markdown: accepted changes, then weights that differ for certain and are not
        decided yet.
    """
    known = {str(row.element): row for row in chosen.itertuples()}
    weights = {key: c.weight for key, c in model.categories.items()}
    weights |= {key: r.weight for key, r in model.requirements.items()}

    def row(key: str, new: str) -> tuple[str, ...]:
        found = known.get(key)
        choice = ("", "", "") if found is None else _choice(found)
        return (model.name(key), key, str(weights.get(key, "")), new, *choice)

    decided = tuple(row(change.element, change.value) for change in accepted)
    new = {change.element for change in accepted}
    waiting = tuple(row(k, "") for k, found in known.items() if found.differs and k not in new)
    blocks: list[Block] = [
        Table(caption, HEADER, rows, frozenset({2, 3, 4, 6})) if rows else Text(none)
        for caption, rows, none in (
            ("Accepted", decided, "No change of a weight is accepted."),
            ("Not decided yet", waiting, "No other weight differs beyond its interval."),
        )
    ]
    title = f"Weights for the edition after PKIMM {model.version}"
    return markdown(View(title, "", tuple(blocks)))


def _choice(found: object) -> tuple[str, str, str]:
    return (
        str(getattr(found, "chosen", "")),
        f"{getattr(found, 'chosen_from', '')} to {getattr(found, 'chosen_to', '')}",
        str(getattr(found, "n", "")),
    )
