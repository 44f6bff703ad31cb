"""
Near-duplicates: comments that say the same in other words, so that they are read once.

Two comments are near if they share enough of the parts of words that are rare among all
comments. Near ones are joined, and what is joined to the same is one group. The measure
knows letters and no meaning: it proposes, people decide. Comments of one element always
share that element's words, so those do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NEAR = 0.6
"""Similarity from which two comments are near, 0 (nothing shared) to 1 (the same)."""
NEAR_ON_ONE_ELEMENT = 0.42
"""The same for comments on one element, which are more likely to mean the same."""

BLOCK = 512
"""Texts that are compared with all others at a time."""
MOST_FREQUENT = 0.2
"""Terms in a larger share of the texts say nothing about two of them."""
KEPT_TERMS = 24
"""Weightiest terms of a text that look for candidates; all its terms decide."""
LEAST_WORDS = 4
"""Words that a text needs to be compared; "unclear" and "unclear!" are no finding."""


def near_duplicates(
    comments: pd.DataFrame,
    *,
    names: Callable[[str], str] | None = None,
) -> pd.DataFrame:
    """
    Group comments that say nearly the same.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``; those without text, or with fewer than :data:`LEAST_WORDS`
        words that count, are left out.
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

    from pkimm_analytics.feedback.texts import plain

    said = comments[comments["text"].notna()].reset_index(drop=True)
    texts = [
        _content(plain(text), plain(names(element)) if names else "")
        for text, element in zip(said["text"], said["element"], strict=True)
    ]
    counted = np.array([len(set(text.split())) >= LEAST_WORDS for text in texts], bool)
    places = np.flatnonzero(counted)
    elements = pd.factorize(said["element"])[0][places]
    pairs = {
        pair: similarity
        for pair, similarity in similar_pairs(
            [texts[place] for place in places], NEAR_ON_ONE_ELEMENT
        ).items()
        if similarity >= NEAR or elements[pair[0]] == elements[pair[1]]
    }
    best: dict[int, float] = {}
    for (one, other), similarity in pairs.items():
        for text in (one, other):
            best[text] = max(best.get(text, 0.0), similarity)
    rows = [
        (number, said["id"].iloc[place], said["element"].iloc[place], best[text])
        for number, group in enumerate(joined(pairs), 1)
        for text in group
        for place in [int(places[text])]
    ]
    return pd.DataFrame(rows, columns=["group", "id", "element", "similarity"])


def _content(text: str, name: str) -> str:
    """Words of a text that say something, without those of the element's own name."""
    import re

    from pkimm_analytics.feedback.texts import STOP_WORDS, WORD

    own = set(re.findall(WORD, name))
    words = re.findall(WORD, text)
    return " ".join(w for w in words if w not in STOP_WORDS and w not in own)


def similar_pairs(texts: Sequence[str], near: float) -> dict[tuple[int, int], float]:
    """
    Find all pairs of texts that are near.

    Parameters
    ----------
    texts : sequence of str
        Words that count, with blanks between.
    near : float

    Returns
    -------
    dict of (int, int) to float
        Similarity by places in `texts`, the smaller place first.
    """
    if len(texts) < 2:
        return {}
    vectors = _vectors(texts)
    rare = _heaviest(vectors)
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(texts), BLOCK):
        block = rare[start : start + BLOCK]
        shared = (block @ rare.T).tocoo()
        # The weightiest terms carry most of a similarity; half of it makes a candidate.
        likely = (shared.data >= near / 2) & (shared.row + start < shared.col)
        ones, others = shared.row[likely] + start, shared.col[likely]
        exact = np.asarray(vectors[ones].multiply(vectors[others]).sum(axis=1)).ravel()
        for one, other, similarity in zip(ones, others, exact, strict=True):
            if similarity >= near:
                found[int(one), int(other)] = min(float(similarity), 1.0)
    return found


def _vectors(texts: Sequence[str]) -> Any:
    """Half the weight on words, half on parts of words; rows of length 1."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    most = MOST_FREQUENT if len(texts) >= 50 else 1.0
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True, max_df=most)
    words = TfidfVectorizer(tokenizer=str.split, token_pattern=None, sublinear_tf=True, max_df=most)
    return normalize(hstack([words.fit_transform(texts), parts.fit_transform(texts)]).tocsr())


def _heaviest(vectors: Any) -> Any:
    """Keep the weightiest terms of each row."""
    from scipy.sparse import csr_matrix

    data, columns, starts = [], [], [0]
    for row in range(vectors.shape[0]):
        inside = slice(vectors.indptr[row], vectors.indptr[row + 1])
        weights = vectors.data[inside]
        order = np.argsort(-weights, kind="stable")[:KEPT_TERMS]
        data.append(weights[order])
        columns.append(vectors.indices[inside][order])
        starts.append(starts[-1] + len(order))
    return csr_matrix(
        (np.concatenate(data), np.concatenate(columns), np.array(starts)), shape=vectors.shape
    )


def joined(pairs: Mapping[tuple[int, int], Any]) -> list[list[int]]:
    """
    Join pairs to groups: what is joined to the same is one.

    Returns
    -------
    list of list of int
        The largest group first; equal sizes by their first member.

    Examples
    --------
    >>> joined({(0, 3): 1, (3, 5): 1, (1, 2): 1})
    [[0, 3, 5], [1, 2]]
    """
    parent: dict[int, int] = {}

    def root(item: int) -> int:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, other in pairs:
        a, b = sorted((root(one), root(other)))
        parent[b] = a
    groups: dict[int, list[int]] = {}
    for item in sorted(parent):
        groups.setdefault(root(item), []).append(item)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0]))
