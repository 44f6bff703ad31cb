"""
Sources that the browser must read and score as Python does, and what Python makes of them.

The official files are among them where they are at hand; the rest is invented.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pkimm_analytics.assessment import Mode
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders.sources import Source, load
from pkimm_analytics.loaders.web_tool import write_link, write_yaml_export
from pkimm_analytics.model import model_of
from pkimm_analytics.scoring import score
from pkimm_analytics.synthetic import simulate
from pkimm_analytics.yaml_text import write_yaml
from tests.loaders import invented_web_tool as tool
from tests.official import CONFORMANCE

GENERATED = 120
"""Invented organizations; each has several assessments, each in several forms."""


def texts() -> dict[str, bytes]:
    """Every source that is a text, by a name for messages."""
    return {
        name: content if isinstance(content, bytes) else content.encode()
        for part in (
            _web_tool(),
            _generated(),
            _odd(),
            _official("*.yaml", "*.txt"),
        )
        for name, content in part
    }


def _web_tool() -> Iterator[tuple[str, str]]:
    some = tool.ratings(tool.BUNDLED, 3, G_1=5, G_2=tool.off(), M_5=1, R_15=0)
    yield "link-1-bundled", tool.link_1(some, "Zoë")
    yield "link-1-site", tool.link_1(tool.ratings(tool.SITE, 2, O_15=4))
    yield "link-1-newer", tool.link_1(tool.ratings(tool.NEWER, 4, G_5=1))
    yield "link-1-few", tool.link_1(tool.ratings(["G.1", "M.6"], 2))
    yield "link-1-empty", tool.link_1({})
    keys = ["G.strategy-and-vision", "G.cryptography", "M.key-management", "O.automation"]
    quick = {key: tool.rating(level) for level, key in enumerate(keys, 1)}
    quick["R.sourcing"] = tool.off()
    yield "link-2", tool.link_2(quick, enabled=[{"id": "pqc", "version": "0.2.0"}])
    detailed = {
        "M.key-management.key-inventory": tool.rating(4),
        "M.key-management.key-roles": tool.rating(0),
        "G.cryptography.crypto-terminology": {"level": 2, "applicability": False},
        "X.unknown.one": tool.rating(3),
    }
    yield "link-2-full", tool.link_2(quick, detailed)
    yield "link-2-cut", tool.link_2(quick, detailed)[:-30]
    yield "storage", json.dumps({"assessmentData": json.dumps({"progress": some})})
    yield "record", json.dumps(tool.record(quick, requirementProgress=detailed))
    yield "yaml-record", write_yaml(tool.record(quick, requirementProgress=detailed))
    yield "yaml-1", write_yaml({"progress": some, "assessmentName": 'It\'s: "here"\n\n two'})
    yield (
        "yaml-numbered",
        write_yaml({**tool.record(tool.ratings(tool.SITE, 3)), "dataVersion": "1.0.0"}),
    )


def _odd() -> Iterator[tuple[str, str]]:
    """Odd values, and what is to be refused."""
    entries = {
        "G.1": {"level": "3", "applicability": 1},
        "G.2": {"level": 9, "applicability": True},
    }
    entries |= {
        "G.3": 4,
        "G.4": {"applicability": True},
        "M.5": {"level": 2.5, "applicability": "no"},
    }
    yield "odd-values", tool.link_1(tool.ratings(tool.BUNDLED, 3) | entries)
    yield (
        "prototype",
        '{"progress": {"__proto__": {"level": 5}, "G.1": {"level": 2, "applicability": true}}}',
    )
    yield "too-deep", '{"a":' * 60 + "1" + "}" * 60
    yield "no-json", "{"
    yield "no-link", "https://tool.example/#progress=%%%"
    yield (
        "newer-format",
        json.dumps({"stateSchemaVersion": 3, "dataVersion": "2.0.0", "progress": {}}),
    )
    yield "other-version", tool.link_2({}, version="9.0.0")
    yield "template", json.dumps({"kind": "pkimm-scope-template", "formatVersion": 1})
    yield "nothing", "Dear all"
    yield "yaml-alias", "progress: &a\n  G.1: *a\n"


def _generated() -> Iterator[tuple[str, Any]]:
    for number, one in enumerate(simulate(organizations=GENERATED, seed=11).assessments):
        yield f"json-{number}", one.dumps()
        model = model_of(one.model)
        if number % 3 == 0:
            yield f"link-{number}", write_link(one, model)
        elif number % 3 == 1:
            yield f"yaml-{number}", write_yaml_export(one, model)


def _official(*patterns: str) -> Iterator[tuple[str, bytes]]:
    for pattern in patterns:
        for path in sorted((CONFORMANCE / "webtool").rglob(pattern)):
            if "data" not in path.parts:
                yield path.relative_to(CONFORMANCE).as_posix(), path.read_bytes()


# --- what both sides say -------------------------------------------------------------------------


def expected(content: bytes) -> dict[str, Any] | None:
    """Exact scores by Python; None if nothing could be read."""
    try:
        loaded = [one.assessment for one in load(Source("source", content=content))]
        assessment = max(loaded, key=lambda one: one.date or "")
        scores = score(assessment)
    except PkimmError:
        return None
    requirements = {
        key: answer.level
        for key, answer in assessment.answers.items()
        if key in scores.model.requirements and answer.level and assessment.mode is Mode.FULL
    }
    outside = {k for k, f in scores.categories.items() if f.n_in_scope == 0}
    return {
        "edition": scores.model.digest,
        "mode": str(assessment.mode),
        "overall": _text(scores.overall.value),
        "modules": {key: _text(f.value) for key, f in scores.modules.items()},
        "categories": {
            key: [_text(f.value), str(f.state), f.n_rated, f.n_in_scope]
            for key, f in scores.categories.items()
        },
        "requirements": {
            k: level for k, level in requirements.items() if k.rpartition(".")[0] not in outside
        },
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"


BY_SCRIPT = """
async (encoded) => {
  const text = (value) => (value === null ? null : `${value.n}/${value.d}`);
  const results = {};
  for (const [name, content] of Object.entries(encoded)) {
    try {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      const assessment = await pkimm.readSource(bytes);
      const scores = pkimm.score(assessment, assessment.edition);
      const of = (map, change) =>
        Object.fromEntries(Object.entries(map).map(([key, one]) => [key, change(one)]));
      results[name] = {
        edition: assessment.edition.digest,
        mode: assessment.mode,
        overall: text(scores.overall),
        modules: of(scores.modules, text),
        categories: of(scores.categories, (c) => [text(c.value), c.state, c.rated, c.inScope]),
        requirements: scores.requirements,
      };
    } catch (error) {
      if (!(error instanceof pkimm.Refused)) throw error;
      results[name] = null;
    }
  }
  return results;
}
"""
"""Function of a script that gives the same for sources in base64, by name."""

COMPARED = """
async ([encoded, groups]) => {
  const release = pkimm.openRelease(pkimmData.figures);
  const results = {};
  for (const [name, content] of Object.entries(encoded)) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const assessment = await pkimm.readSource(bytes);
    results[name] = groups.map((group) => pkimm.compare(release, assessment, group ?? undefined));
  }
  return results;
}
"""
"""Function of a script that compares sources in base64 with groups (null: their own)."""


def encoded(sources: dict[str, bytes]) -> dict[str, str]:
    """Sources in base64, as a script takes them."""
    return {name: base64.b64encode(content).decode() for name, content in sources.items()}


def differing(sources: dict[str, bytes], found: dict[str, Any]) -> dict[str, Any]:
    """What the script says otherwise than Python, by name: both sides."""
    wanted = {name: expected(content) for name, content in sources.items()}
    assert sum(one is not None for one in wanted.values()) > len(wanted) * 0.5
    return {
        name: (wanted[name], found.get(name))
        for name in sources
        if wanted[name] != found.get(name, "missing")
    }


def differences(one: Any, other: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """List what differs between two documents; floats may differ in their last bits."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key, "-"), other.get(key, "-"), f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{place}/{index}")
    elif isinstance(one, float | int) and isinstance(other, float | int):
        if abs(one - other) > 1e-9:
            yield place, one, other
    elif one != other:
        yield place, one, other
