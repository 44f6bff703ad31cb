"""
Drawing organizations, their calendar of assessments and their answers.

Each organization has a latent maturity on the scale of levels: one factor for the
whole, one for each module, use case and category, and noise for each requirement, so
that categories correlate as they do in life. Use cases are assessed again every two
to six quarters and mostly improve; self-assessments see themselves higher than others
do. Answers are that latent maturity, rounded. Everything is arrays: a row for each
organization or assessment, a column for each element of any shipped edition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import Assurance
from pkimm_analytics.model import Extension, Model, category_of, module_of
from pkimm_analytics.model.shipped import shipped_extensions, shipped_model, shipped_versions
from pkimm_analytics.organization import coarsen
from pkimm_analytics.quarters import ordinal
from pkimm_analytics.scoring import NOT_APPLICABLE, UNANSWERED
from pkimm_analytics.synthetic.assumptions import ASSUMED

# --- the elements of all editions --------------------------------------------------


@dataclass(frozen=True)
class Elements:
    """Elements of all shipped editions side by side, and which edition has which."""

    models: tuple[Model, ...]
    categories: tuple[str, ...]
    requirements: tuple[str, ...]
    category_of: NDArray[np.intp]
    module_of: NDArray[np.intp]
    category_columns: tuple[NDArray[np.intp], ...]
    requirement_columns: tuple[NDArray[np.intp], ...]
    has_requirement: NDArray[np.bool_]
    extension: Extension
    extension_columns: NDArray[np.intp]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every category, each followed by its requirements."""
        return tuple(
            key
            for category in self.categories
            for key in (category, *(r for r in self.requirements if category_of(r) == category))
        )


@cache
def all_elements() -> Elements:
    """Elements of the shipped editions and of the extension for the newest of them."""
    models = tuple(shipped_model(version) for version in shipped_versions())
    newest_first = models[::-1]
    categories = tuple(dict.fromkeys(key for m in newest_first for key in m.categories))
    every = dict.fromkeys(key for m in newest_first for key in m.requirements)
    requirements = tuple(sorted(every, key=lambda key: categories.index(category_of(key))))
    place = {key: i for keys in (categories, requirements) for i, key in enumerate(keys)}
    modules = {key: i for i, key in enumerate(dict.fromkeys(map(module_of, categories)))}
    extension = [e for e in shipped_extensions() if models[-1].version in e.compatibility][-1]

    def columns(keys: Sequence[str] | Mapping[str, Any]) -> NDArray[np.intp]:
        return np.array([place[key] for key in keys], np.intp)

    return Elements(
        models=models,
        categories=categories,
        requirements=requirements,
        category_of=columns([category_of(key) for key in requirements]),
        module_of=np.array([modules[module_of(key)] for key in categories], np.intp),
        category_columns=tuple(columns(m.categories) for m in models),
        requirement_columns=tuple(columns(m.requirements) for m in models),
        has_requirement=np.array([[key in m.requirements for key in requirements] for m in models]),
        extension=extension,
        extension_columns=columns(extension.relevance),
    )


# --- what is drawn ---------------------------------------------------------------


@dataclass(frozen=True)
class Organizations:
    """Invented organizations; arrays of shape (n_organizations,)."""

    names: NDArray[Any]
    parents: NDArray[Any]
    sector: NDArray[Any]
    size: NDArray[Any]
    region: NDArray[Any]
    role: NDArray[Any]
    use_cases: NDArray[np.int8]  # (n_organizations, MOST_USE_CASES), places in the list of them
    maturity: NDArray[np.float64]
    rate: NDArray[np.float64]


@dataclass(frozen=True)
class Rounds:
    """Who was assessed when and how; arrays of shape (n_assessments,)."""

    organization: NDArray[np.int32]
    use_case: NDArray[np.int8]
    repetition: NDArray[np.int16]  # 0 for the first assessment of a use case
    quarter: NDArray[np.int32]  # quarters since the year 0
    edition: NDArray[np.int8]  # place in the shipped editions
    assurance: NDArray[np.int8]  # place in ASSURANCES
    is_full: NDArray[np.bool_]
    uses_extension: NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """Codes as in :mod:`.scoring`; arrays of shape (n_assessments, n_elements)."""

    categories: NDArray[np.int8]
    requirements: NDArray[np.int8]
    relevance: NDArray[np.int8]  # of the extension; 0 everywhere: not used


