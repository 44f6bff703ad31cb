"""
A zip archive of XML parts from a stranger, unpacked with limits.

Number, sizes and packing of the parts are checked in the directory before anything is
unpacked, and no part may become larger than its entry declares. XML with a document
type, and so with entities that explode, is refused. The library that reads the cells
is handed a fresh archive of the parts that were checked, and of nothing else.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from pkimm_analytics.errors import Problem, SourceFormatError

MAX_MEMBERS = 2_000
MAX_UNPACKED = 100_000_000
"""Bytes of all parts together that are read; official workbooks have 4 to 6 million."""
MAX_SMALL = 8_000_000
"""Bytes of a part that is no sheet and holds no texts."""
MAX_RATIO = 150
"""How many times larger a part may become; sheets reach about 30."""

_OTHER_ENCODING = re.compile(
    rb"""<\?xml[^>]*encoding=["'](?!utf-?8["']|us-ascii["'])""", re.IGNORECASE
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
        If it is not a sound archive; also from its methods.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        self._left = MAX_UNPACKED
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            members = self._archive.infolist()
        except Exception:  # noqa: BLE001  # a damaged directory may raise anything
            raise refused(name, "", "truncated or damaged; expected a complete file") from None
        if len(members) > MAX_MEMBERS:
            raise refused(name, "", f"has more than {MAX_MEMBERS:,} parts")
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in members:
            key = _plain(info.filename)
            if key in self._members:
                raise refused(name, info.filename, "the part occurs twice")
            self._members[key] = info
            self._check(info)

    def __contains__(self, part: str) -> bool:
        return _plain(part) in self._members

    def read(self, part: str, limit: int = MAX_SMALL) -> bytes:
        """Unpack one part of XML, at most as many bytes as its entry declares."""
        info = self._members.get(_plain(part))
        if info is None:
            raise refused(self.name, part, "the part is missing")
        if info.file_size > limit:
            raise refused(self.name, part, f"unpacks to more than {limit:,} bytes")
        self._left -= info.file_size
        if self._left < 0:
            raise refused(self.name, "", f"unpacks to more than {MAX_UNPACKED:,} bytes")
        try:
            with self._archive.open(info) as stream:
                content = stream.read(info.file_size)
        except Exception as error:  # noqa: BLE001  # as above
            reason = f"the part is damaged ({type(error).__name__})"
            raise refused(self.name, part, reason) from None
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            reason = "declares a document type or entities, as no workbook does"
            raise refused(self.name, part, reason)
        if b"\0" in content[:200] or _OTHER_ENCODING.search(content[:200]):
            raise refused(self.name, part, "its encoding is not UTF-8; save it again")
        return content

    def _check(self, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 1:
            raise refused(self.name, info.filename, "encrypted; save it without a password")
        if info.file_size > 1_000_000 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            reason = f"unpacks to more than {MAX_RATIO} times its size"
            raise refused(self.name, info.filename, reason)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused(self.name, info.filename, "packed in a way that workbooks do not use")


def fresh_archive(parts: Mapping[str, bytes]) -> io.BytesIO:
    """Pack parts that were checked."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def refused(name: str, part: str, reason: str) -> SourceFormatError:
    """Error for a file that is no sound workbook; `part` is the part of it that is not."""
    readable = "".join(letter if letter.isprintable() else "?" for letter in part[:80])
    return SourceFormatError(
        f"{name} cannot be read as a workbook. Nothing was imported.",
        [Problem(f"{name}, {readable}" if part else name, reason)],
    )


def _plain(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").casefold()
