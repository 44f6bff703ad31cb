"""
From what a table says about an assessment to the assessment.

The edition is settled first, because an id means nothing without it. Then claims and
entries become a canonical document, and the document an assessment. What cannot be
taken as it stands is left out and named with its place; the rest is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.errors import Problem, SourceFormatError, UnknownEditionError
from pkimm_analytics.loaders.loaded import ASSESSMENT_ID, Loaded, content_digest, content_id
from pkimm_analytics.loaders.tabular.answers import (
    CellError,
    Document,
    Path,
    Vocabulary,
    read_answers,
)
from pkimm_analytics.loaders.tabular.properties import (
    add_extensions,
    add_properties,
    one_claim,
)
from pkimm_analytics.loaders.tabular.rows import (
    Claim,
    Entry,
    Group,
    Shape,
    Table,
    as_text,
    capped,
    check_header,
    column_name,
    long_groups,
    shape_of,
    wide_groups,
)
from pkimm_analytics.loaders.tabular.template import (
    ANSWER,
    LONG_TEXT,
    SECTIONS,
    STATED,
    is_element_like,
    is_numbered,
    property_kind,
    spelled,
)
from pkimm_analytics.model import Model, find_model, load_model, models

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_KINDS = {("xlsx", "long"): "xlsx-table", ("xlsx", "wide"): "xlsx-table"}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Origin:
    """
    What all assessments of one source share.

    Parameters
    ----------
    content : bytes
        The source, from which ids and the digest follow.
    name : str
        How to call the source in messages.
    kind : str
        Start of the kind of the source: ``csv``, ``frame`` or ``xlsx``.
    tell : callable, optional
        Called after each assessment.
    vocabularies, editions : dict
        What was looked up once, for the next assessment.
    """

    content: bytes
    name: str
    kind: str
    tell: Callable[[], object] | None = None
    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    editions: dict[tuple[str, frozenset[str]], Model] = field(default_factory=dict)

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """Every edition at hand."""
        return models()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the source."""
        return content_digest(self.content)

    def id_of(self, label: str, part: str) -> str:
        """Return the id of one assessment: its label, or one that follows from the source."""
        return label if ASSESSMENT_ID.fullmatch(label) else content_id(self.digest.encode(), part)

    def edition(self, version: str, keys: Collection[str]) -> Model:
        """Return the edition of a version that fits the keys best."""
        wanted = (version, frozenset(keys))
        if wanted not in self.editions:
            self.editions[wanted] = find_model(version, keys)
        return self.editions[wanted]

    def vocabulary(self, model: Model) -> Vocabulary:
        """Names of the elements of an edition."""
        if model.digest not in self.vocabularies:
            self.vocabularies[model.digest] = Vocabulary(model)
        return self.vocabularies[model.digest]


def read_tables(tables: Sequence[Table], origin: Origin, problems: list[Problem]) -> list[Loaded]:
    """
    Read all assessments of a source.

    Parameters
    ----------
    tables : sequence of Table
        One, or the sheets of a workbook.
    origin : Origin
    problems : list of Problem
        What was found on the way here; problems of no single assessment are added.

    Returns
    -------
    list of Loaded
        What could be read. Problems of the source as a whole, and of assessments
        that had to be left out, stand with the first one.

    Raises
    ------
    SourceFormatError
        If nothing could be read; all problems are listed.
    """
    loaded: list[Loaded] = []
    for group in _groups(tables, origin.name, problems):
        one, refused = build(group, origin)
        problems += refused
        if one:
            loaded.append(one)
        if origin.tell:
            origin.tell()
    if not loaded:
        raise SourceFormatError(
            f"{origin.name} holds no assessment that can be read. Nothing was imported.",
            capped(problems),
        )
    first = Loaded(loaded[0].assessment, capped([*problems, *loaded[0].problems]))
    return [first, *loaded[1:]]


