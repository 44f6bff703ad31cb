"""
The consortium's own model and extension files, checked and read.

Two generations of model files exist: ids that are numbers (1.0.0, 1.1.0) and ids
that are names (2.0.0). Named ids are element keys as they stand. Numbered ids are
translated through the shipped edition of the same version, or by name where that
is unknown, and the result says which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pkimm_analytics.errors import ModelError, Problem
from pkimm_analytics.model.shipped import (
    references,
    shipped_model,
    shipped_models,
    shipped_versions,
)
from pkimm_analytics.model.structure import (
    LEVELS,
    Category,
    Extension,
    Model,
    Module,
    Overlay,
    Reference,
    Relevance,
    Requirement,
)
from pkimm_analytics.records import AtMost, Level, Number, Record, Version, Whole
from pkimm_analytics.yaml_text import Path, read_yaml_with_lines

# --- what the files hold ---------------------------------------------------------------


def _unique(entries: tuple[_AnyEntry, ...]) -> tuple[_AnyEntry, ...]:
    counts = Counter(entry.id for entry in entries)
    twice = [
        Problem(f"{place}.id", f"id {entry.id!r} is used {counts[entry.id]} times here")
        for place, entry in enumerate(entries)
        if counts[entry.id] > 1
    ]
    if twice:
        raise ModelError("ids are used twice", twice)
    return entries


def _in_order(levels: tuple[LevelEntry, ...]) -> tuple[LevelEntry, ...]:
    numbers = [level.number for level in levels]
    if numbers != list(LEVELS):
        raise ValueError(f"expected levels 1 to 5 in order, found {numbers}")
    return levels


def _listed(value: Any) -> Any:
    """Give references as a list: older files have one text, newer ones ids."""
    return [value] if isinstance(value, str) else value or []


class Entry(Record):
    """Something with an id of its own among its siblings."""

    id: Annotated[str, Field(pattern=r"^([0-9]{1,3}|[a-z][a-z0-9-]{0,79})$")]


_AnyEntry = TypeVar("_AnyEntry", bound=Entry)
_Prose = Annotated[str, AfterValidator(str.strip)]
_Name = Annotated[_Prose, Field(min_length=1, max_length=400)]
_Weight = Annotated[Whole, Field(ge=0, le=10**9)]
_Entries = Annotated[tuple[_AnyEntry, ...], AtMost(60), AfterValidator(_unique)]
_References = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class LevelEntry(Record):
    """One level of a category or of the relevance for it."""

    number: Level
    name: _Name
    description: _Prose


_Levels = Annotated[tuple[LevelEntry, ...], AfterValidator(_in_order)]


class RequirementEntry(Entry):
    """One requirement; the official schema calls its title description."""

    weight: _Weight
    description: _Name
    guidance: _Prose = ""
    assessment: _Prose = ""
    references: _References = ()


class CategoryEntry(Entry):
    """One category."""

    weight: _Weight
    name: _Name
    description: _Prose = ""
    levels: _Levels
    requirements: _Entries[RequirementEntry] = ()


class InModule(Entry, Generic[_AnyEntry]):
    """What a file says about the categories of one module."""

    id: Literal["G", "M", "O", "R"]
    categories: _Entries[_AnyEntry]


class ModuleEntry(InModule[CategoryEntry]):
    """One module."""

    name: _Name
    description: _Prose = ""
    categories: Annotated[_Entries[CategoryEntry], Field(min_length=1)]


class ModelFile(Record):
    """PKIMM model file, of the consortium's schema generations 1 and 2."""

    ERROR = ModelError
    schema_version: Version = Field(alias="schemaVersion")
    version: Version
    modules: Annotated[_Entries[ModuleEntry], Field(min_length=1)]


