"""
Ratings of the web tool 1.0.x: read, written, and the levels that the tool shows for them.

One rating per category and no model version: :mod:`.numbering` finds out
what the keys mean. The tool starts every category at level 1, so what nobody
touched cannot be told from what was rated 1; every assessment says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    Assessor,
    Caveat,
    Mode,
    Source,
    State,
    UseCase,
)
from pkimm_analytics.errors import AssessmentError, Problem, SourceFormatError
from pkimm_analytics.loaders.loaded import Loaded, content_digest, content_id
from pkimm_analytics.loaders.web_tool.entry import (
    MAX_TEXT,
    is_odd,
    is_true,
    js_number,
    label,
    official_text,
    place,
    read_answer,
    stated,
    texts,
    written_level,
)
from pkimm_analytics.loaders.web_tool.numbering import (
    DataFile,
    Numbering,
    data_files,
    identify,
    text_of,
)
from pkimm_analytics.model import Model, load_model, module_of
from pkimm_analytics.scoring import score

EDITIONS = ("1.0.0", "1.1.0")
"""Editions that the tool 1.0.x was made for."""
PAGE = "https://pkic.org/wg/pkimm/1.0.0/tools/self-assessment/"
"""The consortium's page of the tool 1.0.x; it knows PKIMM 1.0.0 only."""
DATA_OF_PAGE = "data-1.0.0-site"

REASONS = {
    "level-zero-counts": "The web tool 1.0.x counts level 0 as zero, with its weight; here a"
    " category at level 0 is unanswered and left out.",
    "odd-level": "The web tool calculates with levels that are no whole numbers from 0 to 5;"
    " here they are refused.",
    "read-elsewhere": "The web tool goes by the number of a category; here an entry whose"
    " description is that of another category counts there, or not at all if that is unclear.",
}


def load_ratings(
    progress: Mapping[str, Any],
    named: Mapping[str, Any],
    content: bytes,
    name: str,
    form: str,
    problems: list[Problem],
) -> Loaded:
    """
    Make an assessment of a map of ratings.

    Parameters
    ----------
    progress : mapping
        Entries by the tool's key.
    named : mapping
        The three names and texts, as they stand.
    content : bytes
        The source, for its digest.
    name : str
        How to call it in messages.
    form : str
        ``link``, ``yaml`` or ``storage``.
    problems : list of Problem
        What was wrong on the way here.

    Raises
    ------
    SourceFormatError
        If no key is one of the tool's.
    """
    problems = list(problems)
    numbering = identify(progress)
    if numbering is None:
        raise _no_known_key(progress, name)
    model = load_model(numbering.assumed.version)
    problems += _about(numbering)
    entries = _entries(progress, numbering, model, problems)
    read = {
        key: read_answer(progress[number], place("progress", number), problems, generation=1)
        for key in model.categories
        if (number := entries.get(key))
    }
    answers = {key: answer for key, answer in read.items() if answer != UNANSWERED}
    said = {field: _text(value, field, problems) for field, value in named.items()}
    is_known = numbering.by in {"keys", "texts"}
    data_file = f"PKIMM {numbering.assumed.version} assumed"
    data_file = numbering.assumed.id if is_known else f"data file not known, {data_file}"
    assessment = Assessment(
        id=content_id(content),
        model=model.edition,
        use_case=UseCase(
            name=said.get("assessmentName", ""), description=said.get("useCaseDescription", "")
        ),
        assessor=Assessor(name=said.get("assessorName", "")),
        answers=answers,
        caveats=(_caveat(answers),),
        source=Source(
            kind=f"web-tool-{form}-1",
            detail=f"web tool 1.0.x, {data_file}",
            digest=content_digest(content),
            tool=_tool(progress, numbering, entries),
        ),
    )
    return Loaded(assessment, tuple(problems))


