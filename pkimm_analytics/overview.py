"""
What there is to see of assessments, as tidy tables.

Everything that a page, chart or notebook shows is a row here first: one row for
each assessment, for each part of a score, or for each finding. Charts and pages draw
these tables and compute nothing. A cell without a value is missing, never 0.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Answer, Assessment, State
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders.tabular import to_csv_text
from pkimm_analytics.model import Model, module_of
from pkimm_analytics.scoring import Figure, Scores, Unanswered, score, tool_figures

if TYPE_CHECKING:
    import pandas as pd

STATE_WORDS = {
    State.RATED: "rated",
    State.UNANSWERED: "unanswered",
    State.NOT_APPLICABLE: "not applicable",
}
MODE_WORDS = {"self": "self-assessment", "full": "full assessment"}
ASSURANCE_WORDS = {"self": "self-assessed", "formal": "formal", "third-party": "third party"}

_ASSESSMENT_TYPES = {
    "score": "Float64",
    "level": "Int64",
    "percentage": "Float64",
    "coverage": "Float64",
}
_FIGURE_TYPES = {
    **_ASSESSMENT_TYPES,
    "weight": "Int64",
    "progress": "Float64",
    "n_rated": "Int64",
    "n_in_scope": "Int64",
}


def workspace_table(
    assessments: Iterable[Assessment], *, unanswered: Unanswered = "excluded"
) -> pd.DataFrame:
    """
    Overview of assessments, in the order given.

    Parameters
    ----------
    assessments : iterable of Assessment
    unanswered : {"excluded", "zero"}
        As in :func:`.scoring.score`.

    Returns
    -------
    DataFrame
        One row for each: ``id, use_case, organization, date, edition, mode,
        assurance, synthetic, score, level, level_name, percentage, coverage,
        problem``. `problem` says why there is no score, such as an edition that is
        not installed.
    """
    rows = [_workspace_row(one, unanswered) for one in assessments]
    return _frame(rows, _WORKSPACE_COLUMNS, _ASSESSMENT_TYPES)


_FIGURE_COLUMNS = ("score", "level", "level_name", "percentage", "coverage")
_WORKSPACE_COLUMNS = (
    *("id", "use_case", "organization", "date", "edition", "mode", "assurance", "synthetic"),
    *(*_FIGURE_COLUMNS, "problem"),
)


def _workspace_row(assessment: Assessment, unanswered: Unanswered) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": assessment.id,
        "use_case": assessment.use_case.name,
        "organization": assessment.organization.name,
        "date": assessment.date,
        "edition": str(assessment.model),
        "mode": MODE_WORDS[assessment.mode],
        "assurance": ASSURANCE_WORDS.get(assessment.assurance or "", ""),
        "synthetic": assessment.synthetic,
        "problem": "",
    }
    try:
        scores = score(assessment, unanswered=unanswered)
    except PkimmError as error:
        return row | {"problem": error.message}
    return row | _figure_cells(scores.overall, scores.model)


def category_table(scores: Scores) -> pd.DataFrame:
    """
    Scores of all categories, in the order of the model.

    Returns
    -------
    DataFrame
        One row for each category: ``assessment`` (use case and date), ``key``
        (element key), ``native_id``, ``name``, ``module``, ``module_name``,
        ``weight``, ``state`` (rated, unanswered, not applicable), ``score`` (1 to 5),
        ``level``, ``level_name``, ``percentage`` (0 to 100), ``coverage`` and
        ``progress`` within the level (0 to 1), ``n_rated``, ``n_in_scope`` (questions),
        ``by_hand`` (level given for the category itself), ``reason`` (why it does not
        apply).
    """
    label = assessment_label(scores.assessment)
    rows = [
        {
            "assessment": label,
            "key": key,
            "native_id": scores.model.native_id(key),
            "name": scores.model.name(key),
            "module": module_of(key),
            "module_name": scores.model.name(module_of(key)),
            "weight": scores.model.categories[key].weight,
            "state": STATE_WORDS[figure.state],
            **_figure_cells(figure, scores.model),
            "progress": figure.progress,
            "n_rated": figure.n_rated,
            "n_in_scope": figure.n_in_scope,
            "by_hand": figure.by_hand,
            "reason": _reason(scores.assessment, key) if figure.state != State.RATED else "",
        }
        for key, figure in scores.categories.items()
    ]
    return _frame(rows, tuple(rows[0]), _FIGURE_TYPES)


def total_table(scores: Scores) -> pd.DataFrame:
    """
    Scores of the whole and of the modules.

    Returns
    -------
    DataFrame
        The whole first, then one row for each module: ``key`` ("overall" or the
        module), ``name, state, score, level, level_name, percentage, coverage,
        progress, n_rated, n_in_scope``, and what the source's own tool showed:
        ``tool_level``, ``tool_value``.
    """
    tool = tool_figures(scores) or {}
    shown = _part(tool, "modules")
    overall = _part(tool, "overall")
    rows = [_total_row("overall", "Overall", scores.overall, scores.model, overall)]
    rows += [
        _total_row(key, scores.model.name(key), figure, scores.model, _part(shown, key))
        for key, figure in scores.modules.items()
    ]
    return _frame(
        rows, tuple(rows[0]), _FIGURE_TYPES | {"tool_level": "Int64", "tool_value": "Float64"}
    )


def _total_row(
    key: str, name: str, figure: Figure, model: Model, tool: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "state": STATE_WORDS[figure.state],
        **_figure_cells(figure, model),
        "progress": figure.progress,
        "n_rated": figure.n_rated,
        "n_in_scope": figure.n_in_scope,
        "tool_level": _positive(tool.get("level")),
        "tool_value": tool.get("value"),
    }


def extension_table(scores: Scores, extension: str) -> pd.DataFrame:
    """
    Tabulate what an extension makes of each category.

    Parameters
    ----------
    scores : Scores
    extension : str
        Id of an extension in ``scores.extensions``.

    Returns
    -------
    DataFrame
        One row for each category: ``key, native_id, name, covered`` (the extension
        says something about it), ``state``, ``baseline`` (score without the
        extension), ``relevance`` (level of the relevance answer), ``blended`` (score
        with it), ``level, level_name`` (of the blended score), ``tool_blended`` (of the
        source's own tool).
    """
    result = scores.extensions[extension]
    tool = _part(tool_extension(scores, extension), "categories")
    answers = _relevance_answers(scores.assessment, extension)
    rows = [
        {
            "key": key,
            "native_id": scores.model.native_id(key),
            "name": scores.model.name(key),
            "covered": key in result.extension.covered,
            "state": STATE_WORDS[scores.categories[key].state],
            "baseline": scores.categories[key].score,
            "relevance": answers[key].level if key in answers else None,
            "blended": None if blended is None else float(blended),
            "level": None if blended is None else math.floor(blended),
            "level_name": _level_name(blended, scores.model),
            "tool_blended": _positive(tool.get(key)),
        }
        for key, blended in result.categories.items()
    ]
    types = dict.fromkeys(("baseline", "blended", "tool_blended"), "Float64")
    types |= {"relevance": "Int64", "level": "Int64"}
    return _frame(rows, tuple(rows[0]), types)


def extension_totals(scores: Scores, extension: str) -> pd.DataFrame:
    """
    Tabulate the figures of an extension as a whole.

    Returns
    -------
    DataFrame
        Rows for the score, the floor and the weighted baseline: ``figure, score,
        level, level_name``, and ``tool_level, tool_value``, which the source's own
        tool showed.
    """
    result = scores.extensions[extension]
    tool = tool_extension(scores, extension)
    rows = [
        {
            "figure": name,
            "score": None if value is None else float(value),
            "level": None if value is None else math.floor(value),
            "level_name": _level_name(value, scores.model),
            "tool_level": _positive(_part(tool, key).get("level")),
            "tool_value": _positive(_part(tool, key).get("value")),
        }
        for key, name, value in (
            ("overall", "Score", result.score),
            ("floor", "Floor score", result.floor),
            ("weighted", "Weighted baseline", result.weighted_baseline),
        )
    ]
    types = {"score": "Float64", "level": "Int64", "tool_level": "Int64", "tool_value": "Float64"}
    return _frame(rows, tuple(rows[0]), types)


def tool_extension(scores: Scores, extension: str) -> Mapping[str, Any]:
    """Figures of an extension that came with the source, and their reasons; or nothing."""
    return _part(_part(scores.assessment.source.extra, "tool_extensions"), extension)


def _reasons(tool: Mapping[str, Any]) -> list[str]:
    reasons = tool.get("reasons")
    found = reasons if isinstance(reasons, list | tuple) else ()
    return [str(r["message"]) for r in found if isinstance(r, Mapping) and "message" in r]


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of what an unknown program may have written, empty if it is no object."""
    part = document.get(name)
    return part if isinstance(part, Mapping) else {}


def findings_table(scores: Scores) -> pd.DataFrame:
    """
    Everything that a reader of the scores has to know.

    Parameters
    ----------
    scores : Scores

    Returns
    -------
    DataFrame
        One row for each: ``kind`` (problem, caveat, tool), ``where``, ``message``.
    """
    rows = [{"kind": "problem", **p.to_json()} for p in scores.problems]
    rows += [
        {"kind": "caveat", "where": "", "message": c.message} for c in scores.assessment.caveats
    ]
    tool = tool_figures(scores)
    rows += [
        {"kind": "tool", "where": "", "message": reason}
        for reason in (tool["differs_because"] if tool else ())
    ]
    rows += [
        {"kind": "tool", "where": extension, "message": reason}
        for extension in scores.extensions
        for reason in _reasons(tool_extension(scores, extension))
    ]
    return _frame(list({tuple(row.items()): row for row in rows}.values()), _FINDING_COLUMNS, {})


_FINDING_COLUMNS = ("kind", "where", "message")


def assessment_label(assessment: Assessment) -> str:
    """Use case and date, as a legend names an assessment."""
    name = assessment.use_case.name or "Unnamed use case"
    return f"{name}, {assessment.date}" if assessment.date else name


def signed_text(hundredths: int) -> str:
    """
    Show a change with its sign.

    Examples
    --------
    >>> signed_text(5), signed_text(-120), signed_text(0)
    ('+0.05', '−1.20', '0.00')
    """
    sign = "+" if hundredths > 0 else "−" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def percent_text(share: object) -> str:
    """
    Show a share as a percentage; 99.6 % is not yet 100 %.

    Examples
    --------
    >>> percent_text(0.996), percent_text(1.0), percent_text(None)
    ('99 %', '100 %', '–')
    """
    if not isinstance(share, int | float) or math.isnan(share):
        return "–"
    return f"{math.floor(share * 100 + 1e-9)} %"


def table_csv(table: pd.DataFrame) -> bytes:
    """
    Write a table as CSV for a spreadsheet program.

    A text that such a program would take for a formula gets an apostrophe in front.

    Returns
    -------
    bytes
        UTF-8 with a byte order mark, so that the program knows the encoding.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def _cell(value: Any) -> Any:
    import pandas as pd

    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return to_csv_text(value) if isinstance(value, str) else value


def _figure_cells(figure: Figure, model: Model) -> dict[str, Any]:
    return {
        "score": figure.score,
        "level": figure.level,
        "level_name": _level_name(figure.value, model),
        "percentage": figure.percentage,
        "coverage": figure.coverage,
    }


def _level_name(value: Fraction | None, model: Model) -> str:
    return "" if value is None else model.level_name(math.floor(value))


def _positive(figure: object) -> int | float | None:
    """Return a figure that a tool showed; its 0 and -1 stand for none."""
    return figure if isinstance(figure, int | float) and figure > 0 else None


def _reason(assessment: Assessment, key: str) -> str:
    """Reason given for the category, or else for its module."""
    return assessment.answer(key).reason or assessment.answer(module_of(key)).reason


def _relevance_answers(assessment: Assessment, extension: str) -> Mapping[str, Answer]:
    return next((e.answers for e in assessment.extensions if e.id == extension), {})


def _frame(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], types: Mapping[str, str]
) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype({name: kind for name, kind in types.items() if name in frame.columns})
