"""
What each kind of report has to say, as the methodology asks for it.

``self`` is for those who filled it in, ``assessment`` for management, ``detailed``
for the people who run the PKI, ``attestation`` for customers and relying parties:
that one says the overall level, the date, who assessed and by which model, and
nothing else.

References
----------
PKI Consortium, *PKI Maturity Model*, assessment methodology, reporting.
"""

from __future__ import annotations

from collections.abc import Iterator

from pkimm_analytics.assessment import PLAN_PARTS, ActionPlan, Answer, Assessment, State
from pkimm_analytics.benchmark import Comparison
from pkimm_analytics.coverage import is_covered, least_coverage, missing
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import Category
from pkimm_analytics.planning import limits_next_level
from pkimm_analytics.progress import compare
from pkimm_analytics.reports.comparing import among_peers, before_and_now
from pkimm_analytics.scoring import Figure, Scores, score
from pkimm_analytics.views.figures import NOTHING, Voice
from pkimm_analytics.views.view import Block, Chart, Facts, Heading, Mark, Table, Text, View
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, Language, catalogue

KINDS = ("self", "assessment", "detailed", "attestation")
COMPARING = ("assessment", "detailed")
"""Kinds that compare, with an earlier assessment and with peers, where they are given."""
NUMBERS = frozenset({2, 3, 4, 5})


class ReportError(PkimmError, ValueError):
    """A report of that kind cannot be made of this assessment."""


def build(
    kind: str,
    assessment: Assessment,
    *,
    previous: Assessment | None = None,
    peers: Comparison | None = None,
    language: str = DEFAULT_LANGUAGE,
) -> View:
    """
    Build the content of a report.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    assessment : Assessment
    previous : Assessment, optional
        Earlier assessment of the same use case, for the kinds in :data:`COMPARING`;
        the others leave it out.
    peers : Comparison, optional
        The assessment among the peers of a release, for the same kinds.
    language : str
        Language of the report's own words, dates and numbers.

    Raises
    ------
    ReportError
        If the kind is unknown, or too little is rated to attest a level.
    LanguageError
        If reports are not written in that language.
    """
    if kind not in KINDS:
        raise ReportError(f"There is no report {kind}. Known: {', '.join(KINDS)}.")
    words = catalogue(language)
    scores = score(assessment)
    if kind == "attestation" and scores.overall.level is None:
        raise ReportError("Nothing is rated, so there is no level to attest.")
    if kind == "attestation" and not is_covered(scores.overall):
        figure = scores.overall
        raise ReportError(
            f"{figure.n_rated} of {figure.n_in_scope} questions in scope are rated; an"
            f" attestation needs {least_coverage()}%. Nothing was attested.",
            missing(scores),
        )
    compared = kind in COMPARING
    writer = _Writer(scores, words)
    return View(
        language=language,
        title=words.word(f"title.{kind}"),
        subtitle=_subtitle(assessment, kind),
        blocks=tuple(
            writer.blocks(kind, previous if compared else None, peers if compared else None)
        ),
    )


def _subtitle(assessment: Assessment, kind: str) -> str:
    names = [assessment.organization.name]
    if kind != "attestation":
        names.append(assessment.use_case.name)
    return " · ".join(name for name in names if name)


