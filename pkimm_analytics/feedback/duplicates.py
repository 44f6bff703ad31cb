"""
Near-duplicates: comments that say the same in other words, so that they are read once.

Near ones are joined, and what is joined to the same is one group. The measure proposes,
people decide. Comments on one element always share that element's words, so those do
not count; one respondent who says one thing about several elements is no finding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NEAR = {True: (0.48, 0.48), False: (0.60, 0.42)}
"""With a model of meaning or without: similarity of near comments, and of those on one element."""

BLOCK = 512
"""Texts that are compared with all others at a time."""
LEAST_WORDS = 4
"""Words that a text needs to be compared by words; "unclear" twice is no finding."""
LEAST_WORDS_OF_MEANING = 2
"""The same with a model, which reads the small words too."""


def near_duplicates(
    comments: pd.DataFrame, *, names: Callable[[str], str] | None = None
) -> pd.DataFrame:
    """
    Group comments that say nearly the same.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``; those without text, or with too few words that count, are left
        out.
    names : callable, optional
        Name of an element by its key; its words do not count in comments on it.

    Returns
    -------
    pandas.DataFrame
        One row for each comment in a group of two or more: ``group`` (1, 2, ..., the
        largest first), ``id``, ``element``, ``similarity`` (to the most similar other
        comment of the group). Groups keep the order in which comments were added.
    """
    import pandas as pd

    from pkimm_analytics.feedback.texts import content_words, plain, vectors
    from pkimm_analytics.feedback.texts import meanings as _meanings

    has_meaning = _meanings(["probe", "model"]) is not None
    said = comments[comments["text"].notna()].reset_index(drop=True)
    words = [
        content_words(plain(text), plain(names(element)) if names else "")
        for text, element in zip(said["text"], said["element"], strict=True)
    ]
    least = LEAST_WORDS_OF_MEANING if has_meaning else LEAST_WORDS
    places = np.flatnonzero([len(set(text.split())) >= least for text in words])
    kept = said.loc[places].reset_index(drop=True)
    table = pd.DataFrame(columns=["group", "id", "element", "similarity"])
    if len(kept) < 2:
        return table
    rows = vectors(list(kept["text"]), [words[place] for place in places])
    near = _near(rows, kept, *NEAR[has_meaning])
    best = near.max(axis=1).toarray().ravel()
    found = [
        (number, kept["id"][text], kept["element"][text], min(float(best[text]), 1.0))
        for number, group in enumerate(_groups(near), 1)
        for text in group
    ]
    return pd.DataFrame(found, columns=list(table.columns))


def _near(rows: Any, kept: pd.DataFrame, apart: float, on_one: float) -> Any:
    """Similarities of near pairs, sparse and symmetric."""
    import pandas as pd
    from scipy.sparse import coo_matrix, csr_matrix

    element = pd.factorize(kept["element"])[0]
    who = pd.factorize(kept["respondent"] + "\0" + kept["text"])[0]
    blocks = []
    for start in range(0, len(kept), BLOCK):
        block = csr_matrix(rows[start : start + BLOCK]) @ csr_matrix(rows).T
        pairs = block.tocoo()
        one, other = pairs.row + start, pairs.col
        limit = np.where(element[one] == element[other], on_one, apart)
        fits = (pairs.data >= limit) & (who[one] != who[other])
        blocks.append((one[fits], other[fits], pairs.data[fits]))
    one, other, data = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return coo_matrix((data, (one, other)), shape=(len(kept), len(kept))).tocsr()


def _groups(near: Any) -> list[list[int]]:
    """Join what is near to groups, the largest first; equal sizes by their first member."""
    from scipy.sparse.csgraph import connected_components

    _, labels = connected_components(near, directed=False)
    groups: dict[int, list[int]] = {}
    for text, label in enumerate(labels):
        groups.setdefault(int(label), []).append(text)
    several = [group for group in groups.values() if len(group) > 1]
    return sorted(several, key=lambda group: (-len(group), group[0]))
