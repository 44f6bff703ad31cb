"""Editions and extensions of the model, and the published schemas."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.table import Table

from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    list_problems,
    out,
    print_json,
    say,
    shown,
)
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.files import MAX_BYTES, read_limited
from pkimm_analytics.model import (
    NEWEST,
    Extension,
    Model,
    add_definition,
    damaged_files,
    differences,
    extensions,
    is_known_edition,
    load_extension,
    load_model,
    mapping_note,
    models,
)

RECORDS = {
    "assessment": ("pkimm_analytics.assessment", "Assessment"),
    "model": ("pkimm_analytics.model.official", "ModelFile"),
    "extension": ("pkimm_analytics.model.official", "ExtensionFile"),
    "contribution": ("pkimm_analytics.anonymize", "Contribution"),
    "feedback": ("pkimm_analytics.feedback.document", "Comments"),
}
"""Documents whose schema follows from a class: its file and name."""

DigestOption = Annotated[
    str | None, typer.Option(help="Digest, where several editions have the version.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(no_args_is_help=True, help=__doc__)
    group.command("list")(list_command)
    group.command("show")(show_command)
    group.command("add")(add_command)
    group.command("diff")(diff_command)
    app.add_typer(group, name="models")
    app.command("schema")(schema_command)


@ends_cleanly
def list_command(as_json: JsonOption = False) -> None:
    """List the editions and extensions at hand."""
    if as_json:
        print_json(
            {
                "models": [_summary(model) for model in models()],
                "extensions": [_extension_summary(extension) for extension in extensions()],
            }
        )
        return
    table = Table(title="Editions", title_justify="left")
    for column in ("Version", "Categories", "Requirements", "Words", "Digest"):
        table.add_column(column)
    for model in models():
        words = "official (installed)" if model.official else "ours (shipped)"
        counts = str(len(model.categories)), str(len(model.requirements))
        table.add_row(model.version, *counts, words, model.digest[:19] + "…")
    out().print(table)
    table = Table(title="Extensions", title_justify="left")
    for column in ("Id", "Version", "For", "Words", "Name"):
        table.add_column(column)
    for extension in extensions():
        words = "official (installed)" if extension.official else "ours (shipped)"
        compatible = ", ".join(extension.compatibility)
        table.add_row(extension.id, extension.version, compatible, words, shown(extension.name))
    out().print(table)
    for path in damaged_files():
        say(f"Not readable any more and therefore left out: {path}")


@ends_cleanly
def show_command(
    version: Annotated[str, typer.Argument(help="Version, or id of an extension.")] = NEWEST,
    digest: DigestOption = None,
    element: Annotated[
        str | None, typer.Option(help="Element key: show that element with all its words.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the structure of an edition or extension, or the words of one element."""
    if not version[:1].isdigit():
        _show_extension(load_extension(version), as_json=as_json)
        return
    model = load_model(version, digest)
    if element is not None:
        _show_element(model, model.native.get(element, element), as_json=as_json)
    elif as_json:
        print_json({**_summary(model), "modules": [_module(model, m.id) for m in model.modules]})
    else:
        _print_model(model)


def _print_model(model: Model) -> None:
    table = Table(title=f"{model.edition}", title_justify="left")
    for column in ("Native id", "Element key", "Weight", "Name"):
        table.add_column(column, justify="right" if column == "Weight" else "left")
    for module in model.modules:
        table.add_row(module.id, module.id, "", shown(module.name), style="bold")
        for category in module.categories:
            name = shown(category.name)
            table.add_row(
                category.native_id, category.key, str(category.weight), name, style="cyan"
            )
            for r in category.requirements:
                table.add_row(r.native_id, r.key, str(r.weight), shown(r.title))
    out().print(table)
    for note in model.notes:
        say(note)


def _show_element(model: Model, key: str, *, as_json: bool) -> None:
    if key not in model.keys:
        raise PkimmError(f"{model.edition} has no element {key}. See: pkimm models show")
    document = _words(model, key)
    if as_json:
        print_json(document)
        return
    out().print(f"[bold]{shown(model.native_id(key))}  {shown(model.name(key))}[/]")
    for label, text in document.items():
        if label in {"key", "native_id", "name"} or not text:
            continue
        lines = [f"  {n}" for n in text] if isinstance(text, list) else [str(text)]
        out().print(f"[cyan]{label}[/]\n" + shown("\n".join(lines)))


def _words(model: Model, key: str) -> dict[str, Any]:
    head: dict[str, Any] = {
        "key": key,
        "native_id": model.native_id(key),
        "name": model.name(key),
    }
    if key in model.categories:
        category = model.categories[key]
        names = [f"{n} {model.level_name(n)}: " for n in range(1, 6)]
        levels = [name + text for name, text in zip(names, category.levels, strict=True)]
        return head | {
            "weight": category.weight,
            "description": category.description,
            "levels": levels,
        }
    if key in model.requirements:
        r = model.requirements[key]
        return head | {
            "weight": r.weight,
            "guidance": r.guidance,
            "evidence": list(r.evidence),
            "references": [reference.title for reference in r.references],
        }
    module = next(m for m in model.modules if m.id == key)
    return head | {"description": module.description}


