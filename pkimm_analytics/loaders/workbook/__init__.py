"""The two official PKIMM workbooks, the full tool and the self tool."""

from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.sentences import refused_for
from pkimm_analytics.loaders.sheets import Book
from pkimm_analytics.loaders.workbook.full import answer_page, read_full
from pkimm_analytics.loaders.workbook.pages import Pages
from pkimm_analytics.loaders.workbook.self_tool import read_self, tool_page
from pkimm_analytics.loaders.workbook.words import VERSION
from pkimm_analytics.model import load_model

__all__ = ["kind_of", "read_workbook"]


def kind_of(book: Book) -> str | None:
    """
    Tell which official workbook a file is, by what its sheets hold.

    Returns
    -------
    str or None
        ``"full"``, ``"self"``, or None for another workbook.
    """
    pages = Pages(book)
    if answer_page(pages) is not None:
        return "full"
    return "self" if tool_page(pages) is not None else None


def read_workbook(book: Book, content: bytes) -> Loaded:
    """
    Read an official workbook, either of the two.

    Parameters
    ----------
    book : Book
    content : bytes
        The file, for the digest and the id.

    Returns
    -------
    Loaded
        The assessment against edition 1.0.0, with the figures that the workbook
        shows itself, and everything that could not be taken as it stands.

    Raises
    ------
    SourceFormatError
        If it is another workbook, or damaged.
    """
    kind = kind_of(book)
    if kind is None:
        n = len(book.sheet_names)
        raise refused_for(book.name, "is not an official PKIMM workbook", "no-workbook", n=n)
    read = read_full if kind == "full" else read_self
    return read(Pages(book), content, load_model(VERSION))
