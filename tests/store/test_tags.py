"""
Tags stand for pseudonyms where millions are compared.
"""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from pkimm_analytics.store.tags import are_among, n_repeated, tags_of

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def pseudonyms(n, seed=1):
    """Invent pseudonyms."""
    rng = random.Random(seed)  # noqa: S311  # invented
    return ["".join(rng.choices(LETTERS, k=26)) for _ in range(n)]


def test_different_pseudonyms_have_different_tags():
    """
    And the same ones the same tag, wherever they stand in whichever array.
    """
    ids = pseudonyms(2000)
    tags = tags_of(pa.array(ids))
    assert len(set(tags.tolist())) == 2000
    chunks = pa.chunked_array([ids[:7], [], ids[7:]], pa.string())
    assert tags_of(chunks).tolist() == tags.tolist()
    assert tags_of(pa.array(ids).slice(100, 50)).tolist() == tags[100:150].tolist()
    assert tags_of(pa.array([], pa.string())).tolist() == []


@pytest.mark.parametrize("ids", [["A" * 25], ["A" * 27], [""], [None], ["A" * 26, None]])
def test_what_is_no_pseudonym_has_no_tag(ids):
    """
    A text of another length, or none.
    """
    with pytest.raises(ValueError, match="26 letters"):
        tags_of(pa.array(ids, pa.string()))


def test_tags_are_found_among_others():
    """
    As a plain loop finds them; among none there is none.
    """
    tags = tags_of(pa.array(pseudonyms(300)))
    others = np.sort(np.concatenate([tags[::3], tags_of(pa.array(pseudonyms(50, 2)))]))
    assert are_among(tags, others).tolist() == [t in set(others.tolist()) for t in tags.tolist()]
    assert not are_among(tags, others[:0]).any()


def test_repeated_tags_are_counted():
    """
    In all arrays together.
    """
    tags = tags_of(pa.array(pseudonyms(10)))
    assert n_repeated([tags, tags[:3], tags[:1]]) == 4
    assert n_repeated([]) == 0