ASSURANCES = (Assurance.SELF, Assurance.FORMAL, Assurance.THIRD_PARTY)

MOST_USE_CASES = len(ASSUMED.use_case_counts)

# Purposes of random numbers; each has a stream of its own.
WORLD, BLOCK, WORDS, HISTORY = range(4)

_NEVER = np.iinfo(np.int32).max


# --- drawing -----------------------------------------------------------------------


def stream(seed: int, *purpose: int) -> np.random.SeedSequence:
    """Random numbers of one purpose, independent of those of all others."""
    return np.random.SeedSequence(seed, spawn_key=purpose)


def draw_difficulty(seed: int) -> NDArray[np.float64]:
    """How far each requirement lies below the others, the same for everybody."""
    axis = all_elements()
    rng = np.random.default_rng(stream(seed, WORLD))
    spread = ASSUMED.spread["difficulty"]
    category = rng.normal(0, spread, len(axis.categories))[axis.category_of]
    return np.asarray(category + rng.normal(0, spread, len(axis.requirements)))


def _choose(rng: np.random.Generator, frequencies: Mapping[str, float], n: int) -> NDArray[Any]:
    weights = np.array(list(frequencies.values()), float)
    codes = np.array(list(frequencies), object)
    return np.asarray(codes[rng.choice(len(codes), n, p=weights / weights.sum())])


def draw_organizations(rng: np.random.Generator, first: int, n: int) -> Organizations:
    """Draw `n` organizations, numbered from `first` + 1."""
    sector = _choose(rng, {code: weight for code, (weight, _) in ASSUMED.sectors.items()}, n)
    size = _choose(rng, {code: weight for code, (weight, _) in ASSUMED.sizes.items()}, n)
    region = _choose(rng, ASSUMED.regions, n)
    kinds = [ASSUMED.sectors[code][1] for code in sector]
    numbers = [f"{first + i + 1:04d}" for i in range(n)]
    names = np.array([f"Synthetic {k} {i}" for k, i in zip(kinds, numbers, strict=True)], object)
    head = _draw_groups(rng, n)
    in_group = (np.bincount(head, minlength=n) > 1)[head]
    groups = np.array([f"Synthetic Group {numbers[i]}" for i in head], object)
    return Organizations(
        names=names,
        parents=np.where(in_group, groups, names),
        sector=sector,
        size=size,
        region=np.where(rng.random(n) < 0.6, region[head], region),
        role=_draw_roles(rng, sector),
        use_cases=np.argsort(rng.random((n, len(ASSUMED.use_cases))))[:, :MOST_USE_CASES].astype(
            np.int8
        ),
        maturity=_draw_maturity(rng, sector, size, head),
        rate=rng.normal(ASSUMED.rate, ASSUMED.spread["rate"], n),
    )


def _draw_groups(rng: np.random.Generator, n: int) -> NDArray[np.intp]:
    """For each organization the first one of the same parent, itself where it is alone."""
    members = np.where(rng.random(n) < ASSUMED.parents_with_several, rng.integers(2, 6, n), 1)
    return np.asarray(np.repeat(np.cumsum(members) - members, members)[:n], np.intp)


def _draw_maturity(
    rng: np.random.Generator, sector: NDArray[Any], size: NDArray[Any], head: NDArray[np.intp]
) -> NDArray[np.float64]:
    n, groups = len(head), [coarsen("sector", code, "group") or "" for code in sector]
    expected = ASSUMED.base + np.array([ASSUMED.sector_effects.get(group, 0.0) for group in groups])
    expected += np.array([ASSUMED.sizes[code][1] for code in size])
    family = rng.normal(0, ASSUMED.spread["group"], n)[head]
    return np.asarray(expected + family + rng.normal(0, ASSUMED.spread["organization"], n))


