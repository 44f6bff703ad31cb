"""
Files and share links of the consortium's web self-assessment tool: read and written.

Two generations are in use and are told apart by what they hold: a ``dataVersion`` makes
it a record of the 2.0.0 generation, a map of ratings without one 1.0.x. Each is read by
a file of its own; this one is the entrance.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import check_size, read_json
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.web_tool.entry import read_map, texts
from pkimm_analytics.loaders.web_tool.generation_1 import (
    EDITIONS,
    latin_texts,
    load_ratings,
    write_ratings,
)
from pkimm_analytics.loaders.web_tool.generation_1 import (
    PAGE as PAGE_1,
)
from pkimm_analytics.loaders.web_tool.generation_2 import load_record, refuse_unreadable
from pkimm_analytics.loaders.web_tool.link import (
    NAMES,
    compact,
    decode_link,
    deflate,
    encode_link,
)
from pkimm_analytics.loaders.web_tool.record import write_parts, write_record
from pkimm_analytics.model import Model
from pkimm_analytics.yaml_text import read_yaml, write_yaml

PAGE = "https://pkic.org/wg/pkimm/assessment/"
"""The consortium's page of the tool, 2.0.0 generation."""
MAX_DIGITS = 30

_YAML = re.compile(
    r"^[\"']?(?:progress|dataVersion|stateSchemaVersion|formatVersion|kind)[\"']?[ \t]*:",
    re.MULTILINE,
)


def looks_like_yaml_export(text: str) -> bool:
    """Whether a text has one of the top-level keys of the tool's YAML files."""
    return _YAML.search(text[:20_000].removeprefix("\ufeff")) is not None


# --- reading -----------------------------------------------------------------------------


def read_link(text: str, name: str) -> Loaded:
    """
    Read a share link of either generation.

    Parameters
    ----------
    text : str
        The whole link, or only the part behind the ``#``.
    name : str
        How to call it in messages.

    Returns
    -------
    Loaded
        What could not be read is among the problems.

    Raises
    ------
    SourceFormatError
        If it is too long, cut, or holds no ratings; nothing is imported.
    UnknownEditionError
        If it rates a model version that is not installed.
    """
    link = decode_link(text, name)
    content = text.strip().encode("utf-8", "replace")
    document = link.progress
    if not isinstance(document, dict):
        raise _no_map(name, "parameter progress")
    if "dataVersion" not in document and "progress" not in document:
        document = {"progress": document, **link.texts(latin=True)}
    else:
        document = {**document, **link.texts(latin=False)}
    if link.full is not None and "dataVersion" in document:
        _add_full(document, link.full, name, link.problems)
    return _read_document(document, content, name, "link", link.problems)


