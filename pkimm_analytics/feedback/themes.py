"""
Themes of free text: comments that speak of the same thing, and what they say.

Comments become weighted words, and k-means puts near ones together. A theme explains
itself by the terms that set it apart from all other comments and by the comments nearest
to its middle. Nothing is named by a machine that could invent something. For analysts:
a theme shows text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

LEAST_TEXTS = 12
"""Texts below which there are no themes, only comments to read."""
MOST_THEMES = 12
SEED = 0
N_TERMS = 8
N_REPRESENTATIVES = 3
SAMPLE = 2_000
"""Texts that the number of themes is judged by."""


@dataclass(frozen=True)
class Themes:
    """
    Themes of the texts of a round.

    Parameters
    ----------
    themes : pandas.DataFrame
        One row for each theme, the largest first: ``theme`` (1, 2, ...), ``n``,
        ``terms`` (tuple of str, the most telling first), ``representatives`` (tuple of
        comment ids, the nearest to its middle first), ``elements`` (tuple of the element
        keys that it speaks of most).
    members : pandas.DataFrame
        One row for each text: ``id`` and ``theme``; 0 is no theme, for texts without
        words that count.
    quality : float
        Mean silhouette, -1 to 1: how clearly the themes differ. NaN without themes.
    """

    themes: pd.DataFrame
    members: pd.DataFrame
    quality: float


def find_themes(comments: pd.DataFrame, n_themes: int | None = None) -> Themes:
    """
    Group the texts of comments by what they speak of.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``; those without text are left out.
    n_themes : int, optional
        How many themes; without it, the number from 2 to :data:`MOST_THEMES` with the
        clearest differences (largest mean silhouette).

    Returns
    -------
    Themes
        The same comments give the same themes, without a network.

    References
    ----------
    P. J. Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and
    validation of cluster analysis", Journal of Computational and Applied Mathematics 20.
    """
    from pkimm_analytics.feedback.texts import plain, word_vectors

    said = comments[comments["text"].notna()].reset_index(drop=True)
    vectors, terms = word_vectors([plain(text) for text in said["text"]])
    usable = np.asarray(vectors.getnnz(axis=1) > 0)
    groups = np.zeros(len(said), int)
    quality = float("nan")
    if usable.sum() >= max(LEAST_TEXTS, n_themes or 0):
        groups[usable], quality = _cluster(vectors[usable], n_themes)
    groups = _by_size(groups)
    return Themes(_explain(said, vectors, terms, groups), _members(said, groups), quality)


def _members(said: pd.DataFrame, groups: NDArray[np.int64]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"id": said["id"].to_numpy(), "theme": groups})


def _cluster(vectors: Any, n_themes: int | None) -> tuple[NDArray[np.int64], float]:
    """Return a group from 1 for each text, and the mean silhouette."""
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(SEED)
    n = vectors.shape[0]
    sample = np.sort(rng.choice(n, min(n, SAMPLE), replace=False))
    sizes = [n_themes] if n_themes else range(2, min(MOST_THEMES, n // 4) + 1)
    best: tuple[float, NDArray[np.int64]] | None = None
    for size in sizes:
        with threadpool_limits(1):  # sums in one order, and no waiting on a busy machine
            labels = _k_means(vectors, size)
        distinct = len(set(labels[sample].tolist()))
        fits = 1 < distinct < len(sample)
        score = float(silhouette_score(vectors[sample], labels[sample])) if fits else -1.0
        if best is None or score > best[0]:
            best = (score, labels)
    score, labels = best or (float("nan"), np.zeros(n, int))
    return labels + 1, score


def _k_means(vectors: Any, size: int) -> NDArray[np.int64]:
    """Cluster; large rounds in batches, so that time grows with the number of texts."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    if vectors.shape[0] > 5 * SAMPLE:
        kind = MiniBatchKMeans(size, n_init=3, random_state=SEED, batch_size=4096)
    else:
        kind = KMeans(size, n_init=3, random_state=SEED)
    return np.asarray(kind.fit_predict(vectors), np.int64)


def _by_size(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Renumber groups from 1 by falling size; equal sizes by their first text. 0 stays."""
    found, first, n = np.unique(groups, return_index=True, return_counts=True)
    order = sorted((-n[i], first[i], group) for i, group in enumerate(found) if group)
    names = {group: place for place, (_, _, group) in enumerate(order, 1)}
    return np.array([names.get(group, 0) for group in groups], np.int64)


def _explain(
    said: pd.DataFrame, vectors: Any, terms: Sequence[str], groups: NDArray[np.int64]
) -> pd.DataFrame:
    import pandas as pd

    rows = []
    whole = np.asarray(vectors.mean(axis=0)).ravel() if len(said) else np.zeros(0)
    for theme in range(1, int(groups.max(initial=0)) + 1):
        inside = np.flatnonzero(groups == theme)
        middle = np.asarray(vectors[inside].mean(axis=0)).ravel()
        telling = np.argsort(whole - middle, kind="stable")
        nearest = np.argsort(-(vectors[inside] @ middle), kind="stable")
        elements = said["element"].iloc[inside].value_counts()
        order = sorted(elements.items(), key=lambda pair: (-pair[1], str(pair[0])))
        rows.append(
            {
                "theme": theme,
                "n": len(inside),
                "terms": _apart([str(terms[t]) for t in telling if middle[t] > whole[t]]),
                "representatives": tuple(said["id"].iloc[inside[nearest[:N_REPRESENTATIVES]]]),
                "elements": tuple(str(key) for key, _ in order[:N_REPRESENTATIVES]),
            }
        )
    return pd.DataFrame(rows, columns=["theme", "n", "terms", "representatives", "elements"])


def _apart(terms: Sequence[str]) -> tuple[str, ...]:
    """Take the first terms; one whose words all stand there already says nothing new."""
    taken: list[str] = []
    seen: set[str] = set()
    for term in terms:
        words = set(term.split())
        if len(taken) < N_TERMS and not words <= seen:
            taken.append(term)
            seen |= words
    return tuple(taken)