class _Writer(Voice):
    """The blocks of one assessment in one language."""

    def __init__(self, scores: Scores, language: Language) -> None:
        super().__init__(language, scores.model)
        self.scores, self.assessment = scores, scores.assessment

    def blocks(
        self, kind: str, previous: Assessment | None, peers: Comparison | None
    ) -> Iterator[Block]:
        if self.assessment.synthetic:
            yield Text(self.say("value.synthetic"), "notice")
        yield Heading(self.say("section.summary"))
        yield from self.summary(kind)
        if kind == "attestation":
            return
        if kind in {"assessment", "detailed"}:
            yield from self.scope()
        yield from self.levels(kind)
        if kind == "assessment":
            yield from self.recommendation()
        if kind == "detailed":
            yield from self.details()
        if previous is not None:
            yield from before_and_now(compare(previous, self.assessment), self)
        if peers is not None:
            yield from among_peers(peers, self)
        if kind == "detailed":
            yield from self.plans()
        yield from self.caveats()
        yield Heading(self.say("section.reading"))
        yield Text(self.say("text.reading"))
        if kind == "detailed" and self.language.code != DEFAULT_LANGUAGE:
            yield Text(self.say("text.of_model"))

    # --- summary and facts -----------------------------------------------------

    def summary(self, kind: str) -> Iterator[Block]:
        a, figure = self.assessment, self.scores.overall
        day = self.language.day
        finish = day(a.period.finish) if a.period.finish else self.say("value.running")
        period = f"{day(a.period.start)} – {finish}"
        facts = [("fact.overall", self.level(figure))]
        if figure.level:
            facts.append(("fact.description", self.say(f"overall.{figure.level}")))
        facts.append(("fact.date", day(a.date)))
        if kind in {"assessment", "detailed"}:
            facts.append(("fact.period", period))
        if kind != "self":
            facts.append(("fact.assessor", self.assessor(kind)))
        facts += [
            ("fact.method", self.coded(a.assurance)),
            ("fact.model", f"PKIMM {a.model.version} ({self.requirements()})"),
            ("fact.digest", a.model.digest),
        ]
        facts.append(("fact.coverage", f"{figure.n_rated} / {figure.n_in_scope}"))
        if kind in {"assessment", "detailed"}:
            facts.append(("fact.use_case", a.use_case.name or self.say("value.not_stated")))
        if kind == "detailed":
            facts.append(("fact.sampling", self.sampling()))
        yield Facts(tuple((self.say(key), value) for key, value in facts))

    def requirements(self) -> str:
        return self.say("value.requirements", n=self.assessment.model.requirements)

    def assessor(self, kind: str) -> str:
        who = self.assessment.assessor
        names = [] if kind == "attestation" else [who.name, who.company]
        return " · ".join(filter(None, [self.coded(who.position), *names]))

    def sampling(self) -> str:
        rated = [a for a in self.assessment.answers.values() if a.state is State.RATED]
        n = sum(1 for answer in rated if answer.evidence.strip())
        return self.say("text.sampling", n=n, total=len(rated))

    # --- scope -----------------------------------------------------------------

    def scope(self) -> Iterator[Block]:
        case, environment = self.assessment.use_case, self.assessment.environment
        yield Heading(self.say("section.scope"))
        pairs = [
            ("scope.description", case.description),
            ("scope.components", case.components),
            ("scope.out_of_scope", case.out_of_scope),
            ("scope.high_level_design", environment.high_level_design),
            ("scope.points_of_interaction", environment.points_of_interaction),
        ]
        missing = self.say("value.not_stated")
        yield Facts(tuple((self.say(key), text or missing) for key, text in pairs))
        rows = tuple(
            (self.model.native_id(key), self.name(key), self.state(answer), answer.reason)
            for key, answer in self.assessment.answers.items()
            if key in self.model.keys and (answer.partial or answer.state is State.NOT_APPLICABLE)
        )
        if rows:
            header = self.head("element", "name", "state", "reason")
            yield Table(self.say("scope.applicability"), header, rows)
        else:
            yield Text(self.say("scope.everything"))

    # --- levels ----------------------------------------------------------------

    def levels(self, kind: str) -> Iterator[Block]:
        yield Heading(self.say("section.levels"))
        bars = tuple(
            Mark(
                self.name(category.key),
                figure.score,
                self.level(figure) if figure.level else self.say(f"value.{figure.state}"),
                self.name(module.id),
            )
            for module in self.model.modules
            for category in module.categories
            for figure in [self.scores.categories[category.key]]
        )
        yield Chart("bars", self.say("text.chart"), bars)
        if kind != "self":
            yield Chart("radar", self.say("text.radar"), bars)
        yield Table(
            self.say("section.levels"),
            self.head("element", "name", "score", "level", "percentage", "coverage"),
            tuple(self.level_rows()),
            NUMBERS,
        )
        yield from self.extensions()

    def level_rows(self) -> Iterator[tuple[str, ...]]:
        for module in self.model.modules:
            yield self.level_row(module.id, module.id, self.scores.modules[module.id])
            for category in module.categories:
                figure = self.scores.categories[category.key]
                yield self.level_row(category.native_id, category.key, figure)

    def level_row(self, native: str, key: str, figure: Figure) -> tuple[str, ...]:
        name, rated = self.name(key), self.rated(figure)
        if figure.level is None:
            return native, name, NOTHING, self.say(f"value.{figure.state}"), NOTHING, rated
        level = f"{figure.level} {self.level_name(figure.level)}"
        percentage = self.figure(figure.percentage, 1)
        return native, name, self.figure(figure.value), level, percentage, rated

    def extensions(self) -> Iterator[Block]:
        if not self.scores.extensions:
            return
        yield Heading(self.say("section.extensions"), 3)
        pairs = []
        for found in self.scores.extensions.values():
            floor = self.say("value.floor", floor=self.figure(found.floor))
            name = f"{found.extension.name} {found.extension.version}"
            pairs.append((name, f"{self.figure(found.score)} ({floor})"))
        yield Facts(tuple(pairs))

    # --- recommendation, details, comparison, plans ------------------------------

    def recommendation(self) -> Iterator[Block]:
        yield Heading(self.say("section.recommendation"))
        level, limiting = limits_next_level(self.assessment, model=self.model)
        if level is None:
            yield Text(self.say("text.top" if self.scores.overall.level else "value.no_score"))
            return
        yield Text(self.say("text.next_level", level=level, score=self.figure(level)))
        yield Table(
            self.say("section.recommendation"),
            self.head("element", "name", "level", "gain"),
            tuple(
                (
                    self.model.native_id(i.key),
                    self.name(i.key),
                    str(i.level),
                    self.signed(i.overall_gain, 3),
                )
                for i in limiting[:12]
            ),
            frozenset({2, 3}),
        )

    def details(self) -> Iterator[Block]:
        yield Heading(self.say("section.details"))
        for category in self.model.categories.values():
            figure = self.scores.categories[category.key]
            yield Heading(f"{category.native_id} {self.name(category.key)}", 3)
            shown = self.level(figure) if figure.level else self.say(f"value.{figure.state}")
            yield Text(shown)
            if figure.level:
                yield Text(category.levels[figure.level - 1])
            yield self.answers(category)

    def answers(self, category: Category) -> Table:
        title = self.name(category.key)
        items = [(category.native_id, title, self.assessment.answer(category.key))]
        if items[0][2] == Answer():
            items = []
        items += [
            (r.native_id, r.title, self.assessment.answer(r.key)) for r in category.requirements
        ]
        return Table(
            title,
            self.head("element", "requirement", "level", "evidence", "notes"),
            tuple(
                (
                    native,
                    name,
                    str(answer.level) if answer.level else self.state(answer),
                    answer.evidence,
                    "\n".join(filter(None, [answer.reason, answer.notes])),
                )
                for native, name, answer in items
            ),
        )

    def plans(self) -> Iterator[Block]:
        if not self.assessment.action_plans:
            return
        yield Heading(self.say("section.plans"))
        for plan in self.assessment.action_plans:
            key = plan.element
            name = f"{self.model.native_id(key)} {self.name(key)}"
            yield Heading(name, 3)
            yield Facts(tuple(self.plan_pairs(plan)))

    def plan_pairs(self, plan: ActionPlan) -> Iterator[tuple[str, str]]:
        if plan.target_level:
            yield self.say("plan.target_level"), str(plan.target_level)
        if plan.target_date:
            yield self.say("plan.target_date"), self.language.day(plan.target_date)
        for part in PLAN_PARTS:
            items: tuple[str, ...] = getattr(plan, part)
            missing = self.say("value.not_stated")
            yield self.say(f"plan.{part}"), "\n".join(items) or missing

    def caveats(self) -> Iterator[Block]:
        if self.assessment.caveats:
            yield Heading(self.say("section.caveats"))
            for caveat in self.assessment.caveats:
                yield Text(caveat.message, "notice")
