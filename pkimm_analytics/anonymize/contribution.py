"""
What one assessment contributes: one JSON document, which a person can read from top to bottom.

Pseudonyms, a coarse profile, a quarter, and for each element its level or that it does
not apply; an element without an entry is unanswered. There is no field for text: each
value is one of the closed vocabulary, and anything else is refused without repeating it.
The document is what leaves; the collection stores the same values in columns.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import core_schema

from pkimm_analytics.anonymize.vocabulary import (
    NOT_APPLICABLE,
    axis,
    expected,
    form,
    is_allowed,
    shown_path,
)
from pkimm_analytics.errors import ContributionError, Problem, SourceFormatError
from pkimm_analytics.files import MAX_BYTES, read_json
from pkimm_analytics.records import ClosedRecord, Flag
from pkimm_analytics.tables import CONTRIBUTIONS, VOUCHING

FIELDS = tuple(column.name for column in CONTRIBUTIONS.columns if column not in VOUCHING)

Answers = Mapping[str, int | Literal["not_applicable"]]
_WORDS = (1, 2, 3, 4, 5, NOT_APPLICABLE)


@dataclass(frozen=True)
class Coded:
    """Text that the closed vocabulary allows in a field."""

    field: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Check the text before anything else looks at it."""
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        """Publish the form."""
        return {**handler(schema), "pattern": f"^({form(self.field)})$"}

    def _check(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and is_allowed(self.field, value)):
            return value
        raise ValueError(expected(self.field))


def _answers(value: Any) -> Any:
    """Check answers as a whole: the name of an unknown element could itself be a text."""
    if not isinstance(value, Mapping):
        raise ValueError("expected a mapping")
    n_unknown = len(value.keys() - set(axis().keys))
    if n_unknown:
        raise ValueError(f"{n_unknown} name(s) are no elements")
    if not all(
        word == NOT_APPLICABLE or (type(word) is int and 1 <= word <= 5) for word in value.values()
    ):
        raise ValueError(f"expected levels 1 to 5, or {NOT_APPLICABLE}")
    return {key: value[key] for key in axis().keys if key in value}


def _extensions(value: Any) -> Any:
    """Check which extensions were answered, and which of their categories."""
    if not isinstance(value, Mapping):
        raise ValueError("expected a mapping")
    for name, one in value.items():
        columns = axis().extensions.get(name)
        answers = one.get("answers") if isinstance(one, Mapping) else getattr(one, "answers", None)
        version = one.get("version") if isinstance(one, Mapping) else getattr(one, "version", None)
        if columns is None or not (isinstance(version, str) and is_allowed(name, version)):
            raise ValueError("expected a version of an extension that collections know")
        if not isinstance(answers, Mapping) or answers.keys() - set(columns):
            raise ValueError("expected answers to what the extension asks")
    return value


_WORD = {"enum": [*_WORDS]}
_Answers = Annotated[
    Answers,
    BeforeValidator(_answers),
    WithJsonSchema({"type": "object", "maxProperties": 1000, "additionalProperties": _WORD}),
]


class Relevance(ClosedRecord):
    """Relevance answers of one extension."""

    version: str
    answers: _Answers


class Former(ClosedRecord):
    """Pseudonyms of the same identifiers with the key of an earlier round."""

    org: Annotated[str, Coded("org")]
    parent: Annotated[str, Coded("parent")]
    assessor: Annotated[str | None, Coded("assessor")] = None


class Contribution(ClosedRecord):
    """
    What leaves an organization when it contributes an assessment.

    Parameters
    ----------
    contribution, org, parent, use_case, assessor : str
        Pseudonyms. In a round, those of organization, parent and assessor are made with
        its key, the others with the contributor's.
    carried : bool
        Whether the answers were given to another edition.
    answers : mapping of str to int or "not_applicable"
        By element key: level 1 to 5. An element without an entry is unanswered.
    extensions : mapping of str to Relevance
        By id.
    ticket : str, optional
        One-time code that vouches for the contributor. It is checked, and its hash kept.
    former : Former, optional
        Where a key was renewed: what the same are called in earlier rounds. Not kept.
    replaces : str, optional
        Proof that the contributor may replace what the collection holds of the same
        assessment. It is checked and not kept.
    """

    FORMAT = "pkimm-contribution/1"
    ERROR = ContributionError

    contribution: Annotated[str, Coded("contribution")]
    org: Annotated[str, Coded("org")]
    parent: Annotated[str, Coded("parent")]
    use_case: Annotated[str, Coded("use_case")]
    assessor: Annotated[str | None, Coded("assessor")] = None
    sector: Annotated[str | None, Coded("sector")] = None
    size: Annotated[str | None, Coded("size")] = None
    region: Annotated[str | None, Coded("region")] = None
    role: Annotated[str | None, Coded("role")] = None
    assurance: Annotated[str, Coded("assurance")]
    edition: Annotated[str, Coded("edition")]
    digest: Annotated[str, Coded("digest")]
    mode: Annotated[str, Coded("mode")]
    quarter: Annotated[str, Coded("quarter")]
    synthetic: Flag
    scoring_version: Annotated[str, Coded("scoring_version")]
    commitment: Annotated[str, Coded("commitment")]
    carried: Flag = False
    round: Annotated[str | None, Coded("round")] = None
    answers: _Answers
    extensions: Annotated[Mapping[str, Relevance], BeforeValidator(_extensions)]
    ticket: Annotated[str | None, Coded("ticket")] = None
    former: Former | None = None
    replaces: Annotated[str | None, Coded("replaces")] = None

    @property
    def id(self) -> str:
        """Pseudonym of the assessment."""
        return self.contribution

    def content_digest(self) -> str:
        """SHA-256 of what is contributed, without what only proves something."""
        document = self.to_json()
        for name in ("commitment", "ticket", "former", "replaces"):
            document.pop(name, None)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def dumps(contributions: Sequence[Contribution]) -> bytes:
    """Return contributions as a JSON list, the same bytes for the same contributions."""
    documents = [one.to_json() for one in contributions]
    return (json.dumps(documents, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def loads(content: bytes, name: str) -> tuple[list[Contribution], list[Problem]]:
    """
    Read a contribution file: one document or a list of them.

    Returns
    -------
    tuple
        The valid contributions, and a problem for each place that is not valid; a
        document with a problem is left out whole.

    Raises
    ------
    SourceFormatError
        If the file is not JSON, or neither an object nor a list.
    """
    try:
        documents = read_json(content, name)
    except SourceFormatError as error:  # whose message may name a field
        where = error.problems[0].where if error.problems else name
        raise SourceFormatError(
            f"{name} is not readable as JSON. Nothing was added.",
            [Problem(where, _why_not_json(content))],
        ) from None
    documents = [documents] if isinstance(documents, dict) else documents
    if not isinstance(documents, list):
        raise SourceFormatError(
            f"{name} holds no contributions. Nothing was added.",
            [Problem(name, f"expected a document {Contribution.FORMAT} or a list of them")],
        )
    good, problems = [], []
    for number, document in enumerate(documents, 1):
        record, found = Contribution.examine(document)
        for path, message in found:
            place = f"{name}, document {number}: {shown_path(path) or 'document'}"
            problems.append(Problem(place, re.sub(r" \(found .*\)$", "", message)))
        if record is not None:
            good.append(record)
    return good, problems


def _why_not_json(content: bytes) -> str:
    if not content:
        return "the file is empty; expected a contribution"
    if len(content) > MAX_BYTES:
        return f"more than {MAX_BYTES:,} bytes; hand over several smaller files"
    return "expected JSON in UTF-8, with plain numbers and each field once"
