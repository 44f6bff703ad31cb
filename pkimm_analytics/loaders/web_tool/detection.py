"""
Files and share links of the consortium's web self-assessment tool.

Three kinds are in use and are told apart by what they hold: a ``dataVersion`` makes
it a record of the 2.0.0 generation, a map of ratings inside a map with enabled
extensions a development build, a bare map of ratings 1.0.x. Each is read by a file
of its own; this one is the entrance.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import check_size, read_json
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.web_tool import generation_1, generation_2
from pkimm_analytics.loaders.web_tool.entry import check_plain, read_map
from pkimm_analytics.loaders.web_tool.link import (
    NAMES,
    Link,
    decode_link,
    decode_name,
)
from pkimm_analytics.yaml_text import read_yaml

_YAML = re.compile(
    r"^[\"']?(?:progress|dataVersion|stateSchemaVersion|formatVersion|kind)[\"']?[ \t]*:",
    re.MULTILINE,
)


def looks_like_yaml_export(text: str) -> bool:
    """Whether a text has one of the top-level keys of the tool's YAML files."""
    return _YAML.search(text[:20_000].removeprefix("\ufeff")) is not None


def read_link(text: str, name: str) -> Loaded:
    """
    Read a share link of any generation.

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
    check_plain([link.progress, link.full], name)
    if not isinstance(link.progress, dict):
        raise _no_map(name, "parameter progress")
    problems = list(link.problems)
    if "dataVersion" in link.progress:
        record = {**link.progress, **_names(link, problems, latin=False)}
        _add_full(record, link.full, name, problems)
        return generation_2.load_record(record, content, name, "link", problems)
    generation_2.refuse_unreadable(link.progress, name)
    if "progress" in link.progress:
        inner = read_map(link.progress, "progress", name)
        enabled = _plain_ids(link.progress.get("enabledExtensions"), problems)
        names = _names(link, problems, latin=False)
        first = generation_1.Record(inner, names, enabled, tuple(problems))
    else:
        names = _names(link, problems, latin=True)
        read_map({"progress": link.progress}, "progress", name)
        first = generation_1.Record(link.progress, names, None, tuple(problems))
    return generation_1.load_record(first, content, name, "link")


def read_yaml_export(content: bytes, name: str) -> Loaded:
    """
    Read a YAML file of any generation.

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
    document = read_yaml(text, name)
    if not isinstance(document, dict):
        raise _no_map(name, "the document")
    return _read_document(document, content, name, "yaml")


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
    check_plain(document, name)
    content = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    stored = document.get("assessmentData")
    if "progress" not in document and isinstance(stored, str):
        stored = _parsed(stored, name)
    if "progress" not in document and isinstance(stored, dict):
        document = stored
    return _read_document(document, content, name, "storage")


# --- what kind it is -------------------------------------------------------------


def _read_document(document: dict[str, Any], content: bytes, name: str, form: str) -> Loaded:
    check_plain(document, name)
    generation_2.refuse_unreadable(document, name)
    if "dataVersion" in document:
        return generation_2.load_record(document, content, name, form, [])
    problems: list[Problem] = []
    if "progress" in document:
        progress = read_map(document, "progress", name)
        enabled = None
        if "enabledExtensions" in document:
            enabled = _plain_ids(document["enabledExtensions"], problems)
        texts_ = {field: document.get(field) for field in NAMES}
    elif document and all("." in k and isinstance(v, dict) for k, v in document.items()):
        progress, enabled, texts_ = read_map({"progress": document}, "progress", name), None, {}
    else:
        raise _no_map(name, "the document")
    record = generation_1.Record(progress, texts_, enabled, tuple(problems))
    return generation_1.load_record(record, content, name, form)


def _no_map(name: str, where: str) -> SourceFormatError:
    return SourceFormatError(
        f"{name} is not a file or link of the web tool. Nothing was imported.",
        [Problem(f"{name}, {where}", "expected 'progress' with ratings by category")],
    )


def _names(link: Link, problems: list[Problem], *, latin: bool) -> dict[str, str]:
    return {
        field: decode_name(content, field, problems, latin=latin)
        for field, content in link.names.items()
    }


def _plain_ids(raw: Any, problems: list[Problem]) -> tuple[str, ...]:
    """Ids of enabled extensions of a development build."""
    items = raw if isinstance(raw, list) else []
    ids = [item.get("id") if isinstance(item, Mapping) else item for item in items]
    known = tuple(id_ for id_ in ids if isinstance(id_, str))
    if len(known) != len(ids) or (raw is not None and not isinstance(raw, list)):
        problems.append(Problem("enabledExtensions", "expected a list of ids. Left out"))
    return known


def _add_full(record: dict[str, Any], full: Any, name: str, problems: list[Problem]) -> None:
    """Put the ratings of requirements into the record of a link, if they belong to it."""
    if full is None:
        return
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


def _parsed(text: str, name: str) -> Any:
    return read_json(text.encode("utf-8", "replace"), f"{name}, assessmentData")
