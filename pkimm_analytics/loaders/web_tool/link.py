"""
Share links of the web tool: parameters behind the ``#``, each in base64.

A link comes from a mail, a chat or a PDF, so it may have been wrapped, cut or
decoded once too often. Every step has a limit on what it may grow to. What the
parameters mean is for the files on the two generations to say.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import check_size, read_json

MAX_LINK = 1_000_000
"""Characters of the longest link that is read; the tool's have fewer than 20,000."""
MAX_INFLATED = 2_000_000
"""Bytes that the compressed part of a link may grow to."""

NAMES = ("assessmentName", "assessorName", "useCaseDescription")

_START = re.compile(r"(?:[^\s\"'{}<>]{0,300}#|\A)(?:progress|assessmentName)=")


@dataclass(frozen=True, slots=True)
class Link:
    """
    Parameters of a link, decoded.

    Parameters
    ----------
    progress : object
        JSON of the parameter ``progress``.
    names : mapping of str to bytes
        The three texts, of those that the link has.
    full : object, optional
        JSON of the parameter ``full``, None if the link has none or it is not readable.
    problems : list of Problem
        Parameters that could not be read.
    """

    progress: Any
    names: Mapping[str, bytes]
    full: Any = None
    problems: list[Problem] = field(default_factory=list)

    def texts(self, *, latin: bool) -> dict[str, str]:
        """
        Decode the three texts: UTF-8, or one byte per character where `latin` is true.

        1.0.x wrote Latin-1; everything after it writes UTF-8.
        """
        found = {}
        for name, content in self.names.items():
            try:
                found[name] = content.decode("utf-8")
            except UnicodeDecodeError:
                found[name] = content.decode("latin-1") if latin else ""
                if not latin:
                    self.problems.append(Problem(name, "is not UTF-8 text. Left out"))
        return found


def looks_like_link(text: str) -> bool:
    """Whether a text starts like a share link or its fragment; looks at the start only."""
    return _START.match(text[:2_000].lstrip()) is not None


def decode_link(text: str, name: str) -> Link:
    """
    Take a link apart and decode its parameters.

    Raises
    ------
    SourceFormatError
        If it is too long, has no ``progress``, or its ``progress`` is not base64 of JSON.
    """
    check_size(name, len(text), MAX_LINK)
    values = _parameters(text, name)
    if not values.get("progress"):
        raise _broken(name, "progress", "the link has no ratings; expected 'progress='")
    content = _base64(values["progress"], name, "progress")
    try:
        progress = read_json(_as_utf8(content), f"{name}, parameter progress")
    except SourceFormatError as error:
        message = f"{name} was cut or changed; copy the whole link again. Nothing was imported."
        raise SourceFormatError(message, error.problems) from None
    problems: list[Problem] = []
    names = {}
    for parameter in NAMES:
        try:
            names[parameter] = _base64(values.get(parameter, ""), name, parameter)
        except SourceFormatError as error:
            problems += error.problems
    return Link(progress, names, _full(values.get("full", ""), name, problems), problems)


def encode_link(page: str, parameters: Mapping[str, bytes]) -> str:
    """Join a page and its parameters, each in base64, to a link."""
    pairs = (
        f"{key}={quote(base64.b64encode(value).decode('ascii'), safe='')}"
        for key, value in parameters.items()
    )
    return f"{page}#{'&'.join(pairs)}"


def compact(document: Any, *, ascii_only: bool = False) -> bytes:
    """JSON without blanks, as the tool writes it into links."""
    return json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def deflate(content: bytes) -> bytes:
    """Compress without a header, as the parameter ``full`` is."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def _parameters(text: str, name: str) -> dict[str, str]:
    """Parameters as they stand in the link, percent-decoded; line breaks of a mail removed."""
    joined = re.sub(r"\s*[\r\n]\s*", "", text.strip())
    values: dict[str, str] = {}
    for part in joined.rsplit("#", 1)[-1].split("&"):
        key, found, value = part.partition("=")
        if not found or key not in {"progress", "full", *NAMES}:
            continue
        decoded = unquote(value)
        decoded = unquote(decoded) if re.search("%[0-9A-Fa-f]{2}", decoded) else decoded
        if values.setdefault(key, decoded) != decoded:
            raise _broken(name, key, "appears twice with different content")
    return values


def _base64(value: str, name: str, parameter: str) -> bytes:
    """Bytes of a base64 text, with or without padding, of either alphabet."""
    text = value.replace(" ", "+").translate(str.maketrans("-_", "+/")).rstrip("=")
    if not re.fullmatch("[A-Za-z0-9+/]*", text) or len(text) % 4 == 1:
        raise _broken(name, parameter, "is not base64; the link was probably cut or changed")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _as_utf8(content: bytes) -> bytes:
    """Bytes of a JSON text as UTF-8; 1.0.x wrote Latin-1."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode("utf-8")
    return content


def _full(value: str, name: str, problems: list[Problem]) -> Any:
    """JSON of the compressed requirement ratings; None and a problem if it is not readable."""
    if not value:
        return None
    place = f"{name}, parameter full"
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    reason = f"is not compressed data of at most {MAX_INFLATED:,} bytes"
    try:
        inflated = decompressor.decompress(_base64(value, name, "full"), MAX_INFLATED)
        if decompressor.eof:
            return read_json(inflated, place)
    except zlib.error:
        pass
    except SourceFormatError as error:
        reason = "; ".join(problem.message for problem in error.problems)
    rest = "The ratings of requirements were left out; the levels of categories were read"
    problems.append(Problem(place, f"{reason}. {rest}"))
    return None


def _broken(name: str, parameter: str, reason: str) -> SourceFormatError:
    return SourceFormatError(
        f"{name} is not a readable share link. Nothing was imported.",
        [Problem(f"{name}, parameter {parameter}", reason)],
    )
