"""
Keyed pseudonyms: the same key links the same id, different keys never do.

A pseudonym is HMAC-SHA-256 of an id, cut to 130 bits in base32. Each kind has a
label of its own, so that an organization that is also a parent or an assessor has
pseudonyms that do not betray it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Literal

from pkimm_analytics.anonymize.keys import canonical

Kind = Literal["org", "parent", "assessor", "use-case", "contribution"]

LENGTH = 26


def pseudonym(key: bytes, kind: Kind, *parts: str) -> str:
    """
    Pseudonym of an id.

    Parameters
    ----------
    key : bytes
        At least 32 random bytes; see :mod:`.keys`.
    kind : {"org", "parent", "assessor", "use-case", "contribution"}
    *parts : str
        The id, best that of a register (LEI). A use case takes that of its
        organization first.

    Returns
    -------
    str
        26 letters and digits.

    Examples
    --------
    >>> key = bytes(range(0, 256, 8))
    >>> pseudonym(key, "org", "5299-1") == pseudonym(key, "org", " 5299-1 ")
    True
    >>> pseudonym(key, "org", "5299-1") == pseudonym(key, "parent", "5299-1")
    False
    """
    text = "\0".join([f"pkimm/{kind}/v1", *map(canonical, parts)])
    return base32(hmac.digest(key, text.encode(), "sha256"))


def base32(digest: bytes) -> str:
    """First 130 bits of a digest as text."""
    return base64.b32encode(digest).decode()[:LENGTH]


def receipt_token(key: bytes, contribution: str, content: str) -> str:
    """
    Sign one content of one contribution with the contributor's key.

    Returns
    -------
    str
        HMAC-SHA-256 in base32. Only whoever has the key, or the receipt, can show it.
    """
    text = f"pkimm/receipt/v1\0{contribution}\0{content}"
    return base64.b32encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


def commitment_of(token: str) -> str:
    """Hash a token to what the collection keeps: enough to check it, not to make it."""
    return base32(hashlib.sha256(f"pkimm/commitment/v1\0{token}".encode()).digest())
