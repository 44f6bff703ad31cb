"""
The column map: which column of a table holds which field, proposed and corrected.

The program proposes from the words of the header and from what the cells look like. The
user reads the proposal, corrects it where it is wrong, and gives it back as a small YAML
or JSON file; a corrected map is used as it stands. What fields there are, and what else a
column may say, is up to the kind of table: it derives from the two records here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field

from pkimm_analytics.loaders.sentences import Problems
from pkimm_analytics.records import AtMost, ClosedRecord, Flag, Text, Whole, Word
from pkimm_analytics.yaml_text import read_yaml

IGNORE = "ignore"
"""Field of a column that is not read."""


class Column(ClosedRecord):
    """
    One column of a table.

    Parameters
    ----------
    number : int
        Counted from 1.
    column : str
        Its header, to notice that the map is of another table; empty if that is no matter.
    field : str
        What it holds, or :data:`IGNORE`.
    element : str, optional
        Element that the column is about, where there is a column for each element.
    sure : bool
        Whether header and cells both speak for the field.
    """

    number: Annotated[Whole, Field(ge=1)]
    column: Text = ""
    field: Word
    element: Word | None = None
    sure: Flag = True


class ColumnMap(ClosedRecord):
    """
    What the columns of a table hold.

    Parameters
    ----------
    sheet : str
        Sheet of a workbook; empty for a file without sheets, or for any sheet.
    columns : tuple of Column
    values : mapping of str to mapping of str to str
        By field: what a word of the table stands for, where the program does not know it.
    """

    sheet: Text = ""
    columns: Annotated[tuple[Column, ...], AtMost(4_000)]
    values: Annotated[Mapping[Word, Annotated[Mapping[Text, Word], AtMost(2_000)]], AtMost(100)] = (
        Field(default_factory=dict)
    )

    @classmethod
    def read_text(cls, text: str, name: str) -> Self:
        """
        Read a map from YAML or JSON.

        Raises
        ------
        SourceFormatError
            If it is none; every problem is listed.
        """
        return cls.read(read_yaml(text, name), name)

    def to_yaml(self) -> str:
        """Return the map as people edit it: one line for each column."""
        import yaml  # imported late: most commands write none

        return yaml.safe_dump(self.to_json(), allow_unicode=True, sort_keys=False, width=1000)

    def misfits(self, header: Sequence[str]) -> Problems:
        """Columns of the map that a table does not have, or has under another header."""
        found = Problems()
        for column in self.columns:
            where = f"column {column.number}"
            if column.number > len(header):
                found.refuse(where, "too-few-columns", n=len(header))
            elif column.column and column.column != header[column.number - 1]:
                found.refuse(where, "other-header")
        return found
