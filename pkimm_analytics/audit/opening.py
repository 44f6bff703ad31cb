"""
Opening files as far as they go: zip archives, gzip, Parquet, text in pictures, encodings.

A file of any other kind is named and reported, because nobody searched it.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from pkimm_analytics.audit.findings import Finding

PARQUET = b"PAR1"

_DEPTH = 8
_MOST_BYTES = 200_000_000
_MOST_MEMBERS = 10_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ZIP, _GZIP, _PNG = b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG\r\n\x1a\n"
_UNOPENED = {
    b"%PDF-": "a PDF file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"ARROW1": "an Arrow file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"SQLite format 3": "an SQLite file",
    b"\xff\xfe": "text of two bytes a letter",
    b"\xfe\xff": "text of two bytes a letter",
}
_PICTURES = (_PNG, b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""Pictures whose remarks are plain text, but for those of PNG, which are opened."""


Part = tuple[str, bytes] | Finding
"""Where something is and what it is; or what could not be opened, or tells by itself."""


def parts(where: str, content: bytes, depth: int = 0, *, is_file: bool = True) -> Iterator[Part]:
    """
    Yield a file and everything that is packed inside it.

    Parameters
    ----------
    where : str
        Its path, for messages.
    depth : int
        How often it was packed.
    is_file : bool
        Whether it must be of a kind that can be opened.
    """
    kind = _unopened_kind(content) if is_file else ""
    if kind:
        yield Finding("T26", f"{kind}, which is not opened and was not searched", where=where)
    yield where, content
    if depth >= _DEPTH:
        if content.startswith((_ZIP, _GZIP)):
            yield Finding("T26", "packed too deeply to be searched", where=where)
        return
    for is_inner_file, inside in ((True, _files_in), (False, _texts_in)):
        for part in inside(where, content):
            if isinstance(part, Finding):
                yield part
            elif is_inner_file or part[1] not in (b"", content):
                place = f"{where} > {part[0]}"
                yield from parts(place, part[1], depth + 1, is_file=is_inner_file)


def _unopened_kind(content: bytes) -> str:
    """Name the kind of a file that is not opened; empty for text and what is opened."""
    named = next((name for start, name in _UNOPENED.items() if content.startswith(start)), "")
    if not named and content[257:262] == b"ustar":
        return "a tar archive"
    known = content.startswith((_ZIP, _GZIP, PARQUET, *_PICTURES)) or _has_archive(content)
    return named or ("a kind of file that is not known" if b"\0" in content and not known else "")


# --- files inside files ------------------------------------------------------------------


def _files_in(where: str, content: bytes) -> Iterator[Part]:
    if content.startswith(_ZIP) or _has_archive(content):
        yield from _unzipped(where, content)
    if content.startswith(_GZIP):
        yield from _decompressed(where, content)


def _has_archive(content: bytes) -> bool:
    """Whether an archive follows something else, such as a picture or a program."""
    return zipfile.is_zipfile(io.BytesIO(content))


def _unzipped(where: str, content: bytes) -> Iterator[Part]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        yield Finding("T27", "a damaged archive", where=where)
        return
    n_dated = sum(member.date_time != _EPOCH for member in members)
    if n_dated:
        yield Finding("T27", f"{n_dated} member(s) carry a time", where=where)
    if len(members) > _MOST_MEMBERS:
        learned = f"{len(members)} members, of which {_MOST_MEMBERS} were searched"
        yield Finding("T26", learned, where=where)
    for member in members[:_MOST_MEMBERS]:
        yield "(comment)", member.comment
        yield "(name)", member.filename.encode("utf-8", "replace")
        try:
            if member.file_size > _MOST_BYTES:
                raise ValueError  # as for all that is not searched
            inner = archive.read(member)
        except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError, zlib.error):
            yield _unread(f"{where} > {member.filename}")
        else:
            yield member.filename, inner
    yield "(comment)", archive.comment


def _decompressed(where: str, content: bytes) -> Iterator[Part]:
    """As far as it goes: what was read before an end that is missing is searched."""
    read, rest, is_whole = b"", content, True
    while rest.startswith(_GZIP) and is_whole:
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            read += stream.decompress(rest, _MOST_BYTES)
        except zlib.error:
            is_whole = False
        is_whole = is_whole and stream.eof and len(read) <= _MOST_BYTES
        rest = stream.unused_data
    if not is_whole:
        yield _unread(where)
    yield "compressed", read


def _unread(where: str) -> Finding:
    return Finding("T26", "cannot be read to its end, so it was not searched", where=where)


# --- texts inside files ------------------------------------------------------------------


def _texts_in(where: str, content: bytes) -> Iterator[Part]:
    if content.startswith(_PNG):
        yield from _of_picture(where, content)
    elif content.startswith(PARQUET):
        yield from _of_parquet(content)
    elif not content.startswith((_ZIP, _GZIP)):
        yield from _encoded(content)


def _inflated(content: bytes) -> bytes:
    """Everything that can be read of it; nothing if it is not compressed."""
    try:
        return zlib.decompressobj().decompress(content, _MOST_BYTES)
    except zlib.error:
        return b""


def _of_picture(where: str, content: bytes) -> Iterator[Part]:
    """Texts of a PNG file, and whatever follows its end."""
    place, kind = len(_PNG), b""
    while place + 8 <= len(content) and kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        if kind == b"tIME":
            yield Finding("T27", "the time of drawing", where=where)
        if kind not in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
            yield "image text", data
            yield "image text", _inflated(data)
            for start in [m.end() for m in re.finditer(rb"\0", data[:4000])][:64]:
                yield "image text", _inflated(data[start:])
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


def _plain(array: Any) -> bytes:
    """Values as text, those inside lists as well."""
    values = [value for value in array.to_pylist() if value is not None]
    if all(isinstance(value, str) for value in values):
        return "\n".join(values).encode()
    if all(isinstance(value, bytes) for value in values):
        return b"\n".join(values)
    return json.dumps(values, ensure_ascii=False, default=str).encode("utf-8", "replace")


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
    if content[:1] == b"\x78":
        yield "compressed", _inflated(content)
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
