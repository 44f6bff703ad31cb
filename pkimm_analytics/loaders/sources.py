"""
From whatever a user points at to assessments: files, folders, links, standard input.

The format is detected from the content, never from the name of the file.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pkimm_analytics.assessment import SUFFIX, Assessment, check
from pkimm_analytics.errors import PkimmError, Problem, SourceFormatError, SourceWarning
from pkimm_analytics.files import MAX_BYTES, check_size, read_json, read_limited
from pkimm_analytics.loaders import tabular, web_tool, workbook
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.sheets import is_binary, read_sheets
from pkimm_analytics.loaders.tabular import TableColumns
from pkimm_analytics.model import model_of

SKIPPED_FOLDERS = frozenset({"quarantine", "superseded"})
"""Folders of a workspace that hold what was refused or replaced."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """
    One thing to read.

    Parameters
    ----------
    name : str
        How to call it in messages.
    path : Path, optional
    content : bytes, optional
        The text itself, where there is no file.
    fault : str
        Why it cannot be read, where that is known already.
    columns : TableColumns, optional
        What the columns of a table hold, where the program would not know.
    """

    name: str
    path: Path | None = None
    content: bytes | None = None
    fault: str = ""
    columns: TableColumns | None = None

    def read(self) -> bytes:
        """
        Content of the source.

        Raises
        ------
        SourceFormatError
            If the file cannot be opened, is empty or too large.
        """
        if self.content is not None:
            check_size(self.name, len(self.content))
            return self.content
        if self.path is None:
            reason = self.fault or "has no content"
            raise SourceFormatError(
                f"{self.name} could not be opened: {reason}.", [Problem(self.name, reason)]
            )
        return read_limited(self.path)


def find_sources(argument: str) -> list[Source]:
    """
    Turn an argument of the command line into sources.

    Parameters
    ----------
    argument : str
        A file, a folder (all files below it, in order of their names), ``-`` for
        standard input, or a share link.

    Raises
    ------
    SourceFormatError
        If there is no such file and the text is no link.
    """
    if argument == "-":
        return [Source("standard input", content=sys.stdin.buffer.read(MAX_BYTES + 1))]
    if web_tool.looks_like_link(argument):
        return [Source("share link", content=argument.encode("utf-8", "surrogateescape"))]
    path = Path(argument)
    try:
        if path.is_dir():
            return list(_files_below(_assessments_of(path)))
        exists = path.exists()
    except (OSError, ValueError):  # such as a text too long for a file name
        exists = False
    if not exists:
        shown = argument if len(argument) <= 80 else argument[:77] + "..."
        raise SourceFormatError(
            f"{shown} is neither a file nor a share link. Nothing was imported.",
            [Problem(shown, "no such file; a share link has '#progress=' in it")],
        )
    return [Source(path.name, path=path)]


def _assessments_of(folder: Path) -> Path:
    """Of a workspace only the assessments count, whatever else was put into it."""
    held = folder / "assessments"
    return held if any(held.glob("*" + SUFFIX)) else folder


def _files_below(folder: Path) -> Iterator[Source]:
    faults: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=faults.append):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and f[0] != ".")
        for file in sorted(files):
            path = Path(root, file)
            is_special = path.exists() and not path.is_file()  # reading a pipe could last for ever
            if not (file.startswith(".") or is_special):
                yield Source(str(path.relative_to(folder)), path=path)
    for fault in faults:
        name = os.path.relpath(str(fault.filename), folder)
        yield Source(name, fault=fault.strerror or type(fault).__name__)


def read(source: str | Path) -> list[Assessment]:
    """
    Read assessments of any known format.

    Parameters
    ----------
    source : str or Path
        File, folder or share link.

    Returns
    -------
    list of Assessment
        In the order of the source.

    Raises
    ------
    SourceFormatError
        If nothing of the source can be read; all problems are listed.

    Warns
    -----
    SourceWarning
        For each thing that could not be taken as it stands, with its place.
    """
    loaded = [item for one in find_sources(str(source)) for item in load(one)]
    for item in loaded:
        for problem in item.problems:
            warnings.warn(str(problem), SourceWarning, stacklevel=2)
    return [item.assessment for item in loaded]


def load(source: Source, tell: Callable[[], object] | None = None) -> list[Loaded]:
    """
    Read one source of any known format.

    Parameters
    ----------
    source : Source
    tell : callable, optional
        Called after each assessment of a table, which may hold many.

    Returns
    -------
    list of Loaded
        Usually one; a table may hold several.

    Raises
    ------
    PkimmError
        If nothing of it could be read; every problem is listed with its place. Nothing
        else is raised, so that one bad source never stops the others.
    """
    try:
        return _load(source.read(), source.name, tell, source.columns)
    except PkimmError:
        raise
    except Exception as error:  # noqa: BLE001  # the one border, see above
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind = type(error).__name__
        _log.error("%s at %s:%s", kind, Path(place.filename).name, place.lineno)
        raise SourceFormatError(
            f"{source.name} could not be read: {kind}. Nothing was imported.",
            [Problem(source.name, "holds something that no assessment has, or nests too deeply")],
        ) from None


def _load(
    content: bytes,
    name: str,
    tell: Callable[[], object] | None,
    columns: TableColumns | None,
) -> list[Loaded]:
    if columns is not None:
        return tabular.read_table(content, name, columns=columns, tell=tell)
    if is_binary(content):
        book = read_sheets(content, name)
        if workbook.kind_of(book):
            return [workbook.read_workbook(book, content)]
        return tabular.read_book(book, content, tell=tell)
    if content.startswith(b"%PDF"):
        raise SourceFormatError(
            f"{name} is a PDF. Nothing was imported.",
            [Problem(name, "copy the share link that the report prints and import that")],
        )
    text = content.decode("utf-8-sig", "replace")
    stripped = text.lstrip("\ufeff \t\r\n")
    if web_tool.looks_like_link(stripped):
        return [web_tool.read_link(stripped.strip(), name)]
    if stripped.startswith("{") and not _are_lines(stripped):
        return [_load_json(content, name)]
    if stripped.startswith("{") and '"pkimm-' in stripped.partition("\n")[0]:
        lines = enumerate(content.splitlines(), 1)
        return [_load_json(line, f"{name}, line {n}") for n, line in lines if line.strip()]
    if web_tool.looks_like_yaml_export(stripped):
        return [web_tool.read_yaml_export(content, name)]
    return tabular.read_table(content, name, tell=tell)


def _are_lines(text: str) -> bool:
    """Whether a text is JSON lines: an object ends its line, and another one begins the next."""
    first, _, rest = text.partition("\n")
    return first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _load_json(content: bytes, name: str) -> Loaded:
    document = read_json(content, name)
    if not str(document.get("format", "")).startswith("pkimm-"):
        return web_tool.read_storage(document, name)
    assessment = Assessment.read(document, name)
    problems = check(assessment, model_of(assessment.model))
    unknown = {problem.where.removeprefix("answers.") for problem in problems}
    if unknown:
        kept = {key: a for key, a in assessment.answers.items() if key not in unknown}
        assessment = assessment.replace(answers=kept)
    return Loaded(assessment, tuple(problems))
