"""
Attack T21: a pseudonym that is a hash of something that can be guessed.

Names, domains and registry numbers are few enough to try them all. Only a secret key
or a random number stops that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
import uuid
import zlib
from collections.abc import Iterable, Iterator

from pkimm_analytics.audit.findings import Finding

SHORTEST = 8
"""Characters that have to agree for a truncated hash to count as found."""

_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_KEYS = (b"", b"key", b"secret", b"pkimm", b"password", b"changeme", b"salt", b"pki", bytes(32))
_LABELS = (b"", b"pkimm/org/v1\0", b"pkimm/parent/v1\0", b"pkimm/assessor/v1\0")


def guessable_pseudonyms(pseudonyms: Iterable[str], known: Iterable[str]) -> list[Finding]:
    """
    T21: try to compute pseudonyms from known names, domains and registry numbers.

    Parameters
    ----------
    pseudonyms : iterable of str
        From any file, private or public.
    known : iterable of str
        What an attacker may know about organizations.
    """
    wanted = {
        p.casefold().rstrip("=")[: max(SHORTEST, 8)] for p in pseudonyms if len(p) >= SHORTEST
    }
    hits = 0
    for name in known:
        if any(g.casefold()[:SHORTEST] in wanted for g in _guesses(name)):
            hits += 1
    if not hits:
        return []
    return [Finding("T21", f"{hits} pseudonym(s) follow from a name by a plain hash")]


def _guesses(name: str) -> Iterator[str]:
    for spelling in _spellings(name):
        data = spelling.encode()
        yield spelling
        yield f"{zlib.crc32(data):08x}"
        for space in (
            uuid.NAMESPACE_DNS,
            uuid.NAMESPACE_URL,
            uuid.NAMESPACE_OID,
            uuid.NAMESPACE_X500,
        ):
            yield str(uuid.uuid5(space, spelling))
            yield uuid.uuid5(space, spelling).hex
        yield base64.b32encode(data).decode()
        yield base64.urlsafe_b64encode(data).decode()
        for algorithm in _HASHES:
            for key in _KEYS:
                yield from _encodings(hashlib.new(algorithm, key + data).digest())
                yield from _encodings(hashlib.new(algorithm, data + key).digest())
            for key in _KEYS:
                for label in _LABELS:
                    yield from _encodings(hmac.new(key, label + data, algorithm).digest())


def _spellings(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", name).strip()
    return {name, plain, plain.casefold(), plain.upper(), plain.casefold().replace(" ", "")}


def _encodings(digest: bytes) -> Iterator[str]:
    yield digest.hex()
    yield base64.b32encode(digest).decode().rstrip("=")
    yield base64.urlsafe_b64encode(digest).decode().rstrip("=")
    yield base64.b64encode(digest).decode().rstrip("=")
