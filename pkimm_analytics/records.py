"""
Records: documents that travel between people and programs, and what all of them keep to.

An assessment, a contribution, a comment, a policy or a receipt is a frozen value with
one JSON document. It is declared once, as a subclass of :class:`Record`; reading,
checking, writing and the published JSON Schema follow from the declaration:

>>> from pkimm_analytics.errors import AssessmentError
>>> class Note(Record):
...     FORMAT = "pkimm-note/1"
...     STATED = frozenset({"text"})
...     ERROR = AssessmentError
...     text: Text = ""
...     level: Level | None = None
>>> note = Note.loads(b'{"format": "pkimm-note/1", "text": "so", "theirs": 1}', "a note")
>>> note.replace(level=3).to_json()
{'format': 'pkimm-note/1', 'text': 'so', 'level': 3, 'theirs': 1}
>>> Note.loads(b'{"format": "pkimm-note/1", "level": 9}', "a note")
Traceback (most recent call last):
pkimm_analytics.errors.AssessmentError: a note is not a valid pkimm-note/1 document: 2 problem(s). Nothing was imported.
  text: is missing
  level: expected a number of at most 5 (found 9)

What a reader does not know is kept in :attr:`Record.extra` and written after the rest;
a document that must hold nothing else is a :class:`ClosedRecord`. Fields are written in
the order of the class, without those that say only their default. Numbers are declared
as :data:`Whole`, :data:`Level`, :data:`Number` or :data:`Flag`: plain ``int`` would take
``"3"`` and ``True``. A rule about several fields is a ``model_validator(mode="after")``
that raises ``ValueError``, or, where it finds several things, the class's own error with
a :class:`Problem` for each. Messages are ours, name the place, and never repeat a text of
the document.

Importing this file loads pydantic, so only what handles records imports it.
"""  # noqa: E501  # one line of output is as long as it is

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StrictBool,
    ValidationError,
)
from pydantic_core import core_schema

from pkimm_analytics.errors import PkimmError, Problem, SourceFormatError
from pkimm_analytics.files import read_json

Path = tuple[str | int, ...]
"""Place in a document: names of fields and numbers of entries, from the outside in."""


def _whole(value: Any) -> Any:
    """Take 3.0, which is how some programs write 3; anything else is for the checks."""
    return int(value) if type(value) is float and value.is_integer() else value


Whole = Annotated[int, Field(strict=True), BeforeValidator(_whole)]
Level = Annotated[int, Field(strict=True, ge=1, le=5), BeforeValidator(_whole)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = StrictBool
Text = Annotated[str, Field(max_length=100_000)]
Word = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True)
class Form:
    """
    Form of a text, and how to say it to somebody who wrote another one.

    Examples
    --------
    >>> Quarter = Annotated[str, Form(r"^20[0-9]{2}Q[1-4]$", "a quarter such as 2026Q3")]
    """

    pattern: str
    expected: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Tell pydantic, and through it the JSON Schema."""
        schema: Any = {**handler(source), "pattern": self.pattern}
        return core_schema.custom_error_schema(
            schema,
            custom_error_type="form",
            custom_error_message="{expected}",
            custom_error_context={"expected": self.expected},
        )


Version = Annotated[str, Form(r"^[0-9]+\.[0-9]+\.[0-9]+$", "a version such as 2.0.0")]
Digest = Annotated[str, Form(r"^sha256:[0-9a-f]{64}$", "sha256: and 64 hexadecimal digits")]
Day = Annotated[
    str,
    Form(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a day such as 2026-01-31"),
]
ElementKey = Annotated[
    str,
    Form(r"^[GMOR](\.[a-z0-9][a-z0-9-]{0,79}){0,2}$", "an element key such as M.key-management"),
]


@dataclass(frozen=True)
class AtMost:
    """
    Most entries that a list or mapping may have, looked at before the entries are.

    Examples
    --------
    >>> Tags = Annotated[tuple[Word, ...], AtMost(50)]
    """

    entries: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Tell pydantic, and through it the JSON Schema."""
        schema: Any = handler(source)
        schema["max_length"] = self.entries
        return core_schema.no_info_before_validator_function(self._check, schema)

    def _check(self, value: Any) -> Any:
        if isinstance(value, list | tuple | Mapping) and len(value) > self.entries:
            raise ValueError(f"expected at most {self.entries:,} entries, found {len(value):,}")
        return value


