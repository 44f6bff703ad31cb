"""
A synthetic round of feedback with known truths, exported as a form tool would.

Respondents are strict or mild, rate some of the elements and sometimes write. If it is
asked for, five things are planted: a requirement that everyone finds unclear, a weight
that half the group disputes, a pair of requirements that are answered alike, a
requirement whose answers say nothing, and one comment in other words. Without plants no
element differs from any other, so every alarm is a false one.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import Answer, Assessment, Mode, UseCase, not_applicable, rated
from pkimm_analytics.errors import SimulationError, WorkspaceError
from pkimm_analytics.files import write_atomically
from pkimm_analytics.loaders.tabular import write_csv
from pkimm_analytics.model import Model, category_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.synthetic import feedback_words as numbers

MOST_RESPONDENTS = 100_000
MAIL_DOMAIN = "respondent.invalid"


@dataclass(frozen=True, slots=True)
class Plants:
    """Element keys of what was planted; `paraphrased` is where one comment stands thrice."""

    unclear: str
    disputed: str
    redundant: tuple[str, str]
    dead: str
    paraphrased: str


@dataclass(frozen=True)
class FeedbackRound:
    """
    A synthetic round.

    Parameters
    ----------
    model : Model
    plants : Plants, optional
        None if nothing was planted.
    answers : list of mapping
        One for each submission, with the fields of a comment, a mail address under
        ``email`` and what is not there left out.
    requirements : ndarray of int8, shape (n_assessments, n_requirements)
        Answer codes of the respondents' assessments.
    """

    model: Model
    plants: Plants | None
    answers: Sequence[Mapping[str, Any]]
    requirements: NDArray[np.int8]

    def assessments(self) -> list[Assessment]:
        """Full assessments behind the answer codes, marked as synthetic."""
        keys = list(self.model.requirements)
        return [
            Assessment(
                model=self.model.edition,
                mode=Mode.FULL,
                id=f"synthetic-feedback-{number:05}",
                synthetic=True,
                use_case=UseCase(name=f"Synthetic use case {number}"),
                answers=dict(_answers(keys, codes)),
            )
            for number, codes in enumerate(self.requirements.tolist(), 1)
        ]


def simulate_feedback(
    *, respondents: int = 300, seed: int = 0, plant: bool = True
) -> FeedbackRound:
    """
    Invent a round of feedback on the newest edition.

    Parameters
    ----------
    respondents : int
        1 to :data:`MOST_RESPONDENTS`.
    seed : int
        The same seed gives the same round.
    plant : bool
        Whether to plant the five truths.

    Raises
    ------
    SimulationError
        If a setting is out of range.
    """
    if type(respondents) is not int or not 1 <= respondents <= MOST_RESPONDENTS:
        raise SimulationError(
            f"The number of respondents must be 1 to {MOST_RESPONDENTS:,}. Nothing was simulated."
        )
    if type(seed) is not int or seed < 0:
        raise SimulationError("The seed must be a whole number from 0. Nothing was simulated.")
    model = shipped_model(shipped_versions()[-1])
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)]
    plants = _choose_plants(streams[0], model) if plant else None
    answers = _submissions(streams[1], streams[2], model, respondents, plants)
    codes = _assessment_codes(streams[3], model, respondents, plants)
    return FeedbackRound(model, plants, answers, codes)


def _choose_plants(rng: np.random.Generator, model: Model) -> Plants:
    """Draw seven requirements, of which the redundant two are of different categories."""
    keys = list(model.requirements)
    drawn = [keys[i] for i in rng.permutation(len(keys))]
    twin = next(key for key in drawn[5:] if category_of(key) != category_of(drawn[4]))
    return Plants(
        unclear=drawn[0],
        disputed=drawn[1],
        redundant=(drawn[4], twin),
        dead=drawn[2],
        paraphrased=drawn[3],
    )


# --- what respondents submit ---------------------------------------------------------


def _submissions(
    rng: np.random.Generator,
    texts: np.random.Generator,
    model: Model,
    n: int,
    plants: Plants | None,
) -> list[dict[str, Any]]:
    elements = [*model.categories, *model.requirements]
    weights = {key: c.weight for key, c in model.categories.items()}
    weights |= {key: r.weight for key, r in model.requirements.items()}
    comments = _distinct_texts(texts)
    roles = rng.choice(list(numbers.ROLE_SHARES), n, p=list(numbers.ROLE_SHARES.values()))
    strict = rng.normal(0, numbers.STRICTNESS, (n, 2))
    critical = rng.beta(2, 2 / numbers.DISPUTING - 2, n)
    found = []
    for who in range(n):
        person = {
            "email": f"respondent{who + 1:05}@{MAIL_DOMAIN}",
            "role": str(roles[who]),
            "received": (dt.date(2026, 10, 1) + dt.timedelta(days=int(rng.integers(45)))),
        }
        rated_here = np.flatnonzero(rng.random(len(elements)) < numbers.RATED_SHARE)
        writes = set(rng.choice(rated_here, min(1, len(rated_here)), replace=False).tolist())
        if rng.random() >= numbers.WRITING_SHARE:
            writes = set()
        for place in rated_here.tolist():
            key = elements[place]
            said = _ratings(rng, key, strict[who], float(critical[who]), weights[key], plants)
            if place in writes:
                kind = rng.choice(list(numbers.KIND_SHARES), p=list(numbers.KIND_SHARES.values()))
                said |= {"kind": str(kind), "text": next(comments)}
            found.append({**person, "element": key, **said})
        found.append({**person, "element": "process", **_process(rng)})
    if plants is not None:
        _plant_texts(texts, found, plants)
    return found


def _ratings(
    rng: np.random.Generator,
    key: str,
    strict: NDArray[np.float64],
    critical: float,
    weight: int,
    plants: Plants | None,
) -> dict[str, Any]:
    clarity = numbers.CLARITY + strict[0] + rng.normal(0, numbers.NOISE)
    if plants is not None and key == plants.unclear:
        clarity -= numbers.UNCLEAR_BY
    relevance = numbers.RELEVANCE + strict[1] + rng.normal(0, numbers.NOISE)
    said: dict[str, Any] = {"clarity": _step(clarity), "relevance": _step(relevance)}
    disputes, is_high = rng.random() < critical, rng.random() < 0.5
    if plants is not None and key == plants.disputed:
        disputes, is_high = rng.random() < 0.5, True
    said["weight"] = ("too-high" if is_high else "too-low") if disputes else "right"
    if disputes and rng.random() < 0.7:
        change = int(rng.integers(1, 3)) * (-1 if is_high else 1)
        said["suggested_weight"] = max(1, weight + change)
    return said


def _process(rng: np.random.Generator) -> dict[str, Any]:
    median, spread = numbers.MINUTES
    return {
        "minutes": int(np.clip(median * np.exp(rng.normal(0, spread)), 5, 2_000)),
        "difficulty": _step(2.8 + rng.normal(0, 1)),
        "usefulness": _step(3.9 + rng.normal(0, 1)),
    }


def _step(value: float) -> int:
    return int(np.clip(np.floor(value + 0.5), 1, 5))


def _distinct_texts(rng: np.random.Generator) -> Iterator[str]:
    """Texts of which no two share more than one part; after the last one they begin again."""
    words = numbers.words()
    size = len(words["subjects"])
    pairs = [(a, b) for a in range(size) for b in range(size)]
    while True:
        for place in rng.permutation(len(pairs)).tolist():
            a, b = pairs[place]
            matter, occasion, wish = ((a + k * b) % size for k in (1, 2, 3))
            yield (
                f"{words['subjects'][a]} {words['doings'][b]} {words['matters'][matter]}"
                f" {words['occasions'][occasion]} {words['wishes'][wish]}"
            )


def _plant_texts(rng: np.random.Generator, found: list[dict[str, Any]], plants: Plants) -> None:
    """Give the paraphrases, and some texts about the unclear requirement, to who rated it."""
    for key, texts, kind in (
        (plants.paraphrased, numbers.words()["paraphrases"], "missing"),
        (plants.unclear, numbers.words()["unclear_texts"], "unclear"),
    ):
        rows = [i for i, said in enumerate(found) if said["element"] == key]
        chosen = rng.permutation(rows)[: len(texts)].tolist()
        for row, text in zip(sorted(chosen), texts, strict=False):
            found[row] |= {"kind": kind, "text": text}


# --- what their assessments answer ---------------------------------------------------


def _assessment_codes(
    rng: np.random.Generator, model: Model, n: int, plants: Plants | None
) -> NDArray[np.int8]:
    keys = list(model.requirements)
    categories = list(model.categories)
    of = np.array([categories.index(category_of(key)) for key in keys])
    common = rng.normal(size=(n, 1)) * numbers.FACTOR_LOADING
    group = rng.normal(size=(n, len(categories)))[:, of] * numbers.CATEGORY_LOADING
    own = rng.normal(size=(n, len(keys)))
    own *= np.sqrt(1 - numbers.FACTOR_LOADING**2 - numbers.CATEGORY_LOADING**2)
    levels = np.clip(np.floor(3 + 1.1 * (common + group + own) + 0.5), 1, 5).astype(np.int8)
    if plants is not None:
        levels[:, keys.index(plants.dead)] = rng.integers(2, 5, n)
        one, twin = (keys.index(key) for key in plants.redundant)
        copied = rng.random(n) < numbers.COPIED
        levels[copied, twin] = levels[copied, one]
    chance = rng.random(levels.shape)
    levels[chance < numbers.SKIPPED] = 0
    levels[chance > 1 - numbers.NOT_APPLICABLE] = -1
    return levels


def _answers(keys: Sequence[str], codes: Sequence[int]) -> Iterator[tuple[str, Answer]]:
    for key, code in zip(keys, codes, strict=True):
        if code > 0:
            yield key, rated(code)
        elif code < 0:
            yield key, not_applicable("Invented: does not apply to this use case.")


# --- exports ---------------------------------------------------------------------------

FIELDS = (
    "received", "email", "role", "element", "clarity", "relevance", "weight",
    "suggested_weight", "minutes", "difficulty", "usefulness", "kind", "text",
)  # fmt: skip
"""Questions of the form, in the order of its columns."""


def form_rows(simulated: FeedbackRound, language: str = "en") -> Iterator[list[Any]]:
    """Yield the header and a row for each submission, in the words of a form."""
    form = numbers.words()["forms"][language]
    header, values = form["questions"], form["values"]
    yield [header[field] for field in FIELDS]
    for said in simulated.answers:
        yield [_cell(simulated.model, values, field, said.get(field)) for field in FIELDS]


def _cell(model: Model, values: Mapping[str, str], field: str, value: Any) -> Any:
    if value is None:
        return ""
    if field == "received":
        return f"{value.isoformat()} 12:00:00"
    if field == "element" and value not in values:
        return f"{model.native_id(value)} {model.name(value)}"
    return values.get(value, value) if field in {"role", "weight", "kind", "element"} else value


def write_feedback_round(simulated: FeedbackRound, out: Path) -> list[Path]:
    """
    Write ``form.csv`` (English), ``form.xlsx`` (German), ``assessments.csv``, ``truth.json``.

    Both forms hold the same submissions. The table of assessments is the wide layout
    that ``pkimm import`` reads.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    contents = {
        "form.csv": _csv(simulated),
        "form.xlsx": _xlsx(simulated),
        "assessments.csv": write_csv(simulated.assessments(), layout="wide"),
        "truth.json": _truth(simulated),
    }
    try:
        for name, content in contents.items():
            write_atomically(out / name, content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WorkspaceError(f"The round could not be written: {reason}.") from None
    return [out / name for name in contents]


def _csv(simulated: FeedbackRound) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(form_rows(simulated, "en"))
    return stream.getvalue().encode()


def _xlsx(simulated: FeedbackRound) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Antworten")
    for row in form_rows(simulated, "de"):
        sheet.append([None if cell == "" else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _truth(simulated: FeedbackRound) -> bytes:
    document = {
        "synthetic": True,
        "edition": simulated.model.version,
        "respondents": len({said["email"] for said in simulated.answers}),
        "submissions": len(simulated.answers),
        "plants": None if simulated.plants is None else asdict(simulated.plants),
    }
    return (json.dumps(document, indent=1) + "\n").encode()
