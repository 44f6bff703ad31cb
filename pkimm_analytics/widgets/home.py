"""
The first page: the use cases of a workspace, a place for files, and what to do next.
"""

from __future__ import annotations

from pathlib import Path

import htpy as h

from pkimm_analytics.benchmark import Benchmark, open_release
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.loaders import Source
from pkimm_analytics.render.html import Medium, fragment
from pkimm_analytics.views.home import Whole, home, sorted_out
from pkimm_analytics.widgets.page import Page, address_of, drop_zone, import_early
from pkimm_analytics.workspace import Imported, Stored, Workspace


class HomePage(Page):
    """
    The use cases of a workspace, for Voila, JupyterLab and notebooks.

    Parameters
    ----------
    workspace : Path or str
        It may be empty or not exist yet.
    release : Path or str, optional
        Release, or a folder of them, whose newest figures are named.

    Examples
    --------
    >>> page = HomePage("workspace")  # doctest: +SKIP
    """

    title = "Your PKIs"

    def __init__(self, workspace: Path | str, release: Path | str | None = None) -> None:
        super().__init__()
        self._workspace = Workspace(Path(workspace))
        self._release = release
        self._imported: list[Imported] = []
        if release is not None:
            import_early("pyarrow.parquet", "scipy.special")

    def content(self) -> h.Node:
        """Use cases, steps, and what the newest release says."""
        problems: list[Problem] = []
        stored = self._workspace.stored(problems)
        view = home(self._whole(stored))
        zone = drop_zone(
            "Drop an official workbook, a web-tool file or a table here, or",
            "choose files",
            "or paste a share link",
        )
        return [
            h.div(".pk-head")[
                h.div[h.h1[view.title], h.p[view.subtitle]],
                h.a(".pk-link.pk-primary", href="assess.ipynb")["New assessment"],
            ],
            [h.p(".pk-notice")[str(problem)] for problem in problems],
            fragment(view.blocks, Medium(slots={"import": zone})),
        ]

    def _whole(self, stored: list[Stored]) -> Whole:
        cases, drafts = sorted_out(one.assessment for one in stored)
        newest = cases[0][-1].id if cases else ""
        return Whole(
            cases=cases,
            drafts=drafts,
            bench=self._bench(),
            done=frozenset({"assess", "results"} if cases else ()),
            links={
                "assess": "assess.ipynb",
                "draft": "assess.ipynb#assessment=",
                "results": "results.ipynb#assessment=",
                "plan": address_of("results", assessment=newest, tab="plan"),
                "peers": address_of("benchmark", assessment=newest),
                "contribute": address_of("assess", assessment=newest, step="finish"),
                "feedback": "feedback.ipynb",
            },
        )

    def _bench(self) -> Benchmark | None:
        if self._release is None:
            return None
        try:
            return open_release(Path(self._release))
        except PkimmError:
            return None

    # --- bringing something in ---------------------------------------------------------

    def on_upload(self, value: str, content: bytes | None) -> None:
        """Import one file."""
        if content is None:
            problem = Problem(value, "the browser could not read the file")
            self._imported.append(Imported(value, problems=(problem,)))
            return
        self._imported.append(self._workspace.import_one(Source(value, content=content)))

    def on_too_large(self, value: str, _content: bytes | None) -> None:
        """Say how a large file is imported."""
        problem = Problem(value, "too large for the page; import it with: pkimm import FILE")
        self._imported.append(Imported(value, problems=(problem,)))

    def on_paste(self, value: str, _content: bytes | None) -> None:
        """Import a pasted link or text."""
        if not value.strip():
            self.say("There is nothing in the field to import.")
            return
        source = Source("pasted text", content=value.strip().encode("utf-8", "replace"))
        self._imported.append(self._workspace.import_one(source))
        self.on_uploaded("", None)

    def on_uploaded(self, _value: str, _content: bytes | None) -> None:
        """Say what became of the files, and go on to the result of a single one."""
        imported, self._imported = self._imported, []
        written = [path for one in imported for path in one.written]
        problems = [problem for one in imported for problem in one.problems]
        if len(written) == 1 and not problems:
            stored = next((s for s in self._workspace.stored([]) if s.path == written[0]), None)
            if stored is not None:
                self.go(address_of("results", assessment=stored.assessment.id))
        n_bad = sum(one.is_refused for one in imported)
        text = f"{len(written)} assessment(s) imported, {n_bad} source(s) with problems."
        self.say(text, problems, "notice" if problems else "good")