def _no_known_key(progress: Mapping[str, Any], name: str) -> SourceFormatError:
    found = [
        Problem(place("progress", key), "in no data file of the web tool 1.0.x")
        for key in list(progress)[:20]
    ]
    hint = "expected keys such as G.1; ratings by name (G.compliance) need their 'dataVersion'"
    return SourceFormatError(
        f"{name} has ratings, but no category of the web tool 1.0.x. Nothing was imported.",
        [*found, Problem(f"{name}, progress", hint)],
    )


def _about(numbering: Numbering) -> list[Problem]:
    """Remarks on how the data file was found; nothing to say if the keys settle it."""
    file = numbering.assumed
    names = ", ".join(f.id for f in numbering.candidates)
    said = {
        "texts": f"the keys leave the data file open; the descriptions are those of {file.id}",
        "empty": f"no ratings and no model version: PKIMM {file.version} is assumed",
        "nothing": f"neither keys nor descriptions tell {names} apart; PKIMM {file.version} is"
        " assumed, and only what means the same category in all of them was read",
    }
    message = said.get(numbering.by)
    return [Problem("progress", message, refused=False)] if message else []


def _entries(
    progress: Mapping[str, Any], numbering: Numbering, model: Model, problems: list[Problem]
) -> dict[str, str]:
    """Tool's key of the entry that rates each element, where one does and no other claims to."""
    claims: dict[str, list[str]] = {}
    for tool_key, entry in progress.items():
        element, remark = _element(tool_key, entry, numbering, model)
        if element is not None:
            claims.setdefault(element, []).append(tool_key)
        if remark is not None:
            problems.append(Problem(place("progress", tool_key), remark, refused=element is None))
    found: dict[str, str] = {}
    for element, rivals in claims.items():
        agreeing = [key for key in rivals if numbering.meanings(key) == {element}]
        chosen = rivals if len(rivals) == 1 else agreeing if len(agreeing) == 1 else []
        message = f"another entry rates {element} too, and it is unclear which is meant. Left out"
        problems += [
            Problem(place("progress", key), message) for key in rivals if key not in chosen
        ]
        if chosen:
            found[element] = chosen[0]
    return found


def _element(
    tool_key: str, entry: Any, numbering: Numbering, model: Model
) -> tuple[str | None, str | None]:
    """Element that an entry rates, by its description or else its key, and what to say of it."""
    meanings, text = numbering.meanings(tool_key), text_of(entry)
    meant = " or ".join(sorted(meanings))
    if not meanings:
        names = " or ".join(file.id for file in numbering.candidates)
        return None, f"{names} has no such category. Left out"
    if text is None:
        if len(meanings) == 1:
            return meant, None
        return None, f"may be {meant}: nothing settles it. Left out"
    if text.key in meanings:
        return text.key, None
    said = f"the description is that of {text.key}"
    if text.key not in model.categories:
        return None, f"{said}, which PKIMM {model.version} lacks. Left out"
    return text.key, f"{said}, not of {meant}: read as that"


