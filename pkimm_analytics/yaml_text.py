"""
YAML read defensively, with the line of every value, and written for every reader.

Files come from strangers, so values are built here from the parser's events, within
limits: aliases are followed as long as the document stays small, explicit tags and
repeated keys are refused, and the guesses of YAML 1.1, in which ``no`` is false and
``12:30`` is 750, are not made. Only ``true``, ``false``, ``null`` and finite numbers are
read as such; dates stay text, as in the tools that write these files.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from pkimm_analytics.errors import Problem, SourceFormatError

MAX_DEPTH = 40
MAX_NODES = 300_000
"""Values, lists and maps of the largest document that is read; a model has a few thousand."""
MAX_DIGITS = 30

Path = tuple[str | int, ...]

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WriterBase: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_WORDS = {
    word: value
    for plain, value in {"~": None, "null": None, "true": True, "false": False}.items()
    for word in (plain, plain.capitalize(), plain.upper())
}
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]*\.[0-9]+|[0-9]+\.?)(?:[eE][-+]?[0-9]+)?")


def read_yaml(text: str, name: str) -> Any:
    """
    Read one YAML document into dicts, lists, text, numbers, true, false and None.

    Mapping keys stay text. A document without content gives None.

    Raises
    ------
    SourceFormatError
        If the text is not YAML, has explicit tags, repeats a key, nests too deeply or holds
        too many values; the problem names the line.
    """
    return read_yaml_with_lines(text, name)[0]


def read_yaml_with_lines(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """Read as :func:`read_yaml`; the line of every value by its path."""
    try:
        reader = _Reader(iter(yaml.parse(text, Loader=_Parser)))
        return reader.document(), reader.lines
    except _RefusedError as refusal:
        line, reason = refusal.line, refusal.reason
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    except (ValueError, OverflowError, RecursionError) as error:
        line, reason = None, str(error)
    place = name if line is None else f"{name}, line {line}"
    raise SourceFormatError(
        f"{name} is not readable as YAML. Nothing was imported.", [Problem(place, reason)]
    )


@dataclass
class _RefusedError(Exception):
    """Why a document is not read, and its line."""

    line: int | None
    reason: str


class _Reader:
    """Values of a stream of events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.lines: dict[Path, int] = {}
        self._events = events
        self._n_nodes = 0
        self._anchors: dict[str, Any] = {}

    def document(self) -> Any:
        """Value of the only document."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), ())
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _RefusedError(_line(after), "a second document begins here; expected only one")
        return value

    def _value(self, event: Any, path: Path) -> Any:
        self.lines[path] = _line(event)
        self._count(event, 1, len(path))
        if isinstance(event, yaml.AliasEvent):
            return self._named(event, len(path))
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise _RefusedError(_line(event), f"explicit tags ({event.tag[-30:]}) are not read")
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            for inner in self._until(yaml.SequenceEndEvent):
                value.append(self._value(inner, (*path, len(value))))
        else:
            value = self._mapping(path)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                raise _RefusedError(_line(event), "a key is not text")
            if event.value in values:
                raise _RefusedError(_line(event), f"key {event.value[:40]!r} appears twice")
            values[event.value] = self._value(next(self._events), (*path, event.value))
        return values

    def _until(self, end: type) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _named(self, event: Any, depth: int) -> Any:
        """Return a copy of what an alias stands for, unless the document becomes too large."""
        if event.anchor not in self._anchors:
            reason = f"the alias *{event.anchor[:40]} names nothing before it"
            raise _RefusedError(_line(event), reason)
        level = [self._anchors[event.anchor]]
        while level:
            self._count(event, len(level), depth)
            level = [inner for value in level for inner in _inside(value)]
            depth += 1
        return copy.deepcopy(self._anchors[event.anchor])

    def _count(self, event: Any, n_nodes: int, depth: int) -> None:
        self._n_nodes += n_nodes
        if self._n_nodes > MAX_NODES:
            reason = f"too many values: more than {MAX_NODES:,}; these files have a few thousand"
            raise _RefusedError(_line(event), reason)
        if depth > MAX_DEPTH:
            reason = f"nests too deeply: more than {MAX_DEPTH} levels; these files have under 15"
            raise _RefusedError(_line(event), reason)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if not text or text in _WORDS:
        return _WORDS.get(text)
    if _INT.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise _RefusedError(_line(event), f"a number of more than {MAX_DIGITS} digits")
        return int(text)
    if _FLOAT.fullmatch(text):
        if not math.isfinite(number := float(text)):
            raise _RefusedError(_line(event), "a number that is too large")
        return number
    return text


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


# --- writing -----------------------------------------------------------------------


class _Dumper(_WriterBase):  # type: ignore[misc]  # the base is the C dumper where it was compiled
    """A safe dumper that quotes what any version of YAML takes for something else than text."""

    def ignore_aliases(self, _: Any) -> bool:
        """Write every value out, however often it comes."""
        return True


_NUMBER = re.compile(
    r"^[-+]?(?:0o[0-7]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)$"
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029\ufeff]")


def _represent_text(dumper: Any, text: str) -> Any:
    style = '"' if _OTHER_LINE_ENDS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_yaml(data: Any) -> str:
    """Write dicts, lists, text and numbers as YAML that readers of 1.1 and 1.2 agree on."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100, indent=2
    )
    return text
