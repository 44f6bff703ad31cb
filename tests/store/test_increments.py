"""
Kept counts: the same integers as a rescan, whatever happened to the collection meanwhile.
"""

from __future__ import annotations

import numpy as np
import pytest

from pkimm_analytics.anonymize import Receipt
from pkimm_analytics.anonymize.pseudonyms import commitment_of
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.store import open_collection, open_raw
from pkimm_analytics.store.codes import codes_in_memory
from pkimm_analytics.store.increments import FOLDER, count_by_quarter
from pkimm_analytics.store.measures import answer_measures, scored_measures
from tests.store.invented import invented_table, token_of

DIMENSIONS = ["sector", "quarter", "assurance"]
MEASURES = [*scored_measures()[:7], "pqc:G.compliance"]
QUARTERS = ["2026Q1", "2026Q2", "2026Q3"]


@pytest.fixture
def collection(tmp_path):
    """Three quarters of twenty rows each, more or less."""
    found = open_collection(tmp_path, create=True)
    found.append(invented_table(60, 1))
    return found


def raw_of(collection):
    """Rows as they are committed now."""
    return open_raw(collection, purpose="test of kept counts")


def kept(collection):
    """Names of counts that are kept."""
    return sorted(path for path in collection.storage.files() if path.startswith(FOLDER))


def check_counts(collection, n_kept, n_fresh):
    """Count both ways, and look at how it was done."""
    raw = raw_of(collection)
    found = count_by_quarter(raw, DIMENSIONS, MEASURES)
    expected = raw.count(DIMENSIONS, MEASURES)
    assert found.counts.dimensions == expected.dimensions
    np.testing.assert_array_equal(found.counts.counts, expected.counts)
    assert (found.kept, found.fresh) == (n_kept, n_fresh)


def test_an_addition_counts_its_quarter_only(collection):
    """
    The others are taken from what was kept.
    """
    check_counts(collection, 0, 3)
    check_counts(collection, 3, 0)
    collection.append(invented_table(30, 2, ["2026Q2"]))
    check_counts(collection, 2, 1)
    collection.append(invented_table(10, 3, ["2026Q4"]))
    check_counts(collection, 3, 1)


def test_a_withdrawal_deletes_the_counts_of_its_quarter_at_once(collection):
    """
    What was counted with the row is gone when the withdrawal returns.
    """
    check_counts(collection, 0, 3)
    before = kept(collection)
    row = invented_table(60, 1).slice(7, 1).to_pylist()[0]
    assert collection.withdraw([Receipt(row["contribution"], "", token_of(7))])[0] == 1
    gone = set(before) - set(kept(collection))
    assert [path.split("-")[0] for path in gone] == [f"{FOLDER}{row['quarter']}"]
    check_counts(collection, 2, 1)


def test_a_replacement_is_counted_once(collection):
    """
    Its quarter, and that of what it replaced, are counted anew.
    """
    import pyarrow as pa

    check_counts(collection, 0, 3)
    row = invented_table(60, 1).slice(0, 1)
    old = row.column("quarter")[0].as_py()
    new = next(quarter for quarter in QUARTERS if quarter != old)
    for name, value in {"quarter": new, "commitment": commitment_of(token_of(99))}.items():
        place = row.column_names.index(name)
        row = row.set_column(place, row.field(name), pa.array([value]))
    result = collection.append(row, prove=lambda _id, _earlier: token_of(0))
    assert result.replaced == 1
    check_counts(collection, 1, 2)


def test_merging_small_parts_changes_no_count(collection):
    """
    The parts are others, so they are counted again, with the same result.
    """
    collection.append(invented_table(30, 2, QUARTERS))
    check_counts(collection, 0, 3)
    collection.compact()
    assert kept(collection) == []
    check_counts(collection, 0, 3)


