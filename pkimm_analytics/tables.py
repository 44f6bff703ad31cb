"""
The columns, types and units of every table that is stored or exported.

A table is described once, here, as plain values; readers, writers, the data
dictionary in ``data/README.md`` and the Arrow schema all follow from it. An empty
cell is null and means that there is nothing to state; it is never 0 and never NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

ColumnType = Literal["string", "bool", "int8", "int32", "float64", "date"]

OVERALL = "overall"
"""What the column ``element`` holds for the score of the whole PKI."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column.

    Parameters
    ----------
    name : str
    type : {"string", "bool", "int8", "int32", "float64", "date"}
    description : str
        One sentence, with the values of closed lists.
    unit : str
        Unit or range; empty for text.
    nullable : bool
        Whether a cell may be empty.
    """

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """
    One table.

    Parameters
    ----------
    name : str
    description : str
        What one row is, and who may see the table.
    columns : tuple of Column
        In the order in which they are stored.
    key : tuple of str
        Columns that no two rows share all values of.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        return tuple(column.name for column in self.columns)


# --- long tables of whole assessments --------------------------------------------

_LEVEL = "level, 1 to 5"
_ASSESSMENT = (
    Column("assessment", "string", "Id of the assessment."),
    Column("use_case", "string", "Use case as its assessor named it.", nullable=True),
    Column("date", "date", "Day that the assessment stands for.", nullable=True),
    Column("edition", "string", "Version of the model, such as 2.0.0."),
    Column(
        "digest", "string", "Digest of the edition's structure; the version alone is ambiguous."
    ),
    Column("mode", "string", "self (levels of categories) or full (levels of requirements)."),
    Column("assurance", "string", "self, formal or third-party.", nullable=True),
    Column("synthetic", "bool", "True if the assessment was invented."),
    Column(
        "extension", "string", "Id of the extension; empty for the model itself.", nullable=True
    ),
)
_ELEMENT = (
    Column("element", "string", "Element key, spelled as in model 2.0.0, or overall."),
    Column(
        "native_id",
        "string",
        "Id of the element in its own edition; empty for overall.",
        nullable=True,
    ),
    Column("kind", "string", "overall, module, category or requirement."),
    Column("name", "string", "Name of the element in its own edition."),
    Column("state", "string", "rated, unanswered or not_applicable."),
)

ANSWERS = Table(
    name="answers",
    description=(
        "One row for each question of an assessment, unanswered ones included. Private:"
        " it holds free text and stays with the organization."
    ),
    columns=(
        *_ASSESSMENT,
        *_ELEMENT,
        Column("level", "int8", "Level that was reached, if rated.", _LEVEL, nullable=True),
        Column("partial", "bool", "True if the element applies only in part; it is still rated."),
        Column("reason", "string", "Why it does not apply, or only in part.", nullable=True),
        Column("notes", "string", "Notes of the assessor.", nullable=True),
        Column("evidence", "string", "Evidence that was seen.", nullable=True),
    ),
    key=("assessment", "extension", "element"),
)

SCORES = Table(
    name="scores",
    description=(
        "One row for each figure of an assessment: overall, modules, categories, and those of"
        " its extensions. Private: the use case is free text."
    ),
    columns=(
        *_ASSESSMENT,
        *_ELEMENT,
        Column("score", "float64", "Weighted mean level.", "level, 1.0 to 5.0", nullable=True),
        Column("level", "int8", "Score rounded down, exactly.", _LEVEL, nullable=True),
        Column("level_name", "string", "Name of the level in its edition.", nullable=True),
        Column("percentage", "float64", "100 x score / 5.", "percent, 20 to 100", nullable=True),
        Column("n_rated", "int32", "Questions that were rated.", "questions", nullable=True),
        Column("n_in_scope", "int32", "Questions that apply.", "questions", nullable=True),
        Column("coverage", "float64", "n_rated / n_in_scope.", "share, 0 to 1", nullable=True),
        Column("unanswered", "string", "excluded or zero: how unanswered questions were counted."),
        Column("scoring_version", "string", "Version of the scoring rules."),
    ),
    key=("assessment", "extension", "element"),
)


# --- the truth behind synthetic assessments ---------------------------------------

