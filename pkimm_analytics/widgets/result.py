"""
One assessment of a workspace with what stands beside it: history, change, peers, plan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from pkimm_analytics.assessment import Assessment, carry
from pkimm_analytics.benchmark import Comparison, compare, open_release
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.history import histories, history_key, previous_assessment
from pkimm_analytics.model import model_of, models
from pkimm_analytics.planning import Plan, Target, cheapest_plan
from pkimm_analytics.progress import Step
from pkimm_analytics.progress import compare as compare_with
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.views import scores
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.words import DEFAULT_LANGUAGE
from pkimm_analytics.widgets.page import address_of

TABS = ("overview", "categories", "progress", "plan", "data")


class Result:
    """
    One assessment with what stands beside it, each computed when it is asked for.

    Parameters
    ----------
    assessment : Assessment
    everything : list of Assessment
        All of the workspace.
    address : mapping of str to str
        Edition and counting of unanswered questions, as the page's address has them.
    release : Path, optional
    language : str
    """

    def __init__(
        self,
        assessment: Assessment,
        everything: list[Assessment],
        address: Mapping[str, str],
        release: Path | None,
        language: str = DEFAULT_LANGUAGE,
    ) -> None:
        self.assessment, self._everything, self._language = assessment, everything, language
        self._edition, self._release = address.get("edition", ""), release
        self.is_zero = address.get("zero") == "yes"

    @cached_property
    def scores(self) -> Scores:
        """Scores in the chosen edition."""
        target = next((m for m in models() if m.digest == self._edition), None)
        carried = self.assessment
        if target is not None and target.digest != carried.model.digest:
            carried = carry(carried, model_of(carried.model), target)
        return score(carried, unanswered="zero" if self.is_zero else "excluded")

    @cached_property
    def voice(self) -> Voice:
        """Words for it."""
        return scores.voice_of(self.scores, self._language)

    @property
    def title(self) -> str:
        """Name of the use case."""
        return scores.title(self.assessment, self.voice)

    @cached_property
    def case(self) -> list[Assessment]:
        """Assessments of the same use case, oldest first, one for each day."""
        found = histories(self._everything).get(history_key(self.assessment), [])
        return found or [self.assessment]

    @cached_property
    def dates(self) -> list[Assessment]:
        """All assessments of the use case, newest first, parallel ratings among them."""
        key = history_key(self.assessment)
        same = [a for a in self._everything if history_key(a) == key]
        return sorted(same, key=lambda a: (a.date or "", a.id), reverse=True)

    @cached_property
    def history(self) -> list[Scores]:
        """Scores of the use case, oldest first; what cannot be scored is left out."""
        return [found for found in map(_scored, self.case) if found is not None]

    @cached_property
    def step(self) -> Step | None:
        """Change since the assessment before, None for the first one."""
        before = previous_assessment(self.assessment, self._everything)
        return None if before is None else compare_with(before, self.scores.assessment)

    @property
    def place_of_step(self) -> int:
        """Place in the history of the step that leads to the shown assessment."""
        ids = [a.id for a in self.case]
        return max(ids.index(self.assessment.id) - 1, 0) if self.assessment.id in ids else 0

    def step_at(self, place: int) -> Step | None:
        """Change from one assessment of the history to the next; None if there is none."""
        if not 0 <= place < len(self.history) - 1:
            return None
        before, after = self.history[place : place + 2]
        return compare_with(before.assessment, after.assessment)

    @cached_property
    def peers(self) -> Comparison | None:
        """Place among the peers of the release, None without a release."""
        if self._release is None:
            return None
        try:
            return compare(self.assessment, open_release(self._release))
        except PkimmError:
            return None

    @cached_property
    def plan(self) -> Plan | None:
        """Cheapest way to the next level, None where there is none."""
        missing = scores.missing_to_next(self.scores)
        if missing is None:
            return None
        try:
            return cheapest_plan(
                self.scores.assessment,
                [Target("overall", Fraction(missing[0]))],
                model=self.scores.model,
            )
        except PkimmError:
            return None

    @property
    def links(self) -> dict[str, str]:
        """Where work goes on."""
        id_ = self.assessment.id
        here = {
            tab: f"#{address_of('', assessment=id_, tab=tab).partition('#')[2]}" for tab in TABS
        }
        return here | {"peers": address_of("benchmark", assessment=id_)}


def _scored(assessment: Assessment) -> Scores | None:
    try:
        return score(assessment)
    except PkimmError:
        return None


def file_name(assessment: Assessment) -> str:
    """Name of a file for an assessment: date, use case and edition."""
    parts = (assessment.date or "undated", assessment.use_case.name, assessment.model.version)
    return ".".join(
        re.sub(r"[^A-Za-z0-9._-]+", "-", part)[:60].strip("-.") for part in parts if part
    )