class Record(BaseModel):
    """
    A frozen value with a document; keyword arguments only.

    Attributes
    ----------
    FORMAT : str
        Name and version of the document, such as ``pkimm-assessment/1``, its first field.
        Empty for a part of another record.
    STATED : frozenset of str
        Fields that a document states although the class has a default for them. (A part of
        a document has required fields instead.)
    ERROR : type of PkimmError
        What is raised where values do not fit.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), validate_by_name=True
    )
    FORMAT: ClassVar[str] = ""
    STATED: ClassVar[frozenset[str]] = frozenset()
    ERROR: ClassVar[type[PkimmError]] = SourceFormatError

    if TYPE_CHECKING:  # so that constructors take it by name
        extra: Mapping[str, Any] = Field(default_factory=dict)
    else:

        @property
        def extra(self) -> Mapping[str, Any]:
            """Fields of the source that this version does not know; they are written back."""
            return self.__pydantic_extra__ or {}

    def __init__(self, /, *, extra: Mapping[str, Any] | None = None, **values: Any) -> None:
        try:
            super().__init__(**{**(extra or {}), **values})
        except ValidationError as error:
            found = [_problem(path, message) for path, message in _violations(error)]
        else:
            return
        raise self.ERROR(f"{type(self).__name__} is not valid: {len(found)} problem(s).", found)

    # pydantic calls a constructor of ours for each part that it reads, unless it is marked
    # like its own; parts are then built directly, and their errors reach `read` in one list.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def replace(self, *, extra: Mapping[str, Any] | None = None, **changes: Any) -> Self:
        """Return the record with other values, checked again; `extra` replaces unknown fields."""
        kept = self.extra if extra is None else extra
        values = {name: self.__dict__[name] for name in type(self).model_fields}
        return type(self)(extra=kept, **{**values, **changes})

    def to_json(self) -> dict[str, Any]:
        """Return the canonical document as plain dicts, lists, text and numbers."""
        kind = type(self)
        document: dict[str, Any] = {"format": kind.FORMAT} if kind.FORMAT else {}
        values = self.__dict__
        for name, (written, default) in _fields(kind).items():
            value = values[name]
            if default is _ALWAYS or value != default:
                document[written] = _plain(value)
        return {**document, **_plain(self.extra)} if self.__pydantic_extra__ else document

    def dumps(self) -> bytes:
        """Return the canonical document as UTF-8 JSON: the same bytes for the same record."""
        text = json.dumps(self.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
        return (text + "\n").encode()

    @classmethod
    def loads(cls, content: bytes, name: str = "the document") -> Self:
        """
        Read a document from UTF-8 JSON of limited size and depth.

        Raises
        ------
        PkimmError
            ``SourceFormatError`` if it is not JSON, else as :meth:`read`.
        """
        return cls.read(read_json(content, name), name)

    @classmethod
    def read(cls, document: Any, name: str = "the document") -> Self:
        """
        Read a document that was parsed.

        Parameters
        ----------
        document : object
            Not changed.
        name : str
            What the source is called in messages.

        Raises
        ------
        PkimmError
            The class's :attr:`ERROR`, with every problem and its place.
        """
        record, found = cls.examine(document)
        if record is not None:
            return record
        kind = f"{cls.FORMAT} document" if cls.FORMAT else cls.__name__
        raise cls.ERROR(
            f"{name} is not a valid {kind}: {len(found)} problem(s). Nothing was imported.",
            [_problem(path or (name,), message) for path, message in found],
        )

    @classmethod
    def examine(cls, document: Any) -> tuple[Self | None, list[tuple[Path, str]]]:
        """Return the record of a document, or None and the place and message of each problem."""
        values, found = document, []
        if isinstance(document, Mapping):
            found = list(cls._unstated(document))
            values = {key: value for key, value in document.items() if key != "format"}
            values = values if cls.FORMAT else document
        try:
            record = cls.model_validate(values)
        except ValidationError as error:
            return None, list(dict([*found, *_violations(error)]).items())
        return (None, found) if found else (record, [])

    @classmethod
    def _unstated(cls, document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        if cls.FORMAT and (why := _other_format(cls.FORMAT, document)):
            yield ("format",), why
        for name in sorted(cls.STATED - document.keys()):
            yield (name,), "is missing"

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the document, made from the class."""
        from pydantic.json_schema import GenerateJsonSchema

        class Untitled(GenerateJsonSchema):
            def field_title_should_be_set(self, schema: Any) -> bool:
                return not schema

            def dict_schema(self, schema: Any) -> dict[str, Any]:
                made = super().dict_schema(schema)
                return (
                    {**made, "additionalProperties": False} if "patternProperties" in made else made
                )

        schema = cls.model_json_schema(schema_generator=Untitled)
        return {"$schema": GenerateJsonSchema.schema_dialect, **schema}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        required = [*schema.get("required", ()), *sorted(cls.STATED)]
        if cls.FORMAT:
            schema["title"] = cls.FORMAT
            schema["properties"] = {"format": {"const": cls.FORMAT}, **schema["properties"]}
            required = ["format", *required]
        if required:
            schema["required"] = required
        if "description" in schema:
            schema["description"] = schema["description"].split("\n\nParameters\n")[0]
        json_schema: dict[str, Any] = schema
        return json_schema


