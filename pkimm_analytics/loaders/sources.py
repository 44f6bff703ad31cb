"""
From whatever a user points at to assessments: files, folders, links, standard input.

The format is detected from the content, never from the name of the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pkimm_analytics.assessment import SUFFIX, Assessment, check
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import MAX_BYTES, check_size, read_json, read_limited
from pkimm_analytics.loaders import tabular, web_tool, workbook
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.model import model_of

SKIPPED_FOLDERS = frozenset({"quarantine", "superseded"})
"""Folders of a workspace that hold what was refused or replaced."""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read: how to call it in messages, and a file or the text itself."""

    name: str
    path: Path | None = None
    content: bytes | None = None

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
            raise SourceFormatError(f"{self.name} has no content. Nothing was imported.")
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
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and f[0] != ".")
        for file in sorted(files):
            path = Path(root, file)
            is_special = path.exists() and not path.is_file()  # reading a pipe could last for ever
            if not (file.startswith(".") or is_special):
                yield Source(str(path.relative_to(folder)), path=path)


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
        If nothing of it could be read; every problem is listed with its place.
    """
    try:
        return _load(source.read(), source.name, tell)
    except (RecursionError, MemoryError, OverflowError) as error:
        raise SourceFormatError(
            f"{source.name} could not be read: {type(error).__name__}. Nothing was imported.",
            [Problem(source.name, "too large or nested too deeply for an assessment")],
        ) from None


def _load(content: bytes, name: str, tell: Callable[[], object] | None) -> list[Loaded]:
    if content.startswith((b"PK", _OLE)):
        return _load_workbook(content, name, tell)
    if content.startswith(b"%PDF"):
        raise SourceFormatError(
            f"{name} is a PDF. Nothing was imported.",
            [Problem(name, "copy the share link that the report prints and import that")],
        )
    text = _text(content)
    if text is None and web_tool.looks_like_yaml_export(content.decode("latin-1")):
        return [web_tool.read_yaml_export(content, name)]  # which says where it is no UTF-8
    if text is None:
        return _tables(content, name, tell)
    stripped = text.lstrip("\ufeff \t\r\n")
    if web_tool.looks_like_link(stripped):
        return [web_tool.read_link(stripped.strip(), name)]
    if stripped.startswith(("{", "[")):
        return _load_json(content, name)
    if web_tool.looks_like_yaml_export(stripped):
        return [web_tool.read_yaml_export(content, name)]
    return _tables(content, name, tell)


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _tables(content: bytes, name: str, tell: Callable[[], object] | None) -> list[Loaded]:
    text = content.decode("latin-1")
    if not tabular.looks_like_csv(text.lstrip("\ufeff")):
        raise SourceFormatError(
            f"{name} is not an assessment in a known format. Nothing was imported.",
            [
                Problem(
                    name,
                    "expected an official workbook (xlsx), a share link or YAML file of the web"
                    " tool, *.pkimm.json, or a table as `pkimm export --to csv` writes it",
                )
            ],
        )
    return tabular.read_csv(content, name, tell)


def _load_workbook(content: bytes, name: str, tell: Callable[[], object] | None) -> list[Loaded]:
    kind = workbook.sniff_workbook(content, name)
    if kind is None and tabular.is_table_workbook(content):
        return tabular.read_table_workbook(content, name, tell)
    return [workbook.read_workbook(content, name)]


def _load_json(content: bytes, name: str) -> list[Loaded]:
    document = read_json(content, name)
    if isinstance(document, dict) and str(document.get("format", "")).startswith("pkimm-"):
        return [_load_own(content, name)]
    if isinstance(document, dict):
        return [web_tool.read_storage(document, name)]
    raise SourceFormatError(
        f"{name} is JSON, but not an assessment. Nothing was imported.",
        [Problem(name, "expected an object with 'format' or 'progress'")],
    )


def _load_own(content: bytes, name: str) -> Loaded:
    assessment = Assessment.loads(content, name)
    problems = check(assessment, model_of(assessment.model))
    if problems:
        kept = {p.where.removeprefix("answers.") for p in problems}
        assessment = assessment.replace(
            answers={k: a for k, a in assessment.answers.items() if k not in kept}
        )
    return Loaded(assessment, tuple(problems))
