"""
Editions and extensions that the user added, and the choice among all of them.

``pkimm models add`` keeps the file as it was, named by its digest, in the user's
data folder. From then on it stands for its version: its structure is the default one
and its words are shown in place of the shipped ones.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import platformdirs

from pkimm_analytics.errors import ModelError, PkimmError, Problem, UnknownEditionError
from pkimm_analytics.files import check_size, read_limited, write_atomically
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.model.shipped import (
    shipped_extensions,
    shipped_models,
)
from pkimm_analytics.model.structure import MODULE_IDS, Edition, Extension, Model

NEWEST = "2.0.0"
"""Version that a new assessment uses unless another one is asked for."""


def models_folder() -> Path:
    """Folder of installed definitions: ``PKIMM_HOME`` or the user's data folder."""
    home = os.environ.get("PKIMM_HOME")
    base = Path(home) if home else Path(platformdirs.user_data_path("pkimm", appauthor=False))
    return base / "models"


def add_definition(content: bytes, name: str) -> Model | Extension:
    """
    Check a model or extension file and keep it.

    Parameters
    ----------
    content : bytes
        The file, UTF-8.
    name : str
        How to call it in messages.

    Returns
    -------
    Model or Extension
        What was installed. Adding the same file twice changes nothing.

    Raises
    ------
    SourceFormatError, ModelError
        If the file is not readable or not valid, or the folder of models cannot be written;
        nothing is then kept.
    """
    check_size(name, len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            f"{name} is not UTF-8 text. Nothing was installed.",
            [Problem(f"{name}, byte {error.start + 1}", "expected UTF-8")],
        ) from None
    definition = read_definition(text, name, models())
    digest = definition.text_digest if isinstance(definition, Model) else definition.digest
    kind = "model" if isinstance(definition, Model) else f"extension-{definition.id}"
    file = f"{kind}-{definition.version}-{digest.removeprefix('sha256:')[:16]}.yaml"
    try:
        write_atomically(models_folder() / file, content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError(
            f"The folder of models cannot be written: {reason}. Nothing was installed.",
            [Problem(str(models_folder()), "set PKIMM_HOME to a folder that can be written")],
        ) from None
    return definition


def models() -> tuple[Model, ...]:
    """Every edition at hand, shipped ones first; the last one of a version stands for it."""
    return (*shipped_models(), *(d for d in _installed() if isinstance(d, Model)))


def extensions() -> tuple[Extension, ...]:
    """Every extension version at hand, shipped ones first."""
    return (*shipped_extensions(), *(d for d in _installed() if isinstance(d, Extension)))


def load_model(version: str = NEWEST, digest: str | None = None) -> Model:
    """
    One edition, in the official words if the user installed them.

    Parameters
    ----------
    version : str
        For example ``"2.0.0"``.
    digest : str, optional
        Digest of the structure. Without it, the file of that version that was installed
        last, or else the shipped edition.

    Raises
    ------
    UnknownEditionError
        If no edition fits.
    """
    fitting = [m for m in models() if m.version == version and digest in (None, m.digest)]
    if fitting:
        return fitting[-1]
    known = ", ".join(dict.fromkeys(str(m.edition) for m in models()))
    wanted = f"{version} with digest {digest}" if digest else version
    raise UnknownEditionError(
        f"PKIMM {wanted} is not installed. Known editions: {known}."
        " Add its file with: pkimm models add FILE"
    )


def model_of(edition: Edition) -> Model:
    """Model of the edition that an assessment names."""
    return load_model(edition.version, edition.digest)


def fitting_editions(
    version: str,
    keys: Collection[str],
    *,
    complete: bool = False,
    extensions: Collection[str] = (),
) -> tuple[Model, ...]:
    """
    Find the editions of a version that fit the keys of a source, the likeliest first.

    Those that lack the fewest keys. Among them, an installed file comes first, then an edition
    that was published with an extension of the source, then the released one.

    Parameters
    ----------
    version : str
    keys : collection of str
        Elements of the source.
    complete : bool
        Whether the source names every element of its edition; those that have the fewest
        others then fit.
    extensions : collection of str
        Extensions of the source with their versions, such as ``pqc 0.2.0``.

    Raises
    ------
    UnknownEditionError
        If no edition of that version is installed.
    """
    named = set(keys)
    distinct = {m.digest: m for m in models() if m.version == version} or {
        (m := load_model(version)).digest: m
    }

    def distance(model: Model) -> tuple[int, int]:
        elements = model.keys - set(MODULE_IDS)
        return len(named - model.keys), len(elements - named) if complete else 0

    def rank(place: int, model: Model) -> tuple[bool, bool, int]:
        is_dated = not set(extensions).isdisjoint(model.with_extensions)
        return not model.official, not is_dated, -place

    best = min(map(distance, distinct.values()))
    fitting = [
        (rank(place, m), m) for place, m in enumerate(distinct.values()) if distance(m) == best
    ]
    return tuple(model for _, model in sorted(fitting, key=lambda pair: pair[0]))


def assumed_edition(fitting: Sequence[Model]) -> Problem | None:
    """Remark that the first of several editions was assumed; None if only one fits."""
    if len(fitting) < 2:
        return None
    first, *others = (f"{m.edition}{' (installed)' * m.official}, {m.digest[:19]}" for m in fitting)
    return Problem(
        "model",
        f"several editions of PKIMM {fitting[0].version} fit: read as {first}; not as"
        f" {' or '.join(others)}",
        refused=False,
    )


def load_extension(id_: str, version: str | None = None, *, model: str | None = None) -> Extension:
    """
    One extension.

    Parameters
    ----------
    id_ : str
        For example ``"pqc"``.
    version : str, optional
        Version of the extension.
    model : str, optional
        Version of the model that it must be compatible with, used where `version`
        is not given.

    Raises
    ------
    UnknownEditionError
        If none fits.
    """
    fitting = [e for e in extensions() if e.id == id_ and version in (None, e.version)]
    if version is None and model is not None:
        fitting = [e for e in fitting if model in e.compatibility]
    if not fitting:
        known = ", ".join(sorted({f"{e.id} {e.version}" for e in extensions()}))
        wanted = " ".join(filter(None, [id_, version, f"for PKIMM {model}" if model else ""]))
        raise UnknownEditionError(
            f"Extension {wanted} is not installed. Known: {known}."
            " Add its file with: pkimm models add FILE"
        )
    return fitting[-1]


def damaged_files() -> tuple[Path, ...]:
    """Files in the models folder that cannot be read any more."""
    return tuple(path for path, definition in _files() if definition is None)


def _installed() -> tuple[Model | Extension, ...]:
    return tuple(definition for _, definition in _files() if definition is not None)


def _files() -> Iterator[tuple[Path, Model | Extension | None]]:
    """Files of the models folder in the order of their installation, read."""
    stats = [(path.stat(), path) for path in models_folder().glob("*.yaml")]
    for stat, path in sorted(stats, key=lambda pair: (pair[0].st_mtime_ns, pair[1].name)):
        yield path, _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _modified: int, _size: int) -> Model | Extension | None:
    try:
        return read_definition(read_limited(path).decode("utf-8-sig"), path.name, shipped_models())
    except (PkimmError, UnicodeDecodeError):
        return None  # a damaged copy must not stop every command; `models list` names it