def _show_extension(extension: Extension, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                **_extension_summary(extension),
                "relevance": {key: r.weight for key, r in extension.relevance.items()},
                "overlays": {
                    key: {"type": o.type, "value": float(o.value)}
                    for key, o in extension.overlays.items()
                },
            }
        )
        return
    out().print(
        f"[bold]{shown(extension.name)} {extension.version}[/]\n{shown(extension.description)}"
    )
    for key, relevance in extension.relevance.items():
        out().print(f"[cyan]{key}[/] relevance, weight {relevance.weight}")
        for n, text in enumerate(relevance.levels, 1):
            out().print(f"  {n}: {shown(text)}")
    for key, overlay in extension.overlays.items():
        out().print(f"[cyan]{key}[/] {overlay.type} {float(overlay.value):g}")


@ends_cleanly
def add_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="Official model or extension YAML.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Install the consortium's own model or extension file; its words are shown from then on."""
    content, name = _fetch(source)
    definition = add_definition(content, name)
    if isinstance(definition, Model):
        document, notes = _summary(definition), definition.notes
        what = f"{definition.edition}, digest {definition.digest}"
    else:
        document, notes = _extension_summary(definition), definition.notes
        what = f"extension {definition.id} {definition.version}"
    if as_json:
        print_json(document)
    say(f"Installed: {what}")
    for note in notes:
        say(f"  note: {note}")


def _fetch(source: str) -> tuple[bytes, str]:
    parts = urlsplit(source)
    if parts.scheme == "https":
        return _download(source), parts.path.rsplit("/", 1)[-1] or "model.yaml"
    if "://" in source:
        raise PkimmError("Only https addresses and files can be added. Nothing was installed.")
    path = Path(source)
    return read_limited(path), path.name


def _download(address: str) -> bytes:
    from urllib.request import urlopen

    try:
        with urlopen(address, timeout=30) as answer:  # noqa: S310  # https only, see the caller
            content: bytes = answer.read(MAX_BYTES + 1)
    except OSError as error:
        raise PkimmError(
            "The address could not be read. Nothing was installed.",
            [
                Problem(
                    address, f"{error}; behind a firewall, download the file and add it from disk"
                )
            ],
        ) from None
    return content


@ends_cleanly
def diff_command(
    one: Annotated[str, typer.Argument(help="Version.")],
    other: Annotated[str, typer.Argument(help="Version.")],
    one_digest: DigestOption = None,
    other_digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changed from one edition to another, and what that means for comparisons."""
    before, after = load_model(one, one_digest), load_model(other, other_digest)
    found = differences(before, after)
    if as_json:
        fields = ("key", "change", "before", "after", "note")
        print_json([{name: getattr(d, name) for name in fields} for d in found])
        return
    table = Table(title=f"{before.edition} → {after.edition}", title_justify="left")
    for column in ("Change", "Element key", "Before", "After"):
        table.add_column(column)
    for d in found:
        table.add_row(d.change, d.key, shown(d.before), shown(d.after))
    out().print(table)
    list_problems(Problem(d.key, d.note, refused=False) for d in found if d.note)
    if note := mapping_note(before, after):
        say(note)


@ends_cleanly
def schema_command(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(RECORDS)}.")] = "assessment",
) -> None:
    """Print a published JSON Schema."""
    if name not in RECORDS:
        raise PkimmError(f"There is no schema {name}. Known: {', '.join(RECORDS)}.")
    file, record = RECORDS[name]
    print_json(getattr(importlib.import_module(file), record).json_schema())


def _summary(model: Model) -> dict[str, Any]:
    return {
        "version": model.version,
        "digest": model.digest,
        "text_digest": model.text_digest,
        "categories": len(model.categories),
        "requirements": len(model.requirements),
        "official_words": model.official,
        "known_to_crosswalk": is_known_edition(model),
        "level_names": list(model.level_names),
        "source": model.source,
        "notes": list(model.notes),
    }


def _module(model: Model, id_: str) -> dict[str, Any]:
    module = next(m for m in model.modules if m.id == id_)
    return {
        "id": module.id,
        "name": module.name,
        "categories": [
            {
                "key": c.key,
                "native_id": c.native_id,
                "name": c.name,
                "weight": c.weight,
                "requirements": [
                    {"key": r.key, "native_id": r.native_id, "title": r.title, "weight": r.weight}
                    for r in c.requirements
                ],
            }
            for c in module.categories
        ],
    }


def _extension_summary(extension: Extension) -> dict[str, Any]:
    return {
        "id": extension.id,
        "version": extension.version,
        "name": extension.name,
        "compatibility": list(extension.compatibility),
        "floor_score": extension.floor_score,
        "digest": extension.digest,
        "official_words": extension.official,
        "notes": list(extension.notes),
    }
