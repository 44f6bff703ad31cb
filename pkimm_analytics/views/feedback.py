"""
A round of feedback: what needs a decision, what it rests on, and the meeting pack.

For the working group: it quotes respondents, without what could name anybody. What may
be published of a round is :func:`published`, of what disclosure control let through.
All words are in the catalogue, under ``feedback.``; the header of a table is one entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.feedback.decision import Decision
from pkimm_analytics.feedback.findings import MOST_COMMENTS, Finding, findings
from pkimm_analytics.feedback.kinds import RATE
from pkimm_analytics.feedback.personal import counted, masked
from pkimm_analytics.feedback.respondents import LEAST_ANSWERS, SECONDS_PER_ANSWER
from pkimm_analytics.feedback.roles import changes
from pkimm_analytics.feedback.summary import Summary, rows_of
from pkimm_analytics.feedback.weights import weights_of
from pkimm_analytics.feedback.wording import Change
from pkimm_analytics.model import Model
from pkimm_analytics.views.figures import NOTHING, Voice
from pkimm_analytics.views.view import (
    Block,
    Card,
    Cell,
    Chart,
    Facts,
    Heading,
    Items,
    Link,
    Mark,
    Table,
    Text,
    View,
)
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, catalogue

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 15
"""Rows of a table that shows the first of many."""
MOST_DRAWN = 8
"""Elements of a chart."""
MOST_QUOTED = 300
"""Open comments that a pack quotes; the others are counted."""
MOST_LETTERS = 600
"""Letters of a comment that are quoted."""
LARGEST_Q = 0.05
"""Adjusted p-value up to which a difference between roles or rounds is shown."""

Blocks = Iterator[Block]
Rows = Iterable[tuple[str | Cell, ...]]


class FeedbackVoice(Voice):
    """Words about feedback, and the names of an edition."""

    def __init__(self, model: Model, language: str = DEFAULT_LANGUAGE) -> None:
        super().__init__(catalogue(language), model)

    def word(self, key: str, **values: object) -> str:
        """Words of the catalogue under ``feedback.``."""
        return self.say(f"feedback.{key}", **values)

    def words_of(self, kind: str, codes: Iterable[str]) -> dict[str, str]:
        """Words for several codes of a kind, such as ``role``."""
        return {code: self.word(f"{kind}.{code}") for code in codes}

    def element(self, key: Any) -> str:
        """Name of an element, of a requirement with its category."""
        key = key if isinstance(key, str) else ""
        name = self.name(key)
        is_inside = key in self.model.requirements
        return f"{name} ({self.name(key.rsplit('.', 1)[0])})" if is_inside else name

    def rounded(self, value: Any, digits: int = 2) -> str:
        """Write a statistic; a dash where there is none."""
        number = float("nan") if value is None else float(value)
        return NOTHING if number != number else self.language.number(f"{number:.{digits}f}")

    def table(self, name: str, rows: Rows, numeric: Collection[int], **values: object) -> Blocks:
        """Show a table, or say what it means that it has no rows."""
        listed = tuple(rows)
        if listed:
            header = tuple(self.word(f"{name}.head", **values).split(" | "))
            yield Table(self.word(name, **values), header, listed, frozenset(numeric))
        elif self.language.has(f"feedback.{name}.none"):
            yield Text(self.word(f"{name}.none", **values))


class Sayings(FeedbackVoice):
    """
    Names, quotations and reasons of one round.

    Parameters
    ----------
    summary : Summary
    language : str
    """

    def __init__(self, summary: Summary, language: str = DEFAULT_LANGUAGE) -> None:
        super().__init__(summary.model, language)
        self.summary = summary
        texts = summary.comments[summary.comments["text"].notna()]
        self._texts: dict[str, str] = dict(zip(texts["id"], texts["text"], strict=True))

    def quote(self, id_: Any) -> str:
        """Text of a comment without personal data, cut where it is very long."""
        text = masked(self.text(id_))
        return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS].rstrip() + " …"

    def text(self, id_: Any) -> str:
        """Text of a comment as it was written, empty if it has none."""
        return self._texts.get(str(id_), "")

    def masked(self) -> str:
        """Say how many texts hold what is masked here; empty if none does."""
        found = sorted(counted(list(self._texts.values())).items())
        return ", ".join(f"{self.word('personal.' + _slug(kind))}: {n}" for kind, n in found)

    def title(self, finding: Finding) -> str:
        """Name what a finding is about, with its kind."""
        of_round = self.word("round", round=self.summary.round)
        about = self.element(finding.element) if finding.element else of_round
        return f"{about}: {self.word('kind.' + _slug(finding.kind))}"

    def why(self, finding: Finding) -> str:
        """Say the figure behind a finding."""
        effect, other = finding.effect or 0.0, finding.other
        if finding.kind == "redundant":
            other = self.element(other)
        elif finding.kind == "careless":
            limits = {"least": LEAST_ANSWERS, "seconds": f"{SECONDS_PER_ANSWER:.0f}"}
            other = self.word(f"flag.{other}", **limits)
        elif finding.kind == "roles differ":
            other = self.word(f"field.{other}")
        return self.word(
            f"why.{_slug(finding.kind)}",
            n=finding.n,
            other=other,
            effect=self.rounded(effect),
            size=self.rounded(abs(effect), 1),
            percent=f"{100 * abs(effect):.0f}",
            **self._weights(finding),
        )

    def answer(self, finding: Finding) -> str:
        """Propose what may be decided about a finding."""
        return self.word(f"answer.{_slug(finding.kind)}", **self._weights(finding))

    def decision(self, state: Any) -> str:
        """Say what was decided about a comment."""
        return self.word(f"decision.{state.disposition}", **state._asdict())

    def _weights(self, finding: Finding) -> dict[str, object]:
        weight, chosen = finding.change or (0, 0)
        return {"weight": weight, "chosen": chosen}


def _slug(kind: str) -> str:
    return kind.replace(" ", "_")


# --- parts ------------------------------------------------------------------------------


def finding_table(say: Sayings) -> Blocks:
    """List findings as rows of a table, for documents and terminals."""
    rows = ((say.title(f), say.why(f), say.answer(f)) for f in findings(say.summary))
    yield from say.table("findings", rows, ())
    yield from rate_of_alarms(say)


def rate_of_alarms(say: Sayings) -> Blocks:
    """Say how often something stands out by chance."""
    yield Text(say.word("rate", rate=say.percent(RATE)), "soft")


def finding_cards(say: Sayings, current: Mapping[str, Decision]) -> tuple[Card, ...]:
    """Make cards of findings with the comments behind them, those without a decision first."""
    cards = []
    for number, finding in enumerate(findings(say.summary)):
        waiting = [id_ for id_ in finding.comments if id_ not in current]
        shown = (waiting or list(finding.comments))[:MOST_COMMENTS]
        more = len(finding.comments) - len(shown)
        blocks: list[Block] = [Text(say.why(finding))]
        blocks += [Items(tuple((id_[:8], say.quote(id_)) for id_ in shown))] if shown else []
        blocks += [Text(say.word("more", n=more), "soft")] if more > 0 else []
        blocks.append(Text(say.answer(finding), "soft"))
        links: tuple[Link, ...] = ()
        if finding.kind == "careless":
            links = (Link(say.word("leave_out"), f"do:leave_out={finding.other}"),)
        elif waiting:
            text = say.word("decide_on", n=len(waiting))
            links = (Link(text, f"do:choose={number}", is_main=True),)
        cards.append(Card(say.title(finding), tuple(blocks), links, f"finding-{number}"))
    return tuple(cards)


def facts(say: Sayings) -> Blocks:
    """Who answered, how much is open, and which editions the round holds."""
    summary, covered = say.summary, say.summary.coverage
    version, states = summary.model.version, summary.dispositions["disposition"]
    others = (
        say.word("of_edition" if e.edition == version else "of_other_edition", **e._asdict())
        for e in rows_of(summary.editions)
    )
    means = (f"{say.word(f'field.{f}')} {say.rounded(mean)}" for f, mean in _means(summary))
    pairs = {
        "respondents": say.word(
            "respondents_left_out", n=covered.n_respondents, left_out=summary.n_left_out
        ),
        "editions": "; ".join(others),
        "comments": say.word("comments_texts", n=covered.n_comments, texts=covered.n_texts),
        "open": say.word("open_of", n=int((states == "open").sum()), of=len(states)),
        "means": ", ".join(means) or NOTHING,
        "silent": str(len(covered.silent)),
    }
    yield Facts(tuple((say.word(f"fact.{name}"), value) for name, value in pairs.items()))
    if len(summary.editions) > 1:
        yield Text(say.word("editions_apart", edition=version), "notice")


def _means(summary: Summary) -> list[tuple[str, float]]:
    return [(field, mean) for field, mean in summary.means.items() if mean == mean]


def _least_clear(summary: Summary, most: int) -> Iterator[tuple[Any, Any]]:
    """Rows of the ranking, each with its counts of steps."""
    counts: Any = summary.clarity.set_index(["element", "edition"])
    for row in rows_of(summary.ranking.head(most)):
        yield row, counts.loc[(row.element, row.edition)]


def _whole(counts: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(int(n)) for n in counts)


def least_clear(say: Sayings) -> Blocks:
    """Elements by clarity, shrunk, and the place without flagged respondents."""
    rows: Rows = (
        (
            say.element(r.element),
            str(r.edition),
            *_whole(c[[f"n_{step}" for step in range(1, 6)]]),
            Cell(say.rounded(r.mean), float(r.mean)),
            say.share_range(c["low_share_from"], c["low_share_to"]),
            say.rounded(r.mean_without),
        )
        for r, c in _least_clear(say.summary, MOST_ROWS)
    )
    yield from say.table("least_clear", rows, range(2, 10))
    yield Text(say.word("ranked_by"), "soft")


def clarity_chart(say: Sayings) -> Blocks:
    """How many chose each step, of the least clear elements."""
    marks = tuple(
        Mark(
            say.element(r.element),
            None,
            say.word("mean_n", mean=say.rounded(r.mean), n=r.n),
            shares=tuple((float(c[f"n_{i}"] / c["n"]),) * 2 for i in range(1, 6)),
        )
        for r, c in _least_clear(say.summary, MOST_DRAWN)
    )
    if marks:
        yield Chart("levels", say.word("clarity_chart"), marks, legend=("1", "2", "3", "4", "5"))


def split(say: Sayings) -> Blocks:
    """Weights that respondents agree least on, and roles that differ."""
    summary = say.summary
    votes: Any = summary.votes.groupby("element")[["n_too_low", "n_right", "n_too_high"]].sum()
    rows = (
        (
            say.element(s.element),
            *_whole(votes.loc[s.element]),
            say.rounded(s.agreement),
            say.rounded(s.consensus),
        )
        for s in rows_of(summary.split[summary.split["n"] > 1].head(MOST_ROWS))
    )
    yield from say.table("split", rows, range(1, 6))
    differing = summary.roles[summary.roles["q"] <= LARGEST_Q]
    roles = (
        (
            say.element(r.element),
            say.word(f"field.{r.field}"),
            say.word(f"role.{r.lowest}"),
            say.word(f"role.{r.highest}"),
            say.rounded(r.epsilon2),
        )
        for r in rows_of(differing.head(MOST_ROWS))
    )
    yield from say.table("roles", roles, {4})


def weights(say: Sayings) -> Blocks:
    """Weights that respondents would choose for certain, and what they would do to scores."""
    differing, scored = say.summary.weights, say.summary.rescored
    rows = (
        (say.element(w.element), str(w.weight), str(w.chosen), _interval(w, say), str(w.n))
        for w in rows_of(differing[differing["differs"]])
    )
    yield from say.table("weights", rows, {1, 2, 4})
    if scored is None:
        return
    moved = (
        (
            say.element(s.measure),
            *(say.rounded(v, 3) for v in (s.mean_before, s.mean_after, s.largest_change)),
            say.word("up_down", up=s.n_level_up, down=s.n_level_down),
        )
        for s in rows_of(scored[(scored["n"] > 0) & (scored["largest_change"] > 0)])
    )
    yield from say.table("rescored", moved, {1, 2, 3})


def themes(say: Sayings) -> Blocks:
    """Themes by their words, and how clear they are."""
    found = say.summary.themes
    if found.clearness in {"few", "none"}:
        yield Text(say.word(f"themes.{found.clearness}"))
        return
    quality = say.rounded(found.quality)
    yield Text(say.word(f"themes.{found.clearness}", quality=quality), "soft")
    rows = (
        (", ".join(t.terms), str(t.n), "\n".join(map(say.quote, t.representatives[:2])))
        for t in rows_of(found.themes)
    )
    yield from say.table("themes", rows, {1})


def questions(say: Sayings) -> Blocks:
    """How the questions work, where there are assessments."""
    items, groups = say.summary.items, say.summary.reliability
    if items is None or groups is None:
        return
    figures = ("discrimination", "difficulty", "skipped_share", "mode_share")
    rows = (
        (say.element(i.element), *(say.rounded(getattr(i, f)) for f in figures), str(i.n_rated))
        for i in rows_of(items.sort_values(["discrimination", "element"]).head(MOST_ROWS))
    )
    yield from say.table("items", rows, range(1, 6))
    reliable = (
        (
            say.element(r.element),
            say.rounded(r.alpha),
            say.rounded(r.omega),
            str(r.n_items),
            str(r.n),
        )
        for r in rows_of(groups)
    )
    yield from say.table("reliability", reliable, range(1, 5))


def repeated(say: Sayings) -> Blocks:
    """Comments that may be one."""
    rows = (
        (str(d.group), d.id[:8], say.element(d.element), say.quote(d.id))
        for d in rows_of(say.summary.duplicates)
    )
    yield from say.table("repeated", rows, {0})


def undecided(say: Sayings) -> Blocks:
    """Open comments, quoted."""
    states = say.summary.dispositions
    waiting = [d for d in rows_of(states[states["disposition"] == "open"]) if say.text(d.id)]
    rows = (
        (d.id[:8], say.element(d.element), kind_word(say, d.kind), say.quote(d.id))
        for d in waiting[:MOST_QUOTED]
    )
    yield from say.table("undecided", rows, ())
    if len(waiting) > MOST_QUOTED:
        yield Text(say.word("more", n=len(waiting) - MOST_QUOTED))


def kind_word(say: FeedbackVoice, kind: Any) -> str:
    """Words for a kind of comment, empty where it has none."""
    return say.word(f"comment.{kind}") if isinstance(kind, str) else ""


def decided(say: Sayings) -> Blocks:
    """List what was decided."""
    states = say.summary.dispositions
    rows = (
        (d.id[:8], say.element(d.element), say.decision(d), d.by, d.link or "")
        for d in rows_of(states[states["disposition"] != "open"])
    )
    yield from say.table("decided", rows, ())


def who_answered(say: Sayings) -> Blocks:
    """Roles, flags, and what nobody commented on."""
    covered = say.summary.coverage
    rows = (
        (say.word(f"role.{r.role}"), str(r.n_respondents), str(r.n_comments), str(r.n_texts))
        for r in rows_of(covered.roles)
    )
    yield from say.table("who_answered", rows, {1, 2, 3})
    if covered.silent:
        yield Text(say.word("silent", names=", ".join(map(say.element, covered.silent))))


def changed(say: Sayings, everything: pd.DataFrame) -> Blocks:
    """Ratings that changed since the round before."""
    after = say.summary.round
    earlier = sorted(name for name in {*everything["round"]} if name < after)
    if not earlier:
        yield Text(say.word("first_round"))
        return
    found = changes(everything, earlier[-1], after)
    rows = (
        (
            say.element(c.element),
            say.word(f"field.{c.field}"),
            say.rounded(c.mean_before),
            say.rounded(c.mean_after),
        )
        for c in rows_of(found[found["q"] <= LARGEST_Q])
    )
    yield from say.table("changed", rows, {2, 3}, before=earlier[-1], after=after)


# --- whole views --------------------------------------------------------------------------


def pack(
    summary: Summary, everything: pd.DataFrame | None = None, language: str = DEFAULT_LANGUAGE
) -> View:
    """
    Build the meeting pack of a round: findings first, then what they rest on.

    Parameters
    ----------
    summary : Summary
    everything : pandas.DataFrame, optional
        Comments of all rounds; with them, the pack says what changed since the round
        before.
    language : str
        Code of a catalogue.
    """
    say = Sayings(summary, language)
    parts: dict[str, Blocks] = {
        "": finding_table(say),
        "glance": facts(say),
        "least_clear": least_clear(say),
        "split": split(say),
        "weights": weights(say),
        "questions": questions(say),
        "themes": themes(say),
        "repeated": repeated(say),
        "changed": iter(()) if everything is None else changed(say, everything),
        "undecided": undecided(say),
        "decided": decided(say),
        "who_answered": who_answered(say),
        "notice": _notice(say),
    }
    blocks: list[Block] = []
    for name, part in parts.items():
        inside = list(part)
        blocks += [Heading(say.word(f"section.{name}"))] if name and inside else []
        blocks += inside
    return View(
        say.word("pack", editions=say.listed(list(summary.editions["edition"]))),
        say.word("pack_below", round=summary.round),
        tuple(blocks),
        kind="feedback",
        language=language,
    )


def _notice(say: Sayings) -> Blocks:
    yield Text(say.word("publish_nothing"), "notice")
    if found := say.masked():
        yield Text(say.word("masked", found=found))


def round_view(summary: Summary, language: str = DEFAULT_LANGUAGE) -> View:
    """Show the findings of a round and who answered, for a terminal."""
    say = Sayings(summary, language)
    title = say.word("summary", round=summary.round)
    return View(title, "", (*finding_table(say), *facts(say)), language=language)


def weight_changes(accepted: Sequence[Change], chosen: pd.DataFrame, model: Model) -> View:
    """
    List accepted weights, and beside them what respondents would choose.

    Parameters
    ----------
    accepted : sequence of Change
        Accepted changes of weights.
    chosen : pandas.DataFrame
        As :func:`.chosen_weights` returns them.
    model : Model
        Edition that is changed.
    """
    say = FeedbackVoice(model)
    known = {str(row.element): row for row in rows_of(chosen)}
    new = {change.element: change.value for change in accepted}

    def row(key: str) -> tuple[str, ...]:
        w: Any = known.get(key)
        choice = ("", "", "") if w is None else (str(w.chosen), _interval(w, say), str(w.n))
        now = str(weights_of(model).get(key, ""))
        return (say.name(key), key, now, new.get(key, ""), *choice)

    waiting = [key for key, w in known.items() if w.differs and key not in new]
    numeric = {2, 3, 4, 6}
    blocks = [*say.table("weights_accepted", map(row, new), numeric)]
    blocks += say.table("weights_open", map(row, waiting), numeric)
    title = say.word("weights_title", edition=model.version)
    return View(title, "", tuple(blocks), "weights")


def published(document: Mapping[str, Any], model: Model, language: str = DEFAULT_LANGUAGE) -> View:
    """Show what may be published of a round, as :func:`.public_summary` returns it."""
    say, threshold = FeedbackVoice(model, language), document["threshold"]
    rows = (
        (
            say.element(element),
            say.word(f"field.{field}"),
            figure["n"],
            " · ".join(say.share(s["percent"] / 100, s["qualifier"]) for s in figure["at_least"]),
        )
        for element, figures in document["elements"].items()
        for field, figure in figures.items()
        if figure is not None
    )
    respondents = document["respondents"] or say.word("fewer_than", n=threshold)
    facts_ = (
        (say.word("fact.respondents"), respondents),
        (say.word("fact.editions"), f"PKIMM {document['edition']}"),
    )
    blocks = [
        Facts(facts_),
        *say.table("published", rows, {2}, threshold=threshold),
        Text(say.word("published_how", threshold=threshold), "soft"),
    ]
    title, below = say.word("published_title"), say.word("round", round=document["round"])
    return View(title, below, tuple(blocks), language=language)


def _interval(weight: Any, say: FeedbackVoice) -> str:
    """95% interval of a chosen weight; nothing where fewer than six chose."""
    low, high = weight.chosen_from, weight.chosen_to
    return say.word("from_to", low=low, high=high) if isinstance(low, int) else NOTHING
