"""
Counts are the same integers whoever counts, and those of a plain loop over exact fractions.
"""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.store import open_collection, open_raw
from pkimm_analytics.store.engines import ENGINES, check, score_counts
from pkimm_analytics.store.measures import answer_measures, scored_measures
from tests.store.invented import invented_table

MEASURES = [*scored_measures(), *answer_measures()[:3], "pqc:G.compliance"]
DIMENSIONS = ["sector", "region", "edition"]


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Two additions of all editions, whose dictionaries differ; some say no sector."""
    found = open_collection(tmp_path_factory.mktemp("engines"), create=True)
    found.append(invented_table(250, 1))
    found.append(invented_table(150, 2, ["2026Q1"]))
    return found


@pytest.fixture(scope="module")
def raw(collection):
    """Its rows."""
    return open_raw(collection, purpose="test of the engines")


@pytest.fixture(
    params=[
        "duckdb",
        *(pytest.param(name, marks=pytest.mark.spark) for name in ("spark", "spark-arrow")),
    ]
)
def engine(request):
    """An engine that is not the embedded kernel."""
    if request.param == "duckdb":
        pytest.importorskip("ibis")
        pytest.importorskip("duckdb")
        return request.param, None
    return request.param, request.getfixturevalue("spark")


def slow_values(row):
    """Score one row by exact fractions: -1 not applicable, None nothing to score."""
    model = shipped_model(row["edition"])
    found, weights = {}, {}
    for key, category in model.categories.items():
        rated = [(row[r.key], r.weight) for r in category.requirements if row[r.key] > 0]
        out = row[key] == -1 or all(row[r.key] == -1 for r in category.requirements)
        if out:
            found[key] = -1
        elif rated:
            found[key] = Fraction(sum(c * w for c, w in rated), sum(w for _, w in rated))
        else:
            found[key] = Fraction(row[key]) if row[key] > 0 else None
        weights[key] = category.weight
    groups = {m.id: [c.key for c in m.categories] for m in model.modules}
    for name, keys in {**groups, "overall": list(model.categories)}.items():
        terms = [(found[k], weights[k]) for k in keys if isinstance(found[k], Fraction)]
        total = sum(w for _, w in terms)
        found[name] = sum(v * w for v, w in terms) / total if terms else None
    return found


def slow_counts(table, dimensions, measures, unit):
    """Count the codes of all rows one by one."""
    counts = {}
    for row in table.to_pylist():
        values = slow_values(row)
        for measure in measures:
            value = values.get(measure) if measure in scored_measures() else row[measure]
            code = 0 if value is None else -1 if value == -1 else int(Fraction(value) * unit)
            key = (*(row[d] for d in dimensions), measure, code)
            counts[key] = counts.get(key, 0) + 1
    return counts


def as_mapping(found):
    """Counts that are not 0, by their values."""
    axes = [*found.dimensions.values(), found.measures, range(-1, 6)]
    pairs = zip(itertools.product(*axes), found.counts.ravel().tolist(), strict=True)
    return {key: n for key, n in pairs if n}


def rows_of(raw):
    """Rows as one table."""
    import pyarrow as pa

    return pa.concat_tables(raw.groups(dictionaries=()))


def test_the_embedded_kernel_counts_what_a_plain_loop_counts(raw):
    """
    Levels of every scored measure and some answers, all editions, full and self.
    """
    found = raw.count(DIMENSIONS, MEASURES)
    assert as_mapping(found) == slow_counts(rows_of(raw), DIMENSIONS, MEASURES, 1)


def test_scores_are_counted_in_ten_thousandths_rounded_down(raw):
    """
    Exactly, also where a score of many fractions lies on a border.
    """
    measures = ["overall", "M", "M.key-management", answer_measures()[0]]
    found = score_counts(raw, ["edition"], measures)
    counted = {tuple(row.values())[:3]: row["n"] for row in found.to_pylist()}
    assert counted == slow_counts(rows_of(raw), ["edition"], measures, 10_000)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_engine_gives_identical_integers(raw, engine):
    """
    The same cells, measures and codes, and not one more or less in any.
    """
    name, session = engine
    measures = ["overall", "M", "G.compliance", "R.awareness", MEASURES[-2], "pqc:G.compliance"]
    expected = raw.count(DIMENSIONS, measures)
    found = raw.count(DIMENSIONS, measures, name, session=session)
    assert found.dimensions == expected.dimensions
    assert found.measures == expected.measures
    np.testing.assert_array_equal(found.counts, expected.counts)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_engine_gives_identical_scores(raw, engine):
    """
    Scores too, in the same order of rows.
    """
    name, session = engine
    measures = ["overall", "R", "pqc:G.compliance"]
    found = score_counts(raw, ["role"], measures, name, session=session)
    assert found.equals(score_counts(raw, ["role"], measures))
    assert found.num_rows > 300


@pytest.mark.parametrize("engine_name", ["numpy", "duckdb"])
def test_no_dimension_counts_everybody(raw, engine_name):
    """
    One cell that holds all rows.
    """
    if engine_name == "duckdb":
        pytest.importorskip("duckdb")
    found = raw.count([], ["overall"], engine_name)
    assert found.counts.shape == (1, 7)
    assert found.counts.sum() == 400


@pytest.mark.parametrize("name", ENGINES)
def test_an_empty_collection_has_no_counts_on_any_engine(tmp_path, name):
    """
    Without a row there is no value either, and no engine is started.
    """
    empty = open_collection(tmp_path, create=True)
    empty.append(invented_table(1, 1))
    from dataclasses import replace

    nobody = replace(open_raw(empty, purpose="test without rows"), parts=())
    if name != "numpy":
        pytest.importorskip("pyspark" if "spark" in name else "duckdb")
    found = nobody.count(["sector"], ["overall"], name)
    assert found.dimensions == {"sector": ()}
    assert found.counts.shape == (0, 1, 7)


def test_all_marginals_follow_from_the_counts(raw):
    """
    The cube's value * is what counting without that dimension gives.
    """
    counts = raw.count(["sector", "assurance"], MEASURES)
    cube = counts.cube()
    assert cube.dimensions["sector"][-1] == "*"
    for place, names in [((-1, -1), []), ((slice(None, -1), -1), ["sector"])]:
        np.testing.assert_array_equal(cube.counts[place], raw.count(names, MEASURES).counts)
    np.testing.assert_array_equal(
        counts.over("assurance", "sector").counts.swapaxes(0, 1), counts.counts
    )


def test_counts_of_two_collections_add_up(tmp_path, raw):
    """
    Even if each has values that the other lacks.
    """
    parts = [invented_table(60, 5, ["2025Q1"]), invented_table(40, 6, ["2025Q2"])]
    both = open_collection(tmp_path / "both", create=True)
    found = []
    for number, table in enumerate(parts):
        one = open_collection(tmp_path / str(number), create=True)
        one.append(table)
        both.append(table)
        found.append(open_raw(one, purpose="one of two").count(["quarter", "sector"], MEASURES))
    expected = open_raw(both, purpose="both at once").count(["quarter", "sector"], MEASURES)
    total = found[0] + found[1]
    assert total.dimensions == expected.dimensions
    np.testing.assert_array_equal(total.counts, expected.counts)
    with pytest.raises(CollectionError, match="same dimensions"):
        total + raw.count(["sector"], MEASURES)


@pytest.mark.parametrize(
    ("dimensions", "measures", "engine_name"),
    [
        (["org"], ["overall"], "numpy"),
        (["sector", "sector"], ["overall"], "numpy"),
        (["sector"], [], "numpy"),
        (["sector"], ["commitment"], "numpy"),
        (["sector"], ["overall", "overall"], "numpy"),
        (["sector"], ["overall"], "excel"),
    ],
)
def test_what_cannot_be_counted_is_refused(raw, dimensions, measures, engine_name):
    """
    Pseudonyms are no dimension, and no column is counted that is no measure.
    """
    with pytest.raises(CollectionError, match="Expected"):
        raw.count(dimensions, measures, engine_name)


def test_an_engine_that_is_not_installed_is_named_with_its_remedy(monkeypatch):
    """
    And nothing is opened.
    """
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CollectionError, match=r"pip install 'pkimm-analytics\[spark\]'"):
        check(["sector"], ["overall"], "spark-arrow")


def test_the_embedded_kernel_starts_no_engine(collection):
    """
    Ibis, DuckDB and Spark are not imported unless they are asked for.
    """
    code = (
        "import sys; from pkimm_analytics.store import open_collection, open_raw;"
        "raw = open_raw(open_collection(sys.argv[1]), purpose='test of the imports');"
        "raw.count(['sector'], ['overall']);"
        "print(sorted({'ibis', 'duckdb', 'pyspark', 'scipy'} & set(sys.modules)))"
    )
    place = str(collection.storage.root)
    done = subprocess.run(
        [sys.executable, "-c", code, place], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_damaged_part_is_reported_by_every_engine_in_the_same_words(tmp_path):
    """
    What an engine says of it may show places, and is not repeated.
    """
    damaged = open_collection(tmp_path, create=True)
    damaged.append(invented_table(20, 3))
    raw = open_raw(damaged, purpose="test of damage")
    (tmp_path / raw.parts[0].path).write_bytes(b"not Parquet")
    for name in ["numpy", *(["duckdb"] if importlib.util.find_spec("duckdb") else [])]:
        with pytest.raises(CollectionError, match=r"damaged|could not count") as caught:
            raw.count(["sector"], ["overall"], name)
        assert str(tmp_path) not in str(caught.value)


def test_every_element_of_the_model_can_be_counted(raw):
    """
    The full axis in one go, with the totals of each measure.
    """
    measures = [*scored_measures(), *answer_measures()]
    assert {*axis().keys, *axis().relevance} <= set(measures)
    found = raw.count([], measures)
    assert set(found.counts.sum(axis=1).tolist()) == {400}


@pytest.mark.parametrize("name", ["numpy", "duckdb"])
def test_object_storage_is_counted_as_a_folder_is(collection, raw, name):
    """
    Through pyarrow's filesystem, also after it was carried to another process.
    """
    import pickle
    from dataclasses import replace

    from pyarrow import fs

    from pkimm_analytics.store.collection import Collection
    from pkimm_analytics.store.storage import ObjectStorage

    if name == "duckdb":
        pytest.importorskip("ibis")
        pytest.importorskip("duckdb")
    remote = ObjectStorage(fs.LocalFileSystem(), str(collection.storage.root))
    carried = pickle.loads(pickle.dumps(replace(raw, collection=Collection(remote))))  # noqa: S301  # our own
    found = carried.count(["sector", "quarter"], ["overall", "pqc:G.compliance"], name)
    expected = raw.count(["sector", "quarter"], ["overall", "pqc:G.compliance"])
    assert found.dimensions == expected.dimensions
    np.testing.assert_array_equal(found.counts, expected.counts)
