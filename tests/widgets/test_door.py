"""
Who may come in to the dashboards, request by request.
"""

from __future__ import annotations

import pytest

pytest.importorskip("tornado")

from pkimm_analytics.widgets.door import PERSON_HEADER, Door, Verdict, without_token

KEY = "a-key-that-is-long-enough"
HERE = {"Host": "127.0.0.1:8866"}
WITH_KEY = {**HERE, "Cookie": f'{Door(KEY).cookie}="{KEY}"'}
BY_PROXY = {**HERE, "Authorization": f"token {KEY}"}
PUBLIC = "https://example.org/pki/"


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        (HERE, Verdict.NO_KEY),
        (WITH_KEY, Verdict.COME_IN),
        (BY_PROXY, Verdict.COME_IN),
        ({**HERE, "Cookie": f"{Door(KEY).cookie}=another key"}, Verdict.NO_KEY),
        ({**HERE, "Authorization": "token another key"}, Verdict.NO_KEY),
        ({**WITH_KEY, "Host": "localhost:8866"}, Verdict.COME_IN),
        ({**WITH_KEY, "Host": "[::1]:8866"}, Verdict.COME_IN),
        ({**WITH_KEY, "Host": "evil.example"}, Verdict.OTHER_SITE),
        ({**WITH_KEY, "Host": ""}, Verdict.OTHER_SITE),
        ({**WITH_KEY, "Sec-Fetch-Site": "none"}, Verdict.COME_IN),
        ({**WITH_KEY, "Sec-Fetch-Site": "same-origin"}, Verdict.COME_IN),
        ({**WITH_KEY, "Sec-Fetch-Site": "same-site"}, Verdict.OTHER_SITE),
        ({**WITH_KEY, "Sec-Fetch-Site": "cross-site"}, Verdict.OTHER_SITE),
        ({**BY_PROXY, "Sec-Fetch-Site": "cross-site"}, Verdict.OTHER_SITE),
        ({**WITH_KEY, "Origin": "http://127.0.0.1:8866"}, Verdict.COME_IN),
        ({**WITH_KEY, "Origin": "http://127.0.0.1:9999"}, Verdict.OTHER_SITE),
        ({**WITH_KEY, "Origin": "null"}, Verdict.OTHER_SITE),
    ],
)
def test_only_who_has_the_key_and_asks_from_here_comes_in(
    headers: dict[str, str], verdict: Verdict
) -> None:
    """
    Without the key, from another site or under another name there is no page.
    """
    assert Door(KEY).decide("GET", "/voila/render/home.ipynb", headers) is verdict


def test_an_address_with_the_key_leaves_it_in_the_browser() -> None:
    """
    Also from a link in a mail; only for reading, and out of sight afterwards.
    """
    door, uri = Door(KEY), f"/voila/render/home.ipynb?a=1&token={KEY}"
    assert door.decide("GET", uri, {**HERE, "Sec-Fetch-Site": "cross-site"}) is Verdict.TAKE_KEY
    assert door.decide("POST", uri, HERE) is Verdict.NO_KEY
    assert door.decide("GET", "/?token=another", HERE) is Verdict.NO_KEY
    assert without_token(uri) == "/voila/render/home.ipynb?a=1"
    assert without_token("//evil.example/?token=x") == "/"
    assert without_token("/\\evil.example/?token=x") == "/evil.example/"
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(door.set_cookie.split("; "))


def test_two_servers_of_one_computer_do_not_share_a_cookie() -> None:
    """
    Cookies know no ports, so that their names have to differ.
    """
    assert Door(KEY).cookie != Door(KEY + "-2").cookie


def test_behind_a_proxy_the_name_of_the_proxy_counts() -> None:
    """
    Its path, its name and its encryption are those of the address.
    """
    door = Door(KEY, PUBLIC)
    assert (door.base, door.address_at(8866)) == ("/pki/", PUBLIC)
    assert {"Secure", "Path=/pki/"} <= set(door.set_cookie.split("; "))
    cookie = {"Cookie": f"{door.cookie}={KEY}"}
    assert door.decide("GET", "/pki/", {**cookie, "Host": "example.org"}) is Verdict.COME_IN
    assert door.decide("GET", "/pki/", {**cookie, **HERE}) is Verdict.OTHER_SITE


def test_a_proxy_that_always_hands_over_the_key_may_have_any_name() -> None:
    """
    As JupyterHub does, which knows only the path of a person's pages.
    """
    door = Door(KEY, "/user/ana/pkimm/")
    assert door.base == "/user/ana/pkimm/"
    asked = {"Host": "hub.example.org", "Sec-Fetch-Site": "same-origin"}
    assert door.decide("GET", door.base, asked) is Verdict.OTHER_SITE
    by_hub = {**asked, "Authorization": f"token {KEY}"}
    assert door.decide("GET", door.base, by_hub) is Verdict.COME_IN


def test_a_workspace_of_one_person_is_shown_to_nobody_else() -> None:
    """
    Not even with the key: the proxy says who has logged in.
    """
    door = Door(KEY, PUBLIC, person="ana")
    asked = {"Host": "example.org", "Authorization": f"token {KEY}"}
    assert door.decide("GET", "/pki/", {**asked, PERSON_HEADER: "ana"}) is Verdict.COME_IN
    for other in ({PERSON_HEADER: "ben"}, {}):
        assert door.decide("GET", "/pki/", {**asked, **other}) is Verdict.OTHER_PERSON


@pytest.mark.parametrize(
    ("key", "address", "of"), [("short", "", "key"), (KEY, "example.org/pki", "address")]
)
def test_rules_that_protect_nothing_are_refused(key: str, address: str, of: str) -> None:
    """
    A key that can be guessed, or an address that is none.
    """
    with pytest.raises(ValueError, match=of):
        Door(key, address)
