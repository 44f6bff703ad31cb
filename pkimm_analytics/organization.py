"""
Who answered: sector, size, region and PKI role as coded lists with coarser grains.

A profile is stated in **leaf** codes, such as the country ``CZE``; benchmarks use
the **group** that it belongs to, ``europe``, or **all**, written ``*``. Each leaf has
one parent at each grain, so that a coarser table never counts anybody twice.
*Prefer not to say* is an answer with a code of its own; None is no answer at all.
The lists are versioned files in ``hierarchies/``.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pkimm_analytics.errors import AssessmentError, Problem
from pkimm_analytics.yaml_text import read_yaml

Grain = Literal["leaf", "group", "broad", "broadest", "all"]

ATTRIBUTES = ("sector", "size", "region", "role")
GRAINS: tuple[Grain, ...] = ("leaf", "group", "broad", "broadest", "all")
ALL = "*"
"""The one code of the coarsest grain of every attribute."""

PREFER_NOT_TO_SAY = "prefer-not-to-say"
"""Leaf and group of those who were asked and did not want to answer."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """
    The codes of one attribute at all grains.

    Parameters
    ----------
    attribute : str
        ``sector``, ``size``, ``region`` or ``role``.
    version : str
        Changes whenever a code or its group changes; releases state it.
    codes : mapping of str to tuple of str
        By grain, in the order in which they are shown.
    labels : mapping of str to str
        What a reader is shown for a code of any grain.
    parents : mapping of str to mapping of str to str
        By grain, then by code: the code one grain coarser.
    """

    attribute: str
    version: str
    codes: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    parents: Mapping[str, Mapping[str, str]]


def hierarchy(attribute: str) -> Hierarchy:
    """
    Codes, labels and parents of one attribute.

    Raises
    ------
    AssessmentError
        If there is no such attribute.
    """
    if attribute not in ATTRIBUTES:
        raise AssessmentError(f"A profile has no such attribute; expected {_choice(ATTRIBUTES)}.")
    return _read(attribute)


def profile_codes(attribute: str, grain: Grain = "leaf") -> tuple[str, ...]:
    """
    Codes of an attribute at one grain, in the order in which they are shown.

    Raises
    ------
    AssessmentError
        If there is no such attribute or grain.

    Examples
    --------
    >>> profile_codes("size", "group")
    ('up-to-249', '250-4999', '5000+', 'prefer-not-to-say')
    """
    _check_grain(grain)
    return hierarchy(attribute).codes[grain]


def label(attribute: str, code: str) -> str:
    """
    Text of a code of any grain.

    Raises
    ------
    AssessmentError
        If the attribute has no such code.

    Examples
    --------
    >>> label("sector", "L-finance")
    'Financial and insurance activities'
    """
    labels = hierarchy(attribute).labels
    if code not in labels:
        raise AssessmentError(f"{attribute} has no such code at any grain.")
    return labels[code]


def coarsen(attribute: str, code: str | None, grain: Grain) -> str | None:
    """
    Code at a coarser grain, or the same code at its own.

    Parameters
    ----------
    attribute : str
    code : str, optional
        Leaf or group. None, which is no answer, stays None, except among all, where
        everybody counts.
    grain : {"leaf", "group", "broad", "broadest", "all"}

    Raises
    ------
    AssessmentError
        If the attribute has no such code, or only at a coarser grain.

    Examples
    --------
    >>> coarsen("region", "CZE", "group")
    'europe'
    """
    _check_grain(grain)
    known = hierarchy(attribute)
    if code is None:
        return ALL if grain == "all" else None
    start = next((g for g in GRAINS if code in known.codes[g]), None)
    if start is None or GRAINS.index(start) > GRAINS.index(grain):
        raise AssessmentError(f"{attribute} has no such code at grain {grain!r} or finer.")
    for finer in GRAINS[GRAINS.index(start) : GRAINS.index(grain)]:
        code = known.parents[finer][code]
    return code


@cache
def broader_codes(dimension: str, code: str | None) -> frozenset[str]:
    """
    Coarser codes that a group of a dimension lies in; none for a dimension without grains.

    Who did not say (None) is in some of the broad groups.

    Examples
    --------
    >>> sorted(broader_codes("region", "asia"))
    ['*', 'asia-and-oceania', 'elsewhere']
    """
    if dimension not in ATTRIBUTES:
        return frozenset({ALL})
    start = PREFER_NOT_TO_SAY if code is None else code
    parents, found = hierarchy(dimension).parents, {start}
    for grain in GRAINS[1:-1]:
        found |= {parents[grain][one] for one in found if one in parents[grain]}
    return frozenset(found - {start}) | {ALL}


def check_profile(
    *,
    sector: str | None = None,
    size: str | None = None,
    region: str | None = None,
    role: str | None = None,
) -> list[Problem]:
    """
    List the values of a profile that are no leaf codes.

    None, which is no answer, is fine. Messages never repeat the value, because people
    write names into the wrong field.

    Examples
    --------
    >>> print(*check_profile(sector="L-finance", size="40", region="Czechia"))
    organization.size: not a known code; expected one of 'up-to-49', '50-249', '250-999',
    '1000-4999', '5000-49999', '50000+', 'prefer-not-to-say'; did you mean 'up-to-49'?
    organization.region: not a known code; expected an ISO 3166-1 alpha-3 country code such
    as 'DEU', or 'prefer-not-to-say'; did you mean 'CZE'?
    """
    profile = {"sector": sector, "size": size, "region": region, "role": role}
    return [
        Problem(f"organization.{attribute}", f"not a known code; {_expected(attribute, value)}")
        for attribute, value in profile.items()
        if value is not None and value not in profile_codes(attribute)
    ]


def _expected(attribute: str, value: object) -> str:
    if attribute == "region":
        text = "expected an ISO 3166-1 alpha-3 country code such as 'DEU', or 'prefer-not-to-say'"
    else:
        text = f"expected one of {', '.join(map(repr, profile_codes(attribute)))}"
    if attribute == "sector" and isinstance(value, str) and len(value.strip()) == 1:
        return text + "; a letter alone is ambiguous: NACE Rev. 2 and Rev. 2.1 differ"
    near = _nearest(attribute, value) if isinstance(value, str) else None
    return f"{text}; did you mean {near!r}?" if near else text


def _nearest(attribute: str, value: str) -> str | None:
    """Leaf code whose spelling, label or meaning is closest to what somebody wrote."""
    known = hierarchy(attribute)
    wanted = value[:100].strip().casefold()
    if attribute == "size":  # labels of sizes differ in digits only, so all are alike
        return _band(known.codes["leaf"], wanted)
    labels = {known.labels[code].casefold(): code for code in known.codes["leaf"]}
    spellings = {code.casefold(): code for code in known.codes["leaf"]} | labels
    if wanted in spellings:
        return spellings[wanted]
    if len(wanted) <= 3:  # close to many country codes that were not meant
        return None
    found = [code for word, code in _also()[attribute].items() if word in wanted]
    stem = next((word[:5] for word in re.findall(r"[^\W\d_]{4,}", wanted)), "")
    found += [code for text, code in labels.items() if stem and f" {stem}" in f" {text}"]
    close = difflib.get_close_matches(wanted, spellings, n=1, cutoff=0.8)
    return spellings[close[0]] if close else next(iter(found), None)


@cache
def _also() -> Mapping[str, Mapping[str, str]]:
    """By attribute, common words that no label has, and the code that they come nearest to."""
    path = resources.files("pkimm_analytics") / "hierarchies" / "also.yaml"
    words: Mapping[str, Mapping[str, str]] = read_yaml(path.read_text("utf-8"), path.name)
    return words


def _band(codes: tuple[str, ...], wanted: str) -> str | None:
    """Size class of the first number in a text."""
    found = re.search(r"\d[\d.,' ]*", wanted)
    n = int(re.sub(r"\D", "", found[0])) if found else None
    bounds = [(code, [int(text) for text in re.findall(r"\d+", code)]) for code in codes]
    fitting = [c for c, limits in bounds if limits and n is not None and n <= limits[-1]]
    largest = next(code for code in codes if code.endswith("+"))
    return None if n is None else next(iter(fitting), largest)


def _check_grain(grain: str) -> None:
    if grain not in GRAINS:
        raise AssessmentError(f"A hierarchy has no such grain; expected {_choice(GRAINS)}.")


def _choice(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]


@cache
def _read(attribute: str) -> Hierarchy:
    path = resources.files("pkimm_analytics") / "hierarchies" / f"{attribute}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    version = next(line.split(":")[1].strip() for line in header if line.startswith("# version:"))
    return Hierarchy(
        attribute=attribute,
        version=version,
        codes={g: tuple(row["code"] for row in rows if row["grain"] == g) for g in GRAINS},
        labels={row["code"]: row["name"] for row in rows},
        parents={
            g: {row["code"]: row["parent"] for row in rows if row["grain"] == g}
            for g in GRAINS[:-1]
        },
    )
