"""
What the visitor's browser needs to read and score an assessment, as plain data.

The rules of reading and the formula are in ``js/`` and held to the Python ones by tests;
everything that is a fact (elements, weights, numberings, fingerprints of official texts,
coarse profile codes) is exported from the package, and nowhere written down twice. Only
shipped editions are exported, so that a site does not depend on what its publisher
installed.
"""

from __future__ import annotations

from typing import Any

from pkimm_analytics.disclosure.plan import ASSURANCES
from pkimm_analytics.loaders.web_tool.numbering import data_files, official_texts
from pkimm_analytics.model import MODULE_IDS, comparability
from pkimm_analytics.model.shipped import (
    shipped_extensions,
    shipped_model,
    shipped_models,
    shipped_versions,
)
from pkimm_analytics.model.structure import Model
from pkimm_analytics.organization import ALL, ATTRIBUTES, broader_codes, coarsen, profile_codes
from pkimm_analytics.tables import OVERALL
from pkimm_analytics.views.words import Language

WORDS = ("site.", "share.", "text.and", "column.", "value.", "peers.", "dimension.", "levels.")
"""Beginnings of the keys that a page may use."""


def words_data(language: Language) -> dict[str, Any]:
    """Return the words of the pages, from the catalogue of the package."""
    return {
        "words": {key: text for key, text in language.words.items() if key.startswith(WORDS)},
        "names": dict(language.names),
        "percent": language.percent,
        "decimal": language.decimal,
    }


def names_data() -> dict[str, Any]:
    """Return what every page names: the editions, and the broader codes of each code."""
    return {
        "editions": [_edition(shipped_model(version)) for version in shipped_versions()],
        "broader": _broader(),
    }


def questions_data(model: Model) -> dict[str, Any]:
    """Return the description and levels of each category, for the quick check."""
    return {
        category.key: [category.description, list(category.levels)]
        for category in model.categories.values()
    }


def reading_data() -> dict[str, Any]:
    """
    Facts for the reader and the scorer in the browser.

    Returns
    -------
    dict
        ``editions`` and ``archived`` drafts (elements, weights and names), ``numbering``
        (keys and official texts of the web tool 1.0.x), ``groups`` (published code of each
        profile code, by attribute), ``comparability`` (what limits comparisons of an element
        between editions), ``extensions`` (id, version and model versions; a release has no
        figures of them, which the page says).
    """
    return {
        **names_data(),
        "archived": [
            {**_edition(model), "with_extensions": list(model.with_extensions)}
            for model in shipped_models()
            if model.is_archived
        ],
        "numbering": _numbering(),
        "groups": _groups(),
        "comparability": _comparability(),
        "extensions": [[e.id, e.version, list(e.compatibility)] for e in shipped_extensions()],
    }


def _edition(model: Model) -> dict[str, Any]:
    return {
        "version": model.version,
        "digest": model.digest,
        "levels": list(model.level_names),
        "modules": [[module.id, module.name] for module in model.modules],
        "categories": [
            [
                category.key,
                category.native_id,
                category.weight,
                category.name,
                [
                    [r.key.removeprefix(f"{category.key}."), r.native_id, r.weight, r.title]
                    for r in category.requirements
                ],
            ]
            for category in model.categories.values()
        ],
    }


def _numbering() -> dict[str, Any]:
    return {
        "files": [
            {"id": file.id, "version": file.version, "keys": dict(file.keys)}
            for file in data_files()
        ],
        "texts": {
            mark: {"key": text.key, "files": sorted(text.data_files)}
            for mark, text in official_texts().items()
        },
    }


def _groups() -> dict[str, dict[str, str]]:
    """Return the published code of each code that a profile may state, by attribute."""
    found: dict[str, dict[str, str]] = {}
    for attribute in ATTRIBUTES:
        pairs = {code: coarsen(attribute, code, "group") for code in profile_codes(attribute)}
        found[attribute] = {code: group for code, group in pairs.items() if group is not None}
    found["assurance"] = dict(ASSURANCES)
    return found


def _broader() -> dict[str, dict[str, list[str]]]:
    """Return the broader codes of each published one, by attribute; see `codeIn` in release.js."""
    return {
        attribute: {
            code: sorted(broader_codes(attribute, code) - {ALL})
            for code in profile_codes(attribute, "group")
        }
        for attribute in ATTRIBUTES
    }


def _comparability() -> dict[str, str]:
    """Say what limits comparisons between editions, by element key, where something does."""
    models = [shipped_model(version) for version in shipped_versions()]
    keys = dict.fromkeys(
        [OVERALL, *(k for m in models for k in (*MODULE_IDS, *m.categories, *m.requirements))]
    )
    limits = {key: comparability(key) for key in keys}
    return {key: why for key, (comparable, why) in limits.items() if comparable != "yes"}