def read_yaml_export(content: bytes, name: str) -> Loaded:
    """
    Read a YAML file of either generation.

    Parameters
    ----------
    content : bytes
        The file, UTF-8.
    name : str
        How to call it in messages.

    Raises
    ------
    SourceFormatError
        If it is not such a file; nothing is imported.
    UnknownEditionError
        If it rates a model version that is not installed.
    """
    check_size(name, len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFormatError(
            f"{name} is not UTF-8 text. Nothing was imported.",
            [Problem(f"{name}, byte {error.start + 1}", "expected UTF-8")],
        ) from None
    return _read_document(read_yaml(text, name), content, name, "yaml", [])


def read_storage(document: dict[str, Any], name: str) -> Loaded:
    """
    Read what the tool keeps in a browser, as JSON that was parsed already.

    Parameters
    ----------
    document : dict
        The value of ``assessmentData`` or the storage that holds it, a record of the
        2.0.0 generation, the content of a link, or a bare map of ratings.
    name : str
        How to call it in messages.

    Raises
    ------
    SourceFormatError
        If it is nothing of these; nothing is imported.
    UnknownEditionError
        If it rates a model version that is not installed.
    """
    _check_plain(document, name)
    content = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    stored = document.get("assessmentData") if "progress" not in document else None
    if isinstance(stored, str):
        stored = read_json(stored.encode("utf-8", "replace"), f"{name}, assessmentData")
    if isinstance(stored, dict):
        document = stored
    is_bare = all("." in key and isinstance(value, dict) for key, value in document.items())
    if document and is_bare:
        document = {"progress": document}
    return _read_document(document, content, name, "storage", [])


def _read_document(
    document: Any, content: bytes, name: str, form: str, problems: list[Problem]
) -> Loaded:
    if not isinstance(document, dict):
        raise _no_map(name, "the document")
    _check_plain(document, name)
    refuse_unreadable(document, name)
    if "dataVersion" in document:
        return load_record(document, content, name, form, problems)
    if "progress" not in document:
        raise _no_map(name, "the document")
    if "enabledExtensions" in document:
        raise SourceFormatError(
            f"{name} is of a build of the web tool that was never published. Nothing was imported.",
            [Problem(name, "open it in the web tool of today, and import its export or link")],
        )
    named = {field: document.get(field) for field in NAMES}
    return load_ratings(read_map(document, "progress", name), named, content, name, form, problems)


def _add_full(record: dict[str, Any], full: Any, name: str, problems: list[Problem]) -> None:
    """Put the ratings of requirements into the record of a link, if they belong to it."""
    ratings = full.get("requirementProgress") if isinstance(full, Mapping) else None
    if not isinstance(ratings, dict):
        reason = "expected the ratings of requirements"
    elif full.get("dataVersion", record["dataVersion"]) != record["dataVersion"]:
        reason = "rates another model version than the link"
    else:
        record["requirementProgress"] = ratings
        return
    message = f"{reason}. They were left out; the levels of categories were read"
    problems.append(Problem(f"{name}, parameter full", message))


def _no_map(name: str, where: str) -> SourceFormatError:
    return SourceFormatError(
        f"{name} is not a file or link of the web tool. Nothing was imported.",
        [Problem(f"{name}, {where}", "expected 'progress' with ratings by category")],
    )


def _check_plain(document: Any, name: str) -> None:
    """Refuse what our own document, or a YAML file, could not hold."""
    reason = ""
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        if any(abs(n) >= 10**MAX_DIGITS for n in _integers(document)):
            reason = f"holds a number with more than {MAX_DIGITS} digits"
    except UnicodeEncodeError:
        reason = "holds half of a surrogate pair, which is not a character"
    except (ValueError, RecursionError):
        reason = "holds a number that is too large, or nests too deeply"
    if reason:
        raise SourceFormatError(
            f"{name} could not be read. Nothing was imported.", [Problem(name, reason)]
        )


def _integers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for inside in value.values() if isinstance(value, dict) else value:
            yield from _integers(inside)


# --- writing -----------------------------------------------------------------------------


def write_link(assessment: Assessment, model: Model) -> str:
    """
    Write a share link that the consortium's own tool opens.

    Parameters
    ----------
    assessment : Assessment
    model : Model
        Its edition. Editions 1.0.0 and 1.1.0 are written as 1.0.x did.

    Returns
    -------
    str
        The link; :mod:`.losses` says what it cannot hold.

    Raises
    ------
    AssessmentError
        If a text has characters that a link of 1.0.x cannot hold.
    """
    if model.version in EDITIONS:
        ratings = write_ratings(assessment, model, for_page=True)
        parameters = {"progress": compact(ratings, ascii_only=True), **latin_texts(assessment)}
        return encode_link(PAGE_1, parameters)
    progress, full = write_parts(assessment, model)
    names = {field: text.encode() for field, text in texts(assessment).items()}
    parameters = {"progress": compact(progress), **names}
    if full is not None:
        parameters["full"] = deflate(compact(full))
    return encode_link(PAGE, parameters)


def write_yaml_export(assessment: Assessment, model: Model) -> str:
    """
    Write the YAML file that the consortium's own tool exports.

    Parameters
    ----------
    assessment : Assessment
    model : Model
        Its edition. Editions 1.0.0 and 1.1.0 are written as 1.0.x did.

    Returns
    -------
    str
        YAML; :mod:`.losses` says what it cannot hold.
    """
    if model.version in EDITIONS:
        return write_yaml({"progress": write_ratings(assessment, model), **texts(assessment)})
    return write_yaml(write_record(assessment, model))
