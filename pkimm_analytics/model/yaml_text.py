"""
YAML read defensively, with the line of every value.

Three habits of YAML are refused or changed because files come from strangers:
aliases (a few bytes can expand into gigabytes), deep nesting, and the guesses of
YAML 1.1, in which ``no`` is false and ``12:30`` is 750. Only ``true``, ``false``,
``null`` and finite numbers are read as such; dates stay text, as in the tools that
write these files.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

import yaml

from pkimm_analytics.errors import Problem, SourceFormatError

MAX_DEPTH = 40
MAX_NODES = 300_000
"""Values, lists and maps of the largest document that is read; a model has a few thousand."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WriterBase: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Loader(_Base):  # type: ignore[misc]  # the base is the C loader where it was compiled
    """A safe loader that knows only the plain types of YAML 1.2."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


_PLAIN = {
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "tag:yaml.org,2002:int": (r"^[-+]?[0-9]+$", list("-+0123456789")),
    "tag:yaml.org,2002:float": (
        r"^(?:[-+]?(?:[0-9]*\.[0-9]+|[0-9]+\.?)(?:[eE][-+]?[0-9]+)?)$",
        list("-+0123456789."),
    ),
}
for _tag, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


class _Dumper(_WriterBase):  # type: ignore[misc]  # as above
    """A safe dumper that quotes what any version of YAML takes for something else than text."""


_NUMBER = re.compile(
    r"^[-+]?(?:0o[0-7]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)$"
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029\ufeff]")


def _represent_text(dumper: Any, text: str) -> Any:
    style = '"' if _OTHER_LINE_ENDS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _construct_int(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node)
    if len(text) > 30:
        raise yaml.constructor.ConstructorError(None, None, "number too long", node.start_mark)
    return int(text)


def _construct_mapping(loader: Any, node: Any) -> dict[Any, Any]:
    seen = set()
    for key, _ in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            raise yaml.constructor.ConstructorError(None, None, "key is not text", key.start_mark)
        if name in seen:
            message = f"key {name[:40]!r} appears twice"
            raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
        seen.add(name)
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_yaml(text: str, name: str) -> Any:
    """
    Read one YAML document into dicts, lists, text, numbers, true, false and None.

    Mapping keys stay text. A document without content gives None.

    Raises
    ------
    SourceFormatError
        If the text is not YAML, has aliases, repeats a key, nests too deeply or holds
        too many values; the problem names the line.
    """
    try:
        _check_events(text, name)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, see above
    except SourceFormatError:  # a ValueError too; it has its place already
        raise
    except yaml.YAMLError as error:
        raise SourceFormatError(
            f"{name} is not readable as YAML. Nothing was imported.",
            [Problem(_place(name, error), _reason(error))],
        ) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise SourceFormatError(
            f"{name} is not readable as YAML. Nothing was imported.", [Problem(name, str(error))]
        ) from None


def write_yaml(data: Any) -> str:
    """Write dicts, lists, text and numbers as YAML that readers of 1.1 and 1.2 agree on."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100, indent=2
    )
    return text


def line_numbers(text: str) -> dict[tuple[str | int, ...], int]:
    """Map every path of a valid document, such as ``("modules", 0, "id")``, to its line."""
    lines: dict[tuple[str | int, ...], int] = {}

    def visit(node: Any, path: tuple[str | int, ...]) -> None:
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                visit(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                visit(value, (*path, index))

    root = yaml.compose(text, Loader=_Loader)
    if root is not None:
        visit(root, ())
    return lines


def _check_events(text: str, name: str) -> None:
    depth = 0
    events: Any = yaml.parse(text, Loader=_Loader)
    for n_events, event in enumerate(events):
        if n_events > MAX_NODES:
            raise SourceFormatError(
                f"{name} holds too many values. Nothing was imported.",
                [
                    Problem(
                        _line(name, event),
                        f"more than {MAX_NODES:,} values; these files have a few thousand",
                    )
                ],
            )
        if isinstance(event, yaml.AliasEvent):
            raise SourceFormatError(
                f"{name} uses YAML aliases. Nothing was imported.",
                [
                    Problem(
                        _line(name, event),
                        "aliases (*name) are not read, because a few of them can fill the memory;"
                        " write the values out",
                    )
                ],
            )
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise SourceFormatError(
                    f"{name} nests too deeply. Nothing was imported.",
                    [
                        Problem(
                            _line(name, event),
                            f"more than {MAX_DEPTH} levels; these files have fewer than 15",
                        )
                    ],
                )
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1


def _line(name: str, event: Any) -> str:
    return f"{name}, line {event.start_mark.line + 1}"


def _place(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{name}, line {mark.line + 1}" if mark else name


def _reason(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
