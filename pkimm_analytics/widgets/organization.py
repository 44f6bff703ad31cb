"""
The organization page: a workspace, what is in it, and one assessment in all its figures.

It holds what was chosen and passes everything on: reading and storing to the
workspace, arithmetic to scoring and overview, words to the parts of the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from pkimm_analytics.assessment import MEDIA_TYPE, SUFFIX, Assessment, carry
from pkimm_analytics.charts import bars, radar
from pkimm_analytics.charts.look import Labels
from pkimm_analytics.errors import AssessmentError, PkimmError, Problem
from pkimm_analytics.history import histories, history_key
from pkimm_analytics.loaders import Source
from pkimm_analytics.model import Model, model_of, models
from pkimm_analytics.overview import (
    category_table,
    extension_table,
    extension_totals,
    findings_table,
    table_csv,
    total_table,
    workspace_table,
)
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.session import is_locked
from pkimm_analytics.widgets import organization_parts as parts
from pkimm_analytics.widgets import score_parts
from pkimm_analytics.widgets.chart import ChartBox
from pkimm_analytics.widgets.intake import TOO_LARGE, notice
from pkimm_analytics.widgets.markup import joined, tag
from pkimm_analytics.widgets.portfolio import PortfolioView
from pkimm_analytics.widgets.progress import ProgressView
from pkimm_analytics.widgets.section import CSV, Action
from pkimm_analytics.widgets.sections import Page
from pkimm_analytics.workspace import Imported, Stored, Workspace


class OrganizationPage(Page):
    """
    A page on the assessments of one workspace, for Voila and JupyterLab.

    Parameters
    ----------
    workspace : Path or str
        Folder of the workspace. It may be empty or not exist yet.
    release : Path or str, optional
        Release whose peers stand behind the scores over time.

    Examples
    --------
    >>> page = OrganizationPage("workspace")  # doctest: +SKIP
    """

    def __init__(self, workspace: Path | str, *, release: Path | str | None = None) -> None:
        super().__init__()
        self._workspace = Workspace(Path(workspace))
        self._stored: list[Stored] = []
        self._unreadable: list[Problem] = []
        self._selected = ""
        self._edition = ""
        self._zero = False
        self._narrow = False
        self._imported: list[Imported] = []
        self._scores: Scores | None = None

        self._add = self._section(parts.import_panel(), tells_width=True)
        self._list = self._section()
        self._heading = self._section()
        self._options = self._section()
        self._figures = self._section()
        self._charts = [ChartBox(), ChartBox()]
        row = ipywidgets.Box(self._charts).add_class("pk-charts")
        self._tables = self._section()
        self._progress = ProgressView(
            keep=self._keep_plans, release=Path(release) if release else None
        )
        self._portfolio = PortfolioView()
        self.children = [
            self._add,
            self._messages,
            self._list,
            self._portfolio,
            self._heading,
            self._options,
            self._figures,
            row,
            self._tables,
            self._progress,
        ]
        self._guarded(self._read)

    @property
    def scores(self) -> Scores | None:
        """Scores that are shown, None if no assessment is chosen or it cannot be scored."""
        return self._scores

    # --- what the user does ----------------------------------------------------------

    def _act(self, action: Action) -> None:
        handlers: dict[str, Callable[[Action], None]] = {
            "choose": self._choose,
            "edition": self._carry,
            "narrow": self._fit,
            "paste": self._paste,
            "reload": lambda _: self._read(),
            "save-categories": self._save_table,
            "save-extension": self._save_table,
            "save-json": self._save_json,
            "save-list": self._save_table,
            "save-totals": self._save_table,
            "too-large": self._refuse_large,
            "upload": self._upload,
            "uploaded": lambda _: self._finish_import(),
            "zero": self._count_zero,
        }
        handler = handlers.get(action.name)
        if handler is not None:
            self._guarded(lambda: handler(action))

    def _choose(self, action: Action) -> None:
        if action.value in self._names():
            self._selected, self._edition = action.value, ""
            self._show_selected()

    def _carry(self, action: Action) -> None:
        self._edition = action.value
        self._show_selected()

    def _count_zero(self, action: Action) -> None:
        self._zero = action.value == "yes"
        self._show_list()
        self._show_selected()

    def _fit(self, action: Action) -> None:
        self._narrow = action.value == "yes"
        self._draw()
        self._show_progress(self._chosen())

    # --- bringing something in ---------------------------------------------------------

    def _upload(self, action: Action) -> None:
        if action.content is None:
            problem = Problem(action.value, "the browser could not read the file")
            self._imported.append(Imported(action.value, problems=(problem,)))
            return
        self._import(Source(action.value, content=action.content))

    def _refuse_large(self, action: Action) -> None:
        problem = Problem(action.value, f"{TOO_LARGE}pkimm import FILE")
        self._imported.append(Imported(action.value, problems=(problem,)))

    def _paste(self, action: Action) -> None:
        text = action.value.strip()
        if not text:
            self._messages.html = notice("There is nothing in the field to import.")
            return
        self._import(Source("pasted text", content=text.encode("utf-8", "replace")))
        if self._imported[-1].written:
            self._add.clear_fields()
        self._finish_import()

    def _import(self, source: Source) -> None:
        self._imported.append(self._workspace.import_one(source))

    def _finish_import(self) -> None:
        """Tell what became of the sources, and show the last assessment of them."""
        imported, self._imported = self._imported, []
        self._messages.html = parts.import_report(imported, self._workspace.folder)
        written = [path for one in imported for path in one.written]
        if written:
            self._selected, self._edition = written[-1].name, ""
        self._read(keep_messages=True)

    # --- reading and scoring --------------------------------------------------------------

    def _read(self, *, keep_messages: bool = False) -> None:
        """Read the workspace again; choose the newest assessment if none is chosen."""
        self._unreadable = []
        self._stored = self._workspace.stored(self._unreadable)[::-1]  # newest first
        if not keep_messages:
            self._messages.html = ""
        names = self._names()
        if self._selected not in names:
            self._selected, self._edition = (names[0] if names else ""), ""
        self._show_list()
        self._show_selected()

    def _names(self) -> list[str]:
        return [one.path.name for one in self._stored]

    def _assessments(self) -> list[Assessment]:
        return [one.assessment for one in self._stored]

    def _listed(self) -> pd.DataFrame:
        return workspace_table(self._assessments(), unanswered=self._policy)

    @property
    def _policy(self) -> Any:
        return "zero" if self._zero else "excluded"

    def _chosen(self) -> Assessment | None:
        found = (one.assessment for one in self._stored if one.path.name == self._selected)
        return next(found, None)

    def _carried(self, assessment: Assessment) -> Assessment:
        if not self._edition:
            return assessment
        target = _edition_with(self._edition)
        return carry(assessment, model_of(assessment.model), target) if target else assessment

    # --- showing -------------------------------------------------------------------------

    def _show_list(self) -> None:
        folder = self._workspace.folder
        self._portfolio.show(self._assessments())
        if not self._stored and not self._unreadable:
            self._list.html = parts.empty_workspace(folder)
            return
        self._list.html = parts.workspace_list(
            self._listed(),
            self._names(),
            self._selected,
            self._unreadable,
            sum(1 for _ in self._workspace.quarantined()),
            folder,
        )

    def _show_progress(self, assessment: Assessment | None) -> None:
        """Show the use case of the chosen assessment from its first to its last one."""
        cases = histories(self._assessments())
        shown = cases[history_key(assessment)] if assessment else []
        self._progress.show(shown, narrow=self._narrow)

    def _keep_plans(self, assessment: Assessment) -> None:
        if is_locked(assessment):
            raise AssessmentError("The assessment is locked: reopen it to add action plans.")
        self._workspace.save(assessment)
        self._stored = self._workspace.stored(self._unreadable)[::-1]

    def _show_selected(self) -> None:
        assessment = self._chosen()
        self._scores = None
        self._show_progress(assessment)
        if assessment is None:
            for section in (self._heading, self._options, self._figures, self._tables):
                section.html = ""
            self._draw()
            return
        editions = [model.edition for model in models()]
        self._options.html = parts.options(
            assessment.model, _unique(editions), self._edition, zero=self._zero
        )
        self._heading.html = score_parts.heading(assessment)
        try:
            carried = self._carried(assessment)
            self._scores = score(carried, unanswered=self._policy)
        except PkimmError as error:
            self._figures.html = notice(error.message, error.problems)
            self._tables.html = ""
        else:
            self._heading.html = score_parts.heading(carried)
            self._show_scores(self._scores)
        self._draw()

    def _show_scores(self, scores: Scores) -> None:
        totals, findings = total_table(scores), findings_table(scores)
        self._figures.html = joined(
            [
                score_parts.score_cards(totals),
                score_parts.findings(findings),
                score_parts.tool_part(totals, findings),
                tag("h2", "Charts"),
            ]
        )
        extensions = [
            score_parts.extension_part(
                scores,
                id_,
                {
                    "totals": extension_totals(scores, id_),
                    "categories": extension_table(scores, id_),
                    "findings": findings,
                },
            )
            for id_ in scores.extensions
        ]
        edition = str(scores.model.edition)
        self._tables.html = joined(
            [score_parts.category_part(category_table(scores), totals, edition), *extensions]
        )

    def _draw(self) -> None:
        """Draw both charts, as what they are: data for the browser's plotly."""
        scores = self._scores
        if scores is None:
            for chart in self._charts:
                chart.show(None)
            return
        table = category_table(scores)
        unit = f"Score, 1 to 5. {scores.model.edition}"
        labels: Labels = "short" if self._narrow else "names"
        figures = (
            radar(table, subtitle=unit, labels=labels),
            bars(table, level_names=scores.model.level_names, subtitle=unit, labels=labels),
        )
        for chart, figure in zip(self._charts, figures, strict=True):
            chart.show(figure)

    # --- taking something away ----------------------------------------------------------------

    def _save_json(self, _action: Action) -> None:
        if self._scores is not None:
            assessment = self._scores.assessment
            name = _file_name(assessment) + SUFFIX
            self._tables.offer(name, MEDIA_TYPE, assessment.dumps())

    def _save_table(self, action: Action) -> None:
        if action.name == "save-list":
            self._list.offer("assessments.csv", CSV, table_csv(self._listed()))
            return
        scores = self._scores
        if scores is None:
            return
        kind = action.name.removeprefix("save-")
        if kind == "extension" and action.value in scores.extensions:
            kind, table = f"extension-{action.value}", extension_table(scores, action.value)
        elif kind == "totals":
            table = total_table(scores)
        else:
            table = category_table(scores)
        name = f"{_file_name(scores.assessment)}.{_plain(kind)}.csv"
        self._tables.offer(name, CSV, table_csv(table))


def _edition_with(digest: str) -> Model | None:
    """Newest words of the edition with a digest."""
    found = [model for model in models() if model.digest == digest]
    return found[-1] if found else None


def _unique(editions: Sequence[Any]) -> list[Any]:
    return list({edition.digest: edition for edition in editions}.values())


def _file_name(assessment: Assessment) -> str:
    parts_ = (assessment.date or "undated", assessment.use_case.name, assessment.model.version)
    return ".".join(filter(None, map(_plain, parts_)))


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:60].strip("-.")
