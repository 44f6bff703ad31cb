"""
Themes of free text: comments that speak of the same thing, and what they say.

Near comments are joined to groups. A theme explains itself by the words that set it
apart from all other comments and by the comments nearest to its middle; nothing is named
by a machine that could invent something. Where groups are no clearer than chance, it
says so. For analysts: a theme shows text.
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
N_TERMS = 5
N_REPRESENTATIVES = 3
SAMPLE = 2_000
"""Texts that are grouped with each other; further ones join the nearest group."""
CLEAR = 0.15
"""Mean silhouette from which groups are clear, and below which they are only a hint."""
LEAST_CLEAR = 0.03
"""Mean silhouette below which there are no clear themes."""


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
        keys that it speaks of most). Empty without clear themes.
    members : pandas.DataFrame
        One row for each text: ``id`` and ``theme``; 0 is no theme.
    quality : float
        Mean silhouette, -1 to 1: how clearly the groups differ. NaN without groups.
    """

    themes: pd.DataFrame
    members: pd.DataFrame
    quality: float

    @property
    def clearness(self) -> str:
        """``clear``, ``vague``, ``none`` (no clear themes), or ``few`` (too few texts)."""
        if np.isnan(self.quality):
            return "few"
        if self.quality < LEAST_CLEAR:
            return "none"
        return "clear" if self.quality >= CLEAR else "vague"


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
    import pandas as pd

    from pkimm_analytics.feedback.texts import content_words, plain, vectors

    said = comments[comments["text"].notna()].reset_index(drop=True)
    words = [content_words(plain(text)) for text in said["text"]]
    usable = np.flatnonzero([bool(text) for text in words])
    groups, quality = np.zeros(len(said), int), float("nan")
    table = pd.DataFrame(columns=["theme", "n", "terms", "representatives", "elements"])
    if len(usable) >= max(LEAST_TEXTS, n_themes or 0):
        rows = vectors([said["text"][i] for i in usable], [words[i] for i in usable])
        groups[usable], quality = _grouped(rows, n_themes)
        groups = _by_size(groups)
        if quality >= LEAST_CLEAR or n_themes:
            table = _explained(said.loc[usable], rows, [words[i] for i in usable], groups[usable])
        else:
            groups[:] = 0
    return Themes(table, pd.DataFrame({"id": said["id"], "theme": groups}), quality)


def _grouped(rows: Any, n_themes: int | None) -> tuple[NDArray[np.int64], float]:
    """Return a group from 1 for each text, and the mean silhouette."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_score

    n = rows.shape[0]
    rng = np.random.default_rng(SEED)
    sample = np.sort(rng.choice(n, min(n, SAMPLE), replace=False))
    dense = rows[sample].toarray() if hasattr(rows, "toarray") else rows[sample]
    best, labels = -1.0, np.zeros(len(sample), int)
    for size in [n_themes] if n_themes else range(2, min(MOST_THEMES, n // 4) + 1):
        model = AgglomerativeClustering(size, metric="cosine", linkage="average")
        tried = model.fit_predict(dense)
        score = float(silhouette_score(dense, tried, metric="cosine"))
        if score > best:
            best, labels = score, tried
    middles = np.array([dense[labels == g].mean(axis=0) for g in range(labels.max() + 1)])
    near = np.asarray(rows @ middles.T) / np.maximum(np.linalg.norm(middles, axis=1), 1e-9)
    everything = near.argmax(axis=1)
    everything[sample] = labels
    return everything + 1, best


def _by_size(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Renumber groups from 1 by falling size; equal sizes by their first text. 0 stays."""
    found, first, n = np.unique(groups, return_index=True, return_counts=True)
    order = sorted((-n[i], first[i], group) for i, group in enumerate(found) if group)
    names = {group: place for place, (_, _, group) in enumerate(order, 1)}
    return np.array([names.get(group, 0) for group in groups], np.int64)


def _explained(
    said: pd.DataFrame, rows: Any, words: Sequence[str], groups: NDArray[np.int64]
) -> pd.DataFrame:
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(tokenizer=str.split, token_pattern=None, sublinear_tf=True)
    weights = counter.fit_transform(words)
    terms = counter.get_feature_names_out()
    whole = np.asarray(weights.mean(axis=0)).ravel()
    table = []
    for theme in range(1, int(groups.max(initial=0)) + 1):
        inside = np.flatnonzero(groups == theme)
        middle = np.asarray(weights[inside].mean(axis=0)).ravel()
        telling = np.argsort(whole - middle, kind="stable")[:N_TERMS]
        center = np.asarray(rows[inside].mean(axis=0)).ravel()
        nearest = np.argsort(-np.asarray(rows[inside] @ center).ravel(), kind="stable")
        elements = said["element"].iloc[inside].value_counts()
        order = sorted(elements.items(), key=lambda pair: (-pair[1], str(pair[0])))
        table.append(
            {
                "theme": theme,
                "n": len(inside),
                "terms": tuple(str(terms[t]) for t in telling if middle[t] > whole[t]),
                "representatives": tuple(said["id"].iloc[inside[nearest[:N_REPRESENTATIVES]]]),
                "elements": tuple(str(key) for key, _ in order[:N_REPRESENTATIVES]),
            }
        )
    return pd.DataFrame(table)