class ExtensionHead(Record):
    """What an extension is called and which editions it was written for."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    name: _Name
    version: Version
    description: _Prose = ""
    compatibility: Annotated[tuple[Version, ...], Field(min_length=1)]
    floor_score: bool = Field(default=False, alias="floorScore", strict=True)


class RelevanceEntry(Entry):
    """What an extension asks about one category."""

    weight: _Weight
    guidance: _Prose = ""
    assessment: _Prose = ""
    levels: _Levels


class OverlayEntry(Entry):
    """One change of a weight, of one of three kinds."""

    type: Literal["multiplier", "addition", "override"] | None = None
    multiplier: Annotated[Number, Field(ge=0, le=1000)] | None = None
    addition: Annotated[Number, Field(ge=-1000, le=1000)] | None = None
    override: Annotated[Number, Field(ge=0, le=1000)] | None = None
    rationale: _Prose = ""

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        kinds = ("multiplier", "addition", "override")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if given != [self.type] * (self.type is not None):
            raise ValueError("expected a type and, under the name of that type, its only value")
        return self

    @property
    def overlay(self) -> Overlay | None:
        """The change, if there is one."""
        if self.type is None:
            return None
        value = Fraction(str(getattr(self, self.type)))
        return Overlay(self.type, value, self.rationale)


class CategoryOverlayEntry(OverlayEntry):
    """Changes of a category and of its requirements."""

    requirements: _Entries[OverlayEntry] = ()


class Branch(Record, Generic[_AnyEntry]):
    """One half of an extension file, by module."""

    modules: _Entries[InModule[_AnyEntry]] = ()


class ReferenceEntry(Record):
    """A standard or guide that an extension rests on."""

    id: str
    title: _Name
    authority: str = ""
    url: str = ""


class ExtensionFile(Record):
    """PKIMM extension file."""

    ERROR = ModelError
    schema_version: Version = Field(alias="schemaVersion")
    extension: ExtensionHead
    relevance: Branch[RelevanceEntry]
    overlays: Branch[CategoryOverlayEntry]
    references: tuple[ReferenceEntry, ...] | None = None


# --- reading them ----------------------------------------------------------------------


def read_definition(text: str, name: str, editions: Iterable[Model] = ()) -> Model | Extension:
    """
    Read a model file or an extension file, whichever it is.

    Parameters
    ----------
    text : str
        The file.
    name : str
        How to call it in messages.
    editions : iterable of Model
        Editions that an extension may name, beside the shipped ones.

    Raises
    ------
    SourceFormatError
        If the text is not YAML.
    ModelError
        If it is neither kind of file or breaks a rule; every problem is listed
        with its line.
    """
    document, lines = read_yaml_with_lines(text, name)
    if not isinstance(document, dict) or not {"modules", "extension"} & set(document):
        raise ModelError(
            f"{name} is neither a PKIMM model nor an extension. Nothing was installed.",
            [Problem(name, "expected a mapping with 'modules' or 'extension' at the top")],
        )
    kind: type[ModelFile] | type[ExtensionFile]
    kind = ExtensionFile if "extension" in document else ModelFile
    file, found = kind.examine(document)
    if isinstance(file, ModelFile):
        return _model(file)
    if isinstance(file, ExtensionFile):
        return _extension(file, editions)
    raise ModelError(
        f"{name} is not a valid PKIMM {'model' if kind is ModelFile else 'extension'} file:"
        f" {len(found)} problem(s). Nothing was installed.",
        [Problem(_place(name, path, lines), message) for path, message in found],
    )


def _place(name: str, path: Path, lines: dict[Path, int]) -> str:
    known = tuple(int(part) if str(part).isdigit() else part for part in path)
    while known not in lines:
        known = known[:-1]
    field = ".".join(str(part) for part in path)
    return f"{name}, line {lines[known]}" + (f" ({field})" if field else "")


def _model(file: ModelFile) -> Model:
    keys = _Keys(file.version)
    model = Model(
        version=file.version,
        modules=tuple(
            Module(
                id=module.id,
                name=module.name,
                description=module.description,
                categories=tuple(_category(module.id, entry, keys) for entry in module.categories),
            )
            for module in file.modules
        ),
        level_names=tuple(
            re.sub(r"^\s*\d\s*-\s*", "", level.name).strip()
            for level in file.modules[0].categories[0].levels
        ),
        source="model file installed by the user",
        official=True,
    )
    every = [c for module in model.modules for c in module.categories]
    counts = Counter([*(c.key for c in every), *(r.key for c in every for r in c.requirements)])
    if twice := [key for key, count in counts.items() if count > 1]:
        raise ModelError(
            "The model file names an element twice. Nothing was installed.",
            [Problem(key, "two elements end up with this key") for key in twice],
        )
    note = _note(model, keys)
    return replace(model, notes=(note,) if note else ())


def _note(model: Model, keys: _Keys) -> str:
    """Say how the elements of an edition are matched with others, where it is not a shipped one."""
    shipped = {m.digest: m for m in shipped_models() if m.version == model.version}
    if not shipped:
        return (
            f"The crosswalk does not know version {model.version}: elements are matched with"
            f" other editions by {keys.how()}."
        )
    same, released = shipped.get(model.digest), shipped_model(model.version)
    if same is not None and not same.is_archived:
        return ""
    what = "An archived draft" if same else "Not the shipped edition"
    added, missing = sorted(model.keys - released.keys), sorted(released.keys - model.keys)
    parts = [f"adds {', '.join(added)}"] if added else []
    parts += [f"lacks {', '.join(missing)}"] if missing else []
    return (
        f"{what} of {model.version}: it"
        f" {' and '.join(parts or ['has other weights or another order'])}."
        " Elements are matched with other editions by their ids; what is new has no counterpart."
    )


def _category(module: str, entry: CategoryEntry, keys: _Keys) -> Category:
    native = f"{module}.{entry.id}"
    key = keys.find(native, entry.name, module)
    return Category(
        key=key,
        native_id=native,
        name=entry.name,
        weight=entry.weight,
        description=entry.description,
        levels=tuple(level.description for level in entry.levels),
        requirements=tuple(_requirement(native, key, item, keys) for item in entry.requirements),
    )


def _requirement(native: str, category: str, entry: RequirementEntry, keys: _Keys) -> Requirement:
    native_id = f"{native}.{entry.id}"
    return Requirement(
        key=keys.find(native_id, entry.description, category),
        native_id=native_id,
        title=entry.description,
        weight=entry.weight,
        guidance=entry.guidance,
        evidence=(entry.assessment,) * bool(entry.assessment),
        references=tuple(reference for text in entry.references for reference in _cited(text)),
    )


def _cited(text: str) -> Iterator[Reference]:
    """Find the references of a text with links, or the one whose id it is."""
    for title, url in re.findall(r"\[([^\]\n]{1,300})\]\((https?://[^)\s]{1,500})\)", text):
        yield Reference(_slug(title), title, url=url)
    if re.fullmatch(r"[A-Za-z0-9._-]{1,200}", text):
        yield references().get(text, Reference(text, text))


class _Keys:
    """Element keys for native ids, and how they were found."""

    def __init__(self, version: str) -> None:
        self._shipped = shipped_model(version) if version in shipped_versions() else None
        self._used: set[str] = set()

    def find(self, native: str, name: str, parent: str) -> str:
        local = native.rsplit(".", 1)[1]
        if not local.isdigit():
            self._used.add("their stable ids")
            return f"{parent}.{local}"
        if self._shipped is not None and native in self._shipped.native:
            return self._shipped.native[native]
        self._used.add("their names")
        wanted = name.strip().casefold()
        for version in reversed(shipped_versions()):
            known = shipped_model(version)
            for key in known.keys:
                if key.rpartition(".")[0] == parent and known.name(key).casefold() == wanted:
                    return key
        return f"{parent}.{_slug(name)}"

    def how(self) -> str:
        return " and ".join(sorted(self._used)) or "their ids"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "unnamed"


# --- extensions ------------------------------------------------------------------------


def _extension(file: ExtensionFile, editions: Iterable[Model]) -> Extension:
    head = file.extension
    names = _Names(head.compatibility, editions)
    relevance = {
        names.key(f"{module.id}.{entry.id}"): entry
        for module in file.relevance.modules
        for entry in module.categories
    }
    overlays = {
        names.key(native): overlay
        for module in file.overlays.modules
        for entry in module.categories
        for native, overlay in _overlays(f"{module.id}.{entry.id}", entry)
    }
    return Extension(
        id=head.id,
        name=head.name,
        version=head.version,
        description=head.description,
        compatibility=head.compatibility,
        floor_score=head.floor_score,
        relevance={
            key: Relevance(
                key=key,
                weight=entry.weight,
                guidance=entry.guidance,
                questions=(entry.assessment,) * bool(entry.assessment),
                levels=tuple(level.description for level in entry.levels),
            )
            for key, entry in relevance.items()
        },
        overlays=overlays,
        references=tuple(
            Reference(r.id, r.title, r.authority, r.url) for r in file.references or ()
        ),
        official=True,
        notes=names.notes(),
    )


def _overlays(native: str, entry: CategoryOverlayEntry) -> Iterator[tuple[str, Overlay]]:
    if entry.overlay is not None:
        yield native, entry.overlay
    for requirement in entry.requirements:
        if requirement.overlay is not None:
            yield f"{native}.{requirement.id}", requirement.overlay


class _Names:
    """Native ids of an extension file to element keys, through its compatible editions."""

    def __init__(self, versions: tuple[str, ...], editions: Iterable[Model]) -> None:
        self._versions = versions
        self._models = [m for m in editions if m.version in versions]
        self._models += [shipped_model(v) for v in versions if v in shipped_versions()]
        self._unknown: list[str] = []

    def key(self, native: str) -> str:
        """Element key of a native id, the id itself if no edition has it."""
        for model in self._models:
            if native in model.native:
                return model.native[native]
        self._unknown.append(native)
        return native

    def notes(self) -> tuple[str, ...]:
        """Name what no edition at hand has; ids that are numbers are then worth nothing."""
        numbered = [n for n in self._unknown if any(p.isdigit() for p in n.split("."))]
        versions = ", ".join(self._versions)
        if numbered:
            raise ModelError(
                "The extension names elements that no compatible edition has."
                " Nothing was installed.",
                [Problem(native, f"is in none of {versions}") for native in numbered],
            )
        if not self._unknown:
            return ()
        missing = ", ".join(dict.fromkeys(self._unknown))
        where = f"PKIMM {versions}" if self._models else f"any edition at hand ({versions} is not)"
        return (f"It names elements that are not in {where} and change nothing: {missing}.",)
