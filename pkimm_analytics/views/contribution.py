"""
What would leave with a contribution: every value with its meaning, and every byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pkimm_analytics.anonymize import Anonymized, Contribution, dumps
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.organization import ATTRIBUTES, label
from pkimm_analytics.tables import CONTRIBUTIONS
from pkimm_analytics.views.view import Block, Heading, Items, Table, Text, View
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, Language, catalogue


def contribution(made: Sequence[Anonymized], language: str = DEFAULT_LANGUAGE) -> View:
    """Show everything that contributions would hand over, and nothing else would be."""
    words = catalogue(language)
    blocks: list[Block] = []
    for number, one in enumerate(made, 1):
        blocks += _one(number, one, words)
    document = dumps([one.contribution for one in made]).decode("ascii")
    blocks += [Heading(words.word("contribution.document")), Text(document, "soft")]
    said = words.word("contribution.nothing_left", n=len(made))
    return View(words.word("contribution.title"), said, tuple(blocks), language=language)


def _one(number: int, one: Anonymized, words: Language) -> Iterator[Block]:
    made = one.contribution
    header = ("field", "value", "meaning")
    yield Heading(words.word("contribution.one", number=number))
    yield Text(words.word("contribution.stays", what=stays(one)), "good")
    if one.remarks:
        yield Items(tuple(str(remark) for remark in one.remarks))
    for caption, rows in (("about", about_rows(made)), ("answers", answer_rows(made))):
        named = tuple(words.word(f"column.{name}") for name in header)
        yield Table(words.word(f"contribution.{caption}"), named, tuple(rows))


def stays(one: Anonymized) -> str:
    """Name what stays with the organization, counted."""
    return ", ".join(f"{n} {kind}" for kind, n in one.left_behind.items())


def about_rows(made: Contribution) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each field but the answers, in the order of the document."""
    document = made.to_json()
    meanings = {column.name: column.description for column in CONTRIBUTIONS.columns}
    rows = []
    for name, value in document.items():
        if name in ("format", "answers", "extensions"):
            continue
        meaning = label(name, value) if name in ATTRIBUTES else meanings.get(name, "")
        rows.append((name, _text(value), meaning))
    return rows


def answer_rows(made: Contribution) -> list[tuple[str, str, str]]:
    """Id, answer and name of each element that has an answer."""
    model = shipped_model(made.edition)
    rows = [(model.native_id(k), str(word), model.name(k)) for k, word in made.answers.items()]
    for name, one in made.extensions.items():
        title = f"{name} {one.version}"
        rows += [(title, str(word), model.name(key)) for key, word in one.answers.items()]
    return rows


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
