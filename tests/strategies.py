"""
Random valid assessments, for property tests.

Every text may hold what breaks a careless writer: formulas, quotes, line ends, emoji,
HTML, apostrophes, escapes and the control characters that JSON allows. Nothing here
is a real organization.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pkimm_analytics.assessment import (
    ActionPlan,
    Answer,
    Assessment,
    Assessor,
    Assurance,
    Caveat,
    Environment,
    ExtensionAnswers,
    Mode,
    Organization,
    Period,
    Source,
    State,
    UseCase,
)
from pkimm_analytics.model import MODULE_IDS, Model, load_extension, load_model

VERSIONS = ("1.0.0", "1.1.0", "2.0.0")

NASTY = (
    "=1+1",
    '=HYPERLINK("http://localhost","x")',
    "+49 30 1234",
    "-1",
    "@name",
    "\t=1",
    " =1",
    "\r=1",
    "\n=1",
    "'quoted",
    "'=1",
    "''=1",
    "＝1",
    'say "hi", twice; or\tnot',
    "two\nlines",
    "two\r\nlines",
    "old\rline",
    " blanks around ",
    "   ",
    "\n",
    "🔑🧾 e\u0301 ﷽",
    "<script>alert(1)</script>",
    "&amp; <b>",
    "_x0041_",
    "_x005F_x0000_",
    "_x00\x01",
    "bell\x07 nul\x00 unit\x1f",
    "\u2028line\u2029paragraph\x85",
    "\ufeffmark",
    "\ufffe\uffff",
    "N/A",
    "null",
    "true",
    "1e5",
    "007",
    "- item: [x] # note",
    "%41 ?a=b&c#d",
    "../../etc/passwd",
    "{{7*7}} ${x}",
)


@cache
def texts(max_size: int = 40) -> SearchStrategy[str]:
    """Return short texts of any characters that UTF-8 can write, and the nasty ones."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)
    return st.sampled_from(NASTY) | anything | st.sampled_from(["", "plain words"])


@cache
def json_values() -> SearchStrategy[Any]:
    """Return what an unknown field of a document may hold."""
    numbers = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | texts(10)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(5), inner, max_size=3),
        max_leaves=5,
    )


@cache
def extras() -> SearchStrategy[dict[str, Any]]:
    """Return unknown fields of a document, mostly none; names never clash with known ones."""
    names = texts(8).map(lambda text: f"x {text}")
    return st.just({}) | st.dictionaries(names, json_values(), max_size=2)


@cache
def answers(*, is_module: bool = False) -> SearchStrategy[Answer]:
    """Return answers of any state; a module is never rated."""
    states = [State.UNANSWERED, State.NOT_APPLICABLE, *([] if is_module else [State.RATED] * 3)]

    @st.composite
    def one(draw: st.DrawFn) -> Answer:
        state = draw(st.sampled_from(states))
        level = draw(st.integers(1, 5)) if state is State.RATED else None
        if draw(st.booleans()):
            return Answer(state=state, level=level)
        return Answer(
            state=state,
            level=level,
            partial=draw(st.booleans()),
            reason=draw(texts()),
            notes=draw(texts()),
            evidence=draw(texts()),
            set_aside_level=draw(st.none() | st.integers(1, 5)),
            extra=draw(extras()),
        )

    return one()


@cache
def days() -> SearchStrategy[str | None]:
    """Return days as text, or None."""
    return st.none() | st.dates(date(2015, 1, 1), date(2035, 12, 31)).map(date.isoformat)


@cache
def codes() -> SearchStrategy[str | None]:
    """Return codes of a profile, or None; the document takes any text for them."""
    return st.none() | st.sampled_from(["finance", "public", "250-999", "EU"]) | texts(10)


@cache
def organizations() -> SearchStrategy[Organization]:
    """Return organizations with any fields."""
    return st.builds(
        Organization,
        name=texts(),
        parent=texts(),
        sector=codes(),
        size=codes(),
        region=codes(),
        role=codes(),
        extra=extras(),
    )


def action_plans(model: Model) -> SearchStrategy[ActionPlan]:
    """Return action plans for elements of an edition."""
    items = st.lists(texts(), max_size=2).map(tuple)
    return st.builds(
        ActionPlan,
        element=st.sampled_from(sorted(model.keys)),
        target_level=st.none() | st.integers(1, 5),
        target_date=st.none() | texts(10),
        objectives=items,
        responsibility=items,
        schedule=items,
        resources=items,
        outputs=items,
        tasks=items,
        comments=items,
        extra=extras(),
    )