def _groups(tables: Sequence[Table], name: str, problems: list[Problem]) -> Iterator[Group]:
    long: list[Table] = []
    wide: list[Table] = []
    for table in tables:
        shape = shape_of(table.header)
        if shape is None:
            message = (
                "expected a header with the columns element and level, or with a column for each"
                " element, such as G.compliance"
            )
            raise SourceFormatError(
                f"{name} is not a table of the template. Nothing was imported.",
                [Problem(table.header_place(), message)],
            )
        problems += check_header(table, shape, name)
        if not table.rows:
            message = "there is a header and no row below it; expected one at least"
            problems.append(Problem(table.header_place(), message))
        (wide if shape == "wide" else long).append(table)
    yield from long_groups(long, problems)
    for table in wide:
        yield from wide_groups(table, problems)


def build(group: Group, origin: Origin) -> tuple[Loaded | None, list[Problem]]:
    """
    Make an assessment of what a table says about it.

    Returns
    -------
    tuple
        The assessment with its problems; or None where nothing of it could be read,
        and the problems.
    """
    problems = list(group.problems)
    try:
        claims, entries = _joined(group, problems)
        model = _edition(claims, entries, group.where, origin, problems)
        document, places = _document(group, claims, entries, model, origin, problems)
        if _is_nothing_left(document, problems):
            return None, problems
        assessment = _assessment(document, places, problems)
    except CellError as error:
        return None, [*problems, error.problem]
    return Loaded(assessment, capped(problems)), []


def _is_nothing_left(document: Document, problems: Sequence[Problem]) -> bool:
    """Tell whether no answer could be read; an assessment that has none yet is no such case."""
    answered = document["answers"] or any(
        extension.get("answers") for extension in document.get("extensions", [])
    )
    return not answered and any(problem.refused for problem in problems)


# --- texts that go on in further rows --------------------------------------------


def _joined(group: Group, problems: list[Problem]) -> tuple[dict[str, list[Claim]], list[Entry]]:
    """Put texts together that were cut into parts."""
    claims = {name: list(found) for name, found in group.claims.items()}
    whole: list[Entry] = []
    cut: dict[str, dict[str, list[Entry]]] = {}
    for entry in group.entries:
        if "part" not in entry.cells:
            whole.append(entry)
            continue
        name = column_name(entry.text("element") or entry.text("native_id"))
        cut.setdefault(name, {}).setdefault(entry.text("part"), []).append(entry)
    for name, parts in cut.items():
        ordered = _in_order(name, parts, problems)
        if not ordered:
            continue
        if name in STATED or property_kind(name):
            text = "".join(as_text(entry.cells.get("value", "")) for entry in ordered)
            claims.setdefault(name, []).append(Claim(text, ordered[0].where("value"), is_row=True))
        else:
            whole.append(_put_together(ordered, problems))
    return claims, whole


def _in_order(
    name: str, parts: Mapping[str, Sequence[Entry]], problems: list[Problem]
) -> list[Entry]:
    """Return the parts 1 to n, or nothing and a problem where one is missing or twice."""
    wanted = [str(number) for number in range(1, len(parts) + 1)]
    if set(parts) == set(wanted) and all(len(entries) == 1 for entries in parts.values()):
        return [parts[number][0] for number in wanted]
    first = next(iter(parts.values()))[0]
    shown = name if is_element_like(name) or property_kind(name) else "this row"
    message = f"parts of {shown} are missing or there twice; expected 1, 2 and so on; left out"
    problems.append(Problem(first.where("part"), message))
    return []


def _put_together(ordered: Sequence[Entry], problems: list[Problem]) -> Entry:
    cells = dict(ordered[0].cells)
    for entry in ordered[1:]:
        for column, cell in entry.cells.items():
            if column in LONG_TEXT:
                cells[column] = as_text(cells.get(column, "")) + as_text(cell)
            elif column in ANSWER:
                message = "only texts go on in a further part; this cell was left out"
                problems.append(Problem(entry.where(column), message))
    return Entry(ordered[0].table, ordered[0].row, cells, ordered[0].columns)


