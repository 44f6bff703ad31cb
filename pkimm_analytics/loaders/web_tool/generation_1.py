"""
Ratings of the web tool 1.0.x and of the development builds after it.

One rating per category and no model version: :mod:`.numbering` finds out
what the keys mean. The tool starts every category at level 1, so what nobody
touched cannot be told from what was rated 1; every assessment says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pkimm_analytics.assessment import (
    Answer,
    Assessment,
    Assessor,
    Caveat,
    ExtensionAnswers,
    Source,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import Problem, SourceFormatError, UnknownEditionError
from pkimm_analytics.loaders.loaded import Loaded, content_digest, content_id
from pkimm_analytics.loaders.web_tool.entry import (
    aside_level,
    is_true,
    place,
    read_level,
    read_text,
)
from pkimm_analytics.loaders.web_tool.figures import codes_1, counted_1, figures_1, reasons
from pkimm_analytics.loaders.web_tool.numbering import DataFile, Numbering, identify, text_of
from pkimm_analytics.model import MODULE_IDS, Model, load_extension, load_model


@dataclass(frozen=True, slots=True)
class Record:
    """
    What a link, a YAML file or browser storage of this kind holds.

    Parameters
    ----------
    progress : mapping
        Entries by the tool's key.
    texts : mapping
        The three names and texts, as they stand.
    extensions : tuple of str, optional
        Ids of enabled extensions; None for 1.0.x, which knows none.
    problems : tuple of Problem
        What was wrong on the way here.
    """

    progress: Mapping[str, Any]
    texts: Mapping[str, Any] = field(default_factory=dict)
    extensions: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_development(self) -> bool:
        """Whether a development build wrote it."""
        return self.extensions is not None


@dataclass(frozen=True, slots=True)
class Read:
    """Answers that were read, and the tool's keys whose entry counts elsewhere or nowhere."""

    answers: Mapping[str, Answer]
    elsewhere: frozenset[str]


def load_record(record: Record, content: bytes, name: str, form: str) -> Loaded:
    """
    Make an assessment of a record.

    Parameters
    ----------
    record : Record
    content : bytes
        The source, for its digest.
    name : str
        How to call it in messages.
    form : str
        ``link``, ``yaml`` or ``storage``.

    Raises
    ------
    SourceFormatError
        If no key is one of the tool's.
    """
    problems = list(record.problems)
    base, foreign = _split(record)
    numbering = identify(base)
    if numbering is None:
        raise _no_known_key(base, name)
    model = load_model(numbering.assumed.version)
    problems += _about(numbering)
    read = _read_entries(base, numbering, model, problems)
    extensions = _read_extensions(record, foreign, numbering, model, problems)
    generation = "dev" if record.is_development else "1"
    texts = {key: read_text(value, key, problems) for key, value in record.texts.items()}
    return Loaded(
        Assessment(
            id=content_id(content),
            model=model.edition,
            use_case=UseCase(
                name=texts.get("assessmentName", ""),
                description=texts.get("useCaseDescription", ""),
            ),
            assessor=Assessor(name=texts.get("assessorName", "")),
            answers=read.answers,
            extensions=extensions,
            caveats=_caveats(record, read.answers),
            source=Source(
                kind=f"web-tool-{form}-{generation}",
                detail=_detail(record, numbering),
                digest=content_digest(content),
                tool=None if record.is_development else _tool(base, numbering, read),
            ),
        ),
        tuple(problems),
    )


