"""
The first page: the use cases of a workspace, a place for files, and what to do next.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.benchmark import Benchmark, open_release
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.feedback import open_feedback
from pkimm_analytics.loaders import Source
from pkimm_analytics.render.html import Medium, fragment
from pkimm_analytics.reports import portfolio
from pkimm_analytics.views.home import Whole, home, sorted_out
from pkimm_analytics.widgets.handover import report_fields, report_file, without_report
from pkimm_analytics.widgets.page import Page, address_of, button, drop_zone, import_early, menu
from pkimm_analytics.workspace import Imported, Stored, Workspace

SEARCHED = 6
"""Use cases above which a field to search them is shown."""


class HomePage(Page):
    """
    The use cases of a workspace, for Voila, JupyterLab and notebooks.

    Parameters
    ----------
    workspace : Path or str
        It may be empty or not exist yet.
    release : Path or str, optional
        Release, or a folder of them, whose newest figures are named.
    feedback : Path or str, optional
        Feedback folder of a working group, whose newest round is named.

    Examples
    --------
    >>> page = HomePage("workspace")  # doctest: +SKIP
    """

    title = "Your PKIs"

    def __init__(
        self,
        workspace: Path | str,
        release: Path | str | None = None,
        feedback: Path | str | None = None,
    ) -> None:
        super().__init__()
        self._workspace = Workspace(Path(workspace))
        self.place = self._workspace.folder.name
        self._release, self._feedback = release, feedback
        self._imported: list[Imported] = []
        if release is not None:
            import_early("pyarrow.parquet", "scipy.special")

    def content(self) -> h.Node:
        """Use cases, steps, and what the newest release and the newest round say."""
        problems: list[Problem] = []
        whole = self._whole(self._workspace.stored(problems))
        view = home(whole, self.language)
        self.title = view.title
        say = self.words.word
        slots = {
            "import": drop_zone(
                say("home.drop"), say("page.choose_files"), say("home.paste"), say("page.import")
            ),
            "search": self._search(len(whole.cases)),
            "portfolio": self._portfolio_menu() if whole.cases else None,
        }
        return [
            h.div(".pk-head")[
                h.div[h.h1[view.title], h.p[view.subtitle]],
                h.a(".pk-link.pk-primary", href="assess.ipynb")[say("link.new")],
            ],
            [h.p(".pk-notice")[str(problem)] for problem in problems],
            fragment(view.blocks, Medium(slots=slots)),
            self._archived(),
        ]

    def _search(self, n_cases: int) -> h.Node:
        if n_cases <= SEARCHED:
            return None
        words = self.words.word("page.search")
        return h.input(type="search", data_filter="cases", aria_label=words, placeholder=words)

    def _portfolio_menu(self) -> h.Node:
        say = self.words.word
        save = button(say("report.save"), "portfolio", data_form="", class_="pk-button pk-primary")
        fields = h.form[report_fields(self.words), save]
        return menu(say("home.portfolio"), fields, name="portfolio")

    def _archived(self) -> h.Node:
        found = self._workspace.stored([], archived=True)
        if not found:
            return None
        say = self.words.word
        rows = (
            h.li[
                f"{a.use_case.name or say('value.unnamed')}, {a.date or say('value.undated')} ",
                button(say("home.restore"), "restore", a.id),
            ]
            for a in (one.assessment for one in found)
        )
        return h.details(id="pk-archived")[
            h.summary[f"{say('home.archived')} ({len(found)})"], h.ul[rows]
        ]

    def _whole(self, stored: list[Stored]) -> Whole:
        cases, drafts = sorted_out(one.assessment for one in stored)
        newest = cases[0][-1].id if cases else ""
        return Whole(
            cases=cases,
            drafts=drafts,
            bench=self._bench(),
            feedback=self._round(),
            due=without_report(self._workspace, (case[-1] for case in cases)),
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

    def _round(self) -> tuple[str, int]:
        if self._feedback is None:
            return "", 0
        try:
            return open_feedback(self._feedback).undecided()
        except PkimmError:
            return "", 0

    # --- what the user does --------------------------------------------------------------

    def on_portfolio(self, value: str, _content: bytes | None) -> None:
        """Save a report on all use cases."""
        asked = dict(parse_qsl(value))
        found = [one.assessment for one in self._workspace.stored([])]
        report = portfolio(found, asked.get("language", self.language))
        file = report_file(report, "pkimm-portfolio", asked.get("form", "pdf"))
        self.offer(file.name, file.media_type, file.content)
        self.say(self.words.word("page.saved", name=file.name), tone="good")

    def on_restore(self, value: str, _content: bytes | None) -> None:
        """Bring an archived assessment back."""
        self._workspace.restore(value)
        self.say(self.words.word("home.restored"), tone="good")

    def on_upload(self, value: str, content: bytes | None) -> None:
        """Import one file."""
        if content is None:
            self._refuse(value, "home.unreadable")
        else:
            self._imported.append(self._workspace.import_one(Source(value, content=content)))

    def on_too_large(self, value: str, _content: bytes | None) -> None:
        """Say how a large file is imported."""
        self._refuse(value, "home.too_large")

    def _refuse(self, name: str, why: str) -> None:
        problem = Problem(name, self.words.word(why))
        self._imported.append(Imported(name, problems=(problem,)))

    def on_paste(self, value: str, _content: bytes | None) -> None:
        """Import a pasted link or text."""
        if not value.strip():
            self.say(self.words.word("home.nothing_to_import"))
            return
        name = self.words.word("home.pasted")
        self.on_upload(name, value.strip().encode("utf-8", "replace"))
        self.on_uploaded("", None)

    def on_uploaded(self, _value: str, _content: bytes | None) -> None:
        """Say what became of the files, and go on to the result of a single one."""
        imported, self._imported = self._imported, []
        paths = [path for one in imported for path in one.written]
        problems = [problem for one in imported for problem in one.problems]
        if len(paths) == 1 and not problems:
            stored = next((s for s in self._workspace.stored([]) if s.path == paths[0]), None)
            if stored is not None:
                self.go(address_of("results", assessment=stored.assessment.id))
        said = [self.words.word("home.imported", n=len(paths))]
        if n_refused := sum(one.is_refused for one in imported):
            said.append(self.words.word("home.refused", n=n_refused))
        self.say(", ".join(said) + ".", problems, "notice" if problems else "good")
