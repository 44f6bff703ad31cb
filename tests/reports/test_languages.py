"""Languages of the reports: nothing missing, nothing left over in English."""

import re
import string

import pytest

from pkimm_analytics.model import load_model
from pkimm_analytics.organization import ATTRIBUTES, PREFER_NOT_TO_SAY, profile_codes
from pkimm_analytics.reports import KINDS, build, render
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.views.view import Chart, Facts, Heading, Table, Text
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, LanguageError, catalogue, languages

TRANSLATIONS = [code for code in languages() if code != DEFAULT_LANGUAGE]
ENGLISH = catalogue()
BEFORE, NOW = sample_history(21)[3:5]

every_translation = pytest.mark.parametrize("code", TRANSLATIONS)


def places(text):
    """Names in braces."""
    if not isinstance(text, str):
        assert set(text) == {"one", "other"}
        text = text["other"]
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_there_is_a_translation():
    """
    Without one, nobody would notice a sentence outside the catalogue.
    """
    assert next(iter(languages())) == "en"
    assert TRANSLATIONS


@every_translation
def test_a_translation_has_every_word_with_the_same_places(code):
    """
    A gap would stop a report, and a lost place would lose a figure.
    """
    words = catalogue(code).words
    assert set(words) == set(ENGLISH.words)
    for key, text in words.items():
        assert places(text) == places(ENGLISH.words[key]), key
        assert str(text).strip(), key


@every_translation
def test_a_translation_names_what_all_editions_name(code):
    """
    Modules, categories, levels, and the groups of organizations.
    """
    names = catalogue(code).names
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        model = load_model(version)
        needed = {*(module.id for module in model.modules), *model.categories}
        needed |= {f"level.{name}" for name in model.level_names}
        assert needed <= set(names)
    for attribute in ATTRIBUTES:
        groups = set(profile_codes(attribute, "group")) - {PREFER_NOT_TO_SAY}
        assert {f"{attribute}.{one}" for one in groups} <= set(names)


def sentences(report):
    """Texts of a report that its own words make: headings, labels, captions, columns."""
    for block in report.blocks:
        match block:
            case Heading(text) | Text(text):
                yield text
            case Facts(pairs):
                yield from (label for label, _ in pairs)
            case Table(caption, header):
                yield caption
                yield from header
            case Chart(_, caption):
                yield caption


@every_translation
@pytest.mark.parametrize("kind", KINDS)
def test_no_english_sentence_is_left_over(code, kind, bench):
    """
    Neither as a whole text of the report, nor as a sentence in the middle of one.
    """
    from pkimm_analytics.benchmark import compare

    report = build(kind, NOW, previous=BEFORE, peers=compare(NOW, bench), language=code)
    words = catalogue(code).words
    english = {str(text) for key, text in ENGLISH.words.items() if words[key] != text}
    assert not english & set(sentences(report))
    shown = re.sub(r"<[^>]+>", " ", render(report, "html").decode())
    for text in english:
        for part in filter(lambda part: len(part.split()) > 3, re.split(r"\{\w+\}", text)):
            assert part.strip() not in shown


@every_translation
def test_no_english_name_is_left_over_in_the_overview(code, bench):
    """
    Names of levels, modules, categories and groups in a report for the management.
    """
    from pkimm_analytics.benchmark import compare

    report = build("assessment", NOW, peers=compare(NOW, bench), language=code)
    model = load_model(NOW.model.version)
    own = set(catalogue(code).names.values())
    names = {*(m.name for m in model.modules), *model.level_names}
    names |= {category.name for category in model.categories.values()}
    cells = [
        cell
        for block in report.blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
    ]
    labels = [bar.label for b in report.blocks if isinstance(b, Chart) for bar in b.marks]
    assert not (names - own) & {*cells, *labels}


def test_dates_and_numbers_are_written_as_the_language_does():
    """
    The same day and the same figure.
    """
    german = catalogue("de")
    assert (ENGLISH.day("2026-03-01"), german.day("2026-03-01")) == ("1 March 2026", "1. März 2026")
    assert (ENGLISH.number("3.08"), german.number("3.08")) == ("3.08", "3,08")
    assert german.day("in spring") == "in spring"
    assert german.day(None) == "Keine Angabe"


def test_a_report_says_its_language_to_a_screen_reader():
    """
    HTML carries it in the `lang` attribute.
    """
    assert b'<html lang="de">' in render(build("self", NOW, language="de"), "html")


def test_an_unknown_language_is_refused_with_those_that_there_are():
    """
    Before anything is written.
    """
    with pytest.raises(LanguageError, match="de"):
        build("self", NOW, language="xx")
