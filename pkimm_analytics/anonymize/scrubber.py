"""
What looks like a name, an address or a machine, in whatever is about to leave.

Contributions have no free text, so the scrubber should never find anything; it is
the second lock. It also looks at what a contributor gives as an id, because an id
that anybody can guess is a poor one to make a pseudonym of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pkimm_analytics.anonymize.vocabulary import (
    FORMAT,
    TOKEN,
    axis,
    expected,
    is_allowed,
    is_field,
    shown_path,
)
from pkimm_analytics.errors import Problem

_PATTERNS = {
    "a mail address": r"[^\s@<>\"']+@[^\s@<>\"']+",
    "a web address": r"(?:[a-z][a-z0-9+.-]{1,12}://|www\.)\S+",
    "a distinguished name": r"(?:^|[\s,;/+])(?:CN|OU|O|L|ST|C|DC|UID|SERIALNUMBER)\s*=\s*\S",
    "an IP address": r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
    r"|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])",
    "a path": r"(?:[A-Za-z]:\\|\\\\|(?:^|\s)(?:~|\.{1,2})?/)[^\s\\/]+[\\/]",
    "a host name": r"(?<![\w.-])(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}(?![\w.-])",
    "a file name": r"\S\.(?:pdf|docx?|xlsx?|csv|json|ya?ml|pem|crt|cer|key|p12|txt|zip)\b",
    "a telephone number": r"(?:\+|\b00)\d[\d ()/-]{6,}\d",
    "a name": r"(?<!\w)[^\W\d_a-z][^\W\d_]+(?:[ '’&-]+[^\W\d_][^\W\d_]*\.?){1,5}",
}
_COMPILED = {
    kind: re.compile(text, re.NOFLAG if kind == "a name" else re.IGNORECASE)
    for kind, text in _PATTERNS.items()
}


def looks_like(text: str) -> tuple[str, ...]:
    """
    Kinds of identifying text that a value looks like.

    Examples
    --------
    >>> looks_like("jane.doe@pki.example.org")[0]
    'a mail address'
    >>> looks_like("250-999")
    ()
    """
    return tuple(kind for kind, form in _COMPILED.items() if form.search(text))


def suspicious_fields(document: Mapping[str, Any]) -> list[Problem]:
    """
    List the fields of a contribution that hold more than a code.

    Values are not repeated, only what they look like.
    """
    found = []
    for path, key, value in _texts(document, ()):
        if _is_known(path, key, value):
            continue
        where, kinds = shown_path(path), looks_like(value)
        if path[0] in ("digest", "edition"):
            found.append(Problem(where, expected(key)))
        else:
            kind = kinds[0] if kinds else "free text"
            found.append(Problem(where, f"looks like {kind}; {_instead(path, key)}"))
    return found


def _instead(path: tuple[str, ...], key: str) -> str:
    return expected(key) if len(path) == 1 and is_field(key) else "only codes may leave"


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if isinstance(value, str):
        yield path, path[-1] if path else "", value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _texts(entry, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry, path)


def _is_known(path: tuple[str, ...], key: str, value: str) -> bool:
    if "answers" in path:
        return value == "not_applicable" and key in axis().keys
    if path[:1] == ("extensions",) and key == "version" and len(path) > 1:
        return is_allowed(path[1], value)
    if path == ("format",):
        return value == FORMAT
    if path == ("replaces",):
        return bool(TOKEN.fullmatch(value))
    return is_allowed(key, value)
