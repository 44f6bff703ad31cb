"""
What each kind of report says, as a list of views: the answer first, then why, then the rest.

``self`` is for those who filled it in, ``assessment`` for management, ``detailed``
for the people who run the PKI, ``attestation`` for customers and relying parties:
that one says the overall level, how much was rated, the date, who assessed and by which
model, and nothing else. Whoever reads page one only has read what counts.

References
----------
PKI Consortium, *PKI Maturity Model*, assessment methodology, reporting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from pkimm_analytics.assessment import PLAN_PARTS, ActionPlan, Assessment, State
from pkimm_analytics.benchmark import Comparison
from pkimm_analytics.coverage import is_covered, least_coverage, missing
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import NEWEST, load_model
from pkimm_analytics.planning import Target
from pkimm_analytics.planning.roadmap import Calendar, Roadmap, Wish, plan_for
from pkimm_analytics.progress import Step, compare
from pkimm_analytics.progress.portfolio import portfolio_table
from pkimm_analytics.scoring import Figure as Score
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.views import peers as among
from pkimm_analytics.views import plan as plans
from pkimm_analytics.views import progress
from pkimm_analytics.views import scores as parts
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.home import counted, sorted_out
from pkimm_analytics.views.view import (
    Block,
    Card,
    Facts,
    Figure,
    Heading,
    Items,
    Meter,
    Row,
    Text,
    View,
)
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, Language, catalogue

KINDS = ("self", "assessment", "detailed", "attestation")
COMPARING = ("assessment", "detailed")
"""Kinds that compare, with an earlier assessment and with peers, where they are given."""
MOST_NAMED, MOST_STEPS = 3, 6
PHASES = 4


class ReportError(PkimmError, ValueError):
    """A report of that kind cannot be made of this assessment."""


def build(
    kind: str,
    assessment: Assessment,
    *,
    previous: Assessment | None = None,
    peers: Comparison | None = None,
    language: str = DEFAULT_LANGUAGE,
    wish: Wish | None = None,
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
    wish : Wish, optional
        What the recommended steps are for; the next level without it.

    Raises
    ------
    ReportError
        If the kind is unknown, or too little is rated to attest a level.
    PlanningError
        If what is wished for cannot be planned.
    LanguageError
        If reports are not written in that language.
    """
    if kind not in KINDS:
        raise ReportError(f"There is no report {kind}. Known: {', '.join(KINDS)}.")
    words, scores = catalogue(language), score(assessment)
    if kind == "attestation":
        _check_attestable(scores)
    compares = kind in COMPARING
    step = compare(previous, assessment) if compares and previous is not None else None
    writer = _Writer(scores, words, step, peers if compares else None, wish)
    title = writer.say(f"title.{kind}")
    if kind == "attestation":
        name, subtitle = title, assessment.organization.name
    else:
        name, subtitle = parts.title(assessment, writer), parts.subtitle(assessment, writer)
    return View(
        kind=title if name != title else "",
        language=language,
        title=name,
        subtitle=subtitle,
        blocks=tuple(writer.kinds[kind]()),
        footer=" · ".join(dict.fromkeys([name, title, writer.day(assessment.date)])),
    )


def portfolio(assessments: Iterable[Assessment], language: str = DEFAULT_LANGUAGE) -> View:
    """
    Build the content of a report on many use cases, for a group that follows all its PKIs.

    Raises
    ------
    ReportError
        If there is no assessment.
    LanguageError
        If reports are not written in that language.
    """
    found = list(assessments)
    if not found:
        raise ReportError("There is no assessment to report on.")
    voice = Voice(catalogue(language), load_model(NEWEST))
    cases, _ = sorted_out(found)
    blocks: list[Block] = []
    if any(one.synthetic for one in found):
        blocks.append(Text(voice.say("value.synthetic"), "notice"))
    blocks += [*progress.portfolio(portfolio_table(found), voice)]
    blocks += [Text(voice.say("text.reading"), "soft")]
    groups = dict.fromkeys(a.organization.parent or a.organization.name for a in found)
    return View(
        voice.listed([name for name in groups if name]) or voice.say("portfolio.title"),
        counted(cases, voice),
        tuple(blocks),
        kind=voice.say("title.portfolio"),
        language=language,
        footer=voice.say("title.portfolio"),
    )


def _check_attestable(scores: Scores) -> None:
    figure = scores.overall
    if figure.level is None:
        raise ReportError("Nothing is rated, so there is no level to attest.")
    if not is_covered(figure):
        raise ReportError(
            f"{figure.n_rated} of {figure.n_in_scope} questions in scope are rated; an"
            f" attestation needs {least_coverage()}%. Nothing was attested.",
            missing(scores),
        )