# --- the edition -----------------------------------------------------------------


def _edition(
    claims: Mapping[str, list[Claim]],
    entries: Sequence[Entry],
    where: str,
    origin: Origin,
    problems: list[Problem],
) -> Model:
    """Settle the edition from version, digest and the ids that are used."""
    version = _stated(claims, "model_version", _VERSION, "expected a version such as 2.0.0")
    digest = _stated(claims, "model_digest", _DIGEST, "expected sha256: and 64 hex digits")
    if digest:
        place = claims["model_digest"][0].where
        found = [m for m in origin.models if m.digest == digest and version in (None, m.version)]
        if not found:
            raise CellError(place, f"no edition of this digest and version; {_known(origin)}")
        return load_model(found[0].version, digest)
    if version:
        return _of_version(version, entries, claims["model_version"][0].where, origin, problems)
    numbered = next((entry for entry in entries if is_numbered(_subject(entry))), None)
    if numbered is not None:
        raise CellError(
            numbered.where("element"),
            f"{_subject(numbered).upper()} is another element in another edition; expected its"
            " edition in column model_version, such as 1.1.0; the assessment was left out",
        )
    return _best_with(_keys(entries), where, origin)


def _keys(entries: Sequence[Entry]) -> frozenset[str]:
    """Return what has the form of an element key."""
    names = {_subject(entry) for entry in entries}
    return frozenset(spelled(n) for n in names if is_element_like(n) and not is_numbered(n))


def _of_version(
    version: str, entries: Sequence[Entry], where: str, origin: Origin, problems: list[Problem]
) -> Model:
    rivals = {model.digest for model in origin.models if model.version == version}
    keys = _keys(entries) if len(rivals) > 1 else frozenset()
    try:
        model = origin.edition(version, keys)
    except UnknownEditionError:
        raise CellError(where, f"PKIMM {version} is not installed; {_known(origin)}") from None
    if len(rivals) > 1:
        message = f"several editions are called {version}; read as {model.edition}"
        problems.append(Problem(where, f"{message}; column model_digest decides", refused=False))
    return model


def _best_with(keys: frozenset[str], where: str, origin: Origin) -> Model:
    """Return the newest of the editions that have most of the keys."""
    versions = sorted({tuple(map(int, model.version.split("."))) for model in origin.models})
    found = [origin.edition(".".join(map(str, version)), keys) for version in reversed(versions)]
    best = min(found, key=lambda model: len(keys - model.keys))
    if keys & best.keys:
        return best
    raise CellError(
        where,
        "no edition is stated and none has these elements; expected column model_version,"
        " such as 2.0.0; the assessment was left out",
    )


def _stated(
    claims: Mapping[str, list[Claim]], name: str, form: re.Pattern[str], expected: str
) -> str | None:
    """Return the one value that is stated for version or digest, None if there is none."""
    values = {as_text(claim.value).strip(): claim for claim in claims.get(name, ())}
    if len(values) > 1:
        first, second = [*values.values()][:2]
        raise CellError(
            second.where,
            f"{name} is not that of {first.where}; an assessment has one edition, so it was left"
            " out; give other assessments another name in column assessment",
        )
    for text, claim in values.items():
        if not form.fullmatch(text):
            raise CellError(claim.where, f"{expected}; the assessment was left out")
        return text
    return None


def _known(origin: Origin) -> str:
    known = ", ".join(dict.fromkeys(str(model.edition) for model in origin.models))
    return f"known are {known}; add others with: pkimm models add FILE; the assessment was left out"


def _subject(entry: Entry) -> str:
    """Key or native id of the element that a row is about, without its extension."""
    return (entry.text("element") or entry.text("native_id")).rpartition(":")[2].strip()


# --- the document ----------------------------------------------------------------


