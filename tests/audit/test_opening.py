"""What is inside a file, and what of it could not be opened."""

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.audit import Secrets, scan_file

CANARY = "Canary Bank of Nowhere"
TEXT = f"Comment: {CANARY} was late, {' '.join(f'word{i}' for i in range(60))}".encode()
SECRETS = Secrets(words=[CANARY])


def learned(content, secrets=SECRETS, name="file"):
    """What a scan says, by attack."""
    return {(f.attack, f.learned) for f in scan_file(name, content, secrets)}


def is_found(content):
    """Whether the planted words are seen."""
    said = learned(content)
    assert CANARY not in str(said)
    return ("T26", "1 word(s) that must not leave") in said


def zipped(content, name="a.txt", date=(1980, 1, 1, 0, 0, 0)):
    """An archive with one member."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(zipfile.ZipInfo(name, date), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def tarred(content):
    """A tar archive with one member."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as target:
        member = tarfile.TarInfo("a.gz")
        member.size = len(content)
        target.addfile(member, io.BytesIO(content))
    return sink.getvalue()


def png(*chunks, after=b""):
    """A picture with some chunks, and something behind its end."""
    found = b"\x89PNG\r\n\x1a\n"
    for kind, data in (*chunks, (b"IEND", b"")):
        found += struct.pack(">I", len(data)) + kind + data
        found += struct.pack(">I", zlib.crc32(kind + data))
    return found + after


def parquet(table):
    """A Parquet file that says nothing but its columns."""
    sink = io.BytesIO()
    pq.write_table(table, sink, write_statistics=False, store_schema=False, compression="zstd")
    return sink.getvalue()


def folded(content):
    """Base64 in lines, as in mails."""
    return base64.encodebytes(content)


WORD = TEXT.decode()
PACKED = {
    "plain": TEXT,
    "base64": b'{"a": "' + base64.b64encode(TEXT) + b'"}',
    "escapes": "".join(f"\\u{b:04x}" for b in TEXT).encode(),
    "gzip": gzip.compress(TEXT),
    "compressed": zlib.compress(TEXT),
    "remark of a picture": png((b"tEXt", b"Comment\0" + TEXT)),
    "zip in a zip": zipped(zipped(TEXT), "b.zip"),
    "second member of a gzip": gzip.compress(b"nothing") + gzip.compress(TEXT),
    "archive behind a script": b"#!/bin/sh\n" + zipped(TEXT),
    "archive behind a picture": png(after=zipped(TEXT)),
    "compressed text of a picture": png((b"zTXt", b"Comment\0\0" + zlib.compress(TEXT))),
    "remark in some language": png(
        (b"iTXt", b"Comment\0\1\0en\0" + b"k" * 300 + b"\0" + zlib.compress(TEXT))
    ),
    "chunk of one's own": png((b"prVt", zlib.compress(TEXT))),
    "list in Parquet": parquet(pa.table({"a": [[WORD], ["x"]]})),
    "struct in Parquet": parquet(pa.table({"a": [{"b": WORD}]})),
    "bytes in Parquet": parquet(pa.table({"a": [TEXT]})),
    "column of Parquet": parquet(pa.table({CANARY: [1, 2]})),
    "base64 in lines": b"<img src='data:;base64," + folded(gzip.compress(TEXT)) + b"'>",
    "base64 in lines of JSON": json.dumps({"image": folded(gzip.compress(TEXT)).decode()}).encode(),
    "hexadecimal": gzip.compress(TEXT).hex().encode(),
    "escapes of escapes": "".join(f"\\\\u{b:04x}" for b in TEXT).encode(),
    "escapes of scripts": "".join(f"\\x{b:02x}" for b in TEXT).encode(),
}


@pytest.mark.parametrize("kind", PACKED)
def test_words_are_found_in_whatever_they_are_packed(kind):
    """
    Archives in archives, remarks of pictures, columns of tables, lines of base64.
    """
    assert is_found(PACKED[kind])


def test_words_in_another_alphabet_of_bytes_are_found():
    """
    A table that was saved on an old office machine.
    """
    secrets = Secrets(words=["Münzbank Übersee"])
    assert learned("name\nMünzbank Übersee\n".encode("cp1252"), secrets, "a.csv")
    assert learned(b"M&uuml;nzbank &#220;bersee", secrets, "a.html")


def encrypted():
    """An archive whose member needs a password."""
    content = bytearray(zipped(b"secret" * 20))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def deep():
    """Archives in archives, and so on."""
    content = TEXT
    for _ in range(12):
        content = zipped(content)
    return content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (encrypted(), "cannot be read to its end"),
        (gzip.compress(TEXT)[:-12], "cannot be read to its end"),
        (zipped(TEXT)[:-30], "a damaged archive"),
        (deep(), "packed too deeply"),
        (b"%PDF-1.4\n", "a PDF file"),
        (tarred(TEXT), "a tar archive"),
        (pa.compress(TEXT, codec="zstd", asbytes=True), "a zstd file"),
        (bz2.compress(TEXT), "a bzip2 file"),
        (zipped(lzma.compress(TEXT)), "an xz file"),
        (WORD.encode("utf-16"), "text of two bytes a letter"),
        (b"x" * 5001 + WORD.encode("utf-16-le"), "a kind of file that is not known"),
        (b"SQLite format 3\0" + bytes(range(256)), "an SQLite file"),
        (zipped(b"\0\1\2\3" * 9), "a kind of file that is not known"),
    ],
)
def test_what_cannot_be_opened_to_its_end_is_a_finding(content, said):
    """
    Nobody searched it, so nobody may say that nothing is in it.
    """
    assert [text for _, text in learned(content) if text.startswith(said)]


def test_what_is_left_of_a_file_that_was_cut_off_is_searched():
    """
    Half of a compressed file is enough for a name.
    """
    assert is_found(gzip.compress(TEXT)[:-12])


@pytest.mark.parametrize(
    "content",
    [
        zipped(zipped(b"text", date=(2026, 5, 4, 3, 2, 0))),
        png((b"tIME", bytes(7))),
    ],
)
def test_times_and_owners_are_seen_inside_as_well(content):
    """
    In an archive inside another one, in a picture.
    """
    assert {attack for attack, _ in learned(content)} == {"T27"}


LEVELS = [1, 2, 2, 3, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps({"y": [*LEVELS, None]}).encode()),
        ("a.json", json.dumps([{"level": x, "name": "x"} for x in LEVELS]).encode()),
        ("a.json", json.dumps({"data": [[x, "x"] for x in LEVELS]}).encode()),
        ("a.csv", b"a;level\n" + b"".join(b"x;%d\n" % x for x in LEVELS)),
        ("a.csv", b"".join(b"%d\n" % x for x in LEVELS)),
        ("a.parquet", parquet(pa.table({"y": [*LEVELS, None, 0]}))),
    ],
)
def test_levels_are_found_row_by_row_and_with_holes(name, content):
    """
    As objects, as rows, with another delimiter, with those who did not answer.
    """
    secrets = Secrets(level_counts={(1, 2, 2, 1, 1)})
    assert ("T24", "holds the levels behind a group") in learned(content, secrets, name)
    assert not learned(content, Secrets(level_counts={(2, 2, 2, 1, 1)}), name)