def _draw_roles(rng: np.random.Generator, sector: NDArray[Any]) -> NDArray[Any]:
    """Roles; some sectors lean to one of them."""
    role = _choose(rng, ASSUMED.roles, len(sector))
    leans = rng.random(len(sector)) < 1 / 3
    for code, usual in ASSUMED.leaning.items():
        role = np.where(leans & (sector == code), usual, role)
    return role


def draw_rounds(rng: np.random.Generator, n: int, ordinals: NDArray[np.int32]) -> Rounds:
    """Draw who is assessed when: the most overdue use case of each organization, if one is due."""
    span = int(ordinals[-1] - ordinals[0]) + 1
    n_use_cases = rng.choice(MOST_USE_CASES, n, p=ASSUMED.use_case_counts) + 1
    first = np.floor(rng.random(n) ** 1.5 * len(ordinals)).astype(int)  # many join early
    later = np.cumsum(rng.integers(1, max(2, span), (n, MOST_USE_CASES - 1)), axis=1)
    due = np.column_stack([ordinals[first], ordinals[first][:, None] + later])
    due[np.arange(MOST_USE_CASES) >= n_use_cases[:, None]] = _NEVER
    repetition = np.zeros(due.shape, int)
    found = []
    for quarter in ordinals.tolist():
        use_case = np.argmin(due, axis=1)
        now = np.flatnonzero(due[np.arange(n), use_case] <= quarter)
        use_case = use_case[now]
        found.append((now, use_case, repetition[now, use_case], np.full(len(now), quarter)))
        repetition[now, use_case] += 1
        due[now, use_case] = quarter + rng.integers(2, 7, len(now))
    who, use_case, times, quarter = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((quarter, who))
    who, use_case, times, quarter = who[order], use_case[order], times[order], quarter[order]
    assurance, is_full = _draw_methods(rng, n, who, use_case)
    edition = _draw_editions(rng, n, who, quarter)
    is_newest = edition == len(all_elements().models) - 1
    return Rounds(
        organization=who.astype(np.int32),
        use_case=use_case.astype(np.int8),
        repetition=times.astype(np.int16),
        quarter=quarter.astype(np.int32),
        edition=edition,
        assurance=assurance,
        is_full=is_full,
        uses_extension=is_newest & (rng.random(len(who)) < ASSUMED.pqc_users),
    )


def _draw_editions(
    rng: np.random.Generator, n: int, who: NDArray[Any], quarter: NDArray[Any]
) -> NDArray[np.int8]:
    """Newest edition that an organization has adopted; it never goes back to an older one."""
    since = np.array([ordinal(ASSUMED.adopted[model.version]) for model in all_elements().models])
    adopted = since + np.column_stack([np.zeros(n, int), rng.integers(0, 4, (n, len(since) - 1))])
    return np.asarray(np.sum(adopted[who] <= quarter[:, None], axis=1) - 1, np.int8)