TRUTH = Table(
    name="truth",
    description=(
        "What synthetic organizations answered: one row for each organization and each quarter"
        " in which it was assessed. Invented; public. After the columns below follows one column"
        " for each category and requirement of all shipped editions, named by its element key."
    ),
    columns=(
        Column("org", "string", "Invented name of the organization, as in its assessments."),
        Column("parent", "string", "Invented name of its parent, or its own where it has none."),
        Column("sector", "string", "Leaf code of the hierarchy sector.", nullable=True),
        Column("size", "string", "Leaf code of the hierarchy size.", nullable=True),
        Column("region", "string", "Leaf code of the hierarchy region.", nullable=True),
        Column("role", "string", "Leaf code of the hierarchy role.", nullable=True),
        Column("assurance", "string", "self, formal or third-party."),
        Column("edition", "string", "Version of the model that was answered."),
        Column("quarter", "string", "Quarter of the assessment, such as 2026Q3."),
    ),
    key=("org", "quarter"),
)

_NOTHING = "Empty where the edition has none, and where it is unanswered or not applicable."
CATEGORY_OF_TRUTH = Column(
    "<category>",
    "float64",
    "Score of the category in a full assessment, its level in a self-assessment. " + _NOTHING,
    "level, 1.0 to 5.0",
    nullable=True,
)
REQUIREMENT_OF_TRUTH = Column(
    "<requirement>",
    "int8",
    "Level of the requirement; empty in self-assessments. " + _NOTHING,
    _LEVEL,
    nullable=True,
)


def truth_table(keys: Iterable[str]) -> Table:
    """
    Describe the table ``truth`` with a column for each category and requirement.

    Parameters
    ----------
    keys : iterable of str
        Element keys of categories (``M.key-management``) and requirements
        (``M.key-management.key-inventory``), in the order of the columns.
    """
    elements = tuple(
        replace(CATEGORY_OF_TRUTH if key.count(".") == 1 else REQUIREMENT_OF_TRUTH, name=key)
        for key in keys
    )
    return replace(TRUTH, columns=(*TRUTH.columns, *elements))


# --- contributions to a collection -------------------------------------------------

CONTRIBUTIONS_VERSION = 2
"""Version of the table ``contributions``; columns of new editions do not change it."""

LEVEL, COVERAGE = "level:", "coverage:"
"""How columns of stored levels and of coverage begin."""

_PSEUDONYM = "26 letters and digits, made with a key that stays with the contributor."

CONTRIBUTIONS = Table(
    name="contributions",
    description=(
        "One row for each assessment that was contributed to a collection. It names nobody, and"
        " only the working group's analysts see it. After the columns below follows one column for"
        " each category and requirement of all shipped editions, named by its element key; then,"
        " for each extension, its version and a column for each category that it asks about; last"
        " what the collection adds: levels and coverage."
    ),
    columns=(
        Column("contribution", "string", "Pseudonym of the assessment: " + _PSEUDONYM),
        Column("org", "string", "Pseudonym of the organization: " + _PSEUDONYM),
        Column(
            "parent",
            "string",
            "Pseudonym of the ultimate parent, or the organization where it has none.",
        ),
        Column("use_case", "string", "Pseudonym of the use case: " + _PSEUDONYM),
        Column("assessor", "string", "Pseudonym of an external assessor.", nullable=True),
        Column("sector", "string", "Code of the hierarchy sector, leaf or group.", nullable=True),
        Column("size", "string", "Code of the hierarchy size, leaf or group.", nullable=True),
        Column("region", "string", "Code of the hierarchy region, leaf or group.", nullable=True),
        Column("role", "string", "Code of the hierarchy role, leaf or group.", nullable=True),
        Column("assurance", "string", "self, formal or third-party."),
        Column("edition", "string", "Version of the model, one of the shipped ones."),
        Column("digest", "string", "Digest of the edition's structure, one of the shipped ones."),
        Column("mode", "string", "self (levels of categories) or full (levels of requirements)."),
        Column("quarter", "string", "Quarter of the assessment, such as 2026Q3."),
        Column("synthetic", "bool", "True if the assessment was invented."),
        Column("scoring_version", "string", "Version of the scoring rules at the contributor's."),
        Column(
            "commitment",
            "string",
            "Hash of the receipt that allows to replace or withdraw the row; the receipt itself"
            " stays with the contributor.",
        ),
    ),
    key=("contribution",),
)

