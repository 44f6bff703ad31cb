"""
The one reader of sheets: any file that holds tables, as plain cells with their places.

``read_sheets(content, name)`` takes xlsx, ods, CSV in any usual encoding and with
any usual delimiter, Parquet, Arrow and Feather files, JSON lines and lists of JSON
objects. What it is, it tells from the content. It gives a :class:`Book`:

- ``book.kind`` is ``xlsx``, ``ods``, ``csv``, ``parquet``, ``arrow`` or ``json``;
- ``book.sheet_names`` and ``book.sheet(name)``, or ``book.sheets()`` for all; a file
  without sheets has one, whose name is empty. A sheet is read when it is asked for;
- ``book.problems`` are about the file as a whole, such as a guessed encoding. One that
  is `refused` says that rows are missing, because a quote was never closed.

A :class:`Sheet` has ``rows``, lists of values of any length; row 1 of the source is
``rows[0]`` and none is left out, so the places are right. ``sheet.at(row, column)``
counts from 1 as spreadsheets do, ``sheet.where(row, column)`` is ``answers.xlsx, Tool!F14``
or ``answers.csv!F14``, and ``sheet.where(row)`` the row. A value is a text, number, truth
value, day, time, or a :class:`Fault`: an error such as ``#N/A``, or a formula whose result
was not stored. Empty is ``""``. ``text_of(value)`` is what a person would have typed.

``sheet.table(row)`` reads what stands below a header: rows cut to its width, and a
problem for each row that has more cells, or in CSV fewer.

Everything is bounded (see ``archive.py``): a file of 20 MB takes at most 10 s and
500 MB, or is refused with a :class:`~pkimm_analytics.errors.SourceFormatError`.
"""

from pkimm_analytics.loaders.sheets.book import is_binary, read_sheets
from pkimm_analytics.loaders.sheets.frames import sheet_of_frame
from pkimm_analytics.loaders.sheets.sheet import Book, Fault, Sheet, Value, is_empty, text_of

__all__ = [
    "Book",
    "Fault",
    "Sheet",
    "Value",
    "is_binary",
    "is_empty",
    "read_sheets",
    "sheet_of_frame",
    "text_of",
]
