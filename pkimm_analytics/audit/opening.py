"""
Opening files as far as they go: archives, compressed and encoded parts, text in images.

What cannot be opened to its end is reported, because nobody searched it.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import html
import io
import json
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from pkimm_analytics.audit.findings import Finding

PARQUET = b"PAR1"

_DEPTH = 8
_MOST_BYTES = 200_000_000
_MOST_MEMBERS = 10_000
_BLOCK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ZIP = b"PK\x03\x04"
_PNG = b"\x89PNG\r\n\x1a\n"
_PDF = b"%PDF-"
_ARROW = b"ARROW1\0\0"
_ZSTD = b"\x28\xb5\x2f\xfd"
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", _ZSTD)
_PICTURES = (_PNG, b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""Pictures whose remarks are plain text, but for those of PNG, which are opened."""


def parts(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """
    Yield a file and everything that is packed inside it.

    Parameters
    ----------
    where : str
        Its path, for messages.
    found : list of Finding
        What could not be opened, and what archives tell by themselves, is added to it.
    """
    yield from _file(where, content, found, 0)


def _file(
    where: str, content: bytes, found: list[Finding], depth: int
) -> Iterator[tuple[str, bytes]]:
    """Yield a file, or what was a file before it was packed, and what is inside."""
    if _is_unknown(content):
        learned = "a kind of file that cannot be opened, so it was not searched"
        found.append(Finding("T26", learned, where=where))
    yield from _opened(where, content, found, depth)


def _opened(
    where: str, content: bytes, found: list[Finding], depth: int
) -> Iterator[tuple[str, bytes]]:
    yield where, content
    if depth >= _DEPTH:
        if content.startswith((_ZIP, *_COMPRESSED)):
            found.append(Finding("T26", "packed too deeply to be searched", where=where))
        return
    for label, inner in _files_in(where, content, found):
        yield from _file(f"{where} > {label}", inner, found, depth + 1)
    for label, inner in _texts_in(where, content, found):
        if inner and inner != content:
            yield from _opened(f"{where} > {label}", inner, found, depth + 1)


def _is_unknown(content: bytes) -> bool:
    """Whether it is neither text nor of a kind that is opened."""
    known = (_ZIP, PARQUET, _PDF, _ARROW, *_COMPRESSED, *_PICTURES)
    return b"\0" in content and not (
        content.startswith(known) or _is_tar(content) or _is_wide(content) or _has_archive(content)
    )


def _is_tar(content: bytes) -> bool:
    return content[257:262] == b"ustar"


def _is_wide(content: bytes) -> bool:
    """Whether it is text of two bytes a letter: every other byte is 0, or it says so."""
    halves = content[::2], content[1::2]
    most = max(half.count(0) for half in halves)
    return content.startswith((b"\xff\xfe", b"\xfe\xff")) or most > 0.7 * len(halves[1])


# --- files inside files ------------------------------------------------------------------


def _files_in(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    if content.startswith(_ZIP) or _has_archive(content):
        yield from _unzipped(where, content, found)
    if _is_tar(content):
        yield from _members_of_tar(where, content, found)
    if content.startswith(_COMPRESSED):
        yield from _decompressed(where, content, found)


def _has_archive(content: bytes) -> bool:
    """Whether an archive follows something else, such as a picture or a program."""
    return zipfile.is_zipfile(io.BytesIO(content))


def _unzipped(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        found.append(Finding("T27", "a damaged archive", where=where))
        return
    n_dated = sum(member.date_time != _EPOCH for member in members)
    if n_dated:
        found.append(Finding("T27", f"{n_dated} member(s) carry a time", where=where))
    if len(members) > _MOST_MEMBERS:
        learned = f"{len(members)} members, of which {_MOST_MEMBERS} were searched"
        found.append(Finding("T26", learned, where=where))
    for member in members[:_MOST_MEMBERS]:
        yield "(comment)", member.comment
        yield "(name)", member.filename.encode("utf-8", "replace")
        try:
            if member.file_size > _MOST_BYTES:
                raise ValueError  # as for all that is not searched
            inner = archive.read(member)
        except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError, zlib.error):
            found.append(_unread(f"{where} > {member.filename}"))
        else:
            yield member.filename, inner
    yield "(comment)", archive.comment


def _members_of_tar(
    where: str, content: bytes, found: list[Finding]
) -> Iterator[tuple[str, bytes]]:
    n_told = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                n_told += bool(member.mtime or member.uname or member.gname)
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is not None:
                    yield member.name, stream.read()
    except (tarfile.TarError, OSError, ValueError, EOFError):
        found.append(_unread(where))
    if n_told:
        learned = f"{n_told} member(s) carry a time or an owner"
        found.append(Finding("T27", learned, where=where))


def _decompressed(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """As far as it goes: what was read before an end that is missing is searched."""
    import pyarrow as pa

    read = bytearray()
    is_whole = False
    try:
        with _reader(content) as stream:
            while len(read) <= _MOST_BYTES and (block := stream.read(_BLOCK)):
                read += block
        is_whole = len(read) <= _MOST_BYTES
    except (OSError, EOFError, lzma.LZMAError, zlib.error, pa.ArrowException, ValueError):
        pass
    if not is_whole:
        read += _inflated(content[10:], -zlib.MAX_WBITS) if content[:2] == b"\x1f\x8b" else b""
        found.append(_unread(where))
    yield "compressed", bytes(read)


def _reader(content: bytes) -> Any:
    import pyarrow as pa

    source = io.BytesIO(content)
    if content.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=source)
    if content.startswith(_ZSTD):
        return pa.CompressedInputStream(pa.py_buffer(content), "zstd")
    return bz2.BZ2File(source) if content.startswith(b"BZh") else lzma.LZMAFile(source)


def _unread(where: str) -> Finding:
    return Finding("T26", "cannot be read to its end, so it was not searched", where=where)


# --- texts inside files ------------------------------------------------------------------


def _texts_in(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    if content.startswith(_PNG):
        yield from _of_picture(where, content, found)
    elif content.startswith(PARQUET):
        yield from _of_parquet(content)
    elif content.startswith(_ARROW):
        yield from _of_arrow(where, content, found)
    elif content.startswith(_PDF):
        yield from _of_pdf(where, content, found)
    elif not content.startswith((_ZIP, *_COMPRESSED)):
        if content[:1] == b"\x78":
            yield "compressed", _inflated(content)
        yield "wide letters", _wide_text(content)
        yield from _encoded(content)


_WIDE = re.compile(rb"(?:[^\0]\0){6,}|(?:\0[^\0]){6,}")


def _wide_text(content: bytes) -> bytes:
    """Text of two bytes a letter, wherever it stands."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "ignore").encode("utf-8", "ignore")
    runs = (match[0] for match in _WIDE.finditer(content))
    return b"\n".join(run.replace(b"\0", b"") for run in runs).decode("latin-1").encode()


def _inflated(content: bytes, bits: int = zlib.MAX_WBITS) -> bytes:
    """Everything that can be read of it; nothing if it is not compressed."""
    try:
        return zlib.decompressobj(bits).decompress(content, _MOST_BYTES)
    except zlib.error:
        return b""


def _of_picture(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """Texts of a PNG file, and whatever follows its end."""
    place, kind = len(_PNG), b""
    while place + 8 <= len(content) and kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        if kind == b"tIME":
            found.append(Finding("T27", "the time of drawing", where=where))
        if kind not in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
            yield "image text", data
            for start in [m.end() for m in re.finditer(rb"\0", data[:4000])][:64]:
                yield "image text", _inflated(data[start:])
            yield "image text", _inflated(data)
        place += 12 + length
    yield "after the image", content[place:]


def _of_parquet(content: bytes) -> Iterator[tuple[str, bytes]]:
    """All text of a Parquet file: values, unused dictionary values, names, metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        metadata = file.metadata.metadata or {}
        yield "metadata", b"\n".join(k + b"=" + v for k, v in metadata.items())
        yield "names of columns", "\n".join(c.path for c in file.schema).encode()
        for name, kind in zip(file.schema_arrow.names, file.schema_arrow.types, strict=True):
            if pa.types.is_primitive(kind):
                continue
            column = pq.read_table(io.BytesIO(content), columns=[name], read_dictionary=[name])
            for chunk in column.column(0).chunks:
                is_coded = pa.types.is_dictionary(chunk.type)
                yield f"column {name}", _plain(chunk.dictionary if is_coded else chunk)
    except (OSError, pa.ArrowException, ValueError):
        return  # the scan of Parquet files says so


def _of_arrow(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """All values of an Arrow file, those of dictionaries included."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_file(io.BytesIO(content)).read_all()
        yield "metadata", str(table.schema).encode()
        for name, column in zip(table.column_names, table.columns, strict=True):
            for chunk in column.chunks:
                yield f"column {name}", _plain(chunk)
                if pa.types.is_dictionary(chunk.type):
                    yield f"column {name}", _plain(chunk.dictionary)
    except (OSError, pa.ArrowException, ValueError):
        found.append(_unread(where))


def _plain(array: Any) -> bytes:
    """Values as JSON, so that text and numbers inside lists are searched as well."""
    values = array.to_pylist()
    if all(isinstance(value, str) or value is None for value in values):
        return "\n".join(value for value in values if value).encode()
    if all(isinstance(value, bytes) or value is None for value in values):
        return b"\n".join(value for value in values if value)
    return json.dumps(values, ensure_ascii=False, default=_as_text).encode("utf-8", "replace")


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


_STREAM = re.compile(rb"stream\r?\n")


def _of_pdf(where: str, content: bytes, found: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """Compressed streams of a PDF; letters that its fonts number anew stay unread."""
    for match in _STREAM.finditer(content):
        yield "stream", _inflated(content[match.end() :])
    learned = "a PDF file, whose text cannot be searched to its end"
    found.append(Finding("T26", learned, where=where))


# --- encodings ---------------------------------------------------------------------------

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_FOLDED = re.compile(
    rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}+={0,2}"
    rb"(?:(?:\\n|\r?\n[ \t]*)[A-Za-z0-9+/_-]{2,}+={0,2})+"
)
_BREAK = re.compile(rb"\\n|\s")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
_ESCAPED = re.compile(
    rb"\\+u[0-9a-fA-F]{4}|\\+x[0-9a-fA-F]{2}|&(?:#x?[0-9a-fA-F]{1,7}|[a-zA-Z]{2,8});"
    rb"|%[0-9a-fA-F]{2}"
)


def _encoded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Text hidden by an encoding: base64, hexadecimal, escapes of JSON, HTML and addresses."""
    for match in _BASE64.finditer(content):
        yield "base64", _from_base64(match[0])
    for match in _FOLDED.finditer(content):
        yield "base64", _from_base64(_BREAK.sub(b"", match[0]))
    for match in _HEX.finditer(content):
        yield "hexadecimal", bytes.fromhex(match[0].decode())
    if _ESCAPED.search(content):
        yield "escapes", _ESCAPED.sub(_unescape, content)
    try:
        content.decode()
    except UnicodeDecodeError:
        if b"\0" not in content:
            yield "cp1252", content.decode("cp1252", "replace").encode()


def _from_base64(text: bytes) -> bytes:
    text = text.replace(b"-", b"+").replace(b"_", b"/").replace(b"=", b"")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _unescape(match: re.Match[bytes]) -> bytes:
    text = match[0].decode()
    if text.startswith("%"):
        return bytes.fromhex(text[1:])
    if text.startswith("&"):
        return html.unescape(text).encode("utf-8", "replace")
    number = int(text.lstrip("\\")[1:], 16)
    return chr(number).encode("utf-8", "replace")