def extension_answers(model: Model) -> SearchStrategy[tuple[ExtensionAnswers, ...]]:
    """Return answers of extensions: the shipped one and one that nobody has installed."""
    said = st.dictionaries(st.sampled_from([*model.categories]), answers(), max_size=4)
    versions = [e.version for e in _pqc(model)] or ["0.9.9"]
    pqc = st.builds(
        ExtensionAnswers,
        id=st.just("pqc"),
        version=st.sampled_from(versions),
        digest=st.sampled_from([None, *(e.digest for e in _pqc(model))]),
        answers=said,
        extra=extras(),
    )
    other = st.builds(
        ExtensionAnswers,
        id=st.just("made-up"),
        version=texts(10),
        digest=st.none() | texts(10),
        answers=said,
        extra=extras(),
    )
    return st.sampled_from([(), (pqc,), (other,), (pqc, other), (other, pqc), (pqc, pqc)]).flatmap(
        lambda chosen: st.tuples(*chosen)
    )


def _pqc(model: Model) -> list[Any]:
    return [load_extension("pqc", model=model.version)] if model.version != "1.0.0" else []


@cache
def sources() -> SearchStrategy[Source]:
    """Return sources, some of them with figures of a tool."""
    figure = st.fixed_dictionaries(
        {"level": st.integers(0, 5), "value": st.none() | st.floats(0, 5)}
    )
    reason = st.fixed_dictionaries({"code": texts(10), "message": texts()})
    tool = st.fixed_dictionaries(
        {
            "overall": figure,
            "modules": st.dictionaries(st.sampled_from(MODULE_IDS), figure, max_size=2),
            "reasons": st.lists(reason, max_size=1),
        }
    )
    return st.just(Source()) | st.builds(
        Source,
        kind=st.sampled_from(["pkimm", "workbook-full", "csv-long"]) | texts(10),
        detail=texts(),
        digest=st.none() | texts(10),
        tool=st.none() | tool,
        extra=extras(),
    )


@st.composite
def assessments(
    draw: st.DrawFn,
    *,
    versions: tuple[str, ...] = VERSIONS,
    modes: tuple[Mode, ...] = (Mode.SELF, Mode.FULL),
    is_rich: bool = True,
) -> Assessment:
    """
    Draw a valid assessment of a shipped edition.

    Parameters
    ----------
    versions : tuple of str
        Editions to choose from.
    modes : tuple of Mode
        Modes to choose from.
    is_rich : bool
        False leaves out what few formats hold: action plans, caveats, extensions,
        environment, another source and fields that nobody knows.
    """
    model = load_model(draw(st.sampled_from(versions)))
    mode = draw(st.sampled_from(modes))
    id_ = draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True) | _uuids())
    plain = Assessment(
        model=model.edition,
        mode=mode,
        id=id_,
        synthetic=draw(st.booleans()),
        use_case=UseCase(name=draw(texts()), description=draw(texts())),
        organization=draw(organizations()) if is_rich else Organization(name=draw(texts())),
        assurance=draw(st.none() | st.sampled_from(Assurance)),
        period=Period(start=draw(days()), target=draw(days()), finish=draw(days())),
        answers=_answered(draw, model, mode),
    )
    return _enriched(draw, plain, model) if is_rich else plain


@cache
def _uuids() -> SearchStrategy[str]:
    return st.uuids(version=4).map(str)


def _answered(draw: st.DrawFn, model: Model, mode: Mode) -> dict[str, Answer]:
    """Rate most questions by one drawn number, and draw some answers in all detail."""
    questions = [*(model.requirements if mode is Mode.FULL else model.categories)]
    random = draw(st.randoms(use_true_random=False))
    share = draw(st.sampled_from([0.0, 0.5, 1.0]))
    levels = {
        key: Answer(state=State.RATED, level=random.randint(1, 5))
        for key in questions
        if random.random() < share
    }
    above = [*MODULE_IDS, *model.categories]
    detailed = draw(st.lists(st.sampled_from([*questions, *above]), max_size=5, unique=True))
    return levels | {key: draw(answers(is_module=key in MODULE_IDS)) for key in detailed}


def _enriched(draw: st.DrawFn, plain: Assessment, model: Model) -> Assessment:
    return plain.replace(
        use_case=plain.use_case.replace(
            components=draw(texts()),
            out_of_scope=draw(texts()),
            extra=draw(extras()),
        ),
        assessor=Assessor(
            name=draw(texts()),
            position=draw(st.sampled_from([None, "internal", "external"])),
            company=draw(texts()),
            extra=draw(extras()),
        ),
        environment=Environment(
            high_level_design=draw(texts()),
            points_of_interaction=draw(texts()),
            extra=draw(extras()),
        ),
        period=plain.period.replace(extra=draw(extras())),
        extensions=draw(extension_answers(model)),
        action_plans=tuple(draw(st.lists(action_plans(model), max_size=2))),
        caveats=tuple(
            draw(
                st.lists(
                    st.builds(Caveat, code=texts(10), message=texts(), extra=extras()), max_size=2
                )
            )
        ),
        source=draw(sources()),
        updated=draw(st.none() | st.just("2026-03-31T10:00:00Z") | texts(10)),
        extra=draw(extras()),
    )
