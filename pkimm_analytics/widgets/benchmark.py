"""
The benchmark page in Voila, JupyterLab and notebooks: the site's page, asking Python.

Scripts, style and figures are those of :mod:`pkimm_analytics.site`, so that choosing peers
needs no kernel. What the visitor brings is in this object until it is removed: it is in no
state of the widget, in no address and in no file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import anywidget

from pkimm_analytics import vendor
from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark import Comparison, cohort_of, compare
from pkimm_analytics.benchmark.series import Series, open_series, series_state
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.loaders.sources import Source, load
from pkimm_analytics.site.contents import VIEWS, notebook_data, page_style, scripts
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, catalogue, languages
from pkimm_analytics.widgets.page import DEFECT, frame, log_defect
from pkimm_analytics.workspace import Workspace

NO_RELEASE = (
    "A release holds the published figures of a collection. Start this page with one:"
    " pkimm serve --release FOLDER, or try it on invented organizations: pkimm demo."
)


class BenchmarkPage(anywidget.AnyWidget):
    """
    A page on published releases, and the visitor's own assessment among them.

    The page may be made long before it is shown. Whenever it is, it looks again which
    releases and assessments there are.

    Parameters
    ----------
    releases : Path or str, optional
        Folder of a release, or of several, of which the newest is shown. Without one the
        page says how to get one.
    workspace : Path or str, optional
        Where assessments of this computer are offered from, to compare with.
    language : str
        Language of its words.

    Examples
    --------
    >>> page = BenchmarkPage("releases")  # doctest: +SKIP
    """

    _esm = vendor.joined("preact.umd.js", "preact-hooks.umd.js", "htm.umd.js") + scripts(
        *VIEWS, "notebook"
    )
    _css = page_style()

    def __init__(
        self,
        releases: Path | str | None = None,
        workspace: Path | str | None = None,
        *,
        language: str = DEFAULT_LANGUAGE,
    ) -> None:
        super().__init__()
        self._place = None if releases is None else Path(releases)
        self._workspace = None if workspace is None else Workspace(Path(workspace))
        self._language = catalogue(language)
        self._state: object = None
        self._series: Series | None = None
        self._page = ""
        self._assessment: Assessment | None = None
        self.comparison: Comparison | None = None
        self.on_msg(self._receive)
        with suppress(PkimmError):  # it is said when the page is shown
            self._opened()

    # --- what the browser asks ---------------------------------------------------------

    def _receive(self, _widget: Any, message: Any, buffers: Sequence[Any]) -> None:
        if not isinstance(message, Mapping) or "ask" not in message:
            return
        asked: dict[str, Callable[[Any, bytes], dict[str, Any]]] = {
            "open_page": self._open_page,
            "read": self._read,
            "open": self._open,
            "compare": self._compare,
            "forget": self._forget,
        }
        content = bytes(buffers[0]) if buffers else b""
        try:
            answer = asked[message["ask"]](message.get("value"), content)
        except PkimmError as error:
            answer = {"refused": _told(error.message, error.problems)}
        except Exception as error:  # noqa: BLE001  # a page that says nothing looks dead
            log_defect(error)
            answer = {"refused": DEFECT}
        self.send({"id": message.get("id"), **answer})

    def _open_page(self, value: Any, _content: bytes) -> dict[str, Any]:
        """Give everything that is shown without an assessment, in the chosen language."""
        if value in languages() and value != self._language.code:
            self._language, self._series = catalogue(value), None
        series = self._opened()
        place = self._workspace.folder.name if self._workspace else ""
        return {
            "frame": frame(self._language.code, place),
            "page": self._page,
            "stored": [[one.id, _label(one)] for one in self._stored()],
            "problems": [str(problem) for problem in series.problems],
        }

    def _opened(self) -> Series:
        """Open the releases that are there now, unless they are open already."""
        if self._place is None:
            raise PkimmError(f"No release was named. {NO_RELEASE}")
        state = series_state(self._place)
        if self._series is None or state != self._state:
            self._series, self._state = open_series(self._place), state
            data = notebook_data(self._series.releases, self._language)
            self._page = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return self._series

    def _stored(self) -> list[Assessment]:
        """Assessments of the workspace, newest first."""
        if self._workspace is None:
            return []
        return [stored.assessment for stored in self._workspace.stored([])][::-1]

    def _read(self, _value: Any, content: bytes) -> dict[str, Any]:
        """Read a file or a link; of several assessments the newest counts."""
        loaded = load(Source("the file", content=content))
        if not loaded:
            raise PkimmError("There is no assessment in it.")
        newest = max(loaded, key=lambda one: one.assessment.date or "")
        problems = list(newest.problems)
        if len(loaded) > 1:
            text = f"{len(loaded)} assessments; the newest is compared, by its date"
            problems.insert(0, Problem("", text))
        return self._take(newest.assessment, problems)

    def _open(self, value: Any, _content: bytes) -> dict[str, Any]:
        """Take an assessment of the workspace."""
        found = [one for one in self._stored() if one.id == value]
        if not found:
            raise PkimmError("This assessment is not in the workspace any more.")
        return self._take(found[0], [])

    def _take(self, assessment: Assessment, problems: Sequence[Problem]) -> dict[str, Any]:
        self._assessment = assessment
        profile = {d: c for d, c in cohort_of(assessment).items() if d not in _NO_PROFILE}
        about = {"label": _label(assessment), "profile": profile}
        return {"about": {**about, "problems": [_line(problem) for problem in problems]}}

    def _compare(self, value: Any, _content: bytes) -> dict[str, Any]:
        """Compare with the peers that were chosen, or with those of its own profile."""
        if self._assessment is None or self._series is None:
            raise PkimmError("There is no assessment to compare.")
        cohort = None if value is None else {str(d): str(code) for d, code in value.items()}
        self.comparison = compare(self._assessment, self._series.newest, cohort)
        return {"comparison": self.comparison.to_json()}

    def _forget(self, _value: Any, _content: bytes) -> dict[str, Any]:
        self._assessment = self.comparison = None
        return {}


_NO_PROFILE = {"assurance", "edition"}


def _label(assessment: Assessment) -> str:
    parts = (
        assessment.organization.name,
        assessment.use_case.name,
        assessment.date or "undated",
        f"PKIMM {assessment.model.version}",
    )
    return " · ".join(part for part in parts if part)


def _line(problem: Problem) -> str:
    return f"{problem.where}: {problem.message}" if problem.where else problem.message


def _told(message: str, problems: Sequence[Problem]) -> str:
    return "\n".join([message, *map(_line, problems)])