@pytest.mark.parametrize("damage", [b"", b"not Parquet"])
def test_damaged_counts_are_made_anew(collection, damage):
    """
    They cost time and nothing else.
    """
    check_counts(collection, 0, 3)
    collection.storage.write(kept(collection)[0], damage)
    check_counts(collection, 2, 1)


def test_counts_that_do_not_add_up_to_the_rows_are_made_anew(collection):
    """
    Such as those of another quarter under a wrong name.
    """
    check_counts(collection, 0, 3)
    names = kept(collection)
    sizes = {part.period: part.rows for part in raw_of(collection).parts}
    assert len(set(sizes.values())) > 1, "choose another seed"
    by_size = sorted(names, key=lambda name: sizes[name[len(FOLDER) :].split("-")[0]])
    collection.storage.write(by_size[0], collection.storage.read(by_size[-1]))
    check_counts(collection, 2, 1)


def test_other_dimensions_or_measures_are_other_counts(collection):
    """
    One set of kept counts never answers another question.
    """
    raw = raw_of(collection)
    count_by_quarter(raw, ["sector"], ["overall"])
    found = count_by_quarter(raw, ["size"], ["overall"])
    assert found.kept == 0
    np.testing.assert_array_equal(found.counts.counts, raw.count(["size"], ["overall"]).counts)
    assert count_by_quarter(raw, ["sector", "quarter"], ["overall"]).kept == 3


def test_a_place_that_cannot_be_written_to_is_no_obstacle(collection, monkeypatch):
    """
    Analysts may be allowed to read only.
    """

    def refuse(_path, _content):
        raise PermissionError

    monkeypatch.setattr(collection.storage, "write", refuse)
    check_counts(collection, 0, 3)
    check_counts(collection, 0, 3)


def test_a_collection_without_rows_has_no_quarters(tmp_path):
    """
    Nothing is kept of nothing.
    """
    from dataclasses import replace

    found = open_collection(tmp_path, create=True)
    found.append(invented_table(1, 1))
    nobody = replace(raw_of(found), parts=())
    assert count_by_quarter(nobody, ["sector"], ["overall"]).counts.counts.shape == (0, 1, 7)


# --- codes in memory ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        None,
        {},
        {"sector": {"finance"}},
        {"sector": {"finance", None}, "assurance": ["self"], "edition": {"2.0.0", "1.1.0"}},
        {"sector": set()},
        {"sector": {"nowhere"}},
    ],
)
def test_a_filter_in_memory_counts_what_the_parts_hold(collection, where):
    """
    Any number of measures, also when the last few do not fill their bits.
    """
    collection.append(invented_table(40, 2, ["2026Q1"]))
    raw = raw_of(collection)
    dimensions = ["sector", "assurance", "edition"]
    measures = [*scored_measures(), *answer_measures()[:2]]
    codes = codes_in_memory(raw, dimensions, measures)
    counts = raw.count(dimensions, measures)
    inside = [
        [i for i, v in enumerate(values) if not where or name not in where or v in where[name]]
        for name, values in counts.dimensions.items()
    ]
    every = [range(len(measures)), range(7)]
    expected = counts.counts[np.ix_(*inside, *every)].sum(axis=(0, 1, 2))
    found = codes.count(where)
    assert found.measures == tuple(measures)
    np.testing.assert_array_equal(found.counts, expected)
    assert len(codes) == 100


def test_a_row_takes_few_bytes(collection):
    """
    The profile 4, each five measures 2: 14 for the 21 measures of an edition.
    """
    codes = codes_in_memory(raw_of(collection), ["sector", "size"], list(scored_measures()))
    assert codes.nbytes == 60 * (4 + 2 * -(-len(scored_measures()) // 5))


def test_a_filter_by_what_was_not_loaded_is_refused(collection):
    """
    It would otherwise let everybody in.
    """
    codes = codes_in_memory(raw_of(collection), ["sector"], ["overall"])
    with pytest.raises(CollectionError, match="Expected dimensions of sector"):
        codes.count({"size": {"5000+"}})
