"""
Texts as numbers: weighted words and parts of words, offline and the same every time.

Words that many comments share say little and weigh little (TF-IDF). Parts of words make
"inventories" near "inventory" in any language that is written with letters, without a
dictionary of any.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

WORD = r"(?u)\b[^\W\d_]{3,}\b"
"""A word: three letters or more."""

STOP_WORDS = frozenset(ENGLISH_STOP_WORDS)
"""English words that say nothing; those of other languages lose weight by being frequent."""

LONGEST = 4_000
"""Characters of a text that are looked at; more say nothing new about its theme."""


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


def word_vectors(texts: Sequence[str]) -> tuple[Any, Any]:
    """
    Weigh words and pairs of words.

    Parameters
    ----------
    texts : sequence of str
        As :func:`plain` returns them.

    Returns
    -------
    tuple of (csr_matrix of shape (n_texts, n_terms), ndarray of str)
        Rows of length 1, or 0 where a text has no term that counts; and the terms.
    """
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        token_pattern=WORD,
        ngram_range=(1, 2),
        stop_words=sorted(STOP_WORDS),
        sublinear_tf=True,
        min_df=2 if len(texts) >= 20 else 1,
        max_features=20_000,
    )
    try:
        vectors = vectorizer.fit_transform(texts)
    except ValueError:  # no text has a word that counts
        return csr_matrix((len(texts), 0)), []
    return vectors, vectorizer.get_feature_names_out()