class _Writer(Voice):
    """Kinds of report and their parts, of one assessment in one language."""

    def __init__(
        self,
        scores: Scores,
        language: Language,
        step: Step | None,
        peers: Comparison | None,
        wish: Wish | None,
    ) -> None:
        super().__init__(language, scores.model)
        self.wish = wish
        self.scores, self.assessment = scores, scores.assessment
        self.step, self.peers = step, peers
        self.kinds = {
            "self": self.self_assessment,
            "assessment": self.full_assessment,
            "detailed": self.detailed,
            "attestation": self.attestation,
        }

    # --- the four kinds --------------------------------------------------------------

    def self_assessment(self) -> Iterator[Block]:
        yield from self.one_minute()
        yield from self.next_steps()
        yield from self.levels(with_radar=False)
        yield from self.about("date", "method", "model", "coverage", "digest")

    def full_assessment(self) -> Iterator[Block]:
        yield from self.one_minute()
        yield from self.next_steps()
        yield from self.levels()
        yield from self.comparisons()
        yield from self.scope()
        yield from self.about(
            "date", "period", "assessor", "method", "use_case", "model", "coverage", "digest"
        )

    def detailed(self) -> Iterator[Block]:
        yield from self.one_minute()
        yield from self.next_steps()
        yield from self.levels()
        yield from self.comparisons()
        yield from self.scope()
        yield Heading(self.say("section.details"))
        yield from parts.details(self.scores, self)
        yield from self.action_plans()
        yield from self.about(
            *("date", "period", "assessor", "method", "use_case", "sampling", "model"),
            *("coverage", "digest"),
        )
        if self.language.code != DEFAULT_LANGUAGE:
            yield Text(self.say("text.of_model"), "soft")

    def attestation(self) -> Iterator[Block]:
        yield from self.synthetic()
        figure = self.scores.overall
        yield parts.overall_figure(self.scores, self)
        if figure.level:
            yield Text(self.say(f"overall.{figure.level}"))
        yield Facts(tuple(self.facts("date", "position", "method", "model", "coverage", "digest")))

    # --- page one -------------------------------------------------------------------------

    def synthetic(self) -> Iterator[Block]:
        if self.assessment.synthetic:
            yield Text(self.say("value.synthetic"), "notice")

    def one_minute(self) -> Iterator[Block]:
        yield from self.synthetic()
        yield Heading(self.say("section.minute"))
        figure = self.scores.overall
        cards = [Card(self.say("value.overall"), (self.level_figure(figure),))]
        if self.step is not None:
            cards.append(Card(self.say("card.changed"), (self.change_figure(self.step),)))
        if self.peers is not None:
            cards.append(Card(self.say("card.peers"), (self.peer_figure(self.peers),)))
        yield Row(tuple(cards))
        if figure.level:
            yield Text(self.say(f"overall.{figure.level}"))
        strong, weak = self.ranked()
        lists = [("section.strengths", strong), ("section.weaknesses", weak)]
        shown = [Card(self.say(key), (Items(tuple(rows)),)) for key, rows in lists if rows]
        if shown:
            yield Row(tuple(shown))

    def level_figure(self, figure: Score) -> Figure:
        if figure.level is None:
            return parts.overall_figure(self.scores, self)
        return Figure(
            self.say("value.level", level=figure.level),
            self.say(
                "value.name_score",
                name=self.level_name(figure.level),
                score=self.figure(figure.value),
            ),
            Meter(figure.score),
            (self.coverage(figure),),
        )

    def change_figure(self, step: Step) -> Figure:
        day = self.day(step.before.assessment.date)
        said = [f"{name}: {self.signed(part)}" for name, part in progress.bridge_rows(step, self)]
        change = step.overall.change
        return Figure(self.signed(change), self.say("text.since_day", day=day), None, tuple(said))

    def peer_figure(self, found: Comparison) -> Figure:
        whole = found["overall"]
        sentence = among.position_sentence(whole, self)
        group = self.say(
            "peers.group", group=among.cohort_text(found.ladder.found, self), n=found.ladder.n
        )
        if whole.at_or_below is None:
            return Figure("–", "", None, (sentence,))
        return Figure(
            self.share_range(whole.at_or_below.low, whole.at_or_below.high),
            self.say("text.at_or_below"),
            None,
            (sentence, group),
        )

    def ranked(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Categories above the whole, and those below it, with what their level means."""
        whole = self.scores.overall.value
        rated = [
            (key, figure)
            for key, figure in self.scores.categories.items()
            if figure.value is not None and figure.level is not None
        ]
        if whole is None:
            return [], []
        order = sorted(rated, key=lambda one: one[1].value or 0)
        weak = [one for one in order if (one[1].value or 0) < whole][:MOST_NAMED]
        strong = [one for one in reversed(order) if (one[1].value or 0) > whole][:MOST_NAMED]
        return [self.named(*one) for one in strong], [self.named(*one) for one in weak]

    def named(self, key: str, figure: Score) -> tuple[str, str]:
        text = self.model.categories[key].levels[(figure.level or 1) - 1]
        text = text.partition(". ")[0].rstrip(".") + "."
        return f"{self.name(key)}, {self.figure(figure.value)}:", text

    def next_steps(self) -> Iterator[Block]:
        """List the first steps to the next level, from the planner."""
        yield Heading(self.say("section.next"))
        road = self.road()
        if road is None:
            done = self.scores.overall.level is not None
            yield Text(self.say("text.top" if done else "text.nothing_rated"))
            return
        yield plans.step_table(road, self, most=MOST_STEPS)
        shown = [step for phase in road.phases for step in phase.raises][:MOST_STEPS]
        reached = road.plan.projected.overall
        said = self.say("text.together", level=reached.level, score=self.figure(reached.value))
        more = plans.n_steps(road.plan.raises) - plans.n_steps(shown)
        yield Text(f"{self.say('text.more_steps', n=more)} {said}" if more > 0 else said, "soft")

    def road(self) -> Roadmap | None:
        if self.wish is not None:
            return plan_for(self.assessment, self.wish)
        missing_ = parts.missing_to_next(self.scores)
        if missing_ is None:
            return None
        targets = [Target("overall", Fraction(missing_[0]))]
        try:
            return plan_for(self.assessment, Wish(targets, when=Calendar(phases=PHASES)))
        except PkimmError:
            return None

    # --- the result, and what it is compared with -----------------------------------------

    def levels(self, *, with_radar: bool = True) -> Iterator[Block]:
        yield Heading(self.say("section.levels"))
        before = self.step.before if self.step else None
        yield parts.category_chart(self.scores, self, before=before, peers=self.peers)
        if with_radar:
            yield parts.radar(self.scores, self, peers=self.peers)
        yield parts.level_table(self.scores, self)
        yield from parts.extensions(self.scores, self)
        yield from parts.remarks(self.scores)

    def comparisons(self) -> Iterator[Block]:
        if self.step is not None:
            yield from progress.what_changed(self.step, self)
        if self.peers is not None:
            yield Heading(self.say("section.peers"))
            yield from among.among_peers(self.peers, self)

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
        nothing = self.say("value.not_stated")
        yield Facts(tuple((self.say(key), text or nothing) for key, text in pairs))
        yield from parts.not_in_scope(self.assessment, self.model, self)

    def action_plans(self) -> Iterator[Block]:
        if not self.assessment.action_plans:
            return
        yield Heading(self.say("section.plans"))
        for plan in self.assessment.action_plans:
            native = self.model.native_id(plan.element)
            yield Heading(f"{native} {self.name(plan.element)}", 3)
            yield Facts(tuple(self.plan_pairs(plan)))

    def plan_pairs(self, plan: ActionPlan) -> Iterator[tuple[str, str]]:
        if plan.target_level:
            yield self.say("plan.target_level"), str(plan.target_level)
        if plan.target_date:
            yield self.say("plan.target_date"), self.day(plan.target_date)
        for part in PLAN_PARTS:
            items: tuple[str, ...] = getattr(plan, part)
            yield self.say(f"plan.{part}"), "\n".join(items) or self.say("value.not_stated")

    # --- the last page -------------------------------------------------------------------------

    def about(self, *names: str) -> Iterator[Block]:
        """Say what the report rests on, and how to read it."""
        yield Heading(self.say("section.about"))
        yield Facts(tuple(self.facts(*names)))
        yield Text(self.say("text.reading"), "soft")

    def facts(self, *names: str) -> Iterator[tuple[str, str]]:
        a, who = self.assessment, self.assessment.assessor
        finish = self.day(a.period.finish) if a.period.finish else self.say("value.running")
        rated = [one for one in a.answers.values() if one.state is State.RATED]
        seen = sum(1 for answer in rated if answer.evidence.strip())
        values = {
            "date": self.day(a.date),
            "period": f"{self.day(a.period.start)} – {finish}",
            "position": self.coded(who.position),
            "assessor": " · ".join(filter(None, [self.coded(who.position), who.name, who.company])),
            "method": self.coded(a.assurance),
            "use_case": a.use_case.name or self.say("value.not_stated"),
            "sampling": self.say("text.sampling", n=seen, total=len(rated)),
            "model": f"PKIMM {a.model.version}"
            f" ({self.say('value.requirements', n=a.model.requirements)})",
            "coverage": self.coverage(self.scores.overall),
            "digest": a.model.digest,
        }
        for name in names:
            key = "assessor" if name == "position" else name
            yield self.say(f"fact.{key}"), values[name]
