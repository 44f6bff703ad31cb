"""
Descriptions of tables: complete and consistent.
"""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

from pkimm_analytics.tables import (
    arrow_schema,
    tables,
    truth_table,
)

TABLES = list(tables().values())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_are_described(table):
    """
    One name each, a sentence, a known type, a unit for numbers; the key names columns.
    """
    columns = [*table.columns, *table.patterns.values()]
    assert len({column.name for column in columns}) == len(columns)
    assert all(column.description.endswith(".") for column in columns)
    assert all(c.unit for c in columns if c.type not in {"string", "bool", "date"})
    assert set(table.key) <= set(table.column_names)


def test_the_truth_begins_with_the_columns_that_checks_rely_on():
    """
    Fixed names in a fixed order, then the elements as they were given.
    """
    assert truth_table(["G.a", "G.a.b"]).column_names == (
        "org",
        "parent",
        "sector",
        "size",
        "region",
        "role",
        "assurance",
        "edition",
        "quarter",
        "G.a",
        "G.a.b",
    )


def test_categories_are_scores_and_requirements_are_levels():
    """
    A category keeps its fraction; a requirement has none.
    """
    schema = arrow_schema(truth_table(["G.a", "G.a.b"]))
    assert schema.field("G.a").type == pa.float64()
    assert schema.field("G.a.b").type == pa.int8()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_arrow_schemas_repeat_the_description_without_metadata(table):
    """
    Names, order and nullability are those of the description.
    """
    schema = arrow_schema(table)
    assert schema.names == list(table.column_names)
    assert [field.nullable for field in schema] == [column.nullable for column in table.columns]
    assert schema.metadata is None


def test_describing_tables_does_not_load_arrow():
    """
    The package stays light until a table is built.
    """
    code = "import sys, pkimm_analytics.tables; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
