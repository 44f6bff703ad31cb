"""
Descriptions of tables: complete, consistent, and equal to the data dictionary.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pkimm_analytics.tables import (
    ANSWERS,
    COMMENTS,
    CONTRIBUTIONS,
    DECISIONS,
    SCORES,
    TRUTH,
    arrow_schema,
    data_dictionary,
    truth_table,
)

README = Path(__file__).resolve().parents[1] / "data" / "README.md"
TABLES = [ANSWERS, SCORES, TRUTH, CONTRIBUTIONS, COMMENTS, DECISIONS]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_have_one_name_each_and_a_sentence(table):
    """
    No name occurs twice, and every description ends with a full stop.
    """
    assert len(set(table.column_names)) == len(table.columns)
    assert all(column.description.endswith(".") for column in table.columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_key_of_a_table_names_columns_of_it(table):
    """
    A key that is no column cannot tell rows apart.
    """
    assert set(table.key) <= set(table.column_names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_numbers_state_their_unit(table):
    """
    A number without a unit is not described.
    """
    assert [
        c.name for c in table.columns if c.type not in {"string", "bool", "date"} and not c.unit
    ] == []


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


def test_the_data_dictionary_says_what_the_descriptions_say():
    """
    To update the page, run the command that stands on it.
    """
    text = README.read_text("utf-8")
    begin, end = "<!-- tables: begin -->\n", "<!-- tables: end -->"
    assert (
        text[text.index(begin) + len(begin) : text.index(end)].strip() == data_dictionary().strip()
    )
