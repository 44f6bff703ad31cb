"""
Keys for pseudonyms: made for their owner only, and refused where they could be guessed.
"""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys

import pytest

from pkimm_analytics.anonymize.keys import (
    ENVIRONMENT,
    KeyStore,
    open_key_store,
    parse_key,
    weakness,
)
from pkimm_analytics.errors import KeyStoreError

GOOD = bytes.fromhex("9f3ac1580e77d2b46c1da9e4f0357b82cd6e11f8a3904527be5bd0187a2cef63")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder of its own, without a key in the environment."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    return tmp_path / "home"


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"short",
        GOOD[:31],
        b"\0" * 32,
        b"k" * 64,
        b"ab" * 16,
        GOOD[:16] * 2,
        bytes(range(32)),
        bytes(range(0, 256, 8)),
        bytes(range(255, 191, -2)),
        b"correct horse battery staple and more words",
        b"0123456789abcdef0123456789ABCDEF",
        b"\x00\x01" * 8 + b"\xff\xfe" * 8,
        GOOD[:4] + b"\0" * 28,
    ],
)
def test_a_key_that_could_be_guessed_is_refused(key):
    """
    Short, repeated, counted, written by hand or with too little variety.
    """
    assert weakness(key)
    with pytest.raises(KeyStoreError):
        parse_key(base64.b64encode(key).decode(), "test")


def test_random_keys_are_taken():
    """
    Ten thousand of them, so that a good key is refused practically never.
    """
    assert sum(bool(weakness(secrets.token_bytes(32))) for _ in range(10_000)) <= 2


@pytest.mark.parametrize("text", [GOOD.hex(), base64.b64encode(GOOD).decode(), f" {GOOD.hex()}\n"])
def test_keys_are_read_as_hex_and_as_base64(text):
    """
    Both are what programs print that make random bytes.
    """
    assert parse_key(text, "test") == GOOD


@pytest.mark.parametrize("text", ["password", "not base64!", "abc", "hunter2" * 6, "é" * 40])
def test_a_password_is_no_key_and_is_not_repeated(text):
    """
    The message says what would be right.
    """
    with pytest.raises(KeyStoreError) as caught:
        parse_key(text, "test")
    assert text not in str(caught.value)


def test_the_environment_takes_the_place_of_the_file(home, monkeypatch):
    """
    With a key given, no file is made.
    """
    monkeypatch.setenv(ENVIRONMENT, GOOD.hex())
    assert open_key_store().key == GOOD
    assert not (home / "keys" / "pseudonym.key").exists()


def test_a_new_key_is_for_its_owner_only(home):
    """
    The file has mode 0600, holds 32 good bytes and is refused once others can read it.
    """
    key = open_key_store().key
    path = home / "keys" / "pseudonym.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(key) == 32
    assert not weakness(key)
    path.chmod(0o644)
    with pytest.raises(KeyStoreError, match="others can read"):
        open_key_store()


def test_a_key_file_under_version_control_is_refused(home):
    """
    A key that was committed is everybody's.
    """
    open_key_store()
    git = ["git", "-C", str(home)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert open_key_store().key  # beside a repository that does not have it
    subprocess.run([*git, "add", "keys/pseudonym.key"], check=True)
    with pytest.raises(KeyStoreError, match="version control"):
        open_key_store()


def test_a_damaged_key_file_is_refused_and_kept(home):
    """
    Making a new key in its place would cut all links for good.
    """
    open_key_store()
    path = home / "keys" / "pseudonym.key"
    path.write_bytes(b"\xff\xfe damaged")
    with pytest.raises(KeyStoreError):
        open_key_store()
    assert path.read_bytes() == b"\xff\xfe damaged"


def test_processes_that_start_together_agree_on_one_key(home):
    """
    The first key wins, whoever made it.
    """
    code = (
        "from pkimm_analytics.anonymize import open_key_store as o;"
        "s = o(); print(s.key.hex(), s.local_id('organization', 'one'))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in running}) == 1


def test_an_id_stands_for_a_name_and_says_nothing_of_it_without_the_key():
    """
    The same name and key give the same id; another key or kind another one.
    """
    first = KeyStore(GOOD).local_id("organization", "Zorbax Widgets")
    assert KeyStore(GOOD).local_id("organization", " ZORBAX widgets ") == first
    others = [(GOOD, "assessor", "Zorbax Widgets"), (GOOD, "organization", "Another")]
    others.append((GOOD[::-1], "organization", "Zorbax Widgets"))
    assert first not in [KeyStore(key).local_id(kind, name) for key, kind, name in others]
    assert not any(text in repr(KeyStore(GOOD)) for text in (GOOD.hex(), str(GOOD)))