_CODES = "code, -1 to 5"
_CODE_MEANING = "1 to 5 rated, 0 unanswered or not in the edition, -1 not applicable."
ELEMENT_OF_CONTRIBUTION = Column("<element>", "int8", "Answer: " + _CODE_MEANING, _CODES)
EXTENSION_OF_CONTRIBUTION = Column(
    "<extension>", "string", "Version of the extension that was answered.", nullable=True
)
RELEVANCE_OF_CONTRIBUTION = Column(
    "<extension>:<category>", "int8", "Relevance answer: " + _CODE_MEANING, _CODES
)
LEVEL_OF_CONTRIBUTION = Column(
    LEVEL + "<measure>",
    "int8",
    "Score of overall, a module or a category, rounded down: 1 to 5, 0 nothing to score, -1 not"
    " applicable.",
    _CODES,
)
COVERAGE_OF_CONTRIBUTION = Column(
    COVERAGE + "<measure>",
    "int8",
    "Weight that was rated of the weight in scope, of overall or a module, rounded down.",
    "percent, 0 to 100",
)


def contributions_table(
    keys: Iterable[str], extensions: Mapping[str, Iterable[str]] | None = None
) -> Table:
    """
    Describe the table ``contributions`` with its columns of answers.

    Parameters
    ----------
    keys : iterable of str
        Element keys of categories and requirements, in the order of the columns.
    extensions : mapping of str to iterable of str
        By id of the extension: element keys of the categories that it asks about.
    """
    answers = [replace(ELEMENT_OF_CONTRIBUTION, name=key) for key in keys]
    for id_, categories in (extensions or {}).items():
        answers.append(replace(EXTENSION_OF_CONTRIBUTION, name=id_))
        answers += [replace(RELEVANCE_OF_CONTRIBUTION, name=f"{id_}:{c}") for c in categories]
    return replace(CONTRIBUTIONS, columns=(*CONTRIBUTIONS.columns, *answers))


def stored_table(table: Table, scored: Iterable[str], covered: Iterable[str]) -> Table:
    """
    Describe the table ``contributions`` as a collection stores it.

    Parameters
    ----------
    table : Table
        Contributions as they are given.
    scored, covered : iterable of str
        Measures with a stored level, and with a stored coverage.
    """
    added = [replace(LEVEL_OF_CONTRIBUTION, name=LEVEL + name) for name in scored]
    added += [replace(COVERAGE_OF_CONTRIBUTION, name=COVERAGE + name) for name in covered]
    return replace(table, columns=(*table.columns, *added))


# --- releases ----------------------------------------------------------------------

DIMENSIONS = ("sector", "size", "region", "role", "assurance", "edition")
"""Dimensions of a release, in the order of its columns."""

BENCHMARK = Table(
    name="benchmark",
    description=(
        "One row for each statistic of a measure in a group of organizations, withheld ones"
        " included. Public."
    ),
    columns=(
        *(
            Column(name, "string", f"Code of the dimension {name}, or * for all.")
            for name in DIMENSIONS
        ),
        Column("measure", "string", "Element key of a category or requirement, or overall."),
        Column(
            "statistic",
            "string",
            "n (see column n), share_ge:L (share of organizations at level L or above), or"
            " median, p10, p25, p75, p90 of the levels, where the printed shares decide them.",
        ),
        Column("value", "float64", "Share or level.", "share, 0 to 1, or level", nullable=True),
        Column(
            "qualifier",
            "string",
            "=: rounded half up to the step; <= or >=: rounded to this value or beyond.",
            nullable=True,
        ),
        Column("step", "float64", "Rounding step of the shares.", "share", nullable=True),
        Column("n", "string", "Band of the number of organizations with a level.", nullable=True),
        Column("suppressed", "bool", "True if withheld, for whatever reason."),
        Column("as_of", "string", "Quarter of the release it was computed for.", nullable=True),
    ),
    key=(*DIMENSIONS, "measure", "statistic"),
)

# --- feedback on the model and the process ------------------------------------------

_RATING = "rating, 1 (least) to 5 (most)"

