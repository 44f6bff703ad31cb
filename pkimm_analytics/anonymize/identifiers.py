"""
Keyed pseudonyms: the same key links the same id, different keys never do.

A pseudonym is HMAC-SHA-256 of an id, cut to 130 bits in base32. Each kind has a label of
its own, so that an organization that is also a parent or an assessor has pseudonyms that
do not betray it. In a round, the ids of organization, parent and assessor are spelled by
stated rules first, so that whoever names the same one gets the same pseudonym.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from typing import Literal

from pkimm_analytics.organization import PREFER_NOT_TO_SAY, profile_codes

Kind = Literal["org", "parent", "assessor", "use-case", "contribution"]

LENGTH = 26

_LEGAL_FORMS = """
ab ag aps as asa bv co company corp corporation ev gmbh inc incorporated kg kgaa limited llc
llp ltd nv oy oyj plc pte pty sa sab sarl sas se sl spa sro srl
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
"""Words that are left out at the end of a registered name."""


def canonical(text: str) -> str:
    """
    Spell an id the one way that is hashed.

    Examples
    --------
    >>> canonical("  529900T8BM49AURSDO55 ")
    '529900t8bm49aursdo55'
    """
    return unicodedata.normalize("NFKC", text).casefold().strip()


def registered(text: str) -> str | None:
    """
    Spell an LEI, or a registered name and country, the one way that rounds use.

    Parameters
    ----------
    text : str
        ``529900T8BM49AURSDO55``, or ``Example Bank AG/DEU``.

    Returns
    -------
    str or None
        None if it is neither: the check digits of the LEI are wrong, or the country is
        not one of ISO 3166-1 alpha-3.

    Notes
    -----
    Of a name, accents, case, dots and apostrophes are dropped, ``&`` becomes ``and``,
    everything else that is no letter or digit a blank, and legal forms at the end
    (:data:`LEGAL_FORMS`) are left out.

    Examples
    --------
    >>> registered("Müller & Söhne, a.s. / cze")
    'muller and sohne/CZE'
    >>> registered("529900T8BM49AURSDO55")
    'lei:529900T8BM49AURSDO55'
    """
    compact = re.sub(r"\s", "", text).upper()
    if re.fullmatch(r"[A-Z0-9]{18}[0-9]{2}", compact):
        number = int("".join(str(int(letter, 36)) for letter in compact))
        return f"lei:{compact}" if number % 97 == 1 else None
    name, _, country = text.rpartition("/")
    country = country.strip().upper()
    words = _plain_words(name)
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    known = country != PREFER_NOT_TO_SAY and country in profile_codes("region")
    return f"{' '.join(words)}/{country}" if words and known else None


def _plain_words(name: str) -> list[str]:
    spelled = unicodedata.normalize("NFKD", name).casefold().replace("&", " and ")
    kept = [c for c in spelled if not unicodedata.combining(c) and c not in ".'’"]
    return "".join(c if c.isalnum() else " " for c in kept).split()


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


def hashed(kind: str, *parts: str) -> str:
    """Hash a secret to what a collection keeps: enough to check it, not to make it."""
    return base32(hashlib.sha256("\0".join([f"pkimm/{kind}/v1", *parts]).encode()).digest())


def commitment_of(token: str) -> str:
    """Hash of a receipt's token."""
    return hashed("commitment", token)
