"""
Data frames of the template, long or wide.

pandas shows an empty cell as NaN, so NaN is read as empty. It also turns the text N/A
of a CSV file into NaN unless it is told otherwise, so that is remarked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.tabular.build import Origin, read_tables
from pkimm_analytics.loaders.tabular.rows import (
    MAX_COLUMNS,
    Cell,
    Place,
    Table,
    column_name,
    is_blank,
    plain_cell,
    shown_column,
)
from pkimm_analytics.loaders.tabular.template import from_csv_text, is_element_like

if TYPE_CHECKING:
    import pandas as pd


def read_frame(frame: pd.DataFrame, name: str = "data frame") -> list[Loaded]:
    """
    Read all assessments of a data frame of the template, long or wide.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns as in CSV; the index is not looked at. NaN is an empty cell.
    name : str
        How to call it in messages, where rows are counted from 0 as by ``iloc``.

    Returns
    -------
    list of Loaded
        As for CSV.

    Raises
    ------
    SourceFormatError
        If nothing could be read; all problems are listed.
    """
    import pandas as pd  # imported late: other sources do without

    if not isinstance(frame, pd.DataFrame):
        raise SourceFormatError(f"{name} is no pandas.DataFrame. Nothing was imported.")
    problems: list[Problem] = []
    table = _table(frame, name, problems)
    content = json.dumps([table.header, [cells for _, cells in table.rows]]).encode()
    return read_tables([table], Origin(content, name, "frame"), problems)


def _table(frame: pd.DataFrame, name: str, problems: list[Problem]) -> Table:
    if not 0 < frame.shape[1] <= MAX_COLUMNS:
        message = f"{frame.shape[1]:,} columns; expected 1 to {MAX_COLUMNS:,}"
        raise SourceFormatError(
            f"{name} is not a table of the template. Nothing was imported.",
            [Problem(f"{name}.columns", message)],
        )
    header = tuple(column_name(str(label)) for label in frame.columns)

    def place(row: int, column: int | None) -> str:
        spot = f"{name}.columns" if row < 0 else f"{name}.iloc[{row}]"
        if column is None:
            return spot
        return f"{spot}, column {shown_column(header[column], column)}"

    columns = [
        _cells(frame.iloc[:, index], partial(place, column=index), problems)
        for index in range(frame.shape[1])
    ]
    problems += _missing(frame, header, place)
    rows: list[tuple[int, Sequence[Cell]]] = [
        (number, row)
        for number, row in enumerate(zip(*columns, strict=True))
        if not all(map(is_blank, row))
    ]
    return Table(header, rows, place, header_row=-1)


def _cells(
    series: pd.Series[Any], where: Callable[[int], str], problems: list[Problem]
) -> list[Cell]:
    cells: list[Cell] = []
    for row, (value, missing) in enumerate(
        zip(series.tolist(), series.isna().tolist(), strict=True)
    ):
        cell = "" if missing else plain_cell(value)
        if cell is None:
            cell = ""
            message = "expected a text, a number or a day; left out"
            problems.append(Problem(where(row), message))
        cells.append(from_csv_text(cell) if isinstance(cell, str) else cell)
    return cells


def _missing(frame: pd.DataFrame, header: Sequence[str], place: Place) -> list[Problem]:
    """Remark on levels that pandas shows as NaN, because they may have been N/A."""
    levels = [i for i, column in enumerate(header) if column == "level" or is_element_like(column)]
    n_missing = int(frame.iloc[:, levels].isna().to_numpy().sum())
    if not n_missing:
        return []
    message = (
        f"{n_missing:,} empty levels (NaN) were read as unanswered; pandas turns N/A into NaN"
        " unless the file is read with keep_default_na=False"
    )
    return [Problem(place(-1, None), message, refused=False)]
