"""
The questions that a model and its extensions ask, in order, as plain data.

A **question** is what one rating answers: a category in a self-assessment, a
requirement in a full one, the relevance of an extension to a category. A **page**
holds the questions that are discussed together: the categories of a module, the
requirements of a category, the questions of an extension. Every question has a
**target**, the place of its answer: the element key, and for a relevance question
the id of the extension before it, ``pqc:G.strategy-and-vision``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pkimm_analytics.model import Category, Extension, Model, Module, Reference, Requirement

Kind = Literal["category", "requirement", "relevance"]


@dataclass(frozen=True, slots=True)
class Question:
    """
    One question.

    Parameters
    ----------
    target : str
        Place of the answer.
    key : str
        Element key of the category or requirement that is asked about.
    label : str
        Short name to talk about it; see :func:`labels`.
    title, text : str
        What is asked, and the guidance for it.
    levels : tuple of str
        Five descriptions, level 1 first; empty where only the category has them.
    hints : tuple of str
        What may serve as evidence.
    prompts : tuple of str
        Questions to start the conversation with, of extensions.
    references : tuple of Reference
        Standards and guides that say more.
    """

    target: str
    key: str
    label: str
    kind: Kind
    title: str
    weight: int
    text: str = ""
    levels: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """
    Questions that are discussed together.

    Parameters
    ----------
    id : str
        Element key of the module or category, or id of the extension.
    group : str
        Heading that the page stands under: a module or "Extensions".
    levels : tuple of str
        Five descriptions that hold for all questions of the page, level 1 first.
    """

    id: str
    group: str
    label: str
    title: str
    text: str
    questions: tuple[Question, ...]
    levels: tuple[str, ...] = ()


def pages(
    model: Model, mode: Literal["self", "full"] | str, extensions: Iterable[Extension] = ()
) -> tuple[Page, ...]:
    """
    Lay out the questions of an edition and of extensions.

    Parameters
    ----------
    model : Model
        Any installed edition.
    mode : {"self", "full"}
        Ask for the levels of categories, or for those of requirements.
    extensions : iterable of Extension
        Each adds a page with its relevance questions.

    Returns
    -------
    tuple of Page
        In the order of the model, extensions last.

    Examples
    --------
    >>> from pkimm_analytics.model import load_model
    >>> model = load_model("2.0.0")
    >>> [(page.id, len(page.questions)) for page in pages(model, "self")]
    [('G', 5), ('M', 4), ('O', 4), ('R', 3)]
    >>> len([q for page in pages(model, "full") for q in page.questions])
    77
    """
    short = labels(model)
    if mode == "full":
        laid_out = [_category_page(m, c, short) for m in model.modules for c in m.categories]
        laid_out = [page for page in laid_out if page.questions]
    else:
        laid_out = [_module_page(module, short) for module in model.modules]
    return (*laid_out, *(_extension_page(model, extension, short) for extension in extensions))


def labels(model: Model) -> dict[str, str]:
    """
    Short names of all elements by element key, to be shown and spoken, never stored.

    A native id that is a number, ``M.6.2``, is its own short name. Newer editions have
    words for ids; there it is the position in the edition, ``M2.1``, without the dot
    after the module so that nobody takes it for a native id of an older edition.

    Examples
    --------
    >>> from pkimm_analytics.model import load_model
    >>> labels(load_model("1.1.0"))["M.key-management"]
    'M.6'
    >>> labels(load_model("2.0.0"))["M.key-management"]
    'M1'
    """
    result = {}
    for module in model.modules:
        result[module.id] = module.id
        for n, category in enumerate(module.categories, 1):
            result[category.key] = _short(category.native_id, f"{module.id}{n}")
            for k, requirement in enumerate(category.requirements, 1):
                result[requirement.key] = _short(requirement.native_id, f"{module.id}{n}.{k}")
    return result


def _short(native_id: str, position: str) -> str:
    return native_id if native_id.split(".", 1)[-1].replace(".", "").isdigit() else position


def questions(laid_out: Iterable[Page]) -> dict[str, Question]:
    """Questions of some pages by target, in the order in which they are asked."""
    return {q.target: q for page in laid_out for q in page.questions}


def _module_page(module: Module, short: Mapping[str, str]) -> Page:
    return Page(
        id=module.id,
        group=module.name,
        label=module.id,
        title=module.name,
        text=module.description,
        questions=tuple(_category_question(category, short) for category in module.categories),
    )


def _category_page(module: Module, category: Category, short: Mapping[str, str]) -> Page:
    return Page(
        id=category.key,
        group=module.name,
        label=short[category.key],
        title=category.name,
        text=category.description,
        questions=tuple(_requirement_question(r, short) for r in category.requirements),
        levels=category.levels,
    )


def _extension_page(model: Model, extension: Extension, short: Mapping[str, str]) -> Page:
    return Page(
        id=extension.id,
        group="Extensions",
        label=extension.id.upper(),
        title=extension.name,
        text=extension.description,
        questions=tuple(_relevance_questions(model, extension, short)),
    )


def _category_question(category: Category, short: Mapping[str, str]) -> Question:
    return Question(
        target=category.key,
        key=category.key,
        label=short[category.key],
        kind="category",
        title=category.name,
        weight=category.weight,
        text=category.description,
        levels=category.levels,
        hints=tuple(dict.fromkeys(hint for r in category.requirements for hint in r.evidence)),
        references=tuple(dict.fromkeys(ref for r in category.requirements for ref in r.references)),
    )


def _requirement_question(requirement: Requirement, short: Mapping[str, str]) -> Question:
    return Question(
        target=requirement.key,
        key=requirement.key,
        label=short[requirement.key],
        kind="requirement",
        title=requirement.title,
        weight=requirement.weight,
        text=requirement.guidance,
        hints=requirement.evidence,
        references=requirement.references,
    )


def _relevance_questions(
    model: Model, extension: Extension, short: Mapping[str, str]
) -> Iterator[Question]:
    for key, category in model.categories.items():
        asked = extension.relevance.get(key)
        if asked is not None:
            yield Question(
                target=f"{extension.id}:{key}",
                key=key,
                label=f"{extension.id.upper()} {short[key]}",
                kind="relevance",
                title=category.name,
                weight=asked.weight,
                text=asked.guidance,
                levels=asked.levels,
                prompts=asked.questions,
            )
