"""
Who may come in to the dashboards: whoever has the key that the command printed.

The key arrives once, in an address, and stays in the browser as a cookie that other
sites cannot use. A proxy that checks who people are hands it over in a header. Whatever
other sites ask for is refused, also where a browser would send the cookie along, and
so is a request for a name that is not this server's own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlencode, urlsplit

from tornado.httputil import parse_cookie

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
PERSON_HEADER = "X-Forwarded-User"
"""Header in which a proxy says who has logged in."""


class Verdict(StrEnum):
    """What becomes of a request."""

    COME_IN = "come in"
    TAKE_KEY = "take the key"
    NO_KEY = "no key"
    OTHER_SITE = "another site"
    OTHER_PERSON = "another person"


@dataclass(frozen=True)
class Door:
    """
    The rules of one server.

    Parameters
    ----------
    key : str
        What has to be known: 16 or more letters, digits and ``- _ . ~``.
    address : str
        Address that people type, where a proxy stands in front of the server; only its
        path, such as ``/user/ana/pkimm/``, where the proxy always hands over the key.
    person : str
        The one person whose requests a proxy may pass on; anybody's if empty.

    Raises
    ------
    ValueError
        If the key is too short or has other characters, or the address is none.
    """

    key: str
    address: str = ""
    person: str = ""

    def __post_init__(self) -> None:
        """Refuse rules that protect nothing."""
        if not re.fullmatch(r"[A-Za-z0-9_.~-]{16,}", self.key):
            raise ValueError("the key is not 16 or more letters, digits and - _ . ~")
        is_whole = self._url.scheme in {"http", "https"} and self._url.hostname
        if self.address and not is_whole and not self.address.startswith("/"):
            raise ValueError(f"{self.address} is no address such as https://example.org/pki/")

    @cached_property
    def _url(self) -> SplitResult:
        return urlsplit(self.address)

    @property
    def base(self) -> str:
        """Path that all addresses of the server begin with."""
        path = self._url.path.strip("/")
        return f"/{path}/" if path else "/"

    def address_at(self, port: int) -> str:
        """Address to open in a browser."""
        root = f"{self._url.scheme}://{self._url.netloc}" if self._url.netloc else ""
        return (root or f"http://127.0.0.1:{port}") + self.base

    @property
    def cookie(self) -> str:
        """Name of the cookie, another one for each server: cookies know no ports."""
        return f"pkimm-{hashlib.sha256(self.key.encode()).hexdigest()[:8]}"

    @property
    def set_cookie(self) -> str:
        """Header that leaves the key in a browser until it is closed."""
        secure = "; Secure" if self._url.scheme == "https" else ""
        return f"{self.cookie}={self.key}; Path={self.base}; HttpOnly; SameSite=Strict{secure}"

    def decide(self, method: str, uri: str, headers: Mapping[str, str]) -> Verdict:
        """Say what becomes of a request."""
        host = headers.get("Host", "")
        names = {self._url.hostname} if self._url.hostname else LOCAL_NAMES
        has_proxy = self._fits(headers.get("Authorization", "").removeprefix("token "))
        if urlsplit(f"//{host}").hostname not in names and not has_proxy:
            return Verdict.OTHER_SITE
        if self.person and headers.get(PERSON_HEADER) != self.person:
            return Verdict.OTHER_PERSON
        if method == "GET" and self._fits(*parse_qs(urlsplit(uri).query).get("token", ())):
            return Verdict.TAKE_KEY
        if headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            return Verdict.OTHER_SITE
        if urlsplit(headers.get("Origin", f"//{host}")).netloc != host:
            return Verdict.OTHER_SITE
        kept = parse_cookie(headers.get("Cookie", "")).get(self.cookie, "")
        return Verdict.COME_IN if has_proxy or self._fits(kept) else Verdict.NO_KEY

    def _fits(self, *keys: str) -> bool:
        return any(hmac.compare_digest(key.encode(), self.key.encode()) for key in keys)


def without_token(uri: str) -> str:
    """Return the path and question of an address without the key in it."""
    parts = urlsplit(uri)
    path = "/" + parts.path.lstrip("/\\")  # never the name of another host
    question = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "token"])
    return path + (f"?{question}" if question else "")