def _document(
    group: Group,
    claims: Mapping[str, list[Claim]],
    entries: Sequence[Entry],
    model: Model,
    origin: Origin,
    problems: list[Problem],
) -> tuple[Document, dict[Path, str]]:
    """Return the canonical document, and the place of each of its parts in the source."""
    places: dict[Path, str] = {}
    answers = read_answers(entries, origin.vocabulary(model), problems, places)
    document: Document = {
        "format": Assessment.FORMAT,
        "id": origin.id_of(group.label, group.part),
        "model": {
            "version": model.version,
            "digest": model.digest,
            "requirements": len(model.requirements),
        },
        "mode": _mode(claims, answers[""], model, group.where, problems),
        "answers": answers.pop(""),
    }
    if "model_version" not in claims and "model_digest" not in claims:
        message = f"no edition is stated; read as {model.edition}, the newest that fits"
        problems.append(Problem(group.where, message, refused=False))
    add_properties(claims, document, problems, places)
    add_extensions(answers, claims, document, model, problems, places)
    _source(document, group.shape, origin)
    _unnamed(group, document, problems)
    return document, places


def _mode(
    claims: Mapping[str, list[Claim]],
    answers: Document,
    model: Model,
    where: str,
    problems: list[Problem],
) -> str:
    found = one_claim("mode", claims.get("mode", []), problems)
    stated = "" if found is None else as_text(found.value).strip().lower()
    if stated in {*Mode}:
        return stated
    inferred = Mode.FULL if any(key in model.requirements for key in answers) else Mode.SELF
    if stated and found:
        message = f"expected self or full; read as {inferred}"
        problems.append(Problem(found.where, message))
    elif answers and "mode" not in claims:
        what = "requirements" if inferred is Mode.FULL else "no requirements"
        message = f"mode is not stated; read as {inferred}, because {what} are answered"
        problems.append(Problem(where, message, refused=False))
    return str(inferred)


def _unnamed(group: Group, document: Document, problems: list[Problem]) -> None:
    """Keep a label that cannot be an id as the name of the use case, if it has none."""
    if not group.label or document["id"] == group.label:
        return
    kept = "" if document.get("use_case", {}).get("name") else "; kept as use_case.name"
    if kept:
        document.setdefault("use_case", {})["name"] = group.label
    message = f"the name in column assessment cannot be an id, so one was made{kept}"
    problems.append(Problem(group.where, message, refused=False))


def _source(document: Document, shape: Shape, origin: Origin) -> None:
    """Keep the source that a table of ours carries, else name the table itself."""
    source = document.setdefault("source", {})
    if "kind" not in source:
        source["kind"] = _KINDS.get((origin.kind, shape), f"{origin.kind}-{shape}")
        source.setdefault("digest", origin.digest)


# --- the assessment --------------------------------------------------------------


def _assessment(
    document: Document, places: Mapping[Path, str], problems: list[Problem]
) -> Assessment:
    """Build the assessment; a part that breaks the published schema is left out."""
    for _ in range(3):
        try:
            return Assessment.loads(
                json.dumps(document, ensure_ascii=False, allow_nan=False).encode(), "the table"
            )
        except SourceFormatError:
            pass
        except (ValueError, RecursionError):
            break
        for path, message in _faults(document):
            problems.append(Problem(places.get(path, ".".join(path)), f"{message}; left out"))
            _leave_out(document, path)
    raise CellError("", "the assessment does not meet the published schema and was left out")


def _faults(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield each part of a document that breaks the schema, once, and why."""
    seen = set()
    for path, message in Assessment.examine(document)[1]:
        part = _part(path)
        if part and part not in seen:
            seen.add(part)
            is_day = part[0] == "period" and len(part) == 2
            yield part, "expected a day such as 2026-01-31" if is_day else message


def _part(path: Sequence[str | int]) -> Path:
    """Name the smallest part that can be left out; nothing for the document itself."""
    names = [str(name) for name in path]
    return tuple(names[:2] if names and names[0] in {*SECTIONS, "answers"} else names[:1])


def _leave_out(document: Document, path: Path) -> None:
    target = document
    for name in path[:-1]:
        target = target[name]
    target.pop(path[-1], None)
