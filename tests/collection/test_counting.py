"""
Counts are the same integers whoever counts, and those of a plain loop over exact fractions.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from fractions import Fraction

import pandas as pd
import pyarrow as pa
import pytest

from pkimm_analytics.collection import Collection
from pkimm_analytics.collection.counting import CODES
from pkimm_analytics.collection.measures import answer_measures, scored_measures
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_model
from tests.collection.invented import invented_table

MEASURES = [*scored_measures(), *answer_measures()[:3], "pqc:G.compliance"]
DIMENSIONS = ["sector", "region", "edition"]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Two additions of all editions; some say no sector."""
    found = Collection(tmp_path_factory.mktemp("counting"), create=True)
    found.append(invented_table(250, 1))
    found.append(invented_table(150, 2, ["2026Q1"]))
    return found.open_rows(purpose="test of the engines")


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


def slow_counts(table, dimensions, measures):
    """Count the codes of all rows one by one."""
    counts = {}
    for row in table.to_pylist():
        values = slow_values(row)
        for measure in measures:
            value = values.get(measure) if measure in scored_measures() else row[measure]
            code = 0 if value is None else -1 if value == -1 else int(Fraction(value))
            key = (*(row[d] for d in dimensions), measure, code)
            counts[key] = counts.get(key, 0) + 1
    return counts


def as_mapping(counts, dimensions):
    """Counts that are not 0, by their values."""
    found = {}
    for row in counts.to_dict("records"):
        cell = [None if pd.isna(row[d]) else row[d] for d in dimensions]
        for code, name in CODES.items():
            found[*cell, row["measure"], code] = row[name]
    return {key: n for key, n in found.items() if n}


@pytest.mark.parametrize("dimensions", [DIMENSIONS, ["quarter"], []])
def test_counts_are_those_of_a_plain_loop(rows, dimensions):
    """
    Every scored measure and some answers, all editions, full and self.
    """
    table = pa.concat_tables(rows.tables())
    counts = rows.count(dimensions, MEASURES, least=0)
    assert as_mapping(counts, dimensions) == slow_counts(table, dimensions, MEASURES)
    assert (counts["n"] == counts[[f"level_{n}" for n in range(1, 6)]].sum(axis=1)).all()


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("dimensions", [DIMENSIONS, []])
def test_spark_gives_identical_integers(rows, spark, dimensions):
    """
    The same cells in the same order, and not one more or less in any.
    """
    measures = ["overall", "M", "G.compliance", "R.awareness", MEASURES[-2], "pqc:G.compliance"]
    for least in (0, 80):
        expected = rows.count(dimensions, measures, least=least)
        found = rows.count(dimensions, measures, "spark", least=least, session=spark)
        pd.testing.assert_frame_equal(found, expected)


def test_too_little_coverage_is_nothing_to_count(rows):
    """
    Of the whole and of modules; categories and requirements count as they are.
    """
    measures = ["overall", "M", "M.key-management"]
    frame = rows.to_pandas()
    every = rows.count([], measures, least=0).set_index("measure")
    some = rows.count([], measures).set_index("measure")
    for measure in measures[:2]:
        rated = frame[measure].notna()
        assert some["n"][measure] == (rated & (frame["coverage:" + measure] >= 80)).sum()
    assert some["n"]["overall"] < every["n"]["overall"]
    assert some.loc[measures[2]].equals(every.loc[measures[2]])


def test_an_empty_collection_has_no_counts_and_starts_no_engine(tmp_path):
    """
    Everybody is nobody.
    """
    empty = Collection(tmp_path, create=True)
    with empty.locked(create=True):
        pass
    nobody = empty.open_rows(purpose="test without rows")
    assert nobody.count(["sector"], ["overall"]).empty
    assert nobody.count([], ["overall", "M"])["n"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("dimensions", "measures", "engine"),
    [
        (["org"], ["overall"], "duckdb"),
        (["sector", "sector"], ["overall"], "duckdb"),
        (["sector"], [], "duckdb"),
        (["sector"], ["commitment"], "duckdb"),
        (["sector"], ["overall", "overall"], "duckdb"),
        (["sector"], ["overall"], "excel"),
    ],
)
def test_what_cannot_be_counted_is_refused(rows, dimensions, measures, engine):
    """
    Pseudonyms are no dimension, and no column is counted that is no measure.
    """
    with pytest.raises(CollectionError, match="Expected"):
        rows.count(dimensions, measures, engine)


def test_an_engine_that_is_not_installed_is_named_with_its_remedy(rows, monkeypatch):
    """
    And nothing is opened.
    """
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CollectionError, match=r"pip install 'pkimm-analytics\[spark\]'"):
        rows.count(["sector"], ["overall"], "spark")


def test_appending_starts_no_engine(tmp_path):
    """
    Ibis, DuckDB and Spark are not imported unless something is counted.
    """
    code = (
        "import sys; from pkimm_analytics.collection import Collection, verify;"
        "from tests.collection.invented import invented_table;"
        "c = Collection(sys.argv[1], create=True); c.append(invented_table(3)); verify(c);"
        "print(sorted({'ibis', 'duckdb', 'pyspark', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_damage_is_said_without_what_the_engine_says(tmp_path):
    """
    What an engine says may show places and rows.
    """
    damaged = Collection(tmp_path, create=True)
    damaged.append(invented_table(20, 3))
    opened = damaged.open_rows(purpose="test of damage")
    (tmp_path / next(iter(damaged.manifest().files))).write_bytes(b"not Parquet")
    with pytest.raises(CollectionError, match="damaged") as caught:
        opened.count(["sector"], ["overall"])
    assert str(tmp_path) not in str(caught.value)
