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
from fractions import Fraction

from pkimm_analytics.assessment import ActionPlan, Answer, Assessment, State
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import Category
from pkimm_analytics.planning import limits_next_level
from pkimm_analytics.progress import Step, compare
from pkimm_analytics.reports.blocks import Bar, Block, Chart, Facts, Heading, Report, Table, Text
from pkimm_analytics.reports.words import DEFAULT_LANGUAGE, day, word
from pkimm_analytics.scoring import Figure, Scores, figure_text, score

KINDS = ("self", "assessment", "detailed", "attestation")
COMPARING = ("assessment", "detailed")
"""Kinds that compare with an earlier assessment where one is given."""
NUMBERS = frozenset({2, 3, 4, 5})
PLAN_PARTS = (
    "objectives",
    "responsibility",
    "schedule",
    "resources",
    "outputs",
    "tasks",
    "comments",
)


class ReportError(PkimmError, ValueError):
    """A report of that kind cannot be made of this assessment."""


def build(
    kind: str,
    assessment: Assessment,
    *,
    previous: Assessment | None = None,
    language: str = DEFAULT_LANGUAGE,
) -> Report:
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
    language : str
        Language of the report's own words.

    Raises
    ------
    ReportError
        If the kind is unknown, or there is no overall score to attest.
    """
    if kind not in KINDS:
        raise ReportError(f"There is no report {kind}. Known: {', '.join(KINDS)}.")
    scores = score(assessment)
    if kind == "attestation" and scores.overall.level is None:
        raise ReportError("Nothing is rated, so there is no level to attest.")
    writer = _Writer(scores, language)
    return Report(
        kind=kind,
        language=language,
        title=word(f"title.{kind}", language),
        subtitle=_subtitle(assessment, kind),
        blocks=tuple(writer.blocks(kind, previous)),
    )


def _subtitle(assessment: Assessment, kind: str) -> str:
    names = [assessment.organization.name]
    if kind != "attestation":
        names.append(assessment.use_case.name)
    return " · ".join(name for name in names if name)


class _Writer:
    """The blocks of one assessment in one language."""

    def __init__(self, scores: Scores, language: str) -> None:
        self.scores, self.language = scores, language
        self.assessment, self.model = scores.assessment, scores.model

    def blocks(self, kind: str, previous: Assessment | None) -> Iterator[Block]:
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
        if previous is not None and kind in COMPARING:
            yield from self.comparison(compare(previous, self.assessment))
        if kind == "detailed":
            yield from self.plans()
        yield from self.caveats()
        yield Heading(self.say("section.reading"))
        yield Text(self.say("text.reading"))

    def say(self, key: str, **values: object) -> str:
        return word(key, self.language, **values)

    # --- summary and facts -----------------------------------------------------

    def summary(self, kind: str) -> Iterator[Block]:
        a, figure = self.assessment, self.scores.overall
        period = f"{day(a.period.start, self.language)} – " + (
            day(a.period.finish, self.language) if a.period.finish else self.say("value.running")
        )
        facts = [("fact.overall", self.level(figure))]
        if figure.level:
            facts.append(("fact.description", self.say(f"overall.{figure.level}")))
        facts.append(("fact.date", day(a.date, self.language)))
        if kind in {"assessment", "detailed"}:
            facts.append(("fact.period", period))
        if kind != "self":
            facts.append(("fact.assessor", self.assessor(kind)))
        facts += [
            ("fact.method", self.coded(a.assurance)),
            ("fact.model", f"PKIMM {a.model.version} ({a.model.requirements} requirements)"),
            ("fact.digest", a.model.digest),
        ]
        if kind != "attestation":
            rated = f"{figure.n_rated} / {figure.n_in_scope}"
            facts.append(("fact.coverage", rated))
        if kind in {"assessment", "detailed"}:
            facts.append(("fact.use_case", a.use_case.name or self.say("value.not_stated")))
        if kind == "detailed":
            facts.append(("fact.sampling", self.sampling()))
        yield Facts(tuple((self.say(key), value) for key, value in facts))

    def assessor(self, kind: str) -> str:
        who = self.assessment.assessor
        names = [] if kind == "attestation" else [who.name, who.company]
        return " · ".join(filter(None, [self.coded(who.position), *names]))

    def coded(self, code: object) -> str:
        return self.say(f"value.{code}") if code else self.say("value.not_stated")

    def level(self, figure: Figure) -> str:
        if figure.level is None:
            return self.say("value.no_score")
        name = self.model.level_name(figure.level)
        return f"{figure.level} {name} ({figure_text(figure.value)})"

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
            (self.model.native_id(key), self.model.name(key), self.state(answer), answer.reason)
            for key, answer in self.assessment.answers.items()
            if key in self.model.keys and (answer.partial or answer.state is State.NOT_APPLICABLE)
        )
        if rows:
            header = ("column.element", "column.name", "column.state", "column.reason")
            yield Table(
                self.say("scope.applicability"), tuple(self.say(key) for key in header), rows
            )
        else:
            yield Text(self.say("scope.everything"))

    def state(self, answer: Answer) -> str:
        return self.say("value.partial" if answer.partial else f"value.{answer.state}")

    # --- levels ----------------------------------------------------------------

    def levels(self, kind: str) -> Iterator[Block]:
        yield Heading(self.say("section.levels"))
        bars = tuple(
            Bar(
                category.name,
                figure.score,
                self.level(figure) if figure.level else self.say(f"value.{figure.state}"),
                module.name,
            )
            for module in self.model.modules
            for category in module.categories
            for figure in [self.scores.categories[category.key]]
        )
        yield Chart("bars", self.say("text.chart"), bars)
        if kind != "self":
            yield Chart("radar", self.say("text.radar"), bars)
        header = (
            "column.element",
            "column.name",
            "column.score",
            "column.level",
            "column.percentage",
            "column.coverage",
        )
        yield Table(
            self.say("section.levels"),
            tuple(self.say(key) for key in header),
            tuple(self.level_rows()),
            NUMBERS,
        )
        yield from self.extensions()

    def level_rows(self) -> Iterator[tuple[str, ...]]:
        for module in self.model.modules:
            yield self.level_row(module.id, module.name, self.scores.modules[module.id])
            for category in module.categories:
                figure = self.scores.categories[category.key]
                yield self.level_row(category.native_id, category.name, figure)

    def level_row(self, native: str, name: str, figure: Figure) -> tuple[str, ...]:
        if figure.level is None:
            return (native, name, "–", self.say(f"value.{figure.state}"), "–", self.rated(figure))
        level = f"{figure.level} {self.model.level_name(figure.level)}"
        percentage = figure_text(figure.percentage, 1)
        return (native, name, figure_text(figure.value), level, percentage, self.rated(figure))

    def rated(self, figure: Figure) -> str:
        return f"{figure.n_rated} / {figure.n_in_scope}"

    def extensions(self) -> Iterator[Block]:
        if not self.scores.extensions:
            return
        yield Heading(self.say("section.extensions"), 3)
        yield Facts(
            tuple(
                (
                    f"{e.extension.name} {e.extension.version}",
                    f"{figure_text(e.score)} (floor {figure_text(e.floor)})",
                )
                for e in self.scores.extensions.values()
            )
        )

    # --- recommendation, details, comparison, plans ------------------------------

    def recommendation(self) -> Iterator[Block]:
        yield Heading(self.say("section.recommendation"))
        level, limiting = limits_next_level(self.assessment, model=self.model)
        if level is None:
            yield Text(self.say("text.top" if self.scores.overall.level else "value.no_score"))
            return
        yield Text(self.say("text.next_level", level=level))
        header = ("column.element", "column.name", "column.level", "column.gain")
        yield Table(
            self.say("section.recommendation"),
            tuple(self.say(key) for key in header),
            tuple(
                (
                    self.model.native_id(i.key),
                    self.model.name(i.key),
                    str(i.level),
                    "+" + figure_text(i.overall_gain, 3),
                )
                for i in limiting[:12]
            ),
            frozenset({2, 3}),
        )

    def details(self) -> Iterator[Block]:
        yield Heading(self.say("section.details"))
        for category in self.model.categories.values():
            figure = self.scores.categories[category.key]
            yield Heading(f"{category.native_id} {category.name}", 3)
            shown = self.level(figure) if figure.level else self.say(f"value.{figure.state}")
            yield Text(shown)
            if figure.level:
                yield Text(category.levels[figure.level - 1])
            yield self.answers(category)

    def answers(self, category: Category) -> Table:
        header = (
            "column.element",
            "column.requirement",
            "column.level",
            "column.evidence",
            "column.notes",
        )
        items = [(category.native_id, category.name, self.assessment.answer(category.key))]
        if items[0][2] == Answer():
            items = []
        items += [
            (r.native_id, r.title, self.assessment.answer(r.key)) for r in category.requirements
        ]
        return Table(
            category.name,
            tuple(self.say(key) for key in header),
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

    def comparison(self, step: Step) -> Iterator[Block]:
        yield Heading(self.say("section.comparison"))
        older, newer = step.like_for_like
        yield Text(
            self.say(
                "text.comparison",
                change=_signed(step.overall.change),
                before=figure_text(older.overall.value),
                after=figure_text(newer.overall.value),
            )
        )
        if step.overall.parts:
            yield Table(
                self.say("column.cause"),
                (self.say("column.cause"), self.say("column.change")),
                tuple(
                    (self.say(f"cause.{name}"), _signed(part))
                    for name, part in step.overall.parts.items()
                ),
                frozenset({1}),
            )
        header = ("column.element", "column.name", "column.before", "column.after", "column.change")
        yield Table(
            self.say("section.comparison"),
            tuple(self.say(key) for key in header),
            tuple(self.change_rows(step)),
            frozenset({2, 3, 4}),
        )

    def change_rows(self, step: Step) -> Iterator[tuple[str, ...]]:
        for delta in step.deltas:
            if delta.key in self.model.categories:
                native, name = self.model.native_id(delta.key), self.model.name(delta.key)
                before = (
                    figure_text(delta.before)
                    if delta.before
                    else self.say(f"value.{delta.state_before}")
                )
                after = (
                    figure_text(delta.after)
                    if delta.after
                    else self.say(f"value.{delta.state_after}")
                )
                yield native, name, before, after, _signed(delta.change)

    def plans(self) -> Iterator[Block]:
        if not self.assessment.action_plans:
            return
        yield Heading(self.say("section.plans"))
        for plan in self.assessment.action_plans:
            key = plan.element
            name = f"{self.model.native_id(key)} {self.model.name(key)}"
            yield Heading(name, 3)
            yield Facts(tuple(self.plan_pairs(plan)))

    def plan_pairs(self, plan: ActionPlan) -> Iterator[tuple[str, str]]:
        if plan.target_level:
            yield self.say("plan.target_level"), str(plan.target_level)
        if plan.target_date:
            yield self.say("plan.target_date"), day(plan.target_date, self.language)
        for part in PLAN_PARTS:
            items: tuple[str, ...] = getattr(plan, part)
            missing = self.say("value.not_stated")
            yield self.say(f"plan.{part}"), "\n".join(items) or missing

    def caveats(self) -> Iterator[Block]:
        if self.assessment.caveats:
            yield Heading(self.say("section.caveats"))
            for caveat in self.assessment.caveats:
                yield Text(caveat.message, "notice")


def _signed(value: Fraction | None) -> str:
    if value is None:
        return "–"
    return ("+" if value > 0 else "") + figure_text(value)