def _text(value: Any, where: str, problems: list[Problem]) -> str:
    """Text of a field; a number becomes text, anything else is a problem and left out."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        problems.append(Problem(where, "a number; read as text", refused=False))
        return str(value)
    if value is None or (isinstance(value, str) and len(value) <= MAX_TEXT):
        return value or ""
    problems.append(Problem(where, f"expected text of at most {MAX_TEXT:,} characters. Left out"))
    return ""


def _caveat(answers: Mapping[str, Answer]) -> Caveat:
    if {answer.level for answer in answers.values()} - {None} == {1}:
        follows = ", and here every rating is level 1: probably nothing was assessed."
    else:
        follows = ": an untouched category cannot be told from one that was rated Initial."
    message = f"The web tool 1.0.x starts every category at level 1{follows}"
    return Caveat(code="untouched-is-level-1", message=message)


# --- the levels that the tool shows ------------------------------------------------------


def _tool(
    progress: Mapping[str, Any], numbering: Numbering, entries: Mapping[str, str]
) -> dict[str, Any] | None:
    """Figures that the tool shows, None if they depend on which data file it was."""
    every = [figures(progress, file) for file in numbering.candidates]
    if any(shown != every[0] for shown in every):
        return None
    counted = {
        key: entry.get("level", math.nan)
        for key, entry in progress.items()
        if _counts(entry) and numbering.meanings(key)
    }
    in_place = {key for element, key in entries.items() if element in numbering.meanings(key)}
    codes = {
        "level-zero-counts": 0 in map(js_number, counted.values()),
        "odd-level": any(map(is_odd, counted.values())),
        "read-elsewhere": not counted.keys() <= in_place,
    }
    reasons = [{"code": code, "message": REASONS[code]} for code, holds in codes.items() if holds]
    return {**every[0], "reasons": reasons}


def figures(progress: Mapping[str, Any], file: DataFile) -> dict[str, Any]:
    """
    Levels that 1.0.x shows: the mean of all applicable categories, rounded down.

    Level 0 counts as zero with its weight. The level is 0 where nothing applies and None
    where the tool shows no number; the value is None, because it shows levels only.
    """
    model = load_model(file.version)
    pairs = {
        key: (_js_level(progress[tool_key]), model.categories[key].weight)
        for tool_key, key in file.keys.items()
        if _counts(progress.get(tool_key))
    }
    inside = {
        m.id: [p for key, p in pairs.items() if module_of(key) == m.id] for m in model.modules
    }
    return {
        "overall": _shown(pairs.values()),
        "modules": {id_: _shown(own) for id_, own in inside.items()},
    }


def _counts(entry: Any) -> bool:
    return isinstance(entry, Mapping) and is_true(entry.get("applicability"))


def _js_level(entry: Mapping[str, Any]) -> float:
    return js_number(entry.get("level", math.nan))


def _shown(pairs: Iterable[tuple[float, int]]) -> dict[str, Any]:
    pairs = list(pairs)
    weight = sum(weight for _, weight in pairs)
    mean = sum(level * weight for level, weight in pairs) / weight if weight else 0
    is_number = math.isfinite(mean) and abs(mean) < 1e9
    return {"level": math.floor(mean) if is_number else None, "value": None}


# --- writing -----------------------------------------------------------------------------


def write_ratings(
    assessment: Assessment, model: Model, *, for_page: bool = False
) -> dict[str, Any]:
    """
    Write the map of ratings; in a full assessment the levels are its results.

    It has the numbers of the edition's file, or `for_page` those of the consortium's page.
    """
    page = next(file for file in data_files() if file.id == DATA_OF_PAGE)
    numbers = {key: category.native_id for key, category in model.categories.items()}
    if for_page and page.version == model.version:
        numbers = {key: number for number, key in page.keys.items()}
    scores = score(assessment, model) if assessment.mode is Mode.FULL else None
    progress = {}
    for key, number in numbers.items():
        answer = stated(assessment, key)
        if scores is not None and answer.state is not State.NOT_APPLICABLE:
            figure = scores.categories[key]
            answer = UNANSWERED.replace(state=figure.state, level=figure.level)
        entry = written_level(answer)
        level, applies = entry["level"], entry["applicability"]
        progress[number] = {
            "level": level,
            "result": label(model, level, off=not applies),
            "description": official_text(model, key, level),
            "applicability": applies,
        }
    return progress


def latin_texts(assessment: Assessment) -> dict[str, bytes]:
    """
    Write the three texts one byte per character, as links of 1.0.x hold them.

    Raises
    ------
    AssessmentError
        If a text has characters above U+00FF.
    """
    encoded = {}
    problems = []
    for field, text in texts(assessment).items():
        try:
            encoded[field] = text.encode("latin-1")
        except UnicodeEncodeError as error:
            problems.append(Problem(field, f"character {error.start + 1} is outside Latin-1"))
    if problems:
        raise AssessmentError(
            f"A share link of PKIMM {assessment.model.version} cannot hold these texts: the web"
            " tool 1.0.x knows the characters up to U+00FF only. Nothing was written. Shorten the"
            " texts to those, export to YAML, or carry the answers to 2.0.0 first.",
            problems,
        )
    return encoded
