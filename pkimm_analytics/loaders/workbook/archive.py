"""
A zip archive of XML parts from a stranger, unpacked with limits.

Number, sizes and packing of the parts are checked in the directory before anything is
unpacked, and no part may become larger than its entry declares. XML with a document
type, and so with entities that explode, is refused.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring, iterparse

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import check_size

MAX_MEMBERS = 2_000
MAX_UNPACKED = 60_000_000
"""Bytes of all parts together; official workbooks have 4 to 6 million."""
MAX_PART = 8_000_000
"""Bytes of one part that is read."""
MAX_RATIO = 150
"""How many times larger a part may become; sheets reach about 30."""
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Start of password-protected .xlsx files and of .xls files from before 2007."""

_UNREADABLE = (
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    ParseError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class Archive:
    """
    The parts of a zip archive; names are compared without regard to capitals.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        How to call it in messages.

    Raises
    ------
    SourceFormatError
        If it is not a sound .xlsx archive; also from its methods.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        self._archive, self._members = _open(content, name)

    def __contains__(self, part: str) -> bool:
        return part.casefold() in self._members

    def tree(self, part: str) -> Any:
        """Root element of one part."""
        try:
            return fromstring(self._bytes(part), forbid_dtd=True)
        except _UNREADABLE as error:
            raise _damaged(self.name, part, error) from None

    def elements(self, part: str, *tags: str, until: str, starts: str = "") -> Iterator[Any]:
        """
        Elements of some names as they end, or for `starts` as they start.

        Each is emptied after its use, and nothing behind the end of `until` is read.
        """
        content = io.BytesIO(self._bytes(part))
        try:
            for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
                tag = local(element)
                if tag in tags and event == ("start" if tag == starts else "end"):
                    yield element
                if event == "end" and tag in tags:
                    element.clear()
                if event == "end" and tag == until:
                    return
        except _UNREADABLE as error:
            raise _damaged(self.name, part, error) from None

    def _bytes(self, part: str) -> bytes:
        """Unpack one part, at most as many bytes as its entry declares."""
        info = self._members.get(part.casefold())
        if info is None:
            raise _refused(self.name, part, "the part is missing")
        if info.file_size > MAX_PART:
            raise _refused(self.name, part, f"unpacks to more than {MAX_PART:,} bytes")
        try:
            with self._archive.open(info) as stream:
                return stream.read(info.file_size)
        except _UNREADABLE as error:
            raise _damaged(self.name, part, error) from None


def local(element: Any) -> str:
    """Name of an element without its namespace, of which there are two for workbooks."""
    tag: str = element.tag
    return tag.rsplit("}", 1)[-1]


def named(root: Any, name: str) -> Iterator[Any]:
    """Elements of a name, whatever their namespace."""
    return (element for element in root.iter() if local(element) == name)


def _open(content: bytes, name: str) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """Open the archive and check its directory; nothing is unpacked yet."""
    check_size(name, len(content))
    if content.startswith(OLE_MAGIC):
        raise _refused(
            name,
            "",
            "password-protected, or in the .xls format from before 2007; save it"
            " as .xlsx without a password",
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _UNREADABLE as error:
        raise _damaged(name, "", error) from None
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        key = info.filename.replace("\\", "/").lstrip("/").casefold()
        if key in members:
            raise _refused(name, info.filename, "the part occurs twice")
        members[key] = info
    _check_directory(members, name)
    return archive, members


def _check_directory(members: Mapping[str, zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise _refused(name, "", f"has more than {MAX_MEMBERS:,} parts")
    if sum(info.file_size for info in members.values()) > MAX_UNPACKED:
        raise _refused(name, "", f"unpacks to more than {MAX_UNPACKED:,} bytes")
    for info in members.values():
        if info.flag_bits & 1:
            raise _refused(name, info.filename, "encrypted; save the workbook without a password")
        if info.file_size > 1_000_000 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise _refused(name, info.filename, f"unpacks to more than {MAX_RATIO} times its size")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(name, info.filename, "packed in a way that workbooks do not use")
    if "xl/workbook.xml" not in members:
        kind = _other_kind(members)
        raise _refused(name, "", f"{kind}; expected an Excel workbook (.xlsx)")


def _other_kind(members: Mapping[str, zipfile.ZipInfo]) -> str:
    if "xl/workbook.bin" in members:
        return "a binary workbook (.xlsb)"
    if "content.xml" in members and "mimetype" in members:
        return "an OpenDocument file (.ods)"
    return "a zip archive without a workbook"


def _refused(name: str, part: str, reason: str) -> SourceFormatError:
    readable = "".join(letter if letter.isprintable() else "?" for letter in part[:80])
    where = f"{name}, {readable}" if part else name
    return SourceFormatError(
        f"{name} cannot be read as an Excel workbook. Nothing was imported.",
        [Problem(where, reason)],
    )


def _damaged(name: str, part: str, error: Exception) -> SourceFormatError:
    """Say what is wrong with an archive or a part, without the words of the library."""
    if isinstance(error, SourceFormatError):
        return error
    kind = type(error).__name__
    if kind in {"DTDForbidden", "EntitiesForbidden", "ExternalReferenceForbidden"}:
        return _refused(name, part, "declares a document type or entities, as no workbook does")
    if part:
        return _refused(name, part, f"the part is damaged ({kind})")
    return _refused(name, part, "truncated or damaged; expected a complete .xlsx file")
