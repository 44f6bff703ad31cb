"""The document that ``pkimm score --json`` prints, and how it explains a tool's own figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pkimm_analytics.errors import Problem
from pkimm_analytics.model import Model
from pkimm_analytics.scoring.figures import ExtensionScores, Figure, Scores


def scores_to_json(scores: Scores, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """
    Return scores as the document ``pkimm-scores/1``; None where there is nothing.

    Parameters
    ----------
    scores : Scores
    problems : sequence of Problem
        Further problems, such as those of the loader.
    """
    assessment, model = scores.assessment, scores.model
    caveats = [Problem("assessment", c.message, refused=False) for c in assessment.caveats]
    seen = dict.fromkeys([*problems, *scores.problems, *caveats])
    return {
        "format": "pkimm-scores/1",
        "source": {"kind": assessment.source.kind, "detail": assessment.source.detail},
        "model": {
            "version": model.version,
            "digest": model.digest,
            "requirements": len(model.requirements),
        },
        "mode": str(assessment.mode),
        "overall": figure_to_json(model, scores.overall),
        "modules": {key: figure_to_json(model, figure) for key, figure in scores.modules.items()},
        "categories": {
            key: {
                "native_id": model.native_id(key),
                "state": str(f.state),
                **figure_to_json(model, f),
            }
            for key, f in scores.categories.items()
        },
        "extensions": {key: _extension(model, e) for key, e in scores.extensions.items()},
        "tool": tool_figures(scores),
        "problems": [problem.to_json() for problem in seen],
    }


def figure_to_json(model: Model, figure: Figure) -> dict[str, Any]:
    """Return a figure as it stands in the document."""
    return {
        "score": figure.score,
        "level": figure.level,
        "name": None if figure.level is None else model.level_name(figure.level),
        "percentage": figure.percentage,
        "coverage": figure.coverage,
    }


def _extension(model: Model, scores: ExtensionScores) -> dict[str, Any]:
    def number(value: Fraction | None) -> float | None:
        return None if value is None else float(value)

    return {
        "version": scores.extension.version,
        "score": number(scores.score),
        "floor": number(scores.floor),
        "weighted_baseline": number(scores.weighted_baseline),
        "categories": {
            key: {
                "native_id": model.native_id(key),
                "score": number(value),
                "level": None if value is None else math.floor(value),
                "name": None if value is None else model.level_name(math.floor(value)),
            }
            for key, value in scores.categories.items()
        },
    }


def tool_figures(scores: Scores) -> dict[str, Any] | None:
    """
    Figures of the source's own tool, and why they differ from ours.

    Returns
    -------
    dict or None
        ``overall`` and ``modules`` as the source carried them; ``extensions`` with
        ``overall``, ``floor`` and ``weighted``; ``differs_because``, there and for each
        extension, with the reasons that explain a difference: empty where there is none.
    """
    source = scores.assessment.source
    tool, extensions = source.tool, source.extra.get("tool_extensions")
    if not tool:
        return None
    modules = tool.get("modules", {})
    pairs = [(tool.get("overall"), scores.overall.value)]
    pairs += [(modules[key], f.value) for key, f in scores.modules.items() if key in modules]
    zero = scores.unanswered == "zero"
    reasons = [r for r in tool.get("reasons", ()) if not (zero and r.get("code") == ZERO_COUNTS)]
    return {
        "overall": tool.get("overall"),
        "modules": modules,
        "extensions": {
            key: _tool_extension(extensions[key], ours)
            for key, ours in scores.extensions.items()
            if isinstance(extensions, Mapping) and isinstance(extensions.get(key), Mapping)
        },
        "differs_because": _because(pairs, reasons),
    }


ZERO_COUNTS = "unanswered-zero"
"""Code of a reason that does not hold where we count unanswered items as zero too."""


def _tool_extension(tool: Mapping[str, Any], ours: ExtensionScores) -> dict[str, Any]:
    figures = {"overall": ours.score, "floor": ours.floor, "weighted": ours.weighted_baseline}
    pairs = [(tool.get(name), value) for name, value in figures.items()]
    return {
        "version": tool.get("version"),
        **{name: tool.get(name) for name in figures},
        "differs_because": _because(pairs, tool.get("reasons", ())),
    }


def _because(
    pairs: Iterable[tuple[Mapping[str, Any] | None, Fraction | None]],
    reasons: Iterable[Mapping[str, Any]],
) -> list[str]:
    if not any(_differs(shown or {}, value) for shown, value in pairs):
        return []
    unexplained = ["The figure in the source was not computed from the answers in it."]
    return [reason["message"] for reason in reasons] or unexplained


def _differs(shown: Mapping[str, Any], ours: Fraction | None) -> bool:
    level = None if ours is None else math.floor(ours)
    if (shown.get("level") or None) != (level or None):
        return True
    value = shown.get("value")
    return value is not None and abs(value - (ours or 0)) > 1e-9