COMMENTS = Table(
    name="comments",
    description=(
        "One row for each comment of a respondent on an element of the model, on the model as a"
        " whole or on the process. It names nobody, and only the working group's analysts see it,"
        " because it holds free text. Ratings that nobody gave are empty."
    ),
    columns=(
        Column("id", "string", "Digest of what was said; the same comment twice is one."),
        Column("round", "string", "Round of feedback, such as 2026Q4."),
        Column("respondent", "string", "Random or keyed pseudonym of the respondent."),
        Column(
            "role",
            "string",
            "operator, assessor, vendor, relying-party or other.",
            nullable=True,
        ),
        Column("edition", "string", "Version of the model that was commented on."),
        Column("digest", "string", "Digest of the edition's structure, if known.", nullable=True),
        Column("element", "string", "Element key, model or process."),
        Column("clarity", "int8", "How clear the element is.", _RATING, nullable=True),
        Column("relevance", "int8", "How much the element matters.", _RATING, nullable=True),
        Column(
            "weight",
            "string",
            "What the respondent thinks of the weight: too-low, right or too-high.",
            nullable=True,
        ),
        Column(
            "suggested_weight",
            "int32",
            "Weight that the respondent would choose.",
            "weight, 1 to 100",
            nullable=True,
        ),
        Column("minutes", "int32", "Effort.", "minutes", nullable=True),
        Column("difficulty", "int8", "How hard it was to answer.", _RATING, nullable=True),
        Column("usefulness", "int8", "How useful it was to answer.", _RATING, nullable=True),
        Column(
            "kind",
            "string",
            "Kind of comment: typo, unclear, missing, weight, out-of-scope or idea.",
            nullable=True,
        ),
        Column("text", "string", "Free text, for analysts only.", nullable=True),
        Column("part_of", "string", "Id of the comment that it is a part of.", nullable=True),
        Column("seconds", "int32", "How long the submission took.", "seconds", nullable=True),
        Column("received", "date", "Day on which the comment was first received.", nullable=True),
    ),
    key=("id",),
)

DECISIONS = Table(
    name="decisions",
    description=(
        "One row for each decision of the working group about a comment, in the order in which"
        " they were made. The newest decision about a comment counts; one without is open."
        " Rows are only ever added."
    ),
    columns=(
        Column("comment", "string", "Id of the comment."),
        Column("disposition", "string", "open, accepted, rejected, duplicate, split or done."),
        Column("by", "string", "Role of who decided, never a name."),
        Column("at", "string", "Time of the decision, ISO 8601 with its zone."),
        Column("reason", "string", "Why; a rejection has one.", nullable=True),
        Column("duplicate_of", "string", "Id of the comment that it repeats.", nullable=True),
        Column("edition", "string", "Edition in which it is done.", nullable=True),
        Column("element", "string", "Element that it is assigned to.", nullable=True),
        Column("link", "string", "Address of the issue.", nullable=True),
        Column(
            "field",
            "string",
            "What it changes: name, description, guidance, assessment, level-1 to level-5 or"
            " weight.",
            nullable=True,
        ),
        Column("value", "string", "New text, or new weight.", nullable=True),
        Column("manner", "string", "How a text changes: add, phrase or text.", nullable=True),
        Column("phrase", "string", "Phrase that the value replaces.", nullable=True),
    ),
    key=("comment", "at", "disposition"),
)


# --- other forms of a description --------------------------------------------------


def arrow_schema(table: Table) -> Any:
    """Return the pyarrow schema of a table, without metadata."""
    import pyarrow as pa  # imported late: it is heavy, and descriptions are not

    types = {
        "string": pa.string(),
        "bool": pa.bool_(),
        "int8": pa.int8(),
        "int32": pa.int32(),
        "float64": pa.float64(),
        "date": pa.date32(),
    }
    return pa.schema([pa.field(c.name, types[c.type], nullable=c.nullable) for c in table.columns])


def data_dictionary() -> str:
    """
    Return the data dictionary of all tables as Markdown.

    ``data/README.md`` carries it between two marks; a test compares the two.
    """
    truth = replace(TRUTH, columns=(*TRUTH.columns, CATEGORY_OF_TRUTH, REQUIREMENT_OF_TRUTH))
    contributions = replace(
        CONTRIBUTIONS,
        columns=(
            *CONTRIBUTIONS.columns,
            ELEMENT_OF_CONTRIBUTION,
            EXTENSION_OF_CONTRIBUTION,
            RELEVANCE_OF_CONTRIBUTION,
            LEVEL_OF_CONTRIBUTION,
            COVERAGE_OF_CONTRIBUTION,
        ),
    )
    tables = (ANSWERS, SCORES, truth, contributions, BENCHMARK, COMMENTS, DECISIONS)
    return "\n".join(map(_markdown, tables))


def _markdown(table: Table) -> str:
    sentences = table.description.replace(". ", ".\n")
    lines = [f"### `{table.name}`", "", sentences, f"Key: {_code(table.key)}.", ""]
    lines += ["| column | type | unit | empty | meaning |", "|---|---|---|---|---|"]
    lines += [
        f"| `{c.name}` | {c.type} | {c.unit} | {'yes' if c.nullable else 'no'} | {c.description} |"
        for c in table.columns
    ]
    return "\n".join(lines) + "\n"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