def _split(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """Entries of the base model, and those of extensions where the source knows extensions."""
    foreign = {
        key: entry
        for key, entry in record.progress.items()
        if record.is_development and key.count(".") == 2 and key.split(".")[0] not in MODULE_IDS
    }
    return {k: e for k, e in record.progress.items() if k not in foreign}, foreign


def _no_known_key(base: Mapping[str, Any], name: str) -> SourceFormatError:
    found = [
        Problem(place("progress", key), "in no data file of the web tool 1.0.x")
        for key in list(base)[:20]
    ]
    hint = "expected keys such as G.1; ratings by name (G.compliance) need their 'dataVersion'"
    return SourceFormatError(
        f"{name} has ratings, but no category of the web tool 1.0.x. Nothing was imported.",
        [*found, Problem(f"{name}, progress", hint)],
    )


def _about(numbering: Numbering) -> list[Problem]:
    """Remarks on how the data file was found; nothing to say if the keys settle it."""
    file = numbering.assumed
    if numbering.by == "keys":
        return []
    if numbering.by == "texts":
        message = f"the keys leave the data file open; the descriptions are those of {file.id}"
    elif numbering.by == "empty":
        message = f"no ratings and no model version: PKIMM {file.version} is assumed"
    else:
        names = ", ".join(f.id for f in numbering.candidates)
        message = (
            f"neither keys nor descriptions tell {names} apart; PKIMM {file.version} is assumed,"
            " and only what means the same category in all of them was read"
        )
    return [Problem("progress", message, refused=False)]


# --- entries ---------------------------------------------------------------------


def _read_entries(
    base: Mapping[str, Any], numbering: Numbering, model: Model, problems: list[Problem]
) -> Read:
    claims: dict[str, list[str]] = {}
    refused: set[str] = set()
    for tool_key, entry in base.items():
        element = _element(tool_key, entry, numbering, model, problems)
        if element is None:
            refused.add(tool_key)
        else:
            claims.setdefault(element, []).append(tool_key)
    refused |= _rivals(claims, numbering, problems)
    answers = {}
    elsewhere = {key for key in refused if counted_1(base[key])}
    for element in model.categories:
        for tool_key in claims.get(element, []):
            answer = read_answer(base[tool_key], place("progress", tool_key), problems)
            if answer is not None:
                answers[element] = answer
            if element not in numbering.meanings(tool_key):
                elsewhere.add(tool_key)
    return Read(answers, frozenset(elsewhere))


def _element(
    tool_key: str, entry: Any, numbering: Numbering, model: Model, problems: list[Problem]
) -> str | None:
    """Element that an entry rates: by its description, else by its key; None if unclear."""
    where = place("progress", tool_key)
    meanings = numbering.meanings(tool_key)
    if not meanings:
        names = " or ".join(file.id for file in numbering.candidates)
        problems.append(Problem(where, f"{names} has no such category. Left out"))
        return None
    text = text_of(entry)
    if text is None and len(meanings) > 1:
        known = " or ".join(sorted(meanings))
        problems.append(Problem(where, f"may be {known}: nothing settles it. Left out"))
        return None
    if text is None or text.key in meanings:
        return meanings.pop() if text is None else text.key
    if text.key not in model.categories:
        message = f"the description is that of {text.key}, which PKIMM {model.version} lacks"
        problems.append(Problem(where, f"{message}. Left out"))
        return None
    message = f"the description is that of {text.key}, not of {meanings.pop()}: read as that"
    problems.append(Problem(where, message, refused=False))
    return text.key


def _rivals(
    claims: dict[str, list[str]], numbering: Numbering, problems: list[Problem]
) -> set[str]:
    """Settle elements that several entries claim: the one whose key agrees, else none."""
    lost: set[str] = set()
    for element, tool_keys in claims.items():
        if len(tool_keys) == 1:
            continue
        by_key = [k for k in tool_keys if numbering.meanings(k) == {element}]
        kept = by_key if len(by_key) == 1 else []
        losers = [k for k in tool_keys if k not in kept]
        message = f"another entry rates {element} too, and it is unclear which is meant. Left out"
        problems += [Problem(place("progress", key), message) for key in losers]
        claims[element] = kept
        lost.update(losers)
    return lost


def read_answer(entry: Any, where: str, problems: list[Problem]) -> Answer | None:
    """Answer of an entry, None if it is unanswered; what is wrong goes to `problems`."""
    if not isinstance(entry, Mapping):
        message = "expected a rating with level and applicability. Read as unanswered"
        problems.append(Problem(where, message))
        return None
    applicability = entry.get("applicability")
    if not isinstance(applicability, bool):
        meaning = "applicable" if is_true(applicability) else "not applicable"
        message = f"applicability is neither true nor false; read as {meaning}, as the tool does"
        problems.append(Problem(where, message, refused=False))
    if not is_true(applicability):
        return not_applicable(set_aside_level=aside_level(entry))
    level = read_level(entry, where, problems, required=True)
    return None if level is None else rated(level)


# --- extensions of the development builds ----------------------------------------


def _read_extensions(
    record: Record,
    foreign: Mapping[str, Any],
    numbering: Numbering,
    model: Model,
    problems: list[Problem],
) -> tuple[ExtensionAnswers, ...]:
    found = []
    enabled = dict.fromkeys(record.extensions or ())
    for id_ in enabled:
        own = {key: entry for key, entry in foreign.items() if key.split(".")[0] == id_}
        try:
            extension = load_extension(id_, model=model.version)
        except UnknownEditionError:
            message = (
                f"no version of this extension for PKIMM {model.version} is installed; its"
                f" {len(own)} ratings were left out. Add its file with: pkimm models add FILE"
            )
            problems.append(Problem(place("enabledExtensions", id_), message))
            continue
        message = f"the source names no version; {extension.version} is assumed"
        problems.append(Problem(place("enabledExtensions", id_), message, refused=False))
        answers = _read_relevance(own, numbering, model, problems)
        found.append(
            ExtensionAnswers(
                id=id_, version=extension.version, digest=extension.digest, answers=answers
            )
        )
    problems += [
        Problem(place("progress", key), "belongs to an extension that is not enabled. Left out")
        for key in foreign
        if key.split(".")[0] not in enabled
    ]
    return tuple(found)


def _read_relevance(
    own: Mapping[str, Any], numbering: Numbering, model: Model, problems: list[Problem]
) -> dict[str, Answer]:
    answers = {}
    for tool_key, entry in own.items():
        where = place("progress", tool_key)
        meanings = numbering.meanings(tool_key.split(".", 1)[1])
        if len(meanings) != 1 or not meanings <= model.categories.keys():
            problems.append(Problem(where, "rates no category of the model. Left out"))
            continue
        answer = read_answer(entry, where, problems)
        if answer is not None:
            answers[meanings.pop()] = answer
    return answers


# --- what goes with the assessment -----------------------------------------------


def _caveats(record: Record, answers: Mapping[str, Answer]) -> tuple[Caveat, ...]:
    levels = {answer.level for answer in answers.values() if answer.level is not None}
    tool = "The web tool 1.0.x"
    if record.is_development:
        tool = "This was made with a development build of the web tool. Like 1.0.x, it may"
        message = f"{tool} start every category at level 1; untouched cannot be told from rated 1."
    elif levels == {1}:
        message = (
            f"{tool} starts every category at level 1, and here every rating is level 1:"
            " probably nothing was assessed."
        )
    else:
        message = (
            f"{tool} starts every category at level 1: an untouched category cannot be told"
            " from one that was rated Initial."
        )
    return (Caveat(code="untouched-is-level-1", message=message),)


def _detail(record: Record, numbering: Numbering) -> str:
    tool = "web tool, development build" if record.is_development else "web tool 1.0.x"
    if numbering.by in {"keys", "texts"}:
        return f"{tool}, {numbering.assumed.id}"
    return f"{tool}, data file not known, PKIMM {numbering.assumed.version} assumed"


def _tool(base: Mapping[str, Any], numbering: Numbering, read: Read) -> dict[str, Any] | None:
    """Figures that the tool shows, None if they depend on which data file it was."""
    every = [_figures(base, file) for file in numbering.candidates]
    if any(figures != every[0] for figures in every):
        return None
    codes = codes_1(base, [k for file in numbering.candidates for k in file.keys])
    if read.elsewhere:
        codes |= {"read-elsewhere"}
    return {**every[0], "reasons": reasons(sorted(codes))}


def _figures(base: Mapping[str, Any], file: DataFile) -> dict[str, Any]:
    return figures_1(base, file.keys, load_model(file.version))
