"""
What looks like a name, an address or a machine, in what people type.

Contributions have no field for text, so there is nothing to scrub in them. What a
contributor gives as an id is looked at, because one that anybody can guess is a poor one
to make a pseudonym of, and so is what an analyst gives as a purpose.
"""

from __future__ import annotations

import re

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
    return tuple(kind for kind, pattern in _COMPILED.items() if pattern.search(text))