def _draw_methods(
    rng: np.random.Generator, n: int, who: NDArray[Any], use_case: NDArray[Any]
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Assurance and mode: habits of a use case that change now and then."""
    habit = rng.normal(size=(n, MOST_USE_CASES))[who, use_case]
    tendency = habit + rng.normal(0, 0.5, len(who))
    assurance = np.searchsorted(ASSUMED.assurance_cuts, tendency).astype(np.int8)
    thorough = rng.random((n, MOST_USE_CASES))[who, use_case] < ASSUMED.full_self_assessments
    return assurance, (assurance > 0) | thorough


def draw_answers(
    rng: np.random.Generator,
    who: Organizations,
    rounds: Rounds,
    difficulty: NDArray[np.float64],
) -> Answers:
    """Draw the answers of some organizations; their places in `rounds` count from 0."""
    axis = all_elements()
    latent = _draw_latent(rng, who, rounds, difficulty)
    out_category, out_requirement = _draw_scope(rng, len(who.names), rounds)
    rates = _choose(rng, ASSUMED.left_unanswered, len(latent))
    left = rates.astype(float)[:, None]

    requirements = _levels(latent)
    requirements[rng.random(latent.shape) < left] = UNANSWERED
    requirements[out_requirement] = NOT_APPLICABLE
    has = axis.has_requirement[rounds.edition]
    requirements[~has | ~rounds.is_full[:, None]] = UNANSWERED

    whole = _category_means(latent, has)
    categories = _levels(whole + rng.normal(0, ASSUMED.spread["category level"], whole.shape))
    categories[rng.random(whole.shape) < left] = UNANSWERED
    categories[rounds.is_full] = UNANSWERED
    categories[out_category] = NOT_APPLICABLE
    return Answers(categories, requirements, _draw_relevance(rng, rounds, whole))


def _draw_latent(
    rng: np.random.Generator,
    who: Organizations,
    rounds: Rounds,
    difficulty: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Draw latent maturity as its assessor sees it, shape (n_assessments, n_requirements)."""
    axis, scope = all_elements(), (len(who.names), MOST_USE_CASES)
    of, use_case, times = rounds.organization, rounds.use_case, rounds.repetition
    n_times = int(times.max()) + 1
    steps = who.rate[:, None, None] + rng.normal(0, ASSUMED.spread["step"], (*scope, n_times))
    steps[:, :, 0] = rng.normal(0, ASSUMED.spread["use case"], scope)
    drift = rng.normal(0, ASSUMED.spread["category step"], (*scope, n_times, len(axis.categories)))
    drift[:, :, 0] = rng.normal(0, ASSUMED.spread["category"], drift[:, :, 0].shape)
    module = rng.normal(
        0, ASSUMED.spread["module"], (len(who.names), int(axis.module_of.max()) + 1)
    )
    usual = rng.normal(0, ASSUMED.spread["requirement"], (*scope, len(axis.requirements)))

    general = who.maturity[of] + np.cumsum(steps, axis=2)[of, use_case, times]
    optimism = np.maximum(rng.normal(1, ASSUMED.spread["optimism"], len(who.names)), 0)[of]
    general += np.array([ASSUMED.inflation[a] for a in ASSURANCES])[rounds.assurance] * optimism
    category = np.cumsum(drift, axis=2)[of, use_case, times] + module[:, axis.module_of][of]
    latent = (general[:, None] + category)[:, axis.category_of] + usual[of, use_case] - difficulty
    return np.asarray(latent + rng.normal(0, ASSUMED.spread["requirement step"], latent.shape))


def _draw_scope(
    rng: np.random.Generator, n: int, rounds: Rounds
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw which categories and requirements do not apply; a use case keeps its scope."""
    axis, of = all_elements(), (rounds.organization, rounds.use_case)
    chances = rng.random((n, MOST_USE_CASES, len(axis.categories)))
    category = (chances < ASSUMED.category_not_applicable)[of]
    chances = rng.random((n, MOST_USE_CASES, len(axis.requirements)))
    requirement = (chances < ASSUMED.requirement_not_applicable)[of] | category[:, axis.category_of]
    return category, requirement


def _category_means(latent: NDArray[np.float64], has: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean over the requirements that the edition has, shape (n_assessments, n_categories)."""
    axis = all_elements()
    member = np.eye(len(axis.categories))[axis.category_of]
    return np.asarray((np.where(has, latent, 0) @ member) / np.maximum(has @ member, 1))


def _draw_relevance(
    rng: np.random.Generator, rounds: Rounds, whole: NDArray[np.float64]
) -> NDArray[np.int8]:
    """Draw relevance answers of the extension; few leave one of its questions."""
    axis = all_elements()
    asked = whole[:, axis.extension_columns] - ASSUMED.pqc_gap
    relevance = _levels(asked + rng.normal(0, ASSUMED.spread["relevance"], asked.shape))
    relevance[~rounds.uses_extension[:, None] | (rng.random(asked.shape) < 0.05)] = UNANSWERED
    return relevance


def _levels(latent: NDArray[np.float64]) -> NDArray[np.int8]:
    return np.asarray(np.clip(np.floor(latent + 0.5), 1, 5), np.int8)