class ClosedRecord(Record):
    """A record whose document has no other fields than those of the class."""

    model_config = ConfigDict(extra="forbid")


_ALWAYS = object()


@cache
def _fields(kind: type[Record]) -> Mapping[str, tuple[str, Any]]:
    """By attribute: name in the document, and the default that is not written."""
    return {
        name: (field.serialization_alias or name, _default(kind, name, field))
        for name, field in kind.model_fields.items()
    }


def _default(kind: type[Record], name: str, field: Any) -> Any:
    if field.is_required() or name in kind.STATED:
        return _ALWAYS
    return field.get_default(call_default_factory=True)


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool, float):
        return value
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, StrEnum) else value


# --- what is wrong, in our words -----------------------------------------------------


def _other_format(expected: str, document: Mapping[str, Any]) -> str:
    """Say why a document is none of this format and version; empty if it is one."""
    if "format" not in document:
        return f"is missing; expected {expected!r}"
    found = document["format"]
    if found == expected:
        return ""
    name, version = expected.rsplit("/", 1)
    match = re.fullmatch(re.escape(name) + r"/([0-9]{1,9})", found if type(found) is str else "")
    if match and int(match[1]) > int(version):
        return f"version {match[1]} is newer than this program, which reads {version}; update it"
    return f"expected {expected!r}"


def _problem(path: Path, message: str) -> Problem:
    return Problem(".".join(str(part)[:80] for part in path), message)


def _violations(error: ValidationError) -> Iterator[tuple[Path, str]]:
    for one in error.errors(include_url=False):
        path = tuple(part for part in one["loc"] if part != "[key]")
        reason = one.get("ctx", {}).get("error") if one["type"] == "value_error" else None
        if isinstance(reason, PkimmError) and reason.problems:
            for problem in reason.problems:
                yield (*path, *filter(None, problem.where.split("."))), problem.message
        else:
            yield path, _message(one, reason)


def _message(error: Mapping[str, Any], reason: Exception | None) -> str:
    if reason is not None:
        return str(reason)
    message = _WORDS.get(error["type"], "does not have the expected form")
    message = message.format(**error.get("ctx", {}))
    value = error["input"]
    return f"{message} (found {_short(value)})" if isinstance(value, int | float) else message


def _short(value: float) -> str:
    """Text of a number; of a very long one its size only."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    return repr(value)


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is no field of this document",
    **dict.fromkeys(("string_type", "string_sub_type"), "expected text"),
    **dict.fromkeys(("int_type", "int_from_float"), "expected a whole number"),
    **dict.fromkeys(("form", "enum", "literal_error"), "expected {expected}"),
    **dict.fromkeys(("list_type", "tuple_type"), "expected a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "expected a mapping"
    ),
    "string_unicode": "holds half of a surrogate pair, which is not a character",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "string_too_long": "expected at most {max_length:,} characters",
    "string_too_short": "expected at least {min_length:,} characters",
    "float_type": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "none_required": "expected nothing",
    "greater_than_equal": "expected a number of at least {ge}",
    "less_than_equal": "expected a number of at most {le}",
    "greater_than": "expected a number above {gt}",
    "less_than": "expected a number below {lt}",
    "too_long": "expected at most {max_length:,} entries",
    "too_short": "expected at least {min_length:,} entries",
}
